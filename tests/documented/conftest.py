"""A gateway whose jobs take no time, and the variables that point every client at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ipyimagegen.gateway import Gateway, TimedWork
from tests.gateways import serving


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    with serving(monkeypatch, work=TimedWork()) as running:
        yield running


@pytest.fixture
def row(request: pytest.FixtureRequest) -> str:
    """The documented call that a test is about."""
    return str(request.param)


@pytest.fixture(autouse=True)
def _no_long_waits(quick_waits: None) -> None:
    """Nobody here waits for a poll of a second."""
