"""A copy shares its client; a pickle holds no key, and works where the process has that very key and nowhere else."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from ipyimagegen.core.errors import MissingKey
from ipyimagegen.services.inferencesh import async_inference, inference
from ipyimagegen.services.openpixels import AsyncOpenPixels, OpenPixels
from ipyimagegen.services.segmind import SegmindClient
from ipyimagegen.services.speedpix import Client
from ipyimagegen.services.speedpix.answers import Task
from ipyimagegen.services.speedpix.predictions import Prediction

BASE = "http://127.0.0.1:9"
KEY, SECRET = "the-very-key-1234", "the-very-secret-1234"
VARIABLES = ("SPEEDPIX_APP_KEY", "OPENPIXELS_API_KEY", "SEGMIND_API_KEY", "INFERENCE_API_KEY")
MAKERS: tuple[Callable[[], Any], ...] = (
    lambda: Client(KEY, SECRET, BASE, timeout=12.5),
    lambda: OpenPixels(KEY, BASE),
    lambda: AsyncOpenPixels(KEY, BASE),
    lambda: SegmindClient(KEY, BASE),
    lambda: inference(KEY, BASE),
    lambda: async_inference(KEY, BASE),
)


def process_has(patch: pytest.MonkeyPatch, key: str | None) -> None:
    for variable in VARIABLES:
        patch.setenv(variable, key) if key else patch.delenv(variable, raising=False)
    patch.setenv("SPEEDPIX_APP_SECRET", SECRET)


@pytest.mark.parametrize("make", MAKERS)
def test_a_copy_is_the_same_client(make: Callable[[], Any]) -> None:
    client = make()
    assert client is copy.copy(client) is copy.deepcopy([client])[0]


@pytest.mark.parametrize("make", MAKERS)
def test_a_pickle_works_where_that_very_key_is(make: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    kept = pickle.dumps(make())
    assert KEY.encode() not in kept
    assert SECRET.encode() not in kept
    process_has(monkeypatch, KEY)
    again = pickle.loads(kept)  # noqa: S301
    assert (type(make()), repr(make())) == (type(again), repr(again))


@pytest.mark.parametrize("other", ["another-key-5678", None])
@pytest.mark.parametrize("make", MAKERS)
def test_a_pickle_takes_no_other_key(
    make: Callable[[], Any], other: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = pickle.dumps(make())
    process_has(monkeypatch, other)
    with pytest.raises(MissingKey):
        pickle.loads(kept)  # noqa: S301


def test_a_prediction_is_read_anywhere_and_asks_with_no_other_key(monkeypatch: pytest.MonkeyPatch) -> None:
    prediction = Prediction(Task(id="t1", word="running"), Client(KEY, SECRET, BASE)._api, input={"prompt": "t"})
    process_has(monkeypatch, "another-key-5678")
    for again in (pickle.loads(pickle.dumps(prediction)), pickle.loads(pickle.dumps(copy.copy(prediction)))):  # noqa: S301
        twice = pickle.loads(pickle.dumps(again))  # noqa: S301
        assert ("t1", "running", {"prompt": "t"}) == (twice.id, twice.status, twice.input)
        with pytest.raises(MissingKey, match="unpickled"):
            twice.reload()


def test_a_job_of_segmind_is_read_anywhere_and_asks_with_no_other_key(monkeypatch: pytest.MonkeyPatch) -> None:
    job = SegmindClient(KEY, BASE).job("r1")
    process_has(monkeypatch, "another-key-5678")
    for again in (pickle.loads(pickle.dumps(job)), pickle.loads(pickle.dumps(copy.deepcopy(job)))):  # noqa: S301
        twice = pickle.loads(pickle.dumps(again))  # noqa: S301
        assert ("r1", job.status_url) == (twice.request_id, twice.status_url)
        with pytest.raises(MissingKey, match="unpickled"):
            twice.status()


def test_the_mark_of_a_key_is_another_one_each_time() -> None:
    assert pickle.dumps(OpenPixels(KEY, BASE)) != pickle.dumps(OpenPixels(KEY, BASE))
