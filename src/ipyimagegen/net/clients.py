"""The two httpx clients behind a service: one for its own origins, one that looks where it goes for everywhere else."""

from __future__ import annotations

import asyncio
import os
import ssl
from dataclasses import dataclass, field
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from .addresses import Neighbourhood, Place
from .transport import GuardedTransport, proxied, refuse_private

LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=40, keepalive_expiry=30.0)


@lru_cache(maxsize=4)
def _trusted(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """The certificates that are trusted. Reading them takes some 15 ms, so all clients share what was read."""
    return httpx.create_ssl_context()


def trusted() -> ssl.SSLContext:
    """What httpx trusts by the environment of now: `SSL_CERT_FILE`, `SSL_CERT_DIR`, or certifi's list. May block."""
    return _trusted(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@dataclass(slots=True)
class Clients:
    """Made at first use, on the loop that uses them; another loop gets new ones.

    `transport` replaces both, for tests.
    """

    neighbourhood: Neighbourhood
    transport: httpx.AsyncBaseTransport | None = None
    _made: dict[str, httpx.AsyncClient] = field(default_factory=dict)
    _loop: asyncio.AbstractEventLoop | None = None

    async def get(self, place: Place) -> httpx.AsyncClient:
        """The client for a place.

        Raises `httpx.UnsupportedProtocol` for one behind a proxy whose name is a private address.
        """
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._made, self._loop = {}, loop  # connections belong to their loop: the old ones ended with theirs
        kind = "own" if place.own or self.transport else "guarded"
        if kind == "guarded" and proxied(place.url):
            await refuse_private(self.neighbourhood, place.url)
            kind = "own"
        if kind not in self._made:
            context = None if self.transport else await asyncio.to_thread(trusted)
            if kind not in self._made:  # another call may have been quicker
                self._made[kind] = self._make(context, guarded=kind == "guarded")
        return self._made[kind]

    def _make(self, context: ssl.SSLContext | None, *, guarded: bool) -> httpx.AsyncClient:
        cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
        if context is None:
            return httpx.AsyncClient(transport=self.transport, cookies=cookies)
        if guarded:
            transport = GuardedTransport(self.neighbourhood, limits=LIMITS, context=context)
            return httpx.AsyncClient(transport=transport, cookies=cookies)
        return httpx.AsyncClient(verify=context, http2=True, limits=LIMITS, cookies=cookies)

    async def aclose(self) -> None:
        """Close what is open on this loop."""
        made, self._made = self._made, {}
        if self._loop is asyncio.get_running_loop():
            for client in made.values():
                await client.aclose()
