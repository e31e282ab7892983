from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.core.errors import ProtocolError
from ipyimagegen.core.events import Cancelled, Failed, Progress, Queued, Running, Succeeded
from ipyimagegen.services.speedpix.answers import fields, read_envelope, read_task, snake
from ipyimagegen.services.speedpix.events import event_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["taskId", "task_id", "status", "progress", "etaRelative", "message", "result", "images", "info", "errCode"]
)


@given(
    VALUES | st.dictionaries(st.sampled_from(["status", "data", "errCode"]), st.dictionaries(NAMES, VALUES) | VALUES)
)
def test_whatever_comes_is_a_task_or_a_protocol_error(value: Any) -> None:
    with contextlib.suppress(ProtocolError):
        event_of(read_task(read_envelope(value)))


@pytest.mark.parametrize(
    ("camel", "snaked"),
    [("taskId", "task_id"), ("etaRelative", "eta_relative"), ("status", "status"), ("object_key", "object_key")],
)
def test_keys_are_read_in_both_spellings(camel: str, snaked: str) -> None:
    assert (snaked, snaked) == (snake(camel), snake(snaked))


def test_names_that_a_workflow_gave_stay_as_they_are() -> None:
    assert fields({"taskId": 1, "result": {"subjectImage": 2}}) == {"task_id": 1, "result": {"subjectImage": 2}}


def test_numbers_may_be_texts() -> None:
    task = read_task(read_envelope({"status": "10", "data": {"taskId": 7, "progress": "0.5", "etaRelative": "3"}}))
    assert ("7", 0.5, 3.0) == (task.id, task.fraction, task.eta_s)


def test_an_error_with_http_200_has_all_its_parts_in_its_reason() -> None:
    envelope = read_envelope(
        {"status": 20, "errCode": "BizError", "errMessage": "rejected", "subErrCode": "NO_X", "subErrMessage": "no x"}
    )
    assert (True, "rejected: no x (BizError, NO_X)") == (envelope.refused, envelope.reason)


@pytest.mark.parametrize("code", [None, "", "0", 0, "SUCCESS"])
def test_a_code_that_says_that_all_is_well_is_no_error(code: Any) -> None:
    assert not read_envelope({"status": 10, "errCode": code, "data": {}}).refused


@pytest.mark.parametrize(
    ("data", "event"),
    [
        ({"status": "waiting", "message": "3 ahead"}, Queued(message="3 ahead")),
        ({"status": "running", "progress": 0, "etaRelative": 0}, Running()),
        ({"status": "running", "progress": 25, "etaRelative": 8}, Progress(fraction=0.25, eta_s=8.0)),
        ({"status": "sampling", "progress": 0.5, "message": "step 5"}, Progress(fraction=0.5, message="step 5")),
        ({"status": "canceled"}, Cancelled()),
        ({"status": "failed"}, Failed(message="the service gave no reason")),
    ],
)
def test_a_look_is_an_event(data: dict[str, Any], event: object) -> None:
    assert event == event_of(read_task(read_envelope({"status": 10, "data": {"taskId": "t", **data}})))


def test_a_result_has_its_seed() -> None:
    data: Any = {"taskId": "t", "status": "succeeded", "result": {"images": "https://h/a.png"}, "info": {"seed": "7"}}
    event = event_of(read_task(read_envelope({"status": 10, "data": data})))
    assert isinstance(event, Succeeded)
    assert (7, "https://h/a.png") == (event.seed, event.outputs[0].url)
