"""Deliveries of four services, in the forms they are known to take, and in forms nobody has seen."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.core.errors import ImagegenError, InvalidInput, ProtocolError
from ipyimagegen.core.events import Failed, Succeeded
from ipyimagegen.services.webhooks import Delivery, parse_webhook

URL = "https://example.com/a.png"
TASK = {"id": "t1", "output": {"image": {"uri": URL}}, "error": None, "session_id": None}

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = ("id", "status", "output", "error", "data", "type", "request_id", "taskId", "result", "metrics", "logs")
WORDS = ["completed", "COMPLETED", "succeeded", "complete", "result", "failed", 9, 10, "9", URL]
BODIES = st.dictionaries(
    st.sampled_from(KEYS),
    JSON_VALUES | st.sampled_from(WORDS),
    max_size=8,
)


def told(delivery: Delivery) -> tuple[str, str, str, list[str]]:
    return delivery.service, delivery.job_id, delivery.status, [output.url for output in delivery.outputs]


@pytest.mark.parametrize("status", [9, "9", 10, "10", "completed"])
def test_inferencesh_is_done_in_both_numberings_and_in_words(status: object) -> None:
    assert ("inferencesh", "t1", "succeeded", [URL]) == told(parse_webhook({**TASK, "status": status}))


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (11, "no worker", "failed"),
        ("failed", "no worker", "failed"),
        (10, "no worker", "failed"),
        (13, "over budget", "failed"),
        (12, None, "cancelled"),
        ("cancelled", None, "cancelled"),
        (7, None, "running"),
        ("uploading", None, "running"),
        (2, None, "queued"),
    ],
)
def test_inferencesh_otherwise(status: object, error: str | None, expected: str) -> None:
    delivery = parse_webhook({"id": "t1", "status": status, "output": None, "error": error})
    assert expected == delivery.status
    if isinstance(delivery.event, Failed):
        assert (error or "") in delivery.event.message


def test_an_enveloped_task() -> None:
    assert ("inferencesh", "t1", "succeeded", [URL]) == told(
        parse_webhook({"data": {**TASK, "status": 10}, "messages": []}, "inferencesh")
    )


def test_segmind() -> None:
    body = {
        "event_type": "INFERENCE",
        "request_id": "r1",
        "status": "COMPLETED",
        "output": URL,
        "metrics": {"cost": 0.04, "inference_time": 2.5},
    }
    delivery = parse_webhook(json.dumps(body).encode())
    assert ("segmind", "r1", "succeeded", [URL]) == told(delivery)
    assert isinstance(delivery.event, Succeeded)
    assert (str(delivery.event.cost), delivery.event.inference_s) == ("$0.04", 2.5)


def test_segmind_that_failed() -> None:
    delivery = parse_webhook({"request_id": "r1", "status": "FAILED", "error": "NSFW content"})
    assert isinstance(delivery.event, Failed)
    assert ("failed", "NSFW content") == (delivery.status, delivery.event.message)


def test_openpixels() -> None:
    body = {"type": "result", "id": "o1", "status": "complete", "data": {"url": URL}}
    assert ("openpixels", "o1", "succeeded", [URL]) == told(parse_webhook(json.dumps(body)))


@pytest.mark.parametrize("name", ["taskId", "task_id"])
def test_speedpix(name: str) -> None:
    data = {name: "s1", "status": "succeeded", "result": {"images": {"url": URL}}}
    for body in (data, {"status": 10, "data": data}):
        assert ("speedpix", "s1", "succeeded", [URL]) == told(parse_webhook(body))


@pytest.mark.parametrize("body", [b"", b"nonsense", "[]", b"\xff\xfe", {}, {"hello": 1}, "12", {"status": 10}])
def test_what_no_service_posts_is_refused(body: Any) -> None:
    with pytest.raises(ProtocolError):
        parse_webhook(body)


def test_an_unknown_service_is_refused() -> None:
    with pytest.raises(InvalidInput, match="inferencesh, openpixels, segmind, speedpix"):
        parse_webhook({}, "dalle")


@given(BODIES, st.sampled_from([None, "speedpix", "openpixels", "segmind", "inferencesh"]))
def test_any_object_gives_a_delivery_or_an_error_of_ours(body: dict[str, Any], service: str | None) -> None:
    try:
        delivery = parse_webhook(body, service)
    except ImagegenError:
        return
    assert delivery.job_id
    assert delivery.ended == (delivery.status in ("succeeded", "failed", "cancelled"))


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_any_body_gives_a_delivery_or_an_error_of_ours(body: bytes | str) -> None:
    try:
        parse_webhook(body)
    except ImagegenError:
        return
