"""What a file on disk says of its making: in itself, or in the side file that belongs to it."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

from ...core.errors import StorageError
from .found import Found, of_record
from .readers import read_data
from .record import KEYWORD
from .side import Side, digest, sides
from .window import Window


def read_file(path: str | Path) -> Found:
    """What a file says of its making, or our side file beside it. Raises `StorageError` where it cannot be read.

    Only the parts with texts are read, so that a file may be of any size. What the file says itself comes first; a side
    file counts where it names exactly these bytes, for which the file is read once.
    """
    path = Path(path).expanduser()
    try:
        is_file = stat.S_ISREG(path.stat().st_mode)
        if is_file:
            with path.open("rb") as file:
                found = read_data(Window(file))
            return _with_side(found, path)
    except (OSError, ValueError) as error:
        raise StorageError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error
    raise StorageError(f"{path} is no file")


def _with_side(found: Found, path: Path) -> Found:
    beside = list(sides(path))
    if not beside or (found.record is not None and not any(_completes(side, found) for side in beside)):
        return found
    sha256 = digest(path)
    side = next((side for side in beside if side.sha256 == sha256), None)
    if side is None:
        if not found:
            names = ", ".join(side.path.name for side in beside)
            found = found.with_doubt(f"{names} beside it is not of this picture, or does not say so")
        return found
    if found.record is not None and not _completes(side, found):
        return found
    if found and found.tool != KEYWORD:
        return replace(found, record=side.record)
    return replace(of_record(side.record), raw=found.raw)


def _completes(side: Side, found: Found) -> bool:
    """Whether the file carries the short form of what stands beside it."""
    return found.record is not None and side.record.at("minimal") == found.record
