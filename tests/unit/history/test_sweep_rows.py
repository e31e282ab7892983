"""Sweeps in the journal: written whole, cells claimed once, and found again by what they ask."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ipyimagegen.core.errors import UnknownSweep
from ipyimagegen.core.requests import InputFile, Request
from ipyimagegen.history import Journal
from ipyimagegen.history.sweeps import CellRow, SweepRow, is_at_work, new_owner
from ipyimagegen.media.results import Result

SWEEP = SweepRow(id="s1", name="foxes", created=1.0, recipe={"n": 1})
REQUEST = Request(service="made", model="flux", values={"prompt": "x"})
CELLS = [
    CellRow(place=n, at=(n,), values={"prompt": str(n)}, model="made/flux", identity=f"i{n}", request={})
    for n in range(3)
]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path)
    yield made
    made.close()


def test_a_sweep_is_found_by_id_by_its_start_and_by_name_the_newest_of_it(journal: Journal) -> None:
    journal.add_sweep(SWEEP, CELLS).result()
    journal.add_sweep(replace(SWEEP, id="s2", created=2.0), []).result()
    assert ("s1", 3, {"n": 1}) == ((row := journal.sweep("s1")).id, row.cells, row.recipe)
    assert "s2" == journal.sweep("foxes").id
    assert ["s2", "s1"] == [row.id for row in journal.sweeps()]
    with pytest.raises(UnknownSweep, match=r"no sweep 'cats' in the journal \(newest: foxes, foxes\)"):
        journal.sweep("cats")
    with pytest.raises(UnknownSweep, match="several sweeps begin with 's'"):
        journal.sweep("s")


def test_a_cell_is_claimed_once_also_by_two_journals_at_a_time(journal: Journal, tmp_path: Path) -> None:
    journal.add_sweep(SWEEP, CELLS).result()
    other = Journal(tmp_path)
    claims = [one.claim("s1", "i0", f"j{n}", instead_of=None, by="me") for n in range(4) for one in (journal, other)]
    assert 1 == sum(claim.result() for claim in claims)
    (first, *_) = journal.cells("s1")
    assert "me" == first.owner
    assert not journal.claim("s1", "i0", "j9", instead_of="j8").result()
    assert journal.claim("s1", "i0", "j9", instead_of=first.job).result()
    other.close()


def test_a_new_cell_that_asks_for_the_same_as_one_before_is_what_that_one_is(journal: Journal) -> None:
    journal.add_sweep(SWEEP, CELLS)
    journal.claim("s1", "i0", "j0", instead_of=None, by="me")
    journal.add_sweep(SWEEP, [replace(CELLS[0], place=3), replace(CELLS[1], place=4)]).result()
    assert ["j0", None, None, "j0", None] == [cell.job for cell in journal.cells("s1")]


def test_a_sweep_is_written_whole_or_not_at_all(journal: Journal) -> None:
    with pytest.raises(OSError, match="UNIQUE"):
        journal.add_sweep(SWEEP, [*CELLS, CELLS[0]]).result()
    assert [] == journal.sweeps()


def test_a_request_that_was_made_in_any_sweep_is_found_by_its_identity(journal: Journal) -> None:
    journal.add_sweep(SWEEP, CELLS).result()
    for place, job in enumerate(("j0", "j1")):
        journal.claim("s1", f"i{place}", job, instead_of=None)
        journal.prepared(job, REQUEST)
    journal.succeeded("j0", Result(model="made/flux")).result()
    assert {"i0": "j0"} == journal.made(["i0", "i1", "i2"])
    assert [("j0", "succeeded"), ("j1", "preparing"), (None, None)] == [
        (cell.job, cell.row and cell.row.phase) for cell in journal.cells("s1")
    ]
    assert 1 == journal.sweep("foxes").succeeded


def test_clearing_keeps_the_input_files_of_sweeps_that_have_jobs(journal: Journal) -> None:
    keep = InputFile(filename="a.png", media_type="image/png", data=b"kept", size=4)
    drop = InputFile(filename="b.png", media_type="image/png", data=b"dropped", size=7)
    for name, file in (("s1", keep), ("s2", drop)):
        journal.keep_input(file, name * 32)
        journal.add_sweep(replace(SWEEP, id=name), CELLS, inputs=[name * 32]).result()
        os.utime(journal.input_path(name * 32, "image/png"), (0, 0))
    journal.claim("s1", "i0", "j0", instead_of=None)
    journal.prepared("j0", REQUEST).result()
    journal.clear(before=time.time() - 60)
    assert ["s1"] == [row.id for row in journal.sweeps()]
    assert b"kept" == journal.input_path("s1" * 32, "image/png").read_bytes()
    assert not journal.input_path("s2" * 32, "image/png").exists()


def test_a_process_that_is_gone_is_not_at_work() -> None:
    mine = new_owner()
    assert is_at_work(mine)
    host, _, token = mine.split(":")
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    assert not is_at_work(f"{host}:{ended.stdout.decode().strip()}:{token}")
    assert is_at_work(f"another-machine:1:{token}")
    assert not is_at_work("")
