"""What inference.sh posts to a webhook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.errors import ProtocolError
from ...core.events import Event, Queued
from ..kit.webhooks import WebhookReader, job_id
from .errors import SERVICE
from .messages import View, Whole, merge, resource
from .outcomes import final, news
from .statuses import OLDER_COMPLETED, TaskStatus, parse_status


def _claims(value: Mapping[str, Any]) -> int:
    data = value.get("data")
    return int("status" in value or (isinstance(data, Mapping) and "status" in data))


def _read(value: Mapping[str, Any]) -> tuple[str, Event]:
    """The numbering of its statuses is the one of webhooks: 9 is completed in the older form, 10 in the newer.

    See PROTOCOL.md, 3.2.
    """
    task = resource(dict(value))
    if not isinstance(task, dict):
        raise ProtocolError("a delivery of inferencesh without a task", service="inferencesh")
    view = merge(View(), Whole(task))
    numbered = not isinstance(task.get("status"), str) or str(task["status"]).strip().isdigit()
    if numbered and parse_status(task.get("status")) == OLDER_COMPLETED:
        view = view.completed()
    if view.status is TaskStatus.COMPLETED and numbered and task.get("error") and not task.get("output"):
        # The older numbering has its failures one lower, too (PROTOCOL.md, 3.2).
        view = merge(View(), Whole({**task, "status": TaskStatus.FAILED.value}))
    events = [] if view.over else news(View(), view)
    return job_id(task.get("id")), final(view) if view.over else (events or [Queued()])[0]


READER = WebhookReader(service=SERVICE, claims=_claims, read=_read)
parse_webhook = READER.delivery
"""Read what inference.sh posted: the body as bytes or text, or the JSON object in it. Costs nothing, asks nobody."""
