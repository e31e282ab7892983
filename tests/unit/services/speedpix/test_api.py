"""Looks and results, against a service of a few lines, in virtual time."""

from __future__ import annotations

import asyncio
import gzip
import json
import math
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.core.errors import JobFailed, RateLimited, SubmitUnknown
from ipyimagegen.net.http import Http
from ipyimagegen.net.secrets import Secret
from ipyimagegen.services.speedpix.answers import Task
from ipyimagegen.services.speedpix.api import Api, connect
from ipyimagegen.services.speedpix.client import Client
from ipyimagegen.services.speedpix.errors import PredictionError, SpeedPixAuthenticationFailed, SpeedPixException
from ipyimagegen.services.speedpix.orders import read_call
from ipyimagegen.services.speedpix.predictions import Predictions
from tests.unit.net.virtual import EvenClock, run

HOST = "https://speedpix.example"
RUNNING = {"status": "running", "progress": 0.5}
DONE = {"status": "succeeded", "progress": 1}
RESULT = {"images": {"url": "https://h/a.png"}}
ORDER = read_call("w", {"prompt": "x"}, {}).order


def framed(data: Any, **error: str) -> dict[str, Any]:
    return {"status": 20 if error else 10, "data": data, **error}


@pytest.mark.parametrize("result", [None, {}, [], ""])
def test_run_raises_the_documented_error_for_a_finished_job_without_output(result: Any) -> None:
    submitted = framed({"taskId": "t", "status": "waiting"})
    ended = framed({"taskId": "t", "status": "succeeded", "result": result, "images": []})
    service = Service(prompt=[submitted], progress=[framed(DONE)], result=[ended])
    client = Client("key", "secret", HOST)
    client._api, client.predictions = service.api, Predictions(service.api)
    with pytest.raises(PredictionError, match="has no output") as caught:
        run(client._run(read_call("w", {"prompt": "x"}, {})))
    assert ("t", True) == (caught.value.job_id, isinstance(caught.value, JobFailed))


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
        assert learned == len(service.api.paces.of("w@main"))


class Job:
    """A workflow's run as SpeedPix tells of it: in the queue, then at work in 20 steps. Then it succeeds, or fails.

    The result of one that failed is an answer without files, or refused with a code.
    """

    def __init__(self, queued_s: float, run_s: float, *, early_results: bool = True, end: str = "succeeded") -> None:
        self.queued_s, self.run_s, self.early_results, self.end = queued_s, run_s, early_results, end
        self.asked: list[str] = []
        authorize = connect(Secret("the-key"), Secret("the-secret"), HOST).authorize
        transport = httpx.MockTransport(self._answer)
        self.api = Api(Http("speedpix", HOST, authorize=authorize, transport=transport, clock=EvenClock()))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        ran_s = asyncio.get_running_loop().time() - self.began_s - self.queued_s
        self.asked.append(request.url.path.rpartition("_")[2])
        if ran_s >= self.run_s and self.end == "succeeded":
            made = {"result": RESULT} if self.asked[-1] == "result" else {}
            return httpx.Response(200, json=framed({**DONE, **made}))
        if ran_s >= self.run_s and self.end != "answered" and self.asked[-1] == "result":
            reason = {"errCode": "BizError", "subErrCode": self.end, "subErrMessage": "no luck"}
            return httpx.Response(200, json=framed(None, **reason))
        if ran_s >= self.run_s:
            return httpx.Response(200, json=framed({"status": "failed"}))
        if self.asked[-1] == "result" and not self.early_results:
            return httpx.Response(200, json=framed(None, errCode="BizError", subErrCode="TASK_NOT_FINISHED"))
        if ran_s < 0:
            return httpx.Response(200, json=framed({"status": "waiting", "progress": 0}))
        told = {"progress": int(ran_s / self.run_s * 20) / 20} if self.asked[-1] == "progress" else {}
        return httpx.Response(200, json=framed({"status": "running", **told}))

    async def once(self, **options: Any) -> list[Task]:
        self.asked.clear()
        self.began_s = asyncio.get_running_loop().time()
        return [told async for told in self.api.follow(Task(id="t", phase="waiting"), model="w@main", **options)]

    def times(self, number: int, **options: Any) -> tuple[list[Task], float]:
        """Run it so often; what the last one told, and how long after its end."""

        async def scenario() -> tuple[list[Task], float]:
            for _ in range(number):
                told = await self.once(**options)
            lost_s = asyncio.get_running_loop().time() - self.began_s - self.queued_s - self.run_s
            return told, lost_s

        return run(scenario())


@given(
    queued_s=st.just(0.0) | st.floats(0, 20),
    run_s=st.floats(0.01, 60),
    interval_s=st.sampled_from([None, 0.25, 1.0, 4.0]),
    number=st.integers(1, 4),
    early_results=st.booleans(),
    end=st.sampled_from(["succeeded", "answered", "TASK_FAILED", "E42"]),
)
def test_a_job_takes_no_more_requests_than_a_look_each_interval_and_one_for_the_result(
    *, queued_s: float, run_s: float, interval_s: float | None, number: int, early_results: bool, end: str
) -> None:
    job = Job(queued_s, run_s, early_results=early_results, end=end)
    told, lost_s = job.times(number, interval_s=interval_s)
    unit_s = interval_s or 1.0
    lesson = 0 if early_results else 2  # that it gives out no early results is learned once
    lesson += end == "E42"  # whether this is a failure must be asked
    assert len(job.asked) <= math.ceil((queued_s + run_s) / unit_s) + 1 + lesson
    assert (end == "succeeded") == (told[-1].phase == "succeeded")
    assert told[-1].concluded
    assert {"succeeded": "", "answered": "failed"}.get(end, "no luck") == told[-1].error
    assert lost_s <= 5 * unit_s


def test_a_job_that_is_due_is_asked_for_its_result_outright() -> None:
    job = Job(0.0, 7.0)
    _, lost_s = job.times(4)
    assert lost_s < 0.3
    assert job.asked[-1] == "result"
    assert len(job.asked) <= 5


def test_an_early_result_that_is_refused_is_not_asked_for_again() -> None:
    job = Job(0.0, 7.0, early_results=False)
    told, _ = job.times(3)
    assert job.asked[:-1] == ["progress"] * (len(job.asked) - 1)
    assert RESULT == told[-1].result


def test_a_result_that_was_not_ready_is_no_reason_why_a_job_failed() -> None:
    not_ready = framed(None, errCode="BizError", subErrCode="TASK_NOT_FINISHED", subErrMessage="not finished")
    reason = framed(None, errCode="BizError", subErrCode="TASK_FAILED", subErrMessage="no luck")
    service = Service(progress=[framed({"status": "failed"})], result=[not_ready, reason])
    service.api.paces.add("w@main", 0.5)
    (told,) = service.follow(model="w@main")
    assert "no luck" == told.error


def test_what_was_told_of_the_progress_stands_until_more_is_told() -> None:
    fractions = [task.fraction for task in Job(0.0, 7.0).times(3)[0][:-1]]
    assert fractions == sorted(fractions, key=lambda fraction: fraction or 0.0)


def test_a_job_that_takes_far_longer_than_earlier_ones_still_tells_how_far_it_is() -> None:
    job = Job(0.0, 4.0)
    job.times(2)
    job.run_s = 40.0
    told, lost_s = job.times(1)
    late = [task.fraction for task in told[:-1] if task.fraction is not None and task.fraction > 0.25]
    assert len(late) > 20
    assert late == sorted(late)
    assert len(job.asked) <= 41
    assert lost_s <= 1.1


def test_an_interval_is_the_longest_time_between_two_polls() -> None:
    results = [framed({**DONE, "result": RESULT})]
    service = Service(progress=[*[framed({"status": "running"})] * 5, framed(DONE)], result=results)
    service.follow(interval_s=4.0)
    polls = [at for at, _ in service.asked]
    assert all(later - earlier <= 4.0 for earlier, later in pairwise(polls))


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
