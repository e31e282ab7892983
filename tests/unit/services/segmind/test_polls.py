"""Waiting for a request: never more polls than a client that asks every second, and no longer than allowed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.core.errors import JobFailed, JobTimeout, NotFound, ServiceUnavailable
from ipyimagegen.net.http import Http
from ipyimagegen.services.kit.paces import Paces
from ipyimagegen.services.segmind.addresses import Addresses
from ipyimagegen.services.segmind.api import Api, Handle, Told
from ipyimagegen.services.segmind.errors import InferenceFailed, InferenceTimeout, SegmindSubmitUnknown
from tests.unit.net.virtual import EvenClock, run

BASE = "https://api.segmind.com"


class Pretended:
    """A request that is queued for a while, runs for a while, and ends."""

    def __init__(self, queued_s: float = 0.0, run_s: float = 1.0, *, fails: bool = False, timed: bool = True) -> None:
        self.queued_s, self.run_s, self.fails, self.timed = queued_s, run_s, fails, timed
        self.polls: list[float] = []
        self.results = 0
        self.odd: list[httpx.Response] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        now = asyncio.get_running_loop().time()
        if request.method == "POST":
            self.began = now
            return httpx.Response(200, json={"request_id": "r", "status": "QUEUED"})
        if request.url.path.endswith("/status"):
            self.polls.append(now - self.began)
            if self.odd:
                return self.odd.pop(0)
        else:
            self.results += 1
        elapsed = now - self.began
        if elapsed < self.queued_s:
            return httpx.Response(200, json={"status": "QUEUED"})
        if elapsed < self.queued_s + self.run_s:
            return httpx.Response(200, json={"status": "PROCESSING"})
        if self.fails:
            return httpx.Response(422, json={"status": "FAILED", "error": "NSFW content"})
        metrics = {"inference_time": self.run_s} if self.timed else {}
        headers = {"x-seed-value": "11"}
        return httpx.Response(200, json={"status": "COMPLETED", "output": "x", "metrics": metrics}, headers=headers)


def api_for(handler: Any, paces: Paces | None = None) -> Api:
    api = Api("SG_made_up", BASE, paces=paces or Paces())
    api.http = Http("segmind", BASE, transport=httpx.MockTransport(handler), clock=EvenClock())
    return api


def waited(
    service: Pretended, *, times: int = 1, timeout_s: float | None = None, interval_s: float = 1.0
) -> tuple[Told, float]:
    async def scenario() -> tuple[Told, float]:
        api = api_for(service)
        clock = asyncio.get_running_loop().time
        for _ in range(times):
            service.polls.clear()
            handle = await api.submit("flux-dev", {})
            began = clock()
            told = await api.finished(handle, timeout_s=timeout_s, interval_s=interval_s)
        return told, clock() - began

    return run(scenario())


def test_a_quick_job_is_asked_after_once() -> None:
    service = Pretended(run_s=0.3)
    told, took_s = waited(service)
    assert (told.body["status"], told.seed, len(service.polls), service.results) == ("COMPLETED", 11, 1, 1)
    assert took_s < 0.6


def test_what_earlier_jobs_took_makes_later_ones_prompt() -> None:
    for timed in (True, False):
        first, later = Pretended(run_s=7.3, timed=timed), Pretended(run_s=7.3, timed=timed)
        waited(first)
        _, took_s = waited(later, times=4)
        assert took_s < 7.3 + 0.6
        assert len(later.polls) <= len(first.polls)


@given(
    queued_s=st.floats(0, 30),
    run_s=st.floats(0.01, 120),
    interval_s=st.sampled_from([0.2, 1.0, 3.0]),
    times=st.integers(1, 3),
    timed=st.booleans(),
)
def test_at_no_moment_more_polls_than_one_at_once_and_one_each_interval(
    *, queued_s: float, run_s: float, interval_s: float, times: int, timed: bool
) -> None:
    service = Pretended(queued_s, run_s, timed=timed)
    _, took_s = waited(service, times=times, interval_s=interval_s)
    for number, at in enumerate(service.polls):
        assert at >= number * interval_s - 1e-6
    assert took_s <= (queued_s + run_s) * 1.25 + 12 * max(interval_s, 1.0)


@given(st.floats(0, 20), st.floats(0.1, 20))
def test_a_wait_ends_at_its_timeout(timeout_s: float, interval_s: float) -> None:
    service = Pretended(run_s=1e6)
    with pytest.raises(InferenceTimeout) as caught:
        waited(service, timeout_s=timeout_s, interval_s=interval_s)
    assert isinstance(caught.value, JobTimeout)
    assert caught.value.request_id == "r"
    assert caught.value.elapsed_s == pytest.approx(timeout_s, abs=0.01)
    assert len(service.polls) <= timeout_s / interval_s + 1


def test_a_failed_job_has_its_reason_and_its_answer() -> None:
    with pytest.raises(InferenceFailed) as caught:
        waited(Pretended(fails=True))
    assert isinstance(caught.value, JobFailed)
    assert (caught.value.detail, caught.value.status_body["status"]) == ("NSFW content", "FAILED")


def test_a_status_that_cannot_be_read_is_asked_for_again() -> None:
    service = Pretended(run_s=0.1)
    service.odd = [httpx.Response(200, text="<h1>Hello</h1>"), httpx.Response(200), httpx.Response(503)]
    assert waited(service)[0].body["status"] == "COMPLETED"


def test_a_record_that_expired_says_so() -> None:
    service = Pretended()
    service.odd = [httpx.Response(404, json={"error": "Request not found"})]
    with pytest.raises(NotFound, match="Request not found"):
        waited(service)


def test_an_unknown_status_word_is_not_the_end() -> None:
    service = Pretended(run_s=0.1)
    service.odd = [httpx.Response(200, json={"status": "POSTPROCESSING"})]
    assert waited(service)[0].body["status"] == "COMPLETED"


def test_a_request_found_by_its_id_is_asked_after_at_once() -> None:
    async def scenario() -> float:
        service = Pretended(run_s=0.0)
        service.began = 0.0
        api = api_for(service)
        await api.finished(api.handle("r"))
        return service.polls[0]

    assert run(scenario()) == 0


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b'{"request_id": ""}'])
def test_a_submit_whose_answer_names_no_request_is_unknown(body: bytes) -> None:
    async def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=body)

    with pytest.raises(SegmindSubmitUnknown, match="history"):
        run(api_for(handler).submit("flux-dev", {}))


def test_a_refusal_that_explains_itself_is_sent_again_and_a_lost_answer_is_not() -> None:
    sent: list[int] = []

    def answering(*answers: httpx.Response) -> Callable[..., Any]:
        turn = list(answers)

        async def handler(request: httpx.Request) -> httpx.Response:
            sent.append(1)
            return turn.pop(0)

        return handler

    accepted = httpx.Response(200, json={"request_id": "r"})
    handle = run(api_for(answering(httpx.Response(500, json={"error": "busy"}), accepted)).submit("flux-dev", {}))
    assert (handle.request_id, len(sent)) == ("r", 2)
    sent.clear()
    with pytest.raises(SegmindSubmitUnknown) as caught:
        run(api_for(answering(httpx.Response(502, text="<h1>Bad Gateway</h1>"), accepted)).submit("flux-dev", {}))
    assert (caught.value.status, len(sent)) == (502, 1)


@pytest.mark.parametrize("route", ["run_sync", "workflow"])
def test_where_the_service_does_not_say_so_a_refusal_is_not_sent_again(route: str) -> None:
    sent: list[int] = []

    async def handler(_request: httpx.Request) -> httpx.Response:
        sent.append(1)
        return httpx.Response(500, json={"error": "a bad value"})

    api = api_for(handler)
    with pytest.raises(ServiceUnavailable, match="a bad value"):
        run(api.blocking("flux-dev", {}) if route == "run_sync" else api.start_workflow(f"{BASE}/workflows/x", {}, "x"))
    assert len(sent) == 1


@pytest.mark.parametrize(
    "base", ["https://api.segmind.com", "https://api.segmind.com/v1", "https://api.segmind.com/v2/"]
)
def test_segminds_own_hosts(base: str) -> None:
    found = Addresses.of(base)
    assert (found.v1, found.storage) == ("https://api.segmind.com/v1", "https://workflows-api.segmind.com")
    assert found.account == "https://api.spotprod.segmind.com"


def test_another_base_moves_every_host() -> None:
    found = Addresses.of("http://127.0.0.1:8000/v1")
    assert found.own == ("http://127.0.0.1:8000",)
    assert found.trusted("https://api.segmind.com/workflows/x?y=1", "") == "http://127.0.0.1:8000/workflows/x?y=1"


@pytest.mark.parametrize("url", [None, "", 3, "http://169.254.169.254/x", "https://evil.example/v2", "nonsense"])
def test_an_address_elsewhere_is_not_followed(url: object) -> None:
    assert Addresses.of(BASE).trusted(url, "mine") == "mine"


def test_ids_stay_one_part_of_a_path() -> None:
    assert Addresses.of(BASE).request("../x?y").endswith("/v2/requests/..%2Fx%3Fy")


def test_handles_are_values() -> None:
    assert Handle(request_id="r", status_url="s") == Handle(request_id="r", status_url="s")
