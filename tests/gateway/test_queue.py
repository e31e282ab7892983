"""Slots, queue, refusals beyond it, and what stays when the gateway closes."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from ipyimagegen.gateway import Gateway, Limits, TimedWork, exchange, serve

from .signing import call
from .stepped import SteppedWork
from .web import web

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ipyimagegen.gateway.orders import Order
    from ipyimagegen.gateway.work import Picture, Report


def submit_everywhere(gateway: Gateway) -> dict[str, httpx.Response]:
    keys = gateway.keys
    body: Any = {"prompt": "t"}
    return {
        "speedpix": call(gateway, "/scc/comfy_prompt", {"workflow_id": "text-to-image", "inputs": body}),
        "openpixels": web.post(
            f"{gateway.url}/v2/submit",
            json=body | {"model": "flux-dev"},
            headers={"Authorization": f"Key {keys.openpixels}"},
        ),
        "segmind": web.post(f"{gateway.url}/v2/flux-dev", json=body, headers={"x-api-key": keys.segmind}),
        "inferencesh": web.post(
            f"{gateway.url}/apps/run",
            json={"app": "infsh/sdxl", "input": body},
            headers={"Authorization": f"Bearer {keys.inference}"},
        ),
    }


def test_beyond_slots_and_queue_every_service_answers_429() -> None:
    with serve(work=TimedWork(5), slots=1, queue_limit=1, retry_after_s=7) as gateway:
        for _ in range(2):
            assert {answer.status_code for answer in submit_everywhere(gateway).values()} == {200}
        refused = submit_everywhere(gateway)
        assert {answer.status_code for answer in refused.values()} == {429}
        waits = {service: answer.headers.get("retry-after") for service, answer in refused.items()}
        assert waits == {"speedpix": "7", "openpixels": "7", "segmind": None, "inferencesh": "7"}
        assert refused["segmind"].headers["x-rate-limit-reset-at-utc"].endswith("Z")


def test_limits_are_each_services_own_and_can_change() -> None:
    with serve(work=TimedWork(5), slots={"segmind": 1, "openpixels": 1}, queue_limit={"segmind": 0}) as gateway:
        submit_everywhere(gateway)
        statuses = {service: answer.status_code for service, answer in submit_everywhere(gateway).items()}
        assert statuses == {"speedpix": 200, "openpixels": 200, "segmind": 429, "inferencesh": 200}
        gateway.set_limits("segmind", Limits(slots=2))
        assert submit_everywhere(gateway)["segmind"].status_code == 200


def test_closing_ends_jobs_and_connections_at_once() -> None:
    gateway = serve(work=TimedWork(300))
    submit_everywhere(gateway)
    waiting = threading.Thread(target=_poll, args=(gateway,))
    waiting.start()
    started = time.monotonic()
    gateway.close()
    gateway.close()
    waiting.join()
    assert time.monotonic() - started < 30
    assert {job.phase for job in gateway.jobs()} == {"cancelled"}
    with pytest.raises(httpx.ConnectError):
        web.get(gateway.url)


def _poll(gateway: Gateway) -> None:
    job = gateway.jobs("openpixels")[0].id
    headers = {"Authorization": f"Key {gateway.keys.openpixels}"}
    try:
        web.get(f"{gateway.url}/v2/poll/{job}", headers=headers, timeout=60)
    except httpx.TransportError:
        return


def test_two_gateways_run_side_by_side(gateway: Gateway) -> None:
    with serve(work=TimedWork()) as other:
        assert other.url != gateway.url
        assert other.keys != gateway.keys
        assert web.get(f"{other.url}/status").status_code == 200


def test_a_port_that_is_taken_is_an_error_at_the_call(gateway: Gateway) -> None:
    with pytest.raises(OSError, match="in use"):
        serve(work=TimedWork(), port=int(gateway.url.rpartition(":")[2]))


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1"])  # noqa: S104 - refused
def test_it_listens_to_this_machine_only(host: str) -> None:
    with pytest.raises(ValueError, match="must be this machine"):
        serve(work=TimedWork(), host=host)


def test_nonsense_limits_are_refused() -> None:
    with pytest.raises(ValueError, match="slots must be at least 1"):
        Limits(slots=0)


def test_many_jobs_are_at_work_at_once() -> None:
    work = SteppedWork(steps=1)
    with serve(work=work, slots=200) as gateway:
        headers = {"x-api-key": gateway.keys.segmind}
        with httpx.Client(headers=headers) as client:
            for _ in range(100):
                client.post(f"{gateway.url}/v2/flux-schnell", json={"prompt": "t"})
            addresses = [f"{gateway.url}/v2/requests/{job.id}" for job in gateway.jobs()]
            assert {client.get(address).json()["status"] for address in addresses} == {"PROCESSING"}
            work.release()
            while {client.get(address).json()["status"] for address in addresses} != {"COMPLETED"}:
                pass


class BrokenWork(TimedWork):
    async def perform(self, order: Order, report: Report) -> Sequence[Picture]:
        raise RuntimeError(f"cannot do {order.prompt}")


def test_work_that_breaks_fails_its_job_and_leaves_the_slot_free(caplog: pytest.LogCaptureFixture) -> None:
    with serve(work=BrokenWork(), slots=1, queue_limit=0) as gateway:
        headers = {"x-api-key": gateway.keys.segmind}
        answers = [web.post(f"{gateway.url}/v1/flux-dev", json={"prompt": "t"}, headers=headers) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [500, 500]
        assert "internal error" in answers[0].json()["error"]
        assert gateway.jobs()[0].id in caplog.text


def test_a_body_larger_than_anything_meant_is_refused(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MAX_BODY_BYTES", 100)
    headers = {"x-api-key": gateway.keys.segmind}
    answer = web.post(f"{gateway.url}/v1/flux-dev", json={"prompt": "t" * 100}, headers=headers)
    assert answer.status_code == 413
    assert gateway.jobs() == []
