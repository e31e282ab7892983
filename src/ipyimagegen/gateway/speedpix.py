"""SpeedPix: ComfyUI workflows behind an API gateway that checks every signature. See services/speedpix/PROTOCOL.md."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from starlette.responses import JSONResponse, Response

from .answers import retry_after
from .exchange import BadBody, Call, Handler, Incoming
from .jobs import JobQueue, JobState, QueueFull
from .orders import BadOrder, Task, read_order

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

    from .files import FileStore, StoredFile

SUCCESS = 10
"""The envelope's status of what is well (services/speedpix/PROTOCOL.md, 4.1)."""
REJECTED = 20
WINDOW_S = 15 * 60
UPLOAD_LIFE_S = 3600
JSON_TYPE = "application/json; charset=utf-8"
METHOD = "HmacSHA256"
"""This and the headers below: services/speedpix/PROTOCOL.md, 1.1."""
SIGNED_HEADERS = ("x-ca-key", "x-ca-nonce", "x-ca-signature-method", "x-ca-timestamp")
REQUIRED_HEADERS = ("date", *SIGNED_HEADERS, "x-ca-signature-headers", "x-ca-signature", "content-type", "accept")
DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\+00:00")
STATUS_WORDS = {"queued": "waiting", "rejected": "failed"}


@dataclass(frozen=True, slots=True)
class Workflow:
    """A published workflow: what it makes, and whether it starts from a picture."""

    title: str
    task: Task = "picture"
    needs_image: bool = False


WORKFLOWS: Mapping[str, Workflow] = {
    "text-to-image": Workflow("Text to image"),
    "image-to-image": Workflow("Image to image", needs_image=True),
    "product-cutout": Workflow("Cut a product out onto white", task="cutout", needs_image=True),
}


@dataclass
class SpeedPixOptions:
    """How this service speaks; may be changed while it runs.

    `keys`: the spelling of keys in answers. `expire_time_as`: the form of an upload's expiry. `outputs`: an output is
    an object with a URL inside, a plain URL, or a list. `cancelled_word`: the spelling of that status.
    """

    keys: Literal["camel", "snake"] = "camel"
    expire_time_as: Literal["number", "string"] = "number"
    outputs: Literal["object", "url", "list"] = "object"
    cancelled_word: Literal["cancelled", "canceled"] = "cancelled"
    aliases: frozenset[str] = frozenset({"main", "v1", "v2"})
    resources: frozenset[str] = frozenset({"default", "dedicated-1"})
    workflows: dict[str, Workflow] = field(default_factory=lambda: dict(WORKFLOWS))


class Refused(Exception):
    """The API gateway in front lets a request not through."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class BizError(Exception):
    """The service itself rejects a request, in an envelope with HTTP 200."""

    def __init__(self, sub_code: str, sub_message: str) -> None:
        super().__init__(sub_message)
        self.sub_code = sub_code


class Gatekeeper:
    """Checks signatures as Alibaba Cloud's API gateway does, and remembers every nonce for the time that it counts."""

    def __init__(self, app_key: str, app_secret: str) -> None:
        self._app_key = app_key
        self._secret = app_secret.encode()
        self._nonces: dict[str, float] = {}

    def check_head(self, request: Request, now: float) -> None:
        """What can be known before the body is read, its digest taken as it is told. Raises `Refused`, as below."""
        headers = request.headers
        _check_form(headers)
        if headers["x-ca-key"] != self._app_key:
            raise Refused(403, "Invalid AppKey")
        _check_time(headers["x-ca-timestamp"], now)
        text = string_to_sign(request, headers.get("content-md5", ""))
        expected = base64.b64encode(hmac.digest(self._secret, text.encode(), "sha256")).decode()
        if not hmac.compare_digest(expected.encode(), headers["x-ca-signature"].encode()):
            raise Refused(403, f"Invalid Signature, Server StringToSign:`{text.replace(chr(10), '#')}`")

    def check_body(self, request: Request, body: bytes, now: float) -> None:
        """Whether this is the body that was signed, for the first time. Raises `Refused`, in the service's words."""
        md5 = base64.b64encode(hashlib.md5(body).digest()).decode() if body else ""  # noqa: S324 - the protocol's digest
        if request.headers.get("content-md5", "") != md5:
            raise Refused(403, "Invalid Content-MD5")
        self._use_nonce(request.headers["x-ca-nonce"], now)

    def _use_nonce(self, nonce: str, now: float) -> None:
        if nonce in self._nonces:
            raise Refused(403, "Nonce Used")
        self._nonces[nonce] = now
        while now - next(iter(self._nonces.values())) > 2 * WINDOW_S:
            del self._nonces[next(iter(self._nonces))]


def _refused(error: Refused) -> Response:
    headers = {"x-ca-error-message": str(error), "x-ca-request-id": str(uuid.uuid4()).upper()}
    return Response(status_code=error.status, headers=headers)


def _check_form(headers: Mapping[str, str]) -> None:
    for name in REQUIRED_HEADERS:
        if not headers.get(name):
            raise Refused(400, "Empty Signature" if name == "x-ca-signature" else f"Header `{name}` is Required")
    for name in ("content-type", "accept"):
        if headers[name] != JSON_TYPE:
            raise Refused(400, f"Invalid Header `{name}` must be {JSON_TYPE}")
    if not DATE.fullmatch(headers["date"]):
        raise Refused(400, "Invalid Header `date` must be an RFC 1123 date in the zone GMT+00:00")
    if headers["x-ca-signature-method"] != METHOD:
        raise Refused(400, f"Invalid Header `x-ca-signature-method` must be {METHOD}")
    if set(headers["x-ca-signature-headers"].split(",")) != set(SIGNED_HEADERS):
        raise Refused(400, f"Invalid Header `x-ca-signature-headers` must name {','.join(SIGNED_HEADERS)}")


def _check_time(timestamp: str, now: float) -> None:
    if not re.fullmatch(r"[0-9]{1,15}", timestamp):
        raise Refused(400, "Invalid Timestamp")
    if abs(now - int(timestamp) / 1000) > WINDOW_S:
        raise Refused(403, "Timestamp Expired")


def string_to_sign(request: Request, content_md5: str) -> str:
    """What a client must have signed for this request."""
    headers = request.headers
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    lines = [request.method, headers["accept"], content_md5, headers["content-type"], headers["date"]]
    return "\n".join([*lines, *(f"{name}:{headers[name]}" for name in SIGNED_HEADERS), path])


class SpeedPix:
    """The four signed routes."""

    def __init__(self, jobs: JobQueue, files: FileStore, app_key: str, app_secret: str) -> None:
        self.options = SpeedPixOptions()
        self._jobs = jobs
        self._files = files
        self._gatekeeper = Gatekeeper(app_key, app_secret)

    def calls(self) -> list[Call]:
        """The routes."""
        routes = {
            "submit": ("/scc/comfy_prompt", self._prompt),
            "status": ("/scc/comfy_get_progress", self._progress),
            "result": ("/scc/comfy_get_result", self._result),
            "sign": ("/scc/sp_create_temp_file_upload_sign", self._sign),
        }
        return [
            Call("speedpix", name, "POST", path, self._answering(do), self._refusal)
            for name, (path, do) in routes.items()
        ]

    def _refusal(self, request: Request) -> Response | None:
        try:
            self._gatekeeper.check_head(request, time.time())
        except Refused as error:
            return _refused(error)
        return None

    def _answering(self, do: Callable[[Incoming, Mapping[str, object]], object]) -> Handler:
        async def handle(incoming: Incoming) -> Response:
            try:
                self._gatekeeper.check_body(incoming.request, incoming.body, time.time())
                return self._envelope(SUCCESS, do(incoming, incoming.json()))
            except Refused as error:
                return _refused(error)
            except (BizError, BadOrder, BadBody) as error:
                code = error.sub_code if isinstance(error, BizError) else "INVALID_PARAMETER"
                return self._envelope(REJECTED, None, code, str(error))
            except QueueFull as error:
                # The gateway in front says so, which knows no envelope: services/speedpix/PROTOCOL.md, 1.5.
                headers = {"x-ca-error-message": "Throttled by USER Flow Control"}
                headers["Retry-After"] = retry_after(error.retry_after_s)
                return Response(status_code=429, headers=headers)

        return handle

    def _prompt(self, incoming: Incoming, body: Mapping[str, object]) -> dict[str, object]:
        workflow = self.options.workflows.get(str(body.get("workflow_id")))
        if workflow is None:
            raise BizError("WORKFLOW_NOT_FOUND", "workflow does not exist")
        version = self._version(body)
        resource = incoming.request.headers.get("x-sp-resource-config-id", "default")
        if resource not in self.options.resources:
            raise BizError("RESOURCE_NOT_FOUND", f"resource config does not exist: {resource}")
        inputs = body.get("inputs") or {}
        if not isinstance(inputs, dict):
            raise BizError("INVALID_PARAMETER", "inputs must be an object")
        order = read_order(
            inputs,
            read_file=self._files.read,
            task=workflow.task,
            needs_image=workflow.needs_image,
            redraw_seed=body.get("randomise_seeds") is True,
        )
        job = self._jobs.submit(
            "speedpix",
            str(body["workflow_id"]),
            order,
            inputs=inputs,
            details={"version": version, "resource": resource, "return_temp_files": body.get("return_temp_files")},
            fate=incoming.fate,
        )
        incoming.job = job.state.id
        load = self._jobs.load("speedpix")
        return self._data(
            taskId=job.state.id,
            status=self._word(job.state),
            estimatedDurationInSeconds=round((load.usual_work_s or 1.0) * (load.waiting + 1), 1),
        )

    def _version(self, body: Mapping[str, object]) -> str:
        alias, version = body.get("alias_id"), body.get("version_id")
        if alias is not None and version is not None:
            raise BizError("INVALID_PARAMETER", "alias_id and version_id exclude each other")
        if version is not None:
            return str(version)
        name = "main" if alias is None else str(alias)
        if name not in self.options.aliases:
            raise BizError("ALIAS_NOT_FOUND", f"alias does not exist: {name}")
        return f"@{name}"

    def _progress(self, incoming: Incoming, body: Mapping[str, object]) -> dict[str, object]:
        state = self._state(incoming, body)
        message = state.error or (f"step {state.step} of {state.steps}" if state.steps else "")
        return self._data(
            taskId=state.id,
            status=self._word(state),
            progress=round(state.progress, 4),
            etaRelative=round(state.eta_s),
            message=message,
        )

    def _result(self, incoming: Incoming, body: Mapping[str, object]) -> dict[str, object]:
        state = self._state(incoming, body)
        if state.phase in ("failed", "rejected"):
            raise BizError("TASK_FAILED", state.error)
        wanted = state.outputs if state.details.get("return_temp_files") else state.outputs[:1]
        outputs = {file.name.rpartition(".")[0]: self._output(file) for file in wanted}
        return self._data(
            taskId=state.id,
            status=self._word(state),
            result=outputs or None,
            images=[file.url for file in state.outputs[:1]],
            info={"seed": str(state.order.seed), "version": str(state.details["version"])},
        )

    def _sign(self, _incoming: Incoming, body: Mapping[str, object]) -> dict[str, object]:
        content_type, name = body.get("contentType"), body.get("originalFilename")
        if not isinstance(content_type, str) or not isinstance(name, str) or "/" not in content_type:
            raise BizError("INVALID_PARAMETER", "contentType and originalFilename are required")
        signed = self._files.sign(content_type, name)
        expires = int(time.time()) + UPLOAD_LIFE_S
        return self._data(
            path=f"temp/{signed.token}",
            expireTime=str(expires) if self.options.expire_time_as == "string" else expires,
            uploadUrl=signed.upload_url,
            accessUrl=signed.access_url,
            objectKey=f"temp/{signed.token}/{signed.name}",
        )

    def _state(self, incoming: Incoming, body: Mapping[str, object]) -> JobState:
        job = self._jobs.get("speedpix", str(body.get("taskId")))
        if job is None:
            raise BizError("TASK_NOT_FOUND", "task does not exist")
        incoming.job = job.state.id
        return job.state

    def _word(self, state: JobState) -> str:
        return self.options.cancelled_word if state.phase == "cancelled" else STATUS_WORDS.get(state.phase, state.phase)

    def _output(self, file: StoredFile) -> object:
        if self.options.outputs == "url":
            return file.url
        entry = {
            "url": file.url,
            "preview": None,
            "filename": file.name,
            "object_key": f"output/{file.token}",
            "format": file.name.rpartition(".")[2],
            "width": file.width,
            "height": file.height,
            "type": "output",
        }
        return [entry] if self.options.outputs == "list" else entry

    def _data(self, **values: object) -> dict[str, object]:
        return values if self.options.keys == "camel" else {_snake(key): value for key, value in values.items()}

    def _envelope(self, status: int, data: object, sub_code: str = "", sub_message: str = "") -> Response:
        failed = status != SUCCESS
        envelope = self._data(
            status=status,
            errCode="BizError" if failed else None,
            errMessage="request rejected" if failed else None,
            subErrCode=sub_code or None,
            subErrMessage=sub_message or None,
            apiInvokeId=uuid.uuid4().hex,
            data=data,
        )
        return JSONResponse(envelope)


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda match: "_" + match[0].lower(), name)
