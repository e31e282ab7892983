"""The journal's side of SpeedPix: a job's ticket, what its end means, and the files that were fetched with it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from ...core.events import JSON, Cancelled, Event, Failed, Output, Progress, Queued, Running, Succeeded
from ...core.requests import Ticket
from ...media.artifacts import Payload
from ..kit.numbers import read_number
from ..kit.recording import seen as ended
from .answers import Task
from .errors import SERVICE
from .outputs import FileOutput, outputs_of
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


def note(task: Task, files: Iterable[FileOutput]) -> None:
    """Tell the journal of an end that was seen. `files` that were fetched are kept in the history."""
    by_url = {file.url: file for file in files}  # they stay until the journal has read them

    def held(output: Output) -> Payload | None:
        file = by_url.get(output.url)
        return None if file is None else file.payload

    ended(SERVICE, task.id, partial(event_of, task), held)


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
    return Running(task.message)
