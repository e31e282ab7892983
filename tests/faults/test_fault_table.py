"""No fault ends in a hang, a wrong picture, a second payment or a lost result; and the table says what is so."""

from __future__ import annotations

import pytest

from .cases import cases
from .table import FILE, markdown
from .tried import Cell, try_all

pytest.importorskip("speedpix")
pytest.importorskip("openpixels")
pytest.importorskip("segmind")
pytest.importorskip("inferencesh")

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]


@pytest.fixture(scope="module")
def cells() -> list[Cell]:
    return try_all()


def test_titles_name_one_case_each() -> None:
    names = [case.name for case in cases()]
    assert len(set(names)) == len(names)


def test_ours_never_ends_badly(cells: list[Cell]) -> None:
    assert [] == [
        f"{cell.service}, {cell.case.title}: {cell.ours}"
        for cell in cells
        if cell.ours.verdict.bad or cell.ours.error.startswith("<")
    ]


def test_the_committed_table_is_what_happens(cells: list[Cell]) -> None:
    assert FILE.read_text(encoding="utf-8") == markdown(cells)
