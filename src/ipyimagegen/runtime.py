"""The background loop: one daemon thread with one asyncio loop, on which everything that waits is run.

The kernel's own loop is never touched. Work starts inside the *caller's* copied context, so that what it prints or
shows lands under the cell that started it (ipykernel keeps the parent message in a context variable).

At the end of the process Python first calls the hooks of `threading`, then waits for all threads that are no daemons,
then calls what was registered with `atexit`. All of these may wait for pictures, so the loop works on until our own
handler of `atexit`. Handlers that were registered before `import ipyimagegen` come after it: there, and wherever Python
deletes objects later, each call raises `ShuttingDown` at once.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import contextvars
import os
import threading
import time
import warnings
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from .core import forks, scratch
from .core.ending import at_end
from .core.errors import ShuttingDown
from .core.workers import Workers  # ends after the loop: the last one in is the first out

T = TypeVar("T")
Tidy = Callable[[], Coroutine[Any, Any, object]]
"""Work that nobody waits for, such as the closing of connections."""

HEARTBEAT_S = 0.1
"""How often whoever waits looks up.

Python calls a signal's handler between two steps of the program, and when a wait of the main thread is interrupted. A
signal that arrives just before such a wait interrupts nothing, and one never wakes a selector: without this, Interrupt
would come through only when something else happens, such as the end of the job."""
EXIT_S = 15.0
"""How long the end of the process waits for what must not be cut off."""
ENDING_S = 1.0
"""How long it waits for the rest, once that was cancelled."""
WORKERS = min(32, (os.cpu_count() or 1) + 4)
"""Threads for what blocks, as many as asyncio has by default."""
READY = 4
"""So many of them are there at the end, when no thread can be started any more."""


def has_come(outcome: Future[Any], timeout_s: float | None = None) -> bool:
    """Block until `outcome` is done, for at most `timeout_s` seconds, with a heartbeat. Returns whether it is."""
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    while not outcome.done():
        left_s = HEARTBEAT_S if deadline is None else min(HEARTBEAT_S, deadline - time.monotonic())
        if left_s <= 0:
            return False
        concurrent.futures.wait((outcome,), left_s)
    return True


def next_in(news: SimpleQueue[T]) -> T:
    """Block until there is something in a queue, with a heartbeat, and take it."""
    while True:
        with suppress(Empty):
            return news.get(timeout=HEARTBEAT_S)


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


class Call(Future[T]):
    """What a coroutine on the loop comes to. `over` is done when it has really ended: once cancelled, after a while."""

    def __init__(self) -> None:
        super().__init__()
        self.over: Future[None] = Future()


class Runtime:
    """A thread with a loop.

    `call` starts a coroutine there; `run` waits for it; `bridge` awaits it from another loop. Those raise
    `ShuttingDown` where nobody would do the work any more.
    """

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.workers = Workers(WORKERS, "ipyimagegen-work")
        self.loop.set_default_executor(self.workers)
        self.ending = False
        self.gone = ""
        self._held: set[Future[Any]] = set()
        self._tidying: set[asyncio.Task[Any]] = set()
        self._at_end: dict[object, Tidy] = {}
        self.thread = threading.Thread(target=self._main, name="ipyimagegen", daemon=True)
        try:
            self.workers.start(1)
            self.thread.start()
        except RuntimeError as error:  # handlers of `atexit` can start no thread (Python 3.12 and later)
            raise ShuttingDown from error

    def _main(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
        finally:
            self.loop.close()

    def check(self) -> None:
        """Raise `ShuttingDown` where nobody works here any more: after the end, and in a forked child."""
        if self.gone:
            raise ShuttingDown(self.gone)

    def call(self, coroutine: Coroutine[Any, Any, T]) -> Call[T]:
        """Start `coroutine` on the loop, in a copy of the caller's context. Does not block.

        Cancelling the returned future cancels the task.
        """
        outcome: Call[T] = Call()
        self._start(coroutine, outcome)
        return outcome

    def _start(self, coroutine: Coroutine[Any, Any, T], outcome: Call[T]) -> None:
        def start() -> None:
            if outcome.cancelled():
                coroutine.close()
                outcome.over.set_result(None)
                return
            task = self.loop.create_task(coroutine)
            outcome.add_done_callback(lambda done: self._cancel(task) if done.cancelled() else None)
            task.add_done_callback(lambda done: _settle(outcome, done))

        try:
            self.check()
            self.loop.call_soon_threadsafe(start, context=contextvars.copy_context())
        except RuntimeError as error:
            coroutine.close()
            raise error if isinstance(error, ShuttingDown) else ShuttingDown from error

    def _cancel(self, task: asyncio.Task[Any]) -> None:
        with suppress(RuntimeError):  # closed meanwhile: it ended with its loop
            self.loop.call_soon_threadsafe(task.cancel)

    def run(self, coroutine: Coroutine[Any, Any, T], *, timeout_s: float | None = None) -> T:
        """Block until `coroutine` has ended on the loop, and return what it returned.

        Whatever a signal raises here, `KeyboardInterrupt` or another exception, cancels it and goes on up; the end of
        the process waits for what the cancelling has to do. Raises `TimeoutError` after `timeout_s` seconds, and
        `RuntimeError` on the loop's own thread, where waiting would never end.
        """
        if threading.current_thread() is self.thread:
            coroutine.close()
            raise RuntimeError("a blocking call inside the background loop would wait for itself; use the async form")
        outcome: Call[T] = Call()
        try:
            self._start(coroutine, outcome)
            has_come(outcome, timeout_s)
            return outcome.result(0)  # TimeoutError where it has not
        except BaseException:
            self._leave(outcome)
            raise

    def _leave(self, outcome: Future[Any]) -> None:
        """Cancel what nobody waits for any more; it may have a job to cancel in its turn."""
        if outcome.cancel() and isinstance(outcome, Call):
            self.hold(outcome.over)

    async def bridge(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Await `coroutine`, which runs on the background loop, from any loop; cancellation goes through both ways."""
        if asyncio.get_running_loop() is self.loop:
            return await coroutine
        outcome = self.call(coroutine)
        try:
            return await wait(outcome)
        finally:
            self._leave(outcome)

    def post(self, action: Callable[[], object]) -> None:
        """Call `action` on the loop's thread, soon, in the caller's context."""
        self.check()
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

        with suppress(RuntimeError):  # at the end there is nothing to tidy up
            self.post(begin)

    def see_through(self, work: Tidy) -> None:
        """`tidy` for what must not be cut off, such as a cancel: the process does not end before, as by `hold`."""
        over: Future[None] = Future()
        self.hold(over)

        async def to_its_end() -> None:
            try:
                await work()
            finally:
                over.set_result(None)

        self.tidy(to_its_end)

    def at_end(self, work: Tidy) -> Callable[[], object]:
        """Run `work` when the process ends, after the rest was cancelled. Returns a function that takes that back."""
        token = object()
        self._at_end[token] = work
        return lambda: self._at_end.pop(token, None)

    def see_off(self, *, all_of_them: bool) -> None:
        """Wait for what is held now, or also for what is held meanwhile. Says what could not be waited for."""
        deadline = time.monotonic() + EXIT_S
        try:
            while held := {outcome for outcome in tuple(self._held) if not outcome.done()}:
                left = concurrent.futures.wait(held, timeout=max(0.0, deadline - time.monotonic())).not_done
                if left or not all_of_them:
                    break
        except KeyboardInterrupt:  # whoever presses it has waited long enough
            left = {outcome for outcome in held if not outcome.done()}
        if held and left:
            self._held -= left
            warnings.warn(
                f"{len(left)} jobs were still being sent, or cancelled, when the program ended: look at the service",
                RuntimeWarning,
                stacklevel=2,
            )

    def end(self) -> None:
        """Wait for what is held, then cancel the rest, tidy up and stop. Called when the process ends.

        `ending` is true from then on: what is cancelled now was not cancelled by a user.
        """
        self.see_off(all_of_them=True)
        self.ending = True
        with suppress(TimeoutError, RuntimeError):
            self.run(self._finish(), timeout_s=ENDING_S)
        self.gone = str(ShuttingDown())
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(ENDING_S)

    async def _finish(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks - self._tidying:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        while self._tidying:  # what was cancelled may have left something to do
            await asyncio.gather(*self._tidying, return_exceptions=True)
        await asyncio.gather(*(work() for work in tuple(self._at_end.values())), return_exceptions=True)

    def after_fork_in_child(self) -> None:
        """The thread is the parent's: nothing that waits here would ever be done."""
        self.gone = "this belongs to the process that forked this one: ask there, or ig.attach(job_id) here"
        self.ending = True
        self._held, self._tidying, self._at_end = set(), set(), {}

    def __repr__(self) -> str:
        return f"<Runtime on thread {self.thread.name!r}>"


def _settle(outcome: Call[T], task: asyncio.Task[T]) -> None:
    outcome.over.set_result(None)
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


_lock = forks.lock()
_made: list[Runtime] = []


def runtime() -> Runtime:
    """The process's one runtime, made at first use; a forked child makes its own."""
    if not _made:
        with _lock:
            if not _made:  # nobody was quicker
                made = Runtime()
                forks.renew(made)
                _made.append(made)
                made.workers.submit(scratch.sweep_temporary)
    return _made[-1]


def _before_threads_are_joined() -> None:
    """Make ready for those who wait for pictures after the main thread has ended.

    What is held is waited for here already, as a child of `multiprocessing` ends without `atexit` (up to Python 3.12).
    """
    for made in _made:
        with suppress(RuntimeError):
            made.workers.start(READY)
        made.see_off(all_of_them=False)


def _end() -> None:
    for made in _made:
        if made.thread.is_alive():
            made.end()


with suppress(RuntimeError, AttributeError):  # too late for it: a thread that outlives the main one imported this
    threading._register_atexit(_before_threads_are_joined)  # type: ignore[attr-defined] # noqa: SLF001
at_end(_end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_made.clear)

__all__ = ["CancelledError", "Runtime", "runtime", "wait"]
