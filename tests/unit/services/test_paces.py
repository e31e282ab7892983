"""How long jobs took is known to each new client, and to the next kernel; nobody waits for a journal that is broken."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import ipyimagegen.services.kit.paces as paces_room
from ipyimagegen import history
from ipyimagegen.core.errors import StorageError
from ipyimagegen.net.polling import KEPT
from ipyimagegen.services.kit.paces import Paces, paces_of

HERE = "https://api.example.com/v1"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYIMAGEGEN_HOME", str(tmp_path))
    monkeypatch.setattr(paces_room, "_known", {})


def recalled(model: str, url: str = HERE) -> tuple[tuple[float, float], ...]:
    """What a kernel that has just started knows of a model."""
    paces_room._known.clear()
    paces = paces_of("segmind", url)
    asyncio.run(paces.recall(model))
    return paces.of(model)


def test_one_client_learns_for_all_of_the_same_address() -> None:
    paces_of("segmind", HERE).add("flux-dev", 1.5)
    assert paces_of("segmind", "https://api.example.com").of("flux-dev") == ((1.5, 1.5),)
    assert paces_of("segmind", "http://127.0.0.1:8000").of("flux-dev") == ()
    assert paces_of("speedpix", HERE).of("flux-dev") == ()


def test_the_next_kernel_knows_the_latest_of_a_model_in_their_order() -> None:
    paces = paces_of("segmind", HERE)
    for number in range(KEPT + 2):
        paces.add("flux-dev", number, number + 0.5)
    paces.add("sdxl", 9.0)
    assert recalled("flux-dev") == tuple((number, number + 0.5) for number in range(2, KEPT + 2))
    assert recalled("flux-dev", "http://127.0.0.1:8000") == ()


def test_what_ran_before_stands_before_what_ran_since() -> None:
    paces_of("segmind", HERE).add("flux-dev", 1.0)
    paces_room._known.clear()
    paces = paces_of("segmind", HERE)
    paces.add("flux-dev", 2.0)
    asyncio.run(paces.recall("flux-dev"))
    assert paces.of("flux-dev")[0] == (1.0, 1.0)
    assert paces.of("flux-dev")[-1] == (2.0, 2.0)


def test_many_at_once_read_the_journal_once_and_all_know() -> None:
    paces_of("segmind", HERE).add("flux-dev", 1.0)
    paces_room._known.clear()
    paces = paces_of("segmind", HERE)

    async def ask() -> tuple[tuple[float, float], ...]:
        await paces.recall("flux-dev")
        return paces.of("flux-dev")

    async def all_of_them() -> list[tuple[tuple[float, float], ...]]:
        return await asyncio.gather(*(ask() for _ in range(8)))

    assert asyncio.run(all_of_them()) == [((1.0, 1.0),)] * 8


def test_of_jobs_that_take_as_long_as_those_before_few_are_written() -> None:
    paces = paces_of("segmind", HERE)
    for seconds in (1.0, 2.0, 1.5, 1.6, 1.7, 1.8, 0.9, 1.9):
        paces.add("flux-dev", seconds)
    assert [low for low, _ in recalled("flux-dev")] == [1.0, 2.0, 1.5, 1.6, 0.9]
    assert len(paces.of("flux-dev")) == 8


def test_a_span_that_says_nothing_new_is_not_written() -> None:
    paces = paces_of("segmind", HERE)
    paces.add("flux-dev", 2.9, 3.1)
    paces.add("flux-dev", 0.0, 8.0)
    assert recalled("flux-dev") == ((2.9, 3.1),)


def test_a_journal_that_cannot_be_read_knows_nothing(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"not a database" * 100)
    assert recalled("flux-dev") == ()
    with pytest.raises(StorageError):
        history.journal().paces("x").result(10)


def test_without_a_name_nothing_is_kept() -> None:
    paces = Paces()
    paces.add("flux-dev", 1.0)
    asyncio.run(paces.recall("flux-dev"))
    assert paces.of("flux-dev") == ((1.0, 1.0),)
    assert not history.home().joinpath("journal.sqlite").exists()


def test_what_is_cleared_is_not_gone_by_any_more() -> None:
    paces_of("segmind", HERE).add("flux-dev", 1.0)
    assert recalled("flux-dev")
    history.clear(older_than_days=0)
    assert recalled("flux-dev") == ()
