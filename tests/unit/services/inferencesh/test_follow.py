"""Following a task: streams that are cut, silent or older, and the asks between them. On a clock that jumps."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import httpx
import pytest

from ipyimagegen.core.errors import NotFound, ProtocolError, SubmitUnknown
from ipyimagegen.net.http import Http
from ipyimagegen.services.inferencesh.api import SILENCE_S, Api
from ipyimagegen.services.inferencesh.errors import APIError, RequirementsNotMetError
from ipyimagegen.services.inferencesh.messages import View
from tests.unit.net.virtual import EvenClock, run

BASE = "https://api.example"
OUTPUT = {"image": {"uri": "https://example.com/a.png"}}
RUNNING = {"id": "t", "status": 7, "output": None, "progress": 10}
DONE = {"id": "t", "status": 10, "output": OUTPUT, "progress": 100}
Line = dict[str, Any] | float
"""Something said, or seconds of silence."""


NDJSON, EVENTS = "application/x-ndjson", "text/event-stream"


class Lines(httpx.AsyncByteStream):
    def __init__(self, lines: list[Line], media_type: str) -> None:
        self.lines = lines
        self.form = b"%b\n" if media_type == NDJSON else b"event: message\ndata: %b\n\n"

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for line in self.lines:
            if isinstance(line, float):
                await asyncio.sleep(line)
            else:
                yield self.form % json.dumps(line).encode()


class Pretended:
    """Streams in turn (the last one again and again), and answers to asks in turn."""

    def __init__(self, streams: list[list[Line] | int], asks: list[Any], media_type: str = NDJSON) -> None:
        self.streams, self.asks, self.media_type = streams, asks, media_type
        self.asked: list[tuple[str, float]] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.url.path, asyncio.get_running_loop().time()))
        turn = self.streams if request.url.path.endswith("/stream") else self.asks
        answer = turn.pop(0) if len(turn) > 1 else turn[0]
        if isinstance(answer, int):
            return httpx.Response(answer, json={"title": "no", "detail": "no"})
        if turn is self.streams:
            headers = {"content-type": self.media_type}
            return httpx.Response(200, headers=headers, stream=Lines(answer, self.media_type))
        return httpx.Response(200, json=answer)


def api_for(handler: Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]) -> Api:
    api = Api("inf_made_up", BASE)
    api.http = Http("inferencesh", BASE, transport=httpx.MockTransport(handler), clock=EvenClock())
    return api


def followed(service: Pretended) -> tuple[list[View], float]:
    async def scenario() -> tuple[list[View], float]:
        views = [view async for view in api_for(service).follow("t")]
        return views, asyncio.get_running_loop().time()

    return run(scenario())


@pytest.mark.parametrize("media_type", [NDJSON, EVENTS])
def test_a_stream_to_its_end_needs_no_ask(media_type: str) -> None:
    service = Pretended([[RUNNING, {"type": "heartbeat"}, DONE]], [RUNNING], media_type)
    views, _ = followed(service)
    assert [7, 10] == [view.task["status"] for view in views]
    assert ["/tasks/t/stream"] == [path for path, _ in service.asked]


def test_a_cut_stream_is_asked_after_and_taken_up_again() -> None:
    service = Pretended([[RUNNING], [{**RUNNING, "progress": 60}], [DONE]], [RUNNING])
    views, took_s = followed(service)
    assert views[-1].complete
    assert ["stream", "t", "stream", "t", "stream"] == [path.rpartition("/")[2] for path, _ in service.asked]
    assert took_s < 5


def test_a_task_that_ends_between_two_streams_is_not_lost() -> None:
    views, _ = followed(Pretended([[RUNNING], [RUNNING]], [DONE]))
    assert OUTPUT == views[-1].task["output"]


def test_five_minutes_of_heartbeats_are_asked_after_every_thirty_seconds() -> None:
    heartbeats: list[Line] = [entry for _ in range(100) for entry in (10.0, {"type": "heartbeat"})]
    service = Pretended([heartbeats], [RUNNING] * 10 + [DONE])
    views, took_s = followed(service)
    assert views[-1].complete
    asks = [at for path, at in service.asked if not path.endswith("stream")]
    assert asks[0] == pytest.approx(SILENCE_S, abs=0.1)
    assert took_s == pytest.approx(11 * SILENCE_S, rel=0.2)


def test_an_end_without_output_is_asked_for_it_at_once() -> None:
    views, took_s = followed(Pretended([[{**DONE, "output": None}, 500.0]], [DONE]))
    assert OUTPUT == views[-1].task["output"]
    assert took_s < 1


def test_the_older_numbering_is_believed_when_nothing_else_comes() -> None:
    older = {**DONE, "status": 9}
    views, took_s = followed(Pretended([[older]], [older]))
    assert (views[-1].complete, views[-1].task["status"]) == (True, 10)
    assert took_s < 5


def test_uploading_is_waited_out() -> None:
    preview = {**RUNNING, "status": 9, "output": {"image": {"uri": "https://example.com/preview.png"}}}
    views, _ = followed(Pretended([[preview], [preview, 1.0, DONE]], [preview]))
    assert OUTPUT == views[-1].task["output"]


def test_streams_that_are_cut_again_and_again_are_not_hurried() -> None:
    updates: list[Any] = [{**RUNNING, "progress": number} for number in range(30)]
    service = Pretended([[update] for update in updates], [*updates, DONE])
    views, took_s = followed(service)
    assert views[-1].complete
    assert took_s > 100


def test_a_service_without_streams_is_polled() -> None:
    views, _ = followed(Pretended([404], [RUNNING, RUNNING, DONE]))
    assert views[-1].complete


def test_a_task_that_is_gone_says_so() -> None:
    with pytest.raises(NotFound):
        followed(Pretended([404], [404]))


@pytest.mark.parametrize("answer", [{}, {"error": "no"}, {"data": {}}])
def test_an_answer_that_tells_of_no_task_is_not_waited_for_for_ever(answer: dict[str, Any]) -> None:
    service = Pretended([404], [answer] * 20 + [DONE])
    with pytest.raises(ProtocolError, match="not a task"):
        followed(service)
    assert len(service.asked) < 10


def submitted(status: int, body: Any) -> Any:
    async def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=body if isinstance(body, bytes) else json.dumps(body).encode())

    return run(api_for(handler).run({"app": "a/b", "input": {}}))


@pytest.mark.parametrize("body", [b"", b"<html>", {"data": {}}, {"data": []}, {"id": ""}])
def test_a_submit_whose_answer_cannot_be_read_is_unknown(body: Any) -> None:
    with pytest.raises(SubmitUnknown, match=r"client\.tasks\.list"):
        submitted(200, body)


def test_a_refusal_in_an_answer_that_is_well() -> None:
    with pytest.raises(APIError, match="no money") as caught:
        submitted(200, {"success": False, "error": {"code": "empty", "message": "no money"}})
    assert caught.value.code == "empty"


@pytest.mark.parametrize("errors", [[{"type": "secret", "key": "A"}, {"type": "x", "key": "B"}], [None, 3]])
def test_requirements_in_any_form(errors: list[Any]) -> None:
    with pytest.raises(RequirementsNotMetError) as caught:
        submitted(412, {"errors": errors})
    assert len(caught.value.errors) == 2
