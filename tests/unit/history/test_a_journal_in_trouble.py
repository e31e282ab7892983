"""A journal that is locked, deleted, replaced, only read, or asked to note what cannot be noted stops no job."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ipyimagegen.core.errors import StorageError
from ipyimagegen.core.events import Event, Succeeded
from ipyimagegen.core.requests import Request, Ticket
from ipyimagegen.history import Journal, connection, queue, warn
from ipyimagegen.history.connection import Opened
from ipyimagegen.services.kit import entry
from tests.unit.history.test_journal import SMALL, Paid, client_with

TICKET = Ticket(service="local", model="sketch", remote_id="r1")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "home")


@pytest.fixture(autouse=True)
def _quick_and_untold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warn, "_told", set())
    monkeypatch.setattr(connection, "TRY_S", 0.05)


@contextmanager
def locked(journal: Journal) -> Iterator[sqlite3.Connection]:
    """Another program has the journal for itself."""
    with closing(sqlite3.connect(journal.file)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


@contextmanager
def told() -> Iterator[list[str]]:
    texts: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield texts
        texts += [str(warning.message) for warning in caught]


def prepare(journal: Journal, job_id: str) -> Future[None]:
    return journal.prepared(job_id, Request(service="local", model="sketch", values={"prompt": job_id}))


def ids(journal: Journal) -> list[str]:
    return sorted(row.id for row in Journal(journal.folder).rows())


def test_paid_jobs_behind_a_lock_are_late_by_a_second_in_all_and_noted_when_it_is_gone(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entry, "PATIENCE_S", 0.1)
    client = client_with(journal, Paid())
    client.run("local/sketch", prompt="before", **SMALL)
    with told() as texts, locked(journal):
        began = time.monotonic()
        for seed in range(4):
            assert client.run("local/sketch", prompt="behind", seed=seed, **SMALL).images[0].width == 64
        took_s = time.monotonic() - began
        assert journal.is_locked
    assert [row.phase for row in journal.rows()] == ["succeeded"] * 5
    assert [artifact.width for result in journal.results("behind") for artifact in result.images] == [64] * 4
    (text,) = texts
    assert "locked by another program: jobs go on" in text
    assert took_s < 10.0


def test_what_waits_for_a_lock_too_long_is_told_of_it_all_at_once(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(journal, "j0").result(20)
    monkeypatch.setattr(queue, "LOCKED_S", 0.2)
    with locked(journal):
        began = time.monotonic()
        ends = [prepare(journal, f"j{number}").exception(20) for number in range(1, 6)]
        took_s = time.monotonic() - began
    assert [str(end).endswith("database is locked") for end in ends] == [True] * 5
    assert took_s < 10.0


def test_whoever_looks_something_up_behind_a_lock_is_told_of_it(journal: Journal) -> None:
    prepare(journal, "j0").result(20)
    with locked(journal):
        write = prepare(journal, "j1")
        with pytest.raises(StorageError, match="locked"):
            journal._select("SELECT 1", within_s=0.1)
    write.result(20)
    assert ids(journal) == ["j0", "j1"]


ENDS = """
from pathlib import Path
from ipyimagegen.core.requests import Request
from ipyimagegen.history import Journal
journal = Journal(Path({folder!r}))
for number in range(40):
    journal.prepared(f"late{{number}}", Request(service="local", model="sketch", values={{}}))
"""


def test_a_process_does_not_end_late_for_a_lock(journal: Journal) -> None:
    prepare(journal, "j0").result(20)
    with locked(journal):
        code = ENDS.format(folder=str(journal.folder))
        assert subprocess.run([sys.executable, "-c", code], timeout=30, check=False).returncode == 0
    assert ids(journal) == ["j0"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_does_not_wait_for_a_lock_and_loses_nothing(journal: Journal) -> None:
    prepare(journal, "j0").result(20)
    with locked(journal):
        write = prepare(journal, "j1")
        began = time.monotonic()
        journal.before_fork()
        journal.after_fork_in_parent()
        took_s = time.monotonic() - began
    write.result(20)
    assert took_s < 10.0
    assert ids(journal) == ["j0", "j1"]


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be deleted there")
@pytest.mark.parametrize("another", [False, True])
def test_a_folder_that_is_deleted_or_replaced_under_a_running_kernel_is_noticed(
    journal: Journal, tmp_path: Path, *, another: bool
) -> None:
    client = client_with(journal, Paid())
    client.run("local/sketch", prompt="before", **SMALL)
    shutil.rmtree(journal.folder)
    if another:
        prepare(Journal(journal.folder), "jother").result(20)
    with told() as texts:
        made = client.run("local/sketch", prompt="after", **SMALL)
        client.run("local/sketch", prompt="after that", **SMALL)
    assert ids(journal) == sorted([*(job.id for job in client.jobs()[1:]), *(["jother"] if another else [])])
    assert Journal(journal.folder).result(made.job_ids[0]).images[0].bytes == made.images[0].bytes
    (text,) = texts
    assert "was moved, deleted or replaced while it was in use" in text


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be deleted there")
def test_a_job_whose_row_went_with_its_folder_is_noted_again_with_its_ticket(journal: Journal) -> None:
    prepare(journal, "j1").result(20)
    shutil.rmtree(journal.folder)
    journal.submitted("j1", TICKET).result(20)
    (row,) = Journal(journal.folder).rows()
    assert (row.id, row.prompt, row.ticket, row.is_open) == ("j1", "j1", TICKET, True)
    shutil.rmtree(journal.folder)
    journal.left("j1", "nobody waits").result(20)
    (row,) = Journal(journal.folder).rows()
    assert (row.ticket, row.error) == (TICKET, "nobody waits")


@contextmanager
def as_nobody(folder: Path) -> Iterator[None]:
    """A user who may read that folder and write nothing in it."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    if os.geteuid() == 0:
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)
    else:
        yield
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


@pytest.fixture
def readable() -> Iterator[Path]:
    """A folder that every user can get to."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name) / "home"


def make(folder: Path) -> Journal:
    journal = Journal(folder)
    client_with(journal).run("local/sketch", prompt="a lighthouse", seed=7, **SMALL)
    journal.rows()
    return journal


unix = pytest.mark.skipif(not hasattr(os, "seteuid"), reason="no other users here")


@unix
@pytest.mark.parametrize("in_use", [False, True])
def test_a_journal_that_can_only_be_read_is_searched(readable: Path, *, in_use: bool) -> None:
    writer = make(readable)
    if not in_use:
        writer.close()
    with as_nobody(readable):
        reader = Journal(readable)
        (found,) = reader.results("lighthouse")
        assert (found.seed, found.images[0].array.shape) == (7, (64, 64, 3))
        with pytest.raises(StorageError, match="readonly"):
            prepare(reader, "j1").result(20)
    if in_use:
        prepare(writer, "jlater").result(20)
        with as_nobody(readable):
            assert ("jlater", 2) == (reader.rows()[0].id, len(reader.rows()))


@unix
def test_a_journal_that_can_only_be_read_is_read_with_what_a_dead_kernel_left_in_its_log(readable: Path) -> None:
    make(readable)
    dead = readable.parent / "dead"
    dead.mkdir()
    for path in readable.glob("journal.sqlite*"):
        if not path.name.endswith("-shm"):
            shutil.copyfile(path, dead / path.name)
    with as_nobody(dead):
        assert [row.prompt for row in Journal(dead).rows()] == ["a lighthouse"]


@unix
def test_an_older_journal_that_can_only_be_read_is_read_as_it_would_be_today(readable: Path) -> None:
    from tests.unit.history.test_migrations import VERSION_1

    readable.mkdir()
    with closing(sqlite3.connect(readable / "journal.sqlite")) as old:
        old.executescript(VERSION_1)
    with as_nobody(readable):
        assert [row.id for row in Journal(readable).rows()] == ["jopen", "jold"]


@unix
def test_jobs_go_on_beside_a_journal_that_can_only_be_read(readable: Path) -> None:
    make(readable).close()
    with as_nobody(readable), told() as texts:
        client = client_with(Journal(readable), Paid())
        for _ in range(2):
            assert client.run("local/sketch", prompt="x", **SMALL).images
    assert [text.count("readonly") for text in texts] == [1]


class Full(Journal):
    """A journal whose disk is full as soon as it is there."""

    is_full = True

    def _connect(self) -> Opened:
        opened = super()._connect()
        if self.is_full:
            (pages,) = opened.connection.execute("PRAGMA page_count").fetchone()
            opened.connection.execute(f"PRAGMA max_page_count = {pages}")
        return opened


def test_jobs_go_on_beside_a_full_disk_and_it_is_told_once(tmp_path: Path) -> None:
    journal = Full(tmp_path)
    client = client_with(journal, Paid())
    with told() as texts:
        for seed in range(4):
            prompt = f"{seed} " + "long " * 1_900
            assert client.run("local/sketch", prompt=prompt, seed=seed, **SMALL).images[0].width == 64
    assert [text.count("database or disk is full") for text in texts] == [1]
    journal.close()
    journal.is_full = False
    made = client.run("local/sketch", prompt="when there is room again", **SMALL)
    assert journal.result(made.job_ids[0]).images[0].bytes == made.images[0].bytes


def nested(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = {"a": [value]}
    return value


class Deep(Paid):
    """A service whose answer is nested deeper than a journal writes it."""

    async def submit(self, request: Request) -> Ticket:
        ticket = await super().submit(request)
        return replace(ticket, facts={**ticket.facts, "more": nested(300)})

    async def follow(self, ticket: Ticket) -> AsyncIterator[Event]:
        async for event in super().follow(ticket):
            yield replace(event, facts=nested(300), raw=nested(300)) if isinstance(event, Succeeded) else event


def test_an_answer_that_is_nested_too_deep_to_be_noted_costs_no_picture(journal: Journal) -> None:
    with told() as texts:
        made = client_with(journal, Deep()).run("local/sketch", prompt="x", **SMALL)
    assert texts == []
    (found,) = journal.results()
    assert made.images[0].bytes == found.images[0].bytes


@pytest.mark.parametrize("fault", [RecursionError, KeyError("x")])
@pytest.mark.parametrize("step", ["_prepared", "_submitted", "_succeeded"])
def test_no_fault_of_ours_while_noting_costs_a_picture(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, step: str, fault: Any
) -> None:
    def fail(*_: Any) -> None:
        raise fault

    monkeypatch.setattr(journal, step, fail)
    with told() as texts:
        assert client_with(journal, Paid()).run("local/sketch", prompt="x", **SMALL).images[0].width == 64
    assert [text.count("cannot be attached to later") for text in texts] == [1]


def test_a_row_that_cannot_be_read_hides_no_other(journal: Journal) -> None:
    for number in range(2):
        prepare(journal, f"j{number}").result(20)
    journal._select("UPDATE jobs SET sent = '[1', asked = ?, ticket = '{}' WHERE id = 'j0'", "[" * 100_000)
    assert [(row.id, row.sent) for row in journal.rows()] == [("j1", {"prompt": "j1"}), ("j0", {})]


def test_warnings_as_errors_cost_no_picture_either(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ValueError("no")

    monkeypatch.setattr(journal, "_prepared", fail)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert client_with(journal, Paid()).run("local/sketch", prompt="x", **SMALL).images
