"""What any service posts to a webhook: the form tells whose it is.

>>> delivery = parse_webhook({"id": "t1", "status": 9, "output": {"image": "https://example.com/a.png"}})
>>> delivery.service, delivery.job_id, delivery.status
('inferencesh', 't1', 'succeeded')
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.errors import InvalidInput, ProtocolError, UnknownModel, capped
from .base import Registry
from .kit.webhooks import Delivery, WebhookReader, opened

__all__ = ["Delivery", "parse_webhook"]


def parse_webhook(body: bytes | bytearray | str | Mapping[str, Any], service: str | None = None) -> Delivery:
    """Read what a service posted: the request's body, or the JSON object in it.

    `service` says whose it is (`speedpix`, `openpixels`, `segmind`, `inferencesh`, or a plug-in's); without it the form
    tells. Costs nothing and asks nobody. Raises `ProtocolError` for what no service posts, `InvalidInput` for an
    unknown `service`.
    """
    readers = _readers()
    if service is not None:
        if service not in readers:
            raise InvalidInput(f"no webhooks of {service!r} are known; there are {', '.join(readers)}")
        return readers[service].delivery(body)
    value = opened(body)
    surest = max(readers.values(), key=lambda reader: reader.claims(value), default=None)
    if surest is None or not surest.claims(value):
        what = capped(", ".join(map(str, value)), 200) or "nothing in it"
        raise ProtocolError(f"no service posts an object with {what}")
    return surest.delivery(value)


def _readers() -> dict[str, WebhookReader]:
    """The readers of all installed services that have one."""
    registry, found = Registry.discover(), dict[str, WebhookReader]()
    for name in registry.names():
        try:
            reader = getattr(registry.get(name), "webhooks", None)
        except UnknownModel:  # a broken plug-in posts nothing
            continue
        if isinstance(reader, WebhookReader):
            found[name] = reader
    return found
