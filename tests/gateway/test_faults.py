"""Each kind of scripted fault does what it says, on the wire."""

from __future__ import annotations

import gzip
import json
import socket
import time
import zlib
from email.utils import parsedate_to_datetime
from typing import Any, get_args
from urllib.parse import urlsplit

import httpx
import pytest

from ipyimagegen.gateway import KINDS, Fault, FaultKind, Gateway, TimedWork, serve
from ipyimagegen.gateway.bomb import gzip_bomb

from .web import web

# A reset is seen as the one or the other, by what the client was just doing.
DROPPED = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
PAYLOAD = {"model": "flux-dev", "prompt": "t"}


def submit(gateway: Gateway, **arguments: Any) -> httpx.Response:
    headers = {"Authorization": f"Key {gateway.keys.openpixels}"}
    return web.post(f"{gateway.url}/v2/submit", json=PAYLOAD, headers=headers, **arguments)


def script(gateway: Gateway, kind: FaultKind, **fields: Any) -> None:
    gateway.faults.add(Fault(kind, service="openpixels", route="submit", **fields))


def raw_answer(gateway: Gateway, path: str) -> bytes:
    """Everything that comes back on a bare socket until it closes, headers included."""
    with socket.create_connection((urlsplit(gateway.url).hostname, urlsplit(gateway.url).port), timeout=5) as wire:
        host = gateway.url.removeprefix("http://")
        wire.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        pieces = []
        while piece := wire.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


def test_every_kind_is_described() -> None:
    assert set(get_args(FaultKind)) == set(KINDS)


def test_an_unknown_kind_is_refused_with_a_hint() -> None:
    with pytest.raises(ValueError, match="did you mean 'lost_answer'"):
        Fault("lost_anwser")  # type: ignore[arg-type]


def test_a_fault_that_can_never_happen_is_refused(gateway: Gateway) -> None:
    with pytest.raises(ValueError, match="openpixels has health, poll, submit"):
        gateway.faults.add(Fault("reset", service="openpixels", route="sumbit"))


def test_a_fault_happens_as_often_as_asked_after_those_let_through(gateway: Gateway) -> None:
    script(gateway, "status", status=500, times=2, after=1)
    assert [submit(gateway).status_code for _ in range(4)] == [200, 500, 500, 200]
    assert gateway.faults.waiting() == []


def test_a_fault_can_happen_always_until_cleared(gateway: Gateway) -> None:
    script(gateway, "status", times=None)
    assert [submit(gateway).status_code for _ in range(3)] == [503] * 3
    gateway.faults.clear()
    assert submit(gateway).status_code == 200


def test_other_services_and_routes_are_left_alone(gateway: Gateway) -> None:
    gateway.faults.add(Fault("reset", service="segmind"), Fault("reset", service="openpixels", route="poll"))
    assert submit(gateway).status_code == 200
    assert len(gateway.faults.waiting()) == 2


def test_latency(gateway: Gateway) -> None:
    script(gateway, "latency", seconds=0.1)
    started = time.monotonic()
    assert submit(gateway).status_code == 200
    assert time.monotonic() - started >= 0.1


def test_status_has_no_effect_but_the_answer(gateway: Gateway) -> None:
    script(gateway, "status", status=429, text="slow down")
    answer = submit(gateway)
    assert (answer.status_code, answer.json()) == (429, {"error": "slow down"})
    assert "retry-after" not in answer.headers
    assert gateway.jobs() == []


def test_retry_after_in_its_forms(gateway: Gateway) -> None:
    for form in ("seconds", "date", "reset_at_utc"):
        script(gateway, "status", status=429, retry_after_s=30, retry_after_form=form)
    seconds, date, reset = (submit(gateway).headers for _ in range(3))
    assert seconds["retry-after"] == "30"
    assert 25 < parsedate_to_datetime(date["retry-after"]).timestamp() - time.time() <= 31
    assert reset["x-rate-limit-reset-at-utc"].endswith("Z")


def test_a_5xx_with_a_page_and_one_with_nothing(gateway: Gateway) -> None:
    script(gateway, "status", status=502, body="html", text="Bad Gateway")
    script(gateway, "status", status=500, body="empty")
    page, nothing = submit(gateway), submit(gateway)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>Bad Gateway</h1>" in page.text
    assert (nothing.status_code, nothing.content) == (500, b"")


def test_reset_before_anything(gateway: Gateway) -> None:
    script(gateway, "reset")
    with pytest.raises(DROPPED):
        submit(gateway)
    assert gateway.jobs() == []
    assert [(row.status, row.fault) for row in gateway.requests] == [(0, "reset")]


def test_lost_answer_of_a_submit_that_counted(gateway: Gateway) -> None:
    script(gateway, "lost_answer")
    with pytest.raises(DROPPED):
        submit(gateway)
    assert [job.id for job in gateway.jobs()] == [gateway.requests[0].job]


def test_truncated_body_announces_its_whole_length(gateway: Gateway) -> None:
    script(gateway, "truncated")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        submit(gateway)
    gateway.faults.add(Fault("truncated", service="openpixels", route="health", after_bytes=4))
    head, _, body = raw_answer(gateway, "/status").partition(b"\r\n\r\n")
    assert b"content-length: 15" in head
    assert body == b'{"st'


def test_broken_json_has_a_length_that_fits(gateway: Gateway) -> None:
    script(gateway, "broken_json")
    answer = submit(gateway)
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_empty_body(gateway: Gateway) -> None:
    script(gateway, "empty_body")
    answer = submit(gateway)
    assert (answer.status_code, answer.content) == (200, b"")
    assert len(gateway.jobs()) == 1


def test_drip_sends_everything_in_pieces(gateway: Gateway) -> None:
    whole = web.get(f"{gateway.url}/status").content
    gateway.faults.add(Fault("drip", service="openpixels", route="health", after_bytes=5, seconds=0.01))
    with web.stream("GET", f"{gateway.url}/status") as answer:
        pieces = list(answer.iter_raw())
    assert whole == b"".join(pieces)
    assert len(pieces) > 1


def picture_url(gateway: Gateway) -> str:
    gateway.openpixels.immediate = True
    url: str = submit(gateway).json()["data"]["url"]
    return url


def test_a_page_instead_of_a_picture(gateway: Gateway) -> None:
    url = picture_url(gateway)
    gateway.faults.add(Fault("html", service="files"), Fault("html", service="files", text="image/png"))
    honest, lying = web.get(url), web.get(url)
    assert [honest.headers["content-type"], lying.headers["content-type"]] == ["text/html; charset=utf-8", "image/png"]
    assert honest.text.startswith("<!doctype html>")
    assert lying.text.startswith("<!doctype html>")


def test_wrong_content_type(gateway: Gateway) -> None:
    url = picture_url(gateway)
    gateway.faults.add(Fault("content_type", service="files", text="text/plain"))
    spoiled = web.get(url)
    assert spoiled.headers["content-type"] == "text/plain"
    assert spoiled.content == web.get(url).content


def test_redirect_to_another_host(gateway: Gateway) -> None:
    url = picture_url(gateway)
    gateway.faults.add(Fault("redirect", service="files"), Fault("redirect", service="files", url="http://10.0.0.1/x"))
    near, far = web.get(url), web.get(url)
    assert near.headers["location"] == url.replace("127.0.0.1", "localhost")
    assert far.headers["location"] == "http://10.0.0.1/x"
    assert web.get(near.headers["location"]).content == web.get(url).content


def test_other_address_in_the_answer(gateway: Gateway) -> None:
    gateway.openpixels.immediate = True
    script(gateway, "other_address")
    script(gateway, "other_address", url="http://10.0.0.1")
    hosts = [urlsplit(submit(gateway).json()["data"]["url"]).netloc for _ in range(2)]
    assert hosts == ["169.254.169.254", "10.0.0.1"]


def test_a_local_file_in_place_of_every_address_of_one(gateway: Gateway) -> None:
    gateway.openpixels.immediate = True
    script(gateway, "local_file")
    script(gateway, "local_file", url="/srv/somebody/key")
    assert [submit(gateway).json()["data"]["url"] for _ in range(2)] == ["/etc/passwd", "/srv/somebody/key"]


def test_a_proxy_that_has_lost_a_submit_that_counted(gateway: Gateway) -> None:
    script(gateway, "lost_behind")
    script(gateway, "lost_behind", status=503, text='{"error": "upstream connect error"}')
    first, second = submit(gateway), submit(gateway)
    assert (first.status_code, first.json()) == (504, {"message": "Endpoint request timed out"})
    assert (second.status_code, second.json()) == (503, {"error": "upstream connect error"})
    assert len(gateway.jobs()) == 2


def test_a_gzip_bomb_is_a_thousandth_of_what_it_unpacks_to(gateway: Gateway) -> None:
    size = 3 * 1024 * 1024 + 17
    script(gateway, "gzip_bomb", after_bytes=size)
    headers = {"Authorization": f"Key {gateway.keys.openpixels}"}
    with web.stream("POST", f"{gateway.url}/v2/submit", json=PAYLOAD, headers=headers) as answer:
        raw = b"".join(answer.iter_raw())
    assert size == len(zlib.decompress(raw, wbits=31))
    assert len(raw) < size / 500


def test_the_bomb_is_a_valid_gzip_file() -> None:
    assert bytes(2_000_000) == gzip.decompress(b"".join(gzip_bomb(2_000_000)))


def test_a_fault_of_a_job_waits_for_the_request_that_submits_one(gateway: Gateway) -> None:
    gateway.faults.add(Fault("job_fails", service="openpixels"))
    web.get(f"{gateway.url}/status")
    assert len(gateway.faults.waiting()) == 1
    with pytest.raises(ValueError, match="no route 'poll'"):
        gateway.faults.add(Fault("job_fails", service="openpixels", route="poll"))


@pytest.mark.parametrize(("kind", "phase"), [("job_fails", "failed"), ("job_rejected", "rejected")])
def test_the_fate_of_a_job(gateway: Gateway, kind: FaultKind, phase: str) -> None:
    gateway.openpixels.immediate = True
    script(gateway, kind, text="why")
    message = submit(gateway).json()
    assert (message["status"], message["error"]["message"]) == ("failed", "why")
    assert gateway.jobs()[0].phase == phase


def test_a_job_that_never_ends(gateway: Gateway) -> None:
    gateway.openpixels.hold_s = 0.05
    script(gateway, "job_stuck")
    job = submit(gateway).json()["id"]
    headers = {"Authorization": f"Key {gateway.keys.openpixels}"}
    answer = web.get(f"{gateway.url}/v2/poll/{job}", headers=headers).json()
    assert (answer["type"], answer["status"]) == ("update", "running")


class TestStreams:
    def start(self, gateway: Gateway) -> str:
        body = {"app": "infsh/sdxl", "input": {"prompt": "t"}}
        answer = web.post(f"{gateway.url}/apps/run", json=body, headers=self.headers(gateway))
        task: str = answer.json()["data"]["id"]
        return task

    def headers(self, gateway: Gateway) -> dict[str, str]:
        return {"Authorization": f"Bearer {gateway.keys.inference}", "Accept": "application/x-ndjson"}

    def lines(self, gateway: Gateway, task: str) -> list[Any]:
        url = f"{gateway.url}/tasks/{task}/stream"
        with web.stream("GET", url, headers=self.headers(gateway)) as answer:
            return [json.loads(line) for line in answer.iter_lines()]

    def test_cut_after_lines(self) -> None:
        with serve(work=TimedWork(20, steps=100)) as gateway:
            gateway.inferencesh.framing = "close"
            gateway.faults.add(Fault("cut_stream", service="inferencesh", route="stream", after_lines=2))
            assert len(self.lines(gateway, self.start(gateway))) == 2

    def test_cut_in_the_middle_of_a_line(self) -> None:
        with serve(work=TimedWork(0.1, steps=4)) as gateway:
            gateway.faults.add(Fault("cut_stream", service="inferencesh", route="stream", after_bytes=50))
            task = self.start(gateway)
            with pytest.raises((httpx.RemoteProtocolError, json.JSONDecodeError)):
                self.lines(gateway, task)

    def test_heartbeats_only(self, gateway: Gateway) -> None:
        gateway.inferencesh.heartbeat_s = 0.02
        gateway.faults.add(Fault("heartbeats_only", service="inferencesh", route="stream", stream_s=1.0))
        seen = self.lines(gateway, self.start(gateway))
        assert {event["type"] for event in seen} == {"heartbeat"}
        assert len(seen) > 2
