"""Work that goes on only as far as a test lets it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ipyimagegen.gateway.work import Picture, Report, Step, flat_png

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ipyimagegen.gateway.orders import Order

LOOK_AGAIN_S = 0.002


class SteppedWork:
    """Takes `steps` steps, each of which waits for a `release`; between two steps the loop sees to everything else."""

    def __init__(self, steps: int = 4) -> None:
        self.steps = steps
        self.holds_end = False
        """Whether the end after the last step waits for a `release` of its own."""
        self._released = 0

    def release(self, steps: int = 1) -> None:
        """Let so many more steps be taken. May be called from any thread."""
        self._released += steps

    async def perform(self, order: Order, report: Report) -> Sequence[Picture]:
        for done in range(1, self.steps + 1):
            await asyncio.sleep(LOOK_AGAIN_S)
            await self._until(done)
            report(Step(done, self.steps))
        await asyncio.sleep(LOOK_AGAIN_S)
        await self._until(self.steps + self.holds_end)
        return [] if order.task == "chat" else [Picture("images", flat_png(64, 64), "image/png", 64, 64)]

    async def _until(self, released: int) -> None:
        while self._released < released:  # noqa: ASYNC110 - an event of the loop cannot be set from a test's thread
            await asyncio.sleep(LOOK_AGAIN_S)

    def close(self) -> None:
        """Nothing to give back."""
