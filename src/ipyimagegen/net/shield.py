"""Work that cannot be taken back once it has begun: a cancel waits until its outcome is known."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns or raises, even if the waiting task is cancelled meanwhile.

    Such a cancel is not raised here; `cancels()` has counted it, and the caller decides with the outcome at hand.
    """
    task = asyncio.ensure_future(work)
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            continue
    return task.result()


def cancels() -> int:
    """How often somebody has asked the running task to end."""
    task = asyncio.current_task()
    return task.cancelling() if task is not None else 0
