"""Every documented client can be used in a `with`, closes its connections then, and goes on working afterwards."""

from __future__ import annotations

import asyncio
import gc
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from ipyimagegen.core.errors import InvalidInput
from ipyimagegen.gateway import TimedWork
from ipyimagegen.net.http import Http
from ipyimagegen.runtime import Runtime
from ipyimagegen.services import speedpix
from ipyimagegen.services.inferencesh import async_inference, inference
from ipyimagegen.services.kit import closing
from ipyimagegen.services.openpixels import AsyncOpenPixels, OpenPixels
from ipyimagegen.services.segmind import SegmindClient
from tests.gateways import serving

WANTED = {"model": "flux-dev", "prompt": "x"}
TASK = {"app": "infsh/sdxl", "input": {"prompt": "x"}}
SYNC: dict[str, tuple[Callable[[str], Any], Callable[[Any], object]]] = {
    "speedpix": (lambda _: speedpix.Client(), lambda client: client.run("text-to-image", {"prompt": "x"})),
    "openpixels": (OpenPixels, lambda client: client.run(WANTED)),
    "segmind": (lambda _: SegmindClient(), lambda client: client.run("flux-dev", prompt="x")),
    "inferencesh": (lambda _: inference(), lambda client: client.run(TASK)),
}
ASYNC: dict[str, tuple[Callable[[str], Any], Callable[[Any], Any]]] = {
    "speedpix": (lambda _: speedpix.Client(), lambda client: client.async_run("text-to-image", {"prompt": "x"})),
    "openpixels": (AsyncOpenPixels, lambda client: client.run(WANTED)),
    "inferencesh": (lambda _: async_inference(), lambda client: client.run(TASK)),
}


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with serving(monkeypatch, work=TimedWork()) as gateway:
        yield gateway.env()["OPENPIXELS_API_KEY"]


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[Http]:
    """All whose connections were closed: also those of clients that the garbage collector finds meanwhile."""
    seen: list[Http] = []
    close = Http.aclose

    async def counted(http: Http) -> None:
        seen.append(http)
        await close(http)

    monkeypatch.setattr(Http, "aclose", counted)
    return seen


def times(client: Any, closed: list[Http]) -> int:
    api = client._calls.api if hasattr(client, "_calls") else client._api
    return sum(http is api.http for http in closed)


@pytest.mark.parametrize("service", SYNC)
def test_with(service: str, key: str, closed: list[Http]) -> None:
    new, run = SYNC[service]
    with new(key) as client:
        run(client)
        assert times(client, closed) == 0
    assert times(client, closed) == 1
    run(client)
    client.close()


@pytest.mark.parametrize("service", ASYNC)
def test_async_with(service: str, key: str, closed: list[Http]) -> None:
    new, run = ASYNC[service]

    async def scenario() -> None:
        async with new(key) as client:
            await run(client)
            assert times(client, closed) == 0
        assert times(client, closed) == 1
        await run(client)
        await client.aclose()

    asyncio.run(scenario())


class Owner:
    """Whoever uses connections."""


def test_connections_are_closed_once_with_their_owner_or_with_the_process(
    monkeypatch: pytest.MonkeyPatch, closed: list[Http]
) -> None:
    own = Runtime()
    monkeypatch.setattr(closing, "runtime", lambda: own)
    monkeypatch.setattr("ipyimagegen.runtime.ENDING_S", 30.0)
    owners = {name: Owner() for name in ("dropped", "kept")}
    used = {name: Http(name, "https://far.example") for name in owners}
    for name, owner in owners.items():
        closing.close_when_gone(owner, used[name])
    del owners["dropped"], owner
    gc.collect()
    own.run(asyncio.sleep(0))
    own.end()
    assert [http.service for http in closed if http in used.values()] == ["dropped", "kept"]
    assert "kept" in owners


def test_an_error_inside_goes_on_up(key: str, closed: list[Http]) -> None:
    client = OpenPixels(key)
    with pytest.raises(ZeroDivisionError), client:
        raise ZeroDivisionError
    assert times(client, closed) == 1


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        (partial(speedpix.Client, "a-key", "a-secret"), "endpoint"),
        (partial(OpenPixels, "a-key"), "base_url"),
        (partial(AsyncOpenPixels, "a-key"), "base_url"),
        (partial(SegmindClient, "a-key"), "base_url"),
        (partial(inference, "a-key"), "base_url"),
        (partial(async_inference, "a-key"), "base_url"),
    ],
)
def test_a_client_that_is_refused_while_it_is_made_can_be_looked_at(kind: Callable[..., Any], address: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        kind(**{address: "not a host"})
    traceback.TracebackException.from_exception(caught.value, capture_locals=True)  # raises where a repr does
