"""What OpenPixels posts to a webhook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.events import Event
from ..kit.webhooks import WebhookReader
from .messages import event_of, read_message


def _claims(value: Mapping[str, Any]) -> int:
    return 2 * int(value.get("type") in ("result", "update") or value.get("status") == "complete")


def _read(value: Mapping[str, Any]) -> tuple[str, Event]:
    message = read_message(dict(value))
    return message.id, event_of(message)


READER = WebhookReader(service="openpixels", claims=_claims, read=_read)
parse_webhook = READER.delivery
"""Read what OpenPixels posted: the body as bytes or text, or the JSON object in it. Costs nothing, asks nobody."""
