"""An `Answer` as an `httpx.Response`, for the one documented call that returns such a thing (Segmind's `run_sync`)."""

from __future__ import annotations

import httpx

from .answers import Answer

Response = httpx.Response

TRANSPORT_HEADERS = frozenset({"content-encoding", "transfer-encoding", "content-length", "connection"})
"""Headers about the bytes on the wire, which the decompressed body no longer is."""


def as_response(answer: Answer, *, method: str, url: str) -> Response:
    """The answer, complete and closed. The request in it is bare: it carries no key."""
    answer.json_object()  # what it names is remembered as a service's, also where the caller reads it from the response
    headers = {name: value for name, value in answer.headers.items() if name not in TRANSPORT_HEADERS}
    request = httpx.Request(method, url)
    return httpx.Response(answer.status, headers=headers, content=answer.body, request=request)
