"""The bytes of an output as they arrived."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedReader
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

from ..core.errors import StorageError
from .sniff import HEAD_BYTES


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class Payload:
    """The bytes of an output as they arrived: in memory, or in a temporary file where they were many.

    A copy is the same one, as nothing in it changes; a pickle holds the bytes.
    """

    data: bytes = field(default=b"", repr=False)
    path: Path | None = None
    media_type: str = ""
    filename: str = ""

    def read(self) -> bytes:
        """The bytes. Raises `StorageError` where the file is gone."""
        return read_file(self.path) if self.path is not None else self.data

    @contextmanager
    def looked_through(self) -> Iterator[bytes | mmap]:
        """The bytes without holding them in memory, to look things up in. Raises `StorageError` as `read` does."""
        if self.path is None:
            yield self.data
            return
        with _reading(self.path) as file, mmap(file.fileno(), 0, access=ACCESS_READ) as view:
            yield view

    def head(self) -> bytes:
        """The beginning, by which the medium is told. Raises `StorageError` where the file is gone."""
        return read_file(self.path, HEAD_BYTES) if self.path is not None else self.data[:HEAD_BYTES]

    def drop(self) -> None:
        """Delete the temporary file, if there is one."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def __copy__(self) -> Payload:
        return self

    def __deepcopy__(self, memo: object) -> Payload:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _payload, (self.read(), self.media_type, self.filename)

    @property
    def size(self) -> int:
        """How many bytes there are. Raises `StorageError` where the file is gone."""
        if self.path is None:
            return len(self.data)
        with _reading(self.path) as file:
            return os.fstat(file.fileno()).st_size

    @property
    def sha256(self) -> str:
        """Their SHA-256, hexadecimal. A file is read piece by piece. Raises `StorageError` where it is gone."""
        if self.path is None:
            return hashlib.sha256(self.data).hexdigest()
        with _reading(self.path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def _payload(data: bytes, media_type: str, filename: str) -> Payload:
    return Payload(data=data, media_type=media_type, filename=filename)


def read_file(path: Path, size: int = -1) -> bytes:
    """A file's first `size` bytes, or all. Raises `StorageError`."""
    with _reading(path) as file:
        return file.read(size)


@contextmanager
def _reading(path: Path) -> Iterator[BufferedReader]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror or error}") from error


NOTHING = Payload()
"""Nothing came."""
