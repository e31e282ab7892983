"""What a task's `input` may hold, and what of it is a file to upload: decided by the app's schema and by content.

The documentation promises that local paths, `data:` URIs and base64 are uploaded wherever they stand, and that URLs
pass through. A prompt never is a file, whatever it is called; a string that merely has the letters of base64, or of a
path, is a text.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...core.errors import ImagegenError, InvalidInput, Problem
from ...core.params import MEDIA_KINDS, PROMPT_NAMES, Kind, Param, Params
from ...core.requests import InputFile
from ...media.encoded import decode_base64, decode_data_uri
from ...media.inputs import MAX_INPUT_BYTES, as_input, is_missing_path, is_picture_name, looks_like_media_path
from ...media.sniff import MEDIA_SUFFIXES, sniff
from .file import File

MEDIA = ("image", "video", "audio", "model", "application/pdf", "application/zip")
"""What a string in an open place must hold, in a file or in base64, to be uploaded."""

TEXT_NAMES = frozenset({*PROMPT_NAMES, "negative_prompt", "system_prompt", "query", "caption"})
PATH_STARTS = ("/", "./", "../", "~/", ".\\", "..\\")
URLS = ("http://", "https://")
RECORD_FIELDS = frozenset(
    {"id", "uri", "upload_url", "path", "filename", "content_type", "size", "public", "created_at", "updated_at"}
)
MAX_DEPTH = 8
SHORT_CHARS = 32
"""A text of up to so many characters is no base64 of a file."""


def needs_schema(values: Mapping[str, Any]) -> bool:
    """Whether the input holds anything that could be a file, so that the app's schema is worth asking for."""
    return any(_could_be_file(value) for name, value in values.items() if name.lower() not in TEXT_NAMES)


def _could_be_file(value: object, depth: int = 0) -> bool:
    if isinstance(value, str):
        encoded = len(value) > SHORT_CHARS and not any(c.isspace() for c in value[:SHORT_CHARS])
        return not value.startswith(URLS) and (
            encoded or os.sep in value or looks_like_media_path(value, MEDIA) or is_missing_path(value)
        )
    if isinstance(value, Mapping | list | tuple) and depth < MAX_DEPTH:
        entries = value.values() if isinstance(value, Mapping) else value
        return any(_could_be_file(entry, depth + 1) for entry in entries)
    return not (value is None or isinstance(value, bool | int | float))


def with_files(values: Mapping[str, Any], params: Params | None) -> dict[str, Any]:
    """The input with an `InputFile` in each place where a file is meant. `params` is the app's schema, if known.

    Reads files: call it away from the event loop. Raises one `InvalidInput` that names every problem.
    """
    problems: list[Problem] = []
    result: dict[str, Any] = {}
    for name, value in values.items():
        try:
            result[name] = _walk(value, name, params.get(name) if params else None, 0)
        except InvalidInput as error:
            problems += [Problem(problem.name or name, problem.message) for problem in error.problems]
    if problems:
        raise InvalidInput(problems)
    return result


def _walk(value: object, name: str, param: Param | None, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise InvalidInput([Problem(name, f"nested more than {MAX_DEPTH} deep")])
    if value is None or isinstance(value, bool | int | float):
        return value
    kind = _kind(name, param)
    if isinstance(value, str):
        return _text(value, name, kind)
    if isinstance(value, Mapping):
        if _is_record(value):
            return dict(value)
        return {str(key): _walk(entry, str(key), None, depth + 1) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        item = param.item if param else None
        return [_walk(entry, name, item, depth + 1) for entry in value]
    if isinstance(value, File):
        return value.uri if value.uri and not value.is_local else as_input(Path(value.path), kind="file")
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        return value.item()  # a NumPy scalar
    return _place(as_input(value, kind=kind if kind in MEDIA_KINDS else "file", name=name))


def _is_record(value: Mapping[Any, Any]) -> bool:
    """Whether this is what a task's output, or an upload, tells of a file at the service: it goes in as it is."""
    uri = value.get("uri")
    return isinstance(uri, str) and uri.lower().startswith(URLS) and RECORD_FIELDS.issuperset(value)


def _kind(name: str, param: Param | None) -> Kind | None:
    """What the place takes: a media kind, `text`, another kind of the schema, or `None` where nobody knows."""
    low = name.lower()
    if param is not None and param.kind not in ("any", "list", "object"):
        return param.kind
    if low in TEXT_NAMES:
        return "text"
    return "image" if is_picture_name(low) else None


def _text(value: str, name: str, kind: Kind | None) -> Any:
    if kind in ("image", "mask", "file"):
        return _place(as_input(value, kind=kind, name=name)) if value.strip() else value
    if name.lower() in TEXT_NAMES or kind not in (None, "text") or value.startswith(URLS):
        return value
    data = _encoded(value)
    if data is not None:
        return as_input(data, kind="file", name=name)
    if looks_like_media_path(value, MEDIA):
        return as_input(Path(value), kind="file", name=name)
    if is_missing_path(value) and (kind is None or _is_plainly_a_picture_file(value)):
        raise InvalidInput([Problem(name, _missing(value, name))])
    return value


def _is_plainly_a_picture_file(text: str) -> bool:
    return text.startswith(PATH_STARTS) and Path(text).suffix.lower() in MEDIA_SUFFIXES


def _missing(value: str, name: str) -> str:
    try:
        as_input(Path(value), kind="file", name=name)
    except InvalidInput as error:
        return error.problems[0].message
    return f"no file {value!r}"


def _encoded(value: str) -> bytes | None:
    """The bytes in a `data:` URI, or in base64 of a known medium; `None` for any other text."""
    try:
        if value[:5].lower() == "data:" and "," in value[:200]:
            return decode_data_uri(value, MAX_INPUT_BYTES)
        data = decode_base64(value.strip(), MAX_INPUT_BYTES)
    except ImagegenError as error:
        raise InvalidInput(str(error)) from error
    return data if data is not None and _is_medium(sniff(data)) else None


def _is_medium(media_type: str) -> bool:
    return media_type in MEDIA or media_type.partition("/")[0] in MEDIA


def _place(file: InputFile) -> Any:
    """A URL stays what it is; anything else is uploaded."""
    return file.url or file
