"""Connections on the event loop: what httpcore's pool needs to know of them, plain and encrypted."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import httpcore
import pytest

from ipyimagegen.core.errors import ConnectionFailed
from ipyimagegen.net.http import Http
from ipyimagegen.net.network import HELD_BYTES, Network, Peer, Stream
from ipyimagegen.net.repeat import Repeat

CERTIFICATE = Path(__file__).with_name("localhost.pem")


@asynccontextmanager
async def pair() -> AsyncIterator[tuple[Stream, Peer, socket.socket]]:
    """A connection, what it holds, and its peer."""
    ours, peer = socket.socketpair()
    ours.setblocking(False)  # noqa: FBT003
    _, other = await asyncio.get_running_loop().create_connection(Peer, sock=ours)
    stream = Stream(other)
    try:
        yield stream, other, peer
    finally:
        await stream.aclose()
        peer.close()


async def answered(stream: Stream, peer: socket.socket) -> None:
    """One request and its answer."""
    await stream.write(b"ask")
    peer.sendall(b"told")
    assert await stream.read(100) == b"told"


def test_it_reads_no_more_than_it_is_asked_for_and_the_rest_next() -> None:
    async def scenario() -> None:
        async with pair() as (stream, _, peer):
            peer.sendall(b"abcdef")
            assert [await stream.read(4), await stream.read(4)] == [b"abcd", b"ef"]
            peer.close()
            assert await stream.read(4) == b""

    asyncio.run(scenario())


def test_waiting_for_bytes_ends_in_time() -> None:
    async def scenario() -> None:
        async with pair() as (stream, _, _peer):
            with pytest.raises(httpcore.ReadTimeout):
                await stream.read(4, timeout=0.0)

    asyncio.run(scenario())


def test_what_nobody_reads_is_not_held_without_end() -> None:
    async def scenario() -> None:
        async with pair() as (stream, other, peer):
            peer.setblocking(False)  # noqa: FBT003
            sent = 0
            for _ in range(200):
                try:
                    sent += peer.send(bytes(64 * 1024))
                except BlockingIOError:
                    await asyncio.sleep(0)
            assert sum(map(len, other.held)) <= 2 * HELD_BYTES
            peer.close()
            came = 0
            while data := await stream.read(64 * 1024):
                came += len(data)
            assert came == sent

    asyncio.run(scenario())


def test_a_peer_that_does_not_read_is_not_written_to_without_end() -> None:
    async def scenario() -> None:
        async with pair() as (stream, _, _peer):
            with pytest.raises(httpcore.WriteTimeout):
                await stream.write(bytes(16 * 2**20), timeout=0.0)

    asyncio.run(scenario())


@pytest.mark.parametrize("how", ["closed", "spoke unasked"])
def test_no_request_is_sent_to_a_peer_that_has_hung_up_though_the_loop_has_not_seen_it_yet(how: str) -> None:
    async def scenario() -> None:
        async with pair() as (stream, _, peer):
            await answered(stream, peer)
            assert not stream.get_extra_info("is_readable")
            if how == "closed":
                peer.shutdown(socket.SHUT_WR)
            else:
                peer.sendall(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
            with pytest.raises(httpcore.ConnectionNotAvailable):
                await stream.write(b"a submit")
            peer.setblocking(False)  # noqa: FBT003
            assert peer.recv(100) == b"ask"
            with pytest.raises(BlockingIOError):
                peer.recv(100)

    asyncio.run(scenario())


def test_the_pool_is_told_of_a_connection_that_has_ended() -> None:
    async def scenario() -> None:
        async with pair() as (stream, _, peer):
            await answered(stream, peer)
            peer.shutdown(socket.SHUT_WR)
            assert await stream.read(10) == b""
            assert stream.get_extra_info("is_readable")

    asyncio.run(scenario())


def test_a_request_of_several_pieces_goes_on_after_its_first_one() -> None:
    async def scenario() -> None:
        async with pair() as (stream, _, peer):
            await answered(stream, peer)
            await stream.write(b"head")
            peer.sendall(b"an early answer")
            await stream.write(b"body")
            assert peer.recv(100) in (b"ask", b"askhead", b"askheadbody")

    asyncio.run(scenario())


def test_nobody_there_is_a_connect_error() -> None:
    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        with pytest.raises(httpcore.ConnectError):
            await Network().connect_tcp("127.0.0.1", port, timeout=5.0)

    asyncio.run(scenario())


async def speak_http1(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while head := await reader.readuntil(b"\r\n\r\n"):
        body = b'{"version": "1.1", "asked": "' + head.split()[1] + b'"}'
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)


async def speak_http2(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    state.initiate_connection()
    writer.write(state.data_to_send())
    while data := await reader.read(65_536):
        for event in state.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                asked = dict(event.headers)[b":path"]
                body = b'{"version": "2", "asked": "' + asked + b'"}'
                state.send_headers(event.stream_id, [(":status", "200")])
                state.send_data(event.stream_id, body, end_stream=True)
        writer.write(state.data_to_send())


@pytest.mark.parametrize("version", ["1.1", "2"])
def test_an_encrypted_service_is_asked_again_and_again_on_one_connection(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections: list[int] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    context.set_alpn_protocols(["h2"] if version == "2" else ["http/1.1"])
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        try:
            await (speak_http2 if version == "2" else speak_http1)(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def scenario() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        http = Http("s", f"https://localhost:{port}")
        for number in range(5):
            answer = await http.call("GET", f"/{number}", repeat=Repeat.READ)
            assert answer.json() == {"version": version, "asked": f"/{number}"}
        if version == "2":
            together = [http.call("GET", f"/{number}", repeat=Repeat.READ) for number in range(20)]
            answers = [answer.json_object()["asked"] for answer in await asyncio.gather(*together)]
            assert answers == [f"/{number}" for number in range(20)]
        await http.aclose()
        server.close()

    asyncio.run(scenario())
    assert connections == [1]


def test_a_certificate_that_nobody_vouches_for_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)

    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def scenario() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        http = Http("s", f"https://localhost:{port}")
        with pytest.raises(ConnectionFailed, match="certificate was refused: self-signed"):
            await http.call("GET", "/x", repeat=Repeat.READ)
        await http.aclose()
        server.close()

    asyncio.run(scenario())
