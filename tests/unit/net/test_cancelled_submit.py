"""A cancel and a call that must not be made twice: it leaves before the call, and waits once that is on its way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine

import httpx
import pytest

from ipyimagegen.core.errors import SubmitUnknown
from ipyimagegen.net.answers import Answer
from ipyimagegen.net.http import Http
from ipyimagegen.net.repeat import Repeat

from .virtual import EvenClock, run

Handler = Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]


def submit(handler: Handler) -> tuple[Http, Callable[[], Awaitable[Answer]]]:
    http = Http("test", "https://api.example", transport=httpx.MockTransport(handler), clock=EvenClock())
    return http, lambda: http.call("POST", "jobs", repeat=Repeat.SUBMIT, json={})


async def slow(request: httpx.Request) -> httpx.Response:
    await asyncio.sleep(2)
    return httpx.Response(200, json={"id": "a"})


def test_a_submit_on_its_way_comes_to_its_end() -> None:
    async def scenario() -> tuple[Answer, int]:
        _, call = submit(slow)
        seen: list[int] = []

        async def caller() -> Answer:
            answer = await call()
            task = asyncio.current_task()
            seen.append(task.cancelling() if task else 0)
            return answer

        task = asyncio.create_task(caller())
        await asyncio.sleep(1)
        task.cancel()
        return await task, seen[0]

    answer, cancels = run(scenario())
    assert ({"id": "a"}, 1) == (answer.json(), cancels)


def test_a_refused_submit_is_not_sent_again_after_a_cancel() -> None:
    sent: list[httpx.Request] = []

    async def full(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        await asyncio.sleep(2)
        return httpx.Response(429, headers={"retry-after": "5"})

    async def scenario() -> None:
        _, call = submit(full)
        task = asyncio.ensure_future(call())
        await asyncio.sleep(1)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        run(scenario())
    assert len(sent) == 1


def test_waiting_for_room_is_left_at_once_and_nothing_is_sent() -> None:
    sent: list[httpx.Request] = []

    async def full(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(429, headers={"retry-after": "50"})

    async def scenario() -> float:
        _, call = submit(full)
        task = asyncio.ensure_future(call())
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return asyncio.get_running_loop().time()

    assert run(scenario()) == pytest.approx(1)
    assert len(sent) == 1


def test_a_lost_answer_says_what_the_last_error_was() -> None:
    async def broken(request: httpx.Request) -> httpx.Response:
        return httpx.Response(502, text="<h1>Bad Gateway</h1>", headers={"content-type": "text/html"})

    async def scenario() -> None:
        await submit(broken)[1]()

    with pytest.raises(SubmitUnknown) as caught:
        run(scenario())
    assert getattr(caught.value.__cause__, "status", None) == 502
