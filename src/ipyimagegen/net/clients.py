"""The ways out of a service: one to its own origins, one that looks where it goes for everywhere else."""

from __future__ import annotations

import asyncio
import os
import ssl
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpx

from ..core.errors import ConnectionFailed, capped
from .addresses import Neighbourhood, Place, parts
from .network import Network
from .transport import GuardedBackend, PoolTransport, ProxyTransport, proxied, refuse_private

Way = Literal["own", "guarded", "proxied"]
"""To the service itself, to everywhere else, or through the environment's proxy, which does the look-up."""

LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=40, keepalive_expiry=30.0)
"""httpcore counts busy connections among those that are kept: a small number would close each one after its use."""


@lru_cache(maxsize=4)
def _trusted(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """The certificates that are trusted. Reading them takes some 15 ms, so all clients share what was read."""
    return httpx.create_ssl_context()


def trusted() -> ssl.SSLContext:
    """What httpx trusts by the environment of now: `SSL_CERT_FILE`, `SSL_CERT_DIR`, or certifi's list. May block.

    Raises `ConnectionFailed` for a file that cannot be read, or holds no certificates.
    """
    file = os.environ.get("SSL_CERT_FILE")
    try:
        return _trusted(file, os.environ.get("SSL_CERT_DIR"))
    except OSError as error:  # of the ssl module too
        why = "it holds no certificates in PEM form" if isinstance(error, ssl.SSLError) else error.strerror or error
        raise ConnectionFailed(
            f"SSL_CERT_FILE={capped(file or '', 200)!r}: {why}; see ipyimagegen help proxies"
        ) from None


def _through_proxy(context: ssl.SSLContext) -> ProxyTransport:
    """Raises `ConnectionFailed` for proxies that cannot be used, and quotes none: some hold passwords."""
    try:
        _check_proxies()
        return ProxyTransport(limits=LIMITS, context=context)
    except ImportError:
        why = "a SOCKS proxy needs a further package: pip install 'httpx[socks]'"
    except (ValueError, httpx.InvalidURL):
        why = "one of HTTPS_PROXY, HTTP_PROXY and ALL_PROXY is no address of a proxy; write http://host:port"
    raise ConnectionFailed(f"{why}; see ipyimagegen help proxies")


def _check_proxies() -> None:
    """Raises `ValueError` for what httpx lets pass, and the system then refuses in words of its own."""
    for scheme, address in getproxies().items():
        if scheme in ("http", "https", "all"):
            split = urlsplit(address if "://" in address else f"http://{address}")
            if not split.hostname or split.port == 0:
                raise ValueError(scheme)


@dataclass(slots=True)
class Clients:
    """Transports, made at first use, on the loop that uses them; another loop gets new ones.

    `transport` replaces them all, for tests.
    """

    neighbourhood: Neighbourhood
    transport: httpx.AsyncBaseTransport | None = None
    _made: dict[Way, httpx.AsyncBaseTransport] = field(default_factory=dict)
    _proxied: dict[str, bool] = field(default_factory=dict)
    _loop: asyncio.AbstractEventLoop | None = None

    async def get(self, place: Place) -> httpx.AsyncBaseTransport:
        """The transport to a place.

        Raises `httpx.UnsupportedProtocol` for one behind a proxy whose name is a private address, and
        `ConnectionFailed` for certificates and proxies of the environment that cannot be used.
        """
        if self.transport is not None:
            return self.transport
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # connections belong to their loop: the old ones ended with theirs
            self._made, self._proxied, self._loop = {}, {}, loop
        way = self._to_own(place) if place.own else await self._to_another(place)
        if way not in self._made:
            context = await asyncio.to_thread(trusted)
            if way not in self._made:  # another call may have been quicker
                self._made[way] = self._make(way, context)
        return self._made[way]

    def _to_own(self, place: Place) -> Way:
        host = parts(place.url)[1]
        if host not in self._proxied:
            self._proxied[host] = proxied(place.url)
        return "proxied" if self._proxied[host] else "own"

    async def _to_another(self, place: Place) -> Way:
        if not proxied(place.url):
            return "guarded"
        await refuse_private(self.neighbourhood, place.url)
        return "proxied"

    def _make(self, way: Way, context: ssl.SSLContext) -> httpx.AsyncBaseTransport:
        if way == "proxied":
            return _through_proxy(context)
        network = GuardedBackend(self.neighbourhood) if way == "guarded" else Network()
        return PoolTransport(network, limits=LIMITS, context=context)

    async def aclose(self) -> None:
        """Close what is open on this loop."""
        made, self._made, self._proxied = self._made, {}, {}
        if self._loop is asyncio.get_running_loop():
            for transport in made.values():
                await transport.aclose()
