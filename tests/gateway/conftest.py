"""A gateway whose jobs take no time, unless a test asks for another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ipyimagegen.gateway import Gateway, TimedWork, serve

from .receiver import Receiver

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with serve(work=TimedWork()) as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()
