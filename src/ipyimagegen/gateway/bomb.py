"""A gzip file that is small to send and large to unpack."""

from __future__ import annotations

import gzip
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_BYTES = 1024 * 1024


@lru_cache(maxsize=4)
def _bomb_parts(size: int) -> tuple[bytes, bytes, int, bytes]:
    """Head, one repeatable block, how often, and tail of a gzip file of zeros. A full flush makes blocks repeatable."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    zeros = bytes(BLOCK_BYTES)
    block = squeeze.compress(zeros) + squeeze.flush(zlib.Z_FULL_FLUSH)
    count, rest = divmod(size, BLOCK_BYTES)
    last = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    tail = last.compress(bytes(rest)) + last.flush()
    check = 0
    for _ in range(count):
        check = zlib.crc32(zeros, check)
    check = zlib.crc32(bytes(rest), check)
    head = gzip.compress(b"", mtime=0)[:10]
    return head, block, count, tail + check.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little")


def gzip_bomb(size: int) -> Iterator[bytes]:
    """A gzip file of `size` zero bytes, in pieces: a thousandth of that to send."""
    head, block, count, tail = _bomb_parts(size)
    yield head
    for _ in range(count):
        yield block
    yield tail
