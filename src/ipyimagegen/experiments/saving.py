"""Where the pictures of a sweep are saved: a name for each cell, the same in every kernel, and none twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..core.errors import StorageError
from ..media.artifacts import Artifact
from ..media.metadata.record import Level
from ..media.names import expanded, fill, numbered, prompt_name
from ..media.results import Result
from ..media.saving import default_name, save, suffix_for
from ..media.sniff import media_type_of_suffix
from .axes import label
from .plan import Cell

MAX_NUMBER = 100_000
Note = Callable[[str, Sequence[str]], object]
"""Writes down under which paths the pictures of a request are about to be saved, and returns when it is written."""


@dataclass(slots=True)
class Files:
    """The files of one sweep, under a pattern with any axis or parameter in it: `out/{prompt}-{seed}.png`."""

    pattern: str
    note: Note
    metadata: Level = "full"
    taken: set[Path] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def save(self, cell: Cell, result: Result, noted: Sequence[str] = ()) -> tuple[str, ...]:
        """Save a cell's pictures; returns their paths. Those `noted` before are written where they are missing.

        A file that somebody else has put there stays. Blocks. Raises `InvalidInput` and `StorageError`.
        """
        artifacts = [artifact for artifact in result.artifacts if not artifact.error]
        if len(noted) == len(artifacts):
            paths = [Path(path) for path in noted]
            self.taken.update(paths)
        else:
            with self._lock:
                paths = [self._free(self._path(cell, artifact)) for artifact in artifacts]
            self.note(cell.identity, [str(path) for path in paths])
        for artifact, path in zip(artifacts, paths, strict=True):
            if not path.exists():
                save(artifact, path, metadata=self.metadata)
        return tuple(map(str, paths))

    def _path(self, cell: Cell, artifact: Artifact) -> Path:
        if "{" not in self.pattern and not media_type_of_suffix(Path(self.pattern).suffix):
            return expanded(self.pattern).absolute() / (default_name(artifact) + suffix_for(artifact))
        numbers, texts = name_values(cell, artifact)
        path = expanded(fill(self.pattern, numbers, texts=texts)).absolute()
        if not media_type_of_suffix(path.suffix) and path.suffix != suffix_for(artifact):
            path = path.with_name(path.name + suffix_for(artifact))  # a point inside a name, as in `flux-1.1`
        return path

    def check(self, cell: Cell) -> None:
        """Raise `InvalidInput` for a pattern that names what no cell has, before anything is paid."""
        self._path(cell, Artifact(media_type="image/png"))

    def _free(self, path: Path) -> Path:
        for number in range(1, MAX_NUMBER):
            candidate = numbered(path, number)
            if candidate not in self.taken and not candidate.exists():
                self.taken.add(candidate)
                return candidate
        raise StorageError(f"{path} and {MAX_NUMBER:,} numbered names beside it are taken")


def name_values(cell: Cell, artifact: Artifact) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """What a pattern may name: every axis and parameter, numbers as they are, and texts to be made safe."""
    created = artifact.record.created[:10] or datetime.now(UTC).date().isoformat()
    asked = {**cell.asked, "index": artifact.index, "n": artifact.index + 1}
    numbers = {name: value for name, value in asked.items() if isinstance(value, int | float)}
    texts = {name: label(value) for name, value in asked.items() if name not in numbers}
    texts |= {"date": created, "model": cell.model}
    if "prompt" in texts:
        texts["prompt"] = prompt_name(texts["prompt"])
    if cell.seed is None:
        texts["seed"] = "noseed"
    return numbers, texts
