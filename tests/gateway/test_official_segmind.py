"""The official Segmind library, unmodified, against the gateway.

Its account side names its hosts in its code, so a transport stands in for the name service: whatever host is asked, the
gateway answers. Nothing else is changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from ipyimagegen.gateway import Fault, Gateway, serve
from ipyimagegen.gateway.work import flat_png

from .stepped import SteppedWork
from .web import web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .receiver import Receiver

segmind = pytest.importorskip("segmind")

PICTURE = flat_png(64, 64)


class EveryHostIsTheGateway(httpx.HTTPTransport):
    def __init__(self, url: str) -> None:
        super().__init__()
        self._gateway = httpx.URL(url)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(scheme="http", host=self._gateway.host, port=self._gateway.port)
        request.headers["host"] = self._gateway.netloc.decode()
        return super().handle_request(request)


def connect(gateway: Gateway, key: str | None = None) -> Any:
    env = gateway.env()
    client = segmind.SegmindClient(api_key=key or env["SEGMIND_API_KEY"], base_url=env["SEGMIND_BASE_URL"])
    client._client._transport = EveryHostIsTheGateway(gateway.url)
    return client


@pytest.fixture
def client(gateway: Gateway) -> Iterator[Any]:
    made = connect(gateway)
    yield made
    made._client.close()


def test_run_gives_the_address_of_a_picture(client: Any) -> None:
    result = client.run("seedream-4.5", prompt="a sunset")
    assert PICTURE == web.get(result["output"]).content


def test_run_reports_cost_and_what_is_left(client: Any) -> None:
    metrics = client.run("seedream-4.5", prompt="a sunset")["metrics"]
    assert (metrics["cost"], metrics["remaining_credits"]) == (0.04, 99.96)


def test_run_sync_gives_the_bytes(client: Any) -> None:
    response = client.run_sync("flux-dev", prompt="a sunset", seed=11)
    assert PICTURE == response.content
    assert response.headers["content-type"] == "image/png"
    assert response.headers["x-seed-value"] == "11"
    assert response.headers["x-cost"] == "0.025"


def test_submit_then_wait(gateway: Gateway, client: Any) -> None:
    job = client.submit_async("flux-dev", prompt="t")
    assert job.wait(timeout=5, interval=0.01)["status"] == "COMPLETED"
    assert job.status()["status"] == "COMPLETED"
    assert job.request_id == gateway.jobs()[0].id


def test_a_job_in_the_queue_says_so() -> None:
    work = SteppedWork(steps=1)
    with serve(work=work, slots=1) as gateway:
        client = connect(gateway)
        first, second = (client.submit_async("flux-dev", prompt=text) for text in "ab")
        assert (first.status()["status"], second.status()["status"]) == ("PROCESSING", "QUEUED")
        work.release()
        assert second.wait(interval=0.02)["metrics"]["queue_time"] > 0
        client._client.close()


def test_a_timeout_keeps_the_way_back() -> None:
    work = SteppedWork(steps=1)
    with serve(work=work) as gateway:
        client = connect(gateway)
        job = client.submit_async("flux-dev", prompt="t")
        with pytest.raises(segmind.InferenceTimeout) as caught:
            job.wait(timeout=0, interval=0.01)
        assert caught.value.request_id == job.request_id
        work.release()
        assert job.wait(interval=0.02)["status"] == "COMPLETED"
        client._client.close()


def test_a_failed_job_raises_with_its_reason(gateway: Gateway, client: Any) -> None:
    gateway.faults.add(Fault("job_fails", service="segmind", text="NSFW content"))
    with pytest.raises(segmind.InferenceFailed) as caught:
        client.run("flux-dev", prompt="t")
    assert caught.value.detail == "NSFW content"
    assert caught.value.status_body["metrics"]["cost"] == 0


def test_every_keyword_reaches_the_model(gateway: Gateway, client: Any) -> None:
    client.run("flux-dev", prompt="t", timeout=3, interval=4)
    assert gateway.jobs()[0].inputs == {"prompt": "t", "timeout": 3, "interval": 4}


@pytest.mark.parametrize("slug", ["gpt-5.5", "claude-4.5-sonnet", "gemini-3-pro"])
def test_chat_in_the_shapes_of_three_providers(client: Any, slug: str) -> None:
    assert client.chat(slug, prompt="hello").text == "You said: hello"
    assert client.chat_sync(slug, messages=[{"role": "user", "content": "hi"}]).text == "You said: hi"
    assert client.submit_chat(slug, prompt="again").wait(interval=0.01).usage


@pytest.mark.parametrize(
    ("slug", "status", "detail"),
    [
        ("no-such-model", 404, "Model not found"),
        ("sd1.5-txt2img", 410, "retired"),
        ("enterprise-diffusion", 403, "not permitted"),
    ],
)
def test_models_that_cannot_be_run(client: Any, slug: str, status: int, detail: str) -> None:
    with pytest.raises(segmind.SegmindError) as caught:
        client.run(slug, prompt="t")
    assert caught.value.status == status
    assert detail in caught.value.detail


def test_a_wrong_key_is_refused(gateway: Gateway) -> None:
    client = connect(gateway, "wrong")
    with pytest.raises(segmind.SegmindError) as caught:
        client.run("flux-dev", prompt="t")
    client._client.close()
    assert (caught.value.status, caught.value.detail) == (401, "Invalid API key")


def test_without_credits_nothing_runs(gateway: Gateway, client: Any) -> None:
    gateway.segmind.wallet.credits_usd = 0.001
    with pytest.raises(segmind.SegmindError) as caught:
        client.run("flux-dev", prompt="t")
    assert (caught.value.status, caught.value.detail) == (406, "Insufficient credits")
    assert gateway.jobs() == []


def test_uploaded_assets_can_be_used(gateway: Gateway, client: Any, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(PICTURE)
    urls = client.files.upload([tmp_path / "a.png", tmp_path / "b.png"])["file_urls"]
    assert [PICTURE, PICTURE] == [web.get(url).content for url in urls]
    client.run("sdxl-img2img", prompt="t", image=urls[0])
    assert gateway.jobs()[0].order.image == PICTURE


def test_the_catalogue_and_past_generations(client: Any) -> None:
    request_id = client.run("flux-dev", prompt="a boat")["request_id"]
    assert "flux-dev" in {model["slug"] for model in client.models.list()["models"]}
    assert client.generations.list(model_name="flux-dev")["data"][0]["prompt"] == "a boat"
    assert client.generations.recent("flux-dev")["data"][0]["request_id"] == request_id
    assert client.generations.history(status="COMPLETED")["total"] == 1
    assert client.generations.history(from_date="2001-01-01", to_date="2001-01-02")["total"] == 0
    assert client.generations.get(request_id)["credits_deduction"] == 0.025


def test_a_workflow_is_polled_to_its_end(client: Any) -> None:
    result = client.pixelflows.run(workflow_id="text-to-image", data={"prompt": "t"}, poll_interval=0.01)
    assert result["status"] == "COMPLETED"
    assert PICTURE == web.get(result["output"][0]["value"]["data"]).content


def test_webhooks_are_registered_delivered_and_logged(client: Any, receiver: Receiver) -> None:
    hook = client.webhooks.add(receiver.url, ["INFERENCE"])["webhook_id"]
    assert [hook] == [row["webhook_id"] for row in client.webhooks.get()["webhooks"]]
    request_id = client.run("flux-dev", prompt="t")["request_id"]
    assert receiver.next()["request_id"] == request_id
    receiver.until(lambda: client.webhooks.logs(hook)["logs"])
    assert client.webhooks.logs(hook)["logs"][0]["status_code"] == 200
    client.webhooks.update(hook, receiver.url, ["PIXELFLOW"])
    client.run("flux-dev", prompt="t")
    client.pixelflows.run(workflow_id="text-to-image", data={"prompt": "t"}, poll_interval=0.01)
    assert receiver.next()["event_type"] == "PIXELFLOW"
    client.webhooks.delete(hook)
    assert client.webhooks.get()["webhooks"][0]["is_active"] is False
