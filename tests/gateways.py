"""A gateway that the environment of one test points every client at."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ipyimagegen.gateway import Gateway, serve

if TYPE_CHECKING:
    import pytest

    from ipyimagegen.gateway.records import RequestRecord


@contextmanager
def serving(monkeypatch: pytest.MonkeyPatch, **options: Any) -> Iterator[Gateway]:
    """`serve(**options)`, with its keys and addresses in the environment until the test ends."""
    with serve(**options) as gateway:
        for name, value in gateway.env().items():
            monkeypatch.setenv(name, value)
        yield gateway


def arrival(gateway: Gateway, service: str, route: str, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set once such a request has come, before it is answered."""
    came, open_record = threading.Event(), gateway.requests.open

    def watched(record: RequestRecord) -> int:
        number = open_record(record)
        if (record.service, record.route) == (service, route):
            came.set()
        return number

    monkeypatch.setattr(gateway.requests, "open", watched)
    return came
