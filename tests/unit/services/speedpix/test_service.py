"""The adapter and the predictions, against a gateway."""

from __future__ import annotations

import gc
import io
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from ipyimagegen import history
from ipyimagegen.core.errors import InvalidInput
from ipyimagegen.core.events import Progress, Queued
from ipyimagegen.gateway import Gateway, TimedWork
from ipyimagegen.gateway.work import flat_png
from ipyimagegen.jobs.client import Client
from ipyimagegen.services import speedpix
from ipyimagegen.services.base import Registry
from ipyimagegen.services.speedpix.service import SpeedPixService
from ipyimagegen.settings.config import Settings
from tests.gateways import serving
from tests.lateness import at_some_time

PICTURE = flat_png(16, 16)


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Gateway]:
    monkeypatch.setenv("IPYIMAGEGEN_HOME", str(tmp_path))
    with serving(monkeypatch, work=TimedWork(1.5, steps=15)) as running:
        yield running


@pytest.fixture
def client(gateway: Gateway) -> Iterator[Client]:
    registry = Registry()
    registry.add(SpeedPixService())
    made = Client(settings=Settings(), services=registry, journal=None)
    yield made
    made.close()


def test_progress_time_left_and_message_are_passed_on(client: Client) -> None:
    def told() -> bool:
        """A late machine may look only before the first step and after the last."""
        job = client.stream("speedpix/text-to-image", prompt="t")
        news = [event for event in job if isinstance(event, Queued | Progress)]
        assert isinstance(news[0], Queued)
        steps = [event for event in news if isinstance(event, Progress)]
        return any(event.fraction and event.eta_s and event.message.startswith("step ") for event in steps)

    assert at_some_time(told)


@pytest.mark.parametrize("form", ["path", "Path", "bytes", "PIL"])
def test_a_picture_goes_in_in_any_form(client: Client, gateway: Gateway, tmp_path: Path, form: str) -> None:
    file = tmp_path / "in.png"
    file.write_bytes(PICTURE)
    given = {"path": str(file), "Path": file, "bytes": PICTURE, "PIL": Image.open(io.BytesIO(PICTURE))}[form]
    result = client.run("speedpix/product-cutout", image=given, return_temp_files=True)
    assert ["images", "subject_image", "mask_image"] == [artifact.name for artifact in result.artifacts]
    (job,) = gateway.jobs()
    assert job.order.image is not None
    assert Image.open(io.BytesIO(job.order.image)).size == (16, 16)


def test_a_declared_picture_is_checked_before_anything_is_sent(
    client: Client, gateway: Gateway, tmp_path: Path
) -> None:
    speedpix.declare("product-cutout", {"image": {"format": "image"}})
    (tmp_path / "notes.txt").write_text("private")
    with pytest.raises(InvalidInput, match="not a picture"):
        client.run("speedpix/product-cutout", image=tmp_path / "notes.txt")
    assert list(gateway.requests) == []


def test_three_pictures_of_a_declared_workflow_have_three_seeds(client: Client, gateway: Gateway) -> None:
    speedpix.declare("text-to-image", {"prompt": str, "seed": int})
    client.run("speedpix/text-to-image", prompt="t", seed=7, n=3)
    assert {7, 8, 9} == {job.order.seed for job in gateway.jobs()}


def test_a_second_job_of_a_workflow_is_asked_for_when_it_is_due(client: Client, gateway: Gateway) -> None:
    client.run("speedpix/text-to-image", prompt="t")

    def when_due() -> bool:
        gateway.requests.clear()
        client.run("speedpix/text-to-image", prompt="t")
        return len(gateway.requests.of("speedpix", "status")) <= 3

    assert at_some_time(when_due)


def test_a_prediction_that_is_waited_for_late_is_looked_at_at_once(gateway: Gateway) -> None:
    def at_once() -> bool:
        gateway.requests.clear()
        made = speedpix.Client().predictions.create("text-to-image", {"prompt": "t"})
        made._made_at -= 60
        made.wait()
        return gateway.requests.of("speedpix", "status")[0].at - gateway.requests.of("speedpix", "submit")[0].at < 0.3

    assert at_some_time(at_once)


def test_what_run_returned_is_held_by_its_owner_alone(gateway: Gateway) -> None:
    client = speedpix.Client()
    output = client.run("text-to-image", {"prompt": "t"})
    file = weakref.ref(output["images"]["url"])
    history.journal().rows()  # by now it has read the file
    del output
    gc.collect()
    assert file() is None
    assert client.predictions.list()[0].output["images"].read() == gateway.jobs()[0].outputs[0].data


def test_a_result_is_asked_for_once(gateway: Gateway) -> None:
    made = speedpix.Client().predictions.create("text-to-image", {"prompt": "t"}).wait()
    assert made.wait().reload().output is made.output
    assert len(gateway.requests.of("speedpix", "result")) == 1
