"""What a task's `input` may hold, and what of it is a file to upload: decided by the app's schema and by a path's form.

The documentation promises that local paths, `data:` URIs and base64 are uploaded wherever they stand, and that URLs
pass through; so does what an upload gave (`inf://…`), and what lies in a store that the service reads by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...core.params import Params
from ...core.paths import form_of, is_address, place_of
from ...core.requests import InputFile
from ...media.inputs import as_input
from ..kit.inputs import Promise
from ..kit.inputs import with_files as found
from .errors import SERVICE
from .file import File

PROMISE = Promise(service=SERVICE, paths=True, encoded=True, words=True, records=True)
MAX_DEPTH = 8
SHORT_CHARS = 32
"""A text of up to so many characters is no base64 of a file."""


def needs_schema(values: Mapping[str, Any]) -> bool:
    """Whether the input holds anything that could be a file, so that the app's schema is worth asking for."""
    return any(_could_be_file(value) for name, value in values.items() if place_of(name) != "words")


def _could_be_file(value: object, depth: int = 0) -> bool:
    if isinstance(value, str):
        encoded = len(value) > SHORT_CHARS and not any(c.isspace() for c in value[:SHORT_CHARS])
        return value[:5].lower() == "data:" or (not is_address(value) and (encoded or form_of(value) != "text"))
    if isinstance(value, Mapping | list | tuple) and depth < MAX_DEPTH:
        entries = value.values() if isinstance(value, Mapping) else value
        return any(_could_be_file(entry, depth + 1) for entry in entries)
    return not (value is None or isinstance(value, bool | int | float))


def with_files(values: Mapping[str, Any], params: Params | None) -> dict[str, Any]:
    """The input with an `InputFile` in each place where a file is meant. `params` is the app's schema, if known.

    Reads files: call it away from the event loop. Raises one `InvalidInput` that names every problem.
    """
    return found(values, PROMISE, params=params, own=file_of)


def file_of(value: Any) -> str | InputFile | None:
    """The address of a `File` at the service, or the file that a local one is."""
    if not isinstance(value, File):
        return None
    return value.uri if value.uri and not value.is_local else as_input(Path(value.path), kind="file")
