"""Bodies in pieces: the same bytes at any cut, and never more than was allowed."""

from __future__ import annotations

import contextlib
import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.core.errors import ProtocolError
from ipyimagegen.net.bodies import PIECE, Inflate, inflated

from .virtual import run

PLAIN = b"a picture, " * 9


def bare(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def unpacked(encoding: str, *chunks: bytes, max_bytes: int = 2**30) -> bytes:
    async def given_chunks() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async def work() -> bytes:
        return b"".join([piece async for piece in inflated(given_chunks(), encoding, max_bytes=max_bytes)])

    return run(work())


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("", PLAIN),
        ("identity", PLAIN),
        ("gzip", gzip.compress(PLAIN)),
        ("X-GZIP", gzip.compress(PLAIN)),
        ("gzip", gzip.compress(PLAIN[:20]) + gzip.compress(PLAIN[20:])),
        ("gzip", gzip.compress(PLAIN) + bytes(12)),
        ("deflate", zlib.compress(PLAIN)),
        ("deflate", bare(PLAIN)),
    ],
    ids=["plain", "identity", "gzip", "x-gzip", "two members", "padding", "zlib", "bare"],
)
def test_a_body_is_the_same_at_every_cut(encoding, packed):
    for cut in range(len(packed) + 1):
        assert unpacked(encoding, packed[:cut], packed[cut:]) == PLAIN
    assert unpacked(encoding, *[bytes([byte]) for byte in packed]) == PLAIN


@given(st.binary(max_size=3000), st.integers(1, 700))
def test_any_body_survives(data, step):
    packed = gzip.compress(data)
    assert data == unpacked("gzip", *[packed[start : start + step] for start in range(0, len(packed), step)])


def test_a_body_larger_than_a_piece_survives_whole():
    data = bytes(3 * PIECE + 17)
    assert data == unpacked("gzip", gzip.compress(data))
    assert data == unpacked("", data)


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, gzip", "gzip, br"])
def test_an_encoding_that_nobody_asked_for_is_refused(encoding):
    with pytest.raises(ProtocolError, match="nobody asked for"):
        Inflate(encoding)


@pytest.mark.parametrize("end", range(1, len(gzip.compress(PLAIN))))
def test_compressed_data_that_was_cut_is_not_taken_for_whole(end):
    with pytest.raises(ProtocolError, match="cut short"):
        unpacked("gzip", gzip.compress(PLAIN)[:end])


@given(st.binary(min_size=1, max_size=200), st.sampled_from(["gzip", "deflate"]))
def test_damaged_data_is_an_error_of_ours(data, encoding):
    with contextlib.suppress(ProtocolError):
        unpacked(encoding, data, max_bytes=2**16)


def test_what_grows_like_a_bomb_is_refused_long_before_the_cap():
    bomb = gzip.compress(bytes(256 * 2**20), 9)
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError, match="grows more than 100 times"):
            unpacked("gzip", *[bomb[start : start + 2**14] for start in range(0, len(bomb), 2**14)])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16 * 2**20


def test_a_page_that_packs_well_is_read():
    page = "\n".join(f'{{"prompt": "a lighthouse", "seed": {seed}, "url": "/{seed**3}"}}' for seed in range(100_000))
    assert unpacked("gzip", gzip.compress(page.encode(), 9)).decode() == page


def test_a_bomb_is_met_by_the_cap_and_not_by_the_memory():
    bomb = gzip.compress(gzip.compress(bytes(64 * 2**20), 9) + bytes(64 * 2**20), 9)
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError, match="more than 1,000,000 bytes"):
            unpacked("gzip", bomb, max_bytes=1_000_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * 2**20
