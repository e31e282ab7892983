"""Which files `Gallery("folder/*.png")` means: a pattern, a folder, or paths."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from pathlib import Path

from ....core.errors import InvalidInput, StorageError
from ....core.paths import form_of
from ....media.artifacts import Artifact
from ....media.names import expanded
from ....media.opened import opened
from ....media.sniff import PICTURE_SUFFIXES


def means_files(text: str) -> bool:
    """Whether a text is a path or a pattern, and no query of the history.

    A path has the form of one (`./fox`, `~/pictures`, `fox.png`, `out/`), is a pattern (`*`), or holds a slash and is
    there: `local/sketch` is a model's name, which people look for, and `fox` a word.
    """
    if form_of(text) != "text" or "*" in text or text.endswith(("/", os.sep)):
        return True
    return any(mark in text for mark in "/\\") and _exists(text)


def pictures_at(where: str | os.PathLike[str], *, limit: int) -> list[Artifact]:
    """The pictures of a path, a folder or a pattern (`**` goes into folders), the newest `limit` of them.

    Of folders and patterns the files with a picture's suffix are taken. What cannot be read is an artifact whose
    `error` says why. Raises `InvalidInput` where no file is meant.
    """
    path = expanded(where)
    if path.is_dir():
        found = _newest(path.iterdir(), limit)
    elif glob.has_magic(str(path)) and not path.exists():
        found = _newest(map(Path, glob.iglob(str(path), recursive=True)), limit)  # noqa: PTH207 (absolute ones too)
    else:
        return [opened(path)]
    if not found:
        raise InvalidInput(f"a gallery of {os.fspath(where)!r}: there is no picture (such as .png, .jpg, .webp)")
    return [opened(file) for file in found]


def _newest(files: Iterator[Path], limit: int) -> list[Path]:
    """Oldest first, as the history gives its results."""
    try:
        known = [(_changed(file), file) for file in files if file.suffix.lower() in PICTURE_SUFFIXES]
    except OSError as error:
        raise StorageError(f"cannot read the folder: {error.strerror or error}") from error
    return [file for _, file in sorted(known)[-limit:]]


def _changed(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def _exists(text: str) -> bool:
    try:
        return expanded(text).exists()
    except (OSError, ValueError, InvalidInput):
        return False
