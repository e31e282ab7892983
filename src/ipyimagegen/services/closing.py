"""Connections whose owner was dropped without `close()` are closed all the same."""

from __future__ import annotations

import weakref

from ..net.http import Http
from ..runtime import Runtime, runtime


def close_when_gone(owner: object, http: Http) -> None:
    """Close the connections of `http` on the background loop once nobody holds `owner` any more.

    At the end of the process nothing is done: the system closes them then.
    """
    # The runtime is looked up now: a garbage collector may run at any line, also inside of `runtime()`.
    weakref.finalize(owner, _close, runtime(), http).atexit = False


def _close(loop: Runtime, http: Http) -> None:
    loop.post(lambda: loop.loop.create_task(http.aclose()))
