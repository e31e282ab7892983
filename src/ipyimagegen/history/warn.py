"""A journal that cannot be written to stops no job. It is told once for each folder, as a warning."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

_told: set[Path] = set()


def warn_once(error: BaseException, folder: Path) -> None:
    """Tell of the first thing that the journal in `folder` could not do."""
    if folder not in _told:
        _told.add(folder)
        text = f"{error}; jobs that the journal misses cannot be attached to later (this is said once)"
        warnings.warn(text, RuntimeWarning, stacklevel=2)


def watcher(folder: Path) -> Callable[[Future[Any]], None]:
    """A callback for what the journal in `folder` is about to write."""

    def look(written: Future[Any]) -> None:
        error = written.exception()
        if error is not None:
            warn_once(error, folder)

    return look
