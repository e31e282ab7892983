"""An input arrives at the place that was signed for it, or the job is not begun."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from ipyimagegen.core.errors import ProtocolError
from ipyimagegen.core.requests import InputFile
from ipyimagegen.net.http import Http
from ipyimagegen.services.kit.uploads import put
from tests.unit.net.virtual import EvenClock, run

PLACE = "https://store.example/a.png?signature=1"
DATA = b"\x89PNG\r\n\x1a\n" + bytes(200_000)


def sent_to(answer: httpx.Response, file: InputFile) -> httpx.Request:
    asked: list[httpx.Request] = []

    async def respond(request: httpx.Request) -> httpx.Response:
        await request.aread()
        asked.append(request)
        return answer

    transport = httpx.MockTransport(respond)
    http = Http("speedpix", "https://speedpix.example", transport=transport, clock=EvenClock())
    run(put(http, PLACE, file, media_type="image/png"))
    return asked[-1]


def test_the_bytes_and_their_length_arrive(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(DATA)
    for file in (
        InputFile(filename="a.png", media_type="image/png", data=DATA),
        InputFile(filename="a.png", media_type="image/png", path=path, size=len(DATA)),
    ):
        request = sent_to(httpx.Response(200), file)
        assert (DATA, str(len(DATA))) == (request.content, request.headers["content-length"])
        assert request.headers["content-type"] == "image/png"


def test_what_object_stores_answer_is_taken() -> None:
    file = InputFile(filename="a.png", media_type="image/png", data=DATA)
    sent_to(httpx.Response(201, text='<?xml version="1.0"?><PostResponse/>'), file)


def test_a_page_with_status_200_stored_nothing() -> None:
    file = InputFile(filename="a.png", media_type="image/png", data=DATA)
    page = httpx.Response(200, html="<!doctype html><title>Please sign in</title>")
    with pytest.raises(ProtocolError, match=r"a web page came in answer to the upload of a\.png"):
        sent_to(page, file)
