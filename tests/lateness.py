"""What must be soon, on a machine that may be busy."""

from __future__ import annotations

from collections.abc import Callable


def at_some_time(true: Callable[[], bool]) -> bool:
    """Whether it is true one time of several: a machine is busy for a moment once, what is late is so always."""
    return any(true() for _ in range(5))
