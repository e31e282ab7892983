"""Segmind: every call that its documentation and its library's page show."""

from __future__ import annotations

import json
import pickle
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ipyimagegen.core.errors import AuthenticationFailed, ConnectionFailed, NotFound
from ipyimagegen.gateway import Fault, Gateway, Limits, TimedWork, serve
from ipyimagegen.services import segmind
from ipyimagegen.services.segmind import (
    InferenceFailed,
    InferenceTimeout,
    SegmindClient,
    SegmindError,
)
from tests.gateway.receiver import Receiver
from tests.gateways import serving
from tests.lateness import at_some_time

from .rows import PICTURE, row


@pytest.fixture
def slower(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    with serving(monkeypatch, work=TimedWork(1.5, PICTURE)) as running:
        yield running


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    with serving(monkeypatch, work=TimedWork(0.3, PICTURE)) as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@row("SEGMIND_API_KEY is read from the environment")
def test_environment(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    assert segmind.run("flux-dev", prompt="t")["status"] == "COMPLETED"
    monkeypatch.setenv("SEGMIND_API_KEY", "SG_another")
    with pytest.raises(SegmindError, match="Invalid API key"):
        segmind.run("flux-dev", prompt="t")
    monkeypatch.delenv("SEGMIND_API_KEY")
    with pytest.raises(SegmindError, match="SEGMIND_API_KEY"):
        segmind.run("flux-dev", prompt="t")


@row("segmind.run(slug, **params) -> dict; result['output'] is the image URL")
def test_run(gateway: Gateway) -> None:
    result = segmind.run("seedream-4.5", prompt="a sunset", aspect_ratio="16:9")
    assert PICTURE == httpx.get(result["output"]).content
    assert result["metrics"]["cost"] == 0.04


@row("run() forwards timeout/interval as model parameters")
def test_model_parameters(gateway: Gateway) -> None:
    segmind.run("flux-dev", prompt="t", timeout=3, interval=4)
    assert {"prompt": "t", "timeout": 3, "interval": 4} == gateway.jobs()[0].inputs


@pytest.mark.real_time
@row("defaults: a poll every 1 s, deadline 600 s")
def test_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (segmind.DEFAULT_POLL_INTERVAL_S, segmind.DEFAULT_POLL_TIMEOUT_S) == (1.0, 600.0)
    with serve(work=TimedWork(2.3)) as gateway:
        began = time.monotonic()
        SegmindClient(gateway.keys.segmind, f"{gateway.url}/v1").run("flux-dev", prompt="t")
        assert len(gateway.requests.of("segmind", "status")) <= time.monotonic() - began + 2


@row("after InferenceTimeout: re-fetch with the same handle")
def test_wait_again(slower: Gateway) -> None:
    job = segmind.submit_async("flux-dev", prompt="t")
    with pytest.raises(InferenceTimeout):
        job.wait(timeout=0)
    assert job.wait()["status"] == "COMPLETED"


@row("after InferenceTimeout from run(): a public way back from e.request_id to the result")
def test_way_back(slower: Gateway) -> None:
    job = segmind.submit_async("flux-dev", prompt="t")
    with pytest.raises(InferenceTimeout) as caught:
        job.wait(timeout=0.01)
    assert f"segmind.job({caught.value.request_id!r})" in str(caught.value)
    assert PICTURE == httpx.get(segmind.job(caught.value.request_id).wait()["output"]).content


@row("a parameter named 'slug' is forwarded ('every keyword')")
def test_slug(gateway: Gateway) -> None:
    segmind.run("flux-dev", prompt="t", slug="x")
    assert {"prompt": "t", "slug": "x"} == gateway.jobs()[0].inputs


@pytest.mark.real_time
@row("for a quick model run() returns after a single poll (job of 0.3 s)")
def test_one_poll(slow: Gateway) -> None:
    def quick() -> bool:
        began, before = time.monotonic(), len(slow.requests.of("segmind", "status"))
        segmind.run("flux-dev", prompt="t")
        return time.monotonic() - began < 0.8 and len(slow.requests.of("segmind", "status")) - before == 1

    assert at_some_time(quick)


@row("segmind.run_sync(slug, **params).content: image bytes")
def test_run_sync(gateway: Gateway) -> None:
    response = segmind.run_sync("flux-dev", prompt="t", seed=11)
    assert isinstance(response, httpx.Response)
    assert PICTURE == response.content
    assert (response.headers["x-seed-value"], response.headers["x-cost"]) == ("11", "0.025")
    assert gateway.keys.segmind not in repr(vars(response)) + repr(response.request.headers)
    assert response.elapsed.total_seconds() > 0
    again = pickle.loads(pickle.dumps(response))  # noqa: S301
    assert (PICTURE, 200) == (again.content, again.status_code)


@row("sense: the parts of the module complete with Tab, without a key too")
def test_completion(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEGMIND_API_KEY", raising=False)
    assert ["upload"] == dir(segmind.files)
    assert {"get", "history", "list", "recent"} == {*dir(segmind.generations)}


@row("run_sync(...).json() for structured responses")
def test_run_sync_json(gateway: Gateway) -> None:
    assert segmind.run_sync("gpt-5.5", prompt="t").json()["choices"]


@row("run_sync is fine for models under 60 s (job of 33 s)")
def test_run_sync_is_patient() -> None:
    with serve(work=TimedWork(0.8)) as gateway:
        client = SegmindClient(gateway.keys.segmind, f"{gateway.url}/v1", timeout=0.3)
        assert client.run_sync("flux-dev", prompt="t").status_code == 200


@row("job = segmind.submit_async(...): request_id, status_url, response_url")
def test_submit(gateway: Gateway) -> None:
    job = segmind.submit_async("flux-dev", prompt="t")
    address = f"{gateway.url}/v2/requests/{gateway.jobs()[0].id}"
    assert (gateway.jobs()[0].id, f"{address}/status", address) == (job.request_id, job.status_url, job.response_url)


@row("job.status()['status'] in QUEUED/PROCESSING/COMPLETED; job.result()")
def test_status(slower: Gateway) -> None:
    slower.set_limits("segmind", Limits(slots=1))
    first, second = (segmind.submit_async("flux-dev", prompt="t") for _ in range(2))
    assert (first.status()["status"], second.status()["status"]) == ("PROCESSING", "QUEUED")
    second.wait()
    assert second.status()["status"] == "COMPLETED"
    assert PICTURE == httpx.get(second.result()["output"]).content


@row("job.wait(timeout=600.0, interval=1.0)")
def test_wait(gateway: Gateway) -> None:
    assert segmind.submit_async("flux-dev", prompt="t").wait(timeout=600.0, interval=1.0)["status"] == "COMPLETED"


@row("InferenceFailed: .detail, .status_body")
def test_failed(gateway: Gateway) -> None:
    gateway.faults.add(Fault("job_fails", service="segmind", text="NSFW content"))
    with pytest.raises(InferenceFailed) as caught:
        segmind.run("flux-dev", prompt="t")
    assert caught.value.detail == "NSFW content"
    assert (caught.value.status_body["status"], caught.value.status_body["metrics"]["cost"]) == ("FAILED", 0)


@pytest.mark.real_time
@row("InferenceTimeout: .request_id, .elapsed_s")
def test_timeout(slow: Gateway) -> None:
    def in_time() -> bool:
        job = segmind.submit_async("flux-dev", prompt="t")
        with pytest.raises(InferenceTimeout) as caught:
            job.wait(timeout=0.1)
        assert caught.value.request_id == job.request_id
        assert caught.value.elapsed_s >= 0.1
        return caught.value.elapsed_s < 0.3

    assert at_some_time(in_time)


@row("SegmindError on 401: .status, .detail")
def test_401(gateway: Gateway) -> None:
    with pytest.raises(SegmindError) as caught:
        SegmindClient("wrong").run("flux-dev", prompt="t")
    assert (caught.value.status, caught.value.detail) == (401, "Invalid API key")
    assert isinstance(caught.value, AuthenticationFailed)


@row("SegmindError on 404: .status, .detail")
def test_404(gateway: Gateway) -> None:
    with pytest.raises(SegmindError) as caught:
        segmind.run("no-such-model", prompt="t")
    assert (caught.value.status, caught.value.detail) == (404, "Model not found: no-such-model")
    assert isinstance(caught.value, NotFound)


@row("SegmindError on 5xx: .status and a non-empty .detail (HTML body)")
def test_5xx(gateway: Gateway) -> None:
    gateway.faults.add(Fault("status", service="segmind", route="submit", status=502, body="html", times=None))
    with pytest.raises(SegmindError) as caught:
        segmind.run("flux-dev", prompt="t")
    assert caught.value.status == 502
    assert caught.value.detail
    assert "<" not in caught.value.detail


@row("SegmindError covers transport errors (connection refused)")
def test_no_connection(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ipyimagegen.net.repeat.READ_PATIENCE_S", 0.2)
    gateway.close()
    with pytest.raises(SegmindError) as caught:
        segmind.run("flux-dev", prompt="t")
    assert isinstance(caught.value, ConnectionFailed)
    assert caught.value.detail


@row("reply = segmind.chat('gpt-5.5', prompt=...).text (v2, double-encoded output)")
def test_chat(gateway: Gateway) -> None:
    assert segmind.chat("gpt-5.5", prompt="hello").text == "You said: hello"


@row("chat with Anthropic and Gemini shapes")
def test_chat_shapes(gateway: Gateway) -> None:
    for slug in ("claude-4.5-sonnet", "gemini-3-pro"):
        reply = segmind.chat(slug, messages=[{"role": "user", "content": "hi"}])
        assert reply.text == "You said: hi"
        assert reply.usage


@row("chat(...).json()")
def test_chat_json(gateway: Gateway) -> None:
    reply = segmind.chat(
        "gpt-5.5",
        prompt="Invent one person.",
        response_format={
            "type": "json_schema",
            "json_schema": {
                "name": "person",
                "strict": True,
                "schema": {
                    "type": "object",
                    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
                    "required": ["name", "age"],
                    "additionalProperties": False,
                },
            },
        },
    )
    assert {"name": "Invent one person.", "age": 0} == reply.json()
    sync = segmind.chat_sync("claude-4.5-sonnet", prompt="hi", response_format={"type": "json_object"})
    assert {"said": "hi"} == sync.json()


@row("segmind.chat_sync(...)")
def test_chat_sync(gateway: Gateway) -> None:
    assert segmind.chat_sync("claude-4.5-sonnet", prompt="hi").text == "You said: hi"


@row("segmind.submit_chat(...).wait()")
def test_submit_chat(gateway: Gateway) -> None:
    job = segmind.submit_chat("gpt-5.5", prompt="hi")
    assert job.wait().text == "You said: hi"
    assert (job.status()["status"], job.result().text) == ("COMPLETED", "You said: hi")


@row("streaming is not supported: raises")
def test_no_streams(gateway: Gateway) -> None:
    for call in (segmind.chat, segmind.chat_sync, segmind.submit_chat):
        with pytest.raises(NotImplementedError, match="stream"):
            call("gpt-5.5", prompt="hi", stream=True)
    with pytest.raises(NotImplementedError, match="stream"):
        SegmindClient().stream("flux-dev", prompt="t")
    assert len(gateway.requests) == 0


@row("run_async() was removed: calling or importing raises")
def test_run_async(gateway: Gateway) -> None:
    with pytest.raises(AttributeError, match="removed"):
        segmind.run_async("flux-dev", prompt="t")
    with pytest.raises(AttributeError, match="removed"):
        SegmindClient().run_async("flux-dev", prompt="t")
    with pytest.raises(ImportError):
        exec("from ipyimagegen.services.segmind import run_async")  # noqa: S102


@row("segmind.files.upload(path) (PyPI readme)")
def test_upload(gateway: Gateway, tmp_path: Path) -> None:
    (tmp_path / "image.png").write_bytes(PICTURE)
    result = segmind.files.upload(str(tmp_path / "image.png"))
    assert PICTURE == httpx.get(result["file_urls"][0]).content


@row("files.upload([path, path])")
def test_upload_several(gateway: Gateway, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.png", "b.png")]
    for path in paths:
        path.write_bytes(PICTURE)
    assert len(segmind.files.upload([str(paths[0]), paths[1]])["file_urls"]) == 2


@row("webhooks.add/get/update/logs/delete; delivery on completion")
def test_webhooks(gateway: Gateway, receiver: Receiver) -> None:
    hook = segmind.webhooks.add(receiver.url, ["INFERENCE"])["webhook_id"]
    assert [hook] == [entry["webhook_id"] for entry in segmind.webhooks.get()["webhooks"]]
    request_id = segmind.run("flux-dev", prompt="t")["request_id"]
    assert request_id == receiver.next()["request_id"]
    receiver.until(lambda: segmind.webhooks.logs(hook)["logs"])
    segmind.webhooks.update(hook, receiver.url, ["PIXELFLOW"])
    segmind.webhooks.delete(hook)
    assert segmind.webhooks.get()["webhooks"][0]["is_active"] is False


@row("generations.list/recent/history/get; models.list")
def test_generations(gateway: Gateway) -> None:
    request_id = segmind.run("flux-dev", prompt="a boat")["request_id"]
    assert segmind.generations.list(model_name="flux-dev")["data"][0]["prompt"] == "a boat"
    assert request_id == segmind.generations.recent("flux-dev")["data"][0]["request_id"]
    assert segmind.generations.history(status="COMPLETED")["total"] == 1
    assert segmind.generations.get(request_id)["credits_deduction"] == 0.025
    assert "flux-dev" in {model["slug"] for model in segmind.models.list()["models"]}


@row("pixelflows.run(workflow_id=, data=, poll=True)")
def test_pixelflows(gateway: Gateway) -> None:
    result = segmind.pixelflows.run(workflow_id="text-to-image", data={"prompt": "t"}, poll=True)
    assert PICTURE == httpx.get(result["output"][0]["value"]["data"]).content
    started = segmind.pixelflows.run(workflow_id="text-to-image", data={"prompt": "t"}, poll=False)
    assert segmind.pixelflows.poll(poll_url=started["poll_url"])["status"] == "COMPLETED"
    assert segmind.pixelflows.get_status(poll_id=started["request_id"])["output"]


@pytest.mark.real_time
@row("job.wait(timeout=0.5, interval=5) ends at its timeout")
def test_short_timeout() -> None:
    with serve(work=TimedWork(60)) as gateway:
        client = SegmindClient(gateway.keys.segmind, gateway.url)

        def in_time() -> bool:
            job, before = client.submit_async("flux-dev", prompt="t"), len(gateway.requests.of("segmind", "status"))
            began = time.monotonic()
            with pytest.raises(InferenceTimeout):
                job.wait(timeout=0.5, interval=5)
            assert len(gateway.requests.of("segmind", "status")) - before <= 1
            took = time.monotonic() - began
            assert took >= 0.5
            return took < 0.9

        assert at_some_time(in_time)


@row("base_url override also covers files, webhooks, generations, models, pixelflows")
def test_every_host(gateway: Gateway, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PICTURE)
    client = SegmindClient(gateway.keys.segmind, base_url=f"{gateway.url}/v1")
    client.files.upload(tmp_path / "a.png")
    client.webhooks.get()
    client.generations.history()
    client.models.list()
    client.credits()
    flow = "https://api.segmind.com/workflows/text-to-image"
    assert client.pixelflows.run(workflow_url=flow, data={"prompt": "t"})["status"] == "COMPLETED"
    asked = {record.route for record in gateway.requests.of("segmind")}
    assert {"upload", "webhooks", "history", "models", "credits", "workflow", "workflow_poll"} <= asked
    assert "a.png" not in json.dumps([record.path for record in gateway.requests])


def test_the_adapter_leaves_the_documented_names_alone(gateway: Gateway) -> None:
    import ipyimagegen.services.segmind.catalogue
    import ipyimagegen.services.segmind.replies
    import ipyimagegen.services.segmind.service  # noqa: F401

    assert segmind.models.list()["models"]
    assert segmind.chat("gpt-5.5", prompt="hi").text == "You said: hi"


def test_the_exceptions_are_where_the_librarys_page_imports_them_from() -> None:
    from ipyimagegen.services.segmind import exceptions

    assert exceptions.SegmindError is SegmindError
