"""WebP (RIFF) chunks: the EXIF chunk is read and exchanged; the picture's bytes stay as they are.

Container: https://developers.google.com/speed/webp/docs/riff_container
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ...core.errors import MediaError
from ..sniff import dimensions
from . import exif
from .window import MAX_TEXT_BYTES, Data

MAX_CHUNKS = 20_000
_EXIF_FLAG, _ALPHA_FLAG = 0x08, 0x10
_EXIF_PREFIX = b"Exif\0\0"


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk's name and place; `end` is before the padding byte."""

    kind: bytes
    start: int
    body: int
    end: int


def chunks(data: Data) -> Iterator[Chunk]:
    """The chunks of the file. Raises `MediaError` where it is cut off."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise MediaError("not a WebP file")
    end_of_riff = 8 + struct.unpack("<I", data[4:8])[0]
    if end_of_riff > len(data):
        raise MediaError("this WebP file is cut off")
    at = 12
    for _ in range(MAX_CHUNKS):
        if at + 8 > end_of_riff:
            return
        kind, length = struct.unpack("<4sI", data[at : at + 8])
        end = at + 8 + length
        if end > end_of_riff:
            raise MediaError("this WebP file is cut off")
        yield Chunk(kind, at, at + 8, end)
        at = end + length % 2
    raise MediaError(f"this WebP file has more than {MAX_CHUNKS:,} chunks")


def has_c2pa(data: Data) -> bool:
    """Whether the file carries a C2PA manifest: RIFF chunk `C2PA`."""
    return any(chunk.kind == b"C2PA" for chunk in chunks(data))


def read_exif(data: Data) -> bytes:
    """The EXIF block without its prefix, `b""` where there is none."""
    return _body(data, b"EXIF").removeprefix(_EXIF_PREFIX)


def read_xmp(data: Data) -> bytes:
    """The XMP packet, `b""` where there is none."""
    return _body(data, b"XMP ")


def _body(data: Data, kind: bytes) -> bytes:
    found = next((chunk for chunk in chunks(data) if chunk.kind == kind), None)
    return data[found.body : min(found.end, found.body + MAX_TEXT_BYTES)] if found else b""


def splice(data: bytes, *, comment: str, note: str) -> bytes:
    """The file with a UserComment and our note in its EXIF chunk, and with the extended header that such a chunk needs.

    Every other chunk stays bit for bit. Raises `MediaError` for a damaged file.
    """
    block = exif.extended(read_exif(data) or None, comment=comment, note=note)
    parts = list(chunks(data))
    if not parts or parts[0].kind not in (b"VP8X", b"VP8 ", b"VP8L"):
        raise MediaError("this WebP file has no picture in it")
    body = b"".join(
        _chunk(part.kind, data[part.body : part.end]) for part in parts if part.kind not in (b"VP8X", b"EXIF", b"XMP ")
    )
    xmp = b"".join(_chunk(part.kind, data[part.body : part.end]) for part in parts if part.kind == b"XMP ")
    # The order that the container asks for: header, picture, EXIF, XMP.
    whole = b"WEBP" + _header(data, parts[0]) + body + _chunk(b"EXIF", block) + xmp
    after = data[8 + struct.unpack_from("<I", data, 4)[0] :]
    return b"RIFF" + struct.pack("<I", len(whole)) + whole + after


def _header(data: bytes, first: Chunk) -> bytes:
    if first.kind == b"VP8X":
        if first.end - first.body < 10:
            raise MediaError("this WebP file is cut off")
        header = bytearray(data[first.body : first.end])
        header[0] |= _EXIF_FLAG
        return _chunk(b"VP8X", bytes(header))
    size = dimensions(data)
    if size is None:
        raise MediaError("this WebP file does not tell its size")
    # Bit 28 of a lossless picture's header says whether it has transparency; a bare lossy one has none.
    lossless_alpha = first.kind == b"VP8L" and data[first.body + 4] & 0x10
    flags = _EXIF_FLAG | (_ALPHA_FLAG if lossless_alpha else 0)
    sides = b"".join((side - 1).to_bytes(3, "little") for side in size)
    return _chunk(b"VP8X", bytes([flags, 0, 0, 0]) + sides)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
