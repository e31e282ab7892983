"""Small writes that wait at the same time are one transaction, and each is still told its own end."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from ipyimagegen.core.errors import StorageError
from ipyimagegen.core.requests import Request, Ticket
from ipyimagegen.history import Journal
from ipyimagegen.history.connection import Opened


class Held(Journal):
    """A journal whose thread can be held, and that knows the statements it was asked to perform."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.said: list[str] = []
        self.go_on = threading.Event()

    def _connect(self) -> Opened:
        opened = super()._connect()
        opened.connection.set_trace_callback(self.said.append)
        return opened

    def hold(self) -> None:
        """Until `go_on`, everything waits."""
        begun = threading.Event()

        def wait() -> None:
            with self._open():
                begun.set()
                self.go_on.wait(20)

        self._do(wait)
        assert begun.wait(20)
        self.said.clear()

    def undo_all(self) -> Future[None]:
        """A small write that takes its whole transaction with it, as a full disk may."""

        def fail() -> None:
            with self._open() as connection:
                connection.execute("ROLLBACK")
                raise sqlite3.OperationalError("disk full")

        return self._write(fail)

    def count(self, word: str) -> int:
        """How many different statements began so; a trigger repeats the one that it belongs to."""
        return len({statement for statement in self.said if statement.startswith(word)})


@pytest.fixture
def journal(tmp_path: Path) -> Held:
    return Held(tmp_path)


def prepare(journal: Journal, job_id: str) -> Future[None]:
    return journal.prepared(job_id, Request(service="local", model="sketch", values={"prompt": job_id}))


def ids(journal: Journal) -> list[str]:
    return sorted(row.id for row in journal.rows())


def test_writes_that_wait_together_are_waited_for_once(journal: Held) -> None:
    journal.hold()
    writes = [prepare(journal, f"job-{number}") for number in range(5)]
    ticket = Ticket(service="local", model="sketch", remote_id="r-3")
    writes.append(journal.submitted("job-3", ticket))
    journal.go_on.set()
    for write in writes:
        write.result(20)
    assert [journal.said.count("COMMIT"), journal.count("INSERT OR ABORT INTO jobs")] == [1, 5]
    assert ids(journal) == [f"job-{number}" for number in range(5)]
    assert journal.row("job-3").ticket == ticket


def test_one_that_fails_undoes_itself_alone(journal: Held) -> None:
    prepare(journal, "job-1").result(20)
    journal.hold()
    writes = [prepare(journal, job_id) for job_id in ("job-0", "job-1", "job-2")]
    journal.go_on.set()
    assert [type(write.exception(20)) for write in writes] == [type(None), StorageError, type(None)]
    assert ids(journal) == ["job-0", "job-1", "job-2"]


def test_where_all_is_undone_everybody_is_told_and_the_next_ones_go_through(journal: Held) -> None:
    journal.hold()
    writes = [prepare(journal, "job-0"), journal.undo_all(), prepare(journal, "job-2")]
    journal.go_on.set()
    assert [type(write.exception(20)) for write in writes] == [StorageError] * 3
    prepare(journal, "job-3").result(20)
    assert ids(journal) == ["job-3"]


def test_what_is_not_small_is_done_alone_and_in_its_place(journal: Held) -> None:
    journal.hold()
    done: list[Any] = []
    prepare(journal, "job-0").add_done_callback(lambda _: done.append("job-0"))
    read = threading.Thread(target=lambda: done.append([row.id for row in journal.rows()]))
    read.start()
    while len(journal._queue.tasks) < 2:
        threading.Event().wait(0.001)
    last = prepare(journal, "job-1")
    journal.go_on.set()
    last.result(20)
    read.join(20)
    assert done == ["job-0", ["job-0"]]


def test_a_write_that_nobody_wants_any_more_is_not_done(journal: Held) -> None:
    journal.hold()
    first, second = prepare(journal, "job-0"), prepare(journal, "job-1")
    assert first.cancel()
    journal.go_on.set()
    second.result(20)
    assert ids(journal) == ["job-1"]


def test_two_processes_worth_of_journals_write_side_by_side(tmp_path: Path) -> None:
    journals = [Journal(tmp_path), Journal(tmp_path)]
    for write in [prepare(journals[number % 2], f"job-{number:02}") for number in range(60)]:
        write.result(20)
    assert ids(journals[0]) == [f"job-{number:02}" for number in range(60)]
