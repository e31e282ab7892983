"""Exceptions that a signal's handler raises while somebody waits: they arrive as they are, and no job goes on."""

from __future__ import annotations

import os
import random
import signal
import sys
from _thread import interrupt_main
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from functools import partial
from types import FrameType
from typing import Any

import pytest

from ipyimagegen.core.cost import Cost
from ipyimagegen.core.errors import JobCancelled, JobTimeout
from ipyimagegen.core.events import Progress
from ipyimagegen.core.models import ModelSpec
from ipyimagegen.jobs.client import Client
from ipyimagegen.jobs.job import Job
from ipyimagegen.services.base import Registry
from ipyimagegen.services.local.service import Local
from ipyimagegen.settings.config import Settings

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGALRM")

SLOW: dict[str, Any] = {
    "prompt": "x",
    "width": 64,
    "height": 64,
    "num_inference_steps": 150,
    "step_delay_s": 1.0,
}
WAITS: dict[str, Callable[[Client], Callable[[], object]]] = {
    "run": lambda client: partial(client.run, "local/sketch", **SLOW),
    "run n=2": lambda client: partial(client.run, "local/sketch", n=2, **SLOW),
    "result": lambda client: client.submit("local/sketch", **SLOW).result,
    "batch": lambda client: partial(client.submit("local/sketch", n=2, **SLOW).result, timeout=60),
    "stream": lambda client: partial(list, client.stream("local/sketch", **SLOW)),
}
WHOLE = {"run", "run n=2"}
"""Those that send and wait in one call; between the two calls of others nobody waits."""
ROUNDS = int(os.environ.get("IPYIMAGEGEN_EXPLORE", "1"))
"""More of them look at more moments."""


class Other(BaseException):
    """What no library expects."""


RAISED: list[BaseException] = [KeyboardInterrupt(), SystemExit(1), TimeoutError("the alarm's"), Other()]


class Paid(Local):
    """The meter runs from the submit to the cancel."""

    async def model(self, name: str) -> ModelSpec:
        return replace(await super().model(name), price=Cost(Decimal("0.01"), "USD", "quoted"))


@pytest.fixture
def client() -> Client:
    registry = Registry()
    registry.add(Paid())
    client = Client(settings=Settings(), services=registry, journal=None)
    client.model("local/sketch")
    return client


@pytest.fixture
def alarm() -> Iterator[Callable[[BaseException, float], None]]:
    def set_off(error: BaseException, in_s: float) -> None:
        def ring(_signal: int, _frame: FrameType | None) -> None:
            raise error

        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, in_s)

    before = signal.getsignal(signal.SIGALRM)
    yield set_off
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("wait", WAITS)
def test_whatever_a_signal_raises_cancels_the_job_and_arrives(
    client: Client, alarm: Callable[[BaseException, float], None], wait: str
) -> None:
    chance = random.Random(wait)  # noqa: S311 (the same moments in each run)
    soonest = 0.001 if wait in WHOLE else 0.05
    for error in RAISED * ROUNDS:
        begin = WAITS[wait](client)
        with pytest.raises(type(error)) as raised:  # noqa: PT012 (the alarm may go off before the wait)
            alarm(error, soonest + chance.uniform(0.0, 0.03))
            begin()
        assert error is raised.value
    for job in client.jobs():
        with pytest.raises(JobCancelled):
            job.result(10)
        assert job.phase == "cancelled"


@pytest.mark.parametrize("wait", WAITS)
def test_a_signal_that_wakes_nobody_comes_through_all_the_same(
    client: Client, wait: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(seen: Progress) -> None:
        if seen.step == 4:
            interrupt_main()  # as if it had arrived just before the wait began

    def launch(job: Job) -> None:
        job.on(Progress, interrupt)
        launch_it(job)

    launch_it = client.launch
    monkeypatch.setattr(client, "launch", launch)
    monkeypatch.setitem(SLOW, "step_delay_s", 0.05)
    with pytest.raises(KeyboardInterrupt):
        WAITS[wait](client)()
    for job in client.jobs():
        with pytest.raises(JobCancelled):
            job.result(10)


def test_a_deadline_of_the_wait_itself_leaves_the_job_running(client: Client) -> None:
    job = client.submit("local/sketch", **SLOW)
    with pytest.raises(JobTimeout, match=r"not done after 0\.01 s; it goes on"):
        job.result(0.01)
    assert not job.done
    assert job.cancel()
