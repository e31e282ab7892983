"""Segmind: v1 blocking, v2 submit and poll, workflows and chat. See services/segmind/PROTOCOL.md."""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from starlette.responses import JSONResponse, Response

from .answers import html_response, reset_at
from .chat import chat_body, reply_text
from .exchange import BadBody, Call, Handler, Incoming
from .jobs import Job, JobQueue, JobState, QueueFull
from .orders import BadOrder, Order, read_order
from .segmind_account import SegmindAccount, Wallet
from .segmind_models import MODELS, Model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from .deliveries import Deliveries
    from .files import FileStore

STATUS_WORDS = {"queued": "QUEUED", "running": "PROCESSING", "succeeded": "COMPLETED"}
PIXELFLOWS: Mapping[str, str] = {
    "text-to-image": "seedream-4.5",
    "image-to-image": "sdxl-img2img",
    "product-cutout": "bg-removal",
}
SIZE_PX = 1024
MISSING_KEY = "Missing Authorization or x-api-key in header"


@dataclass
class SegmindOptions:
    """How this service speaks; may be changed while it runs.

    `output`: how a result carries its picture. `auth_errors`: the shape of a 401. `wallet`: the account's
    money. `workflow_output`: a workflow's output as it is, or as JSON
    in a string. `pixelflows`: workflow id to the slug of the model that does it.
    """

    output: Literal["url", "base64", "list", "object"] = "url"
    auth_errors: Literal["plain", "oauth"] = "plain"
    wallet: Wallet = field(default_factory=Wallet)
    workflow_output: Literal["string", "object"] = "string"
    pixelflows: dict[str, str] = field(default_factory=lambda: dict(PIXELFLOWS))
    models: dict[str, Model] = field(default_factory=lambda: dict(MODELS))


class Declined(Exception):
    """A request that the service answers with an error status and `{"error": message}`."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Segmind:
    """All hosts of the service on one."""

    def __init__(self, jobs: JobQueue, files: FileStore, deliveries: Deliveries, key: str) -> None:
        self.options = SegmindOptions()
        self.account = SegmindAccount(jobs, files, deliveries, self.options.models, self.options.wallet)
        self._jobs = jobs
        self._files = files
        self._key = key
        jobs.watchers.append(self._finished)

    def calls(self) -> list[Call]:
        """The routes, the account's first: they are the more exact ones."""
        wrong = "GET,PUT,PATCH,DELETE"
        return [
            *self.account.calls(self._guarded),
            self._guarded("status", "GET", "/v2/requests/{id}/status", self._status),
            self._guarded("result", "GET", "/v2/requests/{id}", self._result),
            self._guarded("workflow", "POST", "/workflows/{id}", self._workflow),
            self._guarded("workflow_poll", "GET", "/workflows/request/{id}", self._workflow_poll),
            self._guarded("run", "POST", "/v1/{slug}", self._run),
            self._guarded("submit", "POST", "/v2/{slug}", self._submit),
            Call("segmind", "wrong_method", wrong, "/v1/{slug}", _wrong_method),
            Call("segmind", "wrong_method", wrong, "/v2/{slug}", _wrong_method),
        ]

    def _guarded(self, route: str, method: str, path: str, handler: Handler) -> Call:
        """A route that asks for the key first, and puts what its handler raises into this service's errors."""

        async def handle(incoming: Incoming) -> Response:
            try:
                if incoming.request.method == "POST":
                    _check_content_type(incoming)
                return await handler(incoming)
            except Declined as error:
                return JSONResponse({"error": str(error)}, status_code=error.status)
            except (BadOrder, BadBody) as error:
                return JSONResponse({"error": str(error)}, status_code=400)
            except QueueFull as error:
                headers = {"x-rate-limit-reset-at-utc": reset_at(error.retry_after_s)}
                return JSONResponse({"error": "Rate limit exceeded"}, status_code=429, headers=headers)

        return Call("segmind", route, method, path, handle, self._refusal)

    def _refusal(self, request: Request) -> Response | None:
        sent = request.headers.get("x-api-key", "")
        if hmac.compare_digest(sent.encode(), self._key.encode()):
            return None
        return self._unauthorized("Invalid API key" if sent else MISSING_KEY)

    def _unauthorized(self, message: str) -> Response:
        body: dict[str, object] = {"error": message}
        if self.options.auth_errors == "oauth":
            body = {"error": "unauthorized", "error_description": message, "status_code": 401}
        return JSONResponse(body, status_code=401)

    async def _run(self, incoming: Incoming) -> Response:
        job = self._take(incoming, self._model(incoming.path_value("slug")), incoming.json())
        state = await job.until(lambda now: now.finished)
        metrics = self.account.metrics(state)
        headers = {
            "x-cost": str(metrics["cost"]),
            "x-remaining-credits": str(metrics["remaining_credits"]),
            "x-generation-time": str(metrics["inference_time"]),
            "x-seed-value": str(state.order.seed),
            "x-request-id": state.id,
        }
        if state.phase != "succeeded":
            return JSONResponse({"error": state.error or state.phase}, status_code=500, headers=headers)
        chat = self.options.models[state.model].chat
        if chat:
            return JSONResponse(chat_body(chat, state.model, reply_text(state.inputs)), headers=headers)
        picture = state.outputs[0]
        return Response(picture.data, media_type=picture.content_type, headers=headers)

    async def _submit(self, incoming: Incoming) -> Response:
        job = self._take(incoming, self._model(incoming.path_value("slug")), incoming.json())
        address = f"{self._files.base_url}/v2/requests/{job.state.id}"
        return JSONResponse(
            {
                "request_id": job.state.id,
                "status_url": f"{address}/status",
                "response_url": address,
                "status": "QUEUED",
            }
        )

    async def _status(self, incoming: Incoming) -> Response:
        state = self._state(incoming)
        body: dict[str, object] = {
            "request_id": state.id,
            "status": _word(state),
            "metrics": self.account.metrics(state),
        }
        return self._with_outcome(state, body)

    async def _result(self, incoming: Incoming) -> Response:
        state = self._state(incoming)
        return self._with_outcome(state, self._body(state))

    def _with_outcome(self, state: JobState, body: dict[str, object]) -> Response:
        if _word(state) == "FAILED":  # with its status alone: services/segmind/PROTOCOL.md, 4
            return JSONResponse(body | {"error": state.error or state.phase}, status_code=422)
        headers = {"x-seed-value": str(state.order.seed)} if state.outputs else {}
        return JSONResponse(body, headers=headers)

    def _body(self, state: JobState) -> dict[str, object]:
        body: dict[str, object] = {"request_id": state.id, "status": _word(state)}
        if state.phase == "succeeded":
            body["output"] = self._output(state)
        return body | {"metrics": self.account.metrics(state)}

    def _output(self, state: JobState) -> object:
        chat = self.options.models[state.model].chat
        if chat:
            return json.dumps(chat_body(chat, state.model, reply_text(state.inputs)))
        picture = state.outputs[0]
        if self.options.output == "base64":
            return base64.b64encode(picture.data).decode()
        if self.options.output == "list":
            return [picture.url]
        return {"image": picture.url} if self.options.output == "object" else picture.url

    async def _workflow(self, incoming: Incoming) -> Response:
        slug = self.options.pixelflows.get(incoming.path_value("id"))
        if slug is None:
            raise Declined(404, "Workflow not found")
        job = self._take(incoming, self._model(slug), incoming.json(), workflow=incoming.path_value("id"))
        poll_url = f"{self._files.base_url}/workflows/request/{job.state.id}"
        return JSONResponse({"request_id": job.state.id, "poll_url": poll_url, "status": "QUEUED"})

    async def _workflow_poll(self, incoming: Incoming) -> Response:
        state = self._state(incoming)
        body: dict[str, object] = {"request_id": state.id, "status": _word(state)}
        if state.phase == "succeeded":
            output = [{"keyname": "image", "value": {"type": "image", "data": file.url}} for file in state.outputs]
            body["output"] = json.dumps(output) if self.options.workflow_output == "string" else output
        elif state.finished:
            body["error_message"] = state.error or state.phase
        return JSONResponse(body)

    def _model(self, slug: str) -> Model:
        model = self.options.models.get(slug)
        if model is None:
            raise Declined(404, f"Model not found: {slug}")
        if model.access == "retired":
            raise Declined(410, f"Model {slug} has been retired")
        if model.access == "forbidden":
            raise Declined(403, f"Model {slug} is not permitted for this account")
        refusal = self.options.wallet.refusal(model.price)
        if refusal:
            raise Declined(406, refusal)  # no 402: services/segmind/PROTOCOL.md, 5
        return model

    def _take(self, incoming: Incoming, model: Model, inputs: dict[str, object], *, workflow: str = "") -> Job:
        job = self._jobs.submit(
            "segmind",
            model.slug,
            self._order(model, inputs),
            inputs=inputs,
            details={"workflow": workflow},
            fate=incoming.fate,
        )
        incoming.job = job.state.id
        return job

    def _order(self, model: Model, inputs: Mapping[str, object]) -> Order:
        if model.chat:
            text = reply_text(inputs)
            if not text:
                raise BadOrder("prompt", "prompt or messages is required")
            if inputs.get("stream"):
                raise BadOrder("stream", "streaming is not supported")
            return Order(task="chat", prompt=text)
        return read_order(
            inputs, read_file=self._files.read, task=model.task, size_px=SIZE_PX, needs_image=model.needs_image
        )

    def _state(self, incoming: Incoming) -> JobState:
        job = self._jobs.get("segmind", incoming.path_value("id"))
        if job is None:
            raise Declined(404, "Request not found or expired")
        incoming.job = job.state.id
        return job.state

    def _finished(self, state: JobState) -> None:
        if state.service == "segmind":
            self.account.settle(state)
            outcome = self._body(state)
            self.account.notify(state, outcome | ({"error": state.error} if state.error else {}))


def _word(state: JobState) -> str:
    return STATUS_WORDS.get(state.phase, "FAILED")


def _check_content_type(incoming: Incoming) -> None:
    content_type = incoming.request.headers.get("content-type", "").partition(";")[0].strip()
    if content_type != "application/json":
        raise Declined(406, "Invalid content type")


async def _wrong_method(_incoming: Incoming) -> Response:
    return html_response(405, "405 Method Not Allowed")
