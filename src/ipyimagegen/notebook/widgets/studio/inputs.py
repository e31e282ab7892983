"""Pictures and files that go into a form: kept by their content, and described to the page without their bytes."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from ....core.errors import MediaError, StorageError, capped
from ....core.events import JSON, Output
from ....core.requests import InputFile
from ....history import home
from ....history.files import Files
from ....media.artifacts import Artifact, Payload, make_artifact
from ....media.sniff import HEAD_BYTES, dimensions, sniff
from .controls import plain
from .form import Unreadable

Medium = InputFile | Artifact | Unreadable


def kept_input(data: bytes, filename: str) -> InputFile:
    """An uploaded file, kept under its content's hash, so that code can name it and nothing holds its bytes.

    Where the disk refuses, the bytes are held instead. Raises `MediaError` for a damaged picture. Blocks.
    """
    media_type = sniff(data)
    artifact = make_artifact(Payload(data=data, media_type=media_type), Output(name="input", media_type=media_type))
    if artifact.note:
        raise MediaError(artifact.note)
    name = Path(filename.replace("\\", "/")).name or artifact.filename
    path: Path | None = None
    with contextlib.suppress(StorageError):
        path = Files(home() / "inputs").keep(artifact)
    held = b"" if path is not None else data
    return InputFile(filename=name, media_type=artifact.media_type, data=held, path=path, size=len(data))


def described_values(values: Mapping[str, Any]) -> dict[str, JSON]:
    """Values for the page: media are described, everything else is plain JSON."""
    return {name: described(value) for name, value in values.items()}


def described(value: Any) -> JSON:
    """One value for the page."""
    if isinstance(value, InputFile | Artifact | Unreadable):
        return dict(medium(value))
    if isinstance(value, list) and any(isinstance(entry, InputFile | Artifact | Unreadable) for entry in value):
        return [described(entry) for entry in value]
    return plain(value)


def medium(value: Medium) -> dict[str, JSON]:
    """A medium as the page's contract has it: `key` asks for its picture."""
    made: dict[str, JSON] = {
        "key": key_of(value),
        "name": "",
        "type": "",
        "size": 0,
        "width": 0,
        "height": 0,
        "url": "",
        "problem": "",
    }
    match value:
        case Unreadable(given=given, why=why):
            return made | {"name": capped(given, 120), "problem": capped(why, 500)}
        case Artifact():
            size = {"size": value.size, "width": value.width, "height": value.height}
            return made | size | {"name": capped(value.filename, 120), "type": value.media_type}
        case InputFile():
            width, height = _size(value)
            size = {"size": value.size, "width": width, "height": height}
            url = value.url if value.url.startswith(("http://", "https://")) else ""
            return made | size | {"name": capped(value.filename, 120), "type": value.media_type, "url": url}


def media_in(values: Mapping[str, Any]) -> Iterator[tuple[str, InputFile | Artifact]]:
    """The media of a form by key."""
    for value in values.values():
        for entry in value if isinstance(value, list) else [value]:
            if isinstance(entry, InputFile | Artifact):
                yield key_of(entry), entry


def key_of(value: Medium) -> str:
    """A short name for a medium's content."""
    if isinstance(value, Artifact):
        return f"in:{value.sha256[:24]}"
    return "" if isinstance(value, Unreadable) or value.url else f"in:{_digest(value)}"


@lru_cache(maxsize=32)
def _digest(value: InputFile) -> str:
    named = value.data or f"{value.path} {value.size}".encode()
    return hashlib.sha256(named).hexdigest()[:24]


@lru_cache(maxsize=32)
def _size(value: InputFile) -> tuple[int, int]:
    head = value.data
    if value.path is not None:
        with contextlib.suppress(OSError), value.path.open("rb") as file:
            head = file.read(max(HEAD_BYTES, 1 << 16))
    return dimensions(head) or (0, 0)
