"""One door for whatever a person has of a picture: a path, its bytes, an opened image, a file object, a result."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ...core.errors import ImagegenError, InvalidInput, StorageError, capped
from ..names import expanded
from . import stealth
from .files import read_file
from .found import Found, of_record
from .places import of_picture
from .readers import hidden, read_data, read_texts
from .record import Record
from .window import Window

MAX_STREAM_BYTES = 200_000_000
"""Of a file object in which one cannot go back: it is read whole, and no more than this."""


def read_metadata(source: object) -> Found:
    """What a picture says of how it was made, whatever tool made it.

    Takes a path (`str`, `Path`), bytes, a binary file object (left where it was), an opened `PIL.Image` (what its
    `info` carries), an `Artifact` or a `Result` (its first picture). A file that says nothing gives a `Found` that is
    false; texts in files are data, capped and never evaluated. Blocks while it reads the parts with texts. Raises
    `StorageError` for a file that cannot be read, `InvalidInput` for what is none of these.
    """
    match source:
        case bytes() | bytearray() | memoryview():
            return read_data(bytes(source))
        case str() | os.PathLike():
            return read_file(_path(source))
    record, content = getattr(source, "record", None), None
    if isinstance(record, Record):
        if record.model or record.prompt:
            return of_record(record)
        content = getattr(source, "content", None)
        return read_metadata(content) if isinstance(content, bytes | Path) else Found()
    if isinstance(getattr(source, "artifacts", None), tuple):
        return _of_result(source)
    pillow = sys.modules.get("PIL.Image")
    if pillow is not None and isinstance(source, pillow.Image):
        return _of_picture(source)
    if callable(getattr(source, "read", None)):
        return _of_stream(source)
    raise InvalidInput(
        f"{type(source).__name__} is no picture; give a path, bytes, a file object, a PIL image or an earlier result"
    )


def _path(source: str | os.PathLike[Any]) -> Path:
    if isinstance(source, str) and ("\0" in source or len(source) > 4_096):
        raise InvalidInput(f"{capped(source, 60)!r} is no path to a picture; give its bytes as bytes")
    return expanded(os.fsdecode(source) if isinstance(source, os.PathLike) else source)


def _of_result(result: Any) -> Found:
    images = getattr(result, "images", ())
    if not images:
        raise InvalidInput("this result has no picture")
    return read_metadata(images[0])


def _of_picture(picture: Any) -> Found:
    found = _of_info(picture)
    if not found and picture.format == "PNG":
        # Its texts may stand behind its pixels, where Pillow finds them only then; broken ones make it raise anything.
        with suppress(Exception):
            picture.load()
        found = _of_info(picture)
    if not found and picture.mode == "RGBA":
        with suppress(Exception):
            return hidden(stealth.in_picture(picture)) or found
    return found


def _of_info(picture: Any) -> Found:
    info = picture.info if isinstance(picture.info, Mapping) else {}
    if not info.get("exif"):
        try:  # a TIFF file's fields are in no block
            info = {**info, "exif": picture.getexif().tobytes()}
        except Exception as error:  # noqa: BLE001 (Pillow's plug-ins raise whatever they like for damaged fields)
            return read_texts(of_picture(info)).with_doubt(f"its EXIF fields cannot be read: {capped(str(error), 100)}")
    return read_texts(of_picture(info))


def _of_stream(stream: Any) -> Found:
    try:
        if not (callable(getattr(stream, "seekable", None)) and stream.seekable()):
            data = stream.read(MAX_STREAM_BYTES)
            return read_data(_bytes(data))
        before = stream.tell()
        try:
            if isinstance(stream, io.TextIOBase):
                _bytes("")
            return read_data(Window(stream))
        finally:
            stream.seek(before)
    except ImagegenError:
        raise
    except (OSError, ValueError) as error:
        raise StorageError(f"cannot read this {type(stream).__name__}: {capped(str(error), 200)}") from error


def _bytes(data: object) -> bytes:
    if isinstance(data, bytes):
        return data
    raise InvalidInput("a file object must be opened in binary mode: open(path, 'rb')")
