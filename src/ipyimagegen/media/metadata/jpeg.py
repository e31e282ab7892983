"""JPEG segments: the EXIF block is read and exchanged; every other byte stays where it was."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from ...core.errors import MediaError
from . import exif
from .window import MAX_TEXT_BYTES, Data

EXIF_PREFIX = b"Exif\0\0"
XMP_PREFIX = b"http://ns.adobe.com/xap/1.0/\0"
MAX_SEGMENTS = 10_000
_MAX_SEGMENT_BYTES = 65_533
_APP1, _APP11, _APP0, _COM, _SOS, _EOI = 0xE1, 0xEB, 0xE0, 0xFE, 0xDA, 0xD9


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment before the picture's data: marker, start of the whole, start and end of its body, as offsets."""

    marker: int
    start: int
    body: int
    end: int


def segments(data: Data) -> Iterator[Segment]:
    """The segments up to the first scan. Raises `MediaError` where the file ends before it."""
    if data[:2] != b"\xff\xd8":
        raise MediaError("not a JPEG file")
    at, size, filled = 2, len(data), 0
    for _ in range(MAX_SEGMENTS):
        start = at
        while data[at : at + 2] == b"\xff\xff":
            at, filled = at + 1, filled + 1
            if filled > MAX_SEGMENTS:
                raise MediaError("this JPEG file is cut off or damaged")
        head = data[at : at + 4]
        if len(head) < 4 or head[0] != 0xFF:
            raise MediaError("this JPEG file is cut off or damaged")
        marker = head[1]
        if marker in (_SOS, _EOI):
            return
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 2
            continue
        length = struct.unpack(">H", head[2:])[0]
        end = at + 2 + length
        if length < 2 or end > size:
            raise MediaError("this JPEG file is cut off or damaged")
        yield Segment(marker, start, at + 4, end)
        at = end
    raise MediaError(f"this JPEG file has more than {MAX_SEGMENTS:,} segments")


def has_c2pa(data: Data) -> bool:
    """Whether the file carries a C2PA manifest: JUMBF boxes in APP11."""
    return any(
        segment.marker == _APP11 and b"jumb" in data[segment.body : min(segment.end, segment.body + 64)]
        for segment in segments(data)
    )


def find_exif(data: Data) -> Segment | None:
    """The EXIF segment."""
    return next((s for s in segments(data) if s.marker == _APP1 and data[s.body : s.body + 6] == EXIF_PREFIX), None)


def read_exif(data: Data) -> bytes:
    """The EXIF block without its prefix, `b""` where there is none."""
    found = find_exif(data)
    return data[found.body + len(EXIF_PREFIX) : found.end] if found else b""


def read_xmp(data: Data) -> bytes:
    """The XMP packet, `b""` where there is none."""
    for segment in segments(data):
        start = segment.body + len(XMP_PREFIX)
        if segment.marker == _APP1 and data[segment.body : start] == XMP_PREFIX:
            return data[start : segment.end]
    return b""


def read_comment(data: Data) -> bytes:
    """The COM segments, one after the other: a text over 64 kB is written in several."""
    found = (data[segment.body : segment.end] for segment in segments(data) if segment.marker == _COM)
    return b"".join(islice(found, MAX_TEXT_BYTES // _MAX_SEGMENT_BYTES))


def splice(data: bytes, *, comment: str, note: str) -> bytes:
    """The file with a UserComment and our note in its EXIF block; every other segment stays bit for bit.

    Raises `MediaError` for a damaged file, and where the block would pass the 64 kB that a segment can hold.
    """
    found = find_exif(data)
    block = exif.extended(
        data[found.body + len(EXIF_PREFIX) : found.end] if found else None, comment=comment, note=note
    )
    body = EXIF_PREFIX + block
    if len(body) > _MAX_SEGMENT_BYTES:
        raise MediaError("the record does not fit into a JPEG file's EXIF block (64 kB)")
    segment = struct.pack(">BBH", 0xFF, _APP1, len(body) + 2) + body
    start, end = (found.start, found.end) if found else (_after_jfif(data),) * 2
    return data[:start] + segment + data[end:]


def _after_jfif(data: bytes) -> int:
    """Where a new EXIF segment goes: JFIF readers want theirs first."""
    first = next(segments(data), None)
    return first.end if first and first.marker == _APP0 else 2
