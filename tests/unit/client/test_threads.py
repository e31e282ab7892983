"""A client between threads: a cell, a studio and a sweep may all use it at once."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from ipyimagegen.history import Journal
from ipyimagegen.jobs.client import Client
from ipyimagegen.jobs.estimates import Estimates
from ipyimagegen.services.base import Registry
from ipyimagegen.services.local.service import Local
from ipyimagegen.settings.config import Settings
from tests.doors import PATIENCE_S, Door

SMALL: dict[str, Any] = {"width": 64, "height": 64, "num_inference_steps": 2}


def client_with(journal: Journal | None) -> Client:
    registry = Registry()
    registry.add(Local())
    return Client(settings=Settings(), services=registry, journal=journal)


class Interrupted:
    """A job that another thread gives company while it is looked at."""

    def __init__(self, client: Client, name: str) -> None:
        self.id = name
        self._client = client

    @property
    def done(self) -> bool:
        other = Interrupted(self._client, f"{self.id}+")
        if len(other.id) < 4:
            self._client._jobs[other.id] = other  # type: ignore[assignment]
        return True


def test_jobs_may_be_sent_by_several_threads() -> None:
    client = client_with(None)
    client._jobs["x"] = Interrupted(client, "x")  # type: ignore[assignment]
    job = client.submit("local/sketch", prompt="a fox", **SMALL)
    assert job.result(PATIENCE_S).prompt == "a fox"
    assert "x+" in client._jobs


class Slowly(Journal):
    """A journal that takes its time to tell how long jobs took."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.asked, self.may_tell = threading.Event(), threading.Event()

    def durations(self) -> list[tuple[str, float, float]]:
        self.asked.set()
        assert self.may_tell.wait(PATIENCE_S)
        return [("local/sketch", 1.0, 3.0)]


def test_who_asks_for_estimates_while_they_are_learned_gets_all_of_them(tmp_path: Path) -> None:
    journal = Slowly(tmp_path)
    client, door, told = client_with(journal), Door(), list[float | None]()
    client._learning = door  # type: ignore[assignment]
    door.meanwhile(lambda: told.append(client.estimates.expected_s("local/sketch", 1.0)), until=journal.asked)
    door.meanwhile(lambda: told.append(client.estimates.expected_s("local/sketch", 1.0)))
    journal.may_tell.set()
    door.join()
    assert told == [3.0, 3.0]


def test_an_estimate_is_made_while_more_is_learned() -> None:
    estimates = Estimates()
    estimates.learn("local/sketch", 1.0, 3.0)
    learn = threading.Thread(target=lambda: estimates.learn("local/sketch", 1024.0, 3.0))
    sizes = estimates.rates["local/sketch"]

    class Size(int):
        """A size, at whose comparison another thread learns."""

        def __sub__(self, other: int) -> int:
            if not learn.is_alive() and learn.ident is None:
                learn.start()
                learn.join(PATIENCE_S)
            return int(self) - other

    sizes[Size(1)] = sizes.pop(0)
    assert estimates.expected_s("local/sketch", 1.0) == 3.0
    assert len(sizes) == 2
