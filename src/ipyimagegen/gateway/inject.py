"""What scripted faults do to an answer: give another one instead, change it, or cut it off on its way."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response, StreamingResponse

from .answers import html_response, reset_at, retry_after
from .bomb import gzip_bomb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from starlette.requests import Request
    from starlette.types import Message, Receive, Send

    from .faults import Fault

GATEWAY_TIMEOUT = '{"message": "Endpoint request timed out"}'
"""In the words of a cloud provider's API gateway that has waited for longer than it is ready to."""
LOCAL_FILE = "/etc/passwd"
PRIVATE_ADDRESS = "http://169.254.169.254"
BOMB_BYTES = 256 * 1024 * 1024
DRIP_BYTES = 256


def instead(request: Request, fault: Fault) -> Response | None:
    """The answer of a fault that keeps the request from being handled; `None` for all other faults."""
    if fault.kind == "status":
        return _status_response(fault)
    if fault.kind == "html":
        return html_response(200, "Please sign in", fault.text or "text/html")
    if fault.kind == "redirect":
        return Response(status_code=fault.status or 302, headers={"Location": fault.url or _elsewhere(request)})
    if fault.kind == "gzip_bomb":
        pieces = _each(gzip_bomb(fault.after_bytes or BOMB_BYTES))
        headers = {"Content-Encoding": "gzip"}
        return StreamingResponse(pieces, media_type=fault.text or "application/json", headers=headers)
    return None


def spoiled(response: Response, fault: Fault, *, own_address: str) -> Response:
    """The usual answer as the fault leaves it; the same object for faults that leave it alone."""
    if fault.kind == "content_type":
        response.headers["content-type"] = fault.text or "application/octet-stream"
    if isinstance(response, StreamingResponse):
        return response
    body = bytes(response.body)
    if fault.kind == "lost_behind":
        return Response(fault.text or GATEWAY_TIMEOUT, status_code=fault.status or 504, media_type="application/json")
    if fault.kind == "local_file":
        path = (fault.url or LOCAL_FILE).encode()
        return _with_body(response, re.sub(re.escape(own_address.encode()) + rb"/files/[^\"]*", lambda _: path, body))
    if fault.kind == "empty_body":
        return _with_body(response, b"")
    if fault.kind == "broken_json":
        return _with_body(response, body[: len(body) // 2])
    if fault.kind == "other_address":
        return _with_body(response, body.replace(own_address.encode(), (fault.url or PRIVATE_ADDRESS).encode()))
    return response


def spoiled_send(send: Send, fault: Fault, response: Response, *, receive: Receive, close: Callable[[], None]) -> Send:
    """The `send` by which the fault lets this response go out. `close` ends the connection after what was written."""
    if fault.kind == "drip":
        return _dripping(send, fault.after_bytes or DRIP_BYTES, fault.seconds)
    if fault.kind == "truncated":
        size = len(getattr(response, "body", b"")) // 2 if fault.after_bytes is None else fault.after_bytes
        return _Cut(send, receive, close, limit_bytes=size)
    if fault.kind == "cut_stream":
        lines = 1 if fault.after_bytes is None and fault.after_lines is None else fault.after_lines
        return _Cut(send, receive, close, limit_bytes=fault.after_bytes, limit_lines=lines)
    return send


class _Cut:
    """A `send` that lets so many bytes or lines of the body through, then closes the connection."""

    def __init__(
        self,
        send: Send,
        receive: Receive,
        close: Callable[[], None],
        *,
        limit_bytes: int | None = None,
        limit_lines: int | None = None,
    ) -> None:
        self._send = send
        self._receive = receive
        self._close = close
        self._left_bytes = limit_bytes
        self._left_lines = limit_lines
        self._closed = False

    async def __call__(self, message: Message) -> None:
        if self._closed:
            return
        if message["type"] != "http.response.body":
            await self._send(message)
            return
        body = self._allowed(message.get("body", b""))
        if 0 not in (self._left_bytes, self._left_lines):
            await self._send(message)
            return
        self._closed = True
        if body:
            await self._send({"type": "http.response.body", "body": body, "more_body": True})
        self._close()
        while (await self._receive())["type"] != "http.disconnect":
            pass

    def _allowed(self, body: bytes) -> bytes:
        """As much of the body as may still go out, counted off."""
        if self._left_bytes is not None:
            body = body[: self._left_bytes]
        if self._left_lines is not None:
            lines = body.splitlines(keepends=True)[: self._left_lines]
            self._left_lines -= sum(line.endswith(b"\n") for line in lines)
            body = b"".join(lines)
        if self._left_bytes is not None:
            self._left_bytes -= len(body)
        return body


def _dripping(send: Send, size: int, seconds: float) -> Send:
    async def drip(message: Message) -> None:
        body: bytes = message.get("body", b"")
        for start in range(0, len(body) - size, size):
            await send({"type": "http.response.body", "body": body[start : start + size], "more_body": True})
            await asyncio.sleep(seconds)
            message = {**message, "body": body[start + size :]}
        await send(message)

    return drip


def _status_response(fault: Fault) -> Response:
    status = fault.status or 503
    text = fault.text or f"scripted fault: {status}"
    if fault.body == "html":
        response = html_response(status, text)
    elif fault.body == "json":
        response = JSONResponse({"error": text}, status_code=status)
    else:
        response = Response(status_code=status)
    if fault.retry_after_s is not None and fault.retry_after_form == "reset_at_utc":
        response.headers["x-rate-limit-reset-at-utc"] = reset_at(fault.retry_after_s)
    elif fault.retry_after_s is not None:
        response.headers["Retry-After"] = retry_after(fault.retry_after_s, date=fault.retry_after_form == "date")
    return response


def _with_body(response: Response, body: bytes) -> Response:
    kept = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Response(body, status_code=response.status_code, headers=kept)


def _elsewhere(request: Request) -> str:
    """The same page under this machine's other name: another origin for a client, the same server."""
    other = "localhost" if request.url.hostname == "127.0.0.1" else "127.0.0.1"
    return str(request.url.replace(hostname=other))


async def _each(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
