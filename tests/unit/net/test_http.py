"""Calls: what is sent, who gets the key, what is repeated, what is refused."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import logging
import ssl
import traceback
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import httpx
import pytest

from ipyimagegen.core import errors
from ipyimagegen.core.errors import (
    ConnectionFailed,
    InvalidInput,
    MediaError,
    NotFound,
    ProtocolError,
    RateLimited,
    ServiceUnavailable,
    SubmitUnknown,
)
from ipyimagegen.net.answers import Answer
from ipyimagegen.net.http import Http, Outgoing
from ipyimagegen.net.repeat import Repeat
from ipyimagegen.net.secrets import Secret

from .virtual import EvenClock, run

KEY = "SG_0123456789abcdef"
Handler = Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]


class Service:
    """A pretended service: answers in turn (the last one again and again), and remembers the requests."""

    def __init__(self, *answers: httpx.Response | Exception | Handler) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return answer
        made = answer(request)
        return made if isinstance(made, httpx.Response) else await made

    def http(self, base_url: str = "https://api.segmind.com", **options: Any) -> Http:
        options.setdefault("authorize", lambda _: {"x-api-key": Secret(KEY)})
        return Http("segmind", base_url, transport=httpx.MockTransport(self), clock=EvenClock(), **options)


def ok(**body: object) -> httpx.Response:
    return httpx.Response(200, json=body)


class Pieces(httpx.AsyncByteStream):
    """A body in given pieces, with waits (numbers) and an error in between."""

    def __init__(self, *parts: bytes | float | Exception) -> None:
        self.parts = parts
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            if isinstance(part, bytes):
                yield part
            elif isinstance(part, Exception):
                raise part
            else:
                await asyncio.sleep(part)

    async def aclose(self) -> None:
        self.closed = True


# -- what is sent ------------------------------------------------------------------------------------------------------


def test_json_is_sent_compact_and_unescaped_and_the_signature_sees_exactly_those_bytes():
    seen: list[Outgoing] = []
    service = Service(ok())

    def sign(outgoing: Outgoing) -> dict[str, str | Secret]:
        seen.append(outgoing)
        return {"X-Sign": Secret("a-signature")}

    run(service.http(authorize=sign).call("POST", "/v2/flux?a=1", json={"prompt": "ü"}, repeat=Repeat.SUBMIT))
    sent = service.requests[0]
    assert '{"prompt":"ü"}'.encode() == sent.content == seen[0].body
    assert ("POST", "/v2/flux?a=1") == (seen[0].method, seen[0].target)
    assert "application/json" == sent.headers["content-type"] == seen[0].headers["content-type"]
    assert "a-signature" == sent.headers["x-sign"]


def test_a_signed_content_type_wins_over_the_default():
    service = Service(ok())
    headers = {"Content-Type": "application/json; charset=utf-8"}
    run(service.http(headers=headers).call("POST", "/x", json={}, headers=headers, repeat=Repeat.READ))
    assert ["application/json; charset=utf-8"] == service.requests[0].headers.get_list("content-type")


def test_each_repeat_is_signed_anew():
    service, count = Service(httpx.Response(429), httpx.Response(429), ok()), iter(range(9))
    run(service.http(authorize=lambda _: {"nonce": str(next(count))}).call("POST", "/x", repeat=Repeat.SUBMIT))
    assert ["0", "1", "2"] == [request.headers["nonce"] for request in service.requests]


def test_what_is_no_json_is_refused_before_anything_is_sent():
    service = Service(ok())
    for value in ({"a": float("nan")}, {"a": object()}, {"a": "\ud800"}):
        with pytest.raises(InvalidInput, match="JSON"):
            run(service.http().call("POST", "/x", json=value, repeat=Repeat.SUBMIT))
    with pytest.raises(InvalidInput, match="seeds: set cannot be sent"):
        run(service.http().call("POST", "/x", json={"n": 1, "seeds": {1}}, repeat=Repeat.SUBMIT))
    assert [] == service.requests


# -- who gets the key --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "has_key"),
    [
        ("/v2/x", True),
        ("https://api.segmind.com/v2/requests/1/status", True),
        ("https://workflows-api.segmind.com/upload-asset", True),
        ("https://status.elsewhere.example/1", False),
        ("https://api.segmind.com:444/1", False),
        ("https://api.segmind.com.elsewhere.example/1", False),
    ],
)
def test_the_key_goes_only_to_the_service_s_own_origins(url, has_key):
    service = Service(ok())
    run(service.http(origins=["https://workflows-api.segmind.com"]).call("GET", url, repeat=Repeat.READ))
    assert has_key == (KEY in str(service.requests[0].headers.raw))


def test_a_redirect_to_another_origin_loses_the_key_and_one_back_gets_it_again():
    def answer(request: httpx.Request) -> httpx.Response:
        following = {"/1": "https://cdn.example/2", "/2": "https://api.segmind.com/3"}
        onward = following.get(request.url.path)
        return httpx.Response(302, headers={"location": onward}) if onward else ok(done=True)

    service = Service(answer)
    assert run(service.http().call("GET", "/1", repeat=Repeat.READ)).json_object()["done"]
    assert [True, False, True] == ["x-api-key" in request.headers for request in service.requests]


def test_an_upload_carries_no_key_even_to_the_service_itself_and_the_length_and_type_that_were_signed():
    service = Service(httpx.Response(200))
    run(service.http().upload("https://api.segmind.com/put?sign=1", b"x" * 700_000, media_type="image/PNG"))
    sent = service.requests[0]
    assert "x-api-key" not in sent.headers
    assert "authorization" not in sent.headers
    assert "transfer-encoding" not in sent.headers
    assert ("700000", "image/PNG") == (sent.headers["content-length"], sent.headers["content-type"])
    assert 700_000 == len(sent.content)


def test_a_key_that_a_call_gave_itself_stays_at_home_too():
    service = Service(httpx.Response(302, headers={"location": "https://cdn.example/2"}), ok())
    headers = {"Authorization": f"Bearer {KEY}", "X-Api-Key": KEY, "Cookie": KEY, "X-Other": "1"}
    run(service.http(authorize=None).call("GET", "/1", headers=headers, repeat=Repeat.READ))
    assert [True, False] == [KEY in str(request.headers.raw) for request in service.requests]
    assert "1" == service.requests[1].headers["x-other"]


def test_cookies_are_neither_kept_nor_sent():
    service = Service(httpx.Response(200, headers={"set-cookie": "a=b; Path=/"}, json={}))

    async def work() -> None:
        http = service.http()
        for _ in range(2):
            await http.call("GET", "/x", repeat=Repeat.READ)

    run(work())
    assert "cookie" not in service.requests[1].headers


# -- redirects ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "location",
    [
        "http://api.segmind.com/2",
        "http://cdn.example/2",
        "https://127.0.0.1/2",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost:6006/",
        "https://[::ffff:10.0.0.1]/",
        "file:///etc/passwd",
        "ftp://cdn.example/2",
        "http://[bad",
    ],
)
def test_a_redirect_down_to_http_or_into_a_private_network_is_refused(location):
    service = Service(httpx.Response(302, headers={"location": location}))
    with pytest.raises(ProtocolError):
        run(service.http().call("GET", "/1", repeat=Repeat.READ))
    assert 1 == len(service.requests)


def test_redirects_have_an_end():
    service = Service(lambda request: httpx.Response(302, headers={"location": f"/{int(request.url.path[1:]) + 1}"}))
    with pytest.raises(ProtocolError, match="more than 5"):
        run(service.http().call("GET", "/1", repeat=Repeat.READ))
    assert 6 == len(service.requests)


def test_a_submit_is_sent_on_within_the_service_only_and_never_turned_into_a_get():
    service = Service(httpx.Response(308, headers={"location": "/v3/x"}), ok(id=1))
    assert run(service.http().call("POST", "/v2/x", json={"a": 1}, repeat=Repeat.SUBMIT)).ok
    assert [("POST", b'{"a":1}')] * 2 == [(request.method, request.content) for request in service.requests]
    for status, location in ((307, "https://elsewhere.example/x"), (301, "/v3/x")):
        service = Service(httpx.Response(status, headers={"location": location}))
        with pytest.raises(ProtocolError):
            run(service.http().call("POST", "/v2/x", json={}, repeat=Repeat.SUBMIT))
        assert 1 == len(service.requests)


# -- repeats -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lost",
    [
        httpx.ReadTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.WriteError("reset"),
        httpx.RemoteProtocolError("disconnected"),
        httpx.Response(500),
        httpx.Response(502, text="<html>bad gateway"),
        httpx.Response(503),
        httpx.Response(302, headers={"location": "/login"}),
        httpx.Response(303, headers={"location": "/elsewhere"}),
        httpx.Response(504, json={"message": "Endpoint request timed out"}),
        httpx.Response(503, text="upstream connect error or disconnect/reset", headers={"retry-after": "1"}),
        httpx.Response(503, text="<html>Backend fetch failed", headers={"retry-after": "5"}),
        httpx.Response(500, json={"message": "Internal server error"}),
    ],
)
def test_a_submit_whose_outcome_is_unknown_is_sent_once(lost):
    service = Service(lost)
    with pytest.raises(SubmitUnknown, match=r"may be billed.*Look at the console") as caught:
        run(
            service.http().call(
                "POST", "/v2/x", json={}, repeat=Repeat.SUBMIT_AFTER_5XX, model="flux", look="Look at the console."
            )
        )
    assert 1 == len(service.requests)
    assert ("segmind", "flux") == (caught.value.service, caught.value.model)


@pytest.mark.parametrize(
    "unaccepted",
    [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("slow"),
        httpx.Response(429),
        httpx.Response(503, headers={"retry-after": "2"}),
        httpx.Response(500, json={"error": "worker lost"}),
    ],
)
def test_a_submit_that_was_certainly_not_accepted_is_sent_again(unaccepted):
    service = Service(unaccepted, ok(id=1))

    def own(answer: Answer) -> bool:
        return "error" in answer.json_object()

    assert run(service.http().call("POST", "/v2/x", json={}, repeat=Repeat.SUBMIT_AFTER_5XX, own_error=own)).ok
    assert 2 == len(service.requests)


def test_an_answer_to_a_submit_that_cannot_be_read_leaves_it_unknown():
    service = Service(httpx.Response(200, headers={"content-encoding": "gzip"}, stream=Pieces(b"not gzip")))
    with pytest.raises(SubmitUnknown):
        run(service.http().call("POST", "/v2/x", json={}, repeat=Repeat.SUBMIT))


def test_a_refused_certificate_is_named_and_not_tried_again():
    refused = ssl.SSLCertVerificationError(1, "certificate verify failed")
    refused.verify_message = "self-signed certificate"
    error = httpx.ConnectError("tls")
    error.__cause__ = refused
    service = Service(error)
    with pytest.raises(ConnectionFailed, match="self-signed"):
        run(service.http().call("POST", "/x", repeat=Repeat.SUBMIT))
    assert 1 == len(service.requests)


def test_retry_after_is_waited_out():
    service, at = Service(httpx.Response(429, headers={"retry-after": "17"}), ok()), list[float]()

    async def work() -> None:
        http = service.http()
        await http.call("GET", "/x", repeat=Repeat.READ)
        at.append(http.clock.now())

    run(work())
    assert 17 <= at[0] <= 18.5


def test_reads_are_repeated_until_the_deadline_and_then_say_why():
    service = Service(httpx.ReadError("reset"))

    async def work() -> float:
        http = service.http()
        with pytest.raises(ConnectionFailed, match=r"lost \(api.segmind.com\)"):
            await http.call("GET", "/x", repeat=Repeat.READ, within_s=60.0)
        return http.clock.now()

    assert 30 <= run(work()) <= 60
    assert 6 <= len(service.requests) <= 20


def test_a_slow_answer_is_given_up_after_the_time_for_one_attempt():
    async def slow(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(1000)
        return ok()

    service = Service(slow, ok(done=True))

    async def work() -> float:
        http = service.http()
        await http.call("GET", "/x", repeat=Repeat.READ, timeout_s=5.0)
        return http.clock.now()

    assert 5 <= run(work()) <= 6


def test_a_body_that_drips_is_given_up_too():
    service = Service(
        httpx.Response(200, stream=Pieces(*[part for _ in range(100) for part in (b"x", 1.0)])), ok(done=True)
    )
    assert run(service.http().call("GET", "/x", repeat=Repeat.READ, timeout_s=5.0)).json_object()["done"]


def test_a_final_refusal_is_an_answer_and_its_error_has_the_class_of_its_status():
    service = Service(httpx.Response(404, json={"error": "no such model"}))
    http = service.http()
    answer = run(http.call("GET", "/x", repeat=Repeat.READ))
    error = http.error(answer, request_id="r1")
    assert isinstance(error, NotFound)
    assert ("no such model", "r1", 404) == (error.detail, error.request_id, error.status)


@pytest.mark.parametrize(
    ("expected", "status"),
    [
        (errors.BadRequest, 400),
        (errors.AuthenticationFailed, 401),
        (errors.InsufficientCredits, 402),
        (errors.NotPermitted, 403),
        (errors.NotFound, 410),
        (errors.BadRequest, 422),
        (RateLimited, 429),
        (ServiceUnavailable, 500),
        (ServiceUnavailable, 503),
        (ProtocolError, 304),
    ],
)
def test_every_status_has_its_error(expected, status):
    service = Service(httpx.Response(status))
    http = service.http()
    assert expected is type(http.error(run(http.call("GET", "/x", repeat=Repeat.NEVER))))


def test_forty_jobs_sixteen_at_a_time_all_finish_at_a_service_that_takes_eight():
    running, refused, total = set[str](), [0], [0]

    def answer(_: httpx.Request) -> httpx.Response:
        if len(running) >= 8:
            refused[0] += 1
            return httpx.Response(429, headers={"retry-after": "1"}, json={"error": "too many jobs"})
        total[0] += 1
        running.add(str(total[0]))
        return ok(id=str(total[0]))

    async def one(http: Http, slots: asyncio.Semaphore, *, hold: bool) -> None:
        async with slots:
            sent = await http.call("POST", "/v2/x", json={}, repeat=Repeat.SUBMIT)
            job = str(sent.json_object()["id"])
            if hold:
                http.gate.hold(job)
            await asyncio.sleep(5)
            running.discard(job)
            http.gate.release(job)

    async def work(*, hold: bool) -> float:
        http, slots = Service(answer).http(), asyncio.Semaphore(16)
        await asyncio.gather(*[one(http, slots, hold=hold) for _ in range(40)])
        return http.clock.now()

    assert run(work(hold=True)) < 40, "five rounds of five seconds, and little more"
    assert (40, True) == (total[0], refused[0] <= 16)
    assert run(work(hold=False)) < 120
    assert 80 == total[0]


def test_an_answer_that_means_full_in_a_service_s_own_way_waits_like_429():
    service = Service(httpx.Response(200, json={"errCode": "QueueFull"}), ok(id=1))
    answer = run(
        service.http().call(
            "POST",
            "/x",
            json={},
            repeat=Repeat.SUBMIT,
            full=lambda came: came.json_object().get("errCode") == "QueueFull",
        )
    )
    assert 1 == answer.json_object()["id"]


def test_a_place_that_does_not_come_in_time_is_an_error_and_nothing_was_sent():
    async def work() -> Service:
        service = Service(ok())
        http = service.http()
        http.gate.refused(100.0)
        with pytest.raises(RateLimited, match="no room in time"):
            await http.call("POST", "/x", repeat=Repeat.SUBMIT, within_s=10.0)
        return service

    assert [] == run(work()).requests


def test_a_cancelled_call_is_cancelled_and_gives_its_place_up():
    async def slow(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(1000)
        return ok()

    async def work() -> int:
        http = Service(slow).http()
        task = asyncio.ensure_future(http.call("POST", "/x", repeat=Repeat.SUBMIT))
        await asyncio.sleep(1)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, SubmitUnknown):
            await task
        return http.gate.busy

    assert 0 == run(work())


# -- sizes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_decompression_bomb_is_refused_at_the_cap(encoding):
    bomb = zlib.compress(bytes(200 * 2**20)) if encoding == "deflate" else gzip.compress(bytes(200 * 2**20), 9)
    service = Service(httpx.Response(200, headers={"content-encoding": encoding}, stream=Pieces(bomb)))
    with pytest.raises(ProtocolError, match="more than 1,048,576 bytes"):
        run(service.http().call("GET", "/x", repeat=Repeat.READ, max_bytes=2**20))
    assert 1 == len(service.requests)


def test_a_long_answer_is_refused_at_the_cap():
    service = Service(lambda _: httpx.Response(200, stream=Pieces(*[bytes(1000)] * 20)))
    with pytest.raises(ProtocolError, match="more than 10,000 bytes"):
        run(service.http().call("GET", "/x", repeat=Repeat.READ, max_bytes=10_000))


# -- streams -----------------------------------------------------------------------------------------------------------


def collected(service: Service, **options: Any) -> tuple[list[Any], float]:
    async def work() -> tuple[list[Any], float]:
        http = service.http()
        return [message.json() async for message in http.lines("GET", "/s", **options)], http.clock.now()

    return run(work())


def stream(*parts: bytes | float | Exception, kind: str = "application/x-ndjson") -> httpx.Response:
    return httpx.Response(200, headers={"content-type": kind}, stream=Pieces(*parts))


@pytest.mark.parametrize(
    ("expected", "response"),
    [
        ([1, 2], stream(b"1\n", b"2\n")),
        ([1, 2], stream(b"1\n2")),
        ([1], stream(b"1\n", httpx.ReadError("cut"))),
        ([1], stream(b"1\n", httpx.RemoteProtocolError("cut"))),
        ([{"a": 1}], stream(b'data: {"a"', b":1}\n\n", kind="text/event-stream; charset=utf-8")),
        ([{"a": 1}], stream(b'{\n"a"', b":1}\n", kind="application/json")),
    ],
)
def test_a_stream_ends_quietly_with_what_came(expected, response):
    assert expected == collected(Service(response))[0]


def test_a_stream_that_says_nothing_new_ends_after_the_idle_time():
    beats = [part for _ in range(50) for part in (b'"beat"\n', 10.0)]
    messages, ended_s = collected(
        Service(stream(b"1\n", *beats)), idle_s=30.0, heartbeat=lambda message: "beat" in message.data
    )
    assert 1 == messages[0]
    assert 30 <= ended_s <= 31


def test_the_time_that_a_message_takes_to_be_handled_is_not_idle_time():
    async def work() -> list[object]:
        made = list[object]()
        async for message in Service(stream(b"1\n", b"2\n", b"3\n")).http().lines("GET", "/s", idle_s=30.0):
            made.append(message.json())
            await asyncio.sleep(100)
        return made

    assert [1, 2, 3] == run(work())


def test_opening_a_stream_is_repeated_and_a_refusal_raised():
    assert [7] == collected(Service(httpx.ConnectError("no"), httpx.Response(503), stream(b"7\n")))[0]
    with pytest.raises(NotFound, match="gone"):
        collected(Service(httpx.Response(404, text="gone")))


def test_leaving_a_stream_early_closes_it():
    response = stream(b"1\n", 1000.0)

    async def work() -> None:
        async with aclosing(Service(response).http().lines("GET", "/s")) as messages:
            async for _ in messages:
                break

    run(work())
    assert isinstance(response.stream, Pieces | httpx.AsyncByteStream)
    assert response.is_closed


# -- downloads ---------------------------------------------------------------------------------------------------------


def test_a_small_download_stays_in_memory_with_its_type_and_name():
    service = Service(httpx.Response(200, headers={"content-type": "image/PNG; x=y"}, content=b"png"))
    got = run(service.http().download("https://cdn.example/a%20b/../c%2Fd.png?sign=1"))
    assert (b"png", None, "image/png", "d.png") == (got.data, got.path, got.media_type, got.filename)


@pytest.mark.parametrize(
    ("expected", "disposition"),
    [
        ("cat.png", 'attachment; filename="cat.png"'),
        ("passwd", 'attachment; filename="../../etc/passwd"'),
        ("x.png", 'attachment; filename="C:\\\\temp\\\\x.png"'),
        ("ü.png", "attachment; filename*=UTF-8''%C3%BC.png"),
        ("a_b.png", 'attachment; filename="a\x1b;b.png"'),
        ("bashrc", 'attachment; filename=".bashrc"'),
        ("last.png", "attachment"),
        ("last.png", "attachment; filename*=idna''0"),
        ("last.png", f"attachment; filename*{'9' * 5_000}*=b"),
    ],
)
def test_a_suggested_name_is_made_harmless(expected, disposition):
    headers = httpx.Headers([(b"content-disposition", disposition.encode("latin-1", "ignore"))])
    service = Service(httpx.Response(200, headers=headers, content=b""))
    assert expected == run(service.http().download("https://cdn.example/last.png")).filename


def test_a_download_that_was_cut_goes_on_where_it_stopped():
    whole = bytes(range(256)) * 40

    def answer(request: httpx.Request) -> httpx.Response:
        wanted = request.headers.get("range")
        tags = {"etag": '"v1"', "content-length": str(len(whole))}
        if wanted is None:
            return httpx.Response(200, headers=tags, stream=Pieces(whole[:3000], httpx.ReadError("cut")))
        assert ("bytes=3000-", '"v1"') == (wanted, request.headers["if-range"])
        rest = whole[3000:]
        about = {"content-range": f"bytes 3000-{len(whole) - 1}/{len(whole)}", "content-length": str(len(rest))}
        return httpx.Response(206, headers=tags | about, stream=Pieces(rest))

    service = Service(answer)
    assert whole == run(service.http().download("https://cdn.example/x")).data
    assert 2 == len(service.requests)


def test_a_download_whose_file_changed_begins_again():
    service = Service(
        httpx.Response(200, headers={"etag": '"v1"'}, stream=Pieces(b"old", httpx.ReadError("cut"))),
        httpx.Response(200, headers={"etag": '"v2"'}, stream=Pieces(b"new!")),
    )
    assert b"new!" == run(service.http().download("https://cdn.example/x")).data


def test_a_download_without_a_proof_of_sameness_begins_again():
    service = Service(
        httpx.Response(200, stream=Pieces(b"abc", httpx.ReadError("cut"))),
        httpx.Response(200, stream=Pieces(b"abcdef")),
    )
    assert b"abcdef" == run(service.http().download("https://cdn.example/x")).data
    assert "range" not in service.requests[1].headers


def test_a_download_that_is_shorter_than_it_said_is_fetched_again():
    service = Service(
        lambda _: httpx.Response(200, headers={"content-length": "6"}, stream=Pieces(b"abc")),
        httpx.Response(200, headers={"content-length": "6"}, stream=Pieces(b"abcdef")),
    )
    assert b"abcdef" == run(service.http().download("https://cdn.example/x")).data


def test_a_large_download_goes_to_a_temporary_file_and_leaves_none_behind_when_it_fails(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    parts = [bytes([number]) * 2**20 for number in range(6)]
    got = run(Service(httpx.Response(200, stream=Pieces(*parts))).http().download("https://cdn.example/x"))
    assert got.path is not None
    assert b"".join(parts) == got.path.read_bytes()
    got.path.unlink()
    with pytest.raises(ProtocolError, match="more than"):
        run(
            Service(httpx.Response(200, stream=Pieces(*parts)))
            .http()
            .download("https://cdn.example/x", max_bytes=5 * 2**20)
        )
    assert [] == list(tmp_path.glob("*/*"))


def test_a_download_ends_at_the_deadline_even_if_it_drips():
    service = Service(lambda _: httpx.Response(200, stream=Pieces(*[part for _ in range(99) for part in (b"x", 5.0)])))

    async def work() -> float:
        http = service.http()
        with pytest.raises(ConnectionFailed, match="not done within 40 seconds"):
            await http.download("https://cdn.example/x", within_s=40.0)
        return http.clock.now()

    assert run(work()) == pytest.approx(40.0)


def test_a_download_of_another_type_or_too_long_is_refused_before_it_is_read():
    page = httpx.Response(200, headers={"content-type": "text/html"}, content=b"<html>")
    with pytest.raises(MediaError, match="text/html came where image/ was expected"):
        run(Service(page).http().download("https://cdn.example/x", accept=("image/",)))
    huge = httpx.Response(200, headers={"content-length": "9000"}, stream=Pieces())
    with pytest.raises(MediaError, match="9,000 bytes"):
        run(Service(huge).http().download("https://cdn.example/x", max_bytes=5000))


@pytest.mark.parametrize(
    ("expected", "media_type", "uri"),
    [
        (b"hi", "image/png", "data:image/png;base64,aGk="),
        (b"hi", "image/png", "DATA:image/PNG;charset=x;BASE64, a G\nk"),
        (b"\xfb\xff", "", "data:;base64,-_8"),
        (b"a b", "text/plain", "data:text/plain,a%20b"),
        (b"", "", "data:,"),
    ],
)
def test_data_uris_are_outputs_too(expected, media_type, uri):
    got = run(Service(ok()).http().download(uri))
    assert (expected, media_type) == (got.data, got.media_type)


@pytest.mark.parametrize("uri", ["data:image/png;base64,!!!", "data:image/png;base64", "data:,0123456789"])
def test_a_data_uri_that_is_damaged_or_too_long_is_refused(uri):
    with pytest.raises(MediaError, match="data: URI"):
        run(Service(ok()).http().download(uri, max_bytes=9))


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/x", "https://10.0.0.8/x", "file:///etc/passwd", "ftp://a.example/x"]
)
def test_an_output_on_a_private_address_or_of_another_scheme_is_not_fetched(url):
    service = Service(ok())
    with pytest.raises(ProtocolError):
        run(service.http().download(url))
    assert [] == service.requests


def test_an_upload_of_a_file_streams_it_and_notices_a_change(tmp_path):
    path = tmp_path / "in.png"
    path.write_bytes(b"x" * 600_000)
    service = Service(httpx.Response(503), httpx.Response(200))
    run(service.http().upload("https://cdn.example/put", path, media_type="image/png"))
    assert [600_000, 600_000] == [len(request.content) for request in service.requests]
    for size in (599_999, 600_001):
        with pytest.raises(InvalidInput, match="changed"):
            run(service.http().upload("https://cdn.example/put", path, media_type="image/png", size=size))
    with pytest.raises(InvalidInput, match=r"gone\.png"):
        run(service.http().upload("https://cdn.example/put", tmp_path / "gone.png", media_type="image/png"))


# -- secrets -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401, json={"error": f"bad key {KEY}"}),
        httpx.Response(500, text=KEY),
        httpx.ReadError(f"{KEY}"),
        httpx.LocalProtocolError(f"Illegal header value b'{KEY}'"),
        httpx.InvalidURL(KEY),
    ],
)
def test_no_key_in_any_error_its_causes_or_the_variables_of_its_traceback(answer):
    service = Service(answer)
    http = service.http()

    async def work() -> None:
        came = await http.call("POST", "/x", json={}, repeat=Repeat.SUBMIT)
        raise http.error(came)

    with pytest.raises(errors.ImagegenError) as caught:
        run(work())
    error: BaseException | None = caught.value
    while error is not None:
        report = traceback.TracebackException.from_exception(error, capture_locals=True)
        lines = [f"{frame.name} {frame.locals}" for frame in report.stack if "/ipyimagegen/" in frame.filename]
        assert KEY not in "".join([str(error), repr(error), *lines, "".join(report.format_exception_only())])
        error = error.__cause__ or error.__context__


def test_nothing_is_logged_with_the_key_and_the_root_logger_is_left_alone(caplog):
    root = (list(logging.getLogger().handlers), logging.getLogger().level, list(logging.getLogger().filters))
    with caplog.at_level(logging.DEBUG):
        run(Service(ok()).http().call("GET", "/x", repeat=Repeat.READ))
        logging.getLogger("hpack.hpack").debug("Adding %s to the header table", (b"x-api-key", KEY.encode()))
        logging.getLogger("hpack.hpack").debug("Encoded header block to %s", b"\x01")
    assert KEY not in caplog.text
    assert "Adding" in caplog.text
    assert "Encoded header block" not in caplog.text
    caplog_free = [handler for handler in logging.getLogger().handlers if handler in root[0]]
    assert (root[1], root[2]) == (logging.getLogger().level, logging.getLogger().filters)
    assert caplog_free == root[0]


def test_a_missing_key_is_told_as_such_and_nothing_is_sent():
    def absent(_: Outgoing) -> dict[str, str | Secret]:
        raise errors.MissingKey("segmind", "no key")

    service = Service(ok())
    with pytest.raises(errors.MissingKey):
        run(service.http(authorize=absent).call("GET", "/x", repeat=Repeat.READ))
    assert [] == service.requests


def test_the_same_door_works_on_one_loop_after_another():
    service = Service(ok())
    http = service.http()
    for _ in range(2):
        assert run(http.call("GET", "/x", repeat=Repeat.READ)).ok


def test_a_closed_door_opens_again():
    async def work() -> bool:
        http = Service(ok()).http()
        await http.call("GET", "/x", repeat=Repeat.READ)
        await http.aclose()
        await http.aclose()
        return (await http.call("GET", "/x", repeat=Repeat.READ)).ok

    assert run(work())


def test_an_answer_reads_itself_as_text_and_json():
    answer = run(
        Service(httpx.Response(200, content=json.dumps({"a": 1}).encode())).http().call("GET", "/", repeat=Repeat.READ)
    )
    assert {"a": 1} == answer.json() == answer.json_object()
    page = run(Service(httpx.Response(405, html="<h1>no")).http().call("GET", "/", repeat=Repeat.READ))
    assert ({}, "") == (page.json_object(), page.said)
    with pytest.raises(ProtocolError, match="text/html where JSON was expected"):
        page.json()


@pytest.mark.parametrize(
    ("expected", "body"),
    [
        ("m", {"error": "m"}),
        ("m", {"error": {"message": "m", "code": 3}}),
        ("t: d", {"title": "t", "detail": "d"}),
        ("bad: why", {"error": "bad", "error_description": "why"}),
        ("m", {"errorMessage": "m"}),
        ("", {"code": 3}),
    ],
)
def test_what_a_refusal_says_is_found_in_the_usual_places(expected, body):
    answer = run(Service(httpx.Response(400, json=body)).http().call("GET", "/", repeat=Repeat.READ))
    assert expected == answer.said
