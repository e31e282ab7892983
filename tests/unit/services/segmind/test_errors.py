"""Segmind's exceptions can be made as its own library makes them."""

from __future__ import annotations

import httpx
import pytest

from ipyimagegen.core.errors import BadRequest, InsufficientCredits, NotFound, RateLimited, ServiceUnavailable
from ipyimagegen.services.segmind import InferenceFailed, InferenceTimeout, SegmindError
from ipyimagegen.services.segmind.exceptions import raise_for_status


@pytest.mark.parametrize("made", [SegmindError(429, "slow"), SegmindError(status=429, detail="slow")])
def test_it_is_made_from_a_status_and_a_detail(made: SegmindError) -> None:
    assert {"status": 429, "detail": "slow"} == made.to_dict()
    assert "segmind: HTTP 429: slow" == str(made)


def test_it_says_something_without_either() -> None:
    assert {"status": None, "detail": "an error"} == SegmindError().to_dict()
    assert "segmind: 502 Bad Gateway" == str(SegmindError(status=502))


@pytest.mark.parametrize(
    ("status", "body", "kind", "detail"),
    [
        (429, b'{"error": "slow"}', RateLimited, "slow"),
        (404, b'{"error": "no such model"}', NotFound, "no such model"),
        (406, b'{"error": "Insufficient credits"}', InsufficientCredits, "Insufficient credits"),
        (406, b'{"error": "Invalid content type"}', BadRequest, "Invalid content type"),
        (503, b"<html><title>Down</title></html>", ServiceUnavailable, "Down"),
        (500, b"[1, 2]", ServiceUnavailable, "[1, 2]"),
    ],
)
def test_it_is_made_from_a_response(status: int, body: bytes, kind: type[Exception], detail: str) -> None:
    headers = {"content-type": "text/html" if body[:1] == b"<" else "application/json"}
    made = SegmindError.from_response(httpx.Response(status, content=body, headers=headers))
    assert isinstance(made, kind)
    assert {"status": status, "detail": detail} == made.to_dict()


def test_a_good_response_raises_nothing_and_a_bad_one_its_error() -> None:
    raise_for_status(httpx.Response(204))
    with pytest.raises(SegmindError, match="HTTP 410"):
        raise_for_status(httpx.Response(410, json={"error": "retired"}))


def test_those_of_a_job() -> None:
    failed = InferenceFailed(None, {"status": "FAILED"})
    assert ("no reason given", {"status": "FAILED"}) == (failed.detail, failed.status_body)
    assert ("r1", 2.5) == (InferenceTimeout("r1", 2.5).request_id, InferenceTimeout("r1", 2.5).elapsed_s)
