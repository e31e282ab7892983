"""Whatever a person hands over by mistake gives one error of ours that names the value and what is wanted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ipyimagegen as ig
from ipyimagegen import history
from ipyimagegen.core.errors import InvalidInput
from ipyimagegen.jobs.client import Client
from ipyimagegen.services.base import Registry
from ipyimagegen.services.local.service import Local
from ipyimagegen.settings.config import Settings

NONE: Any = None
WORD: Any = "a"
SMALL: dict[str, Any] = {"width": 64, "height": 64, "num_inference_steps": 2}


@pytest.fixture(scope="module")
def client() -> Client:
    registry = Registry()
    registry.add(Local())
    return Client(settings=Settings(), services=registry, journal=None)


@pytest.mark.parametrize("n", [1, 2])
def test_a_wait_takes_seconds(client: Client, n: int) -> None:
    work = client.submit("local/sketch", prompt="x", n=n, **SMALL)
    wrong: Any
    for wrong in ("3", -1, float("nan"), []):
        with pytest.raises(InvalidInput, match=r"^timeout: .* is not a number of seconds, 0 or more"):
            work.result(timeout=wrong)
    assert work.result(timeout=float("inf")).images


@pytest.mark.parametrize("wrong", [None, 3, b"x", ["a"], Path("a")])
def test_a_job_is_named_by_text(client: Client, wrong: Any) -> None:
    for look in (client.job, client.attach, ig.attach):
        with pytest.raises(InvalidInput, match=r"^job_id: .* is not the id of a job: a text such as .*job\.id"):
            look(wrong)


@pytest.mark.parametrize("wrong", [3, [], {}, b""])
def test_a_model_is_named_by_text(client: Client, wrong: Any) -> None:
    with pytest.raises(InvalidInput, match="is not a model name"):
        client.run(wrong, prompt="x")
    with pytest.raises(InvalidInput, match=r"^query: .* is not words to look for"):
        client.models(wrong)


def test_listeners_are_functions_of_events_that_there_are(client: Client) -> None:
    job = client.submit("local/sketch", prompt="x", **SMALL).jobs[0]
    with pytest.raises(InvalidInput, match="event: 'done' is not an event; there are queued, running,"):
        job.on("done", print)
    with pytest.raises(InvalidInput, match="event: 3 is not an event"):
        job.on(3, print)  # type: ignore[call-overload]
    with pytest.raises(InvalidInput, match="callback: 3 is not a function"):
        job.on("progress", 3)  # type: ignore[call-overload]
    assert job.result(30).images


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: history.search(NONE), "query: None"),
        (lambda: history.search("x", limit=-1), "limit: -1"),
        (lambda: history.spent(days=WORD), "days: 'a'"),
        (lambda: history.clear(older_than_days=-1), "older_than_days: -1"),
    ],
)
def test_looking_back_takes_words_and_days(call: Callable[[], object], named: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        call()
    assert str(caught.value).startswith(f"{named} is not ")


def test_a_clearing_without_a_time_clears_nothing() -> None:
    with pytest.raises(InvalidInput, match="say either older_than='30d' or older_than_days=30"):
        history.clear(older_than_days=NONE)


@pytest.mark.parametrize("wrong", [None, 3, b"x"])
def test_a_file_is_named_by_a_path(client: Client, wrong: Any) -> None:
    result = client.run("local/sketch", prompt="x", **SMALL)
    with pytest.raises(InvalidInput, match=r"is not a path: give a text such as 'out\.png', or a Path"):
        result.image.save(wrong)
