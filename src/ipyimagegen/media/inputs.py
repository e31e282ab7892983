"""Whatever a person hands over as a picture or a file, made into one `InputFile` with its content looked at.

A string is read as a file's name only here, and callers come here only for parameters that take files:
`services/kit/inputs.py` is the rule for inputs that may be words as well. What a service said is never a file's name.
"""

from __future__ import annotations

import difflib
import io
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from ..core.errors import ImagegenError, InvalidInput, Problem, capped
from ..core.params import Kind
from ..core.paths import MAX_PATH_CHARS, is_address
from ..core.requests import InputFile
from ..core.said import is_said
from .artifacts import Artifact
from .encoded import decode_base64, decode_data_uri
from .names import expanded
from .pixels import encode, from_array
from .results import Result
from .sniff import HEAD_BYTES, RASTER, is_among, sniff, suffix_of

MAX_INPUT_BYTES = 200_000_000
"""What is read into memory is refused beyond this. A file on disk is sent in pieces, and may have any size."""
STORES = ("inf://", "s3://", "gs://")
"""Addresses in stores that a service reads by itself: nobody here can, and they pass through as they are."""

_MAX_NEIGHBOURS = 2_000
_WEB = ("http://", "https://")
_BINARY = ("image", "video", "audio", "model", "application/pdf", "application/zip")
_PICTURE_KINDS = ("image", "mask")
UNREADABLE = {
    "image/heic": "save it as JPEG (phones can: 'most compatible'), or open it with Pillow and pillow-heif",
    "image/jxl": "save it as PNG or JPEG",
    "image/svg+xml": "draw it as a PNG first",
}
"""Pictures that Pillow cannot open by itself, and what to do about it."""


def as_input(value: object, *, kind: Kind = "image", name: str = "", max_bytes: int | None = None) -> InputFile:
    """`value` as an input, its content sniffed; files stay on disk until they are sent.

    Takes a path (`str` with `~`, `Path`, `file:` URI), a binary file object (read from its beginning, where it can go
    back there), bytes, a `PIL.Image`, an array H×W, H×W×1, H×W×3 or H×W×4 (uint8, bool, float 0..1, or anything with
    `__array__`), an http(s) URL, an address in a service's store (`STORES`), a `data:` URI, base64 of a known medium,
    an `Artifact`, a `Result` (its first picture), an `InputFile`, a service's record of a file (`{"uri": "https://…"}`),
    or what has such a URL as its `url` (a file that was uploaded). A `kind` of `"image"` or `"mask"` takes pictures
    only, any other every file. `name` is the parameter's, for messages. `max_bytes` limits everything; without it
    `MAX_INPUT_BYTES` limits what has to be held in memory, and a file on disk has no limit. Blocks while it reads. A
    URL is not fetched: its `media_type` stays `""`.

    Raises `InvalidInput` with what to do, of which `MissingFile` is one, and nothing else. A path that a service
    named in an answer is refused: `Path(…)` says that one's own file is meant.
    """
    try:
        return _read(value, kind, max_bytes)
    except InvalidInput as error:
        raise InvalidInput([replace(problem, name=name) for problem in error.problems]) from error.__cause__
    except ImagegenError as error:
        raise InvalidInput([Problem(name, str(error))]) from error
    except Exception as error:
        # Foreign objects: whatever they raise when they are looked at is a reason why they cannot be sent.
        reason = f"cannot read this {type(value).__name__}: {capped(str(error) or type(error).__name__, 200)}"
        raise InvalidInput([Problem(name, reason)]) from error


def _read(value: object, kind: Kind, max_bytes: int | None) -> InputFile:
    match value:
        case InputFile():
            return value
        case Artifact() | Result():
            return _of_artifact(value.image if isinstance(value, Result) else value, kind, max_bytes)
        case str():
            return _of_text(value, kind, max_bytes)
        case bytes() | bytearray() | memoryview():
            return _of_bytes(bytes(value), kind, max_bytes)
        case os.PathLike():
            return _of_path(Path(os.fsdecode(value)), kind, max_bytes)
    return _of_object(value, kind, max_bytes)


def _of_object(value: object, kind: Kind, max_bytes: int | None) -> InputFile:
    """Pictures and streams of other libraries, known by what they can do."""
    image = sys.modules.get("PIL.Image")
    if image is not None and isinstance(value, image.Image):
        return _of_bytes(encode(value, "image/png"), kind, max_bytes, filename=f"{kind}.png")
    if callable(getattr(value, "read", None)):
        return _of_stream(value, kind, max_bytes)
    if isinstance(value, Mapping):
        return _of_record(value, kind, max_bytes)
    if hasattr(value, "__array_interface__") or hasattr(value, "__array__"):
        return _of_bytes(encode(from_array(value), "image/png"), kind, max_bytes, filename=f"{kind}.png")
    url = getattr(value, "url", None)
    if isinstance(url, str) and url[:8].lower().startswith(_WEB):
        return _of_url(url)
    raise InvalidInput(
        f"{type(value).__name__} is not a picture or a file; give a path, bytes, a file object, a PIL image, an array, "
        "a URL, or an earlier result"
    )


def _of_record(record: Mapping[Any, Any], kind: Kind, max_bytes: int | None) -> InputFile:
    """What a service tells of a file: by its address. A path in it is never read, as services write such records."""
    told = [text for key in ("uri", "url") if isinstance(text := record.get(key), str)]
    address = next(filter(is_address, told), None)
    if address is None:
        raise InvalidInput("a dict is a file only as a service's record of one, with an address as its uri or url")
    return _of_text(address, kind, max_bytes)


def _of_artifact(artifact: Artifact, kind: Kind, max_bytes: int | None) -> InputFile:
    if artifact.path is not None and not artifact.error:
        return _of_path(artifact.path, kind, max_bytes, filename=artifact.filename)
    return _of_bytes(artifact.bytes, kind, max_bytes, filename=artifact.filename)


def _of_text(text: str, kind: Kind, max_bytes: int | None) -> InputFile:
    stripped = text.strip()
    if not stripped:
        raise InvalidInput("an empty string is not a file")
    scheme = stripped[:8].lower()
    limit = MAX_INPUT_BYTES if max_bytes is None else max_bytes
    if scheme.startswith((*_WEB, *STORES)):
        return _of_url(stripped)
    if scheme.startswith("data:"):
        return _of_bytes(decode_data_uri(stripped, limit), kind, max_bytes)
    data = decode_base64(stripped, limit)
    if data is not None and is_among(sniff(data), _BINARY):
        return _of_bytes(data, kind, max_bytes)
    if is_said(text):
        raise InvalidInput(
            f"{capped(stripped, 300)!r} comes from a service's answer, and is no address; what a service names is "
            "never read as a file of this machine. If you mean a file of your own, give it as Path(…)"
        )
    if scheme.startswith("file:"):
        return _of_path(Path(url2pathname(_split(stripped).path)), kind, max_bytes)
    if exists(text):
        return _of_path(Path(text), kind, max_bytes)
    if len(stripped) > MAX_PATH_CHARS:
        raise InvalidInput(f"{len(stripped):,} characters that are neither a path, a URL nor base64 of a known medium")
    raise _missing(text)


def _of_url(url: str) -> InputFile:
    parts = _split(url)
    if not parts.hostname or re.search(r"\s", url):
        raise InvalidInput(f"{capped(url, 200)!r} is not a complete URL")
    filename = unquote(parts.path).replace("\\", "/").rsplit("/", 1)[-1]
    return InputFile(filename=capped(filename, 120) or "input", media_type="", url=url)


def _split(url: str) -> Any:
    try:
        parts = urlsplit(url)
        _ = parts.port  # reading it checks it
    except ValueError as error:
        raise InvalidInput(f"{capped(url, 200)!r} is not a URL: {error}") from error
    return parts


def _of_path(path: Path, kind: Kind, max_bytes: int | None, *, filename: str = "") -> InputFile:
    path = expanded(path)
    if not exists(str(path)):
        raise _missing(str(path))
    if path.is_dir():
        raise InvalidInput(f"{str(path)!r} is a folder; give one file in it")
    if not path.is_file():
        raise InvalidInput(f"{str(path)!r} is not a regular file")
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise InvalidInput(f"cannot read {str(path)!r}: {error.strerror or error}") from error
    _check_size(size, max_bytes, repr(str(path)))
    media_type = _checked(head, kind, repr(str(path)))
    return InputFile(filename=filename or path.name, media_type=media_type, path=path, size=size)


def _of_bytes(data: bytes, kind: Kind, max_bytes: int | None, *, filename: str = "") -> InputFile:
    _check_size(len(data), MAX_INPUT_BYTES if max_bytes is None else max_bytes, "this")
    media_type = _checked(data, kind, "this")
    return InputFile(
        filename=filename or f"{kind}{suffix_of(media_type)}", media_type=media_type, data=data, size=len(data)
    )


def _of_stream(stream: Any, kind: Kind, max_bytes: int | None) -> InputFile:
    """What an open file holds, from its beginning: a handle that was used before, or written to, is at its end."""
    if isinstance(stream, io.TextIOBase):
        raise InvalidInput("this file was opened as text; open it with mode 'rb'")
    seekable = getattr(stream, "seekable", None)
    if callable(seekable) and seekable() is True:
        stream.seek(0)
    name = getattr(stream, "name", "")
    filename = Path(name).name if isinstance(name, str) else ""
    limit = MAX_INPUT_BYTES if max_bytes is None else max_bytes
    if max_bytes is None and isinstance(name, str) and _size_on_disk(stream, name) > limit:
        return _of_path(Path(name).absolute(), kind, max_bytes, filename=filename)
    data = stream.read(limit + 1)
    if not isinstance(data, bytes | bytearray | memoryview):
        raise InvalidInput(f"read() of {type(stream).__name__} gave {type(data).__name__}, not bytes")
    if not data:
        raise InvalidInput("the file object gave no bytes; was it read already? seek(0) goes back to its beginning")
    return _of_bytes(bytes(data), kind, max_bytes, filename=filename)


def _size_on_disk(stream: Any, name: str) -> int:
    """How many bytes an open file has, if it still is the one at the path `name` and can be sent from there; else 0."""
    try:
        held = os.fstat(stream.fileno())
        return held.st_size if os.path.samestat(held, Path(name).stat()) else 0
    except (OSError, ValueError, AttributeError):
        return 0


def _check_size(size: int, max_bytes: int | None, what: str) -> None:
    if size == 0:
        raise InvalidInput(f"{what} is empty")
    if max_bytes is not None and size > max_bytes:
        raise InvalidInput(f"{what} is larger than {max_bytes / 1e6:,.0f} MB")


def _checked(head: bytes, kind: Kind, what: str) -> str:
    """The media type of the content; pictures only, where a picture is asked for."""
    media_type = sniff(head)
    if kind in _PICTURE_KINDS and media_type not in RASTER:
        found = media_type or f"unknown content (it begins with {head[:8].hex(' ')})"
        cure = f"; {UNREADABLE[media_type]}" if media_type in UNREADABLE else ""
        raise InvalidInput(f"{what} is not a picture that can be used: {found}{cure}")
    return media_type or "application/octet-stream"


def exists(text: str) -> bool:
    """Whether a file of that name exists; never raises, whatever the text."""
    try:
        return len(text) <= MAX_PATH_CHARS and expanded(Path(text)).exists()
    except (OSError, ValueError, InvalidInput):
        return False


def _missing(text: str) -> InvalidInput:
    """The error for a file that is not there, with the nearest name in its folder."""
    shown = capped(text, 300)
    try:
        path = expanded(Path(text))
        with os.scandir(path.parent) as entries:
            names = [entry.name for _, entry in zip(range(_MAX_NEIGHBOURS), entries, strict=False)]
    except (OSError, ValueError, InvalidInput):
        return _no_file(f"no file {shown!r}")
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.6)
    if not near:
        near = [other for other in names if Path(other).stem.lower() == path.stem.lower()][:1]
    if not near:
        return _no_file(f"no file {shown!r}")
    parent = os.path.dirname(text)  # noqa: PTH120 - as the user wrote it, `./` included
    written = os.path.join(parent, near[0]) if parent else f".{os.sep}{near[0]}"  # noqa: PTH118
    return _no_file(f"no file {shown!r}; did you mean {written!r}?")


def _no_file(message: str) -> InvalidInput:
    return InvalidInput([Problem("", message, missing=True)])
