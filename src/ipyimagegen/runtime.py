"""The background loop: one daemon thread with one asyncio loop, on which everything that waits is run.

The kernel's own loop is never touched. Work starts inside the *caller's* copied context, so that what it prints or
shows lands under the cell that started it (ipykernel keeps the parent message in a context variable).
"""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures.thread  # registers its own end before `_end` does: ends run last in, first out
import contextlib
import contextvars
import os
import threading
import warnings
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")
Tidy = Callable[[], Coroutine[Any, Any, object]]
"""Work that nobody waits for, such as the closing of connections."""

HEARTBEAT_S = 0.1
"""How often a waiting coroutine wakes its loop.

A signal handler does not wake a selector: without this, Interrupt would
reach an `await` in a notebook only when something else happened."""
EXIT_S = 15.0
"""How long the end of the process waits for what must not be cut off."""
ENDING_S = 1.0
"""How long it waits for the rest, once that was cancelled."""


async def ring_or_beat(ready: asyncio.Event) -> None:
    """Wait until `ready` is set, for one heartbeat at most; it is set afterwards.

    Not `asyncio.wait_for`: an Interrupt comes in with the heartbeat, and it would take the one for the other.
    """
    beat = asyncio.get_running_loop().call_later(HEARTBEAT_S, ready.set)
    try:
        await ready.wait()
    finally:
        beat.cancel()


def bell_of(loop: asyncio.AbstractEventLoop, ready: asyncio.Event) -> Callable[[], None]:
    """What sets `ready` from another thread; a loop that was closed meanwhile hears nothing."""

    def ring() -> None:
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(ready.set)

    return ring


class Runtime:
    """A thread with a loop.

    `call` starts a coroutine there; `run` waits for it; `bridge` awaits it from another loop.
    """

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.ending = False
        self._held: set[Future[Any]] = set()
        self._tidying: set[asyncio.Task[Any]] = set()
        self._at_end: dict[object, Tidy] = {}
        self.thread = threading.Thread(target=self._main, name="ipyimagegen", daemon=True)
        self.thread.start()

    def _main(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def call(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Start `coroutine` on the loop, in a copy of the caller's context. Does not block.

        Cancelling the returned future cancels the task.
        """
        outcome: Future[T] = Future()

        def start() -> None:
            if outcome.cancelled():
                coroutine.close()
                return
            task = self.loop.create_task(coroutine)
            outcome.add_done_callback(lambda done: self._cancel(task) if done.cancelled() else None)
            task.add_done_callback(lambda done: _settle(outcome, done))

        self.loop.call_soon_threadsafe(start, context=contextvars.copy_context())
        return outcome

    def _cancel(self, task: asyncio.Task[Any]) -> None:
        self.loop.call_soon_threadsafe(task.cancel)

    def run(self, coroutine: Coroutine[Any, Any, T], *, timeout_s: float | None = None) -> T:
        """Block until `coroutine` has ended on the loop, and return what it returned.

        Interrupt (`KeyboardInterrupt`) cancels it and goes on up. Raises `TimeoutError` after `timeout_s` seconds, and
        `RuntimeError` on the loop's own thread, where waiting would never end.
        """
        if threading.current_thread() is self.thread:
            coroutine.close()
            raise RuntimeError("a blocking call inside the background loop would wait for itself; use the async form")
        outcome = self.call(coroutine)
        try:
            return outcome.result(timeout_s)
        except BaseException:
            outcome.cancel()
            raise

    async def bridge(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Await `coroutine`, which runs on the background loop, from any loop; cancellation goes through both ways."""
        if asyncio.get_running_loop() is self.loop:
            return await coroutine
        return await wait(self.call(coroutine))

    def post(self, action: Callable[[], object]) -> None:
        """Call `action` on the loop's thread, soon, in the caller's context."""
        self.loop.call_soon_threadsafe(action, context=contextvars.copy_context())

    def hold(self, outcome: Future[Any]) -> None:
        """Let the process not end before `outcome` is done, for at most `EXIT_S` seconds: it may cost money."""
        self._held.add(outcome)
        outcome.add_done_callback(self._held.discard)

    def tidy(self, work: Tidy) -> None:
        """Run `work` soon; nobody waits for it. The end of the process does not cancel it, and gives it `ENDING_S`."""

        def begin() -> None:
            task = self.loop.create_task(work())
            self._tidying.add(task)
            task.add_done_callback(self._tidying.discard)

        self.post(begin)

    def at_end(self, work: Tidy) -> Callable[[], object]:
        """Run `work` when the process ends, after the rest was cancelled. Returns a function that takes that back."""
        token = object()
        self._at_end[token] = work
        return lambda: self._at_end.pop(token, None)

    def end(self) -> None:
        """Wait for what is held, then cancel the rest and tidy up. Called when the process ends.

        `ending` is true from then on: what is cancelled now was not cancelled by a user.
        """
        left = concurrent.futures.wait(tuple(self._held), timeout=EXIT_S).not_done
        if left:
            warnings.warn(
                f"{len(left)} jobs were still being sent, or cancelled, when the program ended: look at the service",
                RuntimeWarning,
                stacklevel=2,
            )
        self.ending = True
        with suppress(TimeoutError, RuntimeError):
            self.run(self._finish(), timeout_s=ENDING_S)

    async def _finish(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks - self._tidying:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(work() for work in tuple(self._at_end.values())), return_exceptions=True)

    def __repr__(self) -> str:
        return f"<Runtime on thread {self.thread.name!r}>"


def _settle(outcome: Future[T], task: asyncio.Task[T]) -> None:
    if outcome.done():
        if not task.cancelled():
            task.exception()  # seen: nobody waits for it any more
        return
    if task.cancelled():
        outcome.cancel()
        return
    error = task.exception()
    if error is not None:
        outcome.set_exception(error)
    else:
        outcome.set_result(task.result())


async def wait(outcome: Future[T]) -> T:
    """Await a future of another thread with a heartbeat; cancelling the waiter cancels the future."""
    inner = asyncio.wrap_future(outcome)
    try:
        while not inner.done():
            await asyncio.wait({inner}, timeout=HEARTBEAT_S)
    except asyncio.CancelledError:
        outcome.cancel()
        raise
    return inner.result()


_lock = threading.Lock()
_by_process: dict[int, Runtime] = {}


def runtime() -> Runtime:
    """The process's one runtime, made at first use; a forked child makes its own."""
    made = _by_process.get(os.getpid())
    if made is None:
        with _lock:
            made = _by_process.get(os.getpid()) or Runtime()
            _by_process[os.getpid()] = made
    return made


def _end() -> None:
    made = _by_process.get(os.getpid())
    if made is not None and made.thread.is_alive():
        made.end()


# Handlers of `atexit` come too late: by then no thread pool takes work, and a job on its way could not be written down.
getattr(threading, "_register_atexit", atexit.register)(_end)

__all__ = ["CancelledError", "Runtime", "runtime", "wait"]
