"""Clients: made once, with certificates that were read once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from ipyimagegen.net.addresses import Neighbourhood
from ipyimagegen.net.clients import Clients, trusted

if TYPE_CHECKING:
    import pytest

URL = "https://api.example.com"


def test_certificates_are_read_once_for_all_services() -> None:
    assert trusted() is trusted()


def test_other_certificates_are_read_when_the_environment_names_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = trusted()
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert trusted() is not before


def test_calls_at_the_same_time_share_one_client() -> None:
    async def scenario() -> None:
        clients = Clients(Neighbourhood.of([URL]))
        place = clients.neighbourhood.place(URL)
        one, other = await asyncio.gather(clients.get(place), clients.get(place))
        assert one is other
        await clients.aclose()

    asyncio.run(scenario())
