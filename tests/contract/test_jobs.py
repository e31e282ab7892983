"""Every service: a job from its submit to its picture, and the ways out."""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import sys
import threading
from importlib.metadata import entry_points

import pytest

from ipyimagegen.core.errors import JobCancelled, MissingKey
from ipyimagegen.core.events import Final, Progress, Queued, Running, Succeeded
from ipyimagegen.core.jobs import JobState, apply
from ipyimagegen.core.requests import Ticket
from ipyimagegen.gateway import Fault, Gateway, TimedWork
from ipyimagegen.jobs.client import Client
from ipyimagegen.jobs.job import Job
from ipyimagegen.runtime import runtime
from ipyimagegen.services.base import Service
from ipyimagegen.settings.keys import SERVICES
from tests.gateways import arrival, serving

from .calls import events, pictures, request_for, submit
from .worlds import HOSTED, LOCAL, World

ORDER = ("preparing", "queued", "running", "fetching")
FOLLOWER = """
import hashlib, json, sys
from ipyimagegen.core.requests import Ticket
from ipyimagegen.runtime import runtime
from ipyimagegen.services.base import Registry

async def main(ticket):
    service = Registry.discover().get(ticket.service)
    news = [event async for event in service.follow(ticket)]
    data = [(await service.fetch(output)).read() for output in news[-1].outputs]
    await service.aclose()
    return [hashlib.sha256(each).hexdigest() for each in data]

print(json.dumps(runtime().run(main(Ticket.from_json(json.load(sys.stdin))))))
"""


def test_every_installed_service_is_under_contract() -> None:
    ours = {point.name for point in entry_points(group=SERVICES) if point.value.startswith("ipyimagegen.")}
    assert ours == {world.service for world in (LOCAL, *HOSTED)}


def test_a_job_goes_forward_and_ends_once(world: World, service: Service) -> None:
    news = events(service, submit(service, world))
    assert [isinstance(event, Final) for event in news] == [False] * (len(news) - 1) + [True]
    assert isinstance(news[-1], Succeeded)
    assert len(news[-1].outputs) >= 1
    states = [state := JobState()] + [state := apply(state, event, 1.0) for event in news]
    places = [ORDER.index(state.phase) for state in states]
    assert places == sorted(places)


def test_something_is_said_before_the_end(world: World, service: Service, work: TimedWork) -> None:
    work.seconds = 1.5
    news = events(service, submit(service, world))
    assert any(isinstance(event, Queued | Running | Progress) for event in news[:-1])


def test_one_job_is_sent_once_and_its_picture_is_whole(hosted: World, client: Client, gateway: Gateway) -> None:
    result = client.run(hosted.name, **hosted.params)
    assert result.images[0].bytes == TimedWork().picture
    assert len(gateway.requests.of(hosted.service, hosted.submit)) == 1
    assert len(gateway.jobs()) == 1


def test_three_pictures_are_three_jobs(hosted: World, client: Client, gateway: Gateway) -> None:
    assert len(client.run(hosted.name, n=3, **hosted.params).images) == 3
    assert len(gateway.requests.of(hosted.service, hosted.submit)) == 3


def test_the_model_is_described_without_a_key(
    world: World, service: Service, client: Client, monkeypatch: pytest.MonkeyPatch, gateway: Gateway
) -> None:
    for name in gateway.env():
        monkeypatch.delenv(name)
        if name.endswith(("_URL", "_ENDPOINT")):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
    spec = client.model(world.name)
    assert (spec.service, spec.name) == (world.service, world.model)
    assert spec.params.open or spec.params.prompt is not None
    assert {found.service for found in runtime().run(service.models())} <= {world.service}


def test_without_a_key_nothing_is_sent(
    hosted: World, service: Service, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = request_for(service, hosted)
    for name in gateway.env():
        if "KEY" in name:
            monkeypatch.delenv(name)
    gateway.requests.clear()
    with pytest.raises(MissingKey, match="KEY"):
        runtime().run(service.submit(request))
    assert gateway.requests.of(hosted.service) == []


def test_a_ticket_is_enough_in_another_process(world: World, service: Service) -> None:
    ticket = submit(service, world)
    text = json.dumps(ticket.to_json())
    assert Ticket.from_json(json.loads(text)) == ticket
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FOLLOWER],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert json.loads(done.stdout) == [hashlib.sha256(data).hexdigest() for data in pictures(service, ticket)]


def test_a_job_can_be_followed_again(world: World, service: Service) -> None:
    ticket = submit(service, world)
    assert pictures(service, ticket) == pictures(service, ticket)


def _started(job: Job) -> None:
    """Wait until the service has said that the job runs."""
    running = threading.Event()
    job.watch(lambda _: running.set() if job.phase == "running" else None)
    assert job.phase == "running" or running.wait(30)


def test_a_cancelled_job_stops_there_or_says_that_it_does_not(world: World, client: Client, gateway: Gateway) -> None:
    if world is not LOCAL:
        gateway.faults.add(Fault("job_stuck", service=world.service, route=world.submit))
    job = client.submit(world.name, **world.params, **world.slow)
    assert isinstance(job, Job)
    _started(job)
    assert job.cancel()
    with pytest.raises(JobCancelled):
        job.result(timeout=30)
    assert job.phase == "cancelled"
    if world is not LOCAL:
        stopped = gateway.jobs()[0].phase == "cancelled"
        assert stopped != bool(job.spec.cannot_cancel)
        assert stopped or "goes on" in job.state.error


def test_a_cancel_while_the_submit_is_on_its_way_keeps_the_ticket(
    hosted: World, client: Client, gateway: Gateway, work: TimedWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.seconds = 60.0
    came = arrival(gateway, hosted.service, hosted.submit, monkeypatch)
    gateway.faults.add(Fault("latency", service=hosted.service, route=hosted.submit, seconds=0.5))
    job = client.submit(hosted.name, **hosted.params)
    assert isinstance(job, Job)
    assert came.wait(30)
    job.cancel()
    with pytest.raises(JobCancelled):
        job.result(timeout=30)
    assert job.ticket is not None
    assert job.ticket.remote_id == gateway.jobs()[0].id
    assert len(gateway.requests.of(hosted.service, hosted.submit)) == 1


def test_a_cancel_before_the_submit_sends_nothing(
    hosted: World, client: Client, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    came = arrival(gateway, hosted.service, hosted.submit, monkeypatch)
    gateway.faults.add(
        Fault("status", service=hosted.service, route=hosted.submit, status=429, retry_after_s=3_000, times=None)
    )
    job = client.submit(hosted.name, **hosted.params)
    assert isinstance(job, Job)
    assert came.wait(30)
    job.cancel()
    with pytest.raises(JobCancelled):
        job.result(timeout=30)
    assert gateway.jobs() == []


@pytest.mark.slow
def test_forty_jobs_all_finish_where_eight_are_taken_at_a_time(
    hosted: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def one(limit: asyncio.Semaphore) -> int:
        async with limit:
            return len((await client.async_run(hosted.name, **hosted.params)).images)

    async def all_of_them() -> list[int]:
        limit = asyncio.Semaphore(16)
        return await asyncio.gather(*(one(limit) for _ in range(40)))

    with serving(monkeypatch, work=TimedWork(0.1), slots=8, queue_limit=0, retry_after_s=0.2) as small:
        assert asyncio.run(all_of_them()) == [1] * 40
        assert len(small.jobs()) == 40
