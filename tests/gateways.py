"""A gateway that the environment of one test points every client at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ipyimagegen.gateway import Gateway, serve

if TYPE_CHECKING:
    import pytest


@contextmanager
def serving(monkeypatch: pytest.MonkeyPatch, **options: Any) -> Iterator[Gateway]:
    """`serve(**options)`, with its keys and addresses in the environment until the test ends."""
    with serve(**options) as gateway:
        for name, value in gateway.env().items():
            monkeypatch.setenv(name, value)
        yield gateway
