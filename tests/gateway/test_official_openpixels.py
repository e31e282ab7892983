"""The official OpenPixels library, unmodified, against the gateway."""

from __future__ import annotations

import asyncio
import base64
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Literal

import pytest

from ipyimagegen.gateway import Fault, Gateway, TimedWork, serve
from ipyimagegen.gateway.work import flat_png

from .web import web

if TYPE_CHECKING:
    from collections.abc import Iterator

openpixels = pytest.importorskip("openpixels")

PAYLOAD = {"model": "flux-dev", "prompt": "a cat", "width": 64, "height": 64}
PICTURE = flat_png(64, 64)


@pytest.fixture
def client(gateway: Gateway) -> Iterator[Any]:
    made = openpixels.OpenPixels(gateway.keys.openpixels, gateway.url)
    yield made
    made.close()


def test_run_gives_the_address_of_a_picture(client: Any) -> None:
    result = client.run(PAYLOAD)
    assert result["status"] == "complete"
    assert PICTURE == web.get(result["data"]["url"]).content


def test_async_run(gateway: Gateway) -> None:
    async def scenario() -> Any:
        client = openpixels.AsyncOpenPixels(gateway.keys.openpixels, gateway.url)
        try:
            return await client.run(PAYLOAD)
        finally:
            await client.close()

    assert asyncio.run(scenario())["status"] == "complete"


@pytest.mark.parametrize("form", ["data_url", "base64", "bare_base64"])
def test_a_picture_inside_the_answer(
    gateway: Gateway, client: Any, form: Literal["data_url", "base64", "bare_base64"]
) -> None:
    gateway.openpixels.picture = form
    data = client.run(PAYLOAD)["data"]
    text = {"data_url": lambda: data["url"].partition(",")[2], "base64": lambda: data["base64"]}.get(
        form, lambda: data
    )()
    assert PICTURE == base64.b64decode(text)


def test_an_immediate_result_needs_no_poll(gateway: Gateway, client: Any) -> None:
    gateway.openpixels.immediate = True
    assert client.run(PAYLOAD)["status"] == "complete"
    assert gateway.requests.of("openpixels", "poll") == []


def test_a_failed_job_is_a_value(gateway: Gateway, client: Any) -> None:
    gateway.faults.add(Fault("job_fails", service="openpixels", text="no luck"))
    result = client.run(PAYLOAD)
    assert (result["status"], result["error"]["message"]) == ("failed", "no luck")


def test_a_wrong_key_is_refused(gateway: Gateway) -> None:
    client = openpixels.OpenPixels("wrong", gateway.url)
    with pytest.raises(ValueError, match="invalid_key"):
        client.run(PAYLOAD)
    client.close()


def test_a_poll_that_is_held_too_short_is_repeated() -> None:
    with serve(work=TimedWork(1.0)) as gateway:
        gateway.openpixels.hold_s = 0.02
        client = openpixels.OpenPixels(gateway.keys.openpixels, gateway.url)
        assert client.run(PAYLOAD)["status"] == "complete"
        client.close()
        assert len(gateway.requests.of("openpixels", "poll")) > 2


def test_one_client_shared_by_threads_over_a_queue() -> None:
    with serve(work=TimedWork(0.02), slots=2) as gateway:
        client = openpixels.OpenPixels(gateway.keys.openpixels, gateway.url)
        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(client.run, [PAYLOAD] * 8))
        client.close()
        assert {"complete"} == {result["status"] for result in results}
        assert _most_at_once(gateway) == 2


def _most_at_once(gateway: Gateway) -> int:
    spans = [(job.started_at or 0.0, job.finished_at or 0.0) for job in gateway.jobs()]
    return max(sum(start <= moment < end for start, end in spans) for moment, _ in spans)
