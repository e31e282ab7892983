"""Segmind through the client: what a job brings into its events and its result."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from ipyimagegen.core.errors import BudgetExceeded, InsufficientCredits, JobFailed
from ipyimagegen.core.events import Event, Succeeded
from ipyimagegen.gateway import Fault, Gateway, TimedWork
from ipyimagegen.gateway.work import flat_png
from ipyimagegen.jobs.client import Client
from ipyimagegen.jobs.job import Job
from ipyimagegen.services.base import Registry
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


def test_cost_credits_and_times_reach_the_job(gateway: Gateway, client: Client) -> None:
    seen: list[Event] = []
    job = client.submit("segmind/flux-dev", prompt="a lighthouse", seed=5)
    assert isinstance(job, Job)
    job.on("event", seen.append)
    result = job.result(20)
    last = seen[-1]
    assert isinstance(last, Succeeded)
    assert (last.seed, last.cost and last.cost.amount, result.seed) == (5, Decimal("0.025"), 5)
    assert last.facts["remaining_credits"] == pytest.approx(99.975)
    assert (result.cost.amount, result.cost.source) == (Decimal("0.025"), "charged")
    assert last.inference_s == pytest.approx(gateway.jobs()[0].work_s, abs=0.001)


@pytest.mark.parametrize("form", ["url", "base64", "list", "object"])
def test_a_picture_in_every_form_of_output(gateway: Gateway, client: Client, form: str) -> None:
    gateway.segmind.output = form  # type: ignore[assignment]
    assert PICTURE == client.run("segmind/flux-dev", prompt="t").images[0].bytes


def test_a_picture_goes_in_by_its_upload(gateway: Gateway, client: Client, tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(PICTURE)
    client.run("segmind/bg-removal", image=str(tmp_path / "in.png"))
    assert PICTURE == httpx.get(str(gateway.jobs()[0].inputs["image"])).content


def test_a_price_is_known_before_and_a_cap_is_kept(gateway: Gateway, client: Client) -> None:
    assert str(client.model("segmind/flux-dev").price) == "$0.025"
    with pytest.raises(BudgetExceeded):
        client.run("segmind/flux-dev", prompt="t", max_cost=0.01)
    assert gateway.jobs() == []


def test_the_catalogue_is_asked_for_once(gateway: Gateway, client: Client) -> None:
    client.models("segmind")
    client.model("segmind/flux-dev")
    client.run("segmind/flux-dev", prompt="t")
    assert len(gateway.requests.of("segmind", "models")) == 1


def test_a_catalogue_that_cannot_be_had_is_not_asked_for_at_every_call(
    gateway: Gateway, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ipyimagegen.services.segmind.service.CATALOGUE_WAIT_S", 0.2)
    gateway.faults.add(Fault("status", service="segmind", route="models", status=503, times=None))
    assert client.model("segmind/flux-dev").id == "segmind/flux-dev"
    asked = len(gateway.requests.of("segmind", "models"))
    assert client.models("segmind")
    client.run("segmind/flux-dev", prompt="t")
    assert len(gateway.requests.of("segmind", "models")) == asked


def test_a_text_model_gives_its_text(client: Client) -> None:
    for model in ("gpt-5.5", "claude-4.5-sonnet", "gemini-3-pro"):
        assert client.run(f"segmind/{model}", prompt="hello").text == "You said: hello"


@pytest.mark.parametrize("form", ["string", "object"])
def test_a_workflow_is_a_model_too(gateway: Gateway, client: Client, form: str) -> None:
    gateway.segmind.workflow_output = form  # type: ignore[assignment]
    assert PICTURE == client.run("segmind/workflows/text-to-image", prompt="t").images[0].bytes


def test_a_workflow_that_fails_says_why(gateway: Gateway, client: Client) -> None:
    gateway.faults.add(Fault("job_fails", service="segmind", text="no such node"))
    with pytest.raises(JobFailed, match="no such node"):
        client.run("segmind/workflows/text-to-image", prompt="t")


def test_an_empty_account_is_told_from_a_bad_request(gateway: Gateway, client: Client) -> None:
    gateway.segmind.wallet.credits_usd = 0.001
    with pytest.raises(InsufficientCredits):
        client.run("segmind/flux-dev", prompt="t")
