"""A shell without a kernel, and a client that knows the embedded service alone."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from ipyimagegen.jobs import session
from ipyimagegen.jobs.client import Client
from ipyimagegen.notebook.extension import load_ipython_extension, unload_ipython_extension
from ipyimagegen.services.base import Registry
from ipyimagegen.services.local.service import service
from ipyimagegen.settings.config import Settings

TINY = "--width 64 --height 64 --num-inference-steps 2"


@dataclass(frozen=True)
class Ran:
    """One cell that was run: what it raised, what it wrote, and its display data."""

    error: BaseException | None
    text: str
    displayed: list[dict[str, Any]]

    @property
    def message(self) -> str:
        return f"{type(self.error).__name__}: {self.error}"

    @property
    def pictures(self) -> list[dict[str, Any]]:
        return [data for data in self.displayed if "image/png" in data or "image/jpeg" in data]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    made = Client(settings=Settings(), services=Registry({"local": service}))
    monkeypatch.setattr(session, "_clients", [made])
    return made


@pytest.fixture
def bare_shell(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.chdir(tmp_path)
    InteractiveShell.clear_instance()
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=config)
    yield shell
    unload_ipython_extension(shell)
    InteractiveShell.clear_instance()
    atexit.unregister(shell.atexit_operations)  # hundreds of them, each collecting garbage, took half a minute


@pytest.fixture
def shell(bare_shell: InteractiveShell) -> InteractiveShell:
    load_ipython_extension(bare_shell)
    return bare_shell


@pytest.fixture
def run(shell: InteractiveShell) -> Callable[[str], Ran]:
    def run_cell(code: str) -> Ran:
        with capture_output() as seen:
            outcome = shell.run_cell(code)
        error = outcome.error_in_exec or outcome.error_before_exec
        return Ran(error, seen.stdout, [output.data for output in seen.outputs])

    return run_cell
