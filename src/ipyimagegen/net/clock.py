"""Time and chance as one small object, so that tests hand in their own and nobody waits."""

from __future__ import annotations

import asyncio
import random
import time


class Clock:
    """The running loop's time. A test gives a subclass, or runs on a loop whose time jumps."""

    def now(self) -> float:
        """Seconds on a clock that never goes back; only differences mean anything."""
        return asyncio.get_running_loop().time()

    def wall(self) -> float:
        """Unix time in seconds, for dates that a service names."""
        return time.time()

    def random(self) -> float:
        """A number from 0 up to 1, for jitter."""
        return random.random()  # noqa: S311 (spreads waits; guards nothing)

    async def sleep(self, seconds: float) -> None:
        """Wait. Nothing below zero."""
        await asyncio.sleep(max(seconds, 0.0))
