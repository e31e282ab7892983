"""What a task's status says, in both spellings: a number, or a word in lower case."""

from __future__ import annotations

from enum import IntEnum
from typing import Any


class TaskStatus(IntEnum):
    """Where a task stands. `TaskStatus(7)`, `TaskStatus("7")` and `TaskStatus("running")` are the same."""

    RECEIVED = 1
    QUEUED = 2
    DISPATCHED = 3
    PREPARING = 4
    SERVING = 5
    SETTING_UP = 6
    RUNNING = 7
    CANCELLING = 8
    UPLOADING = 9
    COMPLETED = 10
    FAILED = 11
    CANCELLED = 12
    REJECTED = 13

    @classmethod
    def _missing_(cls, value: object) -> TaskStatus | None:
        return parse_status(value)


TERMINAL_STATUSES = frozenset({TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED, TaskStatus.REJECTED})
"""After these nothing more happens."""

OLDER_COMPLETED = 9
"""What an older numbering, still seen in webhooks, calls completed. Today it is UPLOADING (PROTOCOL.md, 3.2)."""

SYNONYMS = {"canceled": "cancelled", "canceling": "cancelling", "succeeded": "completed", "success": "completed"}


def parse_status(status: Any) -> TaskStatus | None:
    """The status behind a number, a number in a string, or a word; `None` for an unknown one. Never raises."""
    if isinstance(status, TaskStatus):
        return status
    if isinstance(status, str):
        word = status.strip().lower().replace("-", "_").replace(" ", "_").removeprefix("task_status_")
        member = TaskStatus.__members__.get(SYNONYMS.get(word, word).upper())
        if member is not None or not (word.isascii() and word.isdigit() and len(word) < 4):
            return member
        status = int(word)
    if isinstance(status, bool) or not isinstance(status, int | float):
        return None
    return next((member for member in TaskStatus if member.value == status), None)


def is_terminal_status(status: Any) -> bool:
    """Whether nothing more can happen: completed, failed, cancelled or rejected. An unknown status is not terminal."""
    return parse_status(status) in TERMINAL_STATUSES
