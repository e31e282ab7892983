"""The table of a sweep: finding cells, rows for pandas, contact sheets, and a folder that needs no server."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ipyimagegen.core.errors import InvalidInput, UnknownSweep
from ipyimagegen.experiments.opening import load
from ipyimagegen.experiments.page import page
from ipyimagegen.experiments.sweep import Sweep
from ipyimagegen.experiments.table import Table
from ipyimagegen.jobs.client import Client
from tests.unit.experiments.made import Made, client_of, sweep_of

NASTY = "</script><script>alert(1)</script><img src=x onerror=alert(2)> {data} \u2028 'a' & \"b\""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    service = Made()
    service.failing = {"bad"}
    made = client_of(service, tmp_path_factory.mktemp("journal"))
    yield made
    assert made.journal is not None
    made.journal.close()


@pytest.fixture(scope="module")
def sweep(client: Client) -> Sweep:
    made = sweep_of(
        client, prompt=["a", "bad", NASTY], guidance=[3, 7, 99], steps=[10, 20], seed=4, name="<b>foxes</b>"
    ).start()
    made.result(10)
    return made


@pytest.fixture(scope="module")
def table(sweep: Sweep) -> Table:
    return sweep.table


def values(table: Table) -> list[tuple[Any, ...]]:
    return [tuple(cell.values.values()) for cell in table]


def test_cells_are_found_by_value_and_texts_by_place_too(table: Table) -> None:
    assert ("bad", 7, 20) == tuple(table.cell(prompt=1, guidance=7, steps=20).values.values())
    assert ("a", 3, 10) == tuple(table.cell(prompt="a", guidance=3, steps=10).values.values())
    assert (NASTY, 7, 10) == tuple(table.cell(prompt=-1, guidance=7.0, steps=10).values.values())
    assert [("a", 3, 10), ("a", 3, 20)] == values(table.sel(prompt="a", guidance=3))
    assert [("a", 3, 10), ("a", 7, 10)] == values(table.sel(prompt=["a"], guidance=[3, 7], steps=10))
    assert 4 == len(table.sel(status="failed"))
    assert 12 == len(table.sel(seed=4))


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({"prompt": "a"}, "6 cells have prompt=a; the axes are prompt (3), guidance (3), steps (2)"),
        ({"prompt": "z", "steps": 10}, "0 cells have prompt=z, steps=10"),
        ({"guidence": 3}, "guidence: no cell has it; did you mean 'guidance'?"),
    ],
)
def test_no_single_cell_is_an_error_that_says_what_there_is(table: Table, where: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        table.cell(**where)
    assert message in str(caught.value)


def test_cells_are_found_by_their_place_on_each_axis(sweep: Sweep, table: Table) -> None:
    assert ("a", 99, 20) == tuple(sweep[0, 2, 1].values.values())
    assert (NASTY, 3, 10) == tuple(sweep[-1, 0, 0].values.values())
    assert [("a", 3, 10), ("a", 3, 20)] == values(table[0, 0])
    assert 6 == len(table[0]) == len(table[:, 1]) == len(table[:, :, 0][:, 0:2])
    with pytest.raises(InvalidInput, match=re.escape("is not a place on each of the axes prompt (3)")):
        _ = table["a"]  # type: ignore[index]


def test_rows_have_what_a_table_needs_and_pandas_is_asked_for_only_then(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = table.to_rows()[0]
    assert "prompt guidance steps model seed status cost currency cost_source queue_s run_s total_s path sha256 error sweep job identity".split() == list(row)  # noqa: E501, SIM905 # fmt: skip
    assert Path(str(row["path"])).is_file()
    errors = {row["error"] for row in table.to_rows()}
    assert {None, "made/flux: guidance: 99 is outside 0 to 20"} < errors
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"to_pandas needs pandas: pip install pandas; to_rows\(\) gives the same"):
        table.to_pandas()
    monkeypatch.setitem(sys.modules, "pandas", SimpleNamespace(DataFrame=lambda rows: ("frame", rows)))
    assert ("frame", table.to_rows()) == table.to_pandas()


@pytest.mark.parametrize(
    ("arguments", "across", "down"),
    [
        ({"rows": "prompt"}, 3, 6),
        ({"cols": "prompt"}, 3, 6),
        ({"rows": ["steps"], "cols": ["prompt", "guidance"]}, 9, 2),
        ({"png": True}, 3, 6),
    ],
)
def test_a_sheet_has_all_cells_in_rows_and_columns(
    table: Table, arguments: dict[str, Any], across: int, down: int
) -> None:
    sheet = table.contact_sheet(cell_px=48, **arguments)
    assert ("image/png" if arguments.get("png") else "image/jpeg") == sheet.media_type
    assert (168 + 12 + across * 60, True) == (sheet.width, sheet.height >= down * 60)
    assert "prompt: a, bad" in sheet.alt


def test_a_sheet_takes_captions_by_any_parameter_and_refuses_unknown_ones(table: Table) -> None:
    plain = table.contact_sheet(cell_px=48)
    assert plain.height + 6 * 24 == table.contact_sheet(cell_px=48, captions=["seed", "guidance"]).height
    with pytest.raises(InvalidInput, match="captions: no cell has 'sead'"):
        table.contact_sheet(captions="sead")
    with pytest.raises(InvalidInput, match="'guidence' is no axis; there are prompt, guidance, steps"):
        table.contact_sheet(rows="guidence")


def test_one_axis_is_laid_out_flat_with_what_varies_below(client: Client) -> None:
    sweep = sweep_of(client, prompt="a", guidance=range(10)).start()
    sweep.result(10)
    sheet = sweep.contact_sheet(cell_px=48)
    assert (4 * 60 + 12, 3 * 84 + 12 + 24) == (sheet.width, sheet.height)


def test_the_sheet_is_what_a_notebook_keeps(table: Table) -> None:
    data, metadata = table._repr_mimebundle_()
    assert {"image/jpeg", "text/plain"} == set(data)
    assert str(data["text/plain"]).startswith("<b>foxes</b> · 18 cells: 8 succeeded, 6 invalid, 4 failed · ")
    assert {"cells": 18} == metadata["ipyimagegen"]


class Scripts(HTMLParser):
    """The elements of a page, and the texts of its scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] == ["script"]:
            self.scripts.append(data)


def test_the_page_shows_everything_as_text(sweep: Sweep, tmp_path: Path) -> None:
    folder = sweep.save(tmp_path / "out")
    found = Scripts()
    found.feed((folder / "index.html").read_text("utf-8"))
    assert (2, 0, 0) == (found.tags.count("script"), found.tags.count("img"), found.tags.count("b"))
    data = json.loads(found.scripts[0])
    assert ["a", "bad", NASTY] == data["axes"][0]["labels"]
    assert 18 == len(data["cells"])
    assert "{title}" not in page("{data}{script}", "", [], [])


def test_a_folder_holds_pictures_table_recipe_sheet_and_page(sweep: Sweep, tmp_path: Path) -> None:
    folder = sweep.save(tmp_path / "out")
    assert ["index.html", "pictures", "sheet.jpg", "sweep.csv", "sweep.json"] == sorted(
        p.name for p in folder.iterdir()
    )
    assert 8 == len(list((folder / "pictures").iterdir()))
    with (folder / "sweep.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert (18, "a", "3") == (len(rows), rows[0]["prompt"], rows[0]["guidance"])
    assert (folder / rows[0]["path"]).is_file()
    sweep.save(folder)
    assert 8 == len(list((folder / "pictures").iterdir()))


def test_a_prompt_that_begins_like_a_formula_is_none_in_a_spreadsheet(client: Client, tmp_path: Path) -> None:
    sweep = sweep_of(client, prompt=["=1+1"]).start()
    sweep.result(10)
    assert "\n'=1+1," in (sweep.save(tmp_path) / "sweep.csv").read_text("utf-8")


def test_a_folder_is_a_sweep_again_where_its_journal_is_not(sweep: Sweep, tmp_path: Path) -> None:
    folder = sweep.save(tmp_path / "out")
    again = load(client_of(Made(), tmp_path / "other"), folder)
    assert (sweep.name, sweep.seed, sweep.table.counts["succeeded"]) == (
        again.name,
        again.seed,
        again.table.counts["succeeded"],
    )
    first = again.cell(prompt="a", guidance=3, steps=10)
    assert (first.image.array == sweep.cell(prompt="a", guidance=3, steps=10).image.array).all()
    assert again.contact_sheet(cell_px=48).width == sweep.contact_sheet(cell_px=48).width


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.pop("cells"),
        lambda data: data["recipe"].update(format=99),
        lambda data: data["recipe"].update(axes=[{"name": "x", "points": "no"}]),
        lambda data: data["cells"][0]["values"].update(image={"$file": {"sha256": "../../etc/passwd", "size": 1}}),
        lambda data: data["cells"][0].update(at="x"),
    ],
)
def test_a_folder_of_a_stranger_that_is_no_sweep_is_one_clear_error(sweep: Sweep, tmp_path: Path, change: Any) -> None:
    folder = sweep.save(tmp_path / "out")
    data = json.loads((folder / "sweep.json").read_text("utf-8"))
    change(data)
    (folder / "sweep.json").write_text(json.dumps(data), "utf-8")
    with pytest.raises(UnknownSweep):
        load(client_of(Made(), tmp_path / "other"), folder)


def test_a_stranger_s_folder_reads_no_file_outside_and_is_taken_for_no_picture_of_ours(
    sweep: Sweep, tmp_path: Path
) -> None:
    folder = sweep.save(tmp_path / "out")
    secret = tmp_path / "secret.png"
    secret.write_bytes(next((folder / "pictures").iterdir()).read_bytes())
    data = json.loads((folder / "sweep.json").read_text("utf-8"))
    data["cells"][0]["files"] = ["../../secret.png"]
    (folder / "sweep.json").write_text(json.dumps(data), "utf-8")
    again = load(client_of(Made(), tmp_path / "other"), folder)
    assert "secret.png in the sweep's folder" in again.table.cells[0].result.artifacts[0].error
    assert all(cell.cell.identity.startswith("folder ") for cell in again.table.cells if cell.status != "invalid")


def test_an_axis_whose_values_all_make_the_same_picture_is_told_of(tmp_path: Path) -> None:
    service = Made()
    service.blind_to = {"steps", "seed"}
    sweep = sweep_of(client_of(service, tmp_path), prompt=["a", "b"], steps=[10, 20], guidance=[3, 7]).start()
    assert ("steps",) == sweep.result(10).without_effect()
    told: list[str] = []
    view = SimpleNamespace(update=lambda _: None, finish=lambda _, line: told.append(line))
    again = sweep_of(client_of(service, tmp_path), prompt=["a", "b"], steps=[10, 20], view=lambda _: view).start()
    again.result(10)
    assert ["4 of 4 done", "steps had no effect: the same pictures for all its values"] == [
        line.split(" · ")[0] for line in told[0].splitlines()
    ]


def test_the_cells_of_a_sheet_are_as_high_as_their_pictures(tmp_path: Path) -> None:
    service = Made()
    service.size = (64, 32)
    sweep = sweep_of(client_of(service, tmp_path), prompt=["a", "b"], guidance=[3, 7]).start()
    sweep.result(10)
    sheet = sweep.contact_sheet(cell_px=100)
    assert 12 + 24 + 17 + 2 * (50 + 12) == sheet.height
