"""Time and chance as one small object, so that tests hand in their own and nobody waits."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Course:
    """How every `Clock` of this process runs: `rate` of its seconds to a real one, and by how much it is ahead."""

    rate: float = 1.0
    ahead_s: float = 0.0

    def at(self, real_s: float) -> float:
        return self.ahead_s + self.rate * real_s


_course = _Course()


@contextmanager
def hastened(times: float) -> Iterator[None]:
    """Within the block, the waits of this process for services pass so many times sooner.

    For tests that run against a stand-in for a service: a poll each second, or a Retry-After, then takes no real
    second. All clients of the process see the same quicker clock, so that schedules and deadlines keep their order; a
    real second of the stand-in's work is `times` seconds for them. Limits on one exchange stay real.
    """
    before = _course.rate
    _run_at(times * before)
    try:
        yield
    finally:
        _run_at(before)


def _run_at(rate: float) -> None:
    """Change the rate from now on. What a clock has shown, it never shows again: gates and schedules live longer."""
    global _course  # noqa: PLW0603 (one for the process: clients are made in many places, and by users)
    now = time.monotonic()
    _course = _Course(rate, _course.at(now) - rate * now)


class Clock:
    """The running loop's time. A test gives a subclass, or runs on a loop whose time jumps."""

    def now(self) -> float:
        """Seconds on a clock that never goes back; only differences mean anything."""
        return _course.at(asyncio.get_running_loop().time())

    def wall(self) -> float:
        """Unix time in seconds, for dates that a service names."""
        return time.time()

    def random(self) -> float:
        """A number from 0 up to 1, for jitter."""
        return random.random()  # noqa: S311 (spreads waits; guards nothing)

    async def sleep(self, seconds: float) -> None:
        """Wait. Nothing below zero."""
        await asyncio.sleep(max(seconds, 0.0) / _course.rate)
