"""Bodies, in and out, in pieces: no more is held than a piece, and no more is read than was allowed."""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Protocol

from ..core.errors import InvalidInput, ProtocolError

PIECE = 256 * 1024
"""Bytes that are read from a file or inflated at a time."""

ENCODINGS = "gzip, deflate"
"""What we ask for, and so all that we must undo."""

GZIP_MAGIC = b"\x1f\x8b"

MAX_GROWTH = 100
"""JSON and pages grow tenfold when inflated, bombs a thousandfold: what grows more than this is refused ..."""
UNSUSPECTED = 4 * 2**20
"""... from this many bytes on."""


class _Inflater(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes: ...


class Inflate:
    """Undoes a `Content-Encoding` piece by piece, so that a bomb is met by the cap and not by the memory.

    Raises `ProtocolError` for an encoding that we did not ask for.
    """

    def __init__(self, encoding: str) -> None:
        names = [name for name in re.split(r"[,\s]+", encoding.lower()) if name and name != "identity"]
        if len(names) > 1 or (names and names[0] not in {"gzip", "x-gzip", "deflate"}):
            raise ProtocolError(f"an answer in an encoding that nobody asked for: {encoding[:80]!r}")
        self._name = names[0] if names else ""
        self._inflater: _Inflater | None = None
        self._held = b""

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """What `chunk` stands for, in pieces of at most `PIECE` bytes. Raises `ProtocolError` for damaged data."""
        if not self._name:
            yield from (chunk[start : start + PIECE] for start in range(0, len(chunk), PIECE))
            return
        chunk, self._held = self._held + chunk, b""
        pending = False
        while chunk or pending:
            if self._inflater is None or (self._inflater.eof and chunk.startswith(GZIP_MAGIC)):
                self._inflater = self._start(chunk)
            if self._inflater.eof:
                self._held = chunk if chunk == GZIP_MAGIC[:1] else b""  # another member, or padding after the end
                return
            try:
                piece = self._inflater.decompress(chunk, PIECE)
            except zlib.error:
                raise ProtocolError("an answer whose compression is damaged") from None
            chunk = self._inflater.unconsumed_tail or self._inflater.unused_data
            pending = len(piece) == PIECE and not self._inflater.eof
            if piece:
                yield piece

    def _start(self, chunk: bytes) -> _Inflater:
        wrapped = self._name != "deflate" or (chunk[0] & 0x0F == 8 and chunk[0] >> 4 <= 7)
        return zlib.decompressobj(zlib.MAX_WBITS | 32 if wrapped else -zlib.MAX_WBITS)  # some servers send it bare

    def finish(self) -> None:
        """Raises `ProtocolError` where the compressed data was cut."""
        if self._inflater is not None and not self._inflater.eof:
            raise ProtocolError("an answer whose compression was cut short")


async def inflated(chunks: AsyncIterator[bytes], encoding: str, *, max_bytes: int) -> AsyncIterator[bytes]:
    """The body behind `encoding`.

    Raises `ProtocolError` as soon as it is longer than `max_bytes`, compressed or not, or grows like a bomb.
    """
    inflate = Inflate(encoding)
    came = size = 0
    async for chunk in chunks:
        came += len(chunk)
        for piece in inflate.pieces(chunk):
            size += len(piece)
            if size > max_bytes:
                raise ProtocolError(f"an answer of more than {max_bytes:,} bytes")
            if size > max(UNSUSPECTED, came * MAX_GROWTH):
                raise ProtocolError(f"an answer that grows more than {MAX_GROWTH} times when it is unpacked")
            yield piece
    inflate.finish()


async def from_source(source: bytes | Path, size: int) -> AsyncIterator[bytes]:
    """The bytes of an upload in pieces. Files are read off the loop.

    Raises `InvalidInput` for a file that is no longer `size` bytes long, or is gone.
    """
    if isinstance(source, bytes):
        for start in range(0, len(source), PIECE):
            yield source[start : start + PIECE]
        return
    sent = 0
    try:
        with await asyncio.to_thread(source.open, "rb") as file:
            while piece := await asyncio.to_thread(file.read, PIECE):
                sent += len(piece)
                if sent > size:
                    break
                yield piece
    except OSError as error:
        raise InvalidInput(f"{source.name} cannot be read: {error.strerror}") from None
    if sent != size:
        raise InvalidInput(f"{source.name} changed while it was uploaded")
