"""Sweeps in the journal: each plan on disk before its first cell is sent, and which job a cell has become.

A cell belongs to whoever has *claimed* it: that is one conditional write, so that two kernels never send the same cell.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from ..core import processes
from ..core.cost import Cost
from ..core.errors import StorageError, UnknownSweep
from ..core.requests import InputFile
from ..media.artifacts import Artifact
from .database import READ_S, Database
from .files import Files
from .rows import Row, read_row, writable

CHARGES = 200
"""Of a model's earlier charges, as many of the newest tell its price."""
_CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SweepRow:
    """A sweep as the journal has it. `recipe` is plain data: `experiments` writes and reads it."""

    id: str
    name: str
    created: float
    recipe: Mapping[str, Any]
    cells: int = 0
    succeeded: int = 0

    def __repr__(self) -> str:
        when = datetime.fromtimestamp(self.created, UTC).astimezone().isoformat(" ", "minutes")[:16]
        name = f"{self.name} ({self.id})" if self.name else self.id
        return f"<SweepRow {name}, {when}: {self.succeeded:,} of {self.cells:,} cells have their picture>"


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRow:
    """A cell as the journal has it, and its job's row, once it has one.

    `request` is `None` for a cell that cannot be sent, for which `problem` says why. `owner` is the process that
    claimed it; `paths` are the files under which its pictures were saved.
    """

    place: int
    at: tuple[int, ...]
    values: Mapping[str, Any]
    model: str
    identity: str
    request: Mapping[str, Any] | None
    problem: str = ""
    job: str | None = None
    owner: str = ""
    paths: tuple[str, ...] = ()
    row: Row | None = None
    timings: Mapping[str, float | None] = field(default_factory=dict)


class SweepRows(Database):
    """What a journal knows of sweeps. What writes returns a future at once; what reads waits."""

    files: Files

    def add_sweep(self, sweep: SweepRow, cells: Sequence[CellRow], inputs: Collection[str] = ()) -> Future[None]:
        """A new sweep with its cells, or further cells of one, with its newest recipe: all or nothing.

        `inputs` are the hashes of the files that its cells need.
        """
        return self._do(self._add_sweep, sweep, cells, inputs)

    def _add_sweep(self, sweep: SweepRow, cells: Sequence[CellRow], inputs: Collection[str]) -> None:
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                "INSERT INTO sweeps (id, name, created, recipe) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET recipe = excluded.recipe",
                (sweep.id, writable(sweep.name), sweep.created, json.dumps(dict(sweep.recipe))),
            )
            connection.executemany(
                "INSERT INTO sweep_cells (sweep, place, at, vals, model, identity, request, problem)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [(sweep.id, *_cell_columns(cell)) for cell in cells],
            )
            connection.execute(_TWINS, (sweep.id,))
            connection.executemany(
                "INSERT OR IGNORE INTO sweep_inputs (sweep, sha256) VALUES (?, ?)",
                [(sweep.id, sha256) for sha256 in inputs],
            )

    def claim(
        self, sweep: str, identity: str, job: str | None, *, instead_of: str | None, by: str = ""
    ) -> Future[bool]:
        """Make a request of a sweep ours, before its job is sent; false where another was quicker.

        `instead_of` is the job that it had become before: one that failed, or was never sent. `by` says who has it
        now. With `job=None` it is given back.
        """
        return self._write(self._claim, sweep, identity, job, instead_of, by)

    def _claim(self, sweep: str, identity: str, job: str | None, instead_of: str | None, by: str) -> bool:
        with self._open() as connection:
            changed = connection.execute(
                "UPDATE sweep_cells SET job = ?, owner = ? WHERE sweep = ? AND identity = ? AND job IS ?",
                (job, by, sweep, identity, instead_of),
            )
            return changed.rowcount > 0

    def saved_as(self, sweep: str, identity: str, paths: Sequence[str]) -> Future[None]:
        """The files under which the pictures of a cell are about to be saved."""
        return self._write(self._saved_as, sweep, identity, [writable(path) for path in paths])

    def _saved_as(self, sweep: str, identity: str, paths: Sequence[str]) -> None:
        with self._open() as connection:
            connection.execute(
                "UPDATE sweep_cells SET paths = ? WHERE sweep = ? AND identity = ?",
                (json.dumps(paths), sweep, identity),
            )

    def written(self) -> Future[None]:
        """Done once everything is written that was asked for before."""
        return self._do(lambda: None)

    def sweep(self, name: str) -> SweepRow:
        """A sweep by its id, the start of one, or its name (the newest of that name). Raises `UnknownSweep`."""
        found = self._select(
            f"{_SUMMARY} WHERE id = ? OR name = ? ORDER BY id = ? DESC, created DESC LIMIT 1", *[name] * 3
        )
        if not found and name:
            found = self._select(f"{_SUMMARY} WHERE substr(id, 1, ?) = ? LIMIT 2", len(name), name)
        if len(found) != 1:
            known = ", ".join(row.name or row.id for row in self.sweeps(limit=5)) or "none yet"
            what = "several sweeps begin" if found else "no sweep"
            raise UnknownSweep(f"{what} {'with ' if found else ''}{name!r} in the journal (newest: {known})")
        return _read_sweep(found[0])

    def sweeps(self, *, limit: int = 100) -> list[SweepRow]:
        """The newest sweeps first."""
        return [_read_sweep(entry) for entry in self._select(f"{_SUMMARY} ORDER BY created DESC LIMIT ?", limit)]

    def cells(self, sweep: str) -> list[CellRow]:
        """The cells of a sweep in their order, each with what became of it."""
        found = self._select("SELECT * FROM sweep_cells WHERE sweep = ? ORDER BY place", sweep)
        jobs = self._job_rows({entry["job"] for entry in found if entry["job"] is not None})
        return [_read_cell(entry, jobs.get(entry["job"])) for entry in found]

    def job_rows(self, jobs: Collection[str]) -> dict[str, Row]:
        """The rows of these jobs, by id; those that the journal does not have are left out."""
        return {job: read_row(entry) for job, entry in self._job_rows(jobs).items()}

    def _job_rows(self, jobs: Collection[str]) -> dict[str, sqlite3.Row]:
        found = [
            entry
            for chunk in _chunks(list(jobs))
            for entry in self._select(f"SELECT * FROM jobs WHERE id IN ({_marks(chunk)})", *chunk)
        ]
        return {entry["id"]: entry for entry in found}

    def made(self, identities: Collection[str]) -> dict[str, str]:
        """Which of these requests have been made in any sweep, and by which job."""
        return {
            entry["identity"]: entry["job"]
            for chunk in _chunks(list(identities))
            for entry in self._select(
                "SELECT sweep_cells.identity, sweep_cells.job FROM sweep_cells JOIN jobs ON jobs.id = sweep_cells.job"
                f" WHERE jobs.phase = 'succeeded' AND sweep_cells.identity IN ({_marks(chunk)})",
                *chunk,
            )
        }

    def charges(self, service: str, model: str, *, within_s: float = READ_S) -> list[tuple[Cost, float]]:
        """What the newest calls of a model were charged, and when (epoch seconds). Blocks, `within_s` s at a lock."""
        found = self._select(
            "SELECT cost, currency, created FROM jobs WHERE service = ? AND model = ? AND cost IS NOT NULL"
            " AND cost_source = 'charged' ORDER BY created DESC LIMIT ?",
            service,
            model,
            CHARGES,
            within_s=within_s,
        )
        return [
            (Cost(Decimal(entry["cost"]), entry["currency"] or "USD", "charged"), entry["created"]) for entry in found
        ]

    def keep_input(self, file: InputFile, sha256: str) -> None:
        """Keep a file that cells need, so that another kernel can send them. Blocks. Raises `StorageError`."""
        try:
            size = file.path.stat().st_size if file.path is not None else len(file.data)
        except OSError as error:
            raise StorageError(f"cannot read {file.filename}: {error.strerror or error}") from error
        content = {"data": file.data} if file.path is None else {"path": file.path}
        self.files.keep(Artifact(name=file.filename, media_type=file.media_type, size=size, sha256=sha256, **content))

    def input_path(self, sha256: str, media_type: str) -> Path:
        """Where the content of an input file is kept."""
        return self.files.path(sha256, media_type)


def clear_sweeps(connection: sqlite3.Connection, before: float) -> set[str]:
    """Forget sweeps made before then of which no job is left. Returns the hashes of the files that the others need."""
    old = "created < ? AND id NOT IN (SELECT sweep FROM sweep_cells JOIN jobs ON jobs.id = sweep_cells.job)"
    connection.execute(f"DELETE FROM sweeps WHERE {old}", (before,))
    return needed_by_sweeps(connection)


def needed_by_sweeps(connection: sqlite3.Connection) -> set[str]:
    """The hashes of the files that sweeps need, to be sent again."""
    return {entry[0] for entry in connection.execute("SELECT DISTINCT sha256 FROM sweep_inputs")}


def new_owner() -> str:
    """One at work in this process, as it stands beside what it has claimed."""
    return f"{processes.machine()}:{os.getpid()}:{secrets.token_hex(4)}"


def is_at_work(claimed_by: str) -> bool:
    """Whether the process that claimed a cell may still be at it: one of another machine may, as nobody can tell."""
    return processes.is_at_work(claimed_by.rpartition(":")[0])


_TWINS = """
UPDATE sweep_cells SET (job, owner, paths) = (
    SELECT job, owner, paths FROM sweep_cells AS twin
    WHERE twin.sweep = sweep_cells.sweep AND twin.identity = sweep_cells.identity AND twin.job IS NOT NULL LIMIT 1
)
WHERE sweep = ? AND job IS NULL AND identity <> '' AND EXISTS (
    SELECT 1 FROM sweep_cells AS twin
    WHERE twin.sweep = sweep_cells.sweep AND twin.identity = sweep_cells.identity AND twin.job IS NOT NULL
)
"""
"""Cells that ask for the same as one before are what that one is."""
_SUMMARY = """
SELECT sweeps.*,
    (SELECT count(*) FROM sweep_cells WHERE sweep = sweeps.id) AS cells,
    (SELECT count(*) FROM sweep_cells JOIN jobs ON jobs.id = sweep_cells.job
        WHERE sweep = sweeps.id AND phase = 'succeeded') AS succeeded
FROM sweeps
"""


def _cell_columns(cell: CellRow) -> tuple[Any, ...]:
    return (
        cell.place,
        json.dumps(cell.at),
        json.dumps(dict(cell.values)),
        cell.model,
        cell.identity,
        None if cell.request is None else json.dumps(dict(cell.request)),
        writable(cell.problem),
    )


def _read_sweep(entry: sqlite3.Row) -> SweepRow:
    return SweepRow(
        id=entry["id"],
        name=entry["name"],
        created=entry["created"],
        recipe=json.loads(entry["recipe"]),
        cells=entry["cells"],
        succeeded=entry["succeeded"],
    )


def _read_cell(entry: sqlite3.Row, job: sqlite3.Row | None) -> CellRow:
    times = ("queue_s", "run_s", "total_s")
    return CellRow(
        place=entry["place"],
        at=tuple(json.loads(entry["at"])),
        values=json.loads(entry["vals"]),
        model=entry["model"],
        identity=entry["identity"],
        request=None if entry["request"] is None else json.loads(entry["request"]),
        problem=entry["problem"],
        job=entry["job"],
        owner=entry["owner"],
        paths=tuple(json.loads(entry["paths"])),
        row=None if job is None else read_row(job),
        timings={} if job is None else {name: job[name] for name in times},
    )


def _chunks(values: list[str]) -> list[list[str]]:
    return [values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK)]


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))
