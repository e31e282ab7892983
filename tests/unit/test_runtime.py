"""The background loop, seen from threads and from other loops."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from ipyimagegen.runtime import Runtime, runtime

WHERE: contextvars.ContextVar[str] = contextvars.ContextVar("WHERE", default="nowhere")


async def context() -> str:
    return WHERE.get()


async def forever(started: threading.Event, ended: threading.Event) -> None:
    started.set()
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        ended.set()


def test_work_runs_in_the_callers_context() -> None:
    token = WHERE.set("cell 7")
    try:
        assert runtime().run(context()) == "cell 7"
    finally:
        WHERE.reset(token)


def test_there_is_one_runtime_and_its_thread_is_a_daemon() -> None:
    assert runtime() is runtime()
    assert runtime().thread.daemon


def test_cancelling_the_future_cancels_the_work() -> None:
    started, ended = threading.Event(), threading.Event()
    outcome = runtime().call(forever(started, ended))
    assert started.wait(5)
    outcome.cancel()
    assert ended.wait(5)


def test_a_time_limit_cancels_the_work() -> None:
    started, ended = threading.Event(), threading.Event()
    with pytest.raises(TimeoutError):
        runtime().run(forever(started, ended), timeout_s=0.05)
    assert ended.wait(5)


def test_an_error_reaches_the_caller() -> None:
    async def fail() -> None:
        raise LookupError("x")

    with pytest.raises(LookupError, match="x"):
        runtime().run(fail())


def test_another_loop_can_await_and_cancel() -> None:
    started, ended = threading.Event(), threading.Event()

    async def main() -> str:
        assert await runtime().bridge(context()) == "nowhere"
        task = asyncio.ensure_future(runtime().bridge(forever(started, ended)))
        assert await asyncio.to_thread(started.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return "done"

    assert asyncio.run(main()) == "done"
    assert ended.wait(5)


def test_waiting_on_the_loops_own_thread_is_refused_instead_of_hanging() -> None:
    async def inside() -> None:
        runtime().run(context())

    with pytest.raises(RuntimeError, match="wait for itself"):
        runtime().run(inside())


def test_a_runtime_of_its_own_stays_apart() -> None:
    own = Runtime()
    assert own.run(context()) == "nowhere"
    assert own.thread is not runtime().thread


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ipyimagegen.runtime.ENDING_S", 30.0)


@pytest.mark.usefixtures("unhurried")
def test_the_end_cancels_what_runs_and_lets_what_tidies_up_finish() -> None:
    own, seen = Runtime(), []

    async def scenario() -> None:
        begun, ending = asyncio.Event(), asyncio.Event()

        async def work() -> None:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                ending.set()

        async def tidy() -> None:
            await ending.wait()
            await asyncio.sleep(0)
            seen.append("tidied")

        own.call(work())
        own.tidy(tidy)
        await begun.wait()

    own.run(scenario())
    assert seen == []
    own.end()
    assert seen == ["tidied"]


@pytest.mark.usefixtures("unhurried")
def test_the_end_runs_what_was_left_for_it_and_not_what_was_taken_back() -> None:
    own, seen = Runtime(), []

    def saying(word: str) -> Callable[[], Coroutine[Any, Any, None]]:
        async def say() -> None:
            seen.append(word)

        return say

    async def fail() -> None:
        raise LookupError

    own.at_end(fail)
    own.at_end(saying("kept"))
    own.at_end(saying("taken back"))()
    own.end()
    assert seen == ["kept"]
