"""inference.sh: every call that its documentation and its library's page show."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest

from ipyimagegen.core.errors import AuthenticationFailed, InvalidInput
from ipyimagegen.gateway import Fault, Gateway, TimedWork, serve
from ipyimagegen.services.inferencesh import (
    APIError,
    File,
    Inference,
    RequirementsNotMetError,
    TaskFailed,
    TaskStatus,
    UploadFileOptions,
    async_inference,
    inference,
    is_terminal_status,
    parse_status,
)
from ipyimagegen.services.webhooks import parse_webhook
from tests.gateway.receiver import Receiver
from tests.gateways import serving
from tests.lateness import at_some_time

from .rows import PICTURE, row

SDXL: dict[str, Any] = {"app": "infsh/sdxl", "input": {"prompt": "a lighthouse"}}


@pytest.fixture
def client(gateway: Gateway) -> Inference:
    return inference()


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    with serving(monkeypatch, work=TimedWork(1.0, PICTURE, steps=4)) as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def picture_of(task: Any) -> bytes:
    return httpx.get(task["output"]["image"]["uri"]).content


def sent(gateway: Gateway) -> dict[str, Any]:
    return dict(gateway.jobs("inferencesh")[-1].inputs)


@row("inference() from INFERENCE_API_KEY; client.run({'app','input'})['output']")
def test_run(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    assert PICTURE == picture_of(inference().run(SDXL))
    monkeypatch.delenv("INFERENCE_API_KEY")
    with pytest.raises(ValueError, match="INFERENCE_API_KEY"):
        inference()


@row("client.run({'app', 'input': {}})")
def test_empty_input(gateway: Gateway, client: Inference) -> None:
    with pytest.raises(APIError, match="prompt"):
        client.run({"app": "infsh/sdxl", "input": {}})
    assert json.loads(gateway.requests.of("inferencesh", "submit")[0].body)["input"] == {}


@row("client.run(..., stream=True): update.get('progress')")
def test_progress(slow: Gateway) -> None:
    seen: list[Any] = [update.get("progress") for update in inference().run(SDXL, stream=True)]
    assert seen == sorted(seen)
    assert set(seen) <= {0, 25, 50, 75, 100}
    assert len(set(seen)) >= 3
    assert seen[-1] == 100


@row("client.run(..., stream=True): update.get('output')")
def test_stream_output(slow: Gateway) -> None:
    *_, last = inference().run(SDXL, stream=True)
    assert PICTURE == picture_of({"output": last.get("output")})


@row("local file path in the input is uploaded")
def test_local_path(gateway: Gateway, client: Inference, tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(PICTURE)
    for name in ("image", "reference"):
        client.run({"app": "infsh/sdxl", "input": {"prompt": "t", name: str(tmp_path / "in.png")}})
        assert PICTURE == httpx.get(sent(gateway)[name]).content


@row("URL in the input passes through")
def test_url(gateway: Gateway, client: Inference) -> None:
    url = client.files.upload(PICTURE)["uri"]
    client.run({"app": "infsh/sdxl", "input": {"prompt": "t", "image": url}})
    assert url == sent(gateway)["image"]


@row("base64 data (data: URI) in the input is uploaded")
def test_data_uri(gateway: Gateway, client: Inference) -> None:
    image = f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}"
    client.run({"app": "infsh/sdxl", "input": {"prompt": "t", "image": image}})
    assert PICTURE == httpx.get(sent(gateway)["image"]).content


@row("raw base64 data in the input is uploaded")
def test_base64(gateway: Gateway, client: Inference) -> None:
    image = base64.b64encode(PICTURE).decode()
    for name in ("image", "reference"):
        client.run({"app": "infsh/sdxl", "input": {"prompt": "t", name: image}})
        assert PICTURE == httpx.get(sent(gateway)[name]).content
    assert gateway.requests.of("files", "upload")[0].headers["content-type"] == "image/png"


@row("sdxl's model path parameter stays a string ('stabilityai/sdxl')")
def test_model_path(gateway: Gateway, client: Inference) -> None:
    client.run({"app": "infsh/sdxl", "input": {"prompt": "t", "model": "stabilityai/sdxl"}})
    assert sent(gateway)["model"] == "stabilityai/sdxl"


@row("client.run({..., 'webhook': url}, wait=False) and the payload's keys")
def test_webhook(client: Inference, receiver: Receiver) -> None:
    task = client.run({**SDXL, "webhook": receiver.url}, wait=False)
    payload = receiver.next()
    assert task["id"] == payload["id"]
    assert set(payload) == {"id", "status", "output", "error", "session_id", "created_at", "updated_at"}


@row("webhook status of a finished task as documented (9) is terminal to the SDK")
def test_older_webhook(gateway: Gateway, client: Inference, receiver: Receiver) -> None:
    gateway.inferencesh.webhook_status = "older"
    client.run({**SDXL, "webhook": receiver.url}, wait=False)
    payload = receiver.next()
    assert payload["status"] == 9
    delivery = parse_webhook(payload)
    assert (delivery.service, delivery.job_id, delivery.status) == ("inferencesh", payload["id"], "succeeded")
    assert not is_terminal_status(9)


@pytest.mark.parametrize(
    ("framing", "row"),
    [
        ("close", "updates arrive live, not at the end (close framing, 1.5 s job)"),
        ("chunked", "updates arrive live (chunked framing, 1.5 s job)"),
    ],
    ids=["updates arrive live, not at the end (close framing)", "updates arrive live (chunked framing)"],
    indirect=["row"],
)
def test_live(framing: Literal["close", "chunked"], row: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(work=TimedWork(1.5, steps=5)) as gateway:
        gateway.inferencesh.framing = framing
        client = inference(gateway.keys.inference, gateway.url)

        def live() -> bool:
            arrived = [time.monotonic() for _ in client.run(SDXL, stream=True)]
            return arrived[-1] - arrived[0] > 0.7 and sum(arrived[-1] - at > 0.15 for at in arrived) >= 3

        assert at_some_time(live)


@row("outputs can be saved with the SDK (File downloads to a path)")
def test_file(client: Inference, tmp_path: Path) -> None:
    file = File(client.run(SDXL)["output"]["image"])
    assert PICTURE == Path(file.path).read_bytes()
    assert PICTURE == file.save(tmp_path / "out.png").read_bytes()
    assert (file.content_type, file.size, file.exists()) == ("image/png", len(PICTURE), True)


@row("failed task raises")
def test_failed(gateway: Gateway, client: Inference) -> None:
    gateway.faults.add(Fault("job_fails", service="inferencesh", text="no worker"))
    with pytest.raises(RuntimeError, match="no worker"):
        client.run(SDXL)


@row("APIError on 401: .status_code, .code")
def test_wrong_key(gateway: Gateway) -> None:
    with pytest.raises(APIError) as caught:
        inference("wrong").run(SDXL)
    assert isinstance(caught.value, AuthenticationFailed)
    assert (caught.value.status_code, caught.value.code) == (401, None)
    gateway.inferencesh.errors = "success"
    with pytest.raises(APIError) as caught:
        inference("wrong").run(SDXL)
    assert (caught.value.status_code, caught.value.code) == (401, "unauthorized")


@row("RequirementsNotMetError on 412: .errors")
def test_requirements(client: Inference) -> None:
    with pytest.raises(RequirementsNotMetError) as caught:
        client.run({"app": "infsh/gated-diffusion", "input": {"prompt": "t"}})
    assert [error.key for error in caught.value.errors] == ["HF_TOKEN", "google.drive"]
    assert all(name in str(caught.value) for name in ("HF_TOKEN", "google.drive"))
    assert caught.value.errors[1].action is not None
    assert caught.value.errors[1].action.provider == "google"


@row("rejected task raises")
def test_rejected(gateway: Gateway, client: Inference) -> None:
    gateway.faults.add(Fault("job_rejected", service="inferencesh", text="over budget"))
    with pytest.raises(RuntimeError, match="rejected: over budget"):
        client.run(SDXL)


@row("client.tasks.get / stream / cancel (PyPI readme)")
def test_tasks(slow: Gateway) -> None:
    client = inference()
    task = client.tasks.run(SDXL, wait=False)
    got = client.tasks.get(task["id"])
    assert (TaskStatus(got["status"]), TaskStatus(got.data["status"])) == (TaskStatus.RUNNING, TaskStatus.RUNNING)
    with client.tasks.stream(task["id"]) as stream:
        updates = list(stream)
    assert parse_status(updates[-1]["status"]) == TaskStatus.COMPLETED
    assert stream.result == updates[-1]
    assert client.tasks.wait_for_completion(task["id"])["output"] == updates[-1]["output"]
    with client.tasks.stream(task["id"]) as stream:
        for update in stream:
            if parse_status(update.get("status")) == TaskStatus.COMPLETED:
                break
    assert stream.result == update
    other = client.tasks.run(SDXL, wait=False)
    client.tasks.cancel(other["id"])
    assert parse_status(client.get_task(other["id"])["status"]) is TaskStatus.CANCELLED


@row("client.files.upload(path / bytes) (PyPI readme)")
def test_upload(client: Inference, tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(PICTURE)
    for source in (str(tmp_path / "in.png"), tmp_path / "in.png", PICTURE):
        assert PICTURE == httpx.get(client.files.upload(source)["uri"]).content
    options = UploadFileOptions(filename="data.bin", content_type="application/octet-stream", public=True)
    for given in (options, {"filename": "data.bin", "content_type": "application/octet-stream", "public": True}):
        record = client.files.upload(b"raw bytes data", given)
        assert (record["filename"], record["public"]) == ("data.bin", True)
    with pytest.raises(InvalidInput, match="filename"):
        client.files.upload(PICTURE, {"name": "a.png"})


@row("async_inference().run(...) (needs the [async] extra)")
def test_async_run(gateway: Gateway) -> None:
    assert PICTURE == picture_of(asyncio.run(async_inference().run(SDXL)))


@row("async stream")
def test_async_stream(slow: Gateway) -> None:
    async def scenario() -> list[Any]:
        stream = await async_inference().run(SDXL, stream=True)
        return [update.get("progress") async for update in stream]

    assert asyncio.run(scenario())[-1] == 100


@row("LLM delta events accumulate")
def test_deltas(slow: Gateway) -> None:
    request = {"app": "infsh/writer", "input": {"prompt": "one two"}}
    texts = [(update.get("output") or {}).get("response", "") for update in inference().run(request, stream=True)]
    assert texts == sorted(texts, key=len)
    assert "You said: one two" == texts[-1]
    assert len(set(texts)) > 3


@row("a missing local path ('/no/such.png') is an error, not sent as text")
def test_missing_path(gateway: Gateway, client: Inference) -> None:
    for name in ("image", "reference", "model"):
        with pytest.raises(InvalidInput, match=r"such\.png"):
            client.run({"app": "infsh/sdxl", "input": {"prompt": "t", name: "/no/such.png"}})
    assert gateway.jobs() == []


@row("sense: a file of one task's output is the next one's input")
def test_chained(gateway: Gateway, client: Inference) -> None:
    made = client.run(SDXL)["output"]["image"]
    for given in (made, made["uri"], File(made)):
        task = client.run({"app": "infsh/product-cutout", "input": {"image": given}})
        assert PICTURE == picture_of(task)
    assert gateway.requests.of("files", "upload") == []


@row("a pathlib.Path in the input is uploaded")
def test_path_object(gateway: Gateway, client: Inference, tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(PICTURE)
    client.run({"app": "infsh/sdxl", "input": {"prompt": "t", "image": tmp_path / "in.png"}})
    assert PICTURE == httpx.get(sent(gateway)["image"]).content


@row("a 16-letter prompt stays a prompt ('photorealistic12')")
def test_short_prompt(gateway: Gateway, client: Inference) -> None:
    client.run({"app": "infsh/sdxl", "input": {"prompt": "photorealistic12", "style": "photorealistic12"}})
    assert sent(gateway) == {"prompt": "photorealistic12", "style": "photorealistic12"}


@row("a prompt that happens to name a file or directory stays a prompt")
def test_prompt_like_a_file(
    gateway: Gateway, client: Inference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "castle").mkdir()
    (tmp_path / "sunset.png").write_bytes(PICTURE)
    for prompt in ("castle", "sunset.png", "./sunset.png", "/no/such.png"):
        client.run({"app": "infsh/sdxl", "input": {"prompt": prompt}})
        assert sent(gateway)["prompt"] == prompt


@row("a failed task's exception is the SDK's own and carries the task id")
def test_failure_carries_the_task(gateway: Gateway, client: Inference) -> None:
    gateway.faults.add(Fault("job_fails", service="inferencesh", text="x"))
    with pytest.raises(TaskFailed) as caught:
        client.run(SDXL)
    assert (caught.value.task_id, caught.value.detail) == (gateway.jobs()[0].id, "x")


@row("a task of 5 minutes that sends only heartbeats while it runs completes")
def test_heartbeats_only(slow: Gateway) -> None:
    slow.inferencesh.heartbeat_s = 0.02
    slow.faults.add(Fault("heartbeats_only", service="inferencesh", route="stream", times=None))
    client = inference()
    client.tasks._calls.api.silence_s = 0.1  # 30 s of the five minutes
    assert PICTURE == picture_of(client.run(SDXL))


FORMS: list[tuple[Literal["number", "word"], Literal["chunked", "close"], str]] = [
    ("number", "chunked", "stream: status as int, full updates, chunked framing"),
    ("word", "chunked", "stream: status as str, full updates, chunked framing"),
    ("number", "close", "stream: status as int, full updates, close framing"),
    ("word", "close", "stream: status as str, full updates, close framing"),
]


@pytest.mark.parametrize(("status", "framing", "row"), FORMS, ids=[text for *_, text in FORMS], indirect=["row"])
def test_stream_forms(
    slow: Gateway, status: Literal["number", "word"], framing: Literal["chunked", "close"], row: str
) -> None:
    slow.inferencesh.status, slow.inferencesh.framing = status, framing
    for updates in ("full", "partial"):
        slow.inferencesh.updates = updates
        seen = list(inference().run(SDXL, stream=True))
        assert parse_status(seen[0]["status"]) is TaskStatus.RUNNING
        assert parse_status(seen[-1]["status"]) is TaskStatus.COMPLETED
        assert PICTURE == picture_of(seen[-1])


@row("stream: output in one partial update, status in the next")
def test_split_updates(slow: Gateway) -> None:
    slow.inferencesh.updates = "split"
    assert PICTURE == picture_of(inference().run(SDXL))


@row("stream cut into 7-byte pieces")
def test_drip(gateway: Gateway, client: Inference) -> None:
    gateway.faults.add(Fault("drip", service="inferencesh", route="stream", after_bytes=7))
    assert PICTURE == picture_of(client.run(SDXL))
