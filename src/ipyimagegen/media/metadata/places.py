"""Where texts lie in a file: PNG's chunks, EXIF fields, comments, XMP. Read with caps, and never evaluated."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

from ...core.errors import MediaError
from ..sniff import HEAD_BYTES, sniff
from . import bmff, exif, jpeg, png, webp, xmp
from .record import read_json
from .window import MAX_TEXT_BYTES, Data

_LABELLED = re.compile(r"\s{0,9}(prompt|workflow)\s{0,9}:\s{0,9}(?=\{)", re.IGNORECASE)
"""ComfyUI writes `prompt:{…}` and `Workflow: {…}` into whatever EXIF field is at hand (its SaveAnimatedWEBP node)."""

UNNAMED = ("UserComment", "XPComment", "Comment", "COM", "ImageDescription", "Description", "MakerNote", "XPTitle")
"""Places whose name does not tell which tool wrote there."""

_MAX_OTHERS = 10
_ISO = ("image/avif", "image/heic", "image/jxl")


def texts_of(data: Data) -> dict[str, str]:
    """The texts in a picture by the names of their places, those of PNG chunks as written. Damage ends the reading.

    Raises what a `Window`'s file raises.
    """
    texts: dict[str, str] = {}
    for more in _parts(data):
        for name, text in more.items():
            texts.setdefault(name, text)
    for text in list(texts.values()):
        if (label := _LABELLED.match(text)) is not None:
            texts.setdefault(label[1].lower(), text[label.end() :])
    return texts


def _parts(data: Data) -> Iterator[Mapping[str, str]]:
    try:
        match sniff(data[:HEAD_BYTES]):
            case "image/png":
                texts = png.read_texts(data)
                yield texts
                yield from _blocks(png.read_exif(data, texts), texts.get(png.XMP_KEYWORD, "").encode())
            case "image/jpeg":
                yield from _jpeg(data)
            case "image/webp":
                yield from _blocks(webp.read_exif(data), webp.read_xmp(data))
            case "image/tiff":
                texts = exif.read(data)
                yield texts
                yield xmp.read(texts.get("XMP", "").encode())
            case kind if kind in _ISO:
                yield from _blocks(*bmff.read(data))
    except MediaError:
        return  # what could be read of a damaged file was given


def _jpeg(data: Data) -> Iterator[Mapping[str, str]]:
    yield from _blocks(jpeg.read_exif(data), jpeg.read_xmp(data))
    if comment := jpeg.read_comment(data):
        yield {"COM": png.latin_or_utf8(comment).rstrip("\0").strip()}


def _blocks(block: bytes, packet: bytes) -> Iterator[Mapping[str, str]]:
    if block:
        with suppress(MediaError):  # the packet may be whole
            yield exif.read(block)
    if packet:
        yield xmp.read(packet)


def of_picture(info: Mapping[Any, Any]) -> dict[str, str]:
    """The texts that an opened `PIL.Image` carries in its `info`."""
    texts = {name: _mended(text) for name, text in info.items() if isinstance(name, str) and isinstance(text, str)}
    for name, read in (("exif", _read_exif), ("xmp", xmp.read), ("comment", _read_comment)):
        block = info.get(name)
        if isinstance(block, bytes) and len(block) <= MAX_TEXT_BYTES:
            texts = read(block) | texts
    for text in list(texts.values()):
        if (label := _LABELLED.match(text)) is not None:
            texts.setdefault(label[1].lower(), text[label.end() :])
    return {name: text for name, text in texts.items() if len(text) <= MAX_TEXT_BYTES}


def _read_exif(block: bytes) -> dict[str, str]:
    try:
        return exif.read(block)
    except MediaError:
        return {}


def _read_comment(block: bytes) -> dict[str, str]:
    return {"COM": png.latin_or_utf8(block).rstrip("\0").strip()}


def _mended(text: str) -> str:
    """Pillow reads tEXt as Latin-1, as the standard has it; several tools write UTF-8 there."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


@lru_cache(maxsize=8)
def json_in(text: str | None) -> dict[str, Any]:
    """The JSON object in a text, `{}` where there is none. Kept for the next reader that asks; it is not changed."""
    if not text or text.lstrip()[:1] != "{":
        return {}
    try:
        value = read_json(text, limit=MAX_TEXT_BYTES)
    except MediaError:
        return {}
    return value if isinstance(value, dict) else {}


def views(texts: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The texts with their keywords in lower case; then once for each unnamed place, as if it had been `parameters`.

    An envelope, an object whose values are the texts of a PNG file, is opened: tools that save JPEG and WebP files put
    everything into one UserComment. At last come objects under names that nobody knows.
    """
    named = {name.lower(): text for name, text in list(texts.items())[::-1]}
    yield named
    for place in UNNAMED:
        text = texts.get(place) or named.get(place.lower())
        if not text:
            continue
        inside = {key.lower(): value for key, value in json_in(text).items() if isinstance(value, str)}
        beside = {name: named[name] for name in ("software", "makernote") if name in named}
        yield beside | inside | {"parameters": inside.get("parameters", text)}
    others = [text for name, text in texts.items() if name not in UNNAMED and text.lstrip()[:1] == "{"]
    yield from ({"parameters": text} for text in others[:_MAX_OTHERS])
