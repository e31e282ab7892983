"""The end of a task: told to the journal when somebody has seen it, and brought about where its waiter is gone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ...core.errors import ImagegenError
from ...runtime import runtime
from ..kit.entry import open_entry, seen
from .api import Api
from .errors import SERVICE
from .messages import View, Whole, merge
from .outcomes import final
from .statuses import TaskStatus


def note(task_id: str, view: View) -> None:
    """Tell the journal of an end that was seen."""
    if view.over:
        seen(SERVICE, task_id, partial(final, view))


def note_task(task_id: str, task: Any) -> None:
    """`note`, by a task as it was answered: one that succeeded has its output then."""
    view = merge(View(), Whole(task)) if isinstance(task, Mapping) else View()
    if view.complete:
        note(task_id, view)


def note_cancelled(task_id: str, view: View) -> None:
    """Tell the journal what a cancel came to: one that was completed before stays open, to be collected."""
    if view.status is not TaskStatus.COMPLETED:
        note(task_id, view)
    elif (entry := open_entry(SERVICE, task_id)) is not None:
        entry.left("it was completed before it could be cancelled")


def cancel_behind(api: Api, task_id: str) -> None:
    """Begin to cancel a task at the service. Does not wait."""
    runtime().see_through(partial(_cancel, api, task_id))


async def _cancel(api: Api, task_id: str) -> None:
    try:
        note_cancelled(task_id, await api.cancel(task_id))
    except ImagegenError:
        return  # nobody is left to be told; the task's own record says how it ended
    finally:
        api.http.gate.release(task_id)
