"""The calls of OpenPixels, once: a submit, a long poll. Everything runs on the background loop."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from ...core.errors import ConnectionFailed, NotFound, ProtocolError, ServiceError, ServiceUnavailable, SubmitUnknown
from ...core.events import JSON
from ...net.answers import Answer
from ...net.http import Http, Outgoing
from ...net.repeat import Repeat
from ...net.secrets import Secret
from ..kit.closing import close_when_gone
from ..kit.entry import Entry, seen, waiting
from ..kit.unknown import UnknownStates
from .messages import PHASES, Message, error_of, event_of, own_error, read_message, read_receipt, result_of, ticket_of

SERVICE = "openpixels"
HOLD_S = 90.0
"""How long a poll may be held by the service (the official client's own limit: PROTOCOL.md, 1.1)."""
UNHELD_S = 0.25
"""A poll that came back faster than this with nothing new was not held: the next one waits a little."""
MAX_PAUSE_S = 2.0
UNREADABLE_WAITS_S = (0.3, 1.0, 3.0)
LOOK = "OpenPixels has no list of jobs: look at your account's usage there before you run it again."
UNKNOWN_MODEL_CODES = frozenset({"unknown_model", "model_not_found", "invalid_model"})


def connect(key: Secret, base_url: str) -> Http:
    """The door to OpenPixels at `base_url`, with this key."""
    authorization = key.after("Key")

    def authorize(_request: Outgoing) -> Mapping[str, str | Secret]:
        return {"authorization": authorization}

    return Http(SERVICE, base_url, authorize=authorize)


class Refused(Exception):
    """A submit that was definitely refused: the answer, and the error that it means."""

    def __init__(self, answer: Answer, error: ServiceError) -> None:
        super().__init__(str(error))
        self.answer = answer
        self.error = error


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Api:
    """OpenPixels behind one connection."""

    http: Http

    def __post_init__(self) -> None:
        close_when_gone(self, self.http)

    async def submit(self, payload: Mapping[str, Any]) -> Message:
        """Send a job, once. May cost money. Raises `Refused`, `SubmitUnknown`, `InvalidInput`, `ConnectionFailed`."""
        model = f"{SERVICE}/{payload.get('model', '')}"
        answer = await self.http.call(
            "POST", "/v2/submit", repeat=Repeat.SUBMIT, json=dict(payload), own_error=own_error, model=model, look=LOOK
        )
        if not answer.ok:
            raise Refused(answer, self.error(answer))
        try:
            message = read_receipt(answer.json())
        except ProtocolError as error:
            text = f"{SERVICE}: sent, but the answer cannot be read ({error}); the job may run, and be billed."
            raise SubmitUnknown(f"{text} {LOOK}", service=SERVICE, model=model) from None
        if not message.final:
            self.http.gate.hold(message.id)
        return message

    async def poll(self, job_id: str) -> Message | None:
        """The next message about a job; `None` where the service held the poll for so long that it was given up.

        Raises `NotFound` for a job that the service does not know (any more), and other `ServiceError`s.
        """
        try:
            answer = await self.http.call(
                "GET", f"/v2/poll/{quote(job_id, safe='')}", repeat=Repeat.READ, timeout_s=HOLD_S, within_s=HOLD_S
            )
        except ConnectionFailed:
            await self.health()  # raises where nobody is there
            return None
        if answer.status in (408, 504, 524):
            return None
        if not answer.ok:
            raise self.error(answer)
        return read_message(answer.json())

    async def news(self, job_id: str) -> Message | None:
        """`poll`, made again where the answer cannot be read (a proxy's page), at most three times."""
        for wait_s in UNREADABLE_WAITS_S:
            try:
                return await self.poll(job_id)
            except ProtocolError:
                await self.http.clock.sleep(wait_s)
        return await self.poll(job_id)

    async def health(self) -> bool:
        """Whether the service says that it is well. Raises `ConnectionFailed` where it cannot be reached."""
        answer = await self.http.call("GET", "/status", repeat=Repeat.READ, timeout_s=10.0, within_s=30.0)
        return answer.ok and answer.json_object().get("status") == "ok"

    async def follow(self, job_id: str) -> AsyncGenerator[Message, None]:
        """Messages about a job, the last of which is final. The service has room for another one after that."""
        clock, pause_s, last = self.http.clock, 0.0, ""
        states = UnknownStates(SERVICE, job_id, clock)
        while True:
            self.http.gate.hold(job_id)
            asked_at = clock.now()
            message = await self.news(job_id)
            if message is None:
                continue
            states.see(message.word, known=message.final or message.word.lower() in PHASES)
            if message.final:
                self.http.gate.release(job_id)
            yield message
            if message.final:
                return
            held = clock.now() - asked_at > UNHELD_S or message.word != last
            pause_s = 0.0 if held else min(MAX_PAUSE_S, max(0.1, pause_s * 1.5))
            last = message.word
            await clock.sleep(pause_s)

    async def run(self, payload: Mapping[str, Any]) -> dict[str, JSON]:
        """Send a job and wait for its result, as the documentation shows it: a failed or refused one is a value.

        It is noted in the journal before it is sent, so that `ig.attach` collects what nobody waited for.

        May cost money. Raises `SubmitUnknown`, `InvalidInput`, `ConnectionFailed`, or what a poll raises.
        """
        model = str(payload.get("model") or "")
        entry = Entry.documented(SERVICE, model, {name: value for name, value in payload.items() if name != "model"})
        try:
            async with entry.submitting():
                message = await self.submit(payload)
                await entry.submitted(ticket_of(message, model))
                if message.final:
                    entry.concluded(partial(event_of, message))
        except Refused as refused:
            return refusal_value(refused)
        if not message.final:
            job_id = message.id
            with waiting(SERVICE, job_id):
                message = [news async for news in self.follow(job_id)][-1]
            seen(SERVICE, job_id, partial(event_of, message))
        return result_of(message)

    def error(self, answer: Answer) -> ServiceError:
        """The error that an answer means: by its status, but for a model that does not exist."""
        said = answer.json_object().get("error")
        code = str(said.get("code", "")) if isinstance(said, dict) else ""
        error = self.http.error(answer)
        if code.lower() in UNKNOWN_MODEL_CODES:
            return NotFound(str(error), service=SERVICE, status=answer.status, detail=error.detail)
        return error


def refusal_value(refused: Refused) -> dict[str, JSON]:
    """A refused submit as the documented error response. A key that the service repeats does not get in."""
    error = refused.error
    said = refused.answer.json_object().get("error")
    kind = "unavailable" if isinstance(error, ServiceUnavailable) else "http"
    value = error_of(said, fallback=error.detail or str(error), kind=kind, code=str(error.status or ""))
    value["message"] = error.detail or value["message"]
    return {"type": "result", "status": "failed", "error": value}
