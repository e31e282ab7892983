"""Real sockets on this machine: connections kept, cut, reset and refused; gigabytes in little memory."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from ipyimagegen.core.errors import ConnectionFailed, ImagegenError, ProtocolError, SubmitUnknown
from ipyimagegen.net.clock import Clock
from ipyimagegen.net.http import Http
from ipyimagegen.net.repeat import Repeat
from ipyimagegen.net.secrets import Secret

MIB = 2**20
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Hurried(Clock):
    """Waits are cut to nothing."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


@asynccontextmanager
async def serving(talk: Talk) -> AsyncIterator[str]:
    """A server for as long as the block lasts; its base URL."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


@asynccontextmanager
async def opened(base_url: str) -> AsyncIterator[Http]:
    http = Http("s", base_url, authorize=lambda _: {"x-api-key": Secret("SG_secret")}, clock=Hurried())
    try:
        yield http
    finally:
        await http.aclose()


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """One request, head and body."""
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return head + (await reader.readexactly(int(lengths[0])) if lengths else b"")


def respond(body: bytes, *, status: str = "200 OK", length: int | None = None) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body) if length is None else length}\r\n\r\n".encode() + body


def reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def test_connections_are_kept_across_calls():
    connections, requests = list[int](), list[bytes]()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        while True:
            requests.append(await read_request(reader))
            writer.write(respond(b"{}"))

    async def work() -> None:
        async with serving(talk) as url, opened(url) as http:
            for number in range(20):
                await http.call("POST", f"/jobs/{number}", json={"n": number}, repeat=Repeat.SUBMIT)
            await asyncio.gather(*[http.call("GET", "/poll", repeat=Repeat.READ) for _ in range(4)])

    asyncio.run(work())
    assert 24 == len(requests)
    assert len(connections) <= 4


@pytest.mark.parametrize("how", ["reset", "close", "half an answer", "silence"])
def test_a_submit_that_was_sent_and_not_answered_is_unknown_and_sent_once(how):
    requests = list[bytes]()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await read_request(reader))
        if how == "reset":
            reset(writer)
        elif how == "half an answer":
            writer.write(respond(b'{"id"', length=100))
        elif how == "silence":
            await reader.read()

    async def work() -> None:
        async with serving(talk) as url, opened(url) as http:
            with pytest.raises(SubmitUnknown):
                await http.call("POST", "/jobs", json={}, repeat=Repeat.SUBMIT, timeout_s=2.0)

    asyncio.run(work())
    assert 1 == len(requests)


def test_a_refused_connection_proves_that_nothing_was_sent():
    async def work() -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            async with opened(f"http://127.0.0.1:{unused.getsockname()[1]}") as http:
                with pytest.raises(ConnectionFailed, match="no connection"):
                    await http.call("POST", "/jobs", json={}, repeat=Repeat.SUBMIT, within_s=0.1)

    asyncio.run(work())


def test_a_submit_goes_through_when_the_service_comes_up_in_the_meantime():
    class Starts(Hurried):
        async def sleep(self, seconds: float) -> None:
            if not servers:
                servers.append(await asyncio.start_server(handle, "127.0.0.1", port))

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(respond(b'{"id": 1}'))
        writer.close()

    servers = list[asyncio.Server]()
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

    async def work() -> object:
        http = Http("s", f"http://127.0.0.1:{port}", clock=Starts())
        answer = await http.call("POST", "/jobs", json={}, repeat=Repeat.SUBMIT)
        await http.aclose()
        servers[0].close()
        return answer.json()

    assert {"id": 1} == asyncio.run(work())


def test_a_read_is_repeated_through_resets_and_cut_bodies():
    ways = iter(["reset", "cut", "close", "answer"])

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        way = next(ways)
        if way == "reset":
            reset(writer)
        elif way == "cut":
            writer.write(respond(b"{", length=100))
        elif way == "answer":
            writer.write(respond(b'{"status": "done"}'))

    async def work() -> object:
        async with serving(talk) as url, opened(url) as http:
            return (await http.call("GET", "/jobs/1", repeat=Repeat.READ)).json()

    assert {"status": "done"} == asyncio.run(work())


def test_another_port_of_this_machine_is_not_asked():
    heads = list[bytes]()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await read_request(reader))
        writer.write(respond(b"ok"))

    async def work() -> None:
        async with serving(talk) as own, serving(talk) as other, opened(own) as http:
            await http.call("GET", "/status", repeat=Repeat.READ)
            with pytest.raises(ProtocolError, match="private network"):
                await http.call("GET", f"{other}/status", repeat=Repeat.READ)
            with pytest.raises(ProtocolError, match="private network"):
                await http.download(f"{other}/x.png")

    asyncio.run(work())
    assert [True] == [b"SG_secret" in head for head in heads]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_http2_is_offered_to_the_service_and_to_others_and_the_name_is_verified(host):
    hellos = list[bytes]()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hellos.append(await reader.read(2000))

    async def work() -> None:
        async with serving(talk) as url, opened(url.replace("http:", "https:")) as http:
            port = url.rpartition(":")[2]
            with pytest.raises(ConnectionFailed, match="no connection"):
                await http.call("GET", f"https://{host}:{port}/x", repeat=Repeat.SUBMIT, within_s=0.1)

    asyncio.run(work())
    assert b"\x02h2" in hellos[0]
    assert (host == "localhost") == (b"localhost" in hellos[0]), "the server's name, though its address is connected to"


def test_a_name_that_comes_to_this_machine_is_not_connected_to(monkeypatch):
    connections = list[int]()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)

    async def look_up(self: object, host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", look_up)
    monkeypatch.setattr("ipyimagegen.net.clients.proxied", lambda url: False)

    async def work() -> None:
        async with serving(talk) as url, opened("https://api.example") as http:
            port = url.rpartition(":")[2]
            with pytest.raises(ConnectionFailed, match="private network"):
                await http.download(f"https://files.example:{port}/x.png")

    asyncio.run(work())
    assert [] == connections


def test_a_name_behind_a_proxy_that_comes_to_this_machine_is_refused_too(monkeypatch):
    async def look_up(self: object, host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.7", port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", look_up)
    monkeypatch.setattr("ipyimagegen.net.clients.proxied", lambda url: True)

    async def work() -> None:
        async with opened("https://api.example") as http:
            with pytest.raises(ConnectionFailed, match="private network"):
                await http.download("https://files.example/x.png")

    asyncio.run(work())


def test_a_large_upload_and_download_need_little_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    size, received = 128 * MIB, [0]
    source = tmp_path / "in.bin"
    with source.open("wb") as file:
        file.truncate(size)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"PUT"):
            while received[0] < size:
                received[0] += len(await reader.read(MIB))
            writer.write(respond(b""))
            return
        writer.write(respond(b"", length=size))
        piece = bytes(64 * 1024)
        for _ in range(size // len(piece)):
            writer.write(piece)
            await writer.drain()

    async def work() -> int:
        async with serving(talk) as url, opened(url) as http:
            tracemalloc.start()
            try:
                await http.upload(f"{url}/put", source, media_type="application/octet-stream")
                got = await http.download(f"{url}/get")
                peak = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
            assert got.path is not None
            assert size == got.path.stat().st_size
            return peak

    assert asyncio.run(work()) < 16 * MIB
    assert size == received[0]


def test_an_upload_that_is_refused_early_is_an_error_of_the_service():
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(respond(b"SignatureDoesNotMatch", status="403 Forbidden"))
        await writer.drain()
        await reader.read()

    async def work() -> None:
        async with serving(talk) as url, opened(url) as http:
            with pytest.raises(ImagegenError, match="SignatureDoesNotMatch"):
                await http.upload(f"{url}/put", bytes(8 * MIB), media_type="image/png", within_s=0.2)

    asyncio.run(work())


def test_cancelling_a_download_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(respond(bytes(6 * MIB), length=7 * MIB))
        await writer.drain()
        await reader.read()

    async def work() -> None:
        async with serving(talk) as url, opened(url) as http:
            task = asyncio.ensure_future(http.download(f"{url}/get"))
            while not list(tmp_path.glob("*/*")):  # noqa: ASYNC110
                await asyncio.sleep(0.005)
            task.cancel()
            await asyncio.wait({task})
            assert task.cancelled()

    asyncio.run(work())
    assert [] == list(tmp_path.glob("*/*"))


def test_an_answer_is_inflated_wherever_the_wire_cuts_it():
    body = gzip.compress(b'{"a": "' + b"x" * 3000 + b'"}') + b"\0\0"

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n")
        for byte in body:
            writer.write(b"1\r\n" + bytes([byte]) + b"\r\n")
            await writer.drain()
        writer.write(b"0\r\n\r\n")

    async def work() -> int:
        async with serving(talk) as url, opened(url) as http:
            return len((await http.call("GET", "/x", repeat=Repeat.READ)).body)

    assert 3009 == asyncio.run(work())
