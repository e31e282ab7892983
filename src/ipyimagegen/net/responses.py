"""An `Answer` as an `httpx.Response`, for the one documented call that returns such a thing (Segmind's `run_sync`)."""

from __future__ import annotations

import httpx

from ..core.secrets import redact
from ..core.service_text import MIN_KEY_IN_VALUES_CHARS
from .answers import Answer

Response = httpx.Response

TRANSPORT_HEADERS = frozenset({"content-encoding", "transfer-encoding", "content-length", "connection"})
"""Headers about the bytes on the wire, which the decompressed body no longer is."""


def as_response(answer: Answer, *, method: str, url: str) -> Response:
    """The answer, complete and closed. The request in it is bare: it carries no key."""
    answer.json_object()  # what it names is remembered as a service's, also where the caller reads it from the response
    headers = {name: value for name, value in answer.headers.items() if name not in TRANSPORT_HEADERS}
    request = httpx.Request(method, url)
    return httpx.Response(answer.status, headers=headers, content=_without_keys(answer), request=request)


def _without_keys(answer: Answer) -> bytes:
    """The body; of a text, as errors and JSON are, without a key that the service repeats."""
    if not answer.media_type.startswith("text/") and not answer.media_type.endswith("json"):
        return answer.body
    text = answer.body.decode("utf-8", "surrogateescape")
    return redact(text, min_chars=MIN_KEY_IN_VALUES_CHARS).encode("utf-8", "surrogateescape")
