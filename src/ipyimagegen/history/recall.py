"""The user's own journal: looking back, and what it cost."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..core import forks
from ..core.arguments import number
from ..core.cost import Cost
from ..media.results import Result
from ..settings.home import home
from .journal import Journal
from .query import Moment, Price, Sort, asked, named

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


def search(
    query: str = "",
    *,
    limit: int = 100,
    model: str | None = None,
    since: Moment = None,
    until: Moment = None,
    cost: Price = None,
    starred: bool | None = None,
    tag: str | Sequence[str] | None = None,
    seed: int | None = None,
    sort: Sort = "newest",
    params: Mapping[str, Any] | None = None,
    **more: Any,
) -> list[Result]:
    """Results whose model, prompt, job id, tags or note has every word of `query`, newest first.

    Case and accents do not count, and a part of a word is enough. `model` is a part of its name; `since` and `until`
    are times such as `"7d"`, `"monday"`, `"2026-11-28"`, a date or a datetime; `cost` is in US dollars: `"<0.05"`,
    `"free"`, `"unknown"`, a number or `(least, most)`; any other name is a parameter as it was sent (`params` takes
    those that are named like an argument here, or nearly so). No picture is read before use. Raises `InvalidInput`
    with every problem, and `StorageError` where the journal cannot be read, as all of these do.

    >>> search("überraschung", since="7d", num_inference_steps=20)  # doctest: +SKIP
    """
    wanted = asked(
        query,
        model=model,
        since=since,
        until=until,
        cost=cost,
        starred=starred,
        tag=tag,
        seed=seed,
        sort=sort,
        limit=limit,
        params={**(params or {}), **named(more)},
    )
    return journal().results(wanted)


def spent(*, days: float = 30) -> list[tuple[str, int, Cost]]:
    """`(model, jobs, cost)` of the last days, dearest first. A cost that nobody knows is unknown, not 0."""
    return journal().costs(since=time.time() - number(days, "days") * DAY_S)


def clear(*, older_than_days: float) -> int:
    """Forget ended jobs older than that, and their pictures. Returns how many jobs. Cannot be undone."""
    return journal().clear(before=time.time() - number(older_than_days, "older_than_days") * DAY_S)
