"""No error of the HTTP library gets out, and each says whether the request may have reached the service."""

from __future__ import annotations

import inspect
import ssl
from typing import Any

import httpcore
import httpx
import pytest

from ipyimagegen.core.errors import ConnectionFailed, ProtocolError, ServiceError
from ipyimagegen.net.failures import Trace, failure, refusal
from ipyimagegen.net.transport import _translated
from ipyimagegen.net.wire import LIBRARY_ERRORS


def descendants(kind: type[Any]) -> set[type[Any]]:
    return {kind, *(below for child in kind.__subclasses__() for below in descendants(child))}


def made(kind: type[BaseException]) -> Exception:
    """An instance, whatever its constructor asks for."""
    request = httpx.Request("GET", "https://a.example")
    values = {"request": request, "response": httpx.Response(500, request=request), "message": "m"}
    wanted = [
        name
        for name, parameter in inspect.signature(kind).parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind is not parameter.VAR_POSITIONAL
        and parameter.kind is not parameter.VAR_KEYWORD
    ]
    error = kind(**{name: values[name] for name in wanted})
    assert isinstance(error, Exception)
    return error


ALL = sorted(
    {
        kind
        for name in dir(httpx)
        if isinstance(member := getattr(httpx, name), type) and issubclass(member, Exception)
        for kind in descendants(member)
        if kind.__module__.startswith("httpx")
    },
    key=lambda kind: kind.__name__,
)
NEVER_SENT = {
    "ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol", "LocalProtocolError",
    "InvalidURL", "CookieConflict",
    "StreamError", "StreamConsumed", "StreamClosed", "ResponseNotRead", "RequestNotRead",
}  # fmt: skip
BELOW = sorted(
    descendants(httpcore.TimeoutException)
    | descendants(httpcore.NetworkError)
    | descendants(httpcore.ProtocolError)
    | {httpcore.ProxyError, httpcore.UnsupportedProtocol, httpcore.ConnectionNotAvailable},
    key=lambda kind: kind.__name__,
)


def test_the_tree_of_the_library_was_found():
    assert len(ALL) >= 25


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_exception_of_the_library_is_caught_and_becomes_one_of_ours(kind):
    error = made(kind)
    assert isinstance(error, LIBRARY_ERRORS)
    found = failure(error, Trace(), service="s", host="a.example")
    assert isinstance(found.error, ConnectionFailed | ProtocolError)
    assert (kind.__name__ not in NEVER_SENT) == found.outcome.sent


@pytest.mark.parametrize("kind", BELOW, ids=lambda kind: kind.__name__)
def test_the_guarded_connection_speaks_in_the_same_errors(kind):
    with pytest.raises(httpx.TransportError) as caught, _translated():
        raise kind("x")
    expected = "ConnectError" if kind is httpcore.ConnectionNotAvailable else kind.__name__
    assert expected == type(caught.value).__name__


def test_what_the_connection_reported_counts_more_than_the_kind_of_error():
    before = Trace(seen=True, sent=False)
    after = Trace(seen=True, sent=True)
    for error in (httpx.ReadError("x"), httpx.WriteTimeout("x"), TimeoutError()):
        assert not failure(error, before, service="s", host="h").outcome.sent
        assert failure(error, after, service="s", host="h").outcome.sent


def test_a_refused_certificate_is_found_under_any_number_of_errors():
    below = ssl.SSLCertVerificationError(1, "x")
    below.verify_message = "certificate has expired"
    middle = OSError("tls")
    middle.__context__ = below
    error = httpx.ConnectError("x")
    error.__cause__ = middle
    found = failure(error, Trace(), service="s", host="h")
    assert found.outcome.lasting
    assert "certificate has expired" in str(found.error)


@pytest.mark.parametrize("status", range(100, 600))
def test_every_status_is_an_error_of_the_service(status):
    assert isinstance(refusal(status, service="s"), ServiceError)
