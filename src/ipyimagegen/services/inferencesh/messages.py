"""Updates of a task, read and put together. Pure: bytes were decoded before, nothing is asked here.

A stream sends whole tasks, changed fields (`{"data", "fields"}`), pieces of a text (`delta`) and heartbeats; other
answers come in one of three envelopes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...core.errors import ProtocolError
from ...core.events import JSON
from ...core.said import marked
from ...core.service_text import answered
from ...net.decoders import Message
from .statuses import OLDER_COMPLETED, TaskStatus, is_terminal_status, parse_status

ENVELOPE_KEYS = frozenset({"data", "messages", "success", "status", "error", "errors", "message"})
CONCATENATED = frozenset({"response", "reasoning", "arguments"})
"""Fields of a delta that go on where the last piece ended; others replace, lists are merged by `index`."""
MAX_DEPTH = 8
TASK_FIELDS = frozenset({"id", "status", "output"})
"""What makes an object a task: one of these."""


def resource(answer: JSON) -> JSON:
    """What an answer carries: out of `{"data", "messages"}` or `{"success", "status", "data"}`, or bare."""
    if isinstance(answer, dict) and "data" in answer and ENVELOPE_KEYS.issuperset(answer):
        return answer["data"]
    return answer


def notes(answer: JSON) -> list[dict[str, Any]]:
    """The messages that came with an answer: warnings, mostly."""
    listed = answer.get("messages") if isinstance(answer, dict) else None
    return [note for note in listed if isinstance(note, dict)] if isinstance(listed, list) else []


@dataclass(frozen=True, slots=True)
class Whole:
    """A task as it is now."""

    task: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Partial:
    """Fields of a task that changed."""

    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Delta:
    """A further piece of a text model's output. `seq` counts from 0; -1 where it is not said."""

    pieces: Mapping[str, Any]
    seq: int = -1


@dataclass(frozen=True, slots=True)
class Nothing:
    """A heartbeat, or something that nobody knows."""


Update = Whole | Partial | Delta | Nothing


def is_heartbeat(message: Message) -> bool:
    """Whether a message of a stream says no more than that the line is open."""
    return isinstance(read_update(message), Nothing)


def read_update(message: Message) -> Update:
    """What one message of a stream says. Never raises: what is not understood is `Nothing`."""
    try:
        value = answered(message.json())
    except ProtocolError:
        return Nothing()
    if not isinstance(value, dict) or "heartbeat" in (value.get("type"), value.get("event"), message.event):
        return Nothing()
    data = value.get("data")
    if "delta" in (value.get("event"), message.event):
        return _delta(data if isinstance(data, dict) else value)
    if isinstance(data, dict):
        fields = value.get("fields")
        if not isinstance(fields, list):
            return _whole(data)
        named = {name: data[name] for name in fields if isinstance(name, str) and name in data}
        return Partial(named or data)
    return _whole(value)


def _whole(task: Mapping[str, Any]) -> Update:
    return Nothing() if TASK_FIELDS.isdisjoint(task) else Whole(task)


def _delta(data: Mapping[str, Any]) -> Update:
    pieces, seq = data.get("delta"), data.get("seq")
    if isinstance(pieces, str):
        pieces = {"response": pieces}
    if not isinstance(pieces, dict) or not pieces:
        return Nothing()
    return Delta(pieces, seq if isinstance(seq, int) else -1)


@dataclass(frozen=True, slots=True)
class View:
    """All that is known of a task: its fields, and the text that deltas brought (`said`, up to number `seq`)."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    said: Mapping[str, Any] = field(default_factory=dict)
    seq: int = -1

    @property
    def task(self) -> dict[str, Any]:
        """The task as a caller sees it, as a new dict; pieces of a text stand in `output` until all of it is there."""
        task = dict(self.fields)
        output = task.get("output")
        if self.said and (output is None or isinstance(output, Mapping)):
            known = {key: value for key, value in (output or {}).items() if value is not None}
            task["output"] = marked({**self.said, **known})  # what came in pieces is a service's word too
        return task

    @property
    def status(self) -> TaskStatus | None:
        """The status; `None` for an unknown one."""
        return parse_status(self.fields.get("status"))

    @property
    def over(self) -> bool:
        """Whether nothing more can happen."""
        return is_terminal_status(self.fields.get("status"))

    @property
    def complete(self) -> bool:
        """Whether it is over and, where it succeeded, its output is known too."""
        return self.over and (self.status is not TaskStatus.COMPLETED or bool(self.task.get("output")))

    @property
    def perhaps_over(self) -> bool:
        """Whether the status is the number that an older service uses for completed, and an output is there."""
        status = self.fields.get("status")
        numbered = status in (OLDER_COMPLETED, str(OLDER_COMPLETED)) and not isinstance(status, bool)
        return numbered and bool(self.fields.get("output"))

    def completed(self) -> View:
        """The same task, read in the older numbering."""
        return replace(self, fields={**self.fields, "status": TaskStatus.COMPLETED.value})


def merge(view: View, update: Update) -> View:
    """What is known after `update`. An end is never taken back, and an output never lost."""
    match update:
        case Whole(task=fields) | Partial(fields=fields):
            merged = {**view.fields, **fields}
            if view.over and not is_terminal_status(merged.get("status")):
                merged["status"] = view.fields["status"]
            if is_terminal_status(merged.get("status")) and merged.get("output") is None:
                merged["output"] = view.fields.get("output")
            return replace(view, fields=merged)
        case Delta(pieces=pieces, seq=seq):
            if 0 <= seq <= view.seq:
                return view  # a stream that was taken up again begins at the beginning
            return replace(view, said=joined(view.said, pieces), seq=max(seq, view.seq))
        case Nothing():
            return view


def joined(known: Mapping[str, Any], pieces: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """An output with a further piece of it put in: texts are continued, tool calls merged by their `index`."""
    result = dict(known)
    for name, piece in pieces.items():
        before = result.get(name)
        if piece is None:
            continue
        if name in CONCATENATED and isinstance(piece, str):
            result[name] = (before if isinstance(before, str) else "") + piece
        elif isinstance(piece, Mapping) and isinstance(before, Mapping) and name == "function" and depth < MAX_DEPTH:
            result[name] = joined(before, piece, depth + 1)
        elif isinstance(piece, list) and name == "tool_calls" and depth < MAX_DEPTH:
            result[name] = _indexed(before if isinstance(before, list) else [], piece, depth)
        else:
            result[name] = piece
    return result


def _indexed(known: Sequence[Any], pieces: Sequence[Any], depth: int) -> list[Any]:
    by_index = {_index(call): call for call in known if isinstance(call, Mapping)}
    for piece in pieces:
        if isinstance(piece, Mapping):
            by_index[_index(piece)] = joined(by_index.get(_index(piece), {}), piece, depth + 1)
    return [by_index[index] for index in sorted(by_index)]


def _index(call: Mapping[str, Any]) -> int:
    index = call.get("index")
    return index if isinstance(index, int) else 0
