"""Whether what came is the whole picture, and whether it can be shown: two questions, as a paid picture may be neither.

Half a picture is told by its file's own structure. A whole one that Pillow does not open (too many pixels, a long
compressed text, a wrong checksum beside the pixels) is a picture all the same: other programs open it.
"""

from __future__ import annotations

from mmap import mmap

from ..core.errors import MediaError
from .payload import Payload
from .pixels import MAX_PIXELS, check_pixels, decode, open_picture
from .sniff import HEAD_BYTES, dimensions, sniff

HEADER_BYTES = 1 << 20
"""Where the size in pixels stands, also behind long metadata."""
_VERIFY_PX = 64
_PNG_END = b"IEND"


def verified(payload: Payload, told: tuple[int, int], *, max_pixels: int = MAX_PIXELS) -> tuple[tuple[int, int], str]:
    """The size in pixels of a picture, and why it cannot be shown, `""` where it can: it was decoded to its end.

    `told` is the size by its header, (0, 0) where that says nothing; one of too many pixels is not read into memory.
    Raises `MediaError` for a file that is not whole.
    """
    why = why_not_shown(told, max_pixels)
    if not why:
        try:
            return _decoded(payload.read(), told, max_pixels), ""
        except MediaError as error:
            why = str(error)
    with payload.looked_through() as data:
        if not is_whole(data):
            raise MediaError(why)
        return told if all(told) else dimensions(data[:HEADER_BYTES]) or (0, 0), why


def _decoded(data: bytes, told: tuple[int, int], max_pixels: int) -> tuple[int, int]:
    size = told if all(told) else dimensions(data) or open_picture(data, max_pixels=max_pixels).size
    decode(data, max_pixels=max_pixels, draft_px=_VERIFY_PX)
    return size


def why_not_shown(size: tuple[int, int], max_pixels: int = MAX_PIXELS) -> str:
    """Why a picture of that size is not decoded, `""` where it may be."""
    try:
        check_pixels(size, max_pixels)
    except MediaError as error:
        return str(error)
    return ""


def is_whole(data: bytes | mmap) -> bool:
    """Whether a picture's file goes to the end that its own structure tells. Nothing is decoded.

    False where the format does not tell (TIFF, AVIF), or where the pixels' own checksum is wrong.
    """
    match sniff(data[:HEAD_BYTES]):
        case "image/png":
            return _is_whole_png(data)
        case "image/jpeg":
            return _is_whole_jpeg(data)
        case "image/gif":
            return _is_whole_gif(data)
        case "image/webp":
            return int.from_bytes(data[4:8], "little") + 8 <= len(data)
        case "image/bmp":
            return int.from_bytes(data[2:6], "little") <= len(data)
    return False


def _is_whole_png(data: bytes | mmap) -> bool:
    """To its `IEND`, with the right checksums on what the pixels need: upper-case names (PNG, 5.4)."""
    at = 8
    while at + 12 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(data):
            return False
        if kind[:1].isupper() and not _is_right(data, at + 4, end - 4):
            return False
        if kind == _PNG_END:
            return True
        at = end
    return False


def _is_right(data: bytes | mmap, start: int, end: int) -> bool:
    """Whether the checksum behind a part of the file is that of the part."""
    from zlib import crc32

    with memoryview(data) as view, view[start:end] as part:
        return crc32(part) == int.from_bytes(data[end : end + 4], "big")


def _is_whole_jpeg(data: bytes | mmap) -> bool:
    """To the `EOI` after its first scan: one before that ends a small picture within the EXIF (T.81, B.1)."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xDA:
            return data.find(b"\xff\xd9", at) >= 0
        alone = marker in (0x01, 0xFF) or 0xD0 <= marker <= 0xD8
        at += (1 if marker == 0xFF else 2) if alone else 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    return False


def _is_whole_gif(data: bytes | mmap) -> bool:
    """To its trailer, block by block (GIF89a, appendix B)."""
    at = 13 + _colours(data[10:11])
    while at < len(data):
        kind = data[at]
        if kind == 0x3B:
            return True
        if kind == 0x2C:
            at += 11 + _colours(data[at + 9 : at + 10])
        elif kind == 0x21:
            at += 2
        else:
            return False
        while at < len(data) and data[at]:
            at += 1 + data[at]
        at += 1
    return False


def _colours(packed: bytes) -> int:
    """The bytes of the table of colours that these flags announce."""
    return 3 << (packed[0] & 7) + 1 if packed and packed[0] & 0x80 else 0
