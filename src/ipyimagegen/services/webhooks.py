"""What services post to a webhook, read into one value: the receiver's side, for a web framework of the user's choice.

>>> delivery = parse_webhook({"id": "t1", "status": 9, "output": {"image": "https://example.com/a.png"}})
>>> delivery.service, delivery.job_id, delivery.status
('inferencesh', 't1', 'succeeded')

No delivery is signed by its service: whoever knows the address can post anything. Take one as a hint to look: ask the
service for the job by its id (`client.tasks.get`, `segmind.job`) before anything depends on it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from ..core.errors import InvalidInput, ProtocolError, capped
from ..core.events import Cancelled, Event, Failed, Output, Queued, Succeeded
from ..core.said import marked
from ..core.service_text import answered

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


Read = Callable[[Mapping[str, Any]], tuple[str, Event]]


def parse_webhook(body: bytes | bytearray | str | Mapping[str, Any], service: str | None = None) -> Delivery:
    """Read what a service posted: the request's body, or the JSON object in it.

    `service` says whose it is (`speedpix`, `openpixels`, `segmind`, `inferencesh`); without it the form tells. The
    numbering of inference.sh's statuses is the one of webhooks, where 9 is completed in the older form and 10 in the
    newer one. Costs nothing and asks nobody. Raises `ProtocolError` for what no service posts, `InvalidInput` for an
    unknown `service`.
    """
    if service is not None and service not in READERS:
        raise InvalidInput(f"no webhooks of {service!r} are known; there are {', '.join(READERS)}")
    value = _object(body)
    name = service or _whose(value)
    job_id, event = READERS[name](value)
    if not job_id:
        raise ProtocolError(f"a delivery of {name} that names no job", service=name)
    return Delivery(service=name, job_id=job_id, status=_status(event), event=event, body=value)


def _object(body: bytes | bytearray | str | Mapping[str, Any]) -> Mapping[str, Any]:
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


def _whose(value: Mapping[str, Any]) -> str:
    """The service whose form this is."""
    data = value.get("data")
    inner: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
    if any(name in place for place in (value, inner) for name in ("taskId", "task_id")):
        return "speedpix"
    if "request_id" in value or "requestId" in value:
        return "segmind"
    if value.get("type") in ("result", "update") or value.get("status") == "complete":
        return "openpixels"
    if "status" in value or "status" in inner:
        return "inferencesh"
    raise ProtocolError(f"no service posts an object with {capped(', '.join(map(str, value)), 200) or 'nothing in it'}")


def _inferencesh(value: Mapping[str, Any]) -> tuple[str, Event]:
    from .inferencesh.messages import View, Whole, merge, resource
    from .inferencesh.outcomes import final, news
    from .inferencesh.statuses import OLDER_COMPLETED, TaskStatus, parse_status

    task = resource(dict(value))
    if not isinstance(task, dict):
        raise ProtocolError("a delivery of inferencesh without a task", service="inferencesh")
    view = merge(View(), Whole(task))
    numbered = not isinstance(task.get("status"), str) or str(task["status"]).strip().isdigit()
    if numbered and parse_status(task.get("status")) == OLDER_COMPLETED:
        view = view.completed()
    if view.status is TaskStatus.COMPLETED and numbered and task.get("error") and not task.get("output"):
        # The older numbering has its failures one lower, too.
        view = merge(View(), Whole({**task, "status": TaskStatus.FAILED.value}))
    events = [] if view.over else news(View(), view)
    return _text(task.get("id")), final(view) if view.over else (events or [Queued()])[0]


def _segmind(value: Mapping[str, Any]) -> tuple[str, Event]:
    from .segmind.outputs import event_of

    return _text(value.get("request_id", value.get("requestId"))), event_of(value)


def _openpixels(value: Mapping[str, Any]) -> tuple[str, Event]:
    from .openpixels.messages import event_of, read_message

    message = read_message(dict(value))
    return message.id, event_of(message)


def _speedpix(value: Mapping[str, Any]) -> tuple[str, Event]:
    from .speedpix.answers import read_envelope, read_task
    from .speedpix.events import event_of

    whole = value if isinstance(value.get("data"), Mapping) else {"data": dict(value)}
    task = read_task(read_envelope(dict(whole)))
    return task.id, event_of(task)


READERS: dict[str, Read] = {
    "speedpix": _speedpix,
    "openpixels": _openpixels,
    "segmind": _segmind,
    "inferencesh": _inferencesh,
}


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


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
