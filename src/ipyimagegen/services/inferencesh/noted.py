"""The journal's side of inference.sh: a task's ticket, and its end when somebody has seen it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ...core.requests import Ticket
from ..kit.recording import open_row, seen
from .errors import SERVICE
from .messages import View, Whole, merge
from .outcomes import final
from .statuses import TaskStatus


def ticket_of(task: Mapping[str, Any], model: str) -> Ticket:
    """A task's id is all that is needed to follow it."""
    return Ticket(service=SERVICE, model=model, remote_id=str(task["id"]))


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
    elif (row := open_row(SERVICE, task_id)) is not None:
        row.left("it was completed before it could be cancelled")
