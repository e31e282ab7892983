"""Metadata on disk: a picture's own, or that of the side file which stands beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ...core.errors import MediaError, StorageError
from .readers import FileMetadata, of_record, read_metadata
from .record import Record

MAX_FILE_BYTES = 500_000_000
MAX_SIDE_BYTES = 4_000_000
_HEAD_BYTES = 64  # our JSON begins with its own name


def side_path(path: Path) -> Path:
    """Where the record of a file goes that cannot carry it: `<stem>.json`, unless that is another's file.

    Raises `StorageError`.
    """
    usual, other = _beside(path)
    return other if usual == path or not _may_be_ours(usual) else usual


def read_file(path: str | Path) -> FileMetadata:
    """What a file says of its making, or our side file beside it. Raises `StorageError` where it cannot be read."""
    path = Path(path).expanduser()
    found = read_metadata(_read(path, MAX_FILE_BYTES))
    if found.record is not None:
        return found
    for side in _beside(path):
        if side == path or not side.is_file():
            continue
        try:
            text = _read(side, MAX_SIDE_BYTES).decode("utf-8", "replace")
            return replace(of_record(Record.from_text(text)), raw=found.raw)
        except (MediaError, StorageError):
            continue
    return found


def _beside(path: Path) -> tuple[Path, Path]:
    return path.with_suffix(".json"), path.with_suffix(".ipyimagegen.json")


def _may_be_ours(path: Path) -> bool:
    """Whether nothing of somebody else's is there."""
    try:
        with path.open("rb") as file:
            return b'"ipyimagegen"' in file.read(_HEAD_BYTES)
    except FileNotFoundError:
        return True
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror or error}") from error


def _read(path: Path, limit: int) -> bytes:
    try:
        data = path.read_bytes() if path.stat().st_size <= limit else None
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror or error}") from error
    if data is None:
        raise StorageError(f"{path} is larger than {limit / 1e6:,.0f} MB")
    return data
