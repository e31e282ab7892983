"""Stop stops the meter: an interrupted or cancelled run cancels the task at the service; leaving a stream does not."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ipyimagegen.gateway import Fault, Gateway, TimedWork, serve
from ipyimagegen.services.inferencesh import Inference, TaskTimeout, async_inference

SDXL: dict[str, Any] = {"app": "infsh/sdxl", "input": {"prompt": "a lighthouse"}}


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with serve(work=TimedWork(30)) as running:
        yield running


@pytest.fixture
def client(gateway: Gateway) -> Inference:
    return Inference(gateway.keys.inference, gateway.url)


def phase(gateway: Gateway, wanted: str) -> str:
    """The only job's phase, once it is the wanted one, or after half a minute."""
    until = time.monotonic() + 30
    while time.monotonic() < until and (not gateway.jobs() or gateway.jobs()[0].phase != wanted):
        time.sleep(0.01)
    return gateway.jobs()[0].phase


def sending(gateway: Gateway) -> None:
    """Wait until a submit has arrived."""
    until = time.monotonic() + 30
    while time.monotonic() < until and not gateway.requests.of("inferencesh", "submit"):
        time.sleep(0.01)


def interrupt_when_running(gateway: Gateway) -> None:
    def interrupt() -> None:
        phase(gateway, "running")
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()


def test_interrupt_cancels_at_the_service(gateway: Gateway, client: Inference) -> None:
    interrupt_when_running(gateway)
    with pytest.raises(KeyboardInterrupt):
        client.run(SDXL)
    assert phase(gateway, "cancelled") == "cancelled"


def test_cancelling_the_awaiting_task_cancels_at_the_service(gateway: Gateway) -> None:
    async def scenario() -> None:
        client = async_inference(gateway.keys.inference, gateway.url)
        task = asyncio.create_task(client.run(SDXL))
        await asyncio.to_thread(phase, gateway, "running")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())
    assert phase(gateway, "cancelled") == "cancelled"


def test_a_cancel_while_the_task_is_being_sent_reaches_it_too(gateway: Gateway) -> None:
    gateway.faults.add(Fault("latency", service="inferencesh", route="submit", seconds=0.3))

    async def scenario() -> None:
        client = async_inference(gateway.keys.inference, gateway.url)
        task = asyncio.create_task(client.run(SDXL))
        await asyncio.to_thread(sending, gateway)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())
    assert phase(gateway, "cancelled") == "cancelled"
    assert len(gateway.requests.of("inferencesh", "submit")) == 1


def test_leaving_a_stream_leaves_the_task_alone(gateway: Gateway, client: Inference) -> None:
    for _ in client.run(SDXL, stream=True):
        break
    assert gateway.jobs()[0].phase == "running"


def test_a_wait_that_took_too_long_leaves_the_task_alone(gateway: Gateway, client: Inference) -> None:
    task = client.run(SDXL, wait=False)
    with pytest.raises(TaskTimeout) as caught:
        client.tasks.wait_for_completion(task["id"], timeout=0.1)
    assert caught.value.task_id == task["id"]
    assert gateway.jobs()[0].phase == "running"


def test_a_client_works_inside_a_running_loop_and_in_threads(gateway: Gateway, client: Inference) -> None:
    async def inside() -> str:
        return str(client.run(SDXL, wait=False)["id"])

    asyncio.run(inside())
    ids: list[str] = []
    threads = [threading.Thread(target=lambda: ids.append(client.run(SDXL, wait=False)["id"])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 4
