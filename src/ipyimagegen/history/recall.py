"""The user's own journal: looking back, and what it cost."""

from __future__ import annotations

import os
import time
from pathlib import Path

from ..core import forks
from ..core.arguments import number, text, whole
from ..core.cost import Cost
from ..media.results import Result
from ..settings.home import home
from .journal import Journal

DAY_S = 86_400

_lock = forks.lock()
_journals: dict[tuple[int, Path], Journal] = {}


def journal() -> Journal:
    """The journal of this user, in `home()`; the same object for the same folder."""
    folder = home()
    with _lock:
        key = (os.getpid(), folder)  # a forked child has none of the parent's threads
        if key not in _journals:
            _journals[key] = Journal(folder)
        return _journals[key]


def search(query: str = "", *, limit: int = 100) -> list[Result]:
    """Results whose model, prompt or job id has every word of `query`, newest first. No picture is read before use.

    Raises `InvalidInput`, and `StorageError` where the journal cannot be read, as all of these do.
    """
    words = text(query, "query", "words to look for")
    return journal().results(words, limit=whole(limit, "limit"))


def spent(*, days: float = 30) -> list[tuple[str, int, Cost]]:
    """`(model, jobs, cost)` of the last days, dearest first. A cost that nobody knows is unknown, not 0."""
    return journal().costs(since=time.time() - number(days, "days") * DAY_S)


def clear(*, older_than_days: float) -> int:
    """Forget ended jobs older than that, and their pictures. Returns how many jobs. Cannot be undone."""
    return journal().clear(before=time.time() - number(older_than_days, "older_than_days") * DAY_S)
