"""Two threads at one lock, without a clock: what one does while the other is just there."""

from __future__ import annotations

import threading
from collections.abc import Callable

PATIENCE_S = 20.0


class Door:
    """A lock. `meanwhile` lets another thread do something, and returns as soon as that is done or stands before it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._others: dict[threading.Thread, threading.Event] = {}

    def __enter__(self) -> None:
        came = self._others.get(threading.current_thread())
        if came is not None:
            came.set()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def meanwhile(self, action: Callable[[], object], *, until: threading.Event | None = None) -> None:
        """Begin `action` on a thread of its own, and wait until it is as far as it comes, or as `until` says."""
        came = threading.Event()

        def do() -> None:
            try:
                action()
            finally:
                came.set()

        thread = threading.Thread(target=do)
        if until is None:
            self._others[thread] = until = came
        else:
            self._others[thread] = threading.Event()
        thread.start()
        assert until.wait(PATIENCE_S)

    def join(self) -> None:
        """Wait for all others."""
        for thread in self._others:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()
