"""Files by the hash of their content: the same picture is kept once, and never changes."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..core import scratch
from ..core.errors import StorageError
from ..media.artifacts import Artifact
from ..media.sniff import suffix_of

NEW = ".new-"
"""How the name of a file begins that is not whole yet."""


@dataclass(frozen=True, slots=True)
class Files:
    """A folder of files named by SHA-256, in 256 subfolders."""

    folder: Path

    def path(self, sha256: str, media_type: str) -> Path:
        """Where the file of that content is, or would be."""
        return self.folder / sha256[:2] / f"{sha256}{suffix_of(media_type)}"

    def keep(self, artifact: Artifact) -> Path:
        """Put an artifact's bytes in place, whole or not at all. Raises `StorageError`."""
        target = self.path(artifact.sha256, artifact.media_type)
        try:
            if target.is_file() and target.stat().st_size == artifact.size:
                target.touch()
                return target
            self._make(target.parent)
            handle, partial = scratch.begun(self.folder, prefix=NEW)
            try:
                with os.fdopen(handle, "wb") as sink:
                    if artifact.path is not None:
                        with artifact.path.open("rb") as source:
                            shutil.copyfileobj(source, sink, 1 << 20)
                    else:
                        sink.write(artifact.data)
                    sink.flush()
                    os.fsync(sink.fileno())
                partial.replace(target)
            except BaseException:
                with contextlib.suppress(OSError):
                    partial.unlink()
                raise
        except OSError as error:
            raise StorageError(f"cannot keep {artifact.name} under {self.folder}: {error.strerror or error}") from error
        return target

    def _make(self, folder: Path) -> None:
        """Folders for the user's eyes alone: pictures tell as much as prompts."""
        self.folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.mkdir(exist_ok=True, mode=0o700)
        folder.mkdir(exist_ok=True)

    def take(self, source: IO[bytes], sha256: str, media_type: str, *, size: int) -> str:
        """Put in place what `source` holds, if it is of that hash and size; why not, `""` where it was.

        No more than `size` bytes are read. Raises `StorageError`.
        """
        target, digest, left = self.path(sha256, media_type), hashlib.sha256(), size
        try:
            if target.is_file() and target.stat().st_size == size:
                return ""
            self._make(target.parent)
            handle, partial = scratch.begun(self.folder, prefix=NEW)
            try:
                with os.fdopen(handle, "wb") as sink:
                    while left and (piece := source.read(min(left, 1 << 20))):
                        digest.update(piece)
                        sink.write(piece)
                        left -= len(piece)
                    sink.flush()
                    os.fsync(sink.fileno())
                if left or source.read(1) or digest.hexdigest() != sha256:
                    return "its file is not the one that it was"
                partial.replace(target)
            finally:
                partial.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"cannot keep a file under {self.folder}: {error.strerror or error}") from error
        return ""

    def every(self) -> Iterator[Path]:
        """All files that are whole."""
        return (path for path in self.folder.glob("??/*") if not path.name.startswith("."))

    def sweep(self) -> None:
        """Delete what processes that were killed had not written to its end."""
        for folder in (self.folder, self.folder.parent):
            scratch.sweep(folder, prefix=NEW)

    def drop(self, these: Collection[str], *, needed: Collection[str], before: float) -> None:
        """Delete the files with `these` hashes, and all others that are not `needed` and were kept before then."""
        for path in self.folder.glob("??/*"):
            with contextlib.suppress(FileNotFoundError):  # another process may be at it too
                if path.stem in these or (path.stem not in needed and path.stat().st_mtime < before):
                    path.unlink()
