"""Looking back: jobs, their results, and what they cost."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Literal

from ..core.cost import Cost
from ..core.errors import StorageError, UnknownJob
from ..media.results import Result
from . import index
from .connection import TRY_S
from .database import Database
from .files import Files
from .finding import find
from .lost import UNSURE
from .query import Query
from .rows import Row, read_result, read_row
from .words import words_of


class Archive(Database):
    """What a journal in `folder` can be asked. Everything here blocks, for a read of the disk."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.files = Files(folder / "files")

    def row(self, job_id: str) -> Row:
        """A job by its id, or by the start of one. Raises `UnknownJob`."""
        found = self._select("SELECT * FROM jobs WHERE substr(id, 1, ?) = ? LIMIT 2", len(job_id), job_id)
        if len(found) != 1 or not job_id:
            raise UnknownJob(f"{'several jobs begin' if found else 'no job'} with {job_id!r} in the journal")
        return read_row(found[0])

    def rows(self, query: str | Query = "", *, limit: int = 1_000, open_only: bool = False) -> list[Row]:
        """Jobs that have every word of `query` in their model, prompt, id, tags or note; newest first."""
        phase: Literal["open", "any"] = "open" if open_only else "any"
        words = () if isinstance(query, Query) else tuple(words_of(query))
        wanted = query if isinstance(query, Query) else Query(words=words, limit=limit, phase=phase)
        return [read_row(entry) for entry in self._ask(self._jobs_of, wanted)]

    def _jobs_of(self, wanted: Query) -> list[sqlite3.Row]:
        self._settle()
        with self._open() as connection:
            connection.execute("BEGIN")
            return _jobs(connection, find(connection, wanted))

    def unsure(self, *, limit: int = 100) -> list[Row]:
        """Jobs of which nobody knows whether their service took them in; `error` says why. Newest first."""
        found = self._select(
            f"SELECT * FROM jobs WHERE {UNSURE} AND error <> '' ORDER BY created DESC, id DESC LIMIT ?", limit
        )
        return [read_row(entry) for entry in found]

    def results(self, query: str | Query = "", *, limit: int = 1_000) -> list[Result]:
        """The results of jobs that succeeded, newest first. Reads no picture before one is asked for."""
        wanted = query if isinstance(query, Query) else Query(words=tuple(words_of(query)), limit=limit)
        return self._results(*self._ask(self._found, wanted))

    def _found(self, wanted: Query) -> tuple[list[sqlite3.Row], list[sqlite3.Row]]:
        self._settle()
        with self._open() as connection:
            connection.execute("BEGIN")
            return self._with_outputs(connection, find(connection, wanted))

    def _with_outputs(
        self, connection: sqlite3.Connection, jobs: Sequence[str]
    ) -> tuple[list[sqlite3.Row], list[sqlite3.Row]]:
        """Jobs, and their outputs, of one moment: another kernel may note a job that ends between the two."""
        rows = _jobs(connection, jobs)
        outputs = connection.execute(_OUTPUTS, (json.dumps(list(jobs)),)).fetchall()
        return rows, outputs

    def _results(self, jobs: Sequence[sqlite3.Row], found: Sequence[sqlite3.Row]) -> list[Result]:
        outputs: dict[str, list[sqlite3.Row]] = {job["id"]: [] for job in jobs}
        for entry in found:
            outputs[entry["job"]].append(entry)
        return [read_result(job, outputs[job["id"]], self.files) for job in jobs]

    def result(self, job_id: str) -> Result:
        """The result of one job that succeeded. Raises `UnknownJob`."""
        row = self.row(job_id)
        if row.phase != "succeeded":
            raise UnknownJob(f"job {row.id} has no result: it is {row.phase}")
        return self.results_of([row.id])[0]

    def count_results(self) -> int:
        """How many results there are."""
        return int(self._select("SELECT count(*) AS n FROM entries WHERE +phase = 'succeeded'")[0]["n"])

    def results_of(self, jobs: Sequence[str]) -> list[Result]:
        """The results of these jobs, as far as the journal has them, in their order."""
        return self._results(*self._ask(self._of, jobs))

    def _of(self, jobs: Sequence[str]) -> tuple[list[sqlite3.Row], list[sqlite3.Row]]:
        with self._open() as connection:
            connection.execute("BEGIN")
            return self._with_outputs(connection, jobs)

    def _settle(self) -> None:
        """Fold what is not folded yet. What cannot be (a lock, a journal that is only read) is found all the same."""
        with suppress(StorageError):
            if self._settled() == index.SETTLED_AT_ONCE:
                self._do(self._settle)

    def _settled(self) -> int:
        with self._open() as connection:
            if not (self.is_writable and index.stale(connection)):
                return 0
            connection.execute("BEGIN IMMEDIATE")
            return index.settle(connection)

    def costs(self, *, since: float = 0.0) -> list[tuple[str, int, Cost]]:
        """`(model, jobs, cost)` since a time in epoch seconds, dearest first; unknown where any part is unknown.

        Jobs that succeeded, and others that were billed all the same.
        """
        billed = "phase = 'succeeded' OR CAST(cost AS REAL) > 0"
        found = self._select(f"SELECT * FROM jobs WHERE created >= ? AND ({billed})", since)
        sums: dict[str, tuple[int, Cost]] = {}
        for row in map(read_row, found):
            name = f"{row.service}/{row.model}"
            count, cost = sums.get(name, (0, None))
            sums[name] = (count + 1, row.cost if cost is None else cost + row.cost)
        rows = [(name, count, cost) for name, (count, cost) in sums.items()]
        return sorted(rows, key=lambda row: (-(row[2].amount or Decimal(0)), row[0]))

    def durations(self) -> list[tuple[str, float, float]]:
        """`(model, work, seconds)` of the last 500 successes, oldest first: what estimates learn from.

        Jobs wait for it, so it does not wait long for a journal that is locked.
        """
        found = self._select(
            "SELECT service || '/' || model AS name, work, run_s FROM jobs"
            " WHERE phase = 'succeeded' AND run_s > 0 ORDER BY created DESC LIMIT 500",
            within_s=TRY_S,
        )
        return [(entry["name"], entry["work"], entry["run_s"]) for entry in reversed(found)]

    def paces(self, model: str) -> Future[list[tuple[float, float]]]:
        """Between how many seconds and how many the latest jobs of `model` took, oldest first, as `paced` noted it."""
        return self._do(self._paces, model)

    def _paces(self, model: str) -> list[tuple[float, float]]:
        found = self._select_now("SELECT low_s, high_s FROM paces WHERE model = ? ORDER BY rowid", (model,))
        return [(entry["low_s"], entry["high_s"]) for entry in found]


_OUTPUTS = """
SELECT outputs.*, coalesce(note, '') AS note FROM outputs LEFT JOIN output_notes USING (job, place)
WHERE outputs.job IN (SELECT value FROM json_each(?)) ORDER BY place
"""


def _jobs(connection: sqlite3.Connection, ids: Sequence[str]) -> list[sqlite3.Row]:
    """Their rows, in the order of `ids`."""
    wanted = (
        "SELECT jobs.*, record, changes FROM jobs LEFT JOIN job_records ON job_records.job = jobs.id"
        " WHERE jobs.id IN (SELECT value FROM json_each(?))"
    )
    found = {entry["id"]: entry for entry in connection.execute(wanted, (json.dumps(list(ids)),))}
    return [found[job] for job in ids if job in found]
