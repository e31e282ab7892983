"""A loop whose time jumps: nothing waits, and every wait is measured."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from ipyimagegen.net.clock import Clock

T = TypeVar("T")


class _Jump(selectors.SelectSelector):
    """Instead of waiting for so many seconds, says that they have passed."""

    passed_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("everything waits for something that never comes")
        if not ready and timeout is not None:
            self.passed_s += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.jump = _Jump()
        super().__init__(self.jump)

    def time(self) -> float:
        return self.jump.passed_s

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        """At once, on this thread: time must not jump over what a thread is doing."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001
            future.set_exception(error)
        return future


class EvenClock(Clock):
    """The loop's time to the digit, a wall clock that stands still, and no chance at all."""

    epoch_s = 1_800_000_000.0

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def wall(self) -> float:
        return self.epoch_s

    def random(self) -> float:
        return 0.5


def run(work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns, on a loop of its own without waiting."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(asyncio.wait_for(work, 1e6))
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
