"""Models for the completion: what has answered, without waiting for the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from ipyimagegen.core.errors import ConnectionFailed
from ipyimagegen.core.models import ModelSpec
from ipyimagegen.jobs.client import Client
from ipyimagegen.notebook.magic import model_cache as known_module
from ipyimagegen.notebook.magic.model_cache import Known
from ipyimagegen.services.local.service import Local


class Slow(Local):
    """A service whose catalogue comes when it is told to."""

    name = "slow"

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.may_answer = asyncio.Event()

    async def models(self) -> Sequence[ModelSpec]:
        self.asked += 1
        await self.may_answer.wait()
        return (ModelSpec(service="slow", name="one"),)


class Broken(Local):
    """A service that cannot be reached."""

    name = "broken"
    asked = 0

    async def models(self) -> Sequence[ModelSpec]:
        self.asked += 1
        raise ConnectionFailed("no network", service="broken")


def ids(known: Known) -> list[str]:
    return [spec.id for spec in known.models()]


def come_to(known: Known, *wanted: str) -> bool:
    """Whether these are known in the end; each look waits a moment for who has not answered."""
    return any(ids(known) == list(wanted) for _ in range(100))


def test_a_slow_service_does_not_hold_up_the_others_and_is_asked_once(client: Client) -> None:
    slow = Slow()
    client.services.add(slow)
    known = Known(lambda: client)
    assert come_to(known, "local/sketch", "local/cutout")
    client.runtime.post(slow.may_answer.set)
    assert come_to(known, "local/sketch", "local/cutout", "slow/one")
    assert slow.asked == 1


def test_a_service_that_failed_is_asked_again_only_after_a_while(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Broken()
    client.services.add(broken)
    known = Known(lambda: client)
    ids(known)
    ids(known)
    assert broken.asked == 1
    monkeypatch.setattr(known_module, "AGAIN_S", -1.0)
    ids(known)
    assert broken.asked == 2


@pytest.mark.parametrize("name", ["", "local/sketch", "LOCAL/sketch"])
def test_one_model_is_found(client: Client, name: str) -> None:
    found = Known(lambda: client).model(name)
    assert found is not None
    assert found.id == "local/sketch"


@pytest.mark.parametrize("name", ["local/none", "nowhere/x", "x", "/", "a/"])
def test_a_model_that_is_none_is_not(client: Client, name: str) -> None:
    assert Known(lambda: client).model(name) is None
