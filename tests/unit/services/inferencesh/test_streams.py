"""The updates of a task as its documented stream hands them out."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, cast

import pytest

from ipyimagegen.services.inferencesh import TaskFailed, TaskStream
from ipyimagegen.services.inferencesh.api import Api
from ipyimagegen.services.inferencesh.messages import View, Whole, merge

RUNNING = {"id": "t", "status": 7, "output": None}
ENDED = {"id": "t", "status": 10, "output": None}
DONE = {"id": "t", "status": 10, "output": {"image": "https://files.example/a.png"}}
FAILED = {"id": "t", "status": 11, "output": None, "error": "no worker"}


class Followed:
    """The part of `Api` that a stream uses."""

    def __init__(self, *tasks: dict[str, Any]) -> None:
        self.tasks = tasks

    async def follow(self, _task_id: str) -> AsyncGenerator[View, None]:
        for task in self.tasks:
            yield merge(View(), Whole(task))


def stream_of(*tasks: dict[str, Any]) -> TaskStream:
    return TaskStream(cast("Api", Followed(*tasks)), {"id": "t"})


def test_an_end_comes_with_its_output() -> None:
    assert [RUNNING, DONE] == list(stream_of(RUNNING, ENDED, DONE))


def test_an_end_that_has_no_output_comes_too() -> None:
    assert [RUNNING, ENDED] == list(stream_of(RUNNING, ENDED, ENDED))


def test_who_leaves_at_the_end_finds_the_result() -> None:
    with stream_of(RUNNING, DONE) as stream:
        for update in stream:
            if update["status"] == 10:
                break
            assert stream.result is None or stream.result == DONE
    assert DONE == stream.result


def test_a_failure_is_handed_out_and_then_raised() -> None:
    stream = stream_of(RUNNING, FAILED)
    assert [RUNNING, FAILED] == [next(stream), next(stream)]
    with pytest.raises(TaskFailed, match="no worker") as caught:
        next(stream)
    assert (stream.result, stream.error) == (None, caught.value)
