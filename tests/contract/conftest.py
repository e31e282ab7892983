"""A gateway that takes its time, a client of its own for each test, and one adapter for each service."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from ipyimagegen.gateway import Gateway, TimedWork, serve
from ipyimagegen.history.journal import Journal
from ipyimagegen.jobs.client import Client
from ipyimagegen.net.clock import Clock
from ipyimagegen.runtime import runtime
from ipyimagegen.services.base import Registry, Service
from ipyimagegen.settings.config import Settings
from tests.hostile import Hostile, hostile

from .seen import KEYS
from .worlds import HOSTED, LOCAL, World


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`world` is every service, `hosted` every one that the gateway speaks for, `pictured` those that take pictures."""
    pictured = tuple(world for world in HOSTED if world.from_picture)
    for name, worlds in (("world", (LOCAL, *HOSTED)), ("hosted", HOSTED), ("pictured", pictured)):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, worlds, ids=str)


@pytest.fixture
def work() -> TimedWork:
    return TimedWork(0.2, steps=2)


@pytest.fixture
def gateway(work: TimedWork, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    with serve(work=work) as running:
        for name, value in running.env().items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def registry() -> Iterator[Registry]:
    made = Registry.discover()
    yield made
    for service in made.made():
        runtime().run(service.aclose())


@pytest.fixture
def client(gateway: Gateway, registry: Registry, tmp_path: Path) -> Iterator[Client]:
    journal = Journal(tmp_path / "journal")
    yield Client(settings=Settings(), services=registry, journal=journal)
    journal.close()


@pytest.fixture
def service(request: pytest.FixtureRequest, gateway: Gateway, registry: Registry) -> Service:
    """The adapter of the test's world."""
    name = "world" if "world" in request.fixturenames else "hosted"
    world: World = request.getfixturevalue(name)
    return registry.get(world.service)


@pytest.fixture(autouse=True)
def _no_long_waits(quick_waits: None) -> None:
    """Nobody here waits for a poll of a second."""


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    """Everything that is logged at DEBUG."""
    root, text = logging.getLogger(), io.StringIO()
    handler, level = logging.StreamHandler(text), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def hostile_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hostile]:
    """A server that may say anything, to clients whose waits are not waited."""
    skipped = [0.0]

    def now(_: Clock) -> float:
        return asyncio.get_running_loop().time() + skipped[0]

    async def sleep(_: Clock, seconds: float) -> None:
        skipped[0] += max(seconds, 0.0)
        await asyncio.sleep(0)

    monkeypatch.setattr(Clock, "now", now)
    monkeypatch.setattr(Clock, "sleep", sleep)
    with hostile() as server:
        for name, value in server.env(KEYS).items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def hostile_client(hostile_server: Hostile, registry: Registry, tmp_path: Path) -> Iterator[Client]:
    """A client of it, with a journal of its own."""
    journal = Journal(tmp_path / "journal")
    yield Client(settings=Settings(), services=registry, journal=journal)
    journal.close()
