"""Updates of a task: what they say, and what is known after them, in whatever order and pieces they come."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.core.events import Cancelled, Failed, Log, Progress, Queued, Running, Succeeded
from ipyimagegen.core.said import SaidText
from ipyimagegen.net.decoders import Message
from ipyimagegen.services.inferencesh.messages import (
    Delta,
    Nothing,
    Partial,
    Update,
    View,
    Whole,
    is_heartbeat,
    joined,
    merge,
    read_update,
    resource,
)
from ipyimagegen.services.inferencesh.outcomes import final, find_outputs, log_lines, news
from ipyimagegen.services.inferencesh.statuses import TaskStatus, is_terminal_status, parse_status

URL = "https://example.com/a.png"
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.just(URL),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
FIELDS = st.sampled_from(["id", "status", "output", "error", "logs", "progress", "created_at", "run_at", "cost"])
TASKS = st.dictionaries(FIELDS, JSON_VALUES | st.integers(0, 14) | st.sampled_from(["running", "completed"]))
UPDATES = (
    st.builds(Whole, TASKS)
    | st.builds(Partial, TASKS)
    | st.builds(
        Delta, st.dictionaries(st.sampled_from(["response", "tool_calls", "function"]), JSON_VALUES), st.integers(-1, 5)
    )
    | st.just(Nothing())
)


def said(value: object, event: str = "message") -> Update:
    return read_update(Message(json.dumps(value), event))


def after(*updates: Update) -> View:
    view = View()
    for update in updates:
        view = merge(view, update)
    return view


@pytest.mark.parametrize("status", [7, "7", "running", "RUNNING", 7.0, TaskStatus.RUNNING])
def test_a_status_in_any_spelling(status: object) -> None:
    assert parse_status(status) is TaskStatus.RUNNING
    assert TaskStatus(status) is TaskStatus.RUNNING  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [None, True, 0, 14, -1, "paused", "", "99999999999", [], {}, float("nan")])
def test_an_unknown_status_is_none_and_not_terminal(status: object) -> None:
    assert parse_status(status) is None
    assert not is_terminal_status(status)


def test_nine_is_uploading_and_not_the_end() -> None:
    assert not is_terminal_status(9)
    assert not after(Whole({"status": 9, "output": {"image": URL}})).over
    assert after(Whole({"status": 9, "output": {"image": URL}})).perhaps_over
    assert not after(Whole({"status": "uploading", "output": {"image": URL}})).perhaps_over


@pytest.mark.parametrize(
    "answer",
    [{"data": {"id": "t"}, "messages": []}, {"id": "t"}, {"success": True, "status": 200, "data": {"id": "t"}}],
)
def test_three_generations_of_envelopes(answer: Any) -> None:
    assert {"id": "t"} == resource(answer)


def test_a_resource_with_a_field_named_data_is_no_envelope() -> None:
    assert {"id": "t", "data": 1} == resource({"id": "t", "data": 1})


@pytest.mark.parametrize("value", [{"type": "heartbeat"}, {"event": "heartbeat", "data": {}}, {}, [], "x", 1, None])
def test_what_says_nothing(value: object) -> None:
    assert Nothing() == said(value)


def test_a_heartbeat_is_told_by_its_event_too() -> None:
    assert is_heartbeat(Message("{}", "heartbeat"))
    assert is_heartbeat(Message("not json"))
    assert not is_heartbeat(Message('{"id": "t", "status": 7}'))


def test_only_the_named_fields_of_a_partial_update_count() -> None:
    update = said({"data": {"id": "t", "status": 0, "progress": 40}, "fields": ["progress"]})
    assert Partial({"progress": 40}) == update


def test_output_and_status_in_either_order() -> None:
    output, status = Partial({"output": {"image": URL}}), Partial({"status": 10})
    for order in ((output, status), (status, output)):
        view = after(Whole({"id": "t", "status": 7, "output": None}), *order)
        assert view.complete
        assert {"image": URL} == view.task["output"]


def test_an_output_is_not_lost_to_a_last_update_without_one() -> None:
    view = after(Whole({"status": 7, "output": {"image": URL}}), Whole({"status": 10, "output": None}))
    assert {"image": URL} == view.task["output"]


def test_an_end_is_not_taken_back() -> None:
    assert after(Whole({"status": "failed", "error": "x"}), Whole({"status": 7})).status is TaskStatus.FAILED


def test_pieces_of_a_text_are_put_together_once_each() -> None:
    pieces = [
        said({"event": "delta", "data": {"delta": {"response": text}, "seq": seq}})
        for seq, text in enumerate(["You ", "said: ", "hi"])
    ]
    view = after(Whole({"id": "t", "status": 7, "output": None}), *pieces[:2], *pieces)
    assert {"response": "You said: hi"} == view.task["output"]
    assert {"response": "done"} == merge(view, Whole({"status": 10, "output": {"response": "done"}})).task["output"]


def test_a_path_that_came_in_pieces_is_a_services_word_too() -> None:
    pieces = [said({"event": "delta", "data": {"delta": {"response": text}}}) for text in ("/srv/me", "/.ssh/id")]
    assert isinstance(after(*pieces).task["output"]["response"], SaidText)


def test_a_delta_of_server_sent_events() -> None:
    assert Delta({"response": "a"}) == said({"delta": "a"}, "delta")


def test_tool_calls_are_merged_by_their_index() -> None:
    first = {"tool_calls": [{"index": 1, "id": "b", "function": {"name": "f", "arguments": '{"x"'}}]}
    more = {"tool_calls": [{"index": 0, "id": "a"}, {"index": 1, "function": {"arguments": ": 1}"}}]}
    calls = joined(joined({}, first), more)["tool_calls"]
    assert [("a", None), ("b", '{"x": 1}')] == [
        (call.get("id"), call.get("function", {}).get("arguments")) for call in calls
    ]


@given(st.text(max_size=80), st.sampled_from(["message", "delta", "heartbeat"]))
def test_any_message_can_be_read(text: str, event: str) -> None:
    merge(View(), read_update(Message(text, event)))


@given(st.lists(UPDATES, max_size=6))
def test_any_updates_give_events_and_an_end(updates: list[Update]) -> None:
    before, ended = View(), False
    for update in updates:
        view = merge(before, update)
        for event in news(before, view):
            assert isinstance(event, Queued | Running | Progress | Log)
        assert view.over or not ended
        ended, before = view.over, view
    assert isinstance(final(before), Succeeded | Failed | Cancelled)


def test_news_of_a_task_on_its_way() -> None:
    queued = after(Whole({"id": "t", "status": "queued", "queue_position": 3}))
    assert [Queued(3)] == news(View(), queued)
    running = merge(queued, Whole({"status": "running", "progress": 25, "logs": ["one\ntwo"]}))
    assert [Running(), Progress(fraction=0.25), Log("one"), Log("two")] == news(queued, running)
    more = merge(running, Partial({"logs": ["one\ntwo", {"content": "three"}]}))
    assert [Log("three")] == news(running, more)


def test_progress_as_an_object() -> None:
    view = after(Whole({"status": 7, "progress": {"percent": "50", "step": 5, "steps": 10, "eta": 2, "message": "m"}}))
    assert Progress(fraction=0.5, step=5, steps=10, eta_s=2, message="m") in news(View(), view)


def test_the_end_of_a_task_that_succeeded() -> None:
    task = {
        "id": "t",
        "status": 10,
        "output": {"image": {"uri": URL, "content_type": "image/png"}, "seed": 7},
        "created_at": "2026-01-01T00:00:00Z",
        "run_at": "2026-01-01T00:00:02+00:00",
        "updated_at": "2026-01-01T00:00:05Z",
        "cost": "0.01",
    }
    event = final(after(Whole(task)))
    assert isinstance(event, Succeeded)
    assert (event.seed, event.queue_s, event.inference_s, str(event.cost)) == (7, 2, 3, "$0.01")
    assert [("image", URL, "image/png")] == [(found.name, found.url, found.media_type) for found in event.outputs]


@pytest.mark.parametrize(
    ("status", "error", "message"),
    [(11, "x", "x"), (11, {"message": "y"}, "y"), (13, "z", "rejected: z"), (11, None, "no reason")],
)
def test_the_end_of_a_task_that_failed(status: int, error: object, message: str) -> None:
    event = final(after(Whole({"status": status, "error": error})))
    assert isinstance(event, Failed)
    assert message in event.message


def test_files_are_found_at_any_depth_and_texts_are_not_files() -> None:
    output = {
        "images": [URL, {"uri": URL}],
        "response": URL,
        "note": "see https://example.com/a.png for more",
        "mask": "data:image/png;base64,iVBORw0KGgo=",
    }
    assert ["images", "images", "mask"] == [found.name for found in find_outputs(output)]


def test_log_lines_of_any_form() -> None:
    assert ["a", "b", "c"] == log_lines({"logs": ["a\nb", {"message": "c"}, 3]})
    assert ["a"] == log_lines({"logs": "a"})
    assert [] == log_lines({})
