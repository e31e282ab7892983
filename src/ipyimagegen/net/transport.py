"""A connection that looks where it goes: a name is resolved, its address judged, and that very address connected to.

Used for every address that is not the service's own. A name that means a public address when it is looked at and a
private one when it is connected to (DNS rebinding) has no second chance, as there is only one look-up.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from .addresses import Neighbourhood, parts
from .network import Network

LOOK_UP_S = 5.0


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """The network behind a look-up that refuses private addresses."""

    def __init__(self, neighbourhood: Neighbourhood) -> None:
        self._neighbourhood = neighbourhood
        self._network = Network()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's signature)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of `host` that may be connected to and answers."""
        failed: Exception = httpcore.ConnectError(f"no address for {host}")
        for address in await _addresses(host, port, timeout):
            if not self._neighbourhood.connectable(host, port, address):
                raise httpcore.UnsupportedProtocol(f"{host} is on a private network")
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


async def _addresses(host: str, port: int, timeout_s: float | None) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout_s):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # TimeoutError is an OSError
        raise httpcore.ConnectError(f"no address for {host}") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class _Body(httpx.AsyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _translated():
            async for chunk in self._stream:
                yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


class PoolTransport(httpx.AsyncBaseTransport):
    """An httpx transport over a connection pool, HTTP/2 where it is spoken. Knows no proxy."""

    def __init__(self, network: httpcore.AsyncNetworkBackend, *, limits: httpx.Limits, context: ssl.SSLContext) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            http1=True,
            http2=True,
            network_backend=network,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        with _translated():
            response = await self._pool.handle_async_request(
                httpcore.Request(
                    method=request.method,
                    url=httpcore.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response.stream),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()


class ProxyTransport(httpx.AsyncBaseTransport):
    """The proxies that the environment names, as httpx reads it."""

    def __init__(self, *, limits: httpx.Limits, context: ssl.SSLContext) -> None:
        cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
        self._client = httpx.AsyncClient(verify=context, http2=True, limits=limits, cookies=cookies)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        return await self._client.send(request, stream=True)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()


@contextmanager
def _translated() -> Iterator[None]:
    """Errors of httpcore as errors of httpx, which bear the same names."""
    try:
        yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError) as error:
        raise _twin(error)(str(error)) from error
    except httpcore.UnsupportedProtocol as error:
        raise httpx.UnsupportedProtocol(str(error)) from error
    except httpcore.ConnectionNotAvailable as error:
        raise httpx.ConnectError("no connection") from error


def _twin(error: Exception) -> type[httpx.TransportError]:
    for kind in type(error).__mro__:
        twin = getattr(httpx, kind.__name__, None)
        if isinstance(twin, type) and issubclass(twin, httpx.TransportError):
            return twin
    return httpx.TransportError


def proxied(url: str) -> bool:
    """Whether the environment sends this address through a proxy, which then does the look-up."""
    scheme, host, _ = parts(url)
    proxies = getproxies()
    return bool((proxies.get(scheme) or proxies.get("all")) and not proxy_bypass(host))


async def refuse_private(neighbourhood: Neighbourhood, url: str) -> None:
    """The guard for an address that a proxy will connect to: refused where its name is known here and private.

    Raises `httpx.UnsupportedProtocol`. A name that only the proxy can look up is left to it.
    """
    _, host, port = parts(url)
    try:
        addresses = await _addresses(host, port, LOOK_UP_S)
    except httpcore.ConnectError:
        return
    if not all(neighbourhood.connectable(host, port, address) for address in addresses):
        raise httpx.UnsupportedProtocol(f"{host} is on a private network")
