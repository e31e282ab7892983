"""One request from its arrival to its answer: read, recorded, perhaps spoiled by a scripted fault, and logged."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from .inject import instead, spoiled, spoiled_send
from .records import KEPT_BODY_BYTES, Records, RequestRecord, log, safe_headers

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from .connections import Connections
    from .faults import Fate, Fault, Faults

MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_OPEN_BODY_BYTES = 64 * 1024
"""Where no key is asked for."""
LOGGED_PATH = 100


class BadBody(ValueError):
    """The body of a request is no JSON object."""


@dataclass
class Incoming:
    """A request whose body has been read. A handler sets `job` to the job that it is about."""

    request: Request
    body: bytes
    fault: Fault | None = None
    job: str | None = None

    @property
    def fate(self) -> Fate | None:
        """What the scripted fault does to a job that this request submits."""
        return self.fault.fate if self.fault else None

    def path_value(self, name: str) -> str:
        """A `{name}` of the route's path."""
        return str(self.request.path_params[name])

    def json(self) -> dict[str, object]:
        """The body as a JSON object; `{}` for no body. Raises `BadBody`."""
        if not self.body:
            return {}
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise BadBody("the body is not JSON") from error
        if not isinstance(value, dict):
            raise BadBody("the body must be a JSON object")
        return value


Handler = Callable[[Incoming], Awaitable[Response]]
Guard = Callable[[Request], Response | None]
"""Looks at a request's head alone: the refusal, or `None` for one that may go on and have its body read."""


@dataclass(frozen=True, slots=True)
class Call:
    """One route of one service: its name in records and faults, what lets a request in, and what answers it."""

    service: str
    route: str
    method: str
    path: str
    handler: Handler
    guard: Guard | None = None


class CloseFramedResponse(StreamingResponse):
    """A stream without chunks and without a length: only the closing of the connection ends it."""


class Exchange:
    """The ASGI application of one `Call`."""

    def __init__(self, call: Call, records: Records, faults: Faults, connections: Connections) -> None:
        self.call = call
        self._records = records
        self._faults = faults
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = time.perf_counter()
        call = self.call
        request = Request(scope, receive)
        fault = self._faults.take(call.service, call.route)
        record = RequestRecord(
            call.service,
            call.route,
            request.method,
            _printable_path(scope),
            time.time(),
            safe_headers(request.headers),
            fault=fault.kind if fault else None,
        )
        number = self._records.open(record)
        facts: dict[str, Any] = {"status": 0, "sent_bytes": 0}

        async def watched_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                facts["status"] = message["status"]
                self._records.update(number, status=message["status"])
            else:
                facts["sent_bytes"] += len(message.get("body", b""))
            await send(message)

        try:
            await self._answer(request, fault, number, watched_send)
        except ClientDisconnect:
            log.info("%s %s: the client went away", call.service, call.route)
        except Exception:
            facts["status"] = facts["status"] or 500
            raise
        finally:
            self._records.update(number, seconds=time.perf_counter() - started, **facts)
            log.info("%s", log_line(self._records.get(number) or record))

    async def _answer(self, request: Request, fault: Fault | None, number: int, send: Send) -> None:
        if fault and fault.seconds and fault.kind != "drip":
            await asyncio.sleep(fault.seconds)
        if fault and fault.kind == "reset":
            await self._drop(request, number)
            return
        response = instead(request, fault) if fault else None
        refused = response is None and (response := self._refusal(request)) is not None
        body = b"" if refused else await _read(request, MAX_BODY_BYTES if self.call.guard else MAX_OPEN_BODY_BYTES)
        if body is None:
            response = _too_large()
        self._records.update(number, body=(body or b"")[:KEPT_BODY_BYTES], received_bytes=len(body or b""))
        incoming = Incoming(request, body or b"", fault)
        if response is None:
            response = await self.call.handler(incoming)
        self._records.update(number, job=incoming.job)
        if fault and fault.kind == "lost_answer":
            await self._drop(request, number)
            return
        if fault:
            response = spoiled(response, fault, own_address=f"{request.url.scheme}://{request.url.netloc}")
            close = partial(self._connections.finish, request.scope)
            send = spoiled_send(send, fault, response, receive=request.receive, close=close)
        if isinstance(response, CloseFramedResponse):
            self._connections.frame_by_closing(request.scope)
        await response(request.scope, request.receive, send)

    def _refusal(self, request: Request) -> Response | None:
        """What the head alone says no to. The body of such a request is never held."""
        length = request.headers.get("content-length", "")
        limit = MAX_BODY_BYTES if self.call.guard else MAX_OPEN_BODY_BYTES
        refusal = self.call.guard(request) if self.call.guard else None
        if refusal is None and length.isdecimal() and int(length[:20]) > limit:
            refusal = _too_large()
        if refusal is not None and "expect" in request.headers:
            refusal.headers["Connection"] = "close"  # nobody knows whether its body will still come
        return refusal

    async def _drop(self, request: Request, number: int) -> None:
        self._records.update(number, status=0)
        self._connections.reset(request.scope)
        while (await request.receive())["type"] != "http.disconnect":
            pass


def log_line(record: RequestRecord) -> str:
    """One line for people: what was asked, what came of it, how much, how long."""
    status = str(record.status) if record.status else "dropped"
    job = f" job={record.job}" if record.job else ""
    fault = f" [fault: {record.fault}]" if record.fault else ""
    return (
        f"{record.service:<11} {record.route:<10} {record.method:<4} {record.path} -> {status}"
        f" {record.received_bytes}+{record.sent_bytes} B {record.seconds * 1000:.0f} ms{job}{fault}"
    )


def _too_large() -> Response:
    return Response("The body is too large.", status_code=413, media_type="text/plain")


async def _read(request: Request, limit: int) -> bytes | None:
    """The body, or `None` if it is larger than anything that is sent in earnest."""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            return None
        pieces.append(piece)
    return b"".join(pieces)


def _printable_path(scope: Mapping[str, Any]) -> str:
    raw: bytes = scope.get("raw_path") or b""
    return raw.decode("ascii", "backslashreplace")[:LOGGED_PATH]
