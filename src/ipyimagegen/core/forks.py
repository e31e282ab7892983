"""What a forked child makes anew: of its parent's threads it has none, and their locks stay as they were.

`multiprocessing` forks by default on Linux up to Python 3.13, so a client that was made before is used in the child.
"""

from __future__ import annotations

import os
import threading
import weakref
from typing import Protocol


class Forked(Protocol):
    """Something that holds locks, threads, or what only they would finish."""

    def after_fork_in_child(self) -> None:
        """Begin anew. Must take no lock: whoever held it is not here."""


_renewed: weakref.WeakSet[Forked] = weakref.WeakSet()
_locks: weakref.WeakSet[threading.Lock] = weakref.WeakSet()


def renew(owner: Forked) -> None:
    """Call `owner.after_fork_in_child()` in each forked child, for as long as somebody holds `owner`."""
    _renewed.add(owner)


def lock() -> threading.Lock:
    """A lock that is free in a forked child, whoever held it at that moment."""
    made = threading.Lock()
    _locks.add(made)
    return made


def _begin_anew() -> None:
    for held in tuple(_locks):
        held._at_fork_reinit()  # type: ignore[attr-defined] # noqa: SLF001 (as Python's own logging and threading do)
    for owner in tuple(_renewed):
        owner.after_fork_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
