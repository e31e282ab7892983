"""Clients: made once, with certificates that were read once."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from ipyimagegen.core.errors import ConnectionFailed
from ipyimagegen.net.addresses import Neighbourhood
from ipyimagegen.net.clients import Clients, trusted

URL = "https://api.example.com"


def test_certificates_are_read_once_for_all_services() -> None:
    assert trusted() is trusted()


def test_other_certificates_are_read_when_the_environment_names_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = trusted()
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert trusted() is not before


@pytest.mark.parametrize(
    ("content", "why"), [(None, "No such file"), ("not a certificate", "it holds no certificates in PEM form")]
)
def test_certificates_that_cannot_be_read_are_named(
    content: str | None, why: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "company.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(ConnectionFailed, match=why) as caught:
        trusted()
    assert f"SSL_CERT_FILE={str(file)!r}" in str(caught.value)


@pytest.mark.parametrize(
    "address",
    ["ftp://user:hunter2@proxy:1", "http://user:hunter2@proxy:99999", "http://user:hunter2@proxy:x", "http://"],
)
def test_a_proxy_that_is_none_is_one_clear_error_that_does_not_quote_it(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    clients = Clients(Neighbourhood.of([URL]))
    with pytest.raises(ConnectionFailed, match="no address of a proxy; write http://host:port") as caught:
        asyncio.run(clients.get(clients.neighbourhood.place(URL)))
    assert "hunter2" not in str(caught.value)


def test_a_socks_proxy_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://proxy:1080")
    monkeypatch.setitem(sys.modules, "socksio", None)
    clients = Clients(Neighbourhood.of([URL]))
    with pytest.raises(ConnectionFailed, match=r"pip install 'httpx\[socks\]'"):
        asyncio.run(clients.get(clients.neighbourhood.place(URL)))


def test_calls_at_the_same_time_share_one_client() -> None:
    async def scenario() -> None:
        clients = Clients(Neighbourhood.of([URL]))
        place = clients.neighbourhood.place(URL)
        one, other = await asyncio.gather(clients.get(place), clients.get(place))
        assert one is other
        await clients.aclose()

    asyncio.run(scenario())
