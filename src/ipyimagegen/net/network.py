"""Sockets for httpcore's connection pool, straight on the event loop.

Its own ones look through all idle connections by a system call each, twice for each request. Here a connection knows
by itself whether its peer has closed it, and looks once, when the next request is about to be sent.
"""

from __future__ import annotations

import asyncio
import select
import ssl
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore

HELD_BYTES = 256 * 1024
"""Of what came and was not read yet, no more than about this is held."""
WRITTEN_BYTES = 64 * 1024
"""Of what is to be sent, no more than this waits for the network."""
EYEBALLS_S = 0.25
"""After so long without a connection to one address of a host, its next address is tried as well (RFC 8305)."""


class Peer(asyncio.Protocol):
    """The other side of a connection: what came from it and was not read yet, and whether it has hung up."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.ended = False
        self.error: Exception | None = None
        self.held: deque[bytes] = deque()
        self._size = 0
        self._changed = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is there."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 (what the loop promises)
        self.transport = transport
        transport.set_write_buffer_limits(WRITTEN_BYTES)

    def data_received(self, data: bytes) -> None:
        """Something came."""
        self.held.append(data)
        self._size += len(data)
        if self._size > HELD_BYTES:
            self.transport.pause_reading()
        self._changed.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has ended, by whichever side."""
        self.ended, self.error = True, exc
        self._changed.set()
        self._writable.set()

    def pause_writing(self) -> None:
        """The network is slower than we are."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """It has caught up."""
        self._writable.set()

    async def some(self, most: int) -> bytes:
        """What came next, `most` bytes at most; `b""` once it has ended. Raises `OSError` where it was lost."""
        while not self.held:
            if self.ended and self.error is not None:
                raise ConnectionError from self.error
            if self.ended:
                return b""
            self._changed.clear()
            await self._changed.wait()
        data = self.held.popleft()
        if len(data) > most:
            self.held.appendleft(data[most:])
            data = data[:most]
        before, self._size = self._size, self._size - len(data)
        if before > HELD_BYTES >= self._size and not self.ended:
            self.transport.resume_reading()
        return data

    async def send(self, data: bytes, timeout_s: float | None) -> None:
        """Send bytes. Returns when they are on their way, but for a little. Raises `OSError` where they cannot be."""
        if not self.ended:
            self.transport.write(data)
        if not self._writable.is_set():
            async with asyncio.timeout(timeout_s):
                await self._writable.wait()
        if self.ended:
            raise ConnectionError from self.error


class Stream(httpcore.AsyncNetworkStream):
    """One connection."""

    def __init__(self, peer: Peer, *, encrypted: bool = False) -> None:
        self._peer = peer
        self._encrypted = encrypted
        self._answered = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 (httpcore's)
        """Some bytes; none at the end."""
        with _mapped(httpcore.ReadTimeout, httpcore.ReadError):
            if self._peer.held or timeout is None:
                data = await self._peer.some(max_bytes)
            else:
                async with asyncio.timeout(timeout):
                    data = await self._peer.some(max_bytes)
        self._answered = True
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 (httpcore's)
        """Send bytes.

        Raises `ConnectionNotAvailable`, and sends nothing, where a new request would go to a peer that has hung up: the
        pool then takes another connection.
        """
        if self._answered and not self._multiplexed and self._hung_up():
            raise httpcore.ConnectionNotAvailable
        self._answered = False
        if not buffer:
            return
        with _mapped(httpcore.WriteTimeout, httpcore.WriteError):
            await self._peer.send(buffer, timeout)

    async def aclose(self) -> None:
        """Close it."""
        self._peer.transport.close()
        await asyncio.sleep(0)
        self._peer.transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's)
    ) -> httpcore.AsyncNetworkStream:
        """Encrypt it from now on; the peer must prove that it is `server_hostname`."""
        peer, loop = self._peer, asyncio.get_running_loop()
        with _mapped(httpcore.ConnectTimeout, httpcore.ConnectError):
            try:
                async with asyncio.timeout(timeout):
                    made = await loop.start_tls(peer.transport, peer, ssl_context, server_hostname=server_hostname)
            except BaseException:
                peer.transport.abort()
                raise
            if made is None:
                raise ConnectionError("closed while it was to be encrypted")
        peer.connection_made(made)
        return Stream(peer, encrypted=True)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks for: whether something came or it has ended (`is_readable`), and the usual facts."""
        if info == "is_readable":
            return self._peer.ended or bool(self._peer.held)
        names = {"client_addr": "sockname", "server_addr": "peername"}
        return self._peer.transport.get_extra_info(names.get(info, info))

    @property
    def _multiplexed(self) -> bool:
        """Whether several requests share it (HTTP/2): something may come at any time then."""
        if not self._encrypted:
            return False
        encryption = self._peer.transport.get_extra_info("ssl_object")
        return encryption is not None and encryption.selected_alpn_protocol() == "h2"

    def _hung_up(self) -> bool:
        """Whether something came, unasked, or the end: also what the loop has not seen yet."""
        peer = self._peer
        if peer.ended or peer.held or peer.transport.is_closing():
            return True
        return _readable(peer.transport.get_extra_info("socket").fileno())


class Network(httpcore.AsyncNetworkBackend):
    """Connections by TCP."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's signature)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of `host` that answers."""
        loop = asyncio.get_running_loop()
        local = (local_address, 0) if local_address else None
        with _mapped(httpcore.ConnectTimeout, httpcore.ConnectError):
            async with asyncio.timeout(timeout):
                transport, peer = await loop.create_connection(
                    Peer, host, port, local_addr=local, happy_eyeballs_delay=EYEBALLS_S
                )
        for option in socket_options or ():
            transport.get_extra_info("socket").setsockopt(*option)
        return Stream(peer)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


def _readable(descriptor: int) -> bool:
    """Whether a socket has something to read, or its end."""
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([descriptor], [], [], 0)[0])
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


@contextmanager
def _mapped(late: type[Exception], lost: type[Exception]) -> Iterator[None]:
    """Errors of the loop as those of httpcore. `TimeoutError` and the errors of `ssl` are `OSError`s."""
    try:
        yield
    except TimeoutError as error:
        raise late(str(error)) from error
    except (OSError, UnicodeError) as error:
        raise lost(str(error) or str(error.__cause__ or "")) from error
