"""PNG chunks: text is read with caps and added by splicing, so that every other byte stays where it was.

Layout and text chunks: https://www.w3.org/TR/png-3/#11textinfo
"""

from __future__ import annotations

import binascii
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from ...core.errors import MediaError
from .window import MAX_TEXT_BYTES, Data

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_CHUNKS = 200_000
MAX_ALL_TEXT_BYTES = 32_000_000

XMP_KEYWORD = "XML:com.adobe.xmp"
_TEXT_KINDS = (b"tEXt", b"zTXt", b"iTXt")
_RAW_PROFILES = ("Raw profile type exif", "Raw profile type APP1")


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk's place: its type, the whole of it, and its body, as offsets into the file."""

    kind: bytes
    start: int
    body: int
    end: int

    def text(self, data: Data) -> bytes:
        """The body."""
        return data[self.body : self.end - 4]


def chunks(data: Data) -> Iterator[Chunk]:
    """The chunks up to IEND. Raises `MediaError` where the file ends before it does, or has too many."""
    if data[: len(SIGNATURE)] != SIGNATURE:
        raise MediaError("not a PNG file")
    at, size = len(SIGNATURE), len(data)
    for _ in range(MAX_CHUNKS):
        if at + 12 > size:
            raise MediaError("this PNG file is cut off")
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        end = at + 12 + length
        if end > size:
            raise MediaError("this PNG file is cut off")
        yield Chunk(kind, at, at + 8, end)
        if kind == b"IEND":
            return
        at = end
    raise MediaError(f"this PNG file has more than {MAX_CHUNKS:,} chunks")


def has_c2pa(data: Data) -> bool:
    """Whether the file carries a C2PA manifest: chunk `caBX`."""
    return any(chunk.kind == b"caBX" for chunk in chunks(data))


def read_exif(data: Data, texts: Mapping[str, str]) -> bytes:
    """The EXIF block of chunk `eXIf`, or of ImageMagick's older text among `texts`; `b""` where there is none."""
    with suppress(MediaError):  # as far as the file goes
        for chunk in chunks(data):
            if chunk.kind == b"eXIf" and chunk.end - chunk.body <= MAX_TEXT_BYTES:
                return chunk.text(data)
    return next((block for name in _RAW_PROFILES if (block := _raw_profile(texts.get(name, "")))), b"")


def _raw_profile(text: str) -> bytes:
    r"""`\nexif\n   1234\n` and hexadecimal lines: https://exiftool.org/TagNames/PNG.html#TextualData."""
    try:
        return binascii.unhexlify("".join(text.split()[2:]))
    except (ValueError, IndexError):
        return b""


def read_texts(data: Data) -> dict[str, str]:
    """The text chunks by keyword, the first of each; broken and oversized ones are passed over.

    Reads as far as the file goes; raises `MediaError` only for what is no PNG file.
    """
    if data[: len(SIGNATURE)] != SIGNATURE:
        raise MediaError("not a PNG file")
    texts: dict[str, str] = {}
    left = MAX_ALL_TEXT_BYTES
    try:
        for chunk in chunks(data):
            if chunk.kind not in _TEXT_KINDS or chunk.end - chunk.body > MAX_TEXT_BYTES:
                continue
            entry = _read_text(chunk.kind, chunk.text(data), min(MAX_TEXT_BYTES, left))
            # What does not inflate, or to too much, has cost as much time as a text.
            left -= len(entry[1]) if entry else MAX_TEXT_BYTES if chunk.kind != b"tEXt" else 0
            if entry and entry[0] not in texts:
                texts[entry[0]] = entry[1]
            if left <= 0:
                break
    except MediaError:
        return texts
    return texts


def _read_text(kind: bytes, body: bytes, limit: int) -> tuple[str, str] | None:
    keyword, found, rest = body.partition(b"\0")
    if not found or not keyword:
        return None
    compressed = kind == b"zTXt"
    if compressed:
        rest = rest[1:]
    elif kind == b"iTXt":
        if len(rest) < 2:
            return None
        compressed = rest[0] == 1
        _language, _, rest = rest[2:].partition(b"\0")
        _translated, _, rest = rest.partition(b"\0")
    text = _inflated(rest, limit) if compressed else rest
    if text is None:
        return None
    return keyword.decode("latin-1"), text.decode("utf-8", "replace") if kind == b"iTXt" else latin_or_utf8(text)


def latin_or_utf8(text: bytes) -> str:
    """TEXt and zTXt are Latin-1 by the standard; several tools write UTF-8 into them, which Latin-1 hardly ever is."""
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _inflated(data: bytes, limit: int) -> bytes | None:
    """The inflated bytes, `None` where they are broken or more than `limit`."""
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(data, limit)
    except zlib.error:
        return None
    return None if inflater.unconsumed_tail else text


def splice(data: bytes, texts: Mapping[str, str]) -> bytes:
    """The file with `texts` as iTXt chunks before its first IDAT; every other chunk stays bit for bit.

    Our own keywords are replaced where they were there. Raises `MediaError` for a file that is cut off.
    """
    kept, picture_at = [SIGNATURE], 0
    for chunk in chunks(data):
        if chunk.kind == b"IDAT" and not picture_at:
            picture_at = len(kept)
            kept.append(b"".join(_itxt(keyword, text) for keyword, text in texts.items()))
        if chunk.kind in _TEXT_KINDS and _keyword(chunk.text(data)) in texts:
            continue
        kept.append(data[chunk.start : chunk.end])
        end = chunk.end
    if not picture_at:
        raise MediaError("this PNG file has no picture in it")
    return b"".join([*kept, data[end:]])


def _keyword(body: bytes) -> str:
    return body.partition(b"\0")[0].decode("latin-1")


def _itxt(keyword: str, text: str) -> bytes:
    # A null ends a text for many readers, and PNG does not allow one.
    clean = text.replace("\0", " ").encode("utf-8", "replace")
    body = keyword.encode("latin-1") + b"\0\0\0\0\0" + clean
    return struct.pack(">I", len(body)) + b"iTXt" + body + struct.pack(">I", zlib.crc32(b"iTXt" + body))
