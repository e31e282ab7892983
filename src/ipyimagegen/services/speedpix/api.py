"""The calls of SpeedPix, once: submit, look, result, upload. Everything runs on the background loop."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from ...core.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    ProtocolError,
    RateLimited,
    ServiceError,
    SubmitUnknown,
)
from ...core.requests import InputFile
from ...media.artifacts import Payload
from ...net.answers import Answer
from ...net.http import Http, Outgoing
from ...net.line import Lines
from ...net.polling import Schedule, Seen
from ...net.repeat import Repeat
from ...net.secrets import Secret, shield
from ..kit.closing import close_when_gone
from ..kit.inputs import content_type
from ..kit.paces import Paces, paces_of
from ..kit.pickled import Mark
from ..kit.unknown import UnknownStates
from ..kit.uploads import put
from .answers import PHASES, Envelope, Task, own_error, read_envelope, read_task
from .errors import PROOF, SERVICE, SpeedPixException, SpeedPixSubmitUnknown, documented, kind_of, own_keys, unknown
from .files import File, read_place
from .inputs import prepared
from .orders import Order
from .signature import JSON_TYPE, sign

LOOK = "SpeedPix has no list of jobs: look at the workflow's runs in its console before you run it again."
RESULT_WAITS_S = (0.2, 0.5, 1.0, 2.0, 4.0)
"""A job is sometimes done a moment before its result can be had: waits before it is asked for again."""
UNREADABLE_WAITS_S = (0.3, 1.0, 3.0)
"""A read whose answer cannot be read (a proxy's page, damaged, far too long) is made again after these waits."""
SHORTEST_S = 0.001
"""An interval of nothing counts as this."""
UNFINISHED = re.compile(r"NOT_?(FINISH|COMPLETE|READY|END)|RUNNING|WAITING|PENDING|PROGRESS", re.IGNORECASE)
"""Codes of a refused result that are no reason why a job failed: it had not ended yet."""
OVER = re.compile(r"(?:task|job|prompt|workflow)_?(fail(?:ed|ure)?|cancell?ed)", re.IGNORECASE)
"""Codes of a refused result that say themselves how the job ended."""
FRESH_S = 1.0
"""Only of a job that was followed from its beginning is it known how long it took."""
SIGNED_PATH = "/scc/"
"""Upload PUTs are not signed (PROTOCOL.md, 1.4)."""


def connect(
    app_key: Secret | None,
    app_secret: Secret | None,
    endpoint: str,
    *,
    timeout_s: float | None = None,
    user_agent: str | None = None,
    mark: Mark | None = None,
) -> Http:
    """The door to SpeedPix at `endpoint`; every call is signed, each attempt anew.

    A key that is `None` is the one that this process has when it is needed, if it is the one with that `mark`.
    """

    def authorize(request: Outgoing) -> Mapping[str, str | Secret]:
        if SIGNED_PATH not in request.target:
            return {}  # files at the same host are not part of the signed interface
        known = own_keys(app_key, app_secret)
        own_key, own_secret = known if mark is None else mark.checked(SERVICE, known)
        shield(own_secret)  # it is not sent, and so shielded by nobody else
        return sign(request, own_key, own_secret, at=time.time(), nonce=str(uuid.uuid4()))

    return Http(
        SERVICE,
        endpoint,
        authorize=authorize,
        headers={"user-agent": user_agent} if user_agent else {},
        timeout_s=timeout_s or 60.0,
    )


@dataclass(slots=True, weakref_slot=True, eq=False)
class Api:
    """SpeedPix behind one connection. `paces` is what earlier jobs took, for rare and timely polls.

    `early_results`: the service may be asked for the result of a job that has not ended, and then says how far it is.
    Copies of what holds it share it; a pickle of it holds no key, but a mark of `keys` (`services/kit/pickled.py`).
    """

    http: Http
    paces: Paces = field(default_factory=Paces, repr=False)
    early_results: bool = True
    lines: Lines = field(default_factory=Lines, repr=False)
    keys: tuple[Secret, ...] = field(default=(), repr=False)
    mark: Mark | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        close_when_gone(self, self.http)

    def __copy__(self) -> Api:
        return self

    def __deepcopy__(self, memo: object) -> Api:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickled, (self.http.base_url, self.mark or Mark.of(self.keys))

    async def submit(self, order: Order) -> Task:
        """Upload the files in the inputs and send the job, once. May cost money.

        Raises `InvalidInput` before anything is sent, `SpeedPixException`, of which `SpeedPixSubmitUnknown` is one.
        """
        body = order.body(await prepared(order.inputs, order.strategy, self.upload))
        headers = {"x-sp-resource-config-id": order.resource_config_id}
        envelope = await self._call("comfy_prompt", body, repeat=Repeat.SUBMIT, headers=headers, model=order.model)
        try:
            task = read_task(envelope)
        except ProtocolError as error:
            raise _unreadable(order.model, error) from None
        if not task.ended:
            self.http.gate.hold(task.id)
        return task

    async def look(self, task_id: str) -> Task:
        """How far a job is. Raises `SpeedPixNotFound` for one that the service does not know."""
        envelope = await self._call("comfy_get_progress", {"taskId": task_id})
        return read_task(envelope, task_id=task_id)

    async def result(self, task: Task) -> Task:
        """`task`, which has ended, with its result, or with the reason why there is none."""
        try:
            full = await self._result(task.id)
        except SpeedPixException as error:
            if task.phase == "succeeded":
                raise
            return _refused(task, error)
        return replace(
            task,
            result=full.result,
            images=full.images,
            info=full.info,
            error="" if task.phase == "succeeded" else task.message or full.message or task.word,
            invoke_id=full.invoke_id or task.invoke_id,
        )

    async def _result(self, task_id: str) -> Task:
        return read_task(await self._call("comfy_get_result", {"taskId": task_id}), task_id=task_id)

    async def concluded(self, task: Task) -> Task:
        """`result`, asked for again for some seconds where a job that succeeded has none yet."""
        for wait_s in RESULT_WAITS_S:
            full = await self.result(task)
            if full.phase != "succeeded" or full.result or full.images:
                return full
            await self.http.clock.sleep(wait_s)
        return await self.result(task)

    async def follow(
        self, task: Task, *, model: str = "", age_s: float = 0.0, interval_s: float | None = None
    ) -> AsyncGenerator[Task, None]:
        """The job each time that somebody looked; the last one has ended, and holds its result or the reason.

        `age_s` is how long ago it was submitted, `interval_s` the longest time between two polls. A job that succeeds
        takes no more requests than one look each interval, a second unless given, and one for the result.
        """
        clock = self.http.clock
        unit_s = 1.0 if interval_s is None else max(interval_s, SHORTEST_S)
        await self.paces.recall(model)
        history = self.paces.of(model, unit_s=unit_s)
        early = int(self.early_results)
        plan = Schedule(history, _in(unit_s, task.estimated_s), began_s=age_s / unit_s, ahead=early, reserve=early)
        submitted = clock.now() - age_s
        seen = Seen(queued=task.phase == "waiting")
        states = UnknownStates(SERVICE, task.id, clock)
        line = self.lines.of(model, fresh=age_s < FRESH_S)
        with line.place(task.id, submitted, self.paces.of(model)) as turn:
            while not task.ended:
                self.http.gate.hold(task.id)
                turn.unfinished(clock.now(), queued=seen.queued)
                seen = replace(seen, turn_s=turn.within(unit_s))
                wait_s = plan.next_s((clock.now() - submitted) / unit_s, seen) * unit_s
                await clock.sleep(wait_s if interval_s is None else min(wait_s, interval_s))
                found = await self._poll(task.id, plan)
                states.see(found.word, known=found.known)
                seen = Seen(queued=found.phase == "waiting", eta_s=_in(unit_s, found.eta_s), fraction=found.fraction)
                told = found if found.ended or found.fraction is not None else task
                task = replace(found, fraction=told.fraction, eta_s=told.eta_s, message=told.message)
                if not task.ended:
                    yield task
            if task.phase == "succeeded":
                turn.ended(clock.now())
        self.http.gate.release(task.id)
        if task.phase == "succeeded" and plan.polls and age_s < FRESH_S:
            low, high = plan.finished((clock.now() - submitted) / unit_s)
            self.paces.add(model, low * unit_s, high * unit_s)
        yield task if task.concluded else await self.concluded(task)

    async def _poll(self, task_id: str, plan: Schedule) -> Task:
        """A look; where the job is due, or no request can be spared for its end, its result outright."""
        if not self.early_results or (plan.spare > 0 and not plan.due):
            return await self.look(task_id)
        try:
            found = await self._result(task_id)
        except SpeedPixException as error:
            if isinstance(error, ConnectionFailed):
                raise
            if said := OVER.fullmatch(error.error_code):
                word = "failed" if said[1].lower().startswith("fail") else "cancelled"
                return _refused(Task(id=task_id, phase=PHASES[word], word=word), error)
            found = await self.look(task_id)
            if not found.ended:  # SpeedPix gives out nothing before the end
                self.early_results, plan.ahead, plan.reserve = False, 0, 0
            elif found.phase != "succeeded" and not UNFINISHED.search(error.error_code):
                found = _refused(found, error)
        else:
            if found.ended and found.phase != "succeeded":
                found = replace(found, error=found.message or found.word)
        return found

    async def upload(self, file: InputFile) -> File:
        """Upload a file and say where it is. Costs nothing. Raises `SpeedPixException` or `InvalidInput`."""
        if file.url:
            return File(access_url=file.url, name=file.filename)
        kind = content_type(file)
        asked = {"contentType": kind, "originalFilename": file.filename}
        envelope = await self._call("sp_create_temp_file_upload_sign", asked)
        try:
            place = read_place(envelope.data, name=file.filename, content_type=kind, size=file.size)
            await put(self.http, place.upload_url, file, media_type=kind)
        except ServiceError as error:
            raise documented(error) from None
        return place

    async def download(self, url: str) -> Payload:
        """The bytes of an output. Costs nothing. Raises `SpeedPixException`, `MediaError`."""
        try:
            return await self.http.download(url)
        except ServiceError as error:
            raise documented(error) from None

    async def _call(
        self,
        route: str,
        body: Mapping[str, object],
        *,
        repeat: Repeat = Repeat.READ,
        headers: Mapping[str, str] | None = None,
        model: str = "",
    ) -> Envelope:
        """One signed call. Raises `SpeedPixException`, also for an error that comes with HTTP 200."""
        given = {"content-type": JSON_TYPE, "accept": JSON_TYPE, **(headers or {})}
        waits = iter(() if repeat is Repeat.SUBMIT else UNREADABLE_WAITS_S)
        while True:
            try:
                envelope = await self._asked(route, body, repeat, given, model)
                break
            except SubmitUnknown as error:
                raise error if isinstance(error, SpeedPixException) else unknown(str(error), model) from error.__cause__
            except ProtocolError as error:
                wait_s = next(waits, None)
                if wait_s is None:
                    raise documented(error) from None
            except ServiceError as error:
                raise documented(error) from None
            await self.http.clock.sleep(wait_s)
        if envelope.refused:
            started = str((envelope.data or {}).get("task_id") or "") if repeat is Repeat.SUBMIT else ""
            raise _contradicting(model, envelope, started) if started else _rejection(envelope)
        return envelope

    async def _asked(
        self, route: str, body: Mapping[str, object], repeat: Repeat, headers: Mapping[str, str], model: str
    ) -> Envelope:
        """One answer. Raises `ProtocolError` where it cannot be read, for a submit `SubmitUnknown`."""
        answer = await self.http.call(
            "POST",
            f"{SIGNED_PATH}{route}",
            repeat=repeat,
            json=dict(body),
            headers=headers,
            full=throttled,
            own_error=own_error,
            model=model,
            look=LOOK,
        )
        if not answer.ok:
            raise self._refusal(answer)
        try:
            return read_envelope(answer.json())
        except ProtocolError as error:
            if repeat is Repeat.SUBMIT:
                raise _unreadable(model, error) from None
            raise

    def _refusal(self, answer: Answer) -> SpeedPixException:
        """The error for an HTTP status; its reason stands in a header of the gateway's, or in the service's frame.

        See PROTOCOL.md, 1.5 and 4.2.
        """
        reason = answer.headers.get("x-ca-error-message", "")
        with suppress(ProtocolError):
            reason = reason or read_envelope(answer.json_object()).reason
        request_id = answer.headers.get("x-ca-request-id", "")
        error = self.http.error(answer, reason, request_id=request_id)
        blamed = answer.status in (400, 401, 403) and PROOF.search(reason)
        return documented(error, kind=AuthenticationFailed if blamed else None)


def _refused(task: Task, error: SpeedPixException) -> Task:
    """A job that failed, and whose result was refused with the reason."""
    return replace(
        task,
        error=task.message or error.detail,
        error_code=error.error_code,
        invoke_id=error.request_id or task.invoke_id,
    )


def _unpickled(endpoint: str, mark: Mark) -> Api:
    return Api(connect(None, None, endpoint, mark=mark), paces_of(SERVICE, endpoint), mark=mark)


def _in(unit_s: float, seconds: float | None) -> float | None:
    return None if seconds is None else seconds / unit_s


def throttled(answer: Answer) -> bool:
    """Whether an answer with HTTP 200 says in its frame that there are too many jobs: nothing was accepted then."""
    try:
        envelope = read_envelope(answer.json())
    except ProtocolError:
        return False
    named = (envelope.data or {}).get("task_id")  # then a job was taken in, whatever else is said
    return envelope.refused and not named and kind_of(f"{envelope.sub_code} {envelope.code}") is RateLimited


def _rejection(envelope: Envelope) -> SpeedPixException:
    reason = envelope.reason
    detail = envelope.sub_message or envelope.message or reason
    error = ServiceError(
        f"{SERVICE}: {reason}", service=SERVICE, status=200, detail=detail, request_id=envelope.invoke_id
    )
    code = envelope.sub_code or envelope.code
    return documented(error, kind=kind_of(f"{envelope.sub_code} {envelope.code}"), code=code)


def _contradicting(model: str, envelope: Envelope, task_id: str) -> SpeedPixSubmitUnknown:
    """A submit that was refused in the same answer that names its job."""
    text = f"{SERVICE}: refused ({envelope.reason}), and yet named job {task_id}; it may run, and be billed. {LOOK}"
    return unknown(text, model)


def _unreadable(model: str, error: ServiceError) -> SpeedPixSubmitUnknown:
    text = f"{SERVICE}: sent, but the answer cannot be read ({error}); the job may run, and be billed. {LOOK}"
    return unknown(text, model)
