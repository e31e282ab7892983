"""What a journal keeps and for how long: deleting, clearing, how large it is, and whether all of it is there."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import StorageError
from . import index
from .database import Database
from .files import Files
from .lost import UNSURE
from .rows import ENDED
from .sweeps import clear_sweeps, needed_by_sweeps

NOTED_WITHIN_S = 3_600.0
"""Between the writing of a file and that of its job there are moments; a kernel may be stopped in them for a while."""
OPEN_FOR_S = 7 * 86_400.0
"""A job without an end may still be collected for so long, if it was sent: services keep results for some days."""
UNSENT_FOR_S = 86_400.0
"""One of which no receipt was noted is nobody's any more after a day."""
_ENDED = ", ".join(f"'{phase}'" for phase in ENDED)
_UNSENT = "(ticket IS NULL AND created < ?)"
_OVER = f"(phase IN ({_ENDED}) OR created < ? OR {_UNSENT} OR ({UNSURE} AND (error <> '' OR sender = '')))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What a journal takes, in bytes: the database with its log, earlier copies of it, results, and inputs of forms."""

    results: int = 0
    jobs: int = 0
    files: int = 0
    database_bytes: int = 0
    copies_bytes: int = 0
    files_bytes: int = 0
    inputs_bytes: int = 0

    @property
    def bytes(self) -> int:
        """All together."""
        return self.database_bytes + self.copies_bytes + self.files_bytes + self.inputs_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What `verify` found: nothing, where all is well. Files by their paths, jobs by their ids.

    `missing` and `changed` are files of jobs; `unknown` are files of no job, which `clear` deletes in time.
    """

    missing: tuple[tuple[str, Path], ...] = ()
    changed: tuple[tuple[str, Path], ...] = ()
    unknown: tuple[Path, ...] = ()
    database: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every result has its files as they came, and the database is sound."""
        return not (self.missing or self.changed or self.database)


class Keeping(Database):
    """Deleting and checking. All of it blocks."""

    files: Files

    @property
    def inputs(self) -> Files:
        """What was put into forms, by content."""
        return Files(self.folder / "inputs")

    def delete(self, jobs: Collection[str]) -> int:
        """Forget these jobs, whatever became of them, with the files that no other job needs. Returns how many."""
        return self._do(self._delete, list(jobs)).result()

    def _delete(self, jobs: Sequence[str]) -> int:
        chosen = "id IN (SELECT value FROM json_each(?))"
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            found, forgotten = _forget(connection, chosen, (json.dumps(jobs),))
            needed = _needed(connection)
        self.files.drop(forgotten - needed, needed=needed | forgotten, before=0.0)
        return found

    def clear(self, *, before: float) -> int:
        """Forget jobs made before a time (epoch seconds), and files that no job needs. Returns how many jobs.

        Those with a star stay, and those that may still be collected: sent within a week, or begun within a day. How
        long jobs took, which polls go by, is forgotten too, and so are inputs of forms and earlier copies of the
        database. A file of no job may be one that another kernel is noting: it stays for an hour. The space is given
        back to the disk.
        """
        found = self._do(self._clear, before).result()
        with suppress(StorageError):  # another program reads or writes: the space is used again all the same
            self._do(self._shrink).result()
        return found

    def _clear(self, before: float) -> int:
        now = time.time()
        chosen = f"created < ? AND starred = 0 AND {_OVER}"
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            found, forgotten = _forget(connection, chosen, (before, now - OPEN_FOR_S, now - UNSENT_FOR_S))
            connection.execute("DELETE FROM paces WHERE noted < ?", (before,))
            needed = clear_sweeps(connection, before) | _needed(connection)
        self.files.drop(forgotten - needed, needed=needed, before=now - NOTED_WITHIN_S)
        self.inputs.drop((), needed=needed, before=min(before, now - NOTED_WITHIN_S))
        for copy in self._copies():
            with suppress(OSError):
                if copy.stat().st_mtime < before:
                    copy.unlink()
        return found

    def _shrink(self) -> None:
        """Give free pages back to the disk, where they are a good part of the file."""
        with self._open() as connection:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            (free,) = connection.execute("PRAGMA freelist_count").fetchone()
        if free * 4 > pages:
            with self._open() as connection:
                connection.commit()
                connection.execute("VACUUM")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def keep_within(self, *, days: float | None, gigabytes: float | None) -> Future[int]:
        """Forget what is older than so many days, and the oldest results beyond so many gigabytes of files.

        What has a star stays, and counts. Returns at once with a future of how many jobs were forgotten.
        """
        return self._do(self._keep_within, days, gigabytes)

    def _keep_within(self, days: float | None, gigabytes: float | None) -> int:
        found = 0
        if days is not None:
            found += self._clear(time.time() - days * 86_400)
        if gigabytes is not None and (old := self._beyond(gigabytes * 1e9)):
            found += self._delete(old)
        return found

    def _beyond(self, most: float) -> list[str]:
        """The oldest results that have to go for the files to be no more than `most` bytes."""
        with self._open() as connection:
            sizes = "SELECT sum(size) FROM (SELECT max(size) AS size FROM outputs WHERE sha256 <> '' GROUP BY sha256)"
            left = (connection.execute(sizes).fetchone()[0] or 0) - most
            if left <= 0:
                return []
            oldest = (
                "SELECT jobs.id, sum(outputs.size) AS size FROM jobs JOIN outputs ON outputs.job = jobs.id"
                f" WHERE starred = 0 AND phase IN ({_ENDED}) GROUP BY jobs.id ORDER BY created, jobs.id"
            )
            gone = []
            for row in connection.execute(oldest):
                gone.append(row["id"])
                left -= row["size"]
                if left <= 0:
                    break
        return gone

    def give_up(self, job_id: str, why: str) -> bool:
        """Close a job that has no end, as failed: nobody will collect it. Whether there was such a job."""
        return self._do(self._give_up, job_id, why).result()

    def _give_up(self, job_id: str, why: str) -> bool:
        with self._open() as connection:
            done = connection.execute(
                f"UPDATE jobs SET phase = 'failed', ended = ?, error = ? WHERE id = ? AND phase NOT IN ({_ENDED})",
                (time.time(), why, job_id),
            )
            return done.rowcount == 1

    def size(self) -> Size:
        """How much there is of everything."""
        jobs, results = self._ask(self._counts)
        kept = list(self.files.every())
        logs = [self.file.with_name(f"{self.file.name}{end}") for end in ("", "-wal", "-shm")]
        return Size(
            results=results,
            jobs=jobs,
            files=len(kept),
            database_bytes=_bytes(logs),
            copies_bytes=_bytes(self._copies()),
            files_bytes=_bytes(kept),
            inputs_bytes=_bytes(self.inputs.every()),
        )

    def _counts(self) -> tuple[int, int]:
        with self._open() as connection:
            (jobs,) = connection.execute("SELECT count(*) FROM jobs").fetchone()
            (results,) = connection.execute("SELECT count(*) FROM jobs WHERE phase = 'succeeded'").fetchone()
        return jobs, results

    def verify(self, *, contents: bool = False) -> Check:
        """Whether every file of a result is there, as large as it came; with `contents`, also byte for byte."""
        found = self._select("SELECT job, sha256, media_type, size FROM outputs WHERE sha256 <> ''")
        missing, changed, known = [], [], set()
        for row in found:
            path = self.files.path(row["sha256"], row["media_type"])
            known.add(path)
            try:
                right = path.stat().st_size == row["size"] and (not contents or _sha256(path) == row["sha256"])
            except OSError:
                missing.append((row["job"], path))
                continue
            if not right:
                changed.append((row["job"], path))
        needed = self._ask(self._needed_by_sweeps)
        faults = [entry[0] for entry in self._select("PRAGMA quick_check")]
        return Check(
            missing=tuple(missing),
            changed=tuple(changed),
            unknown=tuple(path for path in self.files.every() if path not in known and path.stem not in needed),
            database=tuple(fault for fault in faults if fault != "ok"),
        )

    def _needed_by_sweeps(self) -> set[str]:
        with self._open() as connection:
            return needed_by_sweeps(connection)

    def _copies(self) -> list[Path]:
        """The database as it was before each upgrade."""
        return sorted(self.folder.glob(f"{self.file.stem}.v*{self.file.suffix}"))


def _forget(connection: sqlite3.Connection, where: str, values: tuple[object, ...]) -> tuple[int, set[str]]:
    """Delete jobs; returns how many, and the hashes of their files."""
    theirs = f"SELECT DISTINCT sha256 FROM outputs WHERE sha256 <> '' AND job IN (SELECT id FROM jobs WHERE {where})"
    hashes = {entry[0] for entry in connection.execute(theirs, values)}
    index.forget(connection, f"job IN (SELECT id FROM jobs WHERE {where})", values)
    return connection.execute(f"DELETE FROM jobs WHERE {where}", values).rowcount, hashes


def _needed(connection: sqlite3.Connection) -> set[str]:
    """The hashes of all files that a job or a sweep needs."""
    files = "SELECT sha256 FROM outputs UNION SELECT sha256 FROM job_inputs"
    return {entry[0] for entry in connection.execute(files)} | needed_by_sweeps(connection)


def _bytes(paths: Iterable[Path]) -> int:
    total = 0
    for path in paths:
        with suppress(OSError):
            total += path.stat().st_size
    return total


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
