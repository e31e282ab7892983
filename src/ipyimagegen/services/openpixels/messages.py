"""What OpenPixels says, read into values: pure, and liberal with spellings (PROTOCOL.md, 2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from ...core.cost import Cost
from ...core.errors import MediaError, ProtocolError, capped
from ...core.events import JSON, Cancelled, Event, Failed, Output, Progress, Queued, Running, Succeeded
from ...core.requests import Ticket
from ...core.service_text import kept
from ...media.encoded import decode_base64
from ...media.sniff import sniff
from ...net.answers import Answer
from ..kit.numbers import read_number
from ..kit.unknown import unknown_word

Phase = Literal["queued", "running", "complete", "failed", "cancelled"]

PHASES: Mapping[str, Phase] = {
    **dict.fromkeys(("queued", "pending", "waiting", "submitted", "accepted", "created", "in_queue"), "queued"),
    **dict.fromkeys(("complete", "completed", "success", "succeeded", "done", "finished", "ready"), "complete"),
    **dict.fromkeys(("failed", "failure", "error", "errored", "rejected", "timeout", "timed_out"), "failed"),
    **dict.fromkeys(("cancelled", "canceled", "aborted"), "cancelled"),
}
"""Status words; every other word means that the job runs."""
BASE64_FIELDS = ("base64", "b64_json", "b64", "image_base64", "image", "data")
LIST_FIELDS = ("images", "outputs", "data")
MAX_DEPTH = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One answer about a job: an update, or with `final` its result. `raw` is the object as it came."""

    id: str
    phase: Phase
    word: str = ""
    final: bool = False
    raw: Mapping[str, JSON] = field(default_factory=dict, repr=False)


def read_message(value: JSON) -> Message:
    """A message from an answer's JSON. Raises `ProtocolError` for one that names neither a job nor a result."""
    if not isinstance(value, dict):
        raise ProtocolError(f"a message was expected, not {capped(repr(value), 120)}", service="openpixels")
    job_id = value.get("id", value.get("job_id"))
    word = str(value.get("status") or "").strip()
    kind = str(value.get("type") or "").strip().lower()
    phase = PHASES.get(word.lower(), "running")
    if phase == "running" and (kind == "result" or (not kind and not word)):
        phase = _by_content(value)
    if phase == "complete" and kind == "update" and not value.get("data"):
        phase = "running"  # the result itself is still to come
    final = phase in ("complete", "failed", "cancelled")
    if not final and not isinstance(job_id, str | int):
        raise ProtocolError("a message without a job's id and without a result", service="openpixels")
    return Message(id="" if job_id is None else str(job_id), phase=phase, word=word, final=final, raw=value)


def read_receipt(value: JSON) -> Message:
    """The message that answers a submit with 2xx.

    Raises `ProtocolError` also for an error without a job, a type or a status: it is somebody else's.
    """
    message = read_message(value)
    if message.phase == "failed" and not (message.id or message.word or message.raw.get("type")):
        raise ProtocolError("an error that names no job, in an answer that is well", service="openpixels")
    return message


def _by_content(value: Mapping[str, JSON]) -> Phase:
    """The phase of a result whose status says nothing."""
    if value.get("error"):
        return "failed"
    return "complete" if value.get("data") else "running"


def result_of(message: Message) -> dict[str, JSON]:
    """A final message as the documentation shows it: with `type`, and `complete` or `failed` as its status."""
    status = "failed" if message.phase == "cancelled" else message.phase
    result: dict[str, JSON] = {**message.raw, "type": "result", "status": status}
    if status == "failed":
        result["error"] = error_of(message.raw.get("error"), fallback=f"the job ended as {message.word or 'failed'}")
    return result


def error_of(value: JSON, *, fallback: str = "", kind: str = "provider", code: str = "") -> dict[str, JSON]:
    """An error as the documentation shows it: `type`, `code`, `message`, `params`. Texts become its message."""
    given = value if isinstance(value, dict) else {}
    text = value if isinstance(value, str) else ""
    known: dict[str, JSON] = {"type": kind, "code": code, "message": text or fallback, "params": {}}
    return cast("dict[str, JSON]", kept(known | {name: entry for name, entry in given.items() if entry is not None}))


def own_error(answer: Answer) -> bool:
    """Whether an answer is in OpenPixels' own form of error: an `error` of texts `type`, `code` and `message`.

    See PROTOCOL.md, 3.2. Google's and OpenAI's forms, which proxies use too, lack a `type` or a `code`.
    """
    error = answer.json_object().get("error")
    return isinstance(error, dict) and all(
        isinstance(said := error.get(name), str) and said for name in ("type", "code", "message")
    )


def ticket_of(message: Message, model: str) -> Ticket:
    """The receipt of a submit that was answered with `message`, which may be the result already."""
    return Ticket(service="openpixels", model=model, remote_id=message.id, facts={"answer": dict(message.raw)})


def event_of(message: Message) -> Event:
    """What a message means for a job."""
    raw = message.raw
    if message.phase == "complete":
        return _succeeded(raw)
    if message.phase == "failed":
        error = error_of(raw.get("error"))
        text = str(error["message"] or error["code"] or "the service gave no reason")
        return Failed(message=text, code=str(error["code"] or error["type"]), cost=_cost(raw), raw=dict(raw))
    if message.phase == "cancelled":
        return Cancelled(by="service")
    if message.phase == "queued":
        position = read_number(raw.get("position", raw.get("queue_position")))
        return Queued(position=None if position is None or position < 0 else int(position), message=_text(raw))
    fraction, eta_s = read_number(raw.get("progress")), read_number(raw.get("eta"))
    if fraction is not None and fraction > 1:
        fraction /= 100
    if fraction is not None or eta_s is not None:
        return Progress(fraction=fraction, eta_s=eta_s, message=_text(raw))
    return Running(_text(raw) or unknown_word(message.word))


def _succeeded(raw: Mapping[str, JSON]) -> Succeeded:
    meta = raw.get("meta")
    facts = meta if isinstance(meta, dict) else {}
    data = raw.get("data")
    seed = read_number(
        next((part["seed"] for part in (data, facts) if isinstance(part, dict) and "seed" in part), None)
    )
    return Succeeded(
        outputs=tuple(outputs_of(data)),
        seed=None if seed is None else int(seed),
        cost=_cost(raw),
        inference_s=read_number(facts.get("seconds", facts.get("inference_time"))),
        facts=facts,
        raw=dict(raw),
    )


def outputs_of(data: JSON, depth: int = 0) -> Iterator[Output]:
    """The pictures in `data`: an address, a `data:` URI, base64, an object with one of these, or a list of them."""
    if depth > MAX_DEPTH:
        return
    if isinstance(data, str):
        yield from _from_text(data)
    elif isinstance(data, list):
        for entry in data:
            yield from outputs_of(entry, depth + 1)
    elif isinstance(data, dict):
        texts = [data.get("url"), *(data.get(name) for name in BASE64_FIELDS)]
        one = next((made for text in texts if isinstance(text, str) for made in _from_text(text)), None)
        if one is not None:
            yield one
            return
        for name in LIST_FIELDS:
            if isinstance(data.get(name), list | dict):
                yield from outputs_of(data[name], depth + 1)
                return


def _from_text(text: str) -> Iterator[Output]:
    if text[:8].lower().startswith(("http://", "https://", "data:")):
        yield Output(url=text)
        return
    try:
        data = decode_base64(text)
    except MediaError:
        return
    if data:
        yield Output(data=data, media_type=sniff(data))


def _cost(raw: Mapping[str, JSON]) -> Cost | None:
    meta = raw.get("meta")
    value = raw.get("cost", meta.get("cost") if isinstance(meta, dict) else None)
    cost = Cost.read(value)
    return cost if cost.known else None


def _text(raw: Mapping[str, JSON]) -> str:
    message = raw.get("message")
    return message if isinstance(message, str) else ""
