"""Sessions, and what of an async client can be awaited or used at once."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from ipyimagegen.core.errors import InvalidInput, NotFound
from ipyimagegen.net.http import Http
from ipyimagegen.services.inferencesh import (
    APIError,
    AsyncTaskStream,
    SessionExpiredError,
    SessionNotFoundError,
    async_inference,
    inference,
)
from tests.unit.net.virtual import EvenClock

BASE = "https://service.example"
DONE = {"id": "t1", "status": 10, "session_id": "s1", "output": {"text": "well"}}


class Service:
    """Answers of the service; `asked` are the requests as (method, path, body)."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        self.refusal: tuple[int, dict[str, Any]] | None = None

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked.append((request.method, path, json.loads(request.content or b"null")))
        if self.refusal is not None:
            return httpx.Response(self.refusal[0], json=self.refusal[1])
        if path.endswith("/stream"):
            lines = [{**DONE, "status": 7, "output": None, "progress": 50}, DONE]
            body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
            return httpx.Response(200, content=body, headers={"content-type": "application/x-ndjson"})
        if path == "/sessions":
            return httpx.Response(200, json={"data": None})
        if path.startswith("/sessions/"):
            return httpx.Response(204 if request.method == "DELETE" else 200, json={"data": {"id": "s1"}})
        return httpx.Response(200, json={**DONE, "status": 1} if path.endswith("/run") else DONE)

    def of(self, client: Any) -> Any:
        client._calls.api.http = Http(
            "inferencesh", BASE, transport=httpx.MockTransport(self.answer), clock=EvenClock()
        )
        return client

    def paths(self) -> list[tuple[str, str]]:
        return [(method, path) for method, path, _ in self.asked if not path.endswith("/stream")]


@pytest.fixture
def service() -> Service:
    return Service()


CALLS = [("POST", "/apps/run"), ("POST", "/apps/run"), ("GET", "/sessions/s1"), ("DELETE", "/sessions/s1")]


def test_a_session_begins_with_a_call_and_is_ended_with_its_block(service: Service) -> None:
    with service.of(inference("key", BASE)).session("a/b", input={"x": 1}, session_timeout=60) as session:
        assert "well" == session.call("step", {"y": 2})["output"]["text"]
        assert {"id": "s1"} == session.info()
    session.end()
    assert CALLS == service.paths()
    first, second = (body for _, path, body in service.asked if path == "/apps/run")
    assert {"app": "a/b", "function": "run", "input": {"x": 1}, "session": "new", "session_timeout": 60} == first
    assert {"app": "a/b", "function": "step", "input": {"y": 2}, "session": "s1"} == second
    with pytest.raises(RuntimeError, match="was ended"):
        session.call()


@pytest.mark.parametrize("use_it", ["awaited", "at once"])
def test_a_session_of_an_async_client_is_awaited_or_used_at_once(service: Service, use_it: str) -> None:
    async def use() -> None:
        opening = service.of(async_inference("key", BASE)).session("a/b")
        async with (await opening) if use_it == "awaited" else opening as session:
            assert "well" == (await session.call("step"))["output"]["text"]
            await session.info()

    asyncio.run(use())
    assert CALLS == service.paths()


@pytest.mark.parametrize("use_it", ["awaited", "at once"])
def test_a_stream_is_awaited_or_read_at_once_and_its_task_is_sent_once(service: Service, use_it: str) -> None:
    async def read() -> list[Any]:
        opening = service.of(async_inference("key", BASE)).run({"app": "a/b", "input": {}}, stream=True)
        if use_it == "awaited":
            assert isinstance(await opening, AsyncTaskStream)
        return [update.get("progress") async for update in (await opening if use_it == "awaited" else opening)]

    assert [50, 50] == asyncio.run(read())
    assert [("POST", "/apps/run")] == service.paths()


def test_nothing_is_sent_for_a_stream_that_nobody_reads(service: Service) -> None:
    assert "not opened" in repr(service.of(async_inference("key", BASE)).run({"app": "a/b"}, stream=True))
    assert [] == service.asked


def test_a_refused_stream_raises_where_it_is_read(service: Service) -> None:
    service.refusal = (404, {"detail": "no such app"})

    async def read() -> None:
        async for _ in service.of(async_inference("key", BASE)).run({"app": "a/b"}, stream=True):
            pass

    with pytest.raises(APIError, match="no such app"):
        asyncio.run(read())


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [(404, "session_not_found", SessionNotFoundError), (410, "SESSION_EXPIRED", SessionExpiredError)],
)
def test_what_is_wrong_with_a_session_has_its_own_error(
    service: Service, status: int, code: str, kind: type[SessionNotFoundError]
) -> None:
    service.refusal = (status, {"success": False, "error": {"code": code, "message": "no"}})
    with pytest.raises(kind) as caught:
        service.of(inference("key", BASE)).sessions.get("s9")
    assert isinstance(caught.value, NotFound)
    assert ("s9", status, code) == (caught.value.session_id, caught.value.status_code, caught.value.code)
    made = kind("s9")
    assert ("s9", status) == (made.session_id, made.status_code)


def test_other_calls_about_sessions(service: Service) -> None:
    sessions = service.of(inference("key", BASE)).sessions
    assert [] == sessions.list()
    assert {"id": "s1"} == sessions.keepalive("s/1")
    assert [("GET", "/sessions"), ("POST", "/sessions/s/1/keepalive")] == service.paths()
    with pytest.raises(InvalidInput):
        sessions.end("..")


def test_a_task_is_cancelled_by_either_name() -> None:
    client = inference("key", BASE)
    assert client.tasks.cancel == client.cancel == client.cancel_task
