"""What a picture was made from: inputs told by their content, and so which result became the input of which.

A picture that was saved, renamed and given to another model is known again, as long as its bytes are the same. Only
the hash of an input is kept, not its bytes: those of forms and of earlier results are kept elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.requests import InputFile
from ..media.results import Result
from .files import Files
from .reading import Archive
from .rows import writable

HASHED_BYTES = 256 << 20
"""A larger input is not told by its content: reading it would take longer than its job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A picture or file that a job was given. `path` is where its bytes are kept, `None` where they are not."""

    name: str
    filename: str
    media_type: str
    size: int
    sha256: str = ""
    path: Path | None = None


class Lineage(Archive):
    """Inputs, parents and children. What reads blocks."""

    def inputs_of(self, job_id: str) -> list[Input]:
        """What a job was given, by parameter, in the order of lists."""
        found = self._select("SELECT * FROM job_inputs WHERE job = ? ORDER BY name, place", job_id)
        places = (self.files, Files(self.folder / "inputs"))
        return [
            Input(
                name=row["name"],
                filename=row["filename"],
                media_type=row["media_type"],
                size=row["size"],
                sha256=row["sha256"],
                path=next((path for place in places if (path := _kept(place, row["sha256"], row["media_type"]))), None),
            )
            for row in found
        ]

    def parents(self, job_id: str) -> list[Result]:
        """The results from which a job's inputs came, newest first."""
        return self._related(
            "SELECT DISTINCT outputs.job AS job FROM job_inputs JOIN outputs USING (sha256)"
            " WHERE job_inputs.job = ? AND outputs.job <> job_inputs.job AND sha256 <> ''",
            job_id,
        )

    def children(self, job_id: str) -> list[Result]:
        """The results that were made from a job's pictures, newest first."""
        return self._related(
            "SELECT DISTINCT job_inputs.job AS job FROM outputs JOIN job_inputs USING (sha256)"
            " WHERE outputs.job = ? AND outputs.job <> job_inputs.job AND sha256 <> ''",
            job_id,
        )

    def _related(self, jobs: str, job_id: str) -> list[Result]:
        made = f"SELECT id FROM jobs WHERE id IN ({jobs}) AND phase = 'succeeded' ORDER BY created DESC, id DESC"
        return self.results_of([row["id"] for row in self._select(made, job_id)])

    def _note_inputs(self, job_id: str, values: Mapping[str, Any]) -> None:
        rows = [(job_id, *row) for row in _rows(values)]
        with self._open() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO job_inputs (job, name, place, sha256, url, media_type, filename, size)"
                " VALUES (?, ?, ?, ?, '', ?, ?, ?)",
                rows,
            )


def has_inputs(values: Mapping[str, Any]) -> bool:
    """Whether there is a file among the values of a request."""
    return any(True for _ in _files(values))


def _files(values: Mapping[str, Any]) -> Iterator[tuple[str, int, InputFile]]:
    for name, value in values.items():
        entries = value if isinstance(value, list | tuple) else [value]
        for place, entry in enumerate(entries):
            if isinstance(entry, InputFile):
                yield name, place, entry.given


def _rows(values: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for name, place, file in _files(values):
        yield name, place, _sha256(file), writable(file.media_type), writable(file.filename), file.size


def _sha256(file: InputFile) -> str:
    """The hash of a file as the user gave it, `""` for one that is elsewhere, gone, or very large."""
    if file.data:
        return hashlib.sha256(file.data).hexdigest()
    with suppress(OSError):
        if file.path is not None and file.path.stat().st_size <= HASHED_BYTES:
            with file.path.open("rb") as opened:
                return hashlib.file_digest(opened, "sha256").hexdigest()
    return ""


def _kept(place: Files, sha256: str, media_type: str) -> Path | None:
    path = place.path(sha256, media_type)
    return path if sha256 and path.is_file() else None
