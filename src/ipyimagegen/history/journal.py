"""The journal: every job on disk before it is sent, with its ticket before its first poll, and what became of it.

One SQLite file (write-ahead log), shared by all kernels of the user. Each method is one transaction; what is sent for
money is on the disk, not only in a cache, before the next step.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from ..core.cost import UNKNOWN, Cost, Source
from ..core.errors import StorageError, UnknownJob
from ..core.params import as_json
from ..core.requests import Request, Ticket
from ..media.artifacts import Artifact
from ..media.metadata.record import Record
from ..media.results import Result, Timings
from .files import Files

T = TypeVar("T")

SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, service TEXT NOT NULL, model TEXT NOT NULL, phase TEXT NOT NULL,
    created REAL NOT NULL, submitted REAL, ended REAL,
    prompt TEXT NOT NULL DEFAULT '', seed INTEGER, asked TEXT NOT NULL, sent TEXT NOT NULL, ticket TEXT,
    error TEXT NOT NULL DEFAULT '', text TEXT NOT NULL DEFAULT '', facts TEXT NOT NULL DEFAULT '{}',
    cost TEXT, currency TEXT, cost_source TEXT,
    work REAL NOT NULL DEFAULT 1, queue_s REAL, run_s REAL, fetch_s REAL, total_s REAL,
    starred INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS jobs_by_time ON jobs (created);
CREATE TABLE IF NOT EXISTS outputs (
    job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE, place INTEGER NOT NULL,
    name TEXT NOT NULL, media_type TEXT NOT NULL,
    width INTEGER NOT NULL, height INTEGER NOT NULL, size INTEGER NOT NULL,
    sha256 TEXT NOT NULL, seed INTEGER, url TEXT NOT NULL, filename TEXT NOT NULL, error TEXT NOT NULL,
    PRIMARY KEY (job, place)
);
"""
VERSION = 1
BUSY_S = 10.0
IN_MEMORY = 4 << 20
"""Larger outputs are read from their file when asked for, instead of being held."""
ENDED = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One job as the journal has it."""

    id: str
    service: str
    model: str
    phase: str
    created: float
    ended: float | None
    prompt: str
    seed: int | None
    asked: Mapping[str, Any]
    sent: Mapping[str, Any]
    ticket: Ticket | None
    error: str
    cost: Cost

    @property
    def is_open(self) -> bool:
        """Whether it was sent and nobody has seen its end."""
        return self.ticket is not None and self.phase not in ENDED

    def request(self) -> Request:
        """What was sent, as far as a journal holds it: files are descriptions."""
        return Request(
            service=self.service, model=self.model, values=dict(self.sent), asked=dict(self.asked), seed=self.seed
        )


@dataclass(frozen=True, slots=True)
class End:
    """An end without a result: `failed` or `cancelled`, why, and what it cost all the same, where that is known."""

    phase: str
    error: str = ""
    cost: Cost = UNKNOWN


class Journal:
    """A journal in `folder`, made when first written to. Safe from several threads and processes.

    Everything happens on one thread of its own, in the order of the calls: what writes returns a future at once, what
    reads waits for all earlier writes. Both raise `StorageError` where the disk does not let them.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = Files(folder / "files")
        self._open_files: list[sqlite3.Connection] = []
        self._start_thread()
        weakref.finalize(self, _close, self._open_files)
        _journals.add(self)

    def _start_thread(self) -> None:
        self._gate = threading.Lock()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ipyimagegen-journal")
        self._used = False

    def _do(self, action: Callable[..., T], *arguments: Any) -> Future[T]:
        with self._gate:
            self._used = True
            return self._thread.submit(action, *arguments)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A transaction; only on the journal's own thread."""
        try:
            if not self._open_files:
                self._open_files.append(self._connect())
            with self._open_files[0] as connection:
                yield connection
        except (sqlite3.Error, OSError) as error:
            raise StorageError(f"the journal in {self.folder} cannot be used: {error}") from error

    def _connect(self) -> sqlite3.Connection:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        connection = sqlite3.connect(self.folder / "journal.sqlite", timeout=BUSY_S, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found > VERSION:
            connection.close()
            raise StorageError(f"the journal in {self.folder} was written by a newer version of ipyimagegen")
        connection.executescript(SCHEMA)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        return connection

    def close(self) -> None:
        """Finish what was begun and close the file; the next call opens it again."""
        self._do(_close, self._open_files).result()

    def before_fork(self) -> None:
        """Finish what was begun, close the file, and let nothing begin: SQLite must not be open across a fork."""
        self._gate.acquire()
        if self._used:
            with suppress(RuntimeError):  # the process is ending: the thread takes nothing any more
                self._thread.submit(_close, self._open_files).result()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._gate.release()

    def after_fork_in_child(self) -> None:
        """Go on, with a thread of the child's own."""
        self._start_thread()

    def __repr__(self) -> str:
        return f"<Journal in {self.folder}>"

    # -- the way of one job ---------------------------------------------------------------------------------------

    def prepared(self, job_id: str, request: Request, *, work: float = 1.0) -> Future[None]:
        """Before anything is sent."""
        return self._do(self._prepared, job_id, request, work, time.time())

    def _prepared(self, job_id: str, request: Request, work: float, at: float) -> None:
        with self._open() as connection:
            connection.execute(
                "INSERT INTO jobs (id, service, model, phase, created, prompt, seed, asked, sent, work)"
                " VALUES (?, ?, ?, 'preparing', ?, ?, ?, ?, ?, ?)",
                (
                    job_id,
                    request.service,
                    request.model,
                    at,
                    request.prompt,
                    _seed(request.seed),
                    json.dumps(dict(request.asked)),
                    json.dumps(request.sent),
                    work,
                ),
            )

    def submitted(self, job_id: str, ticket: Ticket) -> Future[None]:
        """The service has accepted it; nothing was polled yet."""
        return self._set(job_id, phase="queued", submitted=time.time(), ticket=json.dumps(ticket.to_json()))

    def left(self, job_id: str, why: str) -> Future[None]:
        """Nobody here waits any more, and the job may go on at the service: it stays open."""
        return self._do(self._unless_succeeded, job_id, {"error": why})

    def ended(self, job_id: str, phase: str, error: str = "", *, cost: Cost = UNKNOWN) -> Future[None]:
        """Failed or cancelled, and known to be over. A job that has its result keeps it."""
        return self._do(self._ended, job_id, End(phase, error, cost))

    def _ended(self, job_id: str, end: End) -> None:
        values = {"phase": end.phase, "ended": time.time(), "error": end.error, **_money(end.cost)}
        self._unless_succeeded(job_id, values)

    def _unless_succeeded(self, job_id: str, values: Mapping[str, Any]) -> None:
        with self._open() as connection:
            _update(connection, job_id, values, where="phase <> 'succeeded'")

    def concluded(self, job_id: str, conclude: Callable[[], Result | End]) -> Future[None]:
        """As `succeeded` or `ended`, by what `conclude` says: it is called on the journal's thread, which has time."""
        return self._do(self._concluded, job_id, conclude)

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
        artifacts = tuple(self._kept(artifact) for artifact in result.artifacts)
        kept, fetched = replace(result, artifacts=artifacts), sum(not artifact.error for artifact in artifacts)
        with self._open() as connection:
            known = "SELECT count(*) FROM outputs WHERE job = ? AND error = ''"
            if fetched < connection.execute(known, (job_id,)).fetchone()[0]:
                return kept
            if not _update(connection, job_id, _end_of(result), where="phase <> 'succeeded'"):
                again = {"text": result.text, **(_money(result.cost) if result.cost.known else {})}
                _update(connection, job_id, again)
            connection.execute("DELETE FROM outputs WHERE job = ?", (job_id,))
            connection.executemany(
                "INSERT INTO outputs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [_output_row(job_id, artifact) for artifact in artifacts],
            )
        return kept

    def _kept(self, artifact: Artifact) -> Artifact:
        if artifact.error:
            return artifact
        path = self.files.keep(artifact)
        return replace(artifact, path=path, data=b"") if artifact.size > IN_MEMORY else artifact

    def star(self, job_id: str, *, starred: bool = True) -> Future[bool]:
        """Give a job its star or take it away; a starred job is never cleared. Whether there is such a job."""
        return self._do(self._star, job_id, starred)

    def _star(self, job_id: str, starred: bool) -> bool:  # noqa: FBT001 (what submit hands on)
        with self._open() as connection:
            return connection.execute("UPDATE jobs SET starred = ? WHERE id = ?", (starred, job_id)).rowcount == 1

    def _set(self, job_id: str, **values: Any) -> Future[None]:
        return self._do(self._set_now, job_id, values)

    def _set_now(self, job_id: str, values: Mapping[str, Any]) -> None:
        with self._open() as connection:
            _update(connection, job_id, values)

    def _select(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        return self._do(self._select_now, sql, values).result()

    def _select_now(self, sql: str, values: tuple[Any, ...]) -> list[sqlite3.Row]:
        with self._open() as connection:
            return connection.execute(sql, values).fetchall()

    # -- reading --------------------------------------------------------------------------------------------------

    def row(self, job_id: str) -> Row:
        """A job by its id, or by the start of one. Raises `UnknownJob`."""
        found = self._select("SELECT * FROM jobs WHERE substr(id, 1, ?) = ? LIMIT 2", len(job_id), job_id)
        if len(found) != 1 or not job_id:
            raise UnknownJob(f"{'several jobs begin' if found else 'no job'} with {job_id!r} in the journal")
        return _row(found[0])

    def rows(self, query: str = "", *, limit: int = 1_000, open_only: bool = False) -> list[Row]:
        """Jobs that have every word of `query` in their model, prompt or id; newest first."""
        where, values = _where(query)
        if open_only:
            where += " AND ticket IS NOT NULL AND phase NOT IN ('succeeded', 'failed', 'cancelled')"
        found = self._select(f"SELECT * FROM jobs WHERE {where} ORDER BY created DESC, id DESC LIMIT ?", *values, limit)
        return [_row(entry) for entry in found]

    def results(self, query: str = "", *, limit: int = 1_000) -> list[Result]:
        """The results of jobs that succeeded, newest first. Reads no picture before one is asked for."""
        where, values = _where(query)
        where = f"phase = 'succeeded' AND {where} ORDER BY created DESC, id DESC LIMIT ?"
        jobs = self._select(f"SELECT * FROM jobs WHERE {where}", *values, limit)
        outputs: dict[str, list[sqlite3.Row]] = {job["id"]: [] for job in jobs}
        chosen = f"SELECT id FROM jobs WHERE {where}"
        for entry in self._select(f"SELECT * FROM outputs WHERE job IN ({chosen}) ORDER BY place", *values, limit):
            outputs[entry["job"]].append(entry)
        return [self._result(job, outputs[job["id"]]) for job in jobs]

    def result(self, job_id: str) -> Result:
        """The result of one job that succeeded. Raises `UnknownJob`."""
        row = self.row(job_id)
        found = [result for result in self.results(row.id, limit=5) if result.job_ids == (row.id,)]
        if not found:
            raise UnknownJob(f"job {row.id} has no result: it is {row.phase}")
        return found[0]

    def _result(self, job: sqlite3.Row, outputs: Iterable[sqlite3.Row]) -> Result:
        row = _row(job)
        timings = Timings(queue_s=job["queue_s"], run_s=job["run_s"], fetch_s=job["fetch_s"], total_s=job["total_s"])
        record = Record(
            model=f"{row.service}/{row.model}",
            prompt=row.prompt,
            negative_prompt=str(row.sent.get("negative_prompt") or ""),
            seed=row.seed,
            sent=row.sent,
            asked=row.asked,
            cost=row.cost,
            timings=timings.to_json(),
            job_id=row.id,
            created=datetime.fromtimestamp(row.created, UTC).isoformat(),
        )
        return Result(
            model=record.model,
            artifacts=tuple(self._artifact(entry, record) for entry in outputs),
            prompt=row.prompt,
            seed=row.seed,
            cost=row.cost,
            timings=timings,
            asked=row.asked,
            sent=row.sent,
            job_ids=(row.id,),
            text=job["text"],
            facts=json.loads(job["facts"]),
        )

    def _artifact(self, entry: sqlite3.Row, record: Record) -> Artifact:
        names = ("name", "media_type", "width", "height", "size", "sha256", "seed", "url", "filename", "error")
        path = None if entry["error"] else self.files.path(entry["sha256"], entry["media_type"])
        values = {name: entry[name] for name in names}
        return Artifact(index=entry["place"], path=path, alt=record.prompt, record=record, **values)

    def starred(self) -> frozenset[str]:
        """The ids of all jobs with a star."""
        return frozenset(entry["id"] for entry in self._select("SELECT id FROM jobs WHERE starred <> 0"))

    def costs(self, *, since: float = 0.0) -> list[tuple[str, int, Cost]]:
        """`(model, jobs, cost)` since a time in epoch seconds, dearest first; unknown where any part is unknown.

        Jobs that succeeded, and others that were billed all the same.
        """
        billed = "phase = 'succeeded' OR CAST(cost AS REAL) > 0"
        found = self._select(f"SELECT * FROM jobs WHERE created >= ? AND ({billed})", since)
        sums: dict[str, tuple[int, Cost]] = {}
        for row in map(_row, found):
            name = f"{row.service}/{row.model}"
            count, cost = sums.get(name, (0, None))
            sums[name] = (count + 1, row.cost if cost is None else cost + row.cost)
        rows = [(name, count, cost) for name, (count, cost) in sums.items()]
        return sorted(rows, key=lambda row: (-(row[2].amount or Decimal(0)), row[0]))

    def durations(self) -> list[tuple[str, float, float]]:
        """`(model, work, seconds)` of the last 500 successes, oldest first: what estimates learn from."""
        found = self._select(
            "SELECT service || '/' || model AS name, work, run_s FROM jobs"
            " WHERE phase = 'succeeded' AND run_s > 0 ORDER BY created DESC LIMIT 500"
        )
        return [(entry["name"], entry["work"], entry["run_s"]) for entry in reversed(found)]

    def clear(self, *, before: float) -> int:
        """Forget ended jobs made before a time (epoch seconds), and files that no job needs. Returns how many jobs."""
        return self._do(self._clear, before).result()

    def _clear(self, before: float) -> int:
        with self._open() as connection:
            found = connection.execute(
                "DELETE FROM jobs WHERE created < ? AND starred = 0 AND phase IN ('succeeded', 'failed', 'cancelled')",
                (before,),
            ).rowcount
            needed = {entry[0] for entry in connection.execute("SELECT DISTINCT sha256 FROM outputs")}
        for path in self.files.folder.glob("??/*"):
            if path.stem not in needed and not path.name.startswith("."):
                path.unlink(missing_ok=True)
        return found


def _close(open_files: list[sqlite3.Connection]) -> None:
    """Also called when the journal is gone, and at the process's end: its thread has done its last work then."""
    while open_files:
        open_files.pop().close()


_journals: weakref.WeakSet[Journal] = weakref.WeakSet()


def _each(step: Callable[[Journal], None]) -> Callable[[], None]:
    def take() -> None:
        for journal in tuple(_journals):
            step(journal)

    return take


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_each(Journal.before_fork),
        after_in_parent=_each(Journal.after_fork_in_parent),
        after_in_child=_each(Journal.after_fork_in_child),
    )


def _update(connection: sqlite3.Connection, job_id: str, values: Mapping[str, Any], *, where: str = "1") -> bool:
    names = ", ".join(f"{name} = ?" for name in values)
    changed = connection.execute(f"UPDATE jobs SET {names} WHERE id = ? AND {where}", (*values.values(), job_id))
    return changed.rowcount == 1


def _end_of(result: Result) -> dict[str, Any]:
    return {
        "phase": "succeeded",
        "ended": time.time(),
        "error": "",
        "seed": _seed(result.seed),
        "text": result.text,
        "facts": json.dumps(as_json(result.facts)),
        **_money(result.cost),
        **{name: getattr(result.timings, name) for name in ("queue_s", "run_s", "fetch_s", "total_s")},
    }


def _money(cost: Cost) -> dict[str, str | None]:
    amount = None if cost.amount is None else str(cost.amount)
    return {"cost": amount, "currency": cost.currency, "cost_source": cost.source}


def _seed(seed: int | None) -> int | None:
    """SQLite's integers have 63 bits and a sign; a larger seed stays in `sent`."""
    return seed if seed is not None and -(2**63) <= seed < 2**63 else None


def _output_row(job_id: str, artifact: Artifact) -> tuple[Any, ...]:
    return (
        job_id,
        artifact.index,
        artifact.name,
        artifact.media_type,
        artifact.width,
        artifact.height,
        artifact.size,
        artifact.sha256,
        _seed(artifact.seed),
        "" if artifact.url.startswith("data:") else artifact.url,
        artifact.filename,
        artifact.error,
    )


def _where(query: str) -> tuple[str, list[str]]:
    words = query.lower().split()
    clause = "instr(lower(service || '/' || model || ' ' || prompt || ' ' || id), ?) > 0"
    return " AND ".join([clause] * len(words)) or "1", words


def _row(entry: sqlite3.Row) -> Row:
    source: Source | None = entry["cost_source"]
    amount = None if entry["cost"] is None else Decimal(entry["cost"])
    return Row(
        id=entry["id"],
        service=entry["service"],
        model=entry["model"],
        phase=entry["phase"],
        created=entry["created"],
        ended=entry["ended"],
        prompt=entry["prompt"],
        seed=entry["seed"],
        asked=json.loads(entry["asked"]),
        sent=json.loads(entry["sent"]),
        ticket=None if entry["ticket"] is None else Ticket.from_json(json.loads(entry["ticket"])),
        error=entry["error"],
        cost=Cost(amount, entry["currency"] or "USD", source),
    )
