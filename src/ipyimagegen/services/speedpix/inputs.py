"""Files in a workflow's inputs: found, and turned into what the service takes."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from ...core.errors import InvalidInput, Problem
from ...core.requests import InputFile
from ...media.inputs import as_input, is_file_uri, is_missing_path, looks_like_media_path
from ...media.sniff import MEDIA_SUFFIXES, media_type_of_suffix
from .files import File
from .orders import Strategy
from .outputs import FileList, FileMapping, FileOutput

NAMED = ("image/jpeg", "image/png", "image/gif", "image/bmp", "image/webp", "video/mp4", "video/quicktime")
"""The media that the documentation names: a path in an input is uploaded if its file is one of these."""
MAX_BASE64_BYTES = 1 << 20
TEXTS = ("prompt", "text", "caption", "description", "title")
"""An input whose name is or ends like one of these holds words: it is never looked at as a path."""
MAX_DEPTH = 12

Upload = Callable[[InputFile], Awaitable[File]]


async def prepared(inputs: Mapping[str, Any], strategy: Strategy, upload: Upload) -> dict[str, Any]:
    """`inputs` as JSON can hold them: every file uploaded (`url`), or as a `data:` URI (`base64`).

    Reads files and uploads them, all at once. Raises one `InvalidInput` for everything that cannot be sent, before
    anything is uploaded, and what `upload` raises.
    """
    problems: list[Problem] = []
    found = await asyncio.to_thread(_found, inputs, "", "", problems, 0)
    files = list({id(file): file for file in _files_in(found)}.values())
    if strategy == "base64":
        problems += [_too_large(file) for file in files if not file.url and file.size > MAX_BASE64_BYTES]
    if problems:
        raise InvalidInput(problems, model="speedpix")

    async def text(file: InputFile) -> str:
        if file.url:
            return file.url
        if strategy == "base64":
            return await asyncio.to_thread(_data_uri, file)
        return (await upload(file)).access_url

    texts = await asyncio.gather(*(text(file) for file in files))
    ready: dict[str, Any] = _put(found, {id(file): ready for file, ready in zip(files, texts, strict=True)})
    return ready


def _found(value: Any, name: str, where: str, problems: list[Problem], depth: int) -> Any:
    """`value` with every file in it as an `InputFile`. `name` is the nearest key, `where` the way to it."""
    if value is None or isinstance(value, bool | int | float | InputFile):
        return value
    if isinstance(value, FileOutput | FileMapping | FileList):
        return str(value)
    if isinstance(value, File):
        return value.access_url
    if isinstance(value, Mapping | list | tuple) and depth >= MAX_DEPTH:
        problems.append(Problem(where, "is nested too deeply"))
        return None
    if isinstance(value, Mapping):
        return {
            str(key): _found(entry, str(key), f"{where}.{key}" if where else str(key), problems, depth + 1)
            for key, entry in value.items()
        }
    if isinstance(value, list | tuple):
        return [_found(entry, name, f"{where}[{i}]", problems, depth + 1) for i, entry in enumerate(value)]
    try:
        return _from_text(value, name) if isinstance(value, str) else as_input(value, kind="file", name=where)
    except InvalidInput as error:
        problems += [Problem(where, problem.message) for problem in error.problems]
        return None


def _from_text(text: str, name: str) -> str | InputFile:
    """A text as it is, or the file that it names. Raises `InvalidInput` for a path with no usable file behind it."""
    if name.lower().endswith(TEXTS):
        return text
    if is_file_uri(text) or looks_like_media_path(text, NAMED) or is_missing_path(text):
        return as_input(text.strip(), kind="file")
    if os.path.splitext(text.strip())[1].lower() in MEDIA_SUFFIXES and _is_file(text):  # noqa: PTH122 - a text
        raise InvalidInput(
            f"{text.strip()!r} is a file, but its content is none of {', '.join(NAMED)}; "
            f"give Path({text.strip()!r}) to send it all the same"
        )
    return text


def _is_file(text: str) -> bool:
    try:
        return "://" not in text and Path(text.strip()).expanduser().is_file()
    except (OSError, ValueError, RuntimeError):
        return False


def _files_in(value: Any) -> list[InputFile]:
    if isinstance(value, InputFile):
        return [value]
    entries = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [file for entry in entries for file in _files_in(entry)]


def _put(value: Any, texts: Mapping[int, str]) -> Any:
    if isinstance(value, InputFile):
        return texts[id(value)]
    if isinstance(value, dict):
        return {key: _put(entry, texts) for key, entry in value.items()}
    return [_put(entry, texts) for entry in value] if isinstance(value, list) else value


def content_type(file: InputFile) -> str:
    """The media type to send a file as: what its content is, or else what its name says."""
    if file.media_type.partition("/")[0] in ("image", "video", "audio"):
        return file.media_type
    by_name = media_type_of_suffix(Path(file.filename).suffix)
    return by_name or file.media_type or "application/octet-stream"


def _data_uri(file: InputFile) -> str:
    return f"data:{content_type(file)};base64,{base64.b64encode(file.read()).decode('ascii')}"


def _too_large(file: InputFile) -> Problem:
    return Problem(
        file.filename,
        f"has {file.size:,} bytes; with file_encoding_strategy='base64' a file may have {MAX_BASE64_BYTES:,} at most: "
        "use 'url', which uploads it",
    )
