"""Looks and results, against a service of a few lines, in virtual time."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import httpx
import pytest

from ipyimagegen.core.errors import RateLimited, SubmitUnknown
from ipyimagegen.net.http import Http
from ipyimagegen.net.secrets import Secret
from ipyimagegen.services.speedpix.answers import Task
from ipyimagegen.services.speedpix.api import Api, connect
from ipyimagegen.services.speedpix.errors import SpeedPixAuthenticationFailed, SpeedPixException
from ipyimagegen.services.speedpix.orders import read_call
from tests.unit.net.virtual import EvenClock, run

HOST = "https://speedpix.example"
RUNNING = {"status": "running", "progress": 0.5}
DONE = {"status": "succeeded", "progress": 1}
RESULT = {"images": {"url": "https://h/a.png"}}
ORDER = read_call("w", {"prompt": "x"}, {}).order


def framed(data: Any, **error: str) -> dict[str, Any]:
    return {"status": 20 if error else 10, "data": data, **error}


class Stream(httpx.AsyncByteStream):
    """A body as the wire has it."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.data


class Service:
    """Gives the answers of each route in turn; the last one again and again."""

    def __init__(self, **routes: list[Any]) -> None:
        self.routes = routes
        self.asked: list[tuple[float, str]] = []
        authorize = connect(Secret("the-key"), Secret("the-secret"), HOST).authorize
        transport = httpx.MockTransport(self._answer)
        self.api = Api(Http("speedpix", HOST, authorize=authorize, transport=transport, clock=EvenClock()))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        route = request.url.path.rpartition("/")[2].rpartition("_")[2]
        self.asked.append((asyncio.get_running_loop().time(), route))
        assert "x-ca-signature" in request.headers
        json.loads(request.content)
        answers = self.routes[route]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def times(self, route: str) -> list[float]:
        return [at for at, asked in self.asked if asked == route]

    def follow(self, **options: Any) -> list[Task]:
        async def all_of_them() -> list[Task]:
            return [task async for task in self.api.follow(Task(id="t"), **options)]

        return run(all_of_them())


def test_a_result_that_comes_late_is_waited_for() -> None:
    late, full = framed({**DONE, "result": None}), framed({**DONE, "result": RESULT})
    service = Service(progress=[framed(RUNNING), framed(DONE)], result=[late, late, full])
    assert RESULT == service.follow()[-1].result
    assert len(service.times("result")) == 3


def test_a_failed_job_has_the_words_and_the_codes_of_the_service() -> None:
    failure = framed(None, errCode="BizError", subErrCode="OOM", subErrMessage="out of memory", apiInvokeId="i7")
    service = Service(progress=[framed({"status": "failed"})], result=[failure])
    task = service.follow()[-1]
    assert ("failed", "out of memory", "OOM", "i7") == (task.phase, task.error, task.error_code, task.invoke_id)


def test_a_look_that_cannot_be_read_is_made_again() -> None:
    page = httpx.Response(200, text="<html>please sign in")
    service = Service(progress=[page, httpx.Response(200), framed(DONE)], result=[framed({**DONE, "result": RESULT})])
    assert "succeeded" == service.follow()[-1].phase


def test_a_look_that_is_answered_with_a_bomb_or_damaged_is_made_again() -> None:
    bomb = httpx.Response(200, headers={"content-encoding": "gzip"}, stream=Stream(gzip.compress(bytes(32 * 2**20))))
    damaged = httpx.Response(200, headers={"content-encoding": "gzip"}, stream=Stream(b"nothing of the kind"))
    service = Service(progress=[bomb, damaged, framed(DONE)], result=[framed({**DONE, "result": RESULT})])
    assert "succeeded" == service.follow()[-1].phase


def test_a_submit_that_is_answered_with_a_bomb_is_never_sent_again() -> None:
    bomb = httpx.Response(200, headers={"content-encoding": "gzip"}, stream=Stream(gzip.compress(bytes(32 * 2**20))))
    service = Service(prompt=[bomb])
    with pytest.raises(SubmitUnknown):
        run(service.api.submit(ORDER))
    assert len(service.asked) == 1


def test_a_look_that_can_never_be_read_is_a_documented_error() -> None:
    service = Service(progress=[httpx.Response(200, text="<html>")])
    with pytest.raises(SpeedPixException, match="JSON was expected"):
        service.follow()


def test_only_a_job_that_was_seen_from_its_start_teaches_how_long_one_takes() -> None:
    for age_s, learned in ((3_600.0, 0), (0.0, 1)):
        service = Service(progress=[framed(DONE)], result=[framed({**DONE, "result": RESULT})])
        service.follow(model="w@main", age_s=age_s)
        assert learned == len(service.api.durations.of("w@main"))


def test_an_interval_is_kept() -> None:
    results = [framed({**DONE, "result": RESULT})]
    service = Service(progress=[*[framed({"status": "running"})] * 5, framed(DONE)], result=results)
    service.follow(interval_s=4.0)
    looks = service.times("progress")
    assert all(later - earlier <= 4.0 for earlier, later in pairwise(looks))
    assert looks[-1] - looks[0] >= 4.0 * (len(looks) - 2)


def test_a_full_service_that_says_so_in_its_frame_is_asked_again() -> None:
    full = framed(None, errCode="BizError", subErrCode="Throttling.User", subErrMessage="too many jobs")
    service = Service(prompt=[full, full, framed({"taskId": "t", "status": "waiting"})])
    assert "t" == run(service.api.submit(ORDER)).id
    assert len(service.asked) == 3


def test_a_refusal_in_the_frame_is_not_sent_again() -> None:
    service = Service(prompt=[framed(None, errCode="BizError", errMessage="rejected", subErrMessage="no")])
    with pytest.raises(SpeedPixException, match="rejected: no") as caught:
        run(service.api.submit(ORDER))
    assert (200, 1, False) == (caught.value.status_code, len(service.asked), isinstance(caught.value, RateLimited))


@pytest.mark.parametrize("answer", [httpx.Response(200), httpx.Response(200, text="<html>"), framed({}), framed(None)])
def test_an_accepted_submit_that_cannot_be_read_is_never_sent_again(answer: Any) -> None:
    service = Service(prompt=[answer])
    with pytest.raises(SubmitUnknown, match="list of jobs"):
        run(service.api.submit(ORDER))
    assert len(service.asked) == 1


def test_the_reason_in_the_header_is_told_without_the_key() -> None:
    reason = "Invalid Signature, Server StringToSign:`POST#x-ca-key:the-key#`"
    service = Service(prompt=[httpx.Response(400, headers={"x-ca-error-message": reason, "x-ca-request-id": "R1"})])
    with pytest.raises(SpeedPixAuthenticationFailed, match="Invalid Signature") as caught:
        run(service.api.submit(ORDER))
    assert ("R1", False) == (caught.value.request_id, "the-key" in str(caught.value))
