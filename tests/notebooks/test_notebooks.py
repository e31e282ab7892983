"""Every notebook runs from top to bottom, and is committed without what a run leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
PICTURES = {"image/png", "image/jpeg"}


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_there_is_a_quickstart() -> None:
    assert FOLDER / "01-quickstart.ipynb" in NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_committed_without_outputs_counts_or_widget_state(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert [cell.outputs or cell.execution_count for cell in code_cells(notebook)] == [None] * len(code_cells(notebook))
    assert "widgets" not in notebook.metadata


@pytest.mark.kernel
@pytest.mark.filterwarnings("ignore")  # the client's own, about sockets of a kernel that is gone
def test_the_quickstart_paints_its_pictures_and_leaves_no_widget(tmp_path: Path) -> None:
    notebook = nbformat.read(FOLDER / "01-quickstart.ipynb", as_version=4)
    client = NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}, store_widget_state=False)
    client.execute()
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs if "data" in output]
    shown = [output for output in outputs if PICTURES & set(output.data)]
    assert len(shown) == 1 + 1 + 4 + 1 + 3 + 1
    assert all(output.data["text/plain"] for output in shown)
    assert not [output for output in outputs if "application/vnd.jupyter.widget-view+json" in output.data]
    assert (tmp_path / "winter.png").is_file()
