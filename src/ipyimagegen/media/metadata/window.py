"""A file as a row of bytes that are read when they are looked at: chunks of text out of 500 MB without the rest."""

from __future__ import annotations

from typing import IO, Protocol

MAX_TEXT_BYTES = 8_000_000
"""Of one text in a file, inflated. Graphs of ComfyUI with pictures in them reach a few megabytes; more is not read."""


class Data(Protocol):
    """What the readers of a file's form take: `bytes`, or a `Window` onto a file."""

    def __len__(self) -> int: ...
    def __getitem__(self, part: slice, /) -> bytes: ...


class Window:
    """An open, seekable binary file as `Data`. Slices read; nothing is kept. Raises what the file raises."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._size = file.seek(0, 2)

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(self._size)
        self._file.seek(start)
        return self._file.read(max(0, stop - start))
