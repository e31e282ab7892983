"""Waiting for jobs, so that none outlives its waiter.

Whatever ends a wait but the job's own end cancels the job: Interrupt, `SystemExit` or any other exception that a
signal's handler raises, the cancelling of a task, a coroutine that is thrown away. Nobody would look at the meter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any, Protocol, TypeVar

from ..core.errors import JobTimeout, ShuttingDown
from ..runtime import has_come, wait

T = TypeVar("T")
SETTLE_S = 0.3
"""How long an interrupted wait lets the cancelling get under way before it returns to the user."""


class Work(Protocol[T]):
    """What can be waited for: a `Job`, a `Batch` or a sweep."""

    @property
    def id(self) -> str:
        """What names it in messages."""

    @property
    def outcome(self) -> Future[T]:
        """What it comes to."""

    def cancel(self) -> bool:
        """Ask for an end."""

    def check(self) -> None:
        """Raise `ShuttingDown` where it will never be done here."""


class Attended:
    """The jobs that somebody waits for: those it is called with."""

    def __init__(self, *works: Work[Any]) -> None:
        self._works = list(works)

    def __call__(self, work: Work[Any]) -> None:
        """One more, before it is sent."""
        self._works.append(work)

    def let_go(self) -> None:
        """Cancel them; those that have ended are as they are."""
        for work in self._works:
            with suppress(ShuttingDown):
                work.cancel()


@contextmanager
def attended(*works: Work[Any]) -> Iterator[Attended]:
    """A block that waits for `works`, and for those that it is told of before they are sent.

    An exception that leaves it cancels them. A view takes a moment to import: nobody waits in `wait_for` meanwhile.
    """
    those = Attended(*works)
    try:
        yield those
    except BaseException:
        those.let_go()
        raise


def wait_for(work: Work[T], timeout_s: float | None) -> T:
    """Block until `work` ends. An exception that comes from elsewhere cancels it, a moment later, and goes on up.

    Raises what ended `work`, and `JobTimeout` after `timeout_s` seconds: it then goes on.
    """
    work.check()
    try:
        # Not `outcome.result(timeout_s)`: a handler of SIGALRM raises TimeoutError too, and that one is no deadline.
        ended = has_come(work.outcome, timeout_s)
    except BaseException:
        with suppress(BaseException):
            if work.cancel():
                has_come(work.outcome, SETTLE_S)
        raise
    if not ended:
        message = f"job {work.id} was not done after {timeout_s:g} s; it goes on: wait again, or cancel() it"
        raise JobTimeout(message, job_id=work.id)
    return work.outcome.result()


async def await_for(work: Work[T]) -> T:
    """Await `work` from any loop. Cancelling the waiter cancels it, and gives that a moment to get under way."""
    work.check()
    shielded: Future[T] = Future()

    def settle(outcome: Future[T]) -> None:
        if shielded.cancelled():
            return
        error = outcome.exception()
        if error is not None:
            shielded.set_exception(error)
        else:
            shielded.set_result(outcome.result())

    work.outcome.add_done_callback(settle)
    try:
        return await wait(shielded)
    except asyncio.CancelledError:
        with suppress(ShuttingDown):
            if work.cancel():
                ended: Future[None] = Future()
                work.outcome.add_done_callback(lambda _: ended.set_result(None))
                await asyncio.wait({asyncio.wrap_future(ended)}, timeout=SETTLE_S)
        raise
    except BaseException:  # its own end, or nobody holds the waiting coroutine any more
        with suppress(ShuttingDown):
            work.cancel()
        raise
