"""Cancelling a task whose waiter is gone, without making anybody wait for it."""

from __future__ import annotations

import asyncio

from ...core.errors import ImagegenError
from .api import Api
from .noted import note_cancelled

_under_way: set[asyncio.Task[None]] = set()


def cancel_behind(api: Api, task_id: str) -> None:
    """Begin to cancel a task at the service. On the background loop only."""
    task = asyncio.get_running_loop().create_task(_cancel(api, task_id))
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)


async def _cancel(api: Api, task_id: str) -> None:
    try:
        note_cancelled(task_id, await api.cancel(task_id))
    except ImagegenError:
        return  # nobody is left to be told; the task's own record says how it ended
    finally:
        api.http.gate.release(task_id)
