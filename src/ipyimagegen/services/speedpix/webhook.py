"""What SpeedPix posts to a webhook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.events import Event
from ..kit.webhooks import WebhookReader
from .answers import read_envelope, read_task
from .errors import SERVICE
from .events import event_of


def _claims(value: Mapping[str, Any]) -> int:
    data = value.get("data")
    places = (value, data if isinstance(data, Mapping) else {})
    return 3 * int(any(name in place for place in places for name in ("taskId", "task_id")))


def _read(value: Mapping[str, Any]) -> tuple[str, Event]:
    whole = value if isinstance(value.get("data"), Mapping) else {"data": dict(value)}
    task = read_task(read_envelope(dict(whole)))
    return task.id, event_of(task)


READER = WebhookReader(service=SERVICE, claims=_claims, read=_read)
parse_webhook = READER.delivery
"""Read what SpeedPix posted: the body as bytes or text, or the JSON object in it. Costs nothing, asks nobody."""
