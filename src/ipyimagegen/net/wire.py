"""One attempt: a request on its way, through redirects, to an open answer, or the reason why there is none.

Here it is decided who gets the key: the service's own origins, on each hop anew, and nobody else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import urljoin, urlsplit

import httpx

from ..core.errors import ConnectionFailed, ProtocolError, ServiceError
from . import bodies
from .addresses import Place, parts
from .answers import Answer
from .clients import Clients
from .failures import Trace, failure
from .repeat import MOVED, Outcome
from .secrets import MASK, Secret, shield

MAX_REDIRECTS = 5
CONNECT_TIMEOUT_S = 10.0
REDIRECTS = frozenset({301, 302, 303, 307, 308})
SAME_METHOD = frozenset({307, 308})

PRIVATE = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key"})
"""Headers that stay at home even if a call gave them itself."""

LIBRARY_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict)

Body = bytes | Callable[[], AsyncIterator[bytes]]
"""Bytes, or something that starts to give them from the beginning each time it is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A request as `authorize` sees it: all that a signature is made of.

    `target` is the path with its query, `headers` are by lower-case name, `body` is exactly what is sent.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)


Authorize = Callable[[Outgoing], Mapping[str, str | Secret]]
"""Headers that prove who asks, called anew for each attempt and only for the service's own origins.

What must not be seen is a `Secret`. May raise `MissingKey`.
"""


class Missed(Exception):
    """An attempt without success: what it came to, and the answer or the error if that is the end.

    `unknown`: it is the end, and nobody can say whether the service accepted.
    """

    def __init__(self, outcome: Outcome, *, error: ServiceError | None = None, answer: Answer | None = None) -> None:
        super().__init__()
        self.outcome = outcome
        self.error = error
        self.answer = answer
        self.unknown = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request.

    `limit_s` bounds the whole attempt, `silence_s` each wait for bytes. `keyless`: no key for anybody.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body = b""
    limit_s: float | None = None
    silence_s: float = 60.0
    keyless: bool = False


class _Quiet(str):
    """Header text that a traceback with variables does not show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(MASK)


@dataclass(slots=True)
class Wire:
    """Opens answers for one service."""

    service: str
    clients: Clients
    headers: Mapping[str, str]
    authorize: Authorize | None = field(default=None, repr=False)

    @asynccontextmanager
    async def open(self, ask: Ask) -> AsyncIterator[httpx.Response]:
        """The answer of any status but a redirect, its body unread.

        Raises `Missed`, also for what goes wrong inside the block.
        """
        trace = Trace()
        try:
            async with asyncio.timeout(ask.limit_s), self._following(ask, trace) as response:
                yield response
        except (*LIBRARY_ERRORS, TimeoutError) as error:
            found = failure(error, trace, service=self.service, host=_host(ask.url))
            missed = Missed(found.outcome, error=found.error)
        except (ProtocolError, ConnectionFailed) as error:
            missed = Missed(Outcome(sent=trace.sent, lasting=True), error=error)
        else:
            return
        raise missed

    @asynccontextmanager
    async def _following(self, ask: Ask, trace: Trace) -> AsyncIterator[httpx.Response]:
        url, came_from, method = ask.url, "", ask.method
        for _ in range(MAX_REDIRECTS + 1):
            place = self.clients.neighbourhood.place(url, came_from=came_from)
            if came_from and not place.own and method not in {"GET", "HEAD"} and not ask.keyless:
                raise ProtocolError(f"{self.service}: a {method} is not sent on to another host ({_host(url)})")
            response = await self._send(ask, place, method, trace)
            trace.sent = True
            try:
                onward = response.headers.get("location", "") if response.status_code in REDIRECTS else ""
                if not onward:
                    yield response
                    return
            finally:
                await response.aclose()
            trace.sent = response.status_code not in MOVED
            if response.status_code not in SAME_METHOD and method not in {"GET", "HEAD"}:
                raise ProtocolError(f"{self.service}: HTTP {response.status_code} in answer to a {method}")
            came_from, url = place.url, self._onward(place.url, onward)
        raise ProtocolError(f"{self.service}: more than {MAX_REDIRECTS} redirects")

    def _onward(self, url: str, location: str) -> str:
        try:
            return urljoin(url, location)
        except ValueError:
            raise ProtocolError(f"{self.service}: redirected to what is no address") from None

    async def _send(self, ask: Ask, place: Place, method: str, trace: Trace) -> httpx.Response:
        transport = await self.clients.get(place)
        content = ask.body if isinstance(ask.body, bytes) else ask.body()
        connect_s = CONNECT_TIMEOUT_S if ask.limit_s is None else min(CONNECT_TIMEOUT_S, ask.limit_s)
        silence_s = ask.silence_s
        waits = {"connect": connect_s, "read": silence_s, "write": silence_s, "pool": ask.limit_s}
        request = httpx.Request(
            method,
            place.url,
            headers=self._headers(ask, place, method),
            content=content or None,
            extensions={"timeout": waits, "trace": trace},
        )
        return await transport.handle_async_request(request)

    def _headers(self, ask: Ask, place: Place, method: str) -> dict[str, str]:
        headers: dict[str, str] = {"user-agent": USER_AGENT, "accept": "*/*", "accept-encoding": bodies.ENCODINGS}
        if not place.own or ask.keyless:
            return headers | {name: text for name, text in ask.headers.items() if name not in PRIVATE}
        headers |= {**self.headers, **ask.headers}
        if self.authorize is None:
            return headers
        split = urlsplit(place.url)
        target = (split.path or "/") + (f"?{split.query}" if split.query else "")
        body = ask.body if isinstance(ask.body, bytes) else b""
        for name, value in self.authorize(Outgoing(method=method, target=target, headers=headers, body=body)).items():
            if isinstance(value, Secret):
                shield(value)
                value = _Quiet(value.reveal())  # noqa: PLW2901
            headers[name.lower()] = value
        return headers


def body_of(response: httpx.Response, *, max_bytes: int) -> AsyncIterator[bytes]:
    """The decompressed body in pieces. Raises `ProtocolError` where it is longer than `max_bytes`, or damaged."""
    if response.is_stream_consumed:  # a transport that gives whole answers, as httpx.MockTransport does
        return bodies.inflated(_once(response.content), "", max_bytes=max_bytes)
    return bodies.inflated(response.aiter_raw(), response.headers.get("content-encoding", ""), max_bytes=max_bytes)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _host(url: str) -> str:
    try:
        return parts(url)[1]
    except ProtocolError:
        return "?"


def _user_agent() -> str:
    try:
        return f"ipyimagegen/{version('ipyimagegen')}"
    except PackageNotFoundError:
        return "ipyimagegen"


USER_AGENT = _user_agent()
