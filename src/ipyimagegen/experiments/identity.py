"""Who a cell is: the hash of its effective request. Cells of the same identity are the same picture, paid once.

Also requests as plain data, so that a cell that was not sent yet can be sent by another kernel.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from ..core.errors import InvalidInput
from ..core.foreign import as_json
from ..core.models import ModelSpec
from ..core.requests import InputFile, Request

_FILE = "$file"
"""The key of an object that stands for an input file."""


class KeptInputs(Protocol):
    """Where the contents of input files are kept: by their hash."""

    def keep_input(self, file: InputFile, sha256: str) -> None:
        """Keep its content. Raises `StorageError`."""

    def input_path(self, sha256: str, media_type: str) -> Path:
        """Where it is kept."""


def identity_of(
    request: Request, spec: ModelSpec, *, repeat: int = 1, hash_of: Callable[[InputFile], str] | None = None
) -> str:
    """The hash of what a model is really asked: defaults filled in, values clamped, files by their content.

    `repeat` counts only where no seed tells one repeat from the next. Reads files, unless `hash_of` knows them.
    """
    defaults = {param.name: param.default for param in spec.params.values() if param.default is not None}
    seeded = request.seed is not None
    effective = {
        "model": request.id,
        "values": _canonical({**defaults, **request.values}, hash_of or content_hash),
        "repeat": None if seeded else repeat,
    }
    text = json.dumps(effective, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def content_hash(file: InputFile) -> str:
    """The SHA-256 of a file's content; of its address, where it is one. Raises `InvalidInput` for a lost file."""
    if file.url:
        return hashlib.sha256(file.url.encode()).hexdigest()
    try:
        if file.path is None:
            return hashlib.sha256(file.data).hexdigest()
        with file.path.open("rb") as source:
            return hashlib.file_digest(source, "sha256").hexdigest()
    except OSError as error:
        raise InvalidInput(f"cannot read {file.filename!r}: {error.strerror or error}") from error


def _canonical(value: Any, hash_of: Callable[[InputFile], str]) -> Any:
    """`value` such that equal requests give equal texts: 7 and 7.0 are one number."""
    if isinstance(value, InputFile):
        return {_FILE: hash_of(value)}
    if isinstance(value, Mapping):
        return {str(key): _canonical(entry, hash_of) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(entry, hash_of) for entry in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return as_json(value)


class Contents:
    """Input files by their hash: each is read, and kept in `inputs`, once, however many cells it is in."""

    def __init__(self, inputs: KeptInputs) -> None:
        self._inputs = inputs
        self._hashes: dict[int, tuple[str, InputFile]] = {}

    def hash_of(self, file: InputFile) -> str:
        """The hash of a file, which is kept from now on. Raises `InvalidInput` and `StorageError`."""
        known = self._hashes.get(id(file))
        if known is None:
            sha256 = content_hash(file)
            if not file.url:
                self._inputs.keep_input(file, sha256)
            known = self._hashes[id(file)] = (sha256, file)  # held, so that no other takes its id
        return known[0]

    def all(self) -> set[str]:
        """The hashes of those that are kept."""
        return {sha256 for sha256, file in self._hashes.values() if not file.url}


def to_plain(value: Any, contents: Contents) -> Any:
    """A value of a request for a journal; files stand as their hash."""
    if isinstance(value, InputFile):
        sha256 = contents.hash_of(value)
        about = {"sha256": sha256, "filename": value.filename, "media_type": value.media_type, "size": value.size}
        return {_FILE: {**about, "url": value.url}}
    if isinstance(value, Mapping):
        return {str(key): to_plain(entry, contents) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(entry, contents) for entry in value]
    return as_json(value)


def from_plain(value: Any, inputs: KeptInputs) -> Any:
    """`to_plain` backwards. A file that was cleared meanwhile is noticed when it is read."""
    if isinstance(value, dict):
        about = value.get(_FILE)
        if isinstance(about, dict) and len(value) == 1:
            return _file(about, inputs)
        return {key: from_plain(entry, inputs) for key, entry in value.items()}
    return [from_plain(entry, inputs) for entry in value] if isinstance(value, list) else value


def _file(about: Mapping[str, Any], inputs: KeptInputs) -> InputFile:
    """A file by its hash: nothing else that stands in a recipe, which may be a stranger's, leads to a path."""
    sha256, url = str(about.get("sha256")), str(about.get("url") or "")
    if not re.fullmatch("[0-9a-f]{64}", sha256) or not isinstance(about.get("size"), int):
        raise ValueError("an input file without its hash")
    media_type = str(about.get("media_type"))
    path = None if url else inputs.input_path(sha256, media_type)
    filename = str(about.get("filename"))
    return InputFile(filename=filename, media_type=media_type, path=path, url=url, size=about["size"])
