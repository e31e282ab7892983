"""SpeedPix's documented exceptions, as members of the error tree of `core.errors`."""

from __future__ import annotations

import re
from typing import Protocol

from ...core.errors import (
    AuthenticationFailed,
    BadRequest,
    ConnectionFailed,
    InsufficientCredits,
    JobFailed,
    MissingKey,
    NotFound,
    NotPermitted,
    ProtocolError,
    RateLimited,
    ServiceError,
    ServiceUnavailable,
    SubmitUnknown,
)
from ...net.secrets import Secret
from ...settings import keys

SERVICE = "speedpix"
CANNOT_CANCEL = "SpeedPix has no way to cancel: the job goes on there, and may be billed"
"""PROTOCOL.md, 2.3."""
NO_OUTPUT = "the job succeeded, says SpeedPix, and has no output; the workflow's own page there may say why"
"""PROTOCOL.md, 5.4."""


class SpeedPixException(ServiceError):
    """Whatever SpeedPix refused, or could not do.

    `status_code` is the HTTP status (200 for a refusal in the answer's frame), `None` where there was no answer;
    `error_code` is the service's own.
    """

    error_code: str = ""

    @property
    def status_code(self) -> int | None:
        """The HTTP status."""
        return self.status


class SpeedPixBadRequest(SpeedPixException, BadRequest):
    """The request was refused as it was written."""


class SpeedPixAuthenticationFailed(SpeedPixException, AuthenticationFailed):
    """The app key or the signature was refused."""


class SpeedPixNotPermitted(SpeedPixException, NotPermitted):
    """This account may not do that."""


class SpeedPixInsufficientCredits(SpeedPixException, InsufficientCredits):
    """The account has too little credit."""


class SpeedPixNotFound(SpeedPixException, NotFound):
    """No such workflow, version, job or file."""


class SpeedPixRateLimited(SpeedPixException, RateLimited):
    """Too many requests."""


class SpeedPixUnavailable(SpeedPixException, ServiceUnavailable):
    """SpeedPix is down or overloaded."""


class SpeedPixProtocolError(SpeedPixException, ProtocolError):
    """An answer that cannot be read."""


class SpeedPixConnectionFailed(SpeedPixException, ConnectionFailed):
    """SpeedPix could not be reached."""


class SpeedPixSubmitUnknown(SpeedPixException, SubmitUnknown):
    """A job was sent and the answer was lost: it may run, and be billed. It is not sent again."""


class MissingSpeedPixKey(MissingKey, ValueError):
    """No app key, or no app secret. A `ValueError` too, as SpeedPix's own library raises it."""


def own_keys(app_key: str | Secret | None = None, app_secret: str | Secret | None = None) -> tuple[Secret, ...]:
    """The app key and the app secret: those given, or this process's. Raises `MissingSpeedPixKey`."""
    try:
        return keys.keys(SERVICE, app_key, app_secret)
    except MissingKey as error:
        raise MissingSpeedPixKey(SERVICE, str(error)) from None


class Ended(Protocol):
    """What `PredictionError` tells of a job: a `Prediction`."""

    id: str
    status: str
    error: str | None
    error_code: str | None
    invoke_id: str | None


class PredictionError(SpeedPixException, JobFailed):
    """A job that failed, was cancelled there, or has no output.

    `prediction` is that job: its `id`, and in `error` what the service said. Made from a text, it is `None`.
    """

    def __init__(self, prediction: Ended | str, reason: str = "") -> None:
        known = None if isinstance(prediction, str) else prediction
        text = prediction if isinstance(prediction, str) else reason or prediction.error or prediction.status
        super().__init__(text, service=SERVICE, detail=text, request_id=(known and known.invoke_id) or "")
        self.prediction = known
        self.error_code = (known and known.error_code) or ""
        self.job_id = known.id if known else ""
        self.partial = None


TWINS: dict[type[ServiceError], type[SpeedPixException]] = {
    BadRequest: SpeedPixBadRequest,
    AuthenticationFailed: SpeedPixAuthenticationFailed,
    NotPermitted: SpeedPixNotPermitted,
    InsufficientCredits: SpeedPixInsufficientCredits,
    NotFound: SpeedPixNotFound,
    RateLimited: SpeedPixRateLimited,
    ServiceUnavailable: SpeedPixUnavailable,
    ProtocolError: SpeedPixProtocolError,
    ConnectionFailed: SpeedPixConnectionFailed,
}
CODES: tuple[tuple[re.Pattern[str], type[ServiceError]], ...] = (
    (re.compile(r"NOT_?FOUND|NOT_?EXIST|UNKNOWN_?WORKFLOW"), NotFound),
    (re.compile(r"SIGNATURE|AUTH|APP_?KEY|TOKEN"), AuthenticationFailed),
    (re.compile(r"PERMISSION|FORBIDDEN|DENIED"), NotPermitted),
    (re.compile(r"BALANCE|INSUFFICIENT|ARREARS|CREDIT|QUOTA"), InsufficientCredits),
    (re.compile(r"THROTTL|RATE_?LIMIT|TOO_?MANY|FLOW_?CONTROL"), RateLimited),
    (re.compile(r"INTERNAL|UNAVAILABLE|SYSTEM_?ERROR"), ServiceUnavailable),
)
"""What the codes of a refusal mean; all others are `BadRequest`."""
PROOF = re.compile(r"signature|app\s?key|timestamp|nonce|content-md5|unauthorized", re.IGNORECASE)
"""Words in `x-ca-error-message` that blame the key or the signature."""


def documented(error: ServiceError, *, kind: type[ServiceError] | None = None, code: str = "") -> SpeedPixException:
    """`error` as the documented exception, which is of `kind` too (of its own kind unless given)."""
    if isinstance(error, SpeedPixException):
        return error
    wanted = kind or next((base for base in type(error).__mro__ if base in TWINS), BadRequest)
    twin = TWINS[wanted]
    made = twin(str(error), service=SERVICE, status=error.status, detail=error.detail, request_id=error.request_id)
    made.error_code = code
    if isinstance(made, RateLimited):
        made.retry_after_s = getattr(error, "retry_after_s", None)
    return made


def unknown(text: str, model: str) -> SpeedPixSubmitUnknown:
    """The error for a submit whose answer was lost, or cannot be read."""
    made = SpeedPixSubmitUnknown(text)
    made.service, made.model = SERVICE, model
    return made


def kind_of(code: str) -> type[ServiceError]:
    """The kind of error that a code or a sub-code of the service means."""
    return next((kind for pattern, kind in CODES if pattern.search(code.upper())), BadRequest)
