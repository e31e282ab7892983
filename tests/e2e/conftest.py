"""One Jupyter server and one Chromium for all browser tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from .server import FOREIGN_ERRORS, chromium, jupyter_server, write_notebook

expect.set_options(timeout=20_000)

MakeNotebook = Callable[[str, list[str]], str]


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the screenshots go, for a person to look at: the folder named by SHOTS."""
    folder = Path(os.environ["SHOTS"]) if "SHOTS" in os.environ else tmp_path_factory.mktemp("shots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notebooks")


@pytest.fixture(scope="session")
def jupyter(work: Path) -> Iterator[str]:
    with jupyter_server(work) as base:
        yield base


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1280, "height": 1000})
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that fails the test when a script on it fails."""
    made = context.new_page()
    made.set_default_timeout(30_000)
    errors: list[str] = []
    made.on("pageerror", lambda error: errors.append(str(error)))
    yield made
    assert [error for error in errors if not FOREIGN_ERRORS.search(error)] == []


@pytest.fixture
def notebook(work: Path) -> MakeNotebook:
    return partial(write_notebook, work)
