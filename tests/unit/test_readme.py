"""The README cannot be stale: its commands, its names, its pictures and its table are checked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ipyimagegen as ig
from ipyimagegen.cli import main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def test_ci_runs_the_readmes_test_command() -> None:
    (command,) = re.findall(r"^python3 -m venv .*-m tests$", README, re.MULTILINE)
    assert command in (ROOT / ".ci" / "run").read_text("utf-8")


def test_its_fault_table_is_the_one_that_the_tests_write() -> None:
    (shown,) = re.findall(r"<!-- faults -->\n(.*)<!-- /faults -->", README, re.DOTALL)
    assert shown.strip() == (ROOT / "tests" / "faults" / "table.md").read_text("utf-8").strip()


def test_its_pictures_are_there() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert len(pictures) >= 3
    assert [name for name in pictures if not (ROOT / name).is_file()] == []


def test_every_name_that_it_uses_exists() -> None:
    names = set(re.findall(r"\big\.([A-Za-z_]+)", README))
    assert {"run", "submit", "attach", "Studio"} <= names
    assert [name for name in names if not hasattr(ig, name)] == []


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`ipyimagegen ([a-z]+)", README))))
def test_every_command_that_it_names_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code in (0, None)
    assert "usage" in capsys.readouterr().out
