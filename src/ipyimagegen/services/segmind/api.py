"""The calls of Segmind, each written once, async. Everything else in this package stands on these."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from ...core.errors import ConnectionFailed, InvalidInput, ProtocolError
from ...core.events import JSON, Progress
from ...core.paths import is_address
from ...core.requests import InputFile
from ...net.answers import Answer
from ...net.http import Http, Outgoing
from ...net.line import Lines
from ...net.polling import NOTHING, Schedule, Seen
from ...net.repeat import Repeat
from ...net.secrets import Secret
from ...settings import keys
from ..kit.closing import close_when_gone
from ..kit.inputs import Promise, data_uri, files_in, replaced, with_files
from ..kit.paces import Paces, paces_of
from ..kit.pickled import Mark
from ..kit.unknown import UnknownStates
from .addresses import Addresses
from .errors import (
    SERVICE,
    InferenceFailed,
    InferenceTimeout,
    SegmindError,
    SegmindSubmitUnknown,
    failure_text,
    own_error,
    refusal,
    translated,
    unreadable,
)
from .outputs import event_of, seconds_of, seed_of, state_of

INTERVAL_S = 1.0
TIMEOUT_S = 600.0
"""As the documented `run` has them (PROTOCOL.md, 7)."""
BLOCKING_S = 300.0
"""How long a blocking call may take: it is meant for models under a minute, and some are slow to start."""
FRESH_S = 1.0
"""Only of a request that is followed from its beginning is it known which others were submitted before it."""
FAILED_STATUS = 422
"""Of a request whose inference ran and failed; no malformed body on v2 (PROTOCOL.md, 4)."""
UNREADABLE_WAITS_S = (0.3, 1.0, 3.0)
LOOK = "Look at segmind.generations.history(), or at the console's request history."
PROMISE = Promise(service=SERVICE)
"""Every keyword goes to the model as it is; but a path under a picture's name is that picture: it could not read it."""
CANNOT_CANCEL = "Segmind cannot cancel: the job goes on at Segmind, and will be billed"
"""PROTOCOL.md, 2.1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """A request that was accepted: where to ask for it. `at` is the loop's time of the submit, `None` where unknown.

    The request of a workflow is asked for at `status_url`, which also brings its result (`response_url` is empty).
    """

    request_id: str
    slug: str = ""
    status_url: str
    response_url: str = ""
    at: float | None = None
    answer: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer about a request said; `seed` is the one that was used, where the service reports it."""

    body: dict[str, Any]
    seed: int | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more can happen."""
        return state_of(self.body) in ("completed", "failed")

    @property
    def failed(self) -> bool:
        """Whether it ended without a result."""
        return state_of(self.body) == "failed"

    def seen(self, unit_s: float) -> Seen:
        """What it says of the rest; times in units of `unit_s` seconds."""
        event = event_of(self.body)
        if not isinstance(event, Progress):
            return Seen(queued=state_of(self.body) == "queued")
        return Seen(eta_s=None if event.eta_s is None else event.eta_s / unit_s, fraction=event.fraction)


@dataclass(slots=True, weakref_slot=True, eq=False)
class Api:
    """All calls to one account. Without `api_key`: `login`'s, the keyring's or `SEGMIND_API_KEY`, at each call."""

    api_key: str | Secret | None = field(default=None, repr=False)
    base_url: str = ""
    timeout_s: float = 60.0
    paces: Paces = field(default_factory=Paces, repr=False)
    lines: Lines = field(default_factory=Lines, repr=False)
    addresses: Addresses = field(init=False, repr=False)
    http: Http = field(init=False, repr=False)
    mark: Mark | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.addresses = Addresses.of(keys.base_url(SERVICE, self.base_url))
        given, mark = self.api_key, self.mark

        def authorize(_outgoing: Outgoing) -> Mapping[str, str | Secret]:
            known = (keys.key(SERVICE, given),)
            return {"x-api-key": (known if mark is None else mark.checked(SERVICE, known))[0]}

        self.http = Http(
            SERVICE,
            self.addresses.root,
            origins=self.addresses.own,
            authorize=authorize,
            timeout_s=self.timeout_s,
        )
        close_when_gone(self, self.http)

    def __copy__(self) -> Api:
        return self

    def __deepcopy__(self, memo: object) -> Api:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Of what holds it: a handle is read anywhere, and asks where the very key is (`services/kit/pickled.py`)."""
        mark = self.mark or Mark.of((keys.key(SERVICE, self.api_key),))
        return _unpickled, (self.addresses.root, self.timeout_s, mark)

    # -- models -------------------------------------------------------------------------------------------------------

    async def blocking(self, slug: str, params: Mapping[str, Any]) -> tuple[Answer, str]:
        """`POST /v1/{slug}`: the answer is the output itself, and the address it came from. Costs money.

        Not sent again after a 5xx: by then the model has run, and often it is a value that it did not like.
        """
        url = self.addresses.model(self.addresses.v1, slug)
        limit_s = max(BLOCKING_S, self.timeout_s)
        return await self._post(url, slug, params, repeat=Repeat.SUBMIT, timeout_s=limit_s), url

    async def submit(self, slug: str, params: Mapping[str, Any]) -> Handle:
        """`POST /v2/{slug}`, once, and again only after a 5xx of its own (PROTOCOL.md, 3.1). Costs money."""
        url = self.addresses.model(self.addresses.v2, slug)
        answer = await self._post(url, slug, params, repeat=Repeat.SUBMIT_AFTER_5XX)
        body = answer.json_object()
        request_id = self._accepted(body, slug)
        address = self.addresses.request(request_id)
        return Handle(
            request_id=request_id,
            slug=slug,
            status_url=self.addresses.trusted(body.get("status_url"), f"{address}/status"),
            response_url=self.addresses.trusted(body.get("response_url"), address),
            at=self.http.clock.now(),
            answer=body,
        )

    async def start_workflow(self, url: str, data: Mapping[str, Any], name: str) -> Handle:
        """`POST /workflows/{id}`, once. Costs money. Without a `request_id` in the handle, its answer is the result."""
        answer = await self._post(self.addresses.trusted(url, url), name, data, repeat=Repeat.SUBMIT)
        body = answer.json_object()
        request_id = str(body.get("request_id") or "")
        if not request_id and "output" not in body:
            self._accepted(body, name)
        if request_id:
            self.http.gate.hold(request_id)
        return Handle(
            request_id=request_id,
            slug=name,
            status_url=self.addresses.trusted(body.get("poll_url"), self.addresses.workflow_request(request_id)),
            at=self.http.clock.now(),
            answer=body,
        )

    def handle(self, request_id: str, slug: str = "") -> Handle:
        """A request of which only the id is known."""
        if not request_id:
            raise InvalidInput("segmind: an empty request id")
        address = self.addresses.request(request_id)
        return Handle(request_id=request_id, slug=slug, status_url=f"{address}/status", response_url=address)

    async def _post(
        self, url: str, slug: str, params: Mapping[str, Any], *, repeat: Repeat, timeout_s: float | None = None
    ) -> Answer:
        body = await self.sendable(params)
        with translated():
            answer = await self.http.call(
                "POST",
                url,
                repeat=repeat,
                json=body,
                own_error=own_error,
                model=f"{SERVICE}/{slug}",
                look=LOOK,
                timeout_s=timeout_s,
            )
        if not answer.ok:
            raise refusal(self.http, answer)
        return answer

    def _accepted(self, body: Mapping[str, Any], slug: str) -> str:
        request_id = body.get("request_id", body.get("requestId"))
        if not isinstance(request_id, str | int) or not str(request_id):
            text = f"{SERVICE}: the job was sent, and the answer names no request; it may run, and be billed. {LOOK}"
            unknown = SegmindSubmitUnknown(message=text)
            unknown.model = f"{SERVICE}/{slug}"
            raise unknown
        self.http.gate.hold(str(request_id))
        return str(request_id)

    # -- a request on its way -----------------------------------------------------------------------------------------

    async def status(self, handle: Handle, *, within_s: float | None = None) -> Told:
        """Where a request stands, also where it failed (HTTP 422)."""
        return await self._told(handle.status_url, within_s)

    async def result(self, handle: Handle) -> Told:
        """The whole result, also of a failed request."""
        return await self._told(handle.response_url or handle.status_url, None)

    async def _told(self, url: str, within_s: float | None) -> Told:
        """An answer about a request; asked for again where it cannot be read (a proxy's page), three times at most."""
        for wait_s in UNREADABLE_WAITS_S:
            try:
                return await self._asked(url, within_s)
            except ProtocolError:
                await self.http.clock.sleep(wait_s)
        return await self._asked(url, within_s)

    async def _asked(self, url: str, within_s: float | None) -> Told:
        with translated():
            answer = await self.http.call("GET", url, repeat=Repeat.READ, within_s=within_s)
        body = answer.json_object()
        if not answer.ok and not (answer.status == FAILED_STATUS and state_of(body) == "failed"):
            raise refusal(self.http, answer)
        if not body:
            raise unreadable(answer)
        return Told(body, seed_of(answer.headers))

    async def polls(
        self, handle: Handle, *, timeout_s: float | None = None, interval_s: float = INTERVAL_S
    ) -> AsyncGenerator[Told, None]:
        """What each poll says, until the request is over. Never more polls than one at once and one every `interval_s`.

        They come when the job is due, as far as earlier jobs of the model tell. Raises `InferenceTimeout` after
        `timeout_s` from now.
        """
        clock, gate = self.http.clock, self.http.gate
        unit = max(interval_s, 0.001)
        await self.paces.recall(handle.slug)
        began = clock.now()
        since = began if handle.at is None else handle.at
        plan = Schedule(self.paces.of(handle.slug, unit_s=unit), began_s=(began - since) / unit)
        line = self.lines.of(handle.slug, fresh=began - since < FRESH_S and handle.at is not None)
        told: Told | None = None
        states = UnknownStates(SERVICE, handle.request_id, clock)
        with line.place(handle.request_id, since, self.paces.of(handle.slug)) as turn:
            while told is None or not told.over:
                seen = replace(NOTHING if told is None else told.seen(unit), turn_s=turn.within(unit))
                wait = plan.next_s((clock.now() - since) / unit, seen) * unit
                wait = 0.0 if handle.at is None and told is None else wait
                left = math.inf if timeout_s is None else timeout_s - (clock.now() - began)
                await clock.sleep(min(wait, left))
                if wait > left and plan.polls - 1 > (clock.now() - since) / unit:
                    raise InferenceTimeout(handle.request_id, clock.now() - began)
                gate.hold(handle.request_id)
                told = await self._poll(handle, began, timeout_s)
                states.see(told.body.get("status"), known=told.over or state_of(told.body) != "running")
                if not told.over:
                    turn.unfinished(clock.now(), queued=state_of(told.body) == "queued")
                elif not told.failed:
                    turn.ended(clock.now())
                if told.over:
                    self._learn(handle, told, plan.finished((clock.now() - since) / unit), unit)
                yield told
                if wait > left and not told.over:
                    raise InferenceTimeout(handle.request_id, clock.now() - began)

    async def _poll(self, handle: Handle, began: float, timeout_s: float | None) -> Told:
        """One poll; a service that cannot be reached until the deadline is a timeout like any other."""
        clock = self.http.clock
        within_s = None if timeout_s is None else max(timeout_s - (clock.now() - began), 1.0)
        try:
            return await self.status(handle, within_s=within_s)
        except ConnectionFailed:
            if timeout_s is not None and clock.now() - began >= timeout_s:
                raise InferenceTimeout(handle.request_id, clock.now() - began) from None
            raise

    def _learn(self, handle: Handle, told: Told, span: tuple[float, float], unit: float) -> None:
        self.http.gate.release(handle.request_id)
        seconds = seconds_of(told.body)
        if handle.at is None or state_of(told.body) != "completed":
            return
        if seconds is not None:
            self.paces.add(handle.slug, seconds)
        else:
            self.paces.add(handle.slug, span[0] * unit, span[1] * unit)

    async def finished(
        self, handle: Handle, *, timeout_s: float | None = TIMEOUT_S, interval_s: float = INTERVAL_S
    ) -> Told:
        """The result, once it is there. Raises `InferenceFailed` and `InferenceTimeout`."""
        last: Told | None = None
        async with aclosing(self.polls(handle, timeout_s=timeout_s, interval_s=interval_s)) as polls:
            async for last in polls:  # noqa: B007
                pass
        body = last.body if last else {}
        if last is None or state_of(body) == "failed":
            raise InferenceFailed(failure_text(body), body, request_id=handle.request_id)
        return await self.outcome(handle, last)

    async def outcome(self, handle: Handle, last: Told) -> Told:
        """The whole result of a request, whose last poll said that it is over."""
        if not handle.response_url or state_of(last.body) == "failed":
            return last
        whole = await self.result(handle)
        body = whole.body if whole.over else {**whole.body, "status": last.body["status"]}
        return Told(body, last.seed if whole.seed is None else whole.seed)

    # -- the account's side -------------------------------------------------------------------------------------------

    async def get(self, url: str, params: Mapping[str, Any] | None = None) -> JSON:
        """A read. Costs nothing. `None` and empty values are left out of the query."""
        query = {name: str(value) for name, value in (params or {}).items() if value not in (None, "")}
        return (await self.ask("GET", url, params=query)).json()

    async def post(self, url: str, body: Mapping[str, Any], *, repeat: Repeat) -> JSON:
        """A change that costs nothing."""
        return (await self.ask("POST", url, repeat=repeat, json=body)).json()

    async def ask(
        self,
        method: str,
        url: str,
        *,
        repeat: Repeat = Repeat.READ,
        json: object = None,
        form: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Answer:
        """A call of the account's side, with a body of JSON or of a form. Raises `SegmindError` for a refusal."""
        content, headers = b"", {}
        if form is not None:
            content, headers = urlencode(form).encode(), {"content-type": "application/x-www-form-urlencoded"}
        with translated():
            answer = await self.http.call(
                method,
                url,
                repeat=repeat,
                json=json,
                content=content,
                headers=headers,
                params=params,
                own_error=own_error,
                look=LOOK,
            )
        if not answer.ok:
            raise refusal(self.http, answer)
        return answer

    async def upload(self, files: Sequence[InputFile]) -> dict[str, Any]:
        """Put files into Segmind's storage: `file_urls` in the answer, in their order. Costs nothing."""
        data_urls = await asyncio.to_thread(lambda: [data_uri(file) for file in files])
        url = f"{self.addresses.storage}/upload-asset"
        answer = await self.post(url, {"data_urls": data_urls}, repeat=Repeat.READ)
        urls = answer.get("file_urls") if isinstance(answer, dict) else None
        given = [url for url in urls if isinstance(url, str) and is_address(url)] if isinstance(urls, list) else []
        if not isinstance(answer, dict) or len(given) != len(files):
            raise SegmindError(message=f"{SERVICE}: the upload of {len(files)} files gave no addresses for them")
        return answer

    async def sendable(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters as they are sent: texts and numbers as they stand, pictures and files as addresses of uploads."""
        found = await asyncio.to_thread(with_files, params, PROMISE)
        files = files_in(found)
        if not files:
            return found
        urls = (await self.upload(files))["file_urls"]
        sent: dict[str, Any] = replaced(found, {id(file): str(url) for file, url in zip(files, urls, strict=True)})
        return sent

    async def aclose(self) -> None:
        """Close the connections."""
        await self.http.aclose()


def _unpickled(base_url: str, timeout_s: float, mark: Mark) -> Api:
    return Api(None, base_url, timeout_s, paces=paces_of(SERVICE, base_url), mark=mark)
