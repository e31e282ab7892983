"""inference.sh through the client: previews, files, schemas, and what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ipyimagegen.core.errors import InvalidInput, JobCancelled, JobFailed, UnknownModel
from ipyimagegen.core.events import Event, Preview, Progress
from ipyimagegen.gateway import EngineWork, Fault, Gateway, TimedWork
from ipyimagegen.gateway.work import flat_png
from ipyimagegen.history.journal import Journal
from ipyimagegen.jobs.client import Client
from ipyimagegen.jobs.job import Job
from ipyimagegen.services.base import Registry
from ipyimagegen.services.inferencesh import RequirementsNotMetError, api
from ipyimagegen.services.inferencesh.apps import OFFLINE, offline_spec, spec_of
from ipyimagegen.settings.config import Settings
from tests.gateways import serving

PICTURE = flat_png(64, 64)


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    with serving(monkeypatch, work=TimedWork(0.05, PICTURE)) as running:
        yield running


@pytest.fixture
def client(gateway: Gateway) -> Iterator[Client]:
    made = Client(settings=Settings(quiet=True), services=Registry.discover())
    yield made
    made.close()


def test_partial_outputs_are_previews(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(monkeypatch, work=EngineWork()):
        client = Client(settings=Settings(quiet=True), services=Registry.discover())
        seen: list[Event] = []
        job = client.submit(
            "inferencesh/infsh/sdxl", prompt="a lake", width=256, height=256, num_inference_steps=12, seed=3
        )
        assert isinstance(job, Job)
        job.on("event", seen.append)
        result = job.result(30)
        client.close()
    previews = [event.frame for event in seen if isinstance(event, Preview)]
    assert previews
    assert (previews[-1].width, previews[-1].height) == (256, 256)
    assert any(isinstance(event, Progress) for event in seen)
    assert result.images[0].width == 256


@pytest.mark.parametrize("output", ["object", "string"])
@pytest.mark.parametrize("envelope", ["data", "bare", "success"])
def test_every_generation_of_answers(gateway: Gateway, client: Client, envelope: str, output: str) -> None:
    gateway.inferencesh.envelope = envelope  # type: ignore[assignment]
    gateway.inferencesh.output_file = output  # type: ignore[assignment]
    assert PICTURE == client.run("inferencesh/infsh/sdxl", prompt="t").images[0].bytes


def test_a_picture_goes_in_by_its_upload(gateway: Gateway, client: Client, tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(PICTURE)
    client.run("inferencesh/infsh/sdxl", prompt="t", image=tmp_path / "in.png")
    assert PICTURE == httpx.get(str(gateway.jobs()[0].inputs["image"])).content


def test_the_apps_own_schema_is_asked_for_once_and_kept_to(gateway: Gateway, client: Client) -> None:
    with pytest.raises(InvalidInput, match="did you mean 'guidance_scale'"):
        client.run("inferencesh/infsh/sdxl", prompt="t", guidance_scal=3)
    client.run("inferencesh/infsh/sdxl", prompt="t")
    assert len(gateway.requests.of("inferencesh", "app")) == 1


def test_a_description_that_cannot_be_had_is_not_asked_for_at_every_call(
    gateway: Gateway, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ipyimagegen.services.inferencesh.api.APP_WAIT_S", 0.2)
    gateway.faults.add(Fault("status", service="inferencesh", route="app", status=503, times=None))
    assert client.model("inferencesh/infsh/sdxl").id == "inferencesh/infsh/sdxl"
    asked = len(gateway.requests.of("inferencesh", "app"))
    assert client.model("inferencesh/some/other").id == "inferencesh/some/other"
    client.run("inferencesh/infsh/sdxl", prompt="t")
    assert len(gateway.requests.of("inferencesh", "app")) == asked


def test_an_app_that_does_not_exist(client: Client) -> None:
    with pytest.raises(UnknownModel, match="infsh/sdxl"):
        client.run("inferencesh/infsh/sdxk", prompt="t")


@pytest.mark.parametrize("kind", ["job_fails", "job_rejected"])
def test_a_task_that_fails_says_why(gateway: Gateway, client: Client, kind: Any) -> None:
    gateway.faults.add(Fault(kind, service="inferencesh", text="no worker"))
    with pytest.raises(JobFailed, match="no worker"):
        client.run("inferencesh/infsh/sdxl", prompt="t")


def test_missing_requirements_are_all_named(client: Client) -> None:
    with pytest.raises(RequirementsNotMetError, match=r"HF_TOKEN.*google\.drive"):
        client.run("inferencesh/infsh/gated-diffusion", prompt="t")


def test_a_text_model_gives_its_text(client: Client) -> None:
    assert client.run("inferencesh/infsh/writer", prompt="hello").text == "You said: hello"


def test_apps_known_without_asking() -> None:
    for name in OFFLINE:
        for reference in (name, f"{name}@1.2", f"{name}@1.2:run"):
            spec = offline_spec(reference)
            assert spec is not None
            assert (spec.name, spec.params.prompt is not None) == (reference, True)
    hidream = offline_spec("infsh/hidream-i1-fast")
    assert hidream is not None
    assert (16, 1.0, 3.0, "flash_flow") == tuple(
        hidream.params[name].default for name in ("num_inference_steps", "guidance_scale", "shift", "scheduler")
    )
    assert hidream.params.check({"prompt": "t", "width": 1021}).values["width"] == 1024


def test_a_function_of_an_app_has_its_own_schema() -> None:
    functions = {"upscale": {"input_schema": {"properties": {"factor": {"type": "integer"}}}}}
    app = {"version": {"input_schema": {"properties": {"prompt": {"type": "string"}}}, "functions": functions}}
    assert ["factor"] == list(spec_of("a/b:upscale", app).params)
    assert ["prompt"] == list(spec_of("a/b", app).params)
    assert spec_of("a/b", {"version": None}).params.open


def test_a_cancel_that_comes_too_late_keeps_the_way_to_the_result(gateway: Gateway, tmp_path: Path) -> None:
    gateway.faults.add(Fault("reset", service="inferencesh", route="stream", times=None))
    journal = Journal(tmp_path)
    client = Client(settings=Settings(quiet=True), services=Registry.discover(), journal=journal)
    job = client.submit("inferencesh/infsh/sdxl", prompt="t")
    while not [made for made in gateway.jobs() if made.phase == "succeeded"]:
        pass
    job.cancel()
    with pytest.raises(JobCancelled, match="completed before it could be cancelled"):
        job.result(20)
    gateway.faults.clear()
    later = Client(settings=Settings(quiet=True), services=Registry.discover(), journal=journal)
    assert PICTURE == later.attach(job.id).result(20).image.bytes
    for made in (client, later):
        made.close()
    journal.close()


def test_a_task_is_had_where_its_stream_is_not(
    gateway: Gateway, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "OPENING_S", 0.1)
    gateway.faults.add(Fault("reset", service="inferencesh", route="stream", times=None))
    assert PICTURE == client.run("inferencesh/infsh/sdxl", prompt="t", timeout_s=10).image.bytes
