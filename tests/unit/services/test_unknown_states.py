"""A state that a service names and nobody here knows is shown, and told after a while; it is no end."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress
from typing import Any

import httpx
import pytest

from ipyimagegen.core.events import Running
from ipyimagegen.net.http import Http
from ipyimagegen.services.inferencesh.api import Api as InferenceApi
from ipyimagegen.services.inferencesh.messages import View
from ipyimagegen.services.inferencesh.outcomes import news
from ipyimagegen.services.kit.unknown import RUNNING, UnknownStates
from ipyimagegen.services.openpixels.api import Api as PixelsApi
from ipyimagegen.services.openpixels.messages import event_of as pixels_event
from ipyimagegen.services.segmind.api import Api as SegmindApi
from ipyimagegen.services.segmind.api import Handle
from ipyimagegen.services.segmind.outputs import event_of as segmind_event
from ipyimagegen.services.speedpix.answers import Task
from ipyimagegen.services.speedpix.api import Api as SpeedPixApi
from ipyimagegen.services.speedpix.events import event_of as speedpix_event
from tests.unit.net.virtual import EvenClock, run

BASE = "https://service.example"
Follow = Callable[[Http], AsyncIterator[Any]]


def of_segmind(http: Http) -> AsyncIterator[Any]:
    api = SegmindApi("SG_made_up", BASE)
    api.http = http
    return api.polls(Handle(slug="w", request_id="t", status_url=f"{BASE}/t"))


def of_inferencesh(http: Http) -> AsyncIterator[Any]:
    api = InferenceApi("inf_made_up", BASE)
    api.http = http
    return api.follow("t")


WAYS: dict[str, tuple[Follow, Callable[[Any], Any]]] = {
    "speedpix": (lambda http: SpeedPixApi(http).follow(Task(id="t")), speedpix_event),
    "openpixels": (lambda http: PixelsApi(http).follow("t"), pixels_event),
    "segmind": (of_segmind, lambda told: segmind_event(told.body)),
    "inferencesh": (of_inferencesh, lambda view: news(View(), view)[0]),
}


def waited(name: str, word: str, seconds: float) -> list[Any]:
    """What the view is told while a job stays in one state for so long."""
    follow, event_of = WAYS[name]
    body: dict[str, Any] = {"id": "t", "taskId": "t", "request_id": "t", "type": "update", "status": word}
    said = json.dumps({"status": 10, "data": body} if name == "speedpix" else body).encode()

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": "application/json"}, content=said)

    async def watch() -> list[Any]:
        http = Http(name, BASE, transport=httpx.MockTransport(answer), clock=EvenClock())
        seen: list[Any] = []
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), aclosing(follow(http)) as told:  # type: ignore[type-var]
                async for one in told:
                    seen.append(event_of(one))  # noqa: PERF401 - what came before the time is over is kept
        return seen

    return run(watch())


@pytest.mark.parametrize("name", WAYS)
def test_an_unknown_state_is_shown_and_told_after_a_minute(name: str) -> None:
    with pytest.warns(RuntimeWarning, match=f"{name}: job t: 'ARCHIVED', says the service, for 6. s") as told:
        seen = waited(name, "ARCHIVED", 200)
    assert 1 == len(told)
    assert Running("ARCHIVED") == seen[0]


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize(("word", "seconds"), [("ARCHIVED", 50), ("running", 200)])
def test_a_new_word_or_a_plain_one_is_not_told(name: str, word: str, seconds: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert waited(name, word, seconds)


def test_a_word_that_changes_begins_anew_and_warnings_as_errors_lose_nothing() -> None:
    now = 0.0

    class Clock(EvenClock):
        def now(self) -> float:
            return now

    states = UnknownStates("s", "t", Clock())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for step, word in enumerate(["a", "b", *sorted(RUNNING), "b", ["odd"], {"odd": 1}, None, *["c"] * 20]):
            now = step * 40.0
            states.see(word, known=False)
