"""The long poll, against a service of a few lines, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest

from ipyimagegen.core.errors import ConnectionFailed, NotFound, SubmitUnknown
from ipyimagegen.net.http import Http
from ipyimagegen.services.openpixels.api import HOLD_S, Api
from tests.unit.net.virtual import EvenClock, run

UPDATE = {"type": "update", "id": "7", "status": "running"}
RESULT = {"type": "result", "id": "7", "status": "complete", "data": {"url": "https://h/a.png"}}

Handler = Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]


def api_of(handler: Handler) -> Api:
    transport = httpx.MockTransport(handler)
    return Api(Http("openpixels", "https://worker.example", transport=transport, clock=EvenClock()))


def answers(*given: Any) -> tuple[Api, list[tuple[float, str]]]:
    """A service that gives these in turn: JSON, a response, an exception, or seconds to hold before the next."""
    asked: list[tuple[float, str]] = []
    left = list(given)

    async def handle(request: httpx.Request) -> httpx.Response:
        asked.append((asyncio.get_running_loop().time(), request.url.path))
        if request.url.path == "/status" and not isinstance(left[0], Exception):
            return httpx.Response(200, json={"status": "ok"})
        answer = left.pop(0)
        if isinstance(answer, int):
            await asyncio.sleep(answer)
            answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    return api_of(handle), asked


def words(api: Api) -> list[str]:
    async def all_of_them() -> list[str]:
        return [message.word async for message in api.follow("7")]

    return run(all_of_them())


def test_a_poll_that_is_held_longer_than_allowed_is_made_again() -> None:
    api, asked = answers(1_000, UPDATE, RESULT)
    assert ["running", "complete"] == words(api)
    assert ["/v2/poll/7", "/status", "/v2/poll/7", "/v2/poll/7"] == [path for _, path in asked]
    assert asked[1][0] - asked[0][0] == pytest.approx(HOLD_S)


@pytest.mark.parametrize("status", [408, 504, 524])
def test_a_proxy_that_gives_up_a_held_poll_is_no_failure(status: int) -> None:
    api, _ = answers(*[30, httpx.Response(status, text="<html>")] * 4, RESULT)
    assert ["complete"] == words(api)


def test_polls_that_are_not_held_are_spaced() -> None:
    api, asked = answers(*[UPDATE] * 30, RESULT)
    words(api)
    assert asked[-1][0] - asked[0][0] > 25


def test_polls_that_are_held_follow_each_other_at_once() -> None:
    api, asked = answers(*[5, UPDATE] * 10, RESULT)
    words(api)
    assert asked[-1][0] - asked[0][0] == pytest.approx(50, abs=1)


def test_an_answer_that_cannot_be_read_is_asked_for_again() -> None:
    api, asked = answers(httpx.Response(200, text="<html>"), {}, RESULT)
    assert (["complete"], 3) == (words(api), len(asked))


def test_a_service_that_is_gone_is_a_failed_connection() -> None:
    api, _ = answers(*[httpx.ConnectError("no")] * 200)
    with pytest.raises(ConnectionFailed):
        words(api)


def test_a_job_that_is_not_known_is_not_found() -> None:
    api, _ = answers(httpx.Response(404, json={"error": {"code": "unknown_job", "message": "no such job"}}))
    with pytest.raises(NotFound, match="no such job"):
        words(api)


def test_an_id_cannot_lead_elsewhere() -> None:
    api, asked = answers(RESULT)
    run(api.poll("../../admin"))
    assert "/v2/poll/" in asked[0][1]
    assert api.http.base_url == "https://worker.example"


@pytest.mark.parametrize("text", ["", "<html>", "[]", '{"type": "update"}'])
def test_an_accepted_submit_that_cannot_be_read_is_never_sent_again(text: str) -> None:
    api, asked = answers(httpx.Response(200, text=text))
    with pytest.raises(SubmitUnknown, match="list of jobs"):
        run(api.submit({"model": "flux-dev"}))
    assert len(asked) == 1


def test_a_refusal_is_a_value_and_repeats_no_key() -> None:
    from ipyimagegen.net.secrets import Secret
    from ipyimagegen.services.openpixels.api import connect

    http = connect(Secret("sk-op-made-up-key"), "https://worker.example")

    async def refuse(request: httpx.Request) -> httpx.Response:
        error = {"code": "x", "message": "no", "params": {"sent": request.headers["authorization"]}}
        return httpx.Response(400, json={"error": error})

    refusing = Http(
        "openpixels", "https://worker.example", authorize=http.authorize, transport=httpx.MockTransport(refuse)
    )
    result: Any = asyncio.run(Api(refusing).run({"model": "m"}))
    assert ("failed", "no") == (result["status"], result["error"]["message"])
    assert "made-up" not in str(result)
