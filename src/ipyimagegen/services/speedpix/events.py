"""What SpeedPix's answers mean for a job: its ticket, and the event that a look at it gives."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ...core.events import JSON, Cancelled, Event, Failed, Progress, Queued, Running, Succeeded
from ...core.requests import Ticket
from ..kit.numbers import read_number
from ..kit.unknown import unknown_word
from .answers import Task
from .errors import SERVICE
from .outputs import outputs_of
from .workflows import seen


def ticket_of(task: Task, model: str, inputs: Mapping[str, Any] = MappingProxyType({})) -> Ticket:
    """The receipt of a job: its id, and when it was sent, for timely looks in any process.

    Of `inputs` is remembered what they tell of the workflow.
    """
    facts: dict[str, JSON] = {
        "submitted_at": time.time(),
        "estimated_s": task.estimated_s,
        "status": task.word,
        "inputs": seen(inputs),
    }
    return Ticket(service=SERVICE, model=model, remote_id=task.id, facts=facts)


def event_of(task: Task) -> Event:
    """What a look at a job means."""
    match task.phase:
        case "succeeded":
            seed = read_number(task.info.get("seed"))
            return Succeeded(
                outputs=outputs_of(task.result, task.images),
                seed=None if seed is None else int(seed),
                facts=task.info,
                raw=task.result,
            )
        case "failed":
            return Failed(message=task.error or "the service gave no reason", code=task.error_code)
        case "cancelled":
            return Cancelled(by="service", message=task.error)
        case "waiting":
            return Queued(message=task.message)
    if task.fraction or task.eta_s is not None:
        return Progress(fraction=task.fraction, eta_s=task.eta_s, message=task.message)
    return Running(task.message or unknown_word(task.word))
