"""What must be soon, on a machine that may be busy."""

from __future__ import annotations

import time
from collections.abc import Callable

TRIES = 5
PATIENCE_S = 20.0


def at_some_time(true: Callable[[], bool]) -> bool:
    """Whether it is true one time of several: a machine is busy for a while, what is late is so always."""
    until = time.monotonic() + PATIENCE_S
    tries = 0
    while tries < TRIES or time.monotonic() < until:
        if true():
            return True
        tries += 1
    return False


def soon(true: Callable[[], bool]) -> bool:
    """Whether it comes to be true, by what another thread or process does."""
    until = time.monotonic() + PATIENCE_S
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True
