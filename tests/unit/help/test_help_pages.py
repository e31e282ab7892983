"""The help pages: there for every topic, in both doors, and every Python line on them works."""

from __future__ import annotations

import atexit
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from PIL import Image
from traitlets.config import Config

import ipyimagegen as ig
from ipyimagegen.cli import main
from ipyimagegen.core.errors import InvalidInput
from ipyimagegen.help import page, topics
from ipyimagegen.history import journal
from ipyimagegen.jobs import session
from ipyimagegen.jobs.client import Client
from ipyimagegen.notebook.extension import load_ipython_extension, unload_ipython_extension
from ipyimagegen.services.base import ADDED
from ipyimagegen.settings.config import Settings
from tests.gateways import serving

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NEEDS_GATEWAY = {"webhooks", "keys"}
"""Pages whose snippets call a service."""
WANTED = {
    *("files", "keys", "proxies", "offline", "sharing", "studio", "vscode", "colab", "marimo", "fastapi", "pytest"),
    *("papermill", "money", "sweeps", "pictures", "history", "webhooks"),
}


def blocks(topic: str, language: str = "python") -> list[str]:
    return [code for found, code in FENCE.findall(page(topic)) if found == language]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A shell in a folder of its own, with a journal of its own and pictures to begin with."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("IPYIMAGEGEN_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (300, 200), "teal").save("photo.jpg")
    client = Client(settings=Settings(quiet=True), journal=journal())
    monkeypatch.setattr(session, "_clients", [client])
    InteractiveShell.clear_instance()
    config = Config()
    config.HistoryManager.enabled = False
    made = InteractiveShell.instance(config=config)
    load_ipython_extension(made)
    added = dict(ADDED)
    yield made
    ADDED.clear()
    ADDED.update(added)
    unload_ipython_extension(made)
    InteractiveShell.clear_instance()
    atexit.unregister(made.atexit_operations)


@pytest.mark.parametrize("topic", sorted(topics()))
def test_every_python_line_of_a_page_works(
    topic: str, shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    if topic in NEEDS_GATEWAY:
        with serving(monkeypatch):
            run_all(topic, shell)
    else:
        run_all(topic, shell)


def run_all(topic: str, shell: InteractiveShell) -> None:
    for code in blocks(topic):
        with capture_output():
            shell.run_cell(code).raise_error()


def test_there_is_a_page_for_every_topic_and_each_has_a_title() -> None:
    assert set(topics()) >= WANTED
    assert [name for name, title in topics().items() if not title] == []


@pytest.mark.parametrize("topic", sorted(topics()))
def test_a_page_is_narrow_and_closes_what_it_opens(topic: str) -> None:
    text = page(topic)
    assert [line for line in text.splitlines() if len(line) > 100] == []
    assert text.count("\n```") % 2 == 0
    assert {found for found, _ in FENCE.findall(text)} <= {"python", "text", "shell", "toml"}


@pytest.mark.parametrize("topic", sorted(topics()))
def test_every_name_and_every_page_that_a_page_names_exists(topic: str) -> None:
    assert [name for name in re.findall(r"\big\.([A-Za-z_]+)", page(topic)) if not hasattr(ig, name)] == []
    assert [name for name in re.findall(r"imagegen help ([a-z]+)", page(topic)) if name not in topics()] == []


def test_the_command_prints_a_page_and_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "files"]) == 0
    assert page("files") == capsys.readouterr().out.rstrip()
    assert main(["help"]) == 0
    listed = capsys.readouterr().out
    assert [name for name in topics() if name not in listed] == []


def test_a_topic_that_there_is_not_is_one_line_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "proxy"]) == 1
    assert capsys.readouterr().err == "ipyimagegen: no help page 'proxy'; did you mean proxies?\n"


@pytest.mark.parametrize(("line", "first"), [("help money", "# money"), ("help Money", "# money")])
def test_the_magic_prints_a_page(line: str, first: str, shell: InteractiveShell) -> None:
    with capture_output() as captured:
        shell.run_line_magic("imagegen", line)
    assert captured.stdout.startswith(first)


def test_a_topic_with_the_name_of_a_subcommand_shows_both(shell: InteractiveShell) -> None:
    with capture_output() as captured:
        shell.run_line_magic("imagegen", "help history")
    assert "%imagegen history [WORDS]" in captured.stdout
    assert page("history") in captured.stdout


def test_the_magic_refuses_a_topic_that_there_is_not(shell: InteractiveShell) -> None:
    with pytest.raises(UsageError, match="did you mean proxies"):
        shell.run_line_magic("imagegen", "help proxis")


@pytest.mark.parametrize("name", ["../core/errors", "files.md", "", "/etc/passwd"])
def test_a_topic_is_no_path(name: str) -> None:
    with pytest.raises(InvalidInput, match="no help page"):
        page(name)
