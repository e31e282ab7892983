"""One service's door to the network: connections that are kept, keys that stay at home, repeats that were declared.

An answer of any status is an `Answer`; no answer is an error of `core.errors`. Nothing of httpx goes out through here.
"""

from __future__ import annotations

import asyncio
import json as json_
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode, urljoin

from ..core.errors import (
    ConnectionFailed,
    InvalidInput,
    Problem,
    ProtocolError,
    RateLimited,
    ServiceError,
    SubmitUnknown,
)
from ..core.service_text import capped, header
from ..media.artifacts import Payload
from ..media.encoded import read_data_uri
from . import bodies
from .addresses import Neighbourhood
from .answers import Answer
from .clients import Clients
from .clock import Clock
from .decoders import Message
from .downloads import Fetch, Spool, filename
from .failures import refusal
from .proxies import Own, lost, nobody, own
from .repeat import TOO_MANY, UNAVAILABLE, Again, Ambiguous, Outcome, Repeat, decide
from .retry_after import retry_after_s
from .shield import cancels, to_its_end
from .streams import messages
from .throttle import Gate
from .wire import Ask, Authorize, Missed, Outgoing, Wire, body_of

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
Attempt = Callable[[float | None], Coroutine[Any, Any, T]]
"""One try of a call, told the seconds that are left (`None`: no limit). Raises `Missed`."""

MAX_BODY_BYTES = 64 * 2**20
"""A whole answer in memory; pictures in base64 are the largest that come."""
MAX_SAID_CHARS = 500
"""Of what a service says of a refusal."""
MAX_DOWNLOAD_BYTES = 4 * 2**30
MAX_DATA_URI_BYTES = 256 * 2**20
STREAM_TYPES = {"accept": "application/x-ndjson, text/event-stream"}

__all__ = ["Authorize", "Http", "Outgoing"]

FULL = frozenset({TOO_MANY, UNAVAILABLE})


def never(_: object) -> bool:
    """No."""
    return False


@dataclass(slots=True)
class Http:
    """All calls to one service.

    Use it on one loop at a time; it opens connections when they are needed and keeps them.

    `service` is the name in error texts; `base_url` what paths are relative to. `origins` are further base URLs that
    are the service's own: they and `base_url` get what `authorize` gives, and `headers`; nobody else does.
    `gate` holds submits back once the service has answered 429. `transport` and `clock` are for tests.
    """

    service: str
    base_url: str
    origins: Sequence[str] = ()
    authorize: Authorize | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = 60.0
    transport: httpx.AsyncBaseTransport | None = field(default=None, repr=False)
    clock: Clock = field(default_factory=Clock, repr=False)
    gate: Gate = field(init=False)
    _wire: Wire = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.gate = Gate(clock=self.clock)
        clients = Clients(Neighbourhood.of([self.base_url, *self.origins]), transport=self.transport)
        self._wire = Wire(self.service, clients, _lower(self.headers), self.authorize)

    async def call(
        self,
        method: str,
        url: str,
        *,
        repeat: Repeat,
        json: object = None,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
        within_s: float | None = None,
        max_bytes: int = MAX_BODY_BYTES,
        full: Callable[[Answer], bool] = never,
        own_error: Own = nobody,
        model: str = "",
        look: str = "",
    ) -> Answer:
        """Make a call and read its whole answer, of whatever status; repeat it as `repeat` allows.

        `url` is absolute, or a path under `base_url`. `json` is sent compact and as UTF-8, or `content` as it is.
        `timeout_s` limits each attempt, `within_s` all of them together (`None`: failing reads give up after two
        minutes, a rate limit is waited out for up to an hour). `full` says of an answer that it means "too many
        jobs", where a service does not say so by 429; `own_error` knows the form of error that the service documents:
        without it no 5xx in answer to a submit proves that it was refused. `model` and `look` (how to see whether the
        job runs) are for `SubmitUnknown`.

        Cancelling it leaves at once, but for a submit that is on its way: that is waited for, and the answer returned
        (or the error raised); `asyncio.current_task().cancelling()` then tells of the cancel.

        Raises `SubmitUnknown` where a submit may have been accepted, `ConnectionFailed`, `ProtocolError` (refused
        address, too long, damaged), `InvalidInput` for `json` that is none. Costs money if the route does.
        """
        body, given = _body(json, content)
        given |= _lower(headers or {})
        target = self._absolute(url, params)
        limit_s = timeout_s or self.timeout_s

        async def attempt(left_s: float | None) -> Answer:
            limit = limit_s if left_s is None else min(limit_s, left_s)
            ask = Ask(method=method, url=target, headers=given, body=body, limit_s=limit, silence_s=limit)
            return self._good(await self._whole(ask, max_bytes), full, own_error)

        came = await self._repeated(attempt, repeat, within_s=within_s)
        if isinstance(came, Answer):
            return came
        if came.answer is not None and not came.unknown:
            return came.answer
        raise self._end(came, model=model, look=look)

    async def lines(
        self,
        method: str,
        url: str,
        *,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        idle_s: float = 30.0,
        within_s: float | None = None,
        heartbeat: Callable[[Message], bool] = never,
    ) -> AsyncGenerator[Message, None]:
        """Messages of a stream as they come: NDJSON or server-sent events, told by `Content-Type`.

        Opening it is a read. It ends quietly when the stream ends, is cut, cannot be read on, or brings nothing for
        `idle_s` seconds (`heartbeat` says which messages are nothing; they are given all the same): ask for the job's
        state then.
        Raises as `call` does while opening, and the error of a status that is not 2xx. Leaving early, close it:
        `async with aclosing(http.lines(…)) as m`.
        """
        body, given = _body(json, b"")
        given = STREAM_TYPES | given | _lower(headers or {})
        ask = Ask(method=method, url=self._absolute(url, None), headers=given, body=body, silence_s=idle_s)
        async with AsyncExitStack() as opened:

            async def attempt(_: float | None) -> httpx.Response:
                async with AsyncExitStack() as opening:
                    response = await opening.enter_async_context(self._wire.open(ask))
                    if not response.is_success:
                        self._good(await self._read(response, MAX_BODY_BYTES))
                    opened.push_async_exit(opening.pop_all())
                return response

            response = await self._concluded(attempt, within_s=within_s)
            async for message in messages(response, self.clock, idle_s, heartbeat):
                yield message

    async def upload(
        self,
        url: str,
        source: bytes | Path,
        *,
        media_type: str,
        size: int | None = None,
        method: str = "PUT",
        headers: Mapping[str, str] | None = None,
        silence_s: float = 60.0,
        within_s: float | None = None,
    ) -> Answer:
        """Send bytes or a file to an address that a service signed for it, in pieces, with `Content-Length`.

        No key goes along, whatever the host; `media_type` is sent exactly as given. Repeated like a read. `size` in
        bytes is looked up if not given. Raises a `ServiceError` for a refusal, `InvalidInput` for a file that is gone
        or changes.
        """
        length = _size(source) if size is None else size
        given = _lower(headers or {}) | {"content-type": media_type, "content-length": str(length)}
        ask = Ask(
            method=method,
            url=self._absolute(url, None),
            headers=given,
            body=lambda: bodies.from_source(source, length),
            silence_s=silence_s,
            keyless=True,
        )

        async def attempt(_: float | None) -> Answer:
            return self._good(await self._whole(ask, MAX_BODY_BYTES))

        return await self._concluded(attempt, within_s=within_s)

    async def download(
        self,
        url: str,
        *,
        max_bytes: int = MAX_DOWNLOAD_BYTES,
        accept: Sequence[str] = (),
        silence_s: float = 60.0,
        within_s: float | None = None,
    ) -> Payload:
        """Fetch an output: to memory, beyond 4 MiB to a temporary file, which is the caller's to delete.

        `data:` URIs are decoded. A download that was cut goes on where it stopped, if the server can. `accept` are
        beginnings of media types (`"image/"`); another one raises `MediaError`. `silence_s` is how long a wait for
        bytes may last. Only the service's own origins get the key. Raises `ServiceError`, `MediaError`,
        `StorageError`.
        """
        if url[:5].lower() == "data:":
            data, kind = read_data_uri(url, min(max_bytes, MAX_DATA_URI_BYTES))
            return Payload(data=data, media_type=kind)
        ask = Ask(method="GET", url=self._absolute(url, None), silence_s=silence_s)
        spool = Spool()
        fetch = Fetch(self._wire, ask, spool, max_bytes=max_bytes, accept=tuple(accept))

        async def attempt(_: float | None) -> Answer:
            return self._good(await fetch.go_on())

        try:
            answer = await self._concluded(attempt, within_s=within_s)
            data, path = await spool.keep()
        except BaseException:
            spool.drop()
            raise
        return Payload(data=data, path=path, media_type=answer.media_type, filename=filename(answer.headers, ask.url))

    def error(self, answer: Answer, detail: str = "", *, request_id: str = "") -> ServiceError:
        """The error for an answer, from what its status means everywhere. Keys are taken out of what the service says.

        `detail` is what it says; if not given, what can be found in the body.
        """
        return refusal(
            answer.status,
            service=self.service,
            detail=capped(detail or answer.said, MAX_SAID_CHARS),
            request_id=request_id,
            retry_after_s=retry_after_s(answer.headers, wall_s=self.clock.wall()),
        )

    async def aclose(self) -> None:
        """Close every connection. The next call opens new ones."""
        await self._wire.clients.aclose()

    async def _whole(self, ask: Ask, max_bytes: int) -> Answer:
        async with self._wire.open(ask) as response:
            return await self._read(response, max_bytes)

    async def _read(self, response: httpx.Response, max_bytes: int) -> Answer:
        pieces = [piece async for piece in body_of(response, max_bytes=max_bytes)]
        headers = {name: header(value) for name, value in response.headers.items()}
        return Answer(status=response.status_code, headers=headers, body=b"".join(pieces))

    def _good(self, answer: Answer, full: Callable[[Answer], bool] = never, form: Own = nobody) -> Answer:
        """The answer, if it is 2xx and does not say that the service is full. Raises `Missed` otherwise."""
        turned_away = full(answer)
        if answer.ok and not turned_away:
            return answer
        wait_s = retry_after_s(answer.headers, wall_s=self.clock.wall())
        status = TOO_MANY if turned_away else answer.status
        outcome = Outcome(status=status, retry_after_s=wait_s, own=own(answer, form), lost=lost(answer))
        raise Missed(outcome, answer=answer)

    async def _concluded(self, attempt: Attempt[T], *, within_s: float | None) -> T:
        """A read, repeated to its end. Raises the error of the last attempt."""

        async def timed(left_s: float | None) -> T:
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    return await attempt(left_s)
            late = ConnectionFailed(f"{self.service}: not done within {within_s:g} seconds", service=self.service)
            raise Missed(Outcome(lasting=True), error=late)

        came = await self._repeated(timed, Repeat.READ, within_s=within_s)
        if isinstance(came, Missed):
            raise self._end(came)
        return came

    async def _repeated(self, attempt: Attempt[T], repeat: Repeat, *, within_s: float | None) -> T | Missed:
        """What the first good attempt gave, or how the last one missed. `attempt` is told the seconds that are left."""
        started = self.clock.now()
        place = self.gate.arrive() if repeat.pays else None
        cancels_before = cancels()
        number = 0
        while True:
            number += 1
            try:
                left_s = None if within_s is None else within_s - (self.clock.now() - started)
                return await (attempt(left_s) if place is None else self._admitted(attempt, place, left_s))
            except Missed as miss:
                missed = miss
            elapsed_s = self.clock.now() - started
            decision = decide(
                repeat,
                missed.outcome,
                attempt=number,
                elapsed_s=elapsed_s,
                remaining_s=None if within_s is None else within_s - elapsed_s,
                chance=self.clock.random(),
            )
            if not isinstance(decision, Again):
                missed.unknown = isinstance(decision, Ambiguous)
                return missed
            if cancels() > cancels_before:
                raise asyncio.CancelledError  # was put off; nothing was accepted, so nothing more is sent
            if place is not None and missed.outcome.status in FULL:
                self.gate.refused(decision.in_s)
            else:
                await self.clock.sleep(decision.in_s)

    async def _admitted(self, attempt: Attempt[T], place: int, left_s: float | None) -> T:
        """One attempt of a submit, when it is its turn. Raises `Missed` if that does not come in time."""
        started, accepted = self.clock.now(), False
        try:
            async with asyncio.timeout(left_s):
                await self.gate.enter(place)
        except TimeoutError:
            full = RateLimited(f"{self.service}: full, and no room in time", service=self.service, status=None)
            raise Missed(Outcome(sent=False, lasting=True), error=full) from None
        try:
            came = await to_its_end(attempt(None if left_s is None else left_s - (self.clock.now() - started)))
            accepted = True
        finally:
            self.gate.leave(place, accepted=accepted)
        return came

    def _end(self, missed: Missed, *, model: str = "", look: str = "") -> Exception:
        """The error to raise when nothing more is tried."""
        error = missed.error or (self.error(missed.answer) if missed.answer else None)
        if not missed.unknown:
            return error or ProtocolError(f"{self.service}: no answer", service=self.service)
        told = f"the job was sent, but {error or 'no answer came'}"
        text = f"{self.service}: {told}. It may be running, and may be billed, so it is not sent again. {look}"
        unknown = SubmitUnknown(text.rstrip(), service=self.service, model=model)
        unknown.__cause__ = error  # one of ours, with the status if there was one
        return unknown

    def _absolute(self, url: str, params: Mapping[str, str] | None) -> str:
        base = self.base_url.rstrip("/") + "/"
        target = url if "://" in url[:12] else urljoin(base, url.lstrip("/"))
        return f"{target}{'&' if '?' in target else '?'}{urlencode(params)}" if params else target


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _body(json: object, content: bytes) -> tuple[bytes, dict[str, str]]:
    if json is None:
        return content, {}
    try:
        text = json_.dumps(json, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode(), {"content-type": "application/json"}
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInput(_unfit(json) or f"what is to be sent is not JSON: {error}") from None


def _unfit(values: object) -> list[Problem]:
    """The parameters that JSON cannot hold, and why."""
    problems = []
    for name, value in values.items() if isinstance(values, Mapping) else ():
        try:
            json_.dumps(value, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            why = f"{type(value).__name__} cannot be sent ({error}); give texts, numbers, lists and mappings"
            problems.append(Problem(str(name), why))
    return problems


def _size(source: bytes | Path) -> int:
    if isinstance(source, bytes):
        return len(source)
    try:
        return source.stat().st_size
    except OSError as error:
        raise InvalidInput(f"{source.name} cannot be read: {error.strerror}") from None
