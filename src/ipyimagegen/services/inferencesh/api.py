"""The calls of inference.sh, each written once, async. Everything else in this package stands on these."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ...core.errors import MissingKey, NotFound, ProtocolError, ServiceError, SubmitUnknown
from ...core.events import JSON
from ...core.params import Params
from ...core.paths import form_of
from ...core.requests import InputFile
from ...media.artifacts import Payload
from ...net.answers import Answer
from ...net.http import Http
from ...net.proxies import own
from ...net.repeat import Repeat
from ...net.secrets import Secret
from ..kit.closing import close_when_gone
from ..kit.inputs import content_type, files_in, replaced
from ..kit.unknown import UnknownStates
from ..kit.uploads import put
from . import apps
from .connect import connect, remember
from .errors import KINDS, SERVICE, own_error, problem_detail, refusal
from .inputs import needs_schema, with_files
from .messages import TASK_FIELDS, View, Whole, is_heartbeat, merge, read_update, resource

SILENCE_S = 30.0
"""After so long without an event a task is asked for: a stream can stay open and be silent (PROTOCOL.md, 4.4)."""
OPENING_S = 10.0
"""After so long without a stream the task is asked for, which may be had where a stream is not."""
RECONNECT_S = (0.0, 0.0, 0.5, 1.0, 2.0, 5.0)
"""Waits before the next stream, by how many in a row were brief."""
BRIEF_S = 5.0
APP_WAIT_S = 20.0
"""How long a schema is asked for; without it a job goes by what is known."""
APP_TTL_S = 600.0
"""How long an app's schema is taken for current."""
UNREADABLE_WAITS_S = (0.3, 1.0, 3.0)
LOOK = "See the tasks at https://app.inference.sh, or client.tasks.list()."


@dataclass(slots=True, weakref_slot=True, eq=False)
class Api:
    """All calls to one account. Without `api_key`: `login`'s, the keyring's or `INFERENCE_API_KEY`, at each call."""

    api_key: str | Secret | None = field(default=None, repr=False)
    base_url: str = ""
    silence_s: float = SILENCE_S
    http: Http = field(init=False, repr=False)
    _apps: dict[str, tuple[float, Mapping[str, Any]]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.http = connect(self.api_key, self.base_url)
        self.base_url = self.http.base_url
        close_when_gone(self, self.http)
        remember(self)

    async def run(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """`POST /apps/run`, once: the task as it was accepted. Costs money.

        Raises `SubmitUnknown`, `RequirementsNotMetError`, `APIError`.
        """
        answer = await self.http.call(
            "POST",
            "apps/run",
            repeat=Repeat.SUBMIT,
            json=body,
            own_error=own_error,
            model=f"{SERVICE}/{body.get('app', '')}",
            look=LOOK,
        )
        if not answer.ok:
            raise self._refused(answer)
        if answer.json_object().get("success") is False and not own(answer, own_error):
            raise _unknown(body, "the answer is neither a task nor a refusal")
        try:
            task = _object(self._good(answer), "a task")
        except ProtocolError as error:
            raise _unknown(body, str(error)) from None
        if not task.get("id"):
            raise _unknown(body, "the answer names no task")
        self.http.gate.hold(str(task["id"]))
        return task

    async def get(self, task_id: str) -> JSON:
        """`GET /tasks/{id}`: the whole answer."""
        return self._good(await self.http.call("GET", f"tasks/{_segment(task_id)}", repeat=Repeat.READ))

    async def task(self, task_id: str) -> dict[str, Any]:
        """The task as it is now; asked again where the answer cannot be read (a proxy's page), three times at most."""
        for wait_s in UNREADABLE_WAITS_S:
            try:
                return _task(await self.get(task_id))
            except ProtocolError:
                await self.http.clock.sleep(wait_s)
        return _task(await self.get(task_id))

    async def cancel(self, task_id: str) -> View:
        """`POST /tasks/{id}/cancel`: the task after it. May be repeated; a task that has ended stays as it is."""
        answer = self._good(await self.http.call("POST", f"tasks/{_segment(task_id)}/cancel", repeat=Repeat.READ))
        task = resource(answer)
        return merge(View(), Whole(task)) if isinstance(task, dict) else View()

    async def list(self, query: Mapping[str, Any] | None = None) -> JSON:
        """`POST /tasks/list`: the workspace's tasks, newest first."""
        return resource(self._good(await self.http.call("POST", "tasks/list", repeat=Repeat.READ, json=query or {})))

    async def ask(self, method: str, path: str, *, repeat: Repeat) -> JSON:
        """Any other call: what its answer carries, `None` where it is empty. Raises `APIError`."""
        return resource(self._good(await self.http.call(method, path, repeat=repeat)))

    async def app(self, reference: str) -> Mapping[str, Any]:
        """`GET /apps/{namespace}/{name}`, remembered for ten minutes. Raises `NotFound` and other `APIError`s."""
        name, _ = apps.app_name(reference)
        kept = self._apps.get(name)
        if kept is not None and time.monotonic() - kept[0] < APP_TTL_S:
            return kept[1]
        path = "/".join(_segment(part) for part in name.split("/"))
        answer = await self.http.call("GET", f"apps/{path}", repeat=Repeat.READ, within_s=APP_WAIT_S)
        app = _object(self._good(answer), "an app")
        self._apps[name] = (time.monotonic(), app)
        return app

    async def upload(
        self,
        file: InputFile,
        *,
        filename: str = "",
        media_type: str = "",
        path: str | None = None,
        public: bool | None = None,
    ) -> dict[str, Any]:
        """Put a file at the service: its record, whose `uri` goes into an input. Costs nothing."""
        size = file.size or len(file.data)
        kind = media_type or content_type(file)
        wanted = {"uri": "", "filename": filename or file.filename, "content_type": kind, "size": size}
        wanted |= {name: value for name, value in (("path", path), ("public", public)) if value is not None}
        answer = await self.http.call("POST", "files", repeat=Repeat.READ, json={"files": [wanted]})
        made = resource(self._good(answer))
        record = made[0] if isinstance(made, list) and made else made
        uri = record.get("uri") if isinstance(record, dict) else None
        if (
            not isinstance(record, dict)
            or not isinstance(uri, str)
            or not uri
            or form_of(uri) == "path"
            or not record.get("upload_url")
        ):
            raise ProtocolError(f"{SERVICE}: an answer without a place to upload to", service=SERVICE)
        await put(self.http, str(record["upload_url"]), file, media_type=kind)
        return record

    async def sendable(self, app: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """A task's input with every file in it uploaded, as the app's schema and the contents say.

        Raises `InvalidInput` for files that are missing or are not what they should be.
        """
        params = await self._params(app) if needs_schema(values) else None
        return await self.uploaded(await asyncio.to_thread(with_files, values, params))

    async def _params(self, app: str) -> Params | None:
        try:
            spec = apps.spec_of(app, await self.app(app))
        except (ServiceError, MissingKey):
            offline = apps.offline_spec(app)  # the submit will say what is wrong
            return offline.params if offline else None
        return spec.params

    async def uploaded(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values with each `InputFile` in them uploaded, all at once, and replaced by its address."""
        files = files_in(values)
        addresses = await asyncio.gather(*(self._address(file) for file in files))
        result: dict[str, Any] = replaced(
            values, {id(file): address for file, address in zip(files, addresses, strict=True)}
        )
        return result

    async def _address(self, file: InputFile) -> str:
        return file.url or str((await self.upload(file))["uri"])

    async def follow(self, task_id: str, known: Mapping[str, Any] | None = None) -> AsyncGenerator[View, None]:
        """All that is known of a task, after each update, until it is over; the last one is the end, with its output.

        Streams, and asks for the task after each cut and after `silence_s` without an event. Raises the error of an ask
        that fails for good. Close it when leaving early.
        """
        view = merge(View(), Whole(known)) if known else View()
        clock, restarts = self.http.clock, 0
        states = UnknownStates(SERVICE, task_id, clock)
        try:
            while not view.complete:
                before, opened_at = view, clock.now()
                async with aclosing(self._streamed(task_id, view)) as views:
                    async for newer in views:
                        view = newer
                        yield view
                if view.complete:
                    return
                asked = merge(view, Whole(await self.task(task_id)))
                restarts = restarts + 1 if clock.now() - opened_at < BRIEF_S else 0
                if asked == before and asked.perhaps_over:
                    asked = asked.completed()  # the older numbering: a new stream and a new ask said nothing else
                if asked != view or asked.over:
                    view = asked
                    yield view
                if view.over:
                    return
                states.see(view.fields.get("status"), known=view.status is not None)
                await clock.sleep(RECONNECT_S[min(restarts, len(RECONNECT_S) - 1)])
        finally:
            if view.over:
                self.http.gate.release(task_id)

    async def _streamed(self, task_id: str, view: View) -> AsyncGenerator[View, None]:
        """What one connection brings; ends quietly with it, also where the stream cannot be had."""
        path = f"tasks/{_segment(task_id)}/stream"
        stream = self.http.lines("GET", path, idle_s=self.silence_s, heartbeat=is_heartbeat, within_s=OPENING_S)
        try:
            async with aclosing(stream) as messages:
                async for message in messages:
                    self.http.gate.hold(task_id)
                    merged = merge(view, read_update(message))
                    if merged != view:
                        view = merged
                        yield view
                    if view.over:
                        return
        except ServiceError:
            return  # the task itself is asked next, and says what is wrong

    async def finished(self, task_id: str, known: Mapping[str, Any] | None = None) -> View:
        """The task once it is over, however it ended."""
        last = merge(View(), Whole(known or {}))
        async with aclosing(self.follow(task_id, known)) as views:
            async for view in views:
                last = view
        return last

    async def download(self, url: str) -> Payload:
        """The bytes of an output."""
        return await self.http.download(url)

    async def aclose(self) -> None:
        """Close the connections."""
        await self.http.aclose()

    def _good(self, answer: Answer) -> JSON:
        if not answer.ok:
            raise self._refused(answer)
        value = answer.json() if answer.body.strip() else None
        if isinstance(value, dict) and value.get("success") is False:
            raise self._refused(answer)
        return value

    def _refused(self, answer: Answer) -> ServiceError:
        return refusal(self.http.error(answer, problem_detail(answer)), answer)


def _unknown(body: Mapping[str, Any], why: str) -> SubmitUnknown:
    text = f"{SERVICE}: the task was sent, but {why}; it may be running, and may be billed, so it is not sent again."
    return SubmitUnknown(f"{text} {LOOK}", service=SERVICE, model=f"{SERVICE}/{body.get('app', '')}")


def _object(answer: JSON, what: str) -> dict[str, Any]:
    value = resource(answer)
    if not isinstance(value, dict):
        raise ProtocolError(f"{SERVICE}: an answer that is not {what}", service=SERVICE)
    return value


def _task(answer: JSON) -> dict[str, Any]:
    """A task in an answer. `{}` and `{"error": …}` tell of none: whoever took them for one would wait for ever."""
    task = _object(answer, "a task")
    if TASK_FIELDS.isdisjoint(task):
        raise ProtocolError(f"{SERVICE}: an answer that is not a task", service=SERVICE)
    return task


def _segment(text: object) -> str:
    """Text as one part of a path."""
    if not isinstance(text, str) or text in ("", ".", ".."):
        raise KINDS[NotFound](None, f"{SERVICE}: {text!r} is no id")
    return quote(text, safe="")
