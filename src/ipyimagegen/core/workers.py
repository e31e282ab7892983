"""Threads for work that blocks, which take it until the process has really ended.

Python's own thread pools refuse work as soon as the main thread is through ("cannot schedule new futures after
interpreter shutdown"), although it then waits for all threads that are no daemons, and calls what `atexit` knows.
Whoever waits for a picture there would wait for ever. These threads are daemons; `ending` ends them, after all else.
"""

from __future__ import annotations

import atexit
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from typing import ParamSpec, TypeVar

from . import forks
from .ending import at_end
from .errors import ShuttingDown

try:
    from concurrent.futures import thread as _thread
except RuntimeError:
    # "can't register atexit after shutdown": a thread that outlives the main one is the first to use this package, or
    # the first to load what httpx needs. The module wants its pools joined before all threads are; `atexit` does, too.
    _hook = threading._register_atexit  # type: ignore[attr-defined] # noqa: SLF001 (nothing public says so)
    threading._register_atexit = atexit.register  # type: ignore[attr-defined] # noqa: SLF001
    try:
        from concurrent.futures import thread as _thread
    finally:
        threading._register_atexit = _hook  # type: ignore[attr-defined] # noqa: SLF001

P = ParamSpec("P")
T = TypeVar("T")
Task = Callable[[], None]

END_S = 15.0
"""How long the end of the process waits for work that was taken: a locked journal answers after ten seconds."""


class Workers(_thread.ThreadPoolExecutor):
    """Up to `most` daemon threads, each started when there is work for it.

    A `ThreadPoolExecutor` by type, as an asyncio loop takes no other. `last` is called on a worker's thread when it
    has nothing more to do: at the end of the process, or when nobody holds the pool any more.
    """

    def __init__(self, most: int, name: str, *, last: Task = lambda: None) -> None:
        super().__init__(most, thread_name_prefix=name)
        self._most, self._name, self._last = most, name, last
        self._gate = forks.lock()
        self._begin()
        forks.renew(self)
        _pools.add(self)

    def _begin(self) -> None:
        self._line = _Line(self._last)
        self._started: list[threading.Thread] = []
        self._ended = False
        weakref.finalize(self, self._line.close).atexit = False

    def after_fork_in_child(self) -> None:
        """Begin with no thread; what the parent had been given is its own business."""
        self._begin()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Do it soon. Raises `ShuttingDown` at the end of the process."""
        outcome: Future[T] = Future()
        with self._gate:
            if self._ended:
                raise ShuttingDown
            if self._line.open >= len(self._started) < self._most:
                self._start_thread()
            self._line.add(partial(_do, outcome, partial(fn, *args, **kwargs)))
        return outcome

    def start(self, threads: int) -> None:
        """Have so many threads ready: handlers of `atexit` cannot start any (Python 3.12 and later)."""
        with self._gate:
            while len(self._started) < min(threads, self._most) and not self._ended:
                self._start_thread()

    def _start_thread(self) -> None:
        name = f"{self._name}-{len(self._started)}"
        thread = threading.Thread(target=self._line.work, name=name, daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # no thread may be started any more
            if not self._started:
                raise ShuttingDown from error
            return
        self._started.append(thread)

    def end(self, timeout_s: float = END_S) -> None:
        """Take nothing more, and wait until what was taken is done, for so long at most."""
        with self._gate:
            self._ended = True
        self._line.close()
        deadline = time.monotonic() + timeout_s
        for thread in self._started:
            thread.join(max(0.0, deadline - time.monotonic()))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 (its base's signature)
        """As `end`."""
        self.end(END_S if wait else 0.0)

    def __repr__(self) -> str:
        return f"<Workers {self._name}: {len(self._started)} of {self._most}>"


class _Line:
    """What waits for a pool's threads. Apart from the pool, so that they do not keep it alive."""

    def __init__(self, last: Task) -> None:
        self.open = 0
        self._last = last
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._counting = forks.lock()

    def add(self, task: Task) -> None:
        with self._counting:
            self.open += 1
        self._tasks.put(task)

    def close(self) -> None:
        self._tasks.put(None)

    def work(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()
            del task
            with self._counting:
                self.open -= 1
        self._last()
        self._tasks.put(None)  # for the other threads


def _do(outcome: Future[T], work: Callable[[], T]) -> None:
    if not outcome.set_running_or_notify_cancel():
        return
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001 (whoever waits gets it)
        outcome.set_exception(error)
    else:
        outcome.set_result(result)


_pools: weakref.WeakSet[Workers] = weakref.WeakSet()


def _end_all() -> None:
    for pool in tuple(_pools):
        pool.end()


at_end(_end_all)
