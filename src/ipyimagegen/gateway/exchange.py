"""One request from its arrival to its answer: read, recorded, perhaps spoiled by a scripted fault, and logged."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from .faults import BOMB_BYTES, PRIVATE_ADDRESS, Fault, Faults, gzip_bomb, html_page
from .records import KEPT_BODY_BYTES, Records, RequestRecord, safe_headers

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from .connections import Connections
    from .jobs import Fate

log = logging.getLogger("ipyimagegen.gateway")

MAX_BODY_BYTES = 64 * 1024 * 1024
DRIP_BYTES = 256
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
        kind = self.fault.kind if self.fault else None
        return kind if kind in ("job_fails", "job_rejected", "job_stuck") else None

    @property
    def fate_text(self) -> str:
        """The message of a job that fails by a scripted fault."""
        return self.fault.text if self.fault else ""

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


@dataclass(frozen=True, slots=True)
class Call:
    """One route of one service: its name in records and faults, and what answers it."""

    service: str
    route: str
    method: str
    path: str
    handler: Handler


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
        body = await _read(request)
        if body is None:
            await _plain(413, "The body is too large.")(request.scope, request.receive, send)
            return
        self._records.update(number, body=body[:KEPT_BODY_BYTES], received_bytes=len(body))
        incoming = Incoming(request, body, fault)
        response = instead(request, fault) if fault else None
        if response is None:
            response = await self.call.handler(incoming)
        self._records.update(number, job=incoming.job)
        if fault and fault.kind == "lost_answer":
            await self._drop(request, number)
            return
        if fault:
            response = spoiled(response, fault, _own_address(request))
            send = self._spoiled_send(request, fault, send, response)
        if isinstance(response, CloseFramedResponse):
            self._connections.frame_by_closing(request.scope)
        await response(request.scope, request.receive, send)

    async def _drop(self, request: Request, number: int) -> None:
        self._records.update(number, status=0)
        self._connections.reset(request.scope)
        while (await request.receive())["type"] != "http.disconnect":
            pass

    def _spoiled_send(self, request: Request, fault: Fault, send: Send, response: Response) -> Send:
        if fault.kind == "drip":
            return _dripping(send, fault.after_bytes or DRIP_BYTES, fault.seconds)
        if fault.kind in ("truncated", "cut_stream"):
            lines = fault.after_lines
            limit = fault.after_bytes
            if fault.kind == "truncated" and limit is None:
                limit = len(getattr(response, "body", b"")) // 2
            elif limit is None and lines is None:
                lines = 1
            return _cutting(send, request, lambda: self._connections.finish(request.scope), limit, lines)
        return send


def _cutting(send: Send, request: Request, close: Callable[[], None], limit: int | None, lines: int | None) -> Send:
    """A `send` that lets `limit` bytes or `lines` lines of the body through, then closes the connection."""
    seen_bytes = seen_lines = 0
    closed = False

    async def cut(message: Message) -> None:
        nonlocal seen_bytes, seen_lines, closed
        if closed:
            return
        if message["type"] != "http.response.body":
            await send(message)
            return
        body: bytes = message.get("body", b"")
        keep = len(body) if limit is None else max(0, min(len(body), limit - seen_bytes))
        if lines is not None:
            keep = min(keep, _length_of_lines(body, lines - seen_lines))
        seen_bytes += keep
        seen_lines += body[:keep].count(b"\n")
        reached = (limit is not None and seen_bytes >= limit) or (lines is not None and seen_lines >= lines)
        if not reached:
            await send(message)
            return
        closed = True
        if keep:
            await send({"type": "http.response.body", "body": body[:keep], "more_body": True})
        close()
        while (await request.receive())["type"] != "http.disconnect":
            pass

    return cut


def _length_of_lines(body: bytes, lines: int) -> int:
    end = 0
    for _ in range(lines):
        found = body.find(b"\n", end)
        if found < 0:
            return len(body)
        end = found + 1
    return end


def _dripping(send: Send, size: int, seconds: float) -> Send:
    async def drip(message: Message) -> None:
        body: bytes = message.get("body", b"")
        if message["type"] != "http.response.body" or len(body) <= size:
            await send(message)
            return
        for start in range(0, len(body), size):
            last = start + size >= len(body)
            more = message.get("more_body", False) if last else True
            await send({"type": "http.response.body", "body": body[start : start + size], "more_body": more})
            await asyncio.sleep(seconds)

    return drip


def instead(request: Request, fault: Fault) -> Response | None:
    """The answer of a fault that keeps the request from being handled; `None` for all other faults."""
    if fault.kind == "status":
        return _status_response(fault)
    if fault.kind == "html":
        return Response(html_page(fault.text or "Please sign in"), media_type=fault.text or "text/html")
    if fault.kind == "redirect":
        return Response(status_code=fault.status or 302, headers={"Location": fault.url or _elsewhere(request)})
    if fault.kind == "gzip_bomb":
        pieces = gzip_bomb(fault.after_bytes or BOMB_BYTES)
        headers = {"Content-Encoding": "gzip"}
        return StreamingResponse(_each(pieces), media_type=fault.text or "application/json", headers=headers)
    return None


def spoiled(response: Response, fault: Fault, own_address: str) -> Response:
    """The usual answer as the fault leaves it; the same object for faults that leave it alone."""
    if fault.kind == "content_type":
        response.headers["content-type"] = fault.text or "application/octet-stream"
    if isinstance(response, StreamingResponse):
        return response
    if fault.kind == "empty_body":
        return _with_body(response, b"")
    body = bytes(response.body)
    if fault.kind == "broken_json":
        return _with_body(response, body[: len(body) // 2])
    if fault.kind == "other_address":
        return _with_body(response, body.replace(own_address.encode(), (fault.url or PRIVATE_ADDRESS).encode()))
    return response


def log_line(record: RequestRecord) -> str:
    """One line for people: what was asked, what came of it, how much, how long."""
    status = str(record.status) if record.status else "dropped"
    job = f" job={record.job}" if record.job else ""
    fault = f" [fault: {record.fault}]" if record.fault else ""
    return (
        f"{record.service:<11} {record.route:<10} {record.method:<4} {record.path} -> {status}"
        f" {record.received_bytes}+{record.sent_bytes} B {record.seconds * 1000:.0f} ms{job}{fault}"
    )


def retry_after(seconds: float, *, date: bool = False) -> str:
    """A Retry-After value in whole seconds, or as the HTTP date of that moment."""
    return formatdate(time.time() + seconds, usegmt=True) if date else str(math.ceil(seconds))


def iso(at: float | None) -> str | None:
    """A moment, in Unix seconds, as ISO 8601 in UTC."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def reset_at(seconds: float) -> str:
    """The moment in `seconds`, as Segmind's `x-rate-limit-reset-at-utc` gives it."""
    return datetime.fromtimestamp(time.time() + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _status_response(fault: Fault) -> Response:
    status = fault.status or 503
    headers = {}
    if fault.retry_after_s is not None and fault.retry_after_form == "reset_at_utc":
        headers["x-rate-limit-reset-at-utc"] = reset_at(fault.retry_after_s)
    elif fault.retry_after_s is not None:
        headers["Retry-After"] = retry_after(fault.retry_after_s, date=fault.retry_after_form == "date")
    text = fault.text or f"scripted fault: {status}"
    if fault.body == "empty":
        return Response(status_code=status, headers=headers)
    if fault.body == "html":
        page = html_response(status, text)
        page.headers.update(headers)
        return page
    return JSONResponse({"error": text}, status_code=status, headers=headers)


def _with_body(response: Response, body: bytes) -> Response:
    kept = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Response(body, status_code=response.status_code, headers=kept)


def html_response(status: int, title: str) -> Response:
    """An error page, as proxies in front of a service answer."""
    return Response(html_page(title), status_code=status, media_type="text/html")


def _plain(status: int, text: str) -> Response:
    return Response(text, status_code=status, media_type="text/plain")


def _own_address(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


def _elsewhere(request: Request) -> str:
    """The same page under this machine's other name: another origin for a client, the same server."""
    other = "localhost" if request.url.hostname == "127.0.0.1" else "127.0.0.1"
    return str(request.url.replace(hostname=other))


async def _each(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def _read(request: Request) -> bytes | None:
    """The body, or `None` if it is larger than anything that is sent in earnest."""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > MAX_BODY_BYTES:
            return None
        pieces.append(piece)
    return b"".join(pieces)


def _printable_path(scope: Mapping[str, Any]) -> str:
    raw: bytes = scope.get("raw_path") or b""
    return raw.decode("ascii", "backslashreplace")[:LOGGED_PATH]
