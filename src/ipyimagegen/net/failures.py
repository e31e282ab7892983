"""Every failure of the HTTP library and every refusal of a service, as this package's errors.

An error of the library is never chained: its request holds the headers, and the headers hold the key.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from ..core.errors import (
    AuthenticationFailed,
    BadRequest,
    ConnectionFailed,
    InsufficientCredits,
    NotFound,
    NotPermitted,
    ProtocolError,
    RateLimited,
    ServiceError,
    ServiceUnavailable,
)
from .repeat import Outcome

UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
"""Nothing of the request itself left this machine."""

BY_STATUS: Mapping[int, type[ServiceError]] = {
    401: AuthenticationFailed,
    402: InsufficientCredits,
    403: NotPermitted,
    404: NotFound,
    410: NotFound,
}


@dataclass(slots=True)
class Trace:
    """What the connection pool reported about one attempt: httpcore's `trace` extension."""

    seen: bool = False
    sent: bool = False

    async def __call__(self, event: str, _info: object) -> None:
        """Note an event. Headers on their way are the first that a service can see."""
        self.seen = True
        self.sent = self.sent or event.endswith("send_request_headers.started")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why an attempt brought no answer: `outcome` for the decision, `error` for the caller."""

    outcome: Outcome
    error: ServiceError


def failure(error: Exception, trace: Trace, *, service: str, host: str) -> Failure:
    """What an exception of httpx, or a time-out of ours, means. `host` is named in the text; the URL never is."""
    lasting = _lasting(error)
    sent = not isinstance(error, UNSENT) and (trace.sent or not trace.seen)
    if isinstance(error, httpx.InvalidURL | httpx.LocalProtocolError | httpx.StreamError | httpx.CookieConflict):
        return Failure(
            outcome=Outcome(sent=False, lasting=True),
            error=ProtocolError(f"{service}: the request to {host} cannot be sent", service=service),
        )
    if isinstance(error, httpx.DecodingError | httpx.TooManyRedirects | httpx.HTTPStatusError):
        return Failure(
            outcome=Outcome(sent=True, lasting=True),
            error=ProtocolError(f"{service}: the answer of {host} cannot be read", service=service),
        )
    text = f"{service}: {_reason(error)} ({host})"
    return Failure(outcome=Outcome(sent=sent, lasting=lasting), error=ConnectionFailed(text, service=service))


def _reason(error: Exception) -> str:
    certificate = _certificate(error)
    if certificate is not None:
        return f"the certificate was refused: {certificate.verify_message}"
    for kind, text in (
        (httpx.ConnectTimeout, "no connection in time"),
        (httpx.PoolTimeout, "no connection became free in time"),
        (httpx.TimeoutException, "no answer in time"),
        (TimeoutError, "no answer in time"),
        (httpx.ProxyError, "the proxy refused"),
        (httpx.UnsupportedProtocol, "the address is on a private network, or not http"),
        (httpx.ConnectError, "no connection"),
    ):
        if isinstance(error, kind):
            return text
    return "the connection was lost"


def _lasting(error: Exception) -> bool:
    return isinstance(error, httpx.UnsupportedProtocol) or _certificate(error) is not None


def _certificate(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    """The refused certificate somewhere under `error`."""
    for _ in range(8):
        if error is None or isinstance(error, ssl.SSLCertVerificationError):
            break
        error = error.__cause__ or error.__context__
    return error if isinstance(error, ssl.SSLCertVerificationError) else None


def refusal(
    status: int, *, service: str, detail: str = "", request_id: str = "", retry_after_s: float | None = None
) -> ServiceError:
    """The error for an HTTP status, from the meaning that statuses have everywhere.

    Adapters know their own exceptions first.
    """
    text = f"{service}: HTTP {status}" + (f": {detail}" if detail else "")
    if status == 429:
        return RateLimited(
            text, service=service, status=status, detail=detail, request_id=request_id, retry_after_s=retry_after_s
        )
    if 400 <= status < 500:
        kind = BY_STATUS.get(status, BadRequest)
    else:
        kind = ServiceUnavailable if status >= 500 else ProtocolError
    return kind(text, service=service, status=status, detail=detail, request_id=request_id)
