"""What Segmind's answers hold, read into events. Pure, and liberal with shapes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from ...core.cost import Cost
from ...core.errors import MediaError
from ...core.events import JSON, Event, Failed, Output, Progress, Queued, Running, Succeeded
from ...media.encoded import decode_base64, decode_data_uri
from ...media.sniff import sniff
from ..kit.numbers import read_number
from ..kit.unknown import unknown_word
from .errors import failure_text
from .replies import ChatResponse, provider_json

State = Literal["queued", "running", "completed", "failed"]
STATES: Mapping[str, State] = {
    **dict.fromkeys(("QUEUED", "PENDING", "SUBMITTED", "IN_QUEUE"), "queued"),
    **dict.fromkeys(("COMPLETED", "COMPLETE", "SUCCEEDED", "SUCCESS"), "completed"),
    **dict.fromkeys(("FAILED", "ERROR", "CANCELLED", "CANCELED", "EXPIRED"), "failed"),
}
"""Status words; any other means that the job runs."""
METRICS = ("remaining_credits", "total_time", "retry_count")
PLACES = ("url", "uri", "image", "image_url", "data", "value")
"""Where an object holds its one file, if it has no name of its own."""
MAX_DEPTH = 6
MAX_OUTPUTS = 256


def state_of(body: Mapping[str, Any]) -> State:
    """Where a request stands."""
    word = body.get("status")
    return STATES.get(word.strip().upper(), "running") if isinstance(word, str) else "running"


def event_of(body: Mapping[str, Any], seed: int | None = None) -> Event:
    """What an answer about a request means for a job; `seed` is the header's."""
    match state_of(body):
        case "queued":
            position = _number(body.get("queue_position", body.get("position")))
            return Queued(None if position is None or position < 0 else int(position))
        case "running":
            return _running(body)
        case "failed":
            return Failed(message=failure_text(body), cost=_cost(body), raw=dict(body))
    return _succeeded(body, seed)


def _running(body: Mapping[str, Any]) -> Event:
    percent, eta_s = _number(body.get("progress")), _number(body.get("eta"))
    if percent is None and eta_s is None:
        return Running(unknown_word(body.get("status")))
    fraction = None if percent is None else percent / 100 if percent > 1 else percent
    return Progress(fraction=fraction, eta_s=eta_s)


def _succeeded(body: Mapping[str, Any], seed: int | None) -> Succeeded:
    metrics = _metrics(body)
    raw, told = provider_json(body), _number(body.get("seed", metrics.get("seed")))
    text = ChatResponse(raw).found_text if isinstance(raw, dict) else None
    outputs = () if text is not None else find_outputs(body.get("output"))
    plain = body.get("output")
    if text is None and not outputs and isinstance(plain, str):
        text = plain
    return Succeeded(
        outputs=outputs,
        seed=seed if seed is not None or told is None else int(told),
        cost=_cost(body),
        queue_s=_number(metrics.get("queue_time")),
        inference_s=_number(metrics.get("inference_time")),
        facts={name: metrics[name] for name in METRICS if isinstance(metrics.get(name), int | float | str)},
        text=text or "",
        raw=dict(body),
    )


def find_outputs(output: JSON) -> tuple[Output, ...]:
    """Every file in `output`: an address, a `data:` URI, base64, a list or an object of these, or JSON in a string."""
    return tuple(found for _, found in zip(range(MAX_OUTPUTS), _found(output, "image", 0), strict=False))


def _found(value: JSON, name: str, depth: int) -> Iterator[Output]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, str):
        yield from _in_text(value, name, depth)
    elif isinstance(value, list):
        for entry in value:
            yield from _found(entry, name, depth + 1)
    elif isinstance(value, dict):
        called = value.get("keyname", value.get("name"))
        for key, entry in value.items():
            inner = str(called) if isinstance(called, str) and called else name if key in PLACES else key
            if key not in ("keyname", "name", "type"):
                yield from _found(entry, inner, depth + 1)


def _in_text(text: str, name: str, depth: int) -> Iterator[Output]:
    stripped = text.strip()
    if stripped.startswith(("http://", "https://")):
        if not any(c.isspace() for c in stripped):
            yield Output(name=name, url=stripped)
        return
    if stripped.startswith(("[", "{")):
        parsed = _json(stripped)
        if parsed is not None:
            yield from _found(parsed, name, depth + 1)
        return
    data = _bytes(stripped)
    if data:
        yield Output(name=name, data=data, media_type=sniff(data))


def _bytes(text: str) -> bytes | None:
    try:
        if text[:5].lower() == "data:":
            return decode_data_uri(text)
        data = decode_base64(text)
    except MediaError:
        return None
    return data if data is not None and sniff(data) else None


def _json(text: str) -> JSON:
    try:
        value: JSON = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def _metrics(body: Mapping[str, Any]) -> Mapping[str, Any]:
    metrics = body.get("metrics")
    return metrics if isinstance(metrics, Mapping) else {}


def _cost(body: Mapping[str, Any]) -> Cost | None:
    cost = Cost.read(_metrics(body).get("cost", body.get("cost")))
    return cost if cost.known else None


def seconds_of(body: Mapping[str, Any]) -> float | None:
    """How long the inference took, where the service says it."""
    return _number(_metrics(body).get("inference_time"))


def seed_of(headers: Mapping[str, str]) -> int | None:
    """The seed that was used, from `x-seed-value`."""
    text = headers.get("x-seed-value", "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _number(value: object) -> float | None:
    """A number of 0 or more, also in a text."""
    found = read_number(value)
    return found if found is not None and found >= 0 else None
