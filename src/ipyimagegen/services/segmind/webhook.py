"""What Segmind posts to a webhook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.events import Event
from ..kit.webhooks import WebhookReader, job_id
from .errors import SERVICE
from .outputs import event_of


def _claims(value: Mapping[str, Any]) -> int:
    return 2 * int("request_id" in value or "requestId" in value)


def _read(value: Mapping[str, Any]) -> tuple[str, Event]:
    return job_id(value.get("request_id", value.get("requestId"))), event_of(value)


READER = WebhookReader(service=SERVICE, claims=_claims, read=_read)
parse_webhook = READER.delivery
"""Read what Segmind posted: the body as bytes or text, or the JSON object in it. Costs nothing, asks nobody."""
