"""A registered function through the whole of the package: run, preview, cancel, error, seeds, n, history, the magic."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from PIL import Image

import ipyimagegen as ig
from ipyimagegen.core.errors import InvalidInput, JobCancelled, JobFailed, UnknownModel
from ipyimagegen.core.events import Preview, Progress
from ipyimagegen.history import Journal
from ipyimagegen.jobs import session
from ipyimagegen.jobs.client import Client
from ipyimagegen.services import base
from ipyimagegen.services.base import Registry
from ipyimagegen.services.local.service import Local, service
from ipyimagegen.settings.config import Settings

Pixels = np.ndarray[Any, Any]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Client]:
    added: dict[str, base.Service] = {}
    monkeypatch.setattr(base, "ADDED", added)
    monkeypatch.setattr("ipyimagegen.api.ADDED", added)
    journal = Journal(tmp_path / "journal")
    made = Client(settings=Settings(), services=Registry({"local": service}), journal=journal)
    monkeypatch.setattr(session, "_clients", [made])
    yield made
    journal.close()


def noise(seed: int, side: int = 32) -> Pixels:
    return np.random.default_rng(seed).random((side, side, 3))


@pytest.fixture
def plasma(client: Client) -> Callable[..., Pixels]:
    @ig.register("mine/plasma")
    def plasma(prompt: str, freq: Annotated[float, (1, 20)] = 5.0, *, seed: int) -> Pixels:
        """Clouds of colour."""
        return noise(seed) * freq / 20

    return plasma


def test_a_function_is_a_model_and_stays_a_function(plasma: Callable[..., Pixels]) -> None:
    result = ig.run("mine/plasma", "clouds", freq=20, seed=7)
    assert (result.image.media_type, result.image.width, result.seed, str(result.cost)) == ("image/png", 32, 7, "free")
    assert np.abs(result.image.array / 255 - noise(7)).max() < 0.01
    assert plasma("x", seed=1).shape == (32, 32, 3)
    assert [spec.id for spec in ig.models("clouds")] == ["mine/plasma"]


def test_a_seed_is_drawn_recorded_and_repeats(plasma: Callable[..., Pixels]) -> None:
    first = ig.run("mine/plasma", "clouds")
    assert first.seed is not None
    assert first.artifacts[0].record.seed == first.seed
    assert ig.run("mine/plasma", "clouds", seed=first.seed).image.sha256 == first.image.sha256


def test_several_pictures_take_consecutive_seeds(plasma: Callable[..., Pixels]) -> None:
    assert [one.seed for one in ig.run("mine/plasma", "clouds", n=3, seed=5).artifacts] == [5, 6, 7]


def test_wrong_arguments_are_refused_before_it_is_called(plasma: Callable[..., Pixels]) -> None:
    with pytest.raises(InvalidInput, match="freq"):
        ig.run("mine/plasma", "clouds", freq=21)
    with pytest.raises(InvalidInput, match="did you mean"):
        ig.run("mine/plasma", "clouds", frq=2)


def test_the_journal_has_it(client: Client, plasma: Callable[..., Pixels]) -> None:
    made = ig.run("mine/plasma", "clouds", seed=7)
    assert client.journal is not None
    (row,) = client.journal.rows("clouds")
    assert (row.service, row.model, row.phase) == ("mine", "plasma", "succeeded")
    assert client.journal.result(row.id).image.sha256 == made.image.sha256


def test_a_job_of_an_earlier_process_is_done_again(client: Client, plasma: Callable[..., Pixels]) -> None:
    job = ig.submit("mine/plasma", "clouds", seed=7)
    first = job.result(30)
    ticket = job.jobs[0].ticket
    assert ticket is not None

    async def again() -> list[Any]:
        return [event async for event in client.services.get("mine").follow(ticket)]

    events = client.runtime.run(again())
    assert events[-1].outputs[0].data == first.image.bytes


def test_each_yielded_picture_is_a_preview(client: Client) -> None:
    @ig.register("mine/steps")
    def steps(prompt: str, *, seed: int, progress: Any) -> Iterator[Pixels]:
        for step in range(3):
            progress(step + 1, 3)
            yield noise(seed + step)

    seen = list(ig.stream("mine/steps", "x", seed=1))
    previews = [event for event in seen if isinstance(event, Preview)]
    assert previews
    assert previews[-1].frame.width == 32
    assert [(e.step, e.steps) for e in seen if isinstance(e, Progress)][-1] == (3, 3)
    assert np.abs(ig.run("mine/steps", "x", seed=1).image.array / 255 - noise(3)).max() < 0.01


def test_of_thousands_of_previews_the_newest_is_shown(client: Client) -> None:
    @ig.register("mine/fast")
    def fast(prompt: str) -> Iterator[Pixels]:
        canvas = np.zeros((8, 8, 3), np.uint8)
        for step in range(2_000):
            canvas[:] = step % 256
            yield canvas

    previews = [event for event in ig.stream("mine/fast", "x") if isinstance(event, Preview)]
    assert previews[-1].step == 2_000
    assert ig.run("mine/fast", "x").image.array[0, 0, 0] == 1_999 % 256


def test_async_functions_and_generators_run_too(client: Client) -> None:
    @ig.register("mine/wait")
    async def wait(prompt: str) -> Image.Image:
        await asyncio.sleep(0)
        return Image.new("RGB", (16, 8), "red")

    @ig.register("mine/flow")
    async def flow(prompt: str) -> AsyncIterator[Pixels]:
        for step in range(2):
            yield noise(step)

    assert ig.run("mine/wait", "x").image.width == 16
    assert np.abs(ig.run("mine/flow", "x").image.array / 255 - noise(1)).max() < 0.01


@pytest.mark.parametrize("kind", ["generator", "progress", "async"])
def test_cancel_ends_it_at_its_next_step(client: Client, kind: str) -> None:
    began, ended = threading.Event(), threading.Event()

    def generator(prompt: str) -> Iterator[Pixels]:
        try:
            while True:
                began.set()
                yield noise(1)
        finally:
            ended.set()

    def progressing(prompt: str, progress: Callable[..., None]) -> None:
        try:
            while True:
                began.set()
                with contextlib.suppress(Exception):  # as careless functions do
                    progress(0.5)
        finally:
            ended.set()

    async def waiting(prompt: str) -> None:
        try:
            began.set()
            await asyncio.sleep(60)
        finally:
            ended.set()

    made: Any = {"generator": generator, "progress": progressing, "async": waiting}[kind]
    ig.register("mine/long")(made)
    job = ig.submit("mine/long", "x")
    assert began.wait(10)
    job.cancel()
    with pytest.raises(JobCancelled):
        job.result(10)
    assert ended.wait(10)


def test_a_function_without_steps_says_that_it_goes_on_and_its_place_is_kept(client: Client) -> None:
    began, may_end, running = threading.Event(), threading.Event(), []

    @ig.register("mine/blind")
    def blind(prompt: str) -> Pixels:
        running.append(prompt)
        began.set()
        may_end.wait(10)
        return noise(1)

    assert "has no steps" in ig.model("mine/blind").cannot_cancel
    first = ig.submit("mine/blind", "a")
    assert began.wait(10)
    second = ig.submit("mine/blind", "b")
    first.cancel()
    with pytest.raises(JobCancelled):
        first.result(10)
    assert running == ["a"]
    may_end.set()
    assert second.result(10).image.width == 32


def test_its_error_is_short_and_names_the_line(client: Client) -> None:
    @ig.register("mine/broken")
    def broken(prompt: str) -> Pixels:
        raise ValueError("no such colour: mauve")

    with pytest.raises(JobFailed) as caught:
        ig.run("mine/broken", "x")
    line = broken.__code__.co_firstlineno + 2
    assert f"ValueError: no such colour: mauve (line {line} of broken)" in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (None, "returned nothing"),
        (7, "int is no picture"),
        (b"<html>", "are no picture"),
        (np.zeros((2, 3, 4, 5)), "2×3"),
    ],
)
def test_what_is_no_picture_is_said(client: Client, made: object, why: str) -> None:
    ig.register("mine/odd")(lambda prompt: made)
    with pytest.raises(JobFailed, match=why):
        ig.run("mine/odd", "x")


def test_lists_names_bytes_and_texts_come_back(client: Client) -> None:
    png = ig.run("local/sketch", "x", width=64, height=64, num_inference_steps=1).image.bytes
    ig.register("mine/many")(lambda prompt: [noise(1), Image.new("L", (8, 8)), png])
    ig.register("mine/named")(lambda prompt: {"image": noise(1), "mask_image": noise(2)[..., 0] > 0.5})
    ig.register("mine/words")(lambda prompt: f"about {prompt}")
    assert [one.width for one in ig.run("mine/many", "x").artifacts] == [32, 8, 64]
    assert [one.name for one in ig.run("mine/named", "x").artifacts] == ["image", "mask_image"]
    assert ig.run("mine/words", "x").text == "about x"


def test_pictures_come_in_as_the_annotation_says(client: Client) -> None:
    seen: dict[str, Any] = {}

    @ig.register("mine/mix")
    def mix(image: Image.Image, mask: Pixels | None = None, raw: bytes | None = None) -> Image.Image:
        seen.update(image=image, mask=mask, raw=raw)
        return image

    source = Image.new("RGB", (20, 10), "blue")
    mask = np.zeros((10, 20), np.uint8)
    mask[:5] = 255
    result = ig.run("mine/mix", image=source, mask=mask, raw=b"GIF89a" + bytes(40))
    assert (seen["image"].size, seen["mask"].shape[:2]) == ((20, 10), (10, 20))
    assert seen["raw"].startswith(b"GIF89a")
    assert result.image.width == 20


def test_functions_are_swept(plasma: Callable[..., Pixels]) -> None:
    rows = ig.sweep("mine/plasma", "x", freq=[1, 2, 3], quiet=True).result(30).to_rows()
    assert [row["status"] for row in rows] == ["succeeded"] * 3


def test_registering_again_replaces_it(client: Client) -> None:
    ig.register("mine/it")(lambda prompt: noise(1, 8))
    assert ig.run("mine/it", "x").image.width == 8
    ig.register("mine/it")(lambda text: noise(1, 16))
    assert ig.run("mine/it", text="x").image.width == 16


def test_names_that_are_taken_or_none_are_refused(client: Client) -> None:
    with pytest.raises(InvalidInput, match="'local' is a service already"):
        ig.register("local/mine")(lambda prompt: None)
    with pytest.raises(InvalidInput, match="service/model"):
        ig.register("plasma")(lambda prompt: None)
    with pytest.raises(InvalidInput, match=r"@ig\.register\('mine/plasma'\)"):
        ig.register(lambda prompt: None)  # type: ignore[arg-type]
    ig.register("mine/it")(lambda prompt: None)
    with pytest.raises(UnknownModel, match="mine/nope"):
        ig.run("mine/nope", "x")


def test_other_clients_know_it_too(plasma: Callable[..., Pixels]) -> None:
    assert "mine" in Registry.discover().names()


def test_a_service_of_ones_own_is_added(client: Client) -> None:
    class Twin(Local):
        name = "twin"

        async def models(self) -> Any:
            return ()

    ig.add_service(Twin)
    assert "twin" in client.services.names()
    with pytest.raises(InvalidInput, match="object is no service: it lacks name, title, models"):
        ig.add_service(object())  # type: ignore[arg-type]


class Rude(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    "error", [Rude(), StopIteration(), SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError(), GeneratorExit()]
)
def test_whatever_it_raises_is_its_jobs_failure_and_nothing_else_stops(client: Client, error: BaseException) -> None:
    def rude(prompt: str) -> None:
        raise error

    ig.register("mine/rude")(rude)
    with pytest.raises(JobFailed, match=type(error).__name__):
        ig.run("mine/rude", "x", timeout_s=10)
    ig.register("mine/polite")(lambda prompt: noise(1))
    assert ig.run("mine/polite", "x", timeout_s=10).image.width == 32
