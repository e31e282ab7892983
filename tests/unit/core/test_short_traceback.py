"""Errors in a notebook: the caller's lines and the message, and nothing of what lies between."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from ipyimagegen.core.errors import JobFailed
from ipyimagegen.core.short_traceback import short_traceback


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    made = InteractiveShell()
    made.colors = "nocolor"
    made.run_cell("import ipyimagegen as ig, sys, traceback")
    yield made
    atexit.unregister(made.atexit_operations)


def shown(shell: InteractiveShell, source: str) -> str:
    with capture_output() as captured:
        shell.run_cell(source)
    return f"{captured.stdout}{captured.stderr}".replace("\x1b[31m", "").replace("\x1b[39m", "")


def test_a_mistake_is_told_at_the_line_that_made_it(shell: InteractiveShell) -> None:
    told = shown(shell, "def mine():\n    ig.run('local/sketch', widht=3)\n\nmine()")
    assert told.splitlines() == [
        "Cell, line 4",
        "----> mine()",
        "Cell, line 2",
        "----> ig.run('local/sketch', widht=3)",
        "",
        "InvalidInput: local/sketch: widht: no such parameter; did you mean 'width'?",
    ]


def test_the_whole_can_still_be_had(shell: InteractiveShell) -> None:
    shown(shell, "ig.model('local/skech')")
    whole = shown(shell, "traceback.print_exception(sys.last_value)")
    assert "in _model" in whole
    assert whole.splitlines()[-1].startswith("ipyimagegen.core.errors.UnknownModel: no model 'local/skech'")


def test_an_error_of_a_file_names_the_file(shell: InteractiveShell, tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text("import ipyimagegen as ig\nig.model('local/skech')\n", encoding="utf-8")
    assert f"{script}:2, in <module>" in shown(shell, f"%run {script}")


def test_an_error_that_nobody_raised_is_its_message() -> None:
    assert short_traceback(JobFailed("local/sketch: no")) == ["\x1b[31mJobFailed\x1b[39m: local/sketch: no"]
