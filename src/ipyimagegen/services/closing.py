"""Connections whose owner was dropped without `close()` are closed all the same."""

from __future__ import annotations

import asyncio
import weakref

from ..net.http import Http
from ..runtime import Runtime, runtime


def close_when_gone(owner: object, http: Http) -> None:
    """Close the connections of `http` on the background loop once nobody holds `owner` any more.

    At the end of the process nothing is done: the system closes them then.
    """
    # The runtime is looked up now: a garbage collector may run at any line, also inside of `runtime()`.
    weakref.finalize(owner, _close, runtime(), http).atexit = False


_under_way: set[asyncio.Task[None]] = set()
"""A loop holds its tasks only weakly."""


def _close(background: Runtime, http: Http) -> None:
    def begin() -> None:
        task = background.loop.create_task(http.aclose())
        _under_way.add(task)
        task.add_done_callback(_under_way.discard)

    background.post(begin)
