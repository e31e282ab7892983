"""What goes wrong at inference.sh, by its documented names, and within the package's one tree."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from ...core.errors import (
    AuthenticationFailed,
    BadRequest,
    InsufficientCredits,
    JobCancelled,
    JobFailed,
    JobTimeout,
    MissingKey,
    NotFound,
    NotPermitted,
    ProtocolError,
    RateLimited,
    ServiceError,
    ServiceUnavailable,
    capped,
)
from ...core.service_text import kept
from ...net.answers import Answer

SERVICE = "inferencesh"
REQUIREMENTS_NOT_MET = 412
"""The app needs a secret or an integration (PROTOCOL.md, 2.4)."""
MAX_REQUIREMENTS = 50


class APIError(ServiceError):
    """inference.sh refused a call.

    `status_code` is the HTTP status, `message` what it said, `response_body` the whole text. Each one is also the error
    of `ipyimagegen.core.errors` that its status means: `AuthenticationFailed`, `NotFound`, and so on.
    """

    def __init__(
        self,
        status_code: int | None,
        message: str,
        response_body: str | None = None,
        *,
        text: str = "",
        code: str | None = None,
    ) -> None:
        shown = text or (message if status_code is None else f"{SERVICE}: HTTP {status_code}: {message}")
        ServiceError.__init__(self, shown, service=SERVICE, status=status_code, detail=message)
        self.response_body = response_body
        self.code = code or error_code(_object(response_body or ""))
        """The service's own code, such as `requires_sign_in`; `None` where it gave none."""
        self.retry_after_s: float | None = None

    @property
    def status_code(self) -> int | None:
        """The HTTP status."""
        return self.status

    @property
    def message(self) -> str:
        """What the service said."""
        return self.detail


KINDS: dict[type[ServiceError], type[APIError]] = {
    kind: type(f"APIError{kind.__name__}", (APIError, kind), {"__doc__": kind.__doc__, "__module__": __name__})
    for kind in (
        AuthenticationFailed,
        BadRequest,
        InsufficientCredits,
        NotFound,
        NotPermitted,
        ProtocolError,
        RateLimited,
        ServiceUnavailable,
    )
}
globals().update({kind.__name__: kind for kind in KINDS.values()})  # a pickle finds a class by its name


class SessionError(APIError):
    """Something is wrong with a session: `session_id` names it."""

    status: int | None = None
    says = "is not usable"

    def __init__(
        self, session_id: str, response_body: str | None = None, *, text: str = "", code: str | None = None
    ) -> None:
        super().__init__(self.status, f"session {session_id} {self.says}", response_body, text=text, code=code)
        self.session_id = session_id


class SessionNotFoundError(SessionError, NotFound):
    """There is no such session."""

    status = 404
    says = "was not found"


class SessionExpiredError(SessionError, NotFound):
    """The session was idle for too long: begin a new one."""

    status = 410
    says = "has expired"


class SessionEndedError(SessionError, NotFound):
    """The session was ended: begin a new one."""

    status = 410
    says = "was ended"


class WorkerLostError(SessionError, ServiceUnavailable):
    """The session's worker is gone, and with it what it remembered: begin a new one."""

    status = 500
    says = "has lost its worker"


SESSION_KINDS: Mapping[str, type[SessionError]] = {
    "session_not_found": SessionNotFoundError,
    "session_expired": SessionExpiredError,
    "session_ended": SessionEndedError,
    "worker_lost": WorkerLostError,
}
"""By the service's code, in lower case."""


class MissingInferenceKey(MissingKey, ValueError):
    """No key for inference.sh. A `ValueError` too, as its documentation says."""


@dataclass(frozen=True, slots=True)
class SetupAction:
    """What would meet a requirement: `type` is `add_secret`, `connect` or `add_scopes`."""

    type: str
    provider: str | None = None
    provider_name: str | None = None
    scopes: tuple[str, ...] = ()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any] | None) -> SetupAction | None:
        """What an answer says of it; `None` for nothing."""
        if not isinstance(data, Mapping) or not data:
            return None
        scopes = data.get("scopes")
        return cls(
            type=_text(data.get("type")),
            provider=_text(data.get("provider")) or None,
            provider_name=_text(data.get("provider_name")) or None,
            scopes=tuple(map(_text, scopes)) if isinstance(scopes, list) else (),
        )


@dataclass(frozen=True, slots=True)
class RequirementError:
    """One thing that an app needs and this account lacks: a secret, an integration, or a scope of one."""

    type: str
    key: str
    message: str
    action: SetupAction | None = None

    @classmethod
    def from_dict(cls, data: object) -> RequirementError:
        """What an answer says of it, whatever that is."""
        if not isinstance(data, Mapping):
            return cls("", "", capped(str(data), 300))
        return cls(
            type=_text(data.get("type")) or "requirement",
            key=_text(data.get("key")),
            message=_text(data.get("message")),
            action=SetupAction.from_dict(data.get("action")),
        )


class RequirementsNotMetError(BadRequest):
    """The app needs secrets or integrations that are missing (HTTP 412). `errors` has every one of them."""

    def __init__(self, errors: Sequence[RequirementError], status_code: int = REQUIREMENTS_NOT_MET) -> None:
        self.errors = list(errors)
        named = "; ".join(f"{error.type} {error.key}: {error.message}" for error in self.errors) or "not said which"
        super().__init__(
            f"{SERVICE}: this app needs what the account does not have: {capped(named)}",
            service=SERVICE,
            status=status_code,
            detail=named,
        )

    @classmethod
    def from_response(cls, data: Mapping[str, Any], status_code: int = REQUIREMENTS_NOT_MET) -> RequirementsNotMetError:
        """The error for the JSON of such an answer."""
        listed = data.get("errors")
        entries = listed[:MAX_REQUIREMENTS] if isinstance(listed, list) else []
        return cls([RequirementError.from_dict(entry) for entry in entries], status_code)

    @property
    def status_code(self) -> int | None:
        """412."""
        return self.status


class TaskFailed(JobFailed, RuntimeError):
    """A task failed or was rejected. `task_id` names it, `task` is all that is known of it, `detail` what was said."""

    def __init__(self, message: str, *, task: Mapping[str, Any], detail: str = "") -> None:
        self.task: dict[str, Any] = cast("dict[str, Any]", kept(task))
        self.task_id = str(task.get("id") or "")
        super().__init__(message, job_id=self.task_id, detail=detail)


class TaskCancelled(JobCancelled, RuntimeError):
    """A task was cancelled. `task_id` names it, `task` is all that is known of it."""

    def __init__(self, message: str, *, task: Mapping[str, Any]) -> None:
        self.task: dict[str, Any] = cast("dict[str, Any]", kept(task))
        self.task_id = str(task.get("id") or "")
        super().__init__(message, job_id=self.task_id)


class TaskTimeout(JobTimeout):
    """The time for waiting was over before the task; it goes on, and `task_id` leads back to it."""

    def __init__(self, task_id: str, timeout_s: float) -> None:
        self.task_id = task_id
        super().__init__(f"task {task_id} was not done after {timeout_s:g} s; it goes on", job_id=task_id)


OWN_PLACE = re.compile(r"(https://([\w-]+\.)*inference\.sh)?/(?:[\w./-]*/)?errors/[\w-]+", re.ASCII)
"""What stands in the `type` of inference.sh's own problems; a proxy's says `about:blank`, or names its own pages."""


def own_error(answer: Answer) -> bool:
    """Whether an answer is in inference.sh's own form of error (PROTOCOL.md, 2.3).

    `{"success": false, "error": {"code", "message"}}`, or a problem of RFC 9457 whose `type` is one of its own.
    """
    body = answer.json_object()
    error = body.get("error")
    if body.get("success") is False and isinstance(error, dict):
        return all(isinstance(said := error.get(name), str) and said for name in ("code", "message"))
    kind, title = body.get("type"), body.get("title")
    problem = isinstance(kind, str) and isinstance(title, str) and OWN_PLACE.fullmatch(kind) is not None
    return problem and body.get("status", answer.status) == answer.status


def refusal(error: ServiceError, answer: Answer) -> ServiceError:
    """The documented exception for an answer that is not 2xx; `error` is what its status means everywhere."""
    body = answer.json_object()
    if answer.status == REQUIREMENTS_NOT_MET and isinstance(listed := _errors(body), list):
        return RequirementsNotMetError.from_response({"errors": listed}, answer.status)
    code = error_code(body) or ""
    if session := SESSION_KINDS.get(code.lower().replace("-", "_")):
        return session(str(body.get("session_id") or ""), capped(answer.text), text=str(error), code=code)
    kind = next((joint for base, joint in KINDS.items() if isinstance(error, base)), APIError)
    if answer.ok:
        kind = KINDS[BadRequest]  # `{"success": false}` in an answer that is well otherwise
    raised = kind(answer.status, error.detail, capped(answer.text), text=str(error), code=code or None)
    if isinstance(error, RateLimited):
        raised.retry_after_s = error.retry_after_s
    return raised


def problem_detail(answer: Answer) -> str:
    """The `detail` of a problem (RFC 9457, 3.1.4), which alone says what is wrong; its title only names the kind."""
    detail = answer.json_object().get("detail")
    return detail if isinstance(detail, str) else ""


def _object(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def error_code(body: Mapping[str, Any]) -> str | None:
    """The service's code in an error's body: in a problem's `type`, or in `error.code`; `None` where there is none."""
    kind, error = body.get("type"), body.get("error")
    if isinstance(kind, str) and "/errors/" in kind:
        return kind.rpartition("/errors/")[2] or None
    code = error.get("code") if isinstance(error, dict) else body.get("code")
    return code if isinstance(code, str) else None


def _errors(body: Mapping[str, Any]) -> Any:
    inner = body.get("error")
    return body.get("errors") or (inner.get("errors") if isinstance(inner, dict) else None)


def _text(value: object) -> str:
    return capped(value, 300) if isinstance(value, str) else ""


def task_error(task: Mapping[str, Any]) -> str:
    """What a task says of its failure: a string, or the message in an object; `""` where it says nothing."""
    error = task.get("error")
    if isinstance(error, Mapping):
        error = error.get("message") or error.get("detail") or error.get("error")
    return capped(error) if isinstance(error, str) else ""
