"""Functions that run in a process of their own."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import ipyimagegen as ig
from ipyimagegen.core.errors import InvalidInput, JobCancelled, JobFailed
from ipyimagegen.core.events import Preview
from ipyimagegen.jobs import session
from ipyimagegen.jobs.client import Client
from ipyimagegen.services import base
from ipyimagegen.services.base import Registry
from ipyimagegen.services.functions import process
from ipyimagegen.settings.config import Settings

MODULE = """
import os, time
import numpy as np

def painted(prompt: str, *, seed: int, progress):
    print("a word that is no message")
    progress(1, 2, np.zeros((8, 8, 3)))
    if prompt == "fail":
        raise ValueError("no such colour")
    if prompt == "die":
        os._exit(7)
    while prompt == "hang":
        time.sleep(0.01)
    return np.random.default_rng(seed).random((16, 24, 3))
"""


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ModuleType]:
    added: dict[str, base.Service] = {}
    monkeypatch.setattr(base, "ADDED", added)
    monkeypatch.setattr("ipyimagegen.api.ADDED", added)
    monkeypatch.setattr(session, "_clients", [Client(settings=Settings(), services=Registry(), journal=None)])
    (tmp_path / "painting_in_a_process.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("painting_in_a_process")
    del sys.modules["painting_in_a_process"]


def test_it_runs_with_previews_and_the_same_picture_as_here(module: ModuleType) -> None:
    ig.register("apart/painted", process=True)(module.painted)
    events = list(ig.stream("apart/painted", "x", seed=3))
    assert any(isinstance(event, Preview) for event in events)
    result = ig.run("apart/painted", "x", seed=3)
    assert np.abs(result.artifacts[0].array / 255 - np.random.default_rng(3).random((16, 24, 3))).max() < 0.01


def test_its_error_and_its_death_are_failures_with_words(module: ModuleType) -> None:
    ig.register("apart/painted", process=True)(module.painted)
    with pytest.raises(JobFailed, match=r"ValueError: no such colour \(line 9 of painted\)"):
        ig.run("apart/painted", "fail")
    with pytest.raises(JobFailed, match=r"its process ended without a word \(exit code 7\)"):
        ig.run("apart/painted", "die")


def test_cancel_kills_it(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []

    class Seen(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Seen)
    ig.register("apart/painted", process=True)(module.painted)
    stream = ig.stream("apart/painted", "hang")
    for event in stream:
        if isinstance(event, Preview):
            break
    assert ig.model("apart/painted").cannot_cancel == ""
    with pytest.raises(JobCancelled):
        stream.job.result(10)
    assert started[0].wait(10) != 0


def test_a_function_that_cannot_be_carried_over_is_refused(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_cloudpickle", lambda: None)
    with pytest.raises(InvalidInput, match="pip install cloudpickle"):
        ig.register("apart/inner", process=True)(lambda prompt: os.getpid())
