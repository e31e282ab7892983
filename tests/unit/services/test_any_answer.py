"""Whatever a service answers, at any step of a job: only errors of our tree are raised, and the job comes to an end."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.core.errors import ImagegenError
from ipyimagegen.core.events import Failed, Output, Succeeded
from ipyimagegen.core.requests import InputFile
from ipyimagegen.gateway.work import flat_png
from ipyimagegen.net.http import Http
from ipyimagegen.services.inferencesh import apps
from ipyimagegen.services.inferencesh.api import Api as InferenceApi
from ipyimagegen.services.inferencesh.messages import View
from ipyimagegen.services.inferencesh.outcomes import final, news
from ipyimagegen.services.inferencesh.outcomes import ticket_of as task_ticket
from ipyimagegen.services.inferencesh.streams import outcome
from ipyimagegen.services.openpixels.api import Api as PixelsApi
from ipyimagegen.services.openpixels.api import Refused, refusal_value
from ipyimagegen.services.openpixels.messages import event_of as pixels_event
from ipyimagegen.services.openpixels.messages import result_of
from ipyimagegen.services.segmind import account, calls, catalogue
from ipyimagegen.services.segmind.api import Api as SegmindApi
from ipyimagegen.services.segmind.outputs import event_of as segmind_event
from ipyimagegen.services.segmind.replies import read_reply
from ipyimagegen.services.speedpix.api import Api as SpeedPixApi
from ipyimagegen.services.speedpix.events import event_of as speedpix_event
from ipyimagegen.services.speedpix.orders import read_call
from ipyimagegen.services.speedpix.predictions import Prediction
from tests.examples import times_as_many
from tests.unit.net.virtual import EvenClock, run

BASE = "https://service.example"
PICTURE = InputFile(filename="a.png", media_type="image/png", data=flat_png(4, 4), size=len(flat_png(4, 4)))
STEPS = 10
"""Answers that are made up; after them the service knows nothing any more, so that every job ends."""

MANY, DIGITS = "<many>", "9" * 5_000
"""Stands for more digits than Python reads as a number."""
DEEP, BRACKETS = b"<deep>", b"[" * 100_000

NAMES = (
    "id status data error type request_id requestId taskId task_id result metrics logs progress output images url uri "
    "message code params status_url response_url poll_url uploadUrl accessUrl upload_url expireTime errCode subErrCode "
    "subErrMessage apiInvokeId etaRelative estimatedDurationInSeconds info seed cost inference_time queue_time "
    "created_at updated_at run_at session_id version input_schema properties errors action scopes choices content "
    "candidates parts text usage file_urls models slug price fields event delta success filename format width height "
    "queue_position eta meta tool_calls index function title description required default minimum maximum enum items"
)
WORDS = (
    "waiting running succeeded failed cancelled complete completed COMPLETED QUEUED PROCESSING FAILED result update "
    "heartbeat TASK_FAILED NOT_FOUND https://h.example/a.png http://[bad http://10.0.0.1/x data:image/png;base64,AAAA "
    "data:, 1e999 -1 nan 9 10 12 2026-11-20T17:52:24Z 9999-99-99 image string object array"
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(WORDS.split())
    | st.integers(0, 13)
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES.split()), inner, max_size=5),
    max_leaves=14,
)
PATCHES = st.dictionaries(st.sampled_from(NAMES.split()), VALUES, max_size=5)
BODIES = st.builds(
    lambda known, more: {**known, **more}, st.sampled_from([{}, {"id": "t", "request_id": "t"}]), PATCHES
)
TEXTS = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "content-type": st.sampled_from(["application/json", "text/html", "image/png", "application/x-ndjson", "a;b=;"])
        | TEXTS,
        "content-disposition": st.sampled_from(
            ["a; filename*0*=x''%zz", "a; filename*=\xe4''b", "a; filename*=idna''0", f"a; filename*{MANY}*=b"]
        )
        | TEXTS,
        "content-range": st.sampled_from(["bytes 0-1/2", "bytes 5-9/*", "items 0-1", f"bytes {MANY}-1/2"]) | TEXTS,
        "content-encoding": st.sampled_from(["gzip", "deflate", "br", "x"]),
        "content-length": st.sampled_from(["0", "5", "-1", "x", MANY, "²"]),
        "retry-after": st.sampled_from(["1", "-1", "1e9", "Wed, 99 Foo 2026 00:00:00 GMT", MANY]) | TEXTS,
        "x-rate-limit-reset-at-utc": st.sampled_from(["2026-11-20T17:52:24Z", "0", MANY]) | TEXTS,
        "x-seed-value": st.sampled_from(["11", "-1", MANY, "²"]),
        "x-cost": st.sampled_from(["0.04", "-1", "inf", "1e400"]) | TEXTS,
        "x-ca-error-message": TEXTS,
        "location": st.sampled_from(["/x", "//h.example/y", "ftp://h/x", "http://10.0.0.1/", "http://[bad"]) | TEXTS,
        "etag": TEXTS,
    },
)
STATUSES = st.just(200) | st.sampled_from(
    [200, 201, 204, 206, 301, 303, 307, 400, 401, 402, 403, 404, 406, 410, 412, 416, 422, 429, 500, 502, 503]
)


def stream_of(lines: list[Any]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


CONTENTS = (
    st.builds(lambda body: json.dumps(body).encode(), BODIES)
    | st.builds(lambda body: json.dumps({"status": 10, "data": body}).encode(), BODIES)
    | st.builds(lambda value: json.dumps(value).encode(), VALUES)
    | st.builds(stream_of, st.lists(BODIES, max_size=4))
    | st.binary(max_size=40)
    | st.sampled_from([DEEP, b'{"id": <many>, "status": "succeeded"}', PICTURE.data])
)
Noise = tuple[int, dict[str, str], bytes]
NO_PATCH: dict[str, Any] = {}
ANSWERS = st.lists(st.just(NO_PATCH) | PATCHES | st.tuples(STATUSES, HEADERS, CONTENTS), min_size=3, max_size=STEPS)
"""Each is anything at all, or what the service would say with some of it replaced."""

MADE = "https://files.example/a.png"
GOOD: dict[str, dict[str, Any]] = {
    "speedpix": {
        "prompt": {"taskId": "t", "status": "waiting"},
        "progress": {"taskId": "t", "status": "succeeded", "progress": 1, "message": "m"},
        "result": {"taskId": "t", "status": "succeeded", "result": {"images": {"url": MADE, "format": "png"}}},
        "sign": {"uploadUrl": f"{BASE}/put", "accessUrl": f"{BASE}/a.png", "expireTime": "1"},
    },
    "openpixels": {
        "submit": {"type": "update", "id": "t", "status": "queued"},
        "t": {"type": "result", "id": "t", "status": "complete", "data": {"url": MADE}},
    },
    "segmind": {
        "upload-asset": {"file_urls": [f"{BASE}/a.png"]},
        "flux-dev": {"request_id": "t", "status": "QUEUED"},
        "status": {"status": "COMPLETED", "output": MADE, "metrics": {"cost": 0.1, "inference_time": 1}},
        "t": {"status": "COMPLETED", "output": MADE, "metrics": {"cost": 0.1}},
        "models": {"models": [{"slug": "flux-dev", "price": 0.1}]},
        "w": {"request_id": "t", "poll_url": f"{BASE}/workflows/request/t"},
    },
    "inferencesh": {
        "files": [{"id": "f", "uri": f"{BASE}/a.png", "upload_url": f"{BASE}/put"}],
        "run": {"id": "t", "status": 7, "input": {}},
        "stream": {"id": "t", "status": 10, "output": {"image": {"uri": MADE}}, "logs": ["a"], "progress": 100},
        "t": {"id": "t", "status": 10, "output": {"image": {"uri": MADE}}},
        "sdxl": {
            "title": "SDXL",
            "version": {"input_schema": {"type": "object", "properties": {"n": {"type": "integer"}}}},
        },
        "other": {"version": {"input_schema": {"properties": {"image": {"type": "string", "format": "image"}}}}},
    },
}


def patched(value: Any, patch: dict[str, Any]) -> Any:
    """What the service would say, with some of it replaced: outside, and one floor further in."""
    if isinstance(value, list):
        return [patched(entry, patch) for entry in value]
    inner = {key: {**entry, **patch} for key, entry in value.items() if isinstance(entry, dict) and len(patch) % 2}
    return {**value, **inner, **patch}


def said(name: str, request: httpx.Request, patch: dict[str, Any]) -> Noise:
    if request.method == "PUT" or request.url == MADE:
        return 200, {"content-type": "image/png"}, PICTURE.data
    route = request.url.path.rpartition("/")[2]
    body = patched(GOOD[name].get(route.rpartition("_")[2], {}), patch)
    return (
        200,
        {"content-type": "application/json"},
        json.dumps({"status": 10, "data": body} if name == "speedpix" else body).encode(),
    )


class Body(httpx.AsyncByteStream):
    """A body as the wire has it: what its headers say of it need not be so."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.data


def http_with(name: str, answers: list[Noise | dict[str, Any]]) -> Http:
    left = iter(answers)

    def handle(request: httpx.Request) -> httpx.Response:
        answer = next(left, (404, {}, b"{}"))
        status, headers, content = said(name, request, answer) if isinstance(answer, dict) else answer
        told = [(key.encode(), value.replace(MANY, DIGITS).encode()) for key, value in headers.items()]
        body = BRACKETS if content == DEEP else content.replace(MANY.encode(), DIGITS.encode())
        return httpx.Response(status, headers=told, stream=Body(body))

    return Http(name, BASE, transport=httpx.MockTransport(handle), clock=EvenClock())


async def speedpix(http: Http) -> None:
    api = SpeedPixApi(http)
    task = await api.submit(read_call("w", {"image": PICTURE}, {}).order)
    looks = [look async for look in api.follow(task, model="w@main")]
    events = [speedpix_event(look) for look in looks]
    prediction = Prediction(looks[-1], api)
    assert repr(prediction) + str(prediction.output)
    await downloads(api.download, events[-1])


async def openpixels(http: Http) -> None:
    api = PixelsApi(http)
    try:
        message = await api.submit({"model": "flux-dev", "prompt": "x"})
    except Refused as refused:
        refusal_value(refused)
        raise refused.error from None
    messages = [message async for message in api.follow(message.id)]
    events = [pixels_event(message) for message in messages]
    assert result_of(messages[-1])["type"] == "result"
    await downloads(http.download, events[-1])


async def segmind(http: Http) -> None:
    api = SegmindApi("SG_made_up", BASE)
    api.http = http
    handle = await api.submit("flux-dev", {"image": PICTURE})
    told = await api.finished(handle)
    account.read_output(told.body)
    assert repr(read_reply(told.body))
    await downloads(http.download, segmind_event(told.body, told.seed))


async def segmind_blocking(http: Http) -> None:
    api = SegmindApi("SG_made_up", BASE)
    api.http = http
    answer, _ = await api.blocking("flux-dev", {})
    assert isinstance(calls.end_of(answer), Succeeded | Failed)
    rows = catalogue.rows_of(await api.get(f"{BASE}/models"))
    for spec in catalogue.specs(rows):
        assert spec.params is not None
    await api.start_workflow(f"{BASE}/workflows/w", {}, "w")


async def inferencesh(http: Http) -> None:
    api = InferenceApi("inf_made_up", BASE)
    api.http = http
    task = await api.run({"app": "infsh/sdxl", "input": await api.uploaded({"image": PICTURE})})
    task_ticket(task, "infsh/sdxl")
    before = View()
    async for view in api.follow(str(task["id"]), task):
        news(before, view)
        before = view
    event = final(before)
    with suppress(ImagegenError):
        outcome(before)
    await downloads(api.download, event)


async def inferencesh_app(http: Http) -> None:
    api = InferenceApi("inf_made_up", BASE)
    api.http = http
    assert apps.spec_of("infsh/sdxl", await api.app("infsh/sdxl")).params is not None
    assert apps.spec_of("infsh/sdxl:other", await api.app("infsh/other")).params is not None


async def downloads(fetch: Callable[[str], Coroutine[Any, Any, Any]], event: object) -> None:
    outputs: tuple[Output, ...] = event.outputs if isinstance(event, Succeeded) else ()
    for output in outputs[:3]:
        if output.url:
            await fetch(output.url)


WAYS = (speedpix, openpixels, segmind, segmind_blocking, inferencesh, inferencesh_app)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_nothing_but_errors_of_ours(way: Callable[[Http], Coroutine[Any, Any, None]]) -> None:
    name = way.__name__.partition("_")[0]

    @times_as_many(2)
    @given(ANSWERS)
    def tried(answers: list[Noise | dict[str, Any]]) -> None:
        with suppress(ImagegenError):
            run(partial(way, http_with(name, answers))())

    tried()
