"""The official inference.sh library, unmodified, against the gateway."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any, Literal

import pytest

from ipyimagegen.gateway import Fault, Gateway, TimedWork, serve
from ipyimagegen.gateway.work import flat_png

from .web import web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .receiver import Receiver
from .stepped import SteppedWork

inferencesh = pytest.importorskip("inferencesh")
errors = pytest.importorskip("inferencesh.models.errors")

SDXL = {"app": "infsh/sdxl", "input": {"prompt": "a lighthouse"}}
PICTURE = flat_png(64, 64)


@pytest.fixture
def slow_gateway() -> Iterator[Gateway]:
    with serve(work=TimedWork(0.2, steps=4)) as running:
        yield running


def connect(gateway: Gateway) -> Any:
    return inferencesh.inference(api_key=gateway.keys.inference, base_url=gateway.url)


@pytest.fixture
def client(gateway: Gateway) -> Any:
    return connect(gateway)


def test_run_gives_the_output(client: Any) -> None:
    output = client.run(SDXL)["output"]
    assert PICTURE == web.get(output["image"]["uri"]).content


@pytest.mark.parametrize("envelope", ["data", "bare", "success"])
def test_the_envelopes_of_three_generations(
    gateway: Gateway, client: Any, envelope: Literal["data", "bare", "success"]
) -> None:
    gateway.inferencesh.envelope = envelope
    assert client.run(SDXL)["output"]["image"]["uri"].startswith(gateway.url)


@pytest.mark.parametrize("framing", ["chunked", "close"])
@pytest.mark.parametrize("updates", ["full", "partial"])
@pytest.mark.parametrize("status", ["number", "word"])
def test_streams_in_their_forms(
    slow_gateway: Gateway,
    status: Literal["number", "word"],
    updates: Literal["full", "partial"],
    framing: Literal["chunked", "close"],
) -> None:
    options = slow_gateway.inferencesh
    options.status, options.updates, options.framing = status, updates, framing
    *_, last = connect(slow_gateway).run(SDXL, stream=True)
    assert inferencesh.parse_status(last["status"]).name == "COMPLETED"


def test_a_stream_carries_the_output_at_its_end(slow_gateway: Gateway) -> None:
    last = list(connect(slow_gateway).run(SDXL, stream=True))[-1]
    assert PICTURE == web.get(last["output"]["image"]["uri"]).content


def test_a_cut_stream_is_taken_up_again() -> None:
    with serve(work=TimedWork(1.5, steps=6)) as gateway:
        gateway.inferencesh.framing = "close"
        gateway.faults.add(Fault("cut_stream", service="inferencesh", route="stream", after_lines=2))
        task = connect(gateway).tasks.run(SDXL, reconnect_delay_ms=1, stream=True)
        assert inferencesh.parse_status(list(task)[-1]["status"]).name == "COMPLETED"
        assert len(gateway.requests.of("inferencesh", "stream")) == 2


def test_run_without_waiting_then_get_and_cancel() -> None:
    with serve(work=TimedWork(60)) as gateway:
        client = connect(gateway)
        task = client.run(SDXL, wait=False)
        client.tasks.cancel(task["id"])
        assert inferencesh.parse_status(client.tasks.get(task["id"]).data["status"]).name == "CANCELLED"
        assert gateway.jobs()[0].phase == "cancelled"


def test_a_queued_task_can_be_cancelled() -> None:
    with serve(work=TimedWork(60), slots=1) as gateway:
        client = connect(gateway)
        tasks = [client.run(SDXL, wait=False) for _ in range(2)]
        client.cancel(tasks[1]["id"])
        assert [job.phase for job in gateway.jobs()] == ["running", "cancelled"]


def test_async_run_and_stream(slow_gateway: Gateway) -> None:
    async def scenario() -> tuple[Any, list[Any]]:
        client = inferencesh.async_inference(api_key=slow_gateway.keys.inference, base_url=slow_gateway.url)
        result = await client.run(SDXL)
        stream = await client.run(SDXL, stream=True)
        return result, [update async for update in stream]

    result, updates = asyncio.run(scenario())
    assert result["output"]["image"]["uri"].startswith(slow_gateway.url)
    assert inferencesh.parse_status(updates[-1]["status"]).name == "COMPLETED"


def test_a_failed_task_raises_with_its_reason(gateway: Gateway, client: Any) -> None:
    gateway.faults.add(Fault("job_fails", service="inferencesh", text="no worker"))
    with pytest.raises(RuntimeError, match="no worker"):
        client.run(SDXL)


def test_a_rejected_task_raises_with_its_reason(gateway: Gateway, client: Any) -> None:
    gateway.faults.add(Fault("job_rejected", service="inferencesh", text="over budget"))
    with pytest.raises(RuntimeError, match="rejected: over budget"):
        client.run(SDXL)


def test_a_wrong_key_is_refused(gateway: Gateway) -> None:
    client = inferencesh.inference(api_key="wrong", base_url=gateway.url)
    with pytest.raises(errors.APIError) as caught:
        client.run(SDXL)
    assert caught.value.status_code == 401


def test_missing_requirements_are_all_named(client: Any) -> None:
    with pytest.raises(errors.RequirementsNotMetError) as caught:
        client.run({"app": "infsh/gated-diffusion", "input": {"prompt": "t"}})
    assert [error.key for error in caught.value.errors] == ["HF_TOKEN", "google.drive"]


def test_files_in_the_input_are_uploaded(gateway: Gateway, client: Any, tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(PICTURE)
    text = base64.b64encode(PICTURE).decode()
    for image in (str(tmp_path / "in.png"), f"data:image/png;base64,{text}", text):
        client.run({"app": "infsh/sdxl", "input": {"prompt": "t", "image": image}})
    assert [job.order.image for job in gateway.jobs()] == [PICTURE] * 3
    uploads = gateway.requests.of("files", "upload")
    assert [row.headers["content-type"] for row in uploads] == ["image/png", "image/png", "application/octet-stream"]


def test_bytes_can_be_uploaded(client: Any) -> None:
    uploaded = client.files.upload(PICTURE)
    assert PICTURE == web.get(uploaded["uri"]).content


def test_updates_arrive_while_the_task_runs() -> None:
    work = SteppedWork()
    with serve(work=work) as gateway:
        names = []
        for update in connect(gateway).run(SDXL, stream=True):
            names.append(inferencesh.parse_status(update["status"]).name)
            work.release()
        assert names == ["RUNNING"] * 5 + ["UPLOADING", "COMPLETED"]


def test_async_upload_cancel_and_failure(tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(PICTURE)

    async def scenario(gateway: Gateway) -> None:
        client = inferencesh.async_inference(api_key=gateway.keys.inference, base_url=gateway.url)
        inputs = {"prompt": "t", "image": str(tmp_path / "in.png")}
        task = await client.run({"app": "infsh/sdxl", "input": inputs}, wait=False)
        await client.cancel(task["id"])
        gateway.faults.add(Fault("job_fails", service="inferencesh", text="no worker"))
        with pytest.raises(RuntimeError, match="no worker"):
            await client.run(SDXL)

    with serve(work=TimedWork(1.0)) as gateway:
        asyncio.run(scenario(gateway))
        cancelled, failed = gateway.jobs()
        assert (cancelled.order.image, cancelled.phase, failed.phase) == (PICTURE, "cancelled", "failed")


def test_a_text_model_answers_piece_by_piece() -> None:
    work = SteppedWork()
    with serve(work=work) as gateway:
        texts = []
        for update in connect(gateway).run({"app": "infsh/writer", "input": {"prompt": "one two"}}, stream=True):
            work.release()
            if update.get("_delta"):
                texts.append(update["output"]["response"])
        assert texts == ["You ", "You said: ", "You said: one ", "You said: one two"]


@pytest.mark.parametrize(("numbering", "status"), [("current", 10), ("older", 9)])
def test_the_end_of_a_task_is_posted_to_its_webhook(
    gateway: Gateway, client: Any, receiver: Receiver, numbering: Literal["current", "older"], status: int
) -> None:
    gateway.inferencesh.webhook_status = numbering
    task = client.run({**SDXL, "webhook": receiver.url}, wait=False)
    payload = receiver.next()
    assert (payload["id"], payload["status"]) == (task["id"], status)
    assert set(payload) == {"id", "status", "output", "error", "session_id", "created_at", "updated_at"}
