"""What a service posts to a webhook, read into one value: the receiver's side, for any web framework.

No delivery is signed by its service: whoever knows the address can post anything. Take one as a hint to look: ask the
service for the job by its id (`client.tasks.get`, `segmind.job`) before anything depends on it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from ...core.errors import ProtocolError, capped
from ...core.events import Cancelled, Event, Failed, Output, Queued, Succeeded
from ...core.said import marked
from ...core.service_text import answered

Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]
MAX_BODY_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One delivery: whose, about which job, and what it says.

    `status` is `"succeeded"`, `"failed"` or `"cancelled"` where the job has ended, `"queued"` or `"running"` before.
    `event` is the same in full: a `Succeeded` has outputs, cost and seed, a `Failed` its message. `body` is what came.
    """

    service: str
    job_id: str
    status: Status
    event: Event
    body: Mapping[str, Any] = field(repr=False)

    @property
    def ended(self) -> bool:
        """Whether the job has ended."""
        return self.status not in ("queued", "running")

    @property
    def outputs(self) -> tuple[Output, ...]:
        """What was made; nothing for a job that did not succeed. Not fetched yet."""
        return self.event.outputs if isinstance(self.event, Succeeded) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookReader:
    """How one service's deliveries are known, and read.

    `claims` says how surely an object is a delivery of this service: 0 for no, 1 for a form that others may have too,
    2 for names that only it uses. `read` gives the job's id and what is said of it.
    """

    service: str
    claims: Callable[[Mapping[str, Any]], int]
    read: Callable[[Mapping[str, Any]], tuple[str, Event]]

    def delivery(self, body: bytes | bytearray | str | Mapping[str, Any]) -> Delivery:
        """A delivery of this service, from the request's body. Raises `ProtocolError` for what it never posts."""
        value = opened(body)
        job_id, event = self.read(value)
        if not job_id:
            raise ProtocolError(f"a delivery of {self.service} that names no job", service=self.service)
        return Delivery(service=self.service, job_id=job_id, status=_status(event), event=event, body=value)


def opened(body: bytes | bytearray | str | Mapping[str, Any]) -> Mapping[str, Any]:
    """The JSON object in a body. Raises `ProtocolError`."""
    value: Any = body
    if isinstance(body, bytes | bytearray | str):
        if len(body) > MAX_BODY_BYTES:
            raise ProtocolError(f"a delivery of more than {MAX_BODY_BYTES:,} bytes")
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            raise ProtocolError(f"a delivery that is not JSON: {capped(repr(body[:80]), 120)}") from None
    if not isinstance(value, Mapping):
        raise ProtocolError(f"a delivery must be a JSON object, not {type(value).__name__}")
    return cast("dict[str, Any]", marked(answered(dict(value))))


def _status(event: Event) -> Status:
    match event:
        case Succeeded():
            return "succeeded"
        case Failed():
            return "failed"
        case Cancelled():
            return "cancelled"
        case Queued():
            return "queued"
    return "running"


def job_id(value: object) -> str:
    """An id as text, `""` for what is none."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
