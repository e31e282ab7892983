"""What clients may do to the gateway: keep it waiting, fill its memory, send what nobody asked for."""

from __future__ import annotations

import base64
import socket
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from ipyimagegen.gateway import Gateway, TimedWork, connections, jobs, serve
from ipyimagegen.gateway.work import flat_png

from .stepped import SteppedWork
from .web import web

if TYPE_CHECKING:
    from collections.abc import Iterator

HUGE = 50_000_000_000


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    monkeypatch.setattr(connections, "HEAD_WAIT_S", 0.2)
    monkeypatch.setattr(connections, "BODY_WAIT_S", 0.2)
    with serve(work=TimedWork()) as running:
        yield running


def said(gateway: Gateway, *pieces: str) -> bytes:
    """All that comes back before the gateway closes the connection."""
    parts = urlsplit(gateway.url)
    with closing(socket.create_connection((parts.hostname, parts.port), timeout=5)) as wire:
        for piece in pieces:
            wire.sendall(piece.encode())
        found = b""
        while more := wire.recv(65_536):
            found += more
    return found


def head(path: str, *headers: str, method: str = "POST") -> str:
    lines = (f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {HUGE}", *headers)
    return "\r\n".join(lines) + "\r\n\r\n"


@pytest.mark.parametrize("begun", ["", "G", "POST /v2/submit HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "])
def test_a_head_that_never_ends_is_not_waited_for(impatient: Gateway, begun: str) -> None:
    assert said(impatient, begun) == b""


def test_a_head_that_drips_has_one_deadline(impatient: Gateway) -> None:
    parts = urlsplit(impatient.url)
    with closing(socket.create_connection((parts.hostname, parts.port), timeout=0.05)) as wire:
        wire.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
        for _ in range(100):
            try:
                wire.sendall(b"a")
                if wire.recv(1) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        else:
            pytest.fail("still open after 5 s of drips")


def test_a_body_of_which_nothing_more_comes_is_not_waited_for(impatient: Gateway) -> None:
    key = f"Authorization: Key {impatient.keys.openpixels}"
    begun = head("/v2/submit", key).replace(str(HUGE), "1000") + "{"
    assert said(impatient, begun) == b""
    assert impatient.jobs() == []


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/v2/submit", "POST"),
        ("/v1/flux-dev", "POST"),
        ("/v2/requests/guessed", "GET"),
        ("/apps/run", "POST"),
        ("/scc/comfy_prompt", "POST"),
        ("/uploads/guessed/x.png", "PUT"),
    ],
)
def test_without_a_key_no_body_is_read(impatient: Gateway, path: str, method: str) -> None:
    status = said(impatient, head(path, "Expect: 100-continue", method=method)).split(b" ")[1]
    assert status in (b"400", b"401", b"403", b"404")
    assert impatient.requests[-1].received_bytes == 0


def test_a_body_that_is_announced_too_large_is_refused_with_the_right_key_too(impatient: Gateway) -> None:
    key = f"Authorization: Key {impatient.keys.openpixels}"
    assert said(impatient, head("/v2/submit", key)).startswith(b"HTTP/1.1 413")
    assert said(impatient, head("/nowhere")).startswith(b"HTTP/1.1 413")


def _submit(gateway: Gateway, picture: bytes) -> int:
    body = {"model": "flux-dev", "prompt": "a fox", "image": base64.b64encode(picture).decode()}
    headers = {"Authorization": f"Key {gateway.keys.openpixels}"}
    return web.post(f"{gateway.url}/v2/submit", json=body, headers=headers).status_code


def test_pictures_of_jobs_that_have_ended_are_forgotten_beyond_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = flat_png(64, 64) + bytes(50_000)
    monkeypatch.setattr(jobs, "KEPT_INPUT_BYTES", 300_000)  # a picture, and the base64 that it came as, are 117,000
    with serve(work=TimedWork()) as gateway:
        assert [200] * 12 == [_submit(gateway, picture) for _ in range(12)]
        states = gateway.jobs()
    kept = [state.order.image is not None for state in states]
    assert (12, False, True) == (len(states), kept[0], kept[-1])
    assert sum(kept) <= 3
    held = sum(len(state.order.image or b"") + len(str(state.inputs)) for state in states)
    assert held < 400_000
    assert "a fox" == states[0].order.prompt == states[0].inputs["prompt"]


def test_pictures_of_jobs_that_wait_are_kept_and_no_more_are_taken_in(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = flat_png(64, 64) + bytes(50_000)
    monkeypatch.setattr(jobs, "KEPT_INPUT_BYTES", 300_000)
    with serve(work=SteppedWork()) as gateway:
        assert [200, 200, 429, 429] == [_submit(gateway, picture) for _ in range(4)]
        assert [picture, picture] == [state.order.image for state in gateway.jobs()]
