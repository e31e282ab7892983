"""One Jupyter server, one Chromium and one JupyterLab for the browser tests of a process."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from .lab import leave_no_notebook
from .server import FOREIGN_ERRORS, chromium, jupyter_server, write_notebook

expect.set_options(timeout=20_000)

MakeNotebook = Callable[[str, list[str]], str]
VIEWPORT = ViewportSize(width=1280, height=1000)
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = report.failed or item.stash.get(FAILED, False)
    return report


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


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One for all tests: what a host's pages are made of is fetched and compiled once."""
    made = browser.new_context(viewport=VIEWPORT)
    made.set_default_timeout(30_000)
    yield made
    made.close()


@pytest.fixture(scope="session")
def kept() -> Iterator[list[Page]]:
    """The page with JupyterLab that one test leaves to the next one, if there is one."""
    pages: list[Page] = []
    yield pages
    for page in pages:
        page.close()


@pytest.fixture
def page(request: pytest.FixtureRequest, context: BrowserContext, kept: list[Page]) -> Iterator[Page]:
    """A page that fails the test when a script on it fails.

    Tests that open a notebook in JupyterLab share one, as a person does who works on: each finds it without an open
    notebook. After a test that failed, loaded it anew or left a question open, there is a new one.
    """
    app = request.node.callspec.params.get("app", "lab") if hasattr(request.node, "callspec") else "lab"
    shared = app == "lab" and "jupyter" in request.fixturenames
    loads_left = 0 if shared and kept else 1
    made = kept.pop() if shared and kept else context.new_page()
    made.bring_to_front()
    made.set_viewport_size(VIEWPORT)
    errors: list[str] = []
    loads: list[Page] = []

    def note(error: Exception) -> None:
        errors.append(str(error))

    def loaded(one: Page) -> None:
        loads.append(one)

    made.on("pageerror", note)
    made.on("load", loaded)
    yield made
    context.clear_permissions()
    made.remove_listener("pageerror", note)
    made.remove_listener("load", loaded)
    good = len(loads) <= loads_left and not request.node.stash.get(FAILED, False)
    if shared and good and leave_no_notebook(made):
        kept.append(made)
    else:
        made.close()
    assert [error for error in errors if not FOREIGN_ERRORS.search(error)] == []


@pytest.fixture
def notebook(work: Path) -> MakeNotebook:
    return partial(write_notebook, work)
