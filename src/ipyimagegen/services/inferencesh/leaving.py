"""Cancelling a task whose waiter is gone, without making anybody wait for it."""

from __future__ import annotations

from functools import partial

from ...core.errors import ImagegenError
from ...runtime import runtime
from .api import Api
from .noted import note_cancelled


def cancel_behind(api: Api, task_id: str) -> None:
    """Begin to cancel a task at the service. Does not wait."""
    runtime().tidy(partial(_cancel, api, task_id))


async def _cancel(api: Api, task_id: str) -> None:
    try:
        note_cancelled(task_id, await api.cancel(task_id))
    except ImagegenError:
        return  # nobody is left to be told; the task's own record says how it ended
    finally:
        api.http.gate.release(task_id)
