"""Errors leave as they are: also out of another process, and out of a copy."""

from __future__ import annotations

import copy
import importlib
import pickle
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import ipyimagegen
from ipyimagegen.core.errors import ImagegenError, InvalidInput, Problem, RateLimited, UnknownModel
from ipyimagegen.services.inferencesh.errors import TaskFailed
from ipyimagegen.services.segmind.errors import KINDS, InferenceFailed, InferenceTimeout

COPIES: list[Callable[[Any], Any]] = [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))]  # noqa: S301


def kinds(root: type[ImagegenError] = ImagegenError) -> Iterator[type[ImagegenError]]:
    yield root
    for kind in root.__subclasses__():
        yield from kinds(kind)


def all_kinds() -> list[type[ImagegenError]]:
    for module in pkgutil.walk_packages(ipyimagegen.__path__, "ipyimagegen."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return [kind for kind in dict.fromkeys(kinds()) if kind.__module__.startswith("ipyimagegen.")]


@pytest.mark.parametrize("copied", COPIES)
@pytest.mark.parametrize(
    "error",
    [
        InvalidInput([Problem("steps", "is no number"), Problem("width", "is too large")], model="local/sketch"),
        UnknownModel("local/skech", ("local/sketch",)),
        RateLimited("slowly", service="segmind", retry_after_s=2.5),
        KINDS[RateLimited](429, "wait"),
        InferenceFailed("no luck", {"status": "FAILED"}, request_id="r1"),
        InferenceTimeout("r1", 2.5),
        TaskFailed("task t1 failed", task={"id": "t1"}, detail="no luck"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_copy_of_an_error_says_the_same(error: ImagegenError, copied: Callable[[Any], Any]) -> None:
    again = copied(error)
    assert (type(error), str(error), vars(error)) == (type(again), str(again), vars(again))


def test_every_kind_of_error_can_be_handed_back_by_another_process() -> None:
    for kind in all_kinds():
        error = kind.__new__(kind)
        error.args = ("what happened",)
        again = pickle.loads(pickle.dumps(error))  # noqa: S301
        assert (kind, "what happened") == (type(again), str(again))
