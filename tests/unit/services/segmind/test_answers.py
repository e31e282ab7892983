"""What Segmind's answers mean, whatever their shape: outputs, replies, refusals, catalogue."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.core import errors
from ipyimagegen.core.errors import ImagegenError, UnknownModel
from ipyimagegen.core.events import Failed, Progress, Queued, Running, Succeeded
from ipyimagegen.gateway.work import flat_png
from ipyimagegen.net.answers import Answer
from ipyimagegen.net.http import Http
from ipyimagegen.services.segmind import SegmindError, StreamingNotSupported, image_url
from ipyimagegen.services.segmind.catalogue import OFFLINE, find, rows_of, spec_of, specs
from ipyimagegen.services.segmind.errors import refusal, translated
from ipyimagegen.services.segmind.outputs import event_of, find_outputs, seed_of
from ipyimagegen.services.segmind.replies import ChatResponse, chat_body, read_reply

URL = "https://example.com/a.png"
PICTURE = flat_png(8, 8)
ENCODED = base64.b64encode(PICTURE).decode()
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from([URL, ENCODED]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
OPENAI = {
    "choices": [{"message": {"content": "hi", "tool_calls": [{"id": 1}]}, "finish_reason": "stop"}],
    "usage": {"t": 1},
}
OPENAI_PARTS = {"choices": [{"message": {"content": [{"type": "text", "text": "h"}, {"text": "i"}]}}]}
ANTHROPIC = {
    "content": [{"type": "text", "text": "hi"}, {"type": "tool_use"}],
    "stop_reason": "end_turn",
    "usage": {"t": 1},
}
GEMINI = {
    "candidates": [{"content": {"parts": [{"text": "h"}, {"text": "i"}]}, "finishReason": "STOP"}],
    "usageMetadata": {"t": 1},
}


@pytest.mark.parametrize(
    "output",
    [
        URL,
        [URL],
        {"image": URL},
        {"url": URL},
        json.dumps([URL]),
        [{"keyname": "image", "value": {"type": "image", "data": URL}}],
        json.dumps([{"keyname": "image", "value": {"type": "image", "data": URL}}]),
    ],
)
def test_an_address_in_any_place(output: Any) -> None:
    assert [("image", URL)] == [(found.name, found.url) for found in find_outputs(output)]


@pytest.mark.parametrize("output", [ENCODED, f"data:image/png;base64,{ENCODED}", [ENCODED], {"image": ENCODED}])
def test_bytes_in_any_place(output: Any) -> None:
    assert [PICTURE] == [found.data for found in find_outputs(output)]


@pytest.mark.parametrize("output", [None, "", "done", "see https://example.com", 3, {}, [], "[1, 2"])
def test_what_is_no_file(output: Any) -> None:
    assert () == find_outputs(output)


def test_a_result_with_all_its_figures() -> None:
    metrics = {"cost": "0.04", "remaining_credits": 9.5, "inference_time": 2, "queue_time": "0.5", "retry_count": 0}
    event = event_of({"status": "COMPLETED", "output": URL, "metrics": metrics}, 11)
    assert isinstance(event, Succeeded)
    assert (event.seed, str(event.cost), event.inference_s, event.queue_s) == (11, "$0.04", 2, 0.5)
    assert event.facts["remaining_credits"] == 9.5


@pytest.mark.parametrize("raw", [OPENAI, OPENAI_PARTS, ANTHROPIC, GEMINI])
def test_a_reply_in_three_shapes(raw: dict[str, Any]) -> None:
    event = event_of({"status": "COMPLETED", "output": json.dumps(raw)})
    assert isinstance(event, Succeeded)
    assert (event.text, event.outputs) == ("hi", ())
    for reply in (
        ChatResponse(raw),
        read_reply({"output": json.dumps(raw)}),
        read_reply({"output": raw}),
        read_reply(raw),
    ):
        assert reply.text == "hi"


def test_what_a_reply_says_besides() -> None:
    assert [{"t": 1}] * 3 == [ChatResponse(raw).usage for raw in (OPENAI, ANTHROPIC, GEMINI)]
    assert ["stop", "end_turn", "STOP"] == [ChatResponse(raw).finish_reason for raw in (OPENAI, ANTHROPIC, GEMINI)]
    assert [1, 1, 0] == [len(ChatResponse(raw).tool_calls) for raw in (OPENAI, ANTHROPIC, GEMINI)]


def test_a_plain_text_is_a_reply_too() -> None:
    assert read_reply({"output": "hello"}).text == "hello"
    with pytest.raises(SegmindError, match="not JSON"):
        read_reply({"output": "hello"}).json()
    with pytest.raises(SegmindError, match="no text"):
        _ = ChatResponse({"id": 1}).text


def test_what_a_chat_sends() -> None:
    assert {"prompt": "hi", "temperature": 1} == chat_body(None, "hi", {"temperature": 1})
    with pytest.raises(SegmindError, match="prompt"):
        chat_body(None, None, {})
    with pytest.raises(StreamingNotSupported):
        chat_body(None, "hi", {"stream": True})
    wrong: Any
    for wrong in ("hi", {"role": "user", "content": "hi"}):
        with pytest.raises(SegmindError, match="messages is a list of"):
            chat_body(wrong, None, {})
    for address in (URL, "data:image/heic;base64,AAAA"):
        assert {"url": address} == image_url(address)["image_url"]
    assert image_url(PICTURE)["image_url"]["url"] == f"data:image/png;base64,{ENCODED}"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"status": "QUEUED", "queue_position": 2}, Queued(2)),
        ({"status": "PROCESSING"}, Running()),
        ({"status": "PROCESSING", "progress": 40, "eta": 3}, Progress(fraction=0.4, eta_s=3)),
        ({}, Running()),
    ],
)
def test_a_request_on_its_way(body: dict[str, Any], expected: object) -> None:
    assert expected == event_of(body)


@pytest.mark.parametrize("error", ["x", {"message": "x"}])
def test_a_request_that_failed(error: object) -> None:
    event = event_of({"status": "FAILED", "error": error})
    assert isinstance(event, Failed)
    assert event.message == "x"


@given(st.dictionaries(st.sampled_from(["status", "output", "metrics", "error", "progress", "seed"]), JSON_VALUES))
def test_any_answer_gives_an_event(body: dict[str, Any]) -> None:
    for status in ("QUEUED", "COMPLETED", "FAILED", body.get("status")):
        event_of({**body, "status": status})


@given(JSON_VALUES)
def test_any_reply_can_be_looked_at(raw: Any) -> None:
    reply = read_reply({"output": json.dumps(raw)})
    _ = (reply.usage, reply.finish_reason, reply.tool_calls, repr(reply))
    try:
        _ = reply.json()
    except ImagegenError:
        return


@pytest.mark.parametrize(("text", "seed"), [("11", 11), ("", None), ("-1", None), ("x", None), ("9" * 30, None)])
def test_the_seed_of_a_header(text: str, seed: int | None) -> None:
    assert seed == seed_of({"x-seed-value": text})


def refused(status: int, body: bytes, media_type: str = "application/json") -> SegmindError:
    answer = Answer(status=status, headers={"content-type": media_type}, body=body)
    return refusal(Http("segmind", "https://api.segmind.com"), answer)


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (400, "prompt is missing", errors.BadRequest),
        (401, "Missing Authorization or x-api-key in header", errors.AuthenticationFailed),
        (403, "not permitted", errors.NotPermitted),
        (404, "no such model", errors.NotFound),
        (406, "Invalid content type", errors.BadRequest),
        (406, "Insufficient credits", errors.InsufficientCredits),
        (406, "Team spend limit reached", errors.InsufficientCredits),
        (410, "retired", errors.NotFound),
        (422, "x", errors.BadRequest),
        (429, "slow down", errors.RateLimited),
        (500, "x", errors.ServiceUnavailable),
    ],
)
def test_what_a_status_means(status: int, said: str, kind: type[Exception]) -> None:
    error = refused(status, json.dumps({"error": said}).encode())
    assert isinstance(error, kind)
    assert (error.status, error.detail) == (status, said)


@pytest.mark.parametrize("body", [b"", b"<html><title>405 Not  Allowed</title></html>", b"\xff\xfe", b"[]", b"null"])
def test_a_detail_is_never_empty_and_never_markup(body: bytes) -> None:
    for status in (405, 500, 599):
        error = refused(status, body, "text/html")
        assert error.detail
        assert "<" not in error.detail


def test_the_form_of_the_auth_surface() -> None:
    body = {"error": "unauthorized", "error_description": "Invalid API key", "status_code": 401}
    assert refused(401, json.dumps(body).encode()).detail == "unauthorized: Invalid API key"


@pytest.mark.parametrize(
    "error",
    [
        errors.ConnectionFailed("x"),
        errors.ProtocolError("x"),
        errors.SubmitUnknown("x", model="segmind/m"),
        errors.MissingKey("segmind", "x"),
        errors.RateLimited("x", retry_after_s=3),
    ],
)
def test_errors_of_the_lower_floors_are_segminds_too(error: ImagegenError) -> None:
    with pytest.raises(SegmindError) as caught, translated():
        raise error
    assert isinstance(caught.value, type(error))
    assert str(caught.value) == "x"


def test_the_catalogue_in_any_form() -> None:
    rows = [{"slug": "a", "price": 0.5, "name": "A"}, {"slug": ""}, 3, {"model_name": "b"}]
    for catalogue in ({"models": rows}, rows):
        assert ["a", "b"] == list(rows_of(catalogue))
    assert ["segmind/a", "segmind/b"] == [spec.id for spec in specs(rows_of(rows))]
    spec = spec_of("a", rows[0])  # type: ignore[arg-type]
    assert (spec.title, str(spec.price), spec.price.source) == ("A", "$0.5", "quoted")


@given(JSON_VALUES)
def test_any_catalogue_can_be_read(catalogue: Any) -> None:
    list(specs(rows_of(catalogue)))


def test_models_known_without_asking() -> None:
    for slug in OFFLINE:
        spec = spec_of(slug)
        assert len(spec.params) >= 2
        assert "billed" in spec.cannot_cancel
    with pytest.raises(errors.InvalidInput, match="did you mean 'steps'"):
        spec_of("flux-dev").params.check({"prompt": "t", "stepps": 3})


def test_an_unlisted_model_is_open_and_a_misspelt_one_refused() -> None:
    rows: dict[str, Any] = {"flux-dev": {}}
    assert find("40174048-1b49-48f3-ad7e-8384098f22d2-lora", rows).params.open
    assert find("workflows/my-flow", rows).params.open
    assert find("something-else", rows).params.open
    with pytest.raises(UnknownModel, match="segmind/flux-dev"):
        find("flux-devv", rows)
