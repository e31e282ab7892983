"""From what is known of a task to the events of a job. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from ...core.cost import Cost
from ...core.errors import MediaError
from ...core.events import (
    JSON,
    Cancelled,
    Event,
    Failed,
    Final,
    Log,
    Output,
    Progress,
    Queued,
    Running,
    Succeeded,
)
from ...core.requests import Ticket
from ...media.encoded import decode_data_uri
from ..kit.numbers import read_number
from ..kit.unknown import unknown_word
from .errors import SERVICE, task_error
from .messages import View
from .statuses import TaskStatus

BEFORE_RUNNING = {
    TaskStatus.RECEIVED: "",
    TaskStatus.QUEUED: "",
    TaskStatus.DISPATCHED: "a worker was found",
    TaskStatus.PREPARING: "the worker prepares",
    TaskStatus.SERVING: "the model is loaded",
    TaskStatus.SETTING_UP: "the app sets up",
}
WHILE_RUNNING = {
    TaskStatus.RUNNING: "",
    TaskStatus.CANCELLING: "cancelling",
    TaskStatus.UPLOADING: "uploading the result",
}
TEXT_FIELDS = ("response", "text", "answer", "message")
"""Where a text model's output stands."""
NO_FILES = frozenset({*TEXT_FIELDS, "reasoning", "prompt", "output_meta", "tool_calls"})
COST_FIELDS = ("cost", "total_cost", "cost_usd", "price")
FACTS = ("filename", "size", "id")
MAX_DEPTH = 6
MAX_OUTPUTS = 256


def ticket_of(task: Mapping[str, Any], model: str) -> Ticket:
    """A task's id is all that is needed to follow it."""
    return Ticket(service=SERVICE, model=model, remote_id=str(task["id"]))


def news(before: View, after: View) -> list[Event]:
    """What is new in `after`: state, progress, log lines; the end is not here but in `final`."""
    events: list[Event] = []
    was, now = before.task, after.task
    if not before.fields or before.status != after.status or was.get("queue_position") != now.get("queue_position"):
        events += _state(after)
    progress = _progress(now)
    if progress is not None and progress != _progress(was) and after.status in WHILE_RUNNING:
        events.append(progress)
    events += [Log(line) for line in log_lines(now)[len(log_lines(was)) :]]
    return events


def _state(view: View) -> list[Event]:
    status = view.status
    if status in BEFORE_RUNNING:
        position = read_number(view.fields.get("queue_position"))
        return [Queued(None if position is None else int(position), BEFORE_RUNNING[status])]
    if status is None and (word := unknown_word(view.fields.get("status"))):
        return [Running(word)]
    return [Running(WHILE_RUNNING[status])] if status in WHILE_RUNNING else []


def _progress(task: Mapping[str, Any]) -> Progress | None:
    """Progress in percent, or an object with more about it; `None` where there is none yet."""
    told = task.get("progress")
    about: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
    percent = read_number(about.get("percent", about.get("progress")) if about else told)
    step, steps = read_number(about.get("step")), read_number(about.get("steps", about.get("total_steps")))
    eta = read_number(about.get("eta", about.get("eta_s", task.get("eta"))))
    message = about.get("message")
    if not percent and not step and eta is None and not message:
        return None
    return Progress(
        fraction=None if percent is None else min(1.0, max(0.0, percent / 100)),
        step=None if step is None else int(step),
        steps=None if steps is None else int(steps),
        eta_s=eta,
        message=message if isinstance(message, str) else "",
    )


def log_lines(task: Mapping[str, Any]) -> list[str]:
    """All lines that the task has logged: from texts, or from objects that hold one."""
    logs = task.get("logs")
    lines: list[str] = []
    for entry in logs if isinstance(logs, list) else [logs]:
        text = entry
        if isinstance(entry, Mapping):
            text = entry.get("content") or entry.get("message") or entry.get("line")
        lines += text.splitlines() if isinstance(text, str) else []
    return lines


def final(view: View) -> Final:
    """The end of a task, as the event that ends a job."""
    task = view.task
    said = task_error(task)
    match view.status:
        case TaskStatus.COMPLETED:
            return _succeeded(task)
        case TaskStatus.CANCELLED:
            return Cancelled(by="service", message=said)
        case TaskStatus.REJECTED:
            return Failed(message=f"rejected: {said}" if said else "rejected", code="rejected", raw=task)
    return Failed(message=said or "the task failed, and no reason was given", cost=_cost(task), raw=task)


def _succeeded(task: Mapping[str, Any]) -> Succeeded:
    output = task.get("output")
    created, started, ended = (_time(task.get(name)) for name in ("created_at", "run_at", "updated_at"))
    session = task.get("session_id")
    return Succeeded(
        outputs=tuple(find_outputs(output)),
        seed=_seed(output),
        cost=_cost(task),
        queue_s=_between(created, started),
        inference_s=_between(started, ended),
        facts={"session_id": session} if isinstance(session, str) else {},
        text=_text(output),
        raw=dict(task),
    )


def find_outputs(output: Any) -> list[Output]:
    """Every file in a task's output, in its order: objects with `uri`, and texts that are addresses or `data:` URIs."""
    return [found for _, found in zip(range(MAX_OUTPUTS), _found(output, "image", 0), strict=False)]


def _found(value: Any, name: str, depth: int) -> Iterator[Output]:
    if depth > MAX_DEPTH:
        return
    match value:
        case str():
            made = _output(value, name, {})
            if made is not None:
                yield made
        case {"uri": str(uri)} | {"url": str(uri)}:
            made = _output(uri, name, value)
            if made is not None:
                yield made
        case Mapping():
            for key, entry in value.items():
                if key not in NO_FILES:
                    yield from _found(entry, str(key), depth + 1)
        case list():
            for entry in value:
                yield from _found(entry, name, depth + 1)


def _output(uri: str, name: str, about: Mapping[str, Any]) -> Output | None:
    media_type = about.get("content_type") or about.get("media_type")
    claimed = media_type if isinstance(media_type, str) else ""
    width, height = (read_number(about.get(side)) or 0 for side in ("width", "height"))
    if uri[:5].lower() == "data:":
        try:
            return Output(name=name, data=decode_data_uri(uri), media_type=claimed)
        except MediaError:
            return None
    if not is_address(uri):
        return None
    facts: dict[str, JSON] = {key: about[key] for key in FACTS if isinstance(about.get(key), str | int)}
    return Output(
        name=name, url=uri, media_type=claimed, width=int(width), height=int(height), seed=_seed(about), facts=facts
    )


def is_address(text: str) -> bool:
    """Whether a text is one http(s) address and nothing else."""
    if not text.startswith(("http://", "https://")) or any(c.isspace() for c in text):
        return False
    try:
        return bool(urlsplit(text).hostname)
    except ValueError:
        return False


def _text(output: Any) -> str:
    if isinstance(output, str):
        return "" if is_address(output) or output[:5].lower() == "data:" else output
    if isinstance(output, Mapping):
        return next((output[name] for name in TEXT_FIELDS if isinstance(output.get(name), str)), "")
    return ""


def _seed(output: Any) -> int | None:
    seed = read_number(output.get("seed")) if isinstance(output, Mapping) else None
    return int(seed) if seed is not None and seed >= 0 else None


def _cost(task: Mapping[str, Any]) -> Cost | None:
    known = [cost for name in COST_FIELDS if (cost := Cost.read(task.get(name))).known]
    return known[0] if known else None


def _time(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo and moment.year > 1 else None


def _between(start: datetime | None, end: datetime | None) -> float | None:
    return max(0.0, (end - start).total_seconds()) if start is not None and end is not None else None
