"""Looking back: jobs, their results, and what they cost."""

from __future__ import annotations

import sqlite3
from concurrent.futures import Future
from decimal import Decimal
from pathlib import Path
from typing import Any

from ..core.cost import Cost
from ..core.errors import UnknownJob
from ..media.results import Result
from .connection import TRY_S
from .database import Database
from .files import Files
from .rows import Row, read_result, read_row


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

    def rows(self, query: str = "", *, limit: int = 1_000, open_only: bool = False) -> list[Row]:
        """Jobs that have every word of `query` in their model, prompt or id; newest first."""
        where, values = _where(query)
        if open_only:
            where += " AND ticket IS NOT NULL AND phase NOT IN ('succeeded', 'failed', 'cancelled')"
        found = self._select(f"SELECT * FROM jobs WHERE {where} ORDER BY created DESC, id DESC LIMIT ?", *values, limit)
        return [read_row(entry) for entry in found]

    def results(self, query: str = "", *, limit: int = 1_000) -> list[Result]:
        """The results of jobs that succeeded, newest first. Reads no picture before one is asked for."""
        where, values = _where(query)
        where = f"phase = 'succeeded' AND {where} ORDER BY created DESC, id DESC LIMIT ?"
        jobs, found = self._ask(self._with_outputs, where, (*values, limit))
        outputs: dict[str, list[sqlite3.Row]] = {job["id"]: [] for job in jobs}
        for entry in found:
            outputs[entry["job"]].append(entry)
        return [read_result(job, outputs[job["id"]], self.files) for job in jobs]

    def _with_outputs(self, where: str, values: tuple[Any, ...]) -> tuple[list[sqlite3.Row], list[sqlite3.Row]]:
        """Jobs, and their outputs, of one moment: another kernel may note a job that ends between the two."""
        with self._open() as connection:
            connection.execute("BEGIN")
            jobs = connection.execute(f"SELECT * FROM jobs WHERE {where}", values).fetchall()
            chosen = f"SELECT id FROM jobs WHERE {where}"
            outputs = (
                "SELECT outputs.*, coalesce(note, '') AS note FROM outputs LEFT JOIN output_notes USING (job, place)"
                f" WHERE outputs.job IN ({chosen}) ORDER BY place"
            )
            return jobs, connection.execute(outputs, values).fetchall()

    def result(self, job_id: str) -> Result:
        """The result of one job that succeeded. Raises `UnknownJob`."""
        row = self.row(job_id)
        found = [result for result in self.results(row.id, limit=5) if result.job_ids == (row.id,)]
        if not found:
            raise UnknownJob(f"job {row.id} has no result: it is {row.phase}")
        return found[0]

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


def _where(query: str) -> tuple[str, list[str]]:
    words = query.lower().split()
    clause = "instr(lower(service || '/' || model || ' ' || prompt || ' ' || id), ?) > 0"
    return " AND ".join([clause] * len(words)) or "1", words
