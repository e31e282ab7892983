"""What SpeedPix says, read into values: pure; camelCase and snake_case, numbers as text (PROTOCOL.md, 4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ...core.errors import ProtocolError, capped
from ...core.events import JSON
from ...net.answers import Answer
from ..kit.numbers import read_number

Phase = Literal["waiting", "running", "succeeded", "failed", "cancelled"]

PHASES: Mapping[str, Phase] = {
    **dict.fromkeys(("waiting", "queued", "queue", "pending", "submitted", "created", "task_queue"), "waiting"),
    **dict.fromkeys(("succeeded", "success", "succeed", "finished", "completed", "done", "task_finish"), "succeeded"),
    **dict.fromkeys(("failed", "fail", "failure", "error", "task_failed"), "failed"),
    **dict.fromkeys(("cancelled", "canceled"), "cancelled"),
}
"""Status words; every other word means that the job runs."""
ENDED = frozenset({"succeeded", "failed", "cancelled"})
NO_ERROR = frozenset({"", "0", "none", "null", "ok", "success"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The frame of every answer. `data` has its own keys in snake_case; `invoke_id` is what support asks for."""

    status: int | None = None
    code: str = ""
    message: str = ""
    sub_code: str = ""
    sub_message: str = ""
    invoke_id: str = ""
    data: Mapping[str, JSON] | None = field(default=None, repr=False)

    @property
    def refused(self) -> bool:
        """Whether this is an error, whatever the HTTP status was."""
        return self.code.lower() not in NO_ERROR or self.sub_code.lower() not in NO_ERROR

    @property
    def reason(self) -> str:
        """Message, detail, code and sub-code in one text."""
        texts = ": ".join(dict.fromkeys(text for text in (self.message, self.sub_message) if text))
        codes = ", ".join(dict.fromkeys(code for code in (self.code, self.sub_code) if code.lower() not in NO_ERROR))
        return f"{texts} ({codes})" if texts and codes else texts or codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A job as the service describes it. `fraction` is 0 to 1, times are seconds, `None` where it says nothing.

    `word` is its own word for `phase`; `result` maps output names to values; `error` is why it failed.
    """

    id: str
    phase: Phase = "running"
    word: str = ""
    fraction: float | None = None
    eta_s: float | None = None
    estimated_s: float | None = None
    message: str = ""
    result: JSON = field(default=None, repr=False)
    images: tuple[str, ...] = field(default=(), repr=False)
    info: Mapping[str, JSON] = field(default_factory=dict, repr=False)
    error: str = ""
    error_code: str = ""
    invoke_id: str = ""

    @property
    def known(self) -> bool:
        """Whether its word for the state is one that has a meaning here."""
        return self.word.lower() in PHASES

    @property
    def ended(self) -> bool:
        """Whether nothing more can happen."""
        return self.phase in ENDED

    @property
    def concluded(self) -> bool:
        """Whether it has ended, and its result or the reason why there is none has been read."""
        return bool(self.result or self.images) if self.phase == "succeeded" else self.ended and bool(self.error)


def snake(name: str) -> str:
    """`taskId` as `task_id`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def fields(value: JSON) -> dict[str, JSON]:
    """An object with its own keys in snake_case (those inside stay as they are); `{}` for anything else."""
    return {snake(name): entry for name, entry in value.items()} if isinstance(value, dict) else {}


def read_envelope(value: JSON) -> Envelope:
    """An answer's frame. Raises `ProtocolError` for what is none."""
    known = fields(value)
    if not known.keys() & {"status", "data", "err_code", "sub_err_code"}:
        raise ProtocolError(f"an answer was expected, not {capped(repr(value), 120)}", service="speedpix")
    status = read_number(known.get("status"))
    data = known.get("data")
    return Envelope(
        status=None if status is None else int(status),
        code=_text(known.get("err_code")),
        message=_text(known.get("err_message")),
        sub_code=_text(known.get("sub_err_code")),
        sub_message=_text(known.get("sub_err_message")),
        invoke_id=_text(known.get("api_invoke_id")),
        data=fields(data) if isinstance(data, dict) else None,
    )


def own_error(answer: Answer) -> bool:
    """Whether an answer is in SpeedPix's own frame, with an error in it (PROTOCOL.md, 4.3).

    Alibaba Cloud's gateway in front of it says its errors in headers, and knows no frame.
    """
    body = answer.json_object()
    known = fields(body)
    if not isinstance(known.get("err_code"), str) or not known.keys() & {"err_message", "api_invoke_id"}:
        return False
    return read_envelope(body).refused


def read_task(envelope: Envelope, *, task_id: str = "") -> Task:
    """The job in an answer. Raises `ProtocolError` where it names none and `task_id` was not known."""
    data = envelope.data or {}
    identity = _text(data.get("task_id")) or task_id
    if not identity:
        raise ProtocolError("an answer without a task id", service="speedpix", request_id=envelope.invoke_id)
    word = _text(data.get("status"))
    fraction = read_number(data.get("progress"))
    if fraction is not None:
        fraction = min(1.0, max(0.0, fraction / 100 if fraction > 1 else fraction))
    eta_s = read_number(data.get("eta_relative"))
    images = data.get("images")
    info = data.get("info")
    return Task(
        id=identity,
        phase=PHASES.get(word.lower(), "running"),
        word=word,
        fraction=fraction,
        eta_s=eta_s if eta_s is not None and eta_s > 0 else None,  # 0 is also said of what is not known: PROTOCOL.md, 3
        estimated_s=read_number(data.get("estimated_duration_in_seconds")),
        message=_text(data.get("message")),
        result=data.get("result"),
        images=tuple(url for url in images if isinstance(url, str)) if isinstance(images, list) else (),
        info=info if isinstance(info, dict) else {},
        invoke_id=envelope.invoke_id,
    )


def _text(value: JSON) -> str:
    return capped(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
