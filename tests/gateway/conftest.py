"""A gateway whose jobs take no time, unless a test asks for another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ipyimagegen.gateway import Gateway, TimedWork, serve


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with serve(work=TimedWork()) as running:
        yield running
