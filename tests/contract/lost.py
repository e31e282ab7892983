"""What stands between a service and its users says these things when it has lost a request on its way.

Each is an answer as the product sends it; the job behind may have begun. Sources: the products' documentation and
default configurations.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Lost:
    """An answer in a proxy's words."""

    who: str
    status: int
    body: bytes
    media_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.who}-{self.status}"


def _json(who: str, status: int, media_type: str = "application/json", /, **body: Any) -> Lost:
    return Lost(who, status, json.dumps(body).encode(), media_type)


UPSTREAM = "upstream connect error or disconnect/reset before headers. reset reason: connection termination"
PROBLEM = "application/problem+json"
ALL = (
    _json("aws-api-gateway", 500, message="Internal server error"),
    _json("aws-api-gateway", 502, message="Internal server error"),
    _json("aws-api-gateway", 503, message="Service Unavailable"),
    _json("aws-api-gateway", 504, message="Endpoint request timed out"),
    _json("mesh", 503, error=UPSTREAM),
    _json("mesh", 500, error=UPSTREAM, code=14),
    Lost("envoy", 503, UPSTREAM.encode(), "text/plain"),
    Lost("envoy-told-to-wait", 503, UPSTREAM.encode(), "text/plain", {"retry-after": "0"}),
    Lost("envoy", 504, b"upstream request timeout", "text/plain"),
    Lost("envoy", 408, b"stream timeout", "text/plain"),
    Lost("varnish", 503, b"<!DOCTYPE html><html><h1>Error 503 Backend fetch failed", "text/html", {"retry-after": "0"}),
    Lost("nginx", 502, b"<html><center><h1>502 Bad Gateway</h1></center></html>", "text/html"),
    Lost("nginx", 499, b"", ""),
    Lost("elb", 460, b"", ""),
    *(_json("cdn", status, error=f"error code: {status}") for status in (520, 521, 522, 523, 524, 525, 526, 529, 530)),
    _json("gateway", 502, success=False, errors=[{"code": 502, "message": "bad gateway"}], result=None),
    _json(
        "google", 503, error={"code": 503, "message": "The service is currently unavailable.", "status": "UNAVAILABLE"}
    ),
    _json("problem", 500, PROBLEM, type="about:blank", title="Internal Server Error", status=500),
    _json("problem", 502, PROBLEM, type="about:blank", title="Bad Gateway", status=502, detail="no answer from origin"),
    _json("kong", 500, message="An unexpected error occurred", request_id="7f"),
    _json("apigee", 500, fault={"faultstring": "Unexpected EOF at target", "detail": {"errorcode": "x"}}),
    _json("spring", 500, timestamp="2026-11-20T00:00:00Z", status=500, error="Internal Server Error", path="/"),
    _json("fastify", 500, statusCode=500, error="Internal Server Error", message="x"),
    *(
        _json(f"a-gateway-of-its-own-{words[:9]}", 500, error=words)
        for words in (
            "Internal Server Error",
            "unexpected EOF",
            "context canceled",
            "fetch failed",
            "Premature close",
            "This operation was aborted",
            "http2: server sent GOAWAY and closed the connection",
            "terminated",
            "connect ECONNABORTED",
        )
    ),
    _json("ingress", 503, error="Service Temporarily Unavailable"),
    Lost("somebody", 500, b"[]"),
    Lost("somebody", 500, b'"error"'),
    Lost("somebody", 409, b'{"message": "in progress"}'),
    Lost("post-redirect-get", 302, b"", "", {"location": "/jobs/17"}),
    Lost("post-redirect-get", 303, b"", "", {"location": "/jobs/17"}),
    Lost("login", 302, b"", ""),
    Lost("nobody", 999, b"{}"),
)
