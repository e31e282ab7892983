"""Webhooks: posting a job's end to an address, on this machine only, and remembering how it went."""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .records import log

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT_S = 5.0
KEPT = 1_000
LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt. `status` is the receiver's answer, 0 where there was none; `error` then says why."""

    hook: str
    url: str
    payload: Mapping[str, Any]
    at: float
    status: int
    error: str = ""


class Deliveries:
    """Posts payloads in the background. Addresses that are not of this machine are refused and logged, never asked."""

    def __init__(self) -> None:
        self.log: deque[Delivery] = deque(maxlen=KEPT)
        self._under_way: set[asyncio.Task[None]] = set()

    def send(self, url: str, payload: Mapping[str, Any], *, hook: str = "") -> None:
        """Post the payload once. Must be called on the server's loop."""
        task = asyncio.get_running_loop().create_task(self._send(url, payload, hook))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _send(self, url: str, payload: Mapping[str, Any], hook: str) -> None:
        started, status, error = time.time(), 0, ""
        try:
            status = await asyncio.to_thread(_post, url, json.dumps(payload).encode())
        except (OSError, ValueError, http.client.HTTPException) as failure:
            error = str(failure) or type(failure).__name__
        self.log.append(Delivery(hook, url, payload, started, status, error))
        log.info("webhook     POST %r -> %s", url, status or error)


def _post(url: str, body: bytes) -> int:
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in LOCAL_HOSTS:
        raise ValueError("not delivered: this gateway posts only to http addresses of this machine")
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=TIMEOUT_S)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, {"Content-Type": "application/json"})
        return connection.getresponse().status
    finally:
        connection.close()
