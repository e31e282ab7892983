"""Files beside pictures that must not, or cannot, carry their record: each belongs to one picture, by its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import MediaError, StorageError
from .record import Record, read_json

MAX_SIDE_BYTES = 4_000_000
_OF = "of"


@dataclass(frozen=True, slots=True)
class Side:
    """A side file that was read: whose it is, and the record in it. `sha256` is `""` where it does not say."""

    path: Path
    record: Record
    sha256: str
    name: str


def side_file(record: Record, data: bytes | Path, name: str = "") -> bytes:
    """The bytes of a side file for the picture `data`, which is called `name`. Raises `OSError` for a file it is in."""
    of = {"sha256": digest(data)} | ({"name": name} if name else {})
    text = json.dumps(record.to_json() | {_OF: of}, ensure_ascii=False, indent=2, default=str)
    return (text + "\n").encode("utf-8", "replace")


def digest(data: bytes | Path) -> str:
    """The SHA-256 of bytes or of a file, hexadecimal. A file is read piece by piece."""
    if isinstance(data, bytes):
        return hashlib.sha256(data).hexdigest()
    with data.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sides(path: Path) -> Iterator[Side]:
    """The side files that stand beside `path`, its own or another picture's."""
    for place in _places(path):
        if (side := _read(place)) is not None:
            yield side


def side_path(path: Path) -> Path:
    """Where the record of a file goes that cannot carry it: `<stem>.json`, unless that is another's file.

    Raises `StorageError`.
    """
    for place in _places(path):
        if place != path and (not _exists(place) or _is_of(_read(place), path)):
            return place
    raise StorageError(f"the names for a file beside {path} are taken by files of other pictures or programs")


def drop_sides(path: Path, but: Path | None = None) -> None:
    """Delete the side files of `path`, which is another picture now or needs none. Raises `StorageError`."""
    for side in sides(path):
        if side.path != but and _is_of(side, path):
            try:
                side.path.unlink(missing_ok=True)
            except OSError as error:
                raise StorageError(f"cannot delete {side.path}: {error.strerror or error}") from error


def _is_of(side: Side | None, path: Path) -> bool:
    return side is not None and side.name == path.name


def _places(path: Path) -> list[Path]:
    names = [
        path.with_suffix(".json"),
        path.with_suffix(".ipyimagegen.json"),
        path.with_name(f"{path.name}.ipyimagegen.json"),
    ]
    return [place for place in names if place != path]


def _exists(path: Path) -> bool:
    try:
        return path.exists() or path.is_symlink()
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror or error}") from error


def _read(path: Path) -> Side | None:
    """The side file there, `None` for anything else. A file that is there and cannot be read is somebody else's."""
    try:
        if not path.is_file() or path.stat().st_size > MAX_SIDE_BYTES:
            return None
        data = read_json(path.read_bytes().decode("utf-8", "replace"), limit=MAX_SIDE_BYTES)
        record = Record.from_json(data)
    except (OSError, MediaError):
        return None
    of = data.get(_OF) if isinstance(data, dict) else None
    said = of if isinstance(of, dict) else {}
    return Side(path, record, str(said.get("sha256", "")), str(said.get("name", "")))
