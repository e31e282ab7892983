"""OpenPixels: one submit and a long poll. See services/openpixels/PROTOCOL.md."""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from starlette.responses import JSONResponse, Response

from .answers import retry_after
from .exchange import BadBody, Call, Handler, Incoming
from .jobs import JobQueue, JobState, QueueFull
from .orders import BadOrder, read_order

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from .files import FileStore

MODELS = frozenset({"flux-dev", "flux-schnell", "flux-pro-1.1", "flux-1.1-pro"})
VENDOR = "blackforestlabs/"
STRATEGIES = ("best", "random")
DEFAULT_PROVIDER = "local"
IMMEDIATE_WAIT_S = 60.0
"""A submit may answer the result itself (services/openpixels/PROTOCOL.md, 1)."""


@dataclass
class OpenPixelsOptions:
    """How this service speaks; may be changed while it runs.

    `picture`: how a result carries its picture: a URL, a `data:` URI in `url`, base64 in an object, or bare base64 as
    `data`. `immediate`: a submit waits for the job and answers its result. `hold_s`: how long a poll is held, in
    seconds, while nothing changes.
    """

    picture: Literal["url", "data_url", "base64", "bare_base64"] = "url"
    immediate: bool = False
    hold_s: float = 10.0


class OpenPixels:
    """The three routes."""

    def __init__(self, jobs: JobQueue, files: FileStore, key: str) -> None:
        self.options = OpenPixelsOptions()
        self._jobs = jobs
        self._files = files
        self._authorization = f"Key {key}"

    def calls(self) -> list[Call]:
        """The routes."""
        return [
            Call("openpixels", "submit", "POST", "/v2/submit", _answering(self._submit), self._refusal),
            Call("openpixels", "poll", "GET", "/v2/poll/{id}", _answering(self._poll), self._refusal),
            Call("openpixels", "health", "GET", "/status", self._health),
        ]

    def _refusal(self, request: Request) -> Response | None:
        sent = request.headers.get("authorization", "")
        if hmac.compare_digest(sent.encode(), self._authorization.encode()):
            return None
        return _error(401, "auth", "invalid_key" if sent else "missing_key", "invalid API key")

    async def _submit(self, incoming: Incoming) -> Response:
        payload = incoming.json()
        model = str(payload.get("model", ""))
        if model.removeprefix(VENDOR) not in MODELS:
            return _error(400, "validation", "unknown_model", f"unknown model: {model}", {"model": model})
        order = read_order(payload, read_file=self._files.read, size_px=1024)
        job = self._jobs.submit(
            "openpixels",
            model,
            order,
            inputs=payload,
            details={"provider": _route(payload)},
            fate=incoming.fate,
        )
        incoming.job = job.state.id
        if self.options.immediate:
            await job.until(lambda state: state.finished, IMMEDIATE_WAIT_S)
        return JSONResponse(self._message(job.state))

    async def _poll(self, incoming: Incoming) -> Response:
        job = self._jobs.get("openpixels", incoming.path_value("id"))
        if job is None:
            return _error(404, "validation", "unknown_job", "no such job")
        incoming.job = job.state.id
        seen = job.state.phase
        state = await job.until(lambda now: now.finished or now.phase != seen, self.options.hold_s)
        return JSONResponse(self._message(state))

    async def _health(self, _incoming: Incoming) -> Response:
        return JSONResponse({"status": "ok"})

    def _message(self, state: JobState) -> dict[str, object]:
        if not state.finished:
            return {"type": "update", "id": state.id, "status": state.phase}
        meta = {"provider": state.details["provider"], "seconds": round(state.work_s, 3)}
        message: dict[str, object] = {"type": "result", "id": state.id, "meta": meta}
        if state.phase != "succeeded":
            error = {"type": "provider", "code": "generation_failed", "message": state.error, "params": {}}
            return message | {"status": "failed", "error": error}
        return message | {"status": "complete", "data": self._data(state)}

    def _data(self, state: JobState) -> object:
        picture = state.outputs[0]
        if self.options.picture == "url":
            return {"url": picture.url}
        text = base64.b64encode(picture.data).decode()
        if self.options.picture == "data_url":
            return {"url": f"data:{picture.content_type};base64,{text}"}
        return {"base64": text} if self.options.picture == "base64" else text


def _answering(handler: Handler) -> Handler:
    """The handler, with what it raises as this service's errors."""

    async def handle(incoming: Incoming) -> Response:
        try:
            return await handler(incoming)
        except (BadOrder, BadBody) as error:
            params = {"field": error.field} if isinstance(error, BadOrder) else {}
            return _error(400, "validation", "invalid_request", str(error), params)
        except QueueFull as error:
            refused = _error(429, "rate_limit", "too_many_jobs", str(error))
            refused.headers["Retry-After"] = retry_after(error.retry_after_s)
            return refused

    return handle


def _route(payload: Mapping[str, object]) -> str:
    """The provider that `config.routing` chooses. Raises `BadOrder` for a routing that is none."""
    config = payload.get("config") or {}
    routing = config.get("routing") or {} if isinstance(config, dict) else None
    if not isinstance(routing, dict):
        raise BadOrder("config.routing", "must be an object")
    if routing.get("strategy", "best") not in STRATEGIES:
        raise BadOrder("config.routing.strategy", f"must be one of {', '.join(STRATEGIES)}")
    ordering, allowed = _names(routing, "ordering"), _names(routing, "whitelist")
    if ordering and allowed and not set(ordering) & set(allowed):
        raise BadOrder("config.routing", "no provider is both in ordering and in whitelist")
    candidates = [name for name in ordering or allowed if not allowed or name in allowed]
    return candidates[0] if candidates else DEFAULT_PROVIDER


def _names(routing: Mapping[str, object], key: str) -> list[str]:
    value = routing.get(key) or []
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise BadOrder(f"config.routing.{key}", "must be a list of provider names")
    return value


def _error(status: int, kind: str, code: str, message: str, params: Mapping[str, object] | None = None) -> JSONResponse:
    error = {"type": kind, "code": code, "message": message, "params": params or {}}
    return JSONResponse({"error": error}, status_code=status)
