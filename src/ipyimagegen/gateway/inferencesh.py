"""inference.sh: apps, tasks that stream their updates, files. See services/inferencesh/PROTOCOL.md."""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from starlette.responses import JSONResponse, Response, StreamingResponse

from .answers import iso, retry_after
from .exchange import BadBody, Call, CloseFramedResponse, Handler, Incoming
from .inferencesh_apps import APPS, App, find_app
from .jobs import Job, JobQueue, JobState, QueueFull
from .orders import BadOrder, Order, read_order

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from starlette.requests import Request

    from .deliveries import Deliveries
    from .files import FileStore, StoredFile

STATUSES = (
    "unknown",
    "received",
    "queued",
    "dispatched",
    "preparing",
    "serving",
    "setting_up",
    "running",
    "cancelling",
    "uploading",
    "completed",
    "failed",
    "cancelled",
    "rejected",
)
PHASES = {"succeeded": "completed"}
OLDER_COMPLETED = 9
"""What webhooks of the older numbering call completed (services/inferencesh/PROTOCOL.md, 3.2)."""
LIST_ROWS = 50
SIZE_PX = 1024
NDJSON = "application/x-ndjson"
EVENT_STREAM = "text/event-stream"


@dataclass
class InferenceOptions:
    """How this service speaks; may be changed while it runs.

    `envelope`: an answer as `{"data", "messages"}`, bare, or `{"success", "status", "data"}`. `status`: as a number or
    a word. `updates`: whole tasks, changed fields, or changed fields with output and status apart. `errors`: a
    problem+json, or `{"success": false}`. `framing`: a stream ends with its last chunk, or as the connection closes.
    `output_file`: a file as `{"uri"}` or as its address alone. `previews`: partial outputs while a task runs.
    `webhook_status`: the numbering of a webhook's status. `heartbeat_s`: seconds between heartbeats.
    """

    envelope: Literal["data", "bare", "success"] = "data"
    status: Literal["number", "word"] = "number"
    updates: Literal["full", "partial", "split"] = "full"
    errors: Literal["problem", "success"] = "problem"
    framing: Literal["chunked", "close"] = "chunked"
    output_file: Literal["object", "string"] = "object"
    previews: bool = True
    webhook_status: Literal["current", "older"] = "current"
    heartbeat_s: float = 10.0
    apps: dict[str, App] = field(default_factory=lambda: dict(APPS))


class Problem(Exception):
    """A request that is answered with an error status."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title


class InferenceSh:
    """All routes of the service."""

    def __init__(self, jobs: JobQueue, files: FileStore, deliveries: Deliveries, key: str) -> None:
        self.options = InferenceOptions()
        self._jobs = jobs
        self._files = files
        self._deliveries = deliveries
        self._authorization = f"Bearer {key}"
        jobs.watchers.append(self._finished)

    def calls(self) -> list[Call]:
        """The routes."""
        table: list[tuple[str, str, str, Handler]] = [
            ("submit", "POST", "/apps/run", self._run),
            ("app", "GET", "/apps/{namespace}/{name}", self._app),
            ("list", "POST", "/tasks/list", self._list),
            ("task", "GET", "/tasks/{id}", self._task),
            ("status", "GET", "/tasks/{id}/status", self._status),
            ("stream", "GET", "/tasks/{id}/stream", self._stream),
            ("cancel", "POST", "/tasks/{id}/cancel", self._cancel),
            ("files", "POST", "/files", self._create_files),
        ]
        return [
            Call("inferencesh", route, method, path, self._answering(do), self._refusal)
            for route, method, path, do in table
        ]

    def _refusal(self, request: Request) -> Response | None:
        sent = request.headers.get("authorization", "")
        if hmac.compare_digest(sent.encode(), self._authorization.encode()):
            return None
        return self._problem(401, "Unauthorized", "invalid API key" if sent else "missing API key")

    def _answering(self, handler: Handler) -> Handler:
        """The handler, with what it raises as this service's problems."""

        async def handle(incoming: Incoming) -> Response:
            try:
                return await handler(incoming)
            except Problem as error:
                return self._problem(error.status, error.title, str(error))
            except (BadOrder, BadBody) as error:
                return self._problem(400, "Bad Request", str(error))
            except QueueFull as error:
                refused = self._problem(429, "Too Many Requests", str(error))
                refused.headers["Retry-After"] = retry_after(error.retry_after_s)
                return refused

        return handle

    async def _run(self, incoming: Incoming) -> Response:
        body = incoming.json()
        app = find_app(self.options.apps, body.get("app"))
        if app is None:
            raise Problem(404, "Not Found", f"app not found: {body.get('app')}")
        if app.missing:  # services/inferencesh/PROTOCOL.md, 2.4
            problem = {"type": "about:blank", "title": "Requirements not met", "status": 412}
            return JSONResponse(problem | {"errors": list(app.missing)}, status_code=412)
        inputs = body.get("input") or {}
        if not isinstance(inputs, dict):
            raise BadOrder("input", "must be an object")
        webhook = body.get("webhook")
        job = self._jobs.submit(
            "inferencesh",
            str(body["app"]),
            self._order(app, inputs),
            inputs=inputs,
            details={"webhook": webhook, "session_id": body.get("session")},
            fate=incoming.fate,
        )
        incoming.job = job.state.id
        return self._data(self._as_task(job.state))

    def _order(self, app: App, inputs: dict[str, object]) -> Order:
        if app.task == "chat":
            prompt = inputs.get("prompt")
            if not isinstance(prompt, str) or not prompt:
                raise BadOrder("prompt", "a prompt is required")
            return Order(task="chat", prompt=prompt)
        return read_order(inputs, read_file=self._files.read, task=app.task, size_px=SIZE_PX)

    async def _app(self, incoming: Incoming) -> Response:
        name = f"{incoming.path_value('namespace')}/{incoming.path_value('name')}"
        app = find_app(self.options.apps, name)
        if app is None:
            raise Problem(404, "Not Found", f"app not found: {name}")
        return self._data(app.as_json())

    async def _list(self, _incoming: Incoming) -> Response:
        states = self._jobs.states("inferencesh")[-LIST_ROWS:]
        items = [self._as_task(state) for state in reversed(states)]
        return self._data({"items": items, "next_cursor": "", "has_next": False, "items_per_page": LIST_ROWS})

    async def _task(self, incoming: Incoming) -> Response:
        return self._data(self._as_task(self._job(incoming).state))

    async def _status(self, incoming: Incoming) -> Response:
        state = self._job(incoming).state
        return self._data({"id": state.id, "status": self._number_or_word(_word(state))})

    async def _cancel(self, incoming: Incoming) -> Response:
        job = self._job(incoming)
        self._jobs.cancel(job)
        state = await job.until(lambda now: now.finished)
        return self._data(self._as_task(state))

    async def _create_files(self, incoming: Incoming) -> Response:
        asked = incoming.json().get("files")
        if not isinstance(asked, list) or not asked or not all(isinstance(file, dict) for file in asked):
            raise BadOrder("files", "must be a list of files")
        return self._data([self._created_file(file) for file in asked])

    def _created_file(self, file: Mapping[str, object]) -> dict[str, object]:
        content_type = file.get("content_type")
        if not isinstance(content_type, str) or "/" not in content_type:
            raise BadOrder("content_type", "is required")
        if not isinstance(file.get("size"), int):
            raise BadOrder("size", "must be the number of bytes")
        signed = self._files.sign(content_type, str(file.get("filename") or "upload"))
        return {
            "id": signed.token,
            "uri": signed.access_url,
            "upload_url": signed.upload_url,
            "filename": signed.name,
            "content_type": content_type,
            "size": file["size"],
            "public": bool(file.get("public")),
        }

    async def _stream(self, incoming: Incoming) -> Response:
        job = self._job(incoming)
        ndjson = NDJSON in incoming.request.headers.get("accept", "")
        fault = incoming.fault
        mute = fault if fault and fault.kind == "heartbeats_only" else None
        events = self._heartbeats(mute.stream_s) if mute else self._events(job)
        lines = _framed(events, ndjson=ndjson)
        form = CloseFramedResponse if self.options.framing == "close" else StreamingResponse
        headers = {"Cache-Control": "no-cache"}
        return form(lines, media_type=NDJSON if ndjson else EVENT_STREAM, headers=headers)

    async def _heartbeats(self, stream_s: float | None) -> AsyncIterator[dict[str, object]]:
        end = None if stream_s is None else time.monotonic() + stream_s
        while end is None or time.monotonic() < end:
            yield {"type": "heartbeat"}
            await asyncio.sleep(self.options.heartbeat_s)

    async def _events(self, job: Job) -> AsyncIterator[dict[str, object]]:
        """Everything from the task as it is to its end; a heartbeat where nothing happens for long."""
        if job.state.finished:
            yield self._as_task(job.state)
            return
        state = job.state
        task = self._as_task(state)
        yield self._update({}, task)
        told = 0
        while not state.finished:
            newer = await job.after(state.revision, self.options.heartbeat_s)
            if newer.revision == state.revision:
                yield {"type": "heartbeat"}
                continue
            state = newer
            for event in _deltas(state, told):
                told += 1
                yield event
            if not state.finished:
                before, task = task, self._as_task(state)
                yield self._update(before, task)
        for event in self._last_events(state, task):
            yield event

    def _last_events(self, state: JobState, task: dict[str, object]) -> Iterator[dict[str, object]]:
        """From running to the end: the upload, then the terminal update, in one piece or two."""
        if state.outputs:
            uploading = task | {"status": self._number_or_word("uploading")}
            yield self._update(task, uploading)
            task = uploading
        final = self._as_task(state)
        if self.options.updates == "split" and final["output"] != task["output"]:
            with_output = task | {"output": final["output"]}
            yield self._update(task, with_output)
            task = with_output
        yield self._update(task, final)

    def _update(self, before: Mapping[str, object], task: dict[str, object]) -> dict[str, object]:
        if self.options.updates == "full" or not before:
            return task
        changed = [key for key, value in task.items() if before.get(key) != value]
        return {"data": {"id": task["id"]} | {key: task[key] for key in changed}, "fields": changed}

    def _job(self, incoming: Incoming) -> Job:
        job = self._jobs.get("inferencesh", incoming.path_value("id"))
        if job is None:
            raise Problem(404, "Not Found", "task not found")
        incoming.job = job.state.id
        return job

    def _as_task(self, state: JobState) -> dict[str, object]:
        updated = state.finished_at or (state.started_at if not state.step else time.time())
        return {
            "id": state.id,
            "app": state.model,
            "status": self._number_or_word(_word(state)),
            "input": dict(state.inputs),
            "output": self._output(state),
            "error": state.error or None,
            "logs": [],
            "progress": round(state.progress * 100),
            "created_at": iso(state.created_at),
            "updated_at": iso(updated or state.created_at),
            "run_at": iso(state.started_at),
            "session_id": state.details.get("session_id"),
        }

    def _output(self, state: JobState) -> dict[str, object] | None:
        if state.phase == "succeeded" and state.order.task == "chat":
            return {"response": _response(state.order.prompt)}
        if state.outputs:
            names = [file.name.rpartition(".")[0] for file in state.outputs]
            return {
                "image" if name == "images" else name: self._file(file)
                for name, file in zip(names, state.outputs, strict=True)
            }
        if state.preview and self.options.previews and not state.finished:
            return {"image": self._file(state.preview)}
        return None

    def _file(self, file: StoredFile) -> object:
        if self.options.output_file == "string":
            return file.url
        return {"uri": file.url, "filename": file.name, "content_type": file.content_type, "size": len(file.data)}

    def _number_or_word(self, word: str) -> int | str:
        return STATUSES.index(word) if self.options.status == "number" else word

    def _data(self, data: object) -> Response:
        if self.options.envelope == "bare":
            return JSONResponse(data)
        if self.options.envelope == "success":
            return JSONResponse({"success": True, "status": 200, "data": data})
        return JSONResponse({"data": data, "messages": []})

    def _problem(self, status: int, title: str, detail: str) -> Response:
        if self.options.errors == "success":
            code = title.lower().replace(" ", "_")
            return JSONResponse({"success": False, "error": {"code": code, "message": detail}}, status_code=status)
        body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        return JSONResponse(body, status_code=status, media_type="application/problem+json")

    def _finished(self, state: JobState) -> None:
        url = state.details.get("webhook")
        if state.service != "inferencesh" or not isinstance(url, str):
            return
        task = self._as_task(state)
        keys = ("id", "status", "output", "error", "session_id", "created_at", "updated_at")
        payload = {key: task[key] for key in keys}
        if self.options.webhook_status == "older" and state.phase == "succeeded":
            payload["status"] = OLDER_COMPLETED
        self._deliveries.send(url, payload)


def _word(state: JobState) -> str:
    return PHASES.get(state.phase, state.phase)


def _response(prompt: str) -> str:
    return f"You said: {prompt}"


def _deltas(state: JobState, told: int) -> list[dict[str, object]]:
    """The pieces of a text model's answer that it has by now, but for the `told` first ones."""
    if state.order.task != "chat" or state.phase not in ("running", "succeeded"):
        return []
    pieces = _pieces(_response(state.order.prompt))
    new = pieces[told : int(len(pieces) * state.progress)]
    return [
        {"event": "delta", "data": {"delta": {"response": piece}, "seq": seq}} for seq, piece in enumerate(new, told)
    ]


def _pieces(text: str) -> list[str]:
    """The text in words, each with the space after it."""
    words = text.split(" ")
    return [word + " " for word in words[:-1]] + words[-1:]


async def _framed(events: AsyncIterator[dict[str, object]], *, ndjson: bool) -> AsyncIterator[str]:
    async for event in events:
        text = json.dumps(event, separators=(",", ":"))
        yield f"{text}\n" if ndjson else f"data: {text}\n\n"
