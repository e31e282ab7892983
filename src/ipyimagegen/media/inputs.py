"""Whatever a person hands over as a picture or a file, made into one `InputFile` with its content looked at.

A string is read as a file's name only here, and callers come here only for parameters that take files;
`looks_like_media_path` is the rule for services whose documentation promises more.
"""

from __future__ import annotations

import difflib
import io
import os
import re
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from ..core.errors import ImagegenError, InvalidInput, Problem, capped
from ..core.params import Kind
from ..core.requests import InputFile
from ..core.schema import IMAGE_NAMES, MASK_NAMES
from .artifacts import Artifact
from .encoded import decode_base64, decode_data_uri
from .names import expanded
from .pixels import encode, from_array
from .results import Result
from .sniff import HEAD_BYTES, MEDIA_SUFFIXES, RASTER, is_among, sniff, suffix_of

MAX_INPUT_BYTES = 200_000_000
"""A larger file or object is refused before it is read."""

_MAX_PATH_CHARS = 1_024
_MAX_NEIGHBOURS = 2_000
_PATH_START = re.compile(r"(\.{1,2}|~)?[/\\]|~$|[A-Za-z]:[/\\]|file:")
_WEB = ("http://", "https://")
_PICTURES = ("image",)
_BINARY = ("image", "video", "audio", "model", "application/pdf", "application/zip")
_PICTURE_KINDS = ("image", "mask")


def as_input(value: object, *, kind: Kind = "image", name: str = "", max_bytes: int = MAX_INPUT_BYTES) -> InputFile:
    """`value` as an input, its content sniffed; files stay on disk until they are sent.

    Takes a path (`str` with `~`, `Path`, `file:` URI), a binary file object, bytes, a `PIL.Image`, an array H×W, H×W×1,
    H×W×3 or H×W×4 (uint8, bool, float 0..1, or anything with `__array__`), an http(s) URL, a `data:` URI, base64 of a
    known medium, an `Artifact`, a `Result` (its first picture), an `InputFile`, or what has such a URL as its `url` (a
    file that was uploaded). A `kind` of `"image"` or `"mask"`
    takes pictures only, any other every file. `name` is the parameter's, for messages. Reads at most `max_bytes`;
    blocks while it reads. A URL is not fetched: its `media_type` stays `""`.

    Raises `InvalidInput` with what to do, and nothing else.
    """
    try:
        return _read(value, kind, max_bytes)
    except InvalidInput as error:
        raise InvalidInput([Problem(name, problem.message) for problem in error.problems]) from error.__cause__
    except ImagegenError as error:
        raise InvalidInput([Problem(name, str(error))]) from error
    except Exception as error:
        # Foreign objects: whatever they raise when they are looked at is a reason why they cannot be sent.
        reason = f"cannot read this {type(value).__name__}: {capped(str(error) or type(error).__name__, 200)}"
        raise InvalidInput([Problem(name, reason)]) from error


def _read(value: object, kind: Kind, max_bytes: int) -> InputFile:
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


def _of_object(value: object, kind: Kind, max_bytes: int) -> InputFile:
    """Pictures and streams of other libraries, known by what they can do."""
    image = sys.modules.get("PIL.Image")
    if image is not None and isinstance(value, image.Image):
        return _of_bytes(encode(value, "image/png"), kind, max_bytes, filename=f"{kind}.png")
    if callable(getattr(value, "read", None)):
        return _of_stream(value, kind, max_bytes)
    if hasattr(value, "__array_interface__") or hasattr(value, "__array__"):
        return _of_bytes(encode(from_array(value), "image/png"), kind, max_bytes, filename=f"{kind}.png")
    url = getattr(value, "url", None)
    if isinstance(url, str) and url[:8].lower().startswith(_WEB):
        return _of_url(url)
    raise InvalidInput(
        f"{type(value).__name__} is not a picture or a file; give a path, bytes, a file object, a PIL image, an array, "
        "a URL, or an earlier result"
    )


def _of_artifact(artifact: Artifact, kind: Kind, max_bytes: int) -> InputFile:
    if artifact.path is not None and not artifact.error:
        return _of_path(artifact.path, kind, max_bytes, filename=artifact.filename)
    return _of_bytes(artifact.bytes, kind, max_bytes, filename=artifact.filename)


def _of_text(text: str, kind: Kind, max_bytes: int) -> InputFile:
    stripped = text.strip()
    if not stripped:
        raise InvalidInput("an empty string is not a file")
    scheme = stripped[:8].lower()
    if scheme.startswith(_WEB):
        return _of_url(stripped)
    if scheme.startswith("data:"):
        return _of_bytes(decode_data_uri(stripped, max_bytes), kind, max_bytes)
    if scheme.startswith("file:"):
        return _of_path(Path(url2pathname(_split(stripped).path)), kind, max_bytes)
    if _exists(text):
        return _of_path(Path(text), kind, max_bytes)
    data = decode_base64(stripped, max_bytes)
    if data is not None and is_among(sniff(data), _BINARY):
        return _of_bytes(data, kind, max_bytes)
    if len(stripped) > _MAX_PATH_CHARS:
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


def _of_path(path: Path, kind: Kind, max_bytes: int, *, filename: str = "") -> InputFile:
    path = expanded(path)
    if not _exists(str(path)):
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


def _of_bytes(data: bytes, kind: Kind, max_bytes: int, *, filename: str = "") -> InputFile:
    _check_size(len(data), max_bytes, "this")
    media_type = _checked(data, kind, "this")
    return InputFile(
        filename=filename or f"{kind}{suffix_of(media_type)}", media_type=media_type, data=data, size=len(data)
    )


def _of_stream(stream: Any, kind: Kind, max_bytes: int) -> InputFile:
    if isinstance(stream, io.TextIOBase):
        raise InvalidInput("this file was opened as text; open it with mode 'rb'")
    data = stream.read(max_bytes + 1)
    if not isinstance(data, bytes | bytearray | memoryview):
        raise InvalidInput(f"read() of {type(stream).__name__} gave {type(data).__name__}, not bytes")
    if not data:
        raise InvalidInput("the file object gave no bytes; was it read already? seek(0) goes back to its beginning")
    name = getattr(stream, "name", "")
    return _of_bytes(bytes(data), kind, max_bytes, filename=Path(name).name if isinstance(name, str) else "")


def _check_size(size: int, max_bytes: int, what: str) -> None:
    if size == 0:
        raise InvalidInput(f"{what} is empty")
    if size > max_bytes:
        raise InvalidInput(f"{what} is larger than {max_bytes / 1e6:,.0f} MB")


def _checked(head: bytes, kind: Kind, what: str) -> str:
    """The media type of the content; pictures only, where a picture is asked for."""
    media_type = sniff(head)
    if kind in _PICTURE_KINDS and media_type not in RASTER:
        found = media_type or f"unknown content (it begins with {head[:8].hex(' ')})"
        raise InvalidInput(f"{what} is not a picture that can be used: {found}")
    return media_type or "application/octet-stream"


def is_picture_name(name: str) -> bool:
    """Whether a parameter of that name takes a picture, where no schema says it: by the names that schemas use."""
    low = name.lower()
    return low in IMAGE_NAMES or low in MASK_NAMES or low.endswith(("_image", "_image_url", "_mask"))


def is_file_uri(text: str) -> bool:
    """Whether a string is a `file:` URI: nobody far away can read one."""
    return text.strip()[:7].lower() == "file://"


def looks_like_media_path(text: str, media: Collection[str] = _PICTURES) -> bool:
    """Whether a string in a place where texts stand too is a file to upload, so that no prompt ever uploads one.

    It looks like a path, *and* the file exists, *and* its content is one of `media`, which are
    families such as `"image"`, or types.
    """
    if not _is_pathlike(text) or not _exists(text):
        return False
    path = expanded(Path(text))
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return is_among(sniff(file.read(HEAD_BYTES)), media)
    except OSError:
        return False


def is_missing_path(text: str) -> bool:
    """Whether a string is plainly meant as a file and there is none: to be refused, instead of sent as text.

    It starts with `./`, `../`, `/` or `~/`, or ends like a medium's file name; and has no blanks but for the name of a
    medium after such a start. "/imagine a cat" and "a sign that says photo.png" are texts.
    """
    if "://" in text or not _is_pathlike(text) or _exists(text):
        return False
    blank = bool(re.search(r"\s", text.strip()))
    return not blank or (bool(_PATH_START.match(text.strip())) and _has_media_suffix(text))


def _is_pathlike(text: str) -> bool:
    stripped = text.strip()
    if not stripped or len(stripped) > _MAX_PATH_CHARS or any(ord(c) < 32 for c in stripped):
        return False
    return bool(_PATH_START.match(stripped)) or _has_media_suffix(stripped)


def _has_media_suffix(text: str) -> bool:
    return os.path.splitext(text.strip())[1].lower() in MEDIA_SUFFIXES  # noqa: PTH122 - a text, not yet a path


def _exists(text: str) -> bool:
    """Whether a file of that name exists; never raises, whatever the text."""
    try:
        return len(text) <= _MAX_PATH_CHARS * 4 and expanded(Path(text)).exists()
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
        return InvalidInput(f"no file {shown!r}")
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.6)
    if not near:
        near = [other for other in names if Path(other).stem.lower() == path.stem.lower()][:1]
    if not near:
        return InvalidInput(f"no file {shown!r}")
    parent = os.path.dirname(text)  # noqa: PTH120 - as the user wrote it, `./` included
    written = os.path.join(parent, near[0]) if parent else f".{os.sep}{near[0]}"  # noqa: PTH118
    return InvalidInput(f"no file {shown!r}; did you mean {written!r}?")
