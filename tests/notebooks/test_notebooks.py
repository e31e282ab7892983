"""Every notebook runs from top to bottom, and is committed without what a run leaves behind."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from ipyimagegen.gateway import Gateway, serve

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
PICTURES = {"image/png", "image/jpeg"}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def executed(name: str, folder: Path, env: dict[str, str] | None = None, *, store_widget_state: bool = False) -> Any:
    """The notebook, unchanged but for its outputs, run in `folder` with a journal of its own."""
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, timeout=120, resources=resources, store_widget_state=store_widget_state)
    client.execute(env={**os.environ, "IPYIMAGEGEN_HOME": str(folder / "home"), **(env or {})})
    return notebook


def outputs_of(notebook: Any) -> list[Any]:
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def pictures_of(notebook: Any) -> list[Any]:
    return [output for output in outputs_of(notebook) if PICTURES & set(output.get("data", {}))]


def said(notebook: Any) -> str:
    """All text that the cells wrote or ended with."""
    texts = (output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs_of(notebook))
    return "\n".join(texts)


def test_there_is_a_quickstart_and_a_notebook_for_each_service() -> None:
    names = ["01-quickstart", "02-speedpix", "03-openpixels", "04-segmind", "05-inferencesh"]
    assert names == [path.stem for path in NOTEBOOKS][: len(names)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_committed_without_outputs_counts_or_widget_state(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert [cell.outputs or cell.execution_count for cell in code_cells(notebook)] == [None] * len(code_cells(notebook))
    assert "widgets" not in notebook.metadata
    prefix = path.stem.split("-")[1][:5]
    assert all(cell.id.startswith(prefix) for cell in notebook.cells)
    assert max(Counter(cell.id for cell in notebook.cells).values()) == 1


@pytest.mark.kernel
@pytest.mark.filterwarnings("ignore")  # the client's own, about sockets of a kernel that is gone
def test_the_quickstart_paints_its_pictures_and_leaves_no_widget(tmp_path: Path) -> None:
    notebook = executed("01-quickstart", tmp_path)
    shown = pictures_of(notebook)
    assert len(shown) == 1 + 1 + 4 + 1 + 3 + 1
    assert all(output.data["text/plain"] for output in shown)
    assert not [output for output in outputs_of(notebook) if WIDGET_VIEW in output.get("data", {})]
    assert (tmp_path / "winter.png").is_file()


def run_against(gateway: Gateway, name: str, folder: Path) -> Any:
    """Run a service's notebook; nothing of it may hold a key, refer to a widget, or warn."""
    notebook = executed(name, folder, gateway.env(), store_widget_state=True)
    whole = nbformat.writes(notebook)
    for variable, value in gateway.env().items():
        assert variable.endswith(("_URL", "_ENDPOINT")) or value not in whole
    assert not [output for output in outputs_of(notebook) if WIDGET_VIEW in output.get("data", {})]
    assert [output.text for output in outputs_of(notebook) if output.get("name") == "stderr"] == []
    return notebook


@pytest.mark.kernel
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_speedpix_cuts_the_product_out_and_collects_what_was_left(tmp_path: Path) -> None:
    with serve() as gateway:
        notebook = run_against(gateway, "02-speedpix", tmp_path)
        jobs = gateway.jobs("speedpix")
    assert len(pictures_of(notebook)) == 1 + 1 + 1 + 3 + 3 + 3 + 1
    assert {job.phase for job in jobs} == {"succeeded"}
    assert all((tmp_path / f"plate-{name}_image.png").is_file() for name in ("subject", "mask"))
    assert "['images', 'subject_image', 'mask_image']" in said(notebook)
    assert "widht: no such parameter; did you mean 'width'?" in said(notebook)
    assert "workflow does not exist" in said(notebook)
    assert "no file './no-such.png'" in said(notebook)


@pytest.mark.kernel
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_openpixels_gives_a_failed_job_as_a_value_and_as_an_exception(tmp_path: Path) -> None:
    with serve() as gateway:
        notebook = run_against(gateway, "03-openpixels", tmp_path)
        models = Counter(job.model for job in gateway.jobs("openpixels"))
    assert len(pictures_of(notebook)) == 1 + 1 + 2 + 1 + 1 + 1
    assert models == {"flux-schnell": 1 + 1 + 2 + 2 + 1 + 1, "flux-dev": 2}
    assert "Dry run: nothing was sent." in said(notebook)
    assert "('failed', 'unknown_model', 'unknown model: no-such-model')" in said(notebook)
    assert "openpixels: HTTP 400: unknown model: no-such-model" in said(notebook)


@pytest.mark.kernel
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_segmind_tells_what_it_cost_and_another_process_collects_a_job(tmp_path: Path) -> None:
    with serve() as gateway:
        notebook = run_against(gateway, "04-segmind", tmp_path)
        jobs = Counter(job.model for job in gateway.jobs("segmind"))
    assert len(pictures_of(notebook)) == 1 + 1 + 1 + 1 + 3 + 1 + 1
    assert jobs["seedream-4.5"] == 3
    assert (tmp_path / "collected" / "segmind-seedream-4.5-5.png").is_file()
    assert "gemini-3-pro: You said: Describe a lighthouse" in said(notebook)
    assert "In all, the last day: $0.164." in said(notebook)
    assert "404 Model not found: no-such-model" in said(notebook)
    assert "is over max_cost=0.001; nothing was sent" in said(notebook)


@pytest.mark.kernel
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_inferencesh_streams_progress_and_unfinished_pictures(tmp_path: Path) -> None:
    with serve() as gateway:
        notebook = run_against(gateway, "05-inferencesh", tmp_path)
        phases = Counter(job.phase for job in gateway.jobs("inferencesh"))
    assert len(pictures_of(notebook)) == 1 + 1 + 1 + 1 + 1 + 3 + 1 + 1
    assert phases["cancelled"] == 1
    assert set(phases) == {"cancelled", "succeeded"}
    assert "progress: 100%" in said(notebook)
    assert "'Preview'" in said(notebook)
    assert "404 inferencesh: HTTP 404: app not found: infsh/no-such-app" in said(notebook)
