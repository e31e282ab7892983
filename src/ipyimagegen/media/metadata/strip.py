"""Taking out of a picture's file what is not the picture: EXIF (places, serial numbers), XMP, texts, thumbnails.

Nothing is encoded again: what the pixels and their colours need stays byte for byte, the rest is left out.
"""

from __future__ import annotations

import struct

from ...core.errors import MediaError
from . import jpeg, png, webp

_KEPT_CHUNKS = frozenset(
    {
        b"IHDR",
        b"PLTE",
        b"tRNS",
        b"gAMA",
        b"cHRM",
        b"sRGB",
        b"iCCP",
        b"cICP",
        b"sBIT",
        b"bKGD",
        b"pHYs",
        b"IDAT",
        b"IEND",
    }
)
"""PNG chunks that say how the pixels look (https://www.w3.org/TR/png-3/#11Ancillary-chunks), and the pixels."""
_APP0, _APP2, _APP14, _COM = 0xE0, 0xE2, 0xEE, 0xFE
_ICC = b"ICC_PROFILE\0"
_KEPT_WEBP = frozenset({b"VP8X", b"ICCP", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L"})
_EXIF_FLAG, _XMP_FLAG = 0x08, 0x04
"""Bits of the VP8X header: https://developers.google.com/speed/webp/docs/riff_container#extended_file_format"""


def stripped(data: bytes, media_type: str) -> bytes:
    """`data` without its metadata; the same object where there was none, or where this medium is not known here.

    Raises `MediaError` for a damaged file.
    """
    match media_type:
        case "image/png":
            return _png(data)
        case "image/jpeg":
            return _jpeg(data)
        case "image/webp":
            return _webp(data)
    return data


def _png(data: bytes) -> bytes:
    found = list(png.chunks(data))
    kept = [data[chunk.start : chunk.end] for chunk in found if chunk.kind in _KEPT_CHUNKS]
    if len(kept) == len(found) and found and found[-1].end == len(data):
        return data
    return png.SIGNATURE + b"".join(kept)


def _jpeg(data: bytes) -> bytes:
    parts, at = [data[:2]], 2
    dropped = False
    for segment in jpeg.segments(data):
        if _kept(segment.marker, data[segment.body : segment.body + len(_ICC)]):
            parts.append(data[segment.start : segment.end])
        else:
            dropped = True
        at = segment.end
    end = _end_of_scans(data, at)
    if not dropped and end == len(data):
        return data
    return b"".join([*parts, data[at:end]])


def _kept(marker: int, beginning: bytes) -> bool:
    """JFIF, the colour profile, Adobe's colour transform, and everything that is no application's."""
    if marker == _APP2:
        return beginning.startswith(_ICC)
    return marker in (_APP0, _APP14) or not (_APP0 <= marker <= 0xEF or marker == _COM)


def _end_of_scans(data: bytes, at: int) -> int:
    """Where the picture ends, from its first scan on: phones put further pictures and films behind it.

    In a scan's data 0xFF is followed by 0x00 or a restart marker; between scans stand segments with a length (ITU T.81,
    B.1.1.2 and B.1.1.5).
    """
    while 0 <= (at := data.find(b"\xff", at)) < len(data) - 1:
        marker = data[at + 1]
        if marker == 0xD9:
            return at + 2
        if marker in (0x00, 0x01, 0xFF) or 0xD0 <= marker <= 0xD7:
            at += 1 if marker == 0xFF else 2
            continue
        at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    return len(data)


def _webp(data: bytes) -> bytes:
    found = list(webp.chunks(data))
    kept = [chunk for chunk in found if chunk.kind in _KEPT_WEBP]
    if len(kept) == len(found):
        return data
    if not kept:
        raise MediaError("this WebP file has no picture")
    parts = (_without_flags(chunk.kind, data[chunk.start : chunk.end]) for chunk in kept)
    body = b"".join(part + b"\0" * (len(part) % 2) for part in parts)  # chunks begin at even places
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _without_flags(kind: bytes, chunk: bytes) -> bytes:
    if kind != b"VP8X" or len(chunk) < 9:
        return chunk
    return chunk[:8] + bytes([chunk[8] & ~(_EXIF_FLAG | _XMP_FLAG) & 0xFF]) + chunk[9:]
