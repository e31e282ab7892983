from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.core.errors import ProtocolError
from ipyimagegen.core.events import Cancelled, Failed, Progress, Queued, Running, Succeeded
from ipyimagegen.gateway.work import flat_png
from ipyimagegen.services.openpixels.messages import event_of, outputs_of, read_message, result_of

PICTURE = flat_png(8, 8)
TEXT = base64.b64encode(PICTURE).decode()
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(["type", "id", "status", "data", "error", "meta", "message", "progress", "eta", "position"])


@given(st.dictionaries(FIELDS, JSON_VALUES))
def test_whatever_comes_is_a_message_or_a_protocol_error(value: dict[str, Any]) -> None:
    try:
        message = read_message(value)
    except ProtocolError:
        return
    event_of(message)
    assert result_of(message)["type"] == "result"


@pytest.mark.parametrize("value", [None, [], "text", 7, {}, {"type": "update", "status": "queued"}])
def test_what_names_no_job_is_refused(value: Any) -> None:
    with pytest.raises(ProtocolError):
        read_message(value)


@pytest.mark.parametrize(
    ("data", "count"),
    [
        ({"url": "https://host/a.png"}, 1),
        ({"url": f"data:image/png;base64,{TEXT}"}, 1),
        ({"base64": TEXT}, 1),
        (TEXT, 1),
        ({"images": [{"url": "https://host/a.png"}, {"b64_json": TEXT}]}, 2),
        (["https://host/a.png"], 1),
        ({"text": "no picture"}, 0),
        (None, 0),
    ],
)
def test_pictures_are_found_in_every_form(data: Any, count: int) -> None:
    assert len(list(outputs_of(data))) == count


def test_base64_is_decoded_to_the_picture() -> None:
    assert [output.data for output in outputs_of({"base64": TEXT})] == [PICTURE]


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        ({"status": "queued", "position": "3"}, Queued(position=3)),
        ({"status": "running"}, Running()),
        ({"status": "denoising"}, Running("denoising")),
        ({"status": "running", "progress": 40, "eta": "2.5"}, Progress(fraction=0.4, eta_s=2.5)),
        ({"status": "canceled"}, Cancelled()),
        ({"status": "complete"}, Running("complete")),
    ],
)
def test_an_update_is_an_event(fields: dict[str, Any], event: object) -> None:
    assert event_of(read_message({"type": "update", "id": 7, **fields})) == event


def test_a_result_carries_seed_seconds_and_cost() -> None:
    meta: Any = {"seconds": "1.5", "cost": 0.02, "provider": "p"}
    message = read_message(
        {"type": "result", "status": "SUCCESS", "data": {"url": "https://h/a", "seed": 7}, "meta": meta}
    )
    event = event_of(message)
    assert isinstance(event, Succeeded)
    assert (event.seed, event.inference_s, str(event.cost), event.facts["provider"]) == (7, 1.5, "$0.02", "p")


def test_a_failure_without_words_still_says_something() -> None:
    message = read_message({"type": "result", "id": "a", "status": "failed"})
    event = event_of(message)
    assert isinstance(event, Failed)
    assert event.message == "the service gave no reason"
    assert result_of(message)["error"] == {
        "type": "provider",
        "code": "",
        "message": "the job ended as failed",
        "params": {},
    }


def test_an_error_that_is_a_text_becomes_its_message() -> None:
    result: Any = result_of(read_message({"type": "result", "status": "failed", "error": "out of memory"}))
    assert result["error"]["message"] == "out of memory"
