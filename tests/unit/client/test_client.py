"""Running models: what a user's call does, over the embedded service and over one that tests steer."""

from __future__ import annotations

import asyncio
import copy
import pickle
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ipyimagegen.core.cost import UNKNOWN, Cost
from ipyimagegen.core.errors import (
    BudgetExceeded,
    ConnectionFailed,
    InvalidInput,
    JobCancelled,
    JobFailed,
    JobTimeout,
    MediaError,
    ProtocolError,
    UnknownJob,
    UnknownModel,
)
from ipyimagegen.core.events import (
    Cancelled,
    Event,
    Failed,
    Log,
    Output,
    Preview,
    Progress,
    Queued,
    Running,
    Succeeded,
)
from ipyimagegen.core.models import ModelSpec
from ipyimagegen.core.params import Params
from ipyimagegen.core.requests import Request, Ticket
from ipyimagegen.core.schema import read_params
from ipyimagegen.jobs.batch import Batch
from ipyimagegen.jobs.client import Client
from ipyimagegen.jobs.job import Job
from ipyimagegen.media.artifacts import Payload
from ipyimagegen.media.results import Result
from ipyimagegen.services.base import Registry
from ipyimagegen.services.local.service import Local
from ipyimagegen.settings.config import Settings

SMALL = {"width": 64, "height": 64, "num_inference_steps": 2}
PARAMS = read_params(
    {
        "required": ["prompt"],
        "properties": {
            "prompt": {"type": "string"},
            "seed": {"type": "integer", "minimum": -1, "maximum": 9},
            "image": {"type": "string", "format": "uri"},
        },
    }
)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c636060606000000005"
    "0001a5f645400000000049454e44ae426082"
)
FINISH = Succeeded(outputs=(Output(data=PNG, media_type="image/png"),))


class Scripted:
    """A service that plays the events it is given, and counts what it is asked."""

    name = "scripted"
    title = "Scripted"

    def __init__(self, *events: Event, price: Cost = UNKNOWN, refusal: str = "") -> None:
        self.events = events or (Queued(), Running(), FINISH)
        self.price = price
        self.refusal = refusal
        self.submitted: list[Request] = []
        self.cancelled: list[str] = []
        self.hold = asyncio.Event()
        self.waits_after: type[Event] | None = None
        self.following = threading.Event()
        self.fetches: Callable[[Output], Payload] = lambda output: Payload(data=output.data)

    async def models(self) -> Sequence[ModelSpec]:
        return [await self.model("model")]

    async def model(self, name: str) -> ModelSpec:
        if name != "model":
            raise UnknownModel(f"scripted/{name}")
        return ModelSpec(service="scripted", name="model", params=PARAMS, price=self.price)

    async def submit(self, request: Request) -> Ticket:
        self.submitted.append(request)
        return Ticket(service="scripted", model=request.model, remote_id=str(len(self.submitted)))

    async def follow(self, ticket: Ticket) -> AsyncIterator[Event]:
        for event in self.events:
            yield event
            if isinstance(event, self.waits_after or ()):
                self.following.set()
                await self.hold.wait()

    async def cancel(self, ticket: Ticket) -> str:
        self.cancelled.append(ticket.remote_id)
        return self.refusal

    async def fetch(self, output: Output) -> Payload:
        return self.fetches(output)

    async def aclose(self) -> None:
        """Nothing to close."""


def client_of(*services: Any, **settings: Any) -> Client:
    registry = Registry()
    for service in services:
        registry.add(service)
    return Client(settings=Settings(**settings), services=registry, journal=None)


@pytest.fixture(scope="module")
def client() -> Client:
    return client_of(Local())


@pytest.fixture
def scripted() -> Scripted:
    return Scripted()


def test_a_run_gives_a_picture_with_its_seed_cost_and_report(client: Client) -> None:
    result = client.run("local/sketch", prompt="a lighthouse", seed=7, **SMALL)
    (image,) = result.images
    assert (image.media_type, image.width, image.height, image.seed) == ("image/png", 64, 64, 7)
    assert (result.seed, str(result.cost), result.prompt) == (7, "free", "a lighthouse")
    assert result.asked == {"prompt": "a lighthouse", "seed": 7, **SMALL}
    assert "free" in result.report


def test_the_same_seed_gives_the_same_picture_and_a_drawn_seed_is_reported(client: Client) -> None:
    drawn = client.run("local/sketch", prompt="a boat", **SMALL)
    assert drawn.seed is not None
    assert f"seed={drawn.seed} was chosen" in drawn.report
    again = client.run("local/sketch", prompt="a boat", seed=drawn.seed, **SMALL)
    assert again.images[0].sha256 == drawn.images[0].sha256


def test_result_params_ask_for_the_same_picture_again(client: Client) -> None:
    first = client.run("local/sketch", prompt="a boat", **SMALL)
    params: dict[str, Any] = first.params
    assert client.run(first.model, **params).images[0].sha256 == first.images[0].sha256


def test_n_pictures_have_consecutive_seeds_and_each_can_be_made_alone(client: Client) -> None:
    result = client.run("local/sketch", prompt="a wood", seed=5, n=3, **SMALL)
    assert [image.seed for image in result.images] == [5, 6, 7]
    alone = client.run("local/sketch", prompt="a wood", seed=7, **SMALL)
    assert alone.images[0].sha256 == result.images[2].sha256


def test_a_result_is_an_input(client: Client) -> None:
    first = client.run("local/sketch", prompt="a lake", seed=1, **SMALL)
    second = client.run(
        "local/sketch", prompt="a lake in winter", image=first, strength=0.5, seed=1, num_inference_steps=2
    )
    assert (second.images[0].width, second.images[0].sha256 != first.images[0].sha256) == (64, True)


def test_every_problem_is_told_before_anything_is_sent(scripted: Scripted) -> None:
    with pytest.raises(InvalidInput) as caught:
        client_of(scripted).submit("scripted/model", seed=99, promt="x", image="./no-such.png")
    assert {problem.name for problem in caught.value.problems} == {"seed", "promt", "prompt"}
    assert scripted.submitted == []


def test_a_missing_file_is_an_error_that_names_it(scripted: Scripted) -> None:
    with pytest.raises(InvalidInput, match=r"image: .*no-such\.png"):
        client_of(scripted).submit("scripted/model", prompt="x", image="./no-such.png")


@pytest.mark.parametrize("name", ["local/sketchy", "lokal/sketch"])
def test_an_unknown_model_gets_a_suggestion(client: Client, name: str) -> None:
    with pytest.raises(UnknownModel) as caught:
        client.run(name, prompt="x")
    assert "local/sketch" in caught.value.suggestions


def test_a_name_without_a_slash_says_how_names_look(client: Client) -> None:
    with pytest.raises(InvalidInput, match="service/model"):
        client.run("sketch", prompt="x")


def test_a_seed_wraps_within_the_models_range(scripted: Scripted) -> None:
    client_of(scripted).run("scripted/model", prompt="x", seed=9, n=2)
    assert [request.seed for request in scripted.submitted] == [9, 0]


@pytest.mark.parametrize("random", [-1, "random", None])
def test_a_random_seed_is_drawn_here_and_sent(scripted: Scripted, random: Any) -> None:
    result = client_of(scripted).run("scripted/model", prompt="x", seed=random)
    assert scripted.submitted[0].values["seed"] == result.seed
    assert 0 <= (result.seed or 0) <= 9


def test_a_cap_refuses_before_sending() -> None:
    dear = Scripted(price=Cost(Decimal("0.04"), "USD", "quoted"))
    with pytest.raises(BudgetExceeded, match=r"2 × \$0\.04 is over max_cost=0\.05"):
        client_of(dear).run("scripted/model", prompt="x", n=2, max_cost=0.05)
    assert dear.submitted == []
    client_of(dear).run("scripted/model", prompt="x", max_cost=0.05)
    assert len(dear.submitted) == 1


def test_a_cap_and_an_unknown_price_refuse_too(scripted: Scripted) -> None:
    with pytest.raises(BudgetExceeded, match="unknown"):
        client_of(scripted, max_cost=Decimal(1)).run("scripted/model", prompt="x")
    assert scripted.submitted == []


def test_a_failed_job_raises_with_the_services_words() -> None:
    job = client_of(Scripted(Running(), Failed(message="NSFW content"))).submit("scripted/model", prompt="x")
    with pytest.raises(JobFailed, match="NSFW content") as caught:
        job.result()
    assert (caught.value.job_id, job.jobs[0].phase) == (job.id, "failed")


def test_a_stream_that_ends_without_a_result_is_an_error_and_not_a_hang() -> None:
    with pytest.raises(ProtocolError, match="without a result"):
        client_of(Scripted(Running())).run("scripted/model", prompt="x")


def test_success_without_a_picture_is_an_error() -> None:
    with pytest.raises(JobFailed, match="no picture"):
        client_of(Scripted(Succeeded())).run("scripted/model", prompt="x")


def test_an_output_that_cannot_be_fetched_keeps_its_address_and_can_be_fetched_again() -> None:
    service = Scripted(Succeeded(outputs=(Output(url="https://files.test/a.png"),)))

    def broken(output: Output) -> Payload:
        raise ConnectionFailed("the connection was lost", service="scripted")

    service.fetches = broken
    result = client_of(service).run("scripted/model", prompt="x")
    (image,) = result.artifacts
    assert (image.url, "connection was lost" in image.error) == ("https://files.test/a.png", True)
    with pytest.raises(MediaError, match="fetch"):
        _ = image.bytes
    service.fetches = lambda _: Payload(data=PNG)
    assert image.fetch().bytes == PNG


def test_events_and_progress_reach_the_job_and_its_observers() -> None:
    service = Scripted(Queued(position=2), Running(), Progress(step=1, steps=4), Log("warming up"), FINISH)
    service.waits_after = Log
    client = client_of(service)
    job = client.submit("scripted/model", prompt="x")
    assert isinstance(job, Job)
    assert service.following.wait(5)
    assert (job.progress, job.logs, job.done, job.state.step) == (0.25, ("warming up",), False, 1)
    seen: list[str] = []
    job.on("succeeded", lambda event: seen.append(type(event).__name__))
    client.runtime.post(service.hold.set)
    job.result(5)
    assert (seen, job.phase, job.progress) == (["Succeeded"], "succeeded", 1.0)


def test_an_observer_that_fails_is_dropped_with_a_warning_and_the_job_goes_on() -> None:
    service = Scripted(Queued(), Running(), Progress(fraction=0.5), FINISH)
    service.waits_after = Queued
    client = client_of(service)
    job = client.submit("scripted/model", prompt="x")
    assert isinstance(job, Job)

    def fail(_: object) -> None:
        raise RuntimeError("mine")

    job.on("event", fail)
    with pytest.warns(UserWarning, match="mine"):  # noqa: PT031 (the warning comes from the other thread)
        client.runtime.post(service.hold.set)
        job.result(5)
    assert job.phase == "succeeded"


def test_an_unknown_event_name_is_refused_with_the_names_that_exist(client: Client) -> None:
    job = client.submit("local/sketch", prompt="x", **SMALL)
    assert isinstance(job, Job)
    with pytest.raises(ValueError, match="preview"):
        job.on("previews", print)


def test_a_stream_yields_the_events_and_ends_with_the_final_one(client: Client) -> None:
    kinds = [type(event) for event in client.stream("local/sketch", prompt="x", **SMALL)]
    assert (kinds[0], kinds[-1], kinds.count(Succeeded)) == (Queued, Succeeded, 1)
    assert Preview in kinds


def test_an_async_stream_yields_the_same(client: Client) -> None:
    async def main() -> list[type[Event]]:
        return [type(event) async for event in client.stream("local/sketch", prompt="x", **SMALL)]

    assert asyncio.run(main())[-1] is Succeeded


def test_leaving_a_stream_early_cancels_the_job() -> None:
    service = Scripted(Queued(), Running(), Cancelled())
    service.waits_after = Running
    client = client_of(service)
    for event in client.stream("scripted/model", prompt="x"):
        if isinstance(event, Running):
            break
    with pytest.raises(JobCancelled):
        client.jobs()[0].result(5)
    assert service.cancelled == ["1"]


def test_cancel_asks_the_service_and_ends_the_job() -> None:
    service = Scripted(Running(), Cancelled(by="service"))
    service.waits_after = Running
    client = client_of(service)
    job = client.submit("scripted/model", prompt="x")
    assert service.following.wait(5)
    client.runtime.post(lambda: client.runtime.loop.call_later(0.05, service.hold.set))
    assert job.cancel()
    with pytest.raises(JobCancelled):
        job.result(5)
    assert (service.cancelled, job.cancel()) == (["1"], False)


def test_where_the_service_cannot_cancel_the_job_ends_here_and_says_what_goes_on() -> None:
    service = Scripted(Running(), refusal="goes on at Scripted, and will be billed")
    service.waits_after = Running
    job = client_of(service).submit("scripted/model", prompt="x")
    assert service.following.wait(5)
    job.cancel()
    with pytest.raises(JobCancelled, match="goes on at Scripted, and will be billed"):
        job.result(5)


def test_a_deadline_cancels_and_a_result_timeout_does_not() -> None:
    service = Scripted(Running(), Cancelled())
    service.waits_after = Running
    client = client_of(service)
    job = client.submit("scripted/model", prompt="x")
    with pytest.raises(JobTimeout, match="goes on"):
        job.result(0.05)
    assert not job.done
    with pytest.raises(JobTimeout, match="was cancelled"):
        client.run("scripted/model", prompt="x", timeout_s=0.05)
    with pytest.raises(JobCancelled):
        client.jobs()[1].result(5)
    assert service.cancelled == ["2"]


def test_the_async_forms_work_on_another_loop_and_cancelling_the_task_cancels_the_job() -> None:
    service = Scripted(Running(), FINISH)
    client = client_of(service)

    async def main() -> None:
        result = await client.async_run("scripted/model", prompt="x")
        assert result.images[0].bytes == PNG
        assert (await client.submit("scripted/model", prompt="x")).images
        service.waits_after = Running
        task = asyncio.ensure_future(client.async_run("scripted/model", prompt="x"))
        service.following.clear()
        assert await asyncio.to_thread(service.following.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    with pytest.raises(JobCancelled):
        client.jobs()[-1].result(5)


def test_a_batch_keeps_what_was_made_when_one_of_its_jobs_fails() -> None:
    service = Scripted()
    client = client_of(service)
    follow = service.follow

    async def second_fails(ticket: Ticket) -> AsyncIterator[Event]:
        if ticket.remote_id == "2":
            yield Failed(message="no")
            return
        async for event in follow(ticket):
            yield event

    service.follow = second_fails  # type: ignore[method-assign]
    batch = client.submit("scripted/model", prompt="x", n=3)
    assert isinstance(batch, Batch)
    with pytest.raises(JobFailed, match="2 of 3 pictures were made") as caught:
        batch.result(5)
    assert len(caught.value.partial.images) == 2  # type: ignore[attr-defined]


def test_the_services_own_times_are_the_results_and_what_is_expected_of_the_next_job() -> None:
    service = Scripted()
    client = client_of(service)
    follow = service.follow

    async def timed(ticket: Ticket) -> AsyncIterator[Event]:
        async for event in follow(ticket):
            yield replace(event, queue_s=3.0, inference_s=40.0) if isinstance(event, Succeeded) else event

    service.follow = timed  # type: ignore[method-assign]
    result = client.run("scripted/model", prompt="x")
    assert (result.timings.queue_s, result.timings.run_s) == (3.0, 40.0)
    assert client.estimates.expected_s("scripted/model", 1.0) == 40.0


def test_30_jobs_at_once_need_no_thread_each(client: Client) -> None:
    before = threading.active_count()
    jobs = [client.submit("local/sketch", prompt=f"{i}", width=64, height=64, num_inference_steps=1) for i in range(30)]
    most = threading.active_count()
    assert len({job.result(60).images[0].sha256 for job in jobs}) == 30
    assert most - before < 20


def test_a_job_is_found_by_the_start_of_its_id(client: Client) -> None:
    job = client.submit("local/sketch", prompt="x", **SMALL)
    assert client.job(job.id) is job
    with pytest.raises(UnknownJob, match="zzz"):
        client.job("zzz")
    job.result(10)


def test_models_are_found_by_words_of_their_description(client: Client) -> None:
    assert [spec.id for spec in client.models("painter")] == ["local/sketch"]
    assert client.model("local/cutout").price.source == "free"


def test_a_seed_of_a_model_that_nobody_described_counts_on_too(scripted: Scripted) -> None:
    async def undescribed(name: str) -> ModelSpec:
        return ModelSpec(service="scripted", name=name, params=Params(open=True))

    scripted.model = undescribed  # type: ignore[method-assign]
    client_of(scripted).run("scripted/other", prompt="x", seed=2**40, n=2)
    assert [request.values["seed"] for request in scripted.submitted] == [2**40, 2**40 + 1]
    client_of(scripted).run("scripted/other", prompt="x")
    assert "seed" not in scripted.submitted[2].values


def test_a_stream_that_ended_ends_again_at_once() -> None:
    client = client_of(Scripted())
    stream = client.stream("scripted/model", prompt="x")
    assert len(list(stream)) == 3
    assert list(stream) == []

    async def again() -> list[Event]:
        return [event async for event in stream]

    assert asyncio.run(again()) == []


@pytest.mark.parametrize(
    "wrong",
    [{"timeout_s": "soon"}, {"timeout_s": 0}, {"timeout_s": float("nan")}, {"max_cost": "abc"}, {"max_cost": -1}],
)
def test_a_wrong_limit_is_refused_before_anything_is_sent(wrong: dict[str, Any]) -> None:
    service = Scripted(price=Cost(Decimal("0.01"), "USD", "quoted"))
    client = client_of(service)
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        client.run("scripted/model", prompt="x", **wrong)
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        asyncio.run(client.async_run("scripted/model", prompt="x", **wrong))
    assert service.submitted == []


def test_what_models_gives_can_be_run() -> None:
    client = client_of(Scripted())
    (spec,) = client.models()
    assert client.run(spec, prompt="x").model == "scripted/model"
    with pytest.raises(InvalidInput, match="'3' is not a model name"):
        client.run(3, prompt="x")  # type: ignore[arg-type]


def test_a_batch_can_be_watched_like_a_job() -> None:
    client = client_of(Scripted(Queued(), Running(), Log(line="warming up"), FINISH))
    client.services.get("scripted").waits_after = Queued  # type: ignore[attr-defined]
    batch = client.submit("scripted/model", prompt="x", n=2)
    seen: list[Event] = []
    batch.on("succeeded", seen.append)
    ended = batch.on(Log, seen.append)

    @batch.on("running")
    def started(event: Event) -> None:
        seen.append(event)

    assert batch.phase in ("preparing", "queued")
    ended()
    client.runtime.post(client.services.get("scripted").hold.set)  # type: ignore[attr-defined]
    batch.result(5)
    assert sorted(type(event).__name__ for event in seen) == ["Running", "Running", "Succeeded", "Succeeded"]
    assert (batch.state.phase, batch.preview, batch.logs) == ("succeeded", None, ("warming up", "warming up"))
    assert isinstance(started, object)
    assert batch.elapsed_s >= 0


def test_what_is_printed_of_public_things_is_short() -> None:
    client = client_of(Scripted())
    job = client.submit("scripted/model", prompt="x" * 5_000)
    job.result(5)
    for thing in (client, client.services, client.model("scripted/model"), job, job.state):
        assert len(repr(thing)) < 200


def test_models_and_results_can_be_copied_and_pickled() -> None:
    client = client_of(Scripted())
    result = client.run("scripted/model", prompt="x")
    for value in (client.model("scripted/model"), result, Result(model="m")):
        assert pickle.loads(pickle.dumps(value)) == copy.deepcopy(value) == value  # noqa: S301 (our own)


def test_a_waiter_that_is_cancelled_leaves_when_the_job_has_heard_of_it() -> None:
    service = Scripted()
    service.waits_after = Running
    client = client_of(service)

    async def leave() -> str:
        job = client.submit("scripted/model", prompt="x")
        waiter = asyncio.ensure_future(job)
        await asyncio.to_thread(service.following.wait, 5)
        waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
        assert isinstance(job, Job)
        return job.phase

    assert asyncio.run(leave()) in ("cancelling", "cancelled")


@pytest.mark.parametrize("turns", range(6))
def test_a_cancel_that_comes_with_an_event_ends_an_async_stream(turns: int) -> None:
    service = Scripted()
    service.waits_after = Running
    client = client_of(service)

    async def leave() -> bool:
        stream = client.stream("scripted/model", prompt="x")

        async def read() -> None:
            async for _ in stream:
                pass

        reader = asyncio.get_running_loop().create_task(read())
        await asyncio.to_thread(service.following.wait, 5)
        for _ in range(20):
            await asyncio.sleep(0)  # the reader waits for the next event
        stream._put(Log(line="at the same moment"))
        for _ in range(turns):
            await asyncio.sleep(0)
        reader.cancel()
        await asyncio.wait({reader}, timeout=5)
        return reader.cancelled()

    assert asyncio.run(leave())


def test_a_loop_that_is_closed_under_a_stream_harms_neither_the_job_nor_its_watchers(
    capfd: pytest.CaptureFixture[str],
) -> None:
    service = Scripted()
    service.waits_after = Running
    client = client_of(service)
    stream = client.stream("scripted/model", prompt="x")
    loop = asyncio.new_event_loop()
    loop.run_until_complete(anext(aiter(stream)))
    assert service.following.wait(5)
    loop.close()
    client.runtime.post(service.hold.set)
    assert stream.job.result(5).images
    assert capfd.readouterr().err == ""


def test_start_asks_for_no_description_and_a_value_goes_before_n(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = read_params({"properties": {"prompt": {"type": "string"}, "n": {"type": "integer", "default": 1}}})
    spec = ModelSpec(service="scripted", name="unlisted", params=params)
    monkeypatch.setattr(Scripted, "model", None)
    watched: list[Job] = []
    client = client_of(scripted)
    for values in ({"prompt": "a fox"}, {"prompt": "a fox", "n": 3}):
        client.start(client.plan(spec, values, n=2), watch=watched.append).result(20)
    assert [2, 3] == [job.request.values["n"] for job in watched]
    assert [2, 3] == [request.values["n"] for request in scripted.submitted]
