"""What goes wrong at Segmind, by its documented names, and within the package's one tree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from ...core.errors import (
    AuthenticationFailed,
    BadRequest,
    ConnectionFailed,
    ImagegenError,
    InsufficientCredits,
    JobFailed,
    JobTimeout,
    MissingKey,
    NotFound,
    NotPermitted,
    ProtocolError,
    RateLimited,
    ServiceError,
    ServiceUnavailable,
    SubmitUnknown,
    capped,
)
from ...core.service_text import kept, one_line
from ...net.answers import Answer
from ...net.failures import refusal as by_status
from ...net.http import Http

if TYPE_CHECKING:
    from ...net.responses import Response

SERVICE = "segmind"
NOT_ACCEPTABLE = 406
MONEY_WORDS = ("credit", "spend", "limit", "balance", "quota")
"""What a 406 says where it means money; the rest are about the content type (PROTOCOL.md, 5)."""

_TITLE = re.compile(r"<(title|h1)[^>]*>(.*?)</\1", re.IGNORECASE | re.DOTALL)


class SegmindError(ServiceError):
    """Segmind refused a call, failed, or could not be reached.

    `status` is the HTTP status (`None` where there was no answer), `detail` says what was wrong and is never empty.
    Each one is also the error of `ipyimagegen.core.errors` that it means: `NotFound`, `ConnectionFailed`, and so on.
    """

    def __init__(
        self, status: int | None = None, detail: str | None = None, *, message: str = "", request_id: str = ""
    ) -> None:
        said = capped(detail or message) or _phrase(status)
        text = message or f"{SERVICE}: " + (
            said if status is None or said == _phrase(status) else f"HTTP {status}: {said}"
        )
        ImagegenError.__init__(self, text)  # its subclasses have a second line of ancestors, with other constructors
        self.service = SERVICE
        self.status = status
        self.detail = said
        self.request_id = one_line(request_id)
        self.retry_after_s: float | None = None

    @classmethod
    def from_response(cls, response: Response) -> SegmindError:
        """The error for a response of any status that is an error, as the calls here raise it."""
        answer = Answer(status=response.status_code, headers=dict(response.headers), body=response.content)
        return _of(answer, by_status(answer.status, service=SERVICE, detail=capped(_said(answer), 500)))

    def to_dict(self) -> dict[str, Any]:
        """`status` and `detail`."""
        return {"status": self.status, "detail": self.detail}


KINDS: dict[type[ServiceError], type[SegmindError]] = {
    kind: type(f"Segmind{kind.__name__}", (SegmindError, kind), {"__doc__": kind.__doc__, "__module__": __name__})
    for kind in (
        AuthenticationFailed,
        BadRequest,
        ConnectionFailed,
        InsufficientCredits,
        NotFound,
        NotPermitted,
        ProtocolError,
        RateLimited,
        ServiceUnavailable,
    )
}
globals().update({kind.__name__: kind for kind in KINDS.values()})  # a pickle finds a class by its name


class MissingSegmindKey(SegmindError, MissingKey):
    """No key for Segmind."""


class SegmindSubmitUnknown(SegmindError, SubmitUnknown):
    """A job was sent and the answer was lost: it may run, and be billed. `status` is that of the last answer."""

    model: str = ""


class StreamingNotSupported(SegmindError, NotImplementedError):
    """Segmind's gateway sends no streams."""


class InferenceFailed(SegmindError, JobFailed):
    """The inference ran and failed. `detail` is what the service said, `status_body` its whole answer."""

    def __init__(self, detail: str | None, status_body: Mapping[str, Any], *, request_id: str = "") -> None:
        said = detail or "no reason given"
        text = f"{SERVICE}: the inference failed: {said}"
        SegmindError.__init__(self, status=422, detail=said, message=text, request_id=request_id)
        self.status_body: dict[str, Any] = cast("dict[str, Any]", kept(status_body))
        self.job_id = request_id
        self.partial = None


class InferenceTimeout(SegmindError, JobTimeout):
    """The time for waiting was over first. The job goes on: `job(error.request_id).wait()` waits again.

    `elapsed_s` is how long was waited.
    """

    def __init__(self, request_id: str, elapsed_s: float) -> None:
        text = (
            f"{SERVICE}: request {request_id!r} was not done after {elapsed_s:.1f} s; it goes on there, and will be "
            f"billed. segmind.job({request_id!r}).wait() waits again"
        )
        SegmindError.__init__(self, message=text, request_id=request_id)
        self.elapsed_s = elapsed_s
        self.job_id = request_id
        self.partial = None


OWN_FIELDS = frozenset({"error", "error_description", "status_code"})
ANYBODYS = frozenset({status.phrase.lower() for status in HTTPStatus} | {"error", "server error", "internal error"})
"""What frameworks and proxies say of every failure, in this form too: it does not show who speaks."""


def own_error(answer: Answer) -> bool:
    """Whether an answer is in Segmind's own form of error, and nothing else: `{"error": "<message>"}`.

    The auth surface adds `error_description` and `status_code` (PROTOCOL.md, 5.1 and 5.2). The form is a common one, so
    a message that is only a status in words is nobody's: the job behind it may run.
    """
    body = answer.json_object()
    said, status = body.get("error"), body.get("status_code", answer.status)
    if not isinstance(said, str) or said.strip(" .!").lower() in {"", *ANYBODYS}:
        return False
    return body.keys() <= OWN_FIELDS and status == answer.status


def refusal(http: Http, answer: Answer) -> SegmindError:
    """The error for an answer that is not 2xx. A 406 is told apart by what it says."""
    return _of(answer, http.error(answer, _said(answer), request_id=answer.headers.get("x-request-id", "")))


def _said(answer: Answer) -> str:
    return answer.said or _title(answer) or _phrase(answer.status)


def _of(answer: Answer, error: ServiceError) -> SegmindError:
    """The documented exception; `error` is what the status means everywhere."""
    money = answer.status == NOT_ACCEPTABLE and any(word in error.detail.lower() for word in MONEY_WORDS)
    return _joint(error, InsufficientCredits if money else next((k for k in KINDS if isinstance(error, k)), BadRequest))


def _joint(error: ServiceError, kind: type[ServiceError]) -> SegmindError:
    made = KINDS[kind](error.status, error.detail, message=str(error), request_id=error.request_id)
    if isinstance(error, RateLimited):
        made.retry_after_s = error.retry_after_s
    return made


@contextmanager
def translated() -> Iterator[None]:
    """Errors of the lower floors as `SegmindError`s, which they still are as well."""
    try:
        yield
    except SegmindError:
        raise
    except SubmitUnknown as error:
        raise _unknown(error) from None
    except MissingKey as error:
        missing = MissingSegmindKey(message=str(error))
        raise missing from None
    except ServiceError as error:
        raise _joint(error, next((kind for kind in KINDS if isinstance(error, kind)), ProtocolError)) from None


def _unknown(error: SubmitUnknown) -> SegmindSubmitUnknown:
    cause = error.__cause__
    status = cause.status if isinstance(cause, ServiceError) else None
    unknown = SegmindSubmitUnknown(status, message=str(error))
    unknown.model = error.model
    return unknown


def unreadable(answer: Answer) -> SegmindError:
    """The error for an answer that is 2xx and says nothing that can be read."""
    what = _title(answer) or answer.media_type or "nothing"
    return KINDS[ProtocolError](
        answer.status, message=f"{SERVICE}: HTTP {answer.status} with {what} where JSON was expected"
    )


def failure_text(body: Mapping[str, Any]) -> str:
    """What a failed request says of its failure."""
    for name in ("error", "error_message", "detail", "message"):
        value = body.get(name)
        if isinstance(value, Mapping):
            value = value.get("message") or value.get("detail")
        if isinstance(value, str) and value.strip():
            return capped(value)
    return "no reason given"


def _title(answer: Answer) -> str:
    """The title of an HTML page."""
    found = _TITLE.search(answer.text[:20_000]) if b"<" in answer.body[:200] else None
    return capped(" ".join(re.sub(r"<[^>]*>", " ", found[2]).split()), 200) if found else ""


def _phrase(status: int | None) -> str:
    if status is None:
        return "an error"
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"
