"""A registered function in the magic: cells, help, completion, keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from IPython.core.completer import provisionalcompleter

import ipyimagegen as ig
from ipyimagegen.services import base

from .conftest import Ran

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

Run = Callable[[str], Ran]
CELL = """import numpy as np, ipyimagegen as ig
@ig.register("mine/plasma")
def plasma(prompt: str, freq: float = 5.0, *, seed: int):
    if freq > 90:
        raise ValueError("too fine")
    return np.random.default_rng(seed).random((16, 24, 3))
"""


@pytest.fixture
def plasma(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    added: dict[str, base.Service] = {}
    monkeypatch.setattr(base, "ADDED", added)
    monkeypatch.setattr("ipyimagegen.api.ADDED", added)
    assert run(CELL).error is None


def offered(shell: InteractiveShell, text: str) -> list[str]:
    with provisionalcompleter():
        return [one.text for one in shell.Completer.completions(text, len(text))]


@pytest.mark.usefixtures("plasma")
def test_a_cell_runs_it(run: Run, shell: InteractiveShell) -> None:
    ran = run("%%imagegen mine/plasma --freq 7 --seed 3 -o clouds\nclouds of colour")
    assert ran.error is None
    assert len(ran.pictures) == 1
    assert (shell.user_ns["clouds"].seed, shell.user_ns["clouds"].image.width) == (3, 24)
    assert "did you mean --freq?" in run("%%imagegen mine/plasma --frq 7\nx").message


@pytest.mark.usefixtures("plasma")
def test_its_error_ends_the_cell_in_a_line(run: Run) -> None:
    assert "ValueError: too fine (line 5 of plasma)" in run("%%imagegen mine/plasma --freq 99\nx").message


@pytest.mark.usefixtures("plasma")
def test_it_is_swept(run: Run, shell: InteractiveShell) -> None:
    assert run("%%imagegen mine/plasma --sweep freq=1,2,..,4 -o grid\nx").error is None
    assert [row["status"] for row in shell.user_ns["grid"].to_rows()] == ["succeeded"] * 4


@pytest.mark.usefixtures("plasma")
def test_help_and_completion_know_it_at_once_and_after_each_registering(run: Run, shell: InteractiveShell) -> None:
    assert "--freq" in run("%imagegen help mine/plasma").text
    assert "mine/plasma" in offered(shell, "%%imagegen mine/")
    assert "--freq" in offered(shell, "%%imagegen mine/plasma --f")

    def plasma(prompt: str, fog: float = 1.0) -> Any:
        return np.zeros((8, 8, 3))

    ig.register("mine/plasma")(plasma)
    assert offered(shell, "%%imagegen mine/plasma --fo") == ["--fog"]


@pytest.mark.usefixtures("plasma")
def test_no_key_is_asked_for(run: Run) -> None:
    assert "mine" not in run("%imagegen login").text
    assert "the models (mine/…) need no key" in run("%imagegen login mine").message
