"""The journal: every job on disk before it is sent, with its ticket before its first poll, and what became of it.

Shared by all kernels of the user. Each method is one transaction; what is sent for money is on the disk, not only in a
cache, before the next step.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from ..core.cost import UNKNOWN, Cost
from ..core.processes import owner
from ..core.requests import Request, Ticket
from ..media.artifacts import Artifact
from ..media.results import Result
from .connection import Opened
from .keeping import Keeping
from .ledger import LedgerRows
from .lineage import Lineage, has_inputs
from .lost import name_lost
from .marks import Marking
from .portable import Moving
from .rows import End, end_of, money, output_row, record_of, request_of, row_of, writable
from .sweeps import SweepRows
from .warn import warn_of_lost

IN_MEMORY = 4 << 20
"""Larger outputs are read from their file when asked for, instead of being held."""

REMEMBERED = 1_000
"""Jobs of this process without an end, whose rows are written again where they are missing."""


class Journal(Lineage, Marking, Keeping, Moving, SweepRows, LedgerRows):
    """A journal in `folder`, made when first used. Safe from several threads and processes.

    What writes returns a future at once; what reads waits for all earlier writes. A write whose job is not there (the
    folder was deleted under a running kernel, the disk was full for a moment) puts it there again.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._open_jobs: OrderedDict[str, dict[str, Any]] = OrderedDict()  # used on the journal's own thread alone

    def _connect(self) -> Opened:
        opened = super()._connect()
        if opened.is_writable:
            self.files.sweep()
            with suppress(sqlite3.Error):  # locked, say: the next start says it
                if lost := name_lost(opened.connection):
                    warn_of_lost(lost, self.folder)
        return opened

    def prepared(self, job_id: str, request: Request, *, work: float = 1.0, cost: Cost = UNKNOWN) -> Future[None]:
        """Before anything is sent. `cost` is what is known of it before: that it is free.

        Should this process be killed meanwhile, the next one names a job that is not free: it may be running.
        """
        sender = "" if cost.source == "free" else owner()
        written = self._write(self._prepared, job_id, request, work, cost, time.time(), sender)
        if has_inputs(request.values):  # nobody waits for what reads files
            self._do(self._note_inputs, job_id, request.values)
        return written

    def _prepared(self, job_id: str, request: Request, work: float, cost: Cost, at: float, sender: str) -> None:
        row = {**row_of(job_id, request, work=work, at=at), **money(cost), "sender": sender}
        self._open_jobs.setdefault(job_id, dict(row))
        while len(self._open_jobs) > REMEMBERED:
            self._open_jobs.popitem(last=False)
        with self._open() as connection:
            _insert(connection, row)

    def submitted(self, job_id: str, ticket: Ticket) -> Future[None]:
        """The service has accepted it; nothing was polled yet."""
        return self._write(self._submitted, job_id, ticket, time.time())

    def _submitted(self, job_id: str, ticket: Ticket, at: float) -> None:
        values = {"phase": "queued", "submitted": at, "ticket": json.dumps(ticket.to_json())}
        with self._open() as connection:
            self._change(connection, job_id, values)

    def left(self, job_id: str, why: str) -> Future[None]:
        """Nobody here waits any more, and the job may go on at the service: it stays open."""
        return self._write(self._unless_succeeded, job_id, {"error": why})

    def ended(self, job_id: str, phase: str, error: str = "", *, cost: Cost = UNKNOWN) -> Future[None]:
        """Failed or cancelled, and known to be over. A job that has its result keeps it."""
        return self._write(self._ended, job_id, End(phase, error, cost))

    def _ended(self, job_id: str, end: End) -> None:
        values = {"phase": end.phase, "ended": time.time(), "error": end.error, **money(end.cost)}
        self._unless_succeeded(job_id, values)
        self._open_jobs.pop(job_id, None)

    def _unless_succeeded(self, job_id: str, values: Mapping[str, Any]) -> None:
        with self._open() as connection:
            self._change(connection, job_id, values, where="phase <> 'succeeded'")

    def _change(
        self, connection: sqlite3.Connection, job_id: str, values: Mapping[str, Any], *, where: str = "1"
    ) -> bool:
        """Whether there was such a job to change. The row of one that was begun here is written again if need be."""
        row = self._open_jobs.get(job_id)
        if row is not None and "ticket" in values:
            row.update(values)
        if _update(connection, job_id, values, where=where):
            return True
        if row is None or not _insert(connection, row, otherwise="IGNORE"):
            return False
        return _update(connection, job_id, values, where=where)

    def concluded(self, job_id: str, conclude: Callable[[], Result | End]) -> Future[None]:
        """As `succeeded` or `ended`, by what `conclude` says: it is called on the journal's thread, which has time."""
        return self._do(self._concluded, job_id, cache(conclude))  # once, also where a lock makes this a second try

    def _concluded(self, job_id: str, conclude: Callable[[], Result | End]) -> None:
        end = conclude()
        if isinstance(end, Result):
            self._succeeded(job_id, end)
        else:
            self._ended(job_id, end)

    def succeeded(self, job_id: str, result: Result) -> Future[Result]:
        """Keep a result and its files. Gives it back with its large artifacts in their place on disk.

        Of a job that had succeeded before, the times stay, and the outputs too where fewer of these were fetched.
        """
        return self._do(self._succeeded, job_id, result)

    def _succeeded(self, job_id: str, result: Result) -> Result:
        """The files first: a row never tells of one that is not there yet."""
        artifacts = tuple(self._kept(artifact) for artifact in result.artifacts)
        kept, fetched = replace(result, artifacts=artifacts), sum(not artifact.error for artifact in artifacts)
        with self._open() as connection:
            known = "SELECT count(*) FROM outputs WHERE job = ? AND error = ''"
            if fetched < connection.execute(known, (job_id,)).fetchone()[0]:
                return kept
            self._open_jobs.setdefault(job_id, row_of(job_id, request_of(result), at=time.time()))
            if not self._change(connection, job_id, end_of(result, time.time()), where="phase <> 'succeeded'"):
                again = {"text": result.text, **(money(result.cost) if result.cost.known else {})}
                _update(connection, job_id, again)
            connection.execute("DELETE FROM outputs WHERE job = ?", (job_id,))
            connection.executemany(
                "INSERT INTO outputs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [output_row(job_id, artifact) for artifact in artifacts],
            )
            if (record := record_of(result)) is not None:
                stored = "INSERT OR REPLACE INTO job_records (job, record, changes) VALUES (?, ?, ?)"
                connection.execute(stored, (job_id, *map(writable, record)))
            connection.execute("DELETE FROM output_notes WHERE job = ?", (job_id,))
            connection.executemany(
                "INSERT INTO output_notes (job, place, note) VALUES (?, ?, ?)",
                [(job_id, artifact.index, writable(artifact.note)) for artifact in artifacts if artifact.note],
            )
        self._open_jobs.pop(job_id, None)
        self._settle()
        return kept

    def _kept(self, artifact: Artifact) -> Artifact:
        if artifact.error and not artifact.size:
            return artifact
        path = self.files.keep(artifact)
        return replace(artifact, path=path, data=b"") if artifact.size > IN_MEMORY else artifact

    def paced(self, model: str, span: tuple[float, float], *, keep: int) -> Future[None]:
        """A job of `model` took between so many and so many seconds. Of each model the newest `keep` stay."""
        return self._write(self._paced, model, span, keep)

    def _paced(self, model: str, span: tuple[float, float], keep: int) -> None:
        with self._open() as connection:
            connection.execute("INSERT INTO paces VALUES (?, ?, ?, ?)", (model, *span, time.time()))
            newest = "SELECT rowid FROM paces WHERE model = ? ORDER BY rowid DESC LIMIT ?"
            connection.execute(f"DELETE FROM paces WHERE model = ? AND rowid NOT IN ({newest})", (model, model, keep))


def _insert(connection: sqlite3.Connection, row: Mapping[str, Any], *, otherwise: str = "ABORT") -> bool:
    names, places = ", ".join(row), ", ".join("?" * len(row))
    done = connection.execute(f"INSERT OR {otherwise} INTO jobs ({names}) VALUES ({places})", tuple(row.values()))
    return done.rowcount == 1


def _update(connection: sqlite3.Connection, job_id: str, values: Mapping[str, Any], *, where: str = "1") -> bool:
    names = ", ".join(f"{name} = ?" for name in values)
    bound = [writable(value) if isinstance(value, str) else value for value in values.values()]
    changed = connection.execute(f"UPDATE jobs SET {names} WHERE id = ? AND {where}", (*bound, job_id))
    return changed.rowcount == 1
