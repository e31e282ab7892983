"""What a person says of a result afterwards: a star, tags, a note. They outlive the kernel, and are found by search."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from ..core.arguments import text as a_text
from ..core.errors import InvalidInput, Problem, capped
from ..core.foreign import shown
from .database import Database
from .rows import writable
from .words import fold

MAX_TAG_CHARS = 100
MAX_NOTE_CHARS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The marks of one job."""

    starred: bool = False
    tags: tuple[str, ...] = ()
    note: str = ""


class Marking(Database):
    """The marks of a journal. What writes returns a future of whether there is such a job."""

    def star(self, job_id: str, *, starred: bool = True) -> Future[bool]:
        """Give a job its star or take it away; a starred job is never cleared."""
        return self._write(self._star, job_id, starred)

    def _star(self, job_id: str, starred: bool) -> bool:  # noqa: FBT001 (what submit hands on)
        with self._open() as connection:
            return connection.execute("UPDATE jobs SET starred = ? WHERE id = ?", (starred, job_id)).rowcount == 1

    def starred(self) -> frozenset[str]:
        """The ids of all jobs with a star."""
        return frozenset(entry["id"] for entry in self._select("SELECT id FROM jobs WHERE starred <> 0"))

    def tag(self, job_id: str, *tags: str, remove: Iterable[str] = ()) -> Future[bool]:
        """Add tags to a job, and take others away. A tag is one line; case and accents make no other tag.

        Raises `InvalidInput`.
        """
        return self._write(self._tag, job_id, [_tag(tag) for tag in tags], [fold(_tag(tag)) for tag in remove])

    def _tag(self, job_id: str, tags: Collection[str], remove: Collection[str]) -> bool:
        with self._open() as connection:
            if connection.execute("SELECT 1 FROM jobs WHERE id = ?", (job_id,)).fetchone() is None:
                return False
            gone = [(job_id, folded) for folded in (*remove, *map(fold, tags))]
            connection.executemany("DELETE FROM tags WHERE job = ? AND folded = ?", gone)
            added = [(job_id, tag, folded) for folded, tag in {fold(tag): tag for tag in tags}.items()]
            connection.executemany("INSERT OR IGNORE INTO tags (job, tag, folded) VALUES (?, ?, ?)", added)
            return True

    def note(self, job_id: str, text: str) -> Future[bool]:
        """Write a note on a job, in place of an earlier one; `""` takes it away. Raises `InvalidInput`."""
        if len(a_text(text, "text", "a note")) > MAX_NOTE_CHARS:
            raise InvalidInput([Problem("text", f"a note has up to {MAX_NOTE_CHARS:,} characters, not {len(text):,}")])
        return self._write(self._note, job_id, writable(text.strip()))

    def _note(self, job_id: str, text: str) -> bool:
        with self._open() as connection:
            if connection.execute("SELECT 1 FROM jobs WHERE id = ?", (job_id,)).fetchone() is None:
                return False
            connection.execute("DELETE FROM notes WHERE job = ?", (job_id,))
            if text:
                connection.execute("INSERT INTO notes (job, text) VALUES (?, ?)", (job_id, text))
            return True

    def tags(self) -> dict[str, int]:
        """Every tag, and how many jobs have it; the most used first."""
        found = self._select(
            "SELECT min(tag) AS tag, count(*) AS jobs FROM tags GROUP BY folded ORDER BY jobs DESC, tag"
        )
        return {entry["tag"]: entry["jobs"] for entry in found}

    def marks(self, job_id: str) -> Marks:
        """The marks of one job; none where there is no such job."""
        return self.marks_of([job_id]).get(job_id, Marks())

    def marks_of(self, jobs: Sequence[str]) -> dict[str, Marks]:
        """The marks of those of these jobs that have any."""
        return self._ask(self._marks_of, json.dumps(list(jobs)))

    def _marks_of(self, jobs: str) -> dict[str, Marks]:
        among = "IN (SELECT value FROM json_each(?))"
        tags: dict[str, list[str]] = {}
        with self._open() as connection:
            starred = {
                row[0] for row in connection.execute(f"SELECT id FROM jobs WHERE starred <> 0 AND id {among}", (jobs,))
            }
            for row in connection.execute(f"SELECT job, tag FROM tags WHERE job {among} ORDER BY folded", (jobs,)):
                tags.setdefault(row["job"], []).append(row["tag"])
            notes = dict(connection.execute(f"SELECT job, text FROM notes WHERE job {among}", (jobs,)).fetchall())
        return {
            job: Marks(starred=job in starred, tags=tuple(tags.get(job, ())), note=notes.get(job, ""))
            for job in starred | tags.keys() | notes.keys()
        }


def _tag(tag: object) -> str:
    text = " ".join(tag.split()) if isinstance(tag, str) else ""
    if not text or len(text) > MAX_TAG_CHARS:
        raise InvalidInput(
            [Problem("tag", f"{capped(shown(tag), 80)} is not a line of 1 to {MAX_TAG_CHARS} characters")]
        )
    return writable(text)
