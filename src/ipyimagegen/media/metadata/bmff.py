"""AVIF, HEIC and JPEG XL: EXIF and XMP in the boxes of an ISO base media file. Read only; nothing is ever put in.

ISO/IEC 14496-12 (boxes, `iinf`, `iloc`), 23008-12 annex A (an `Exif` item begins with an offset of four bytes).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ...core.errors import MediaError
from .window import MAX_TEXT_BYTES, Data

MAX_BOXES = 10_000
_MAX_META_BYTES = 4_000_000
_XMP_TYPE = b"application/rdf+xml"


@dataclass(frozen=True, slots=True)
class Box:
    """One box's name, and the start and end of its body."""

    kind: bytes
    body: int
    end: int


def boxes(data: Data, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes that stand side by side. Raises `MediaError` where one is longer than what is there."""
    end = len(data) if end is None else end
    for _ in range(MAX_BOXES):
        head = data[start : min(start + 16, end)]
        if len(head) < 8:
            return
        size, kind = struct.unpack(">I4s", head[:8])
        body = start + 8
        if size == 1 and len(head) == 16:
            size, body = struct.unpack(">Q", head[8:])[0], start + 16
        stop = end if size == 0 else start + size
        if stop < body or stop > end:
            raise MediaError("this file's boxes are cut off or damaged")
        yield Box(kind, body, stop)
        start = stop
    raise MediaError(f"this file has more than {MAX_BOXES:,} boxes")


def read(data: Data) -> tuple[bytes, bytes]:
    """The EXIF block and the XMP packet, each `b""` where there is none. Raises `MediaError` for a damaged file."""
    exif = xmp = b""
    for box in boxes(data):
        try:
            if box.kind == b"meta":
                exif, xmp = _of_items(data, box)
            elif box.kind == b"Exif":  # JPEG XL
                exif = _without_offset(data[box.body : min(box.end, box.body + MAX_TEXT_BYTES)])
            elif box.kind == b"xml ":
                xmp = data[box.body : min(box.end, box.body + MAX_TEXT_BYTES)]
        except struct.error as error:
            raise MediaError("this file's boxes are cut off or damaged") from error
    return exif, xmp


def _of_items(data: Data, meta: Box) -> tuple[bytes, bytes]:
    body = data[meta.body : min(meta.end, meta.body + _MAX_META_BYTES)]
    parts = {box.kind: box for box in boxes(body, 4)}
    if b"iinf" not in parts or b"iloc" not in parts:
        return b"", b""
    kinds = dict(_items(body, parts[b"iinf"]))
    places = dict(_locations(body, parts[b"iloc"]))
    found: dict[bytes, bytes] = {}
    for item, kind in kinds.items():
        place = places.get(item)
        if kind in (b"Exif", _XMP_TYPE) and kind not in found and place is not None:
            found[kind] = data[place[0] : place[0] + min(place[1], MAX_TEXT_BYTES)]
    return _without_offset(found.get(b"Exif", b"")), found.get(_XMP_TYPE, b"")


def _without_offset(block: bytes) -> bytes:
    if len(block) < 8:
        return b""
    skip = 4 + int(struct.unpack(">I", block[:4])[0])
    return block[skip:].removeprefix(b"Exif\0\0")


def _items(meta: bytes, box: Box) -> Iterator[tuple[int, bytes]]:
    """Each item's id and type; of a `mime` item its content type."""
    version = meta[box.body]
    start = box.body + (6 if version == 0 else 8)
    for entry in boxes(meta, start, box.end):
        if entry.kind != b"infe" or meta[entry.body] not in (2, 3):
            continue
        wide = meta[entry.body] == 3
        (item,) = struct.unpack_from(">I" if wide else ">H", meta, entry.body + 4)
        at = entry.body + (10 if wide else 8)
        kind = meta[at : at + 4]
        if kind == b"mime":
            _name, _, rest = meta[at + 4 : entry.end].partition(b"\0")
            kind = rest.partition(b"\0")[0]
        yield item, kind


def _locations(meta: bytes, box: Box) -> Iterator[tuple[int, tuple[int, int]]]:
    """Each item's offset in the file and its length; of items in several parts, and outside of the file, none."""
    version, at = meta[box.body], box.body + 4
    if version > 2:
        return
    sizes = [meta[at] >> 4, meta[at] & 15, meta[at + 1] >> 4, meta[at + 1] & 15 if version else 0]
    offset_size, length_size, base_size, index_size = sizes
    count, at = _number(meta, at + 2, 2 if version < 2 else 4)
    for _ in range(min(count, MAX_BOXES)):
        item, at = _number(meta, at, 2 if version < 2 else 4)
        method = 0
        if version:
            method, at = _number(meta, at, 2)
        base, at = _number(meta, at + 2, base_size)
        extents, at = _number(meta, at, 2)
        if extents == 1 and method & 15 == 0:
            offset, after = _number(meta, at + index_size, offset_size)
            yield item, (base + offset, _number(meta, after, length_size)[0])
        at += extents * (index_size + offset_size + length_size)


def _number(data: bytes, at: int, size: int) -> tuple[int, int]:
    if at + size > len(data):
        raise MediaError("this file's boxes are cut off or damaged")
    return int.from_bytes(data[at : at + size], "big"), at + size
