from __future__ import annotations

import asyncio
import base64
import copy
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from ipyimagegen.core.errors import ImagegenError, InvalidInput, MediaError, StorageError
from ipyimagegen.gateway.work import flat_png
from ipyimagegen.media import display
from ipyimagegen.media.artifacts import Payload
from ipyimagegen.media.inputs import as_input
from ipyimagegen.net.http import Http
from ipyimagegen.net.secrets import Secret
from ipyimagegen.services.speedpix.api import Api
from ipyimagegen.services.speedpix.errors import SpeedPixException
from ipyimagegen.services.speedpix.outputs import Fetch, FileOutput, files_in, hold_all, outputs_of, wrapped
from tests.lateness import soon

PICTURE = flat_png(8, 8)
URL = "https://files.example/a.png"
ENTRY: Any = {"url": URL, "preview": f"{URL}?small", "format": "png", "width": "8", "height": 8, "filename": "a.png"}


def answering(data: bytes, media_type: str) -> Fetch:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=data, headers={"content-type": media_type}))
    return Http("speedpix", "https://files.example", transport=transport).download


def make(url: str, claim: str) -> FileOutput:
    return FileOutput(url, claim=claim, fetch=answering(PICTURE, "image/png"))


@pytest.mark.parametrize("value", [URL, ENTRY, [ENTRY], [URL], {"image": URL}, {"inner": {"url": URL}}])
def test_every_form_with_one_file_answers_for_it(value: Any) -> None:
    output = wrapped({"images": value}, make)["images"]
    if value == {"inner": {"url": URL}}:
        output = output["inner"]
    assert (URL, URL, PICTURE) == (str(output), output.url, output.read())


@pytest.mark.parametrize("value", [None, 7, "words", {"text": "words"}, [], [URL, URL]])
def test_what_is_not_one_file_cannot_be_saved(value: Any) -> None:
    assert not hasattr(wrapped({"images": value}, make)["images"], "save")


def test_a_preview_is_not_fetched_but_can_be() -> None:
    output = wrapped({"images": ENTRY}, make)
    assert [URL] == [file.url for file in files_in(output)]
    assert PICTURE == output["images"]["preview"].read()


def test_an_output_is_still_the_mapping_that_the_service_gave() -> None:
    output = wrapped({"images": ENTRY}, make)["images"]
    assert isinstance(output, dict)
    assert ("png", {*ENTRY}) == (output["format"], {*output})


def test_outputs_carry_what_the_service_says_of_them() -> None:
    (output,) = outputs_of({"images": ENTRY})
    assert ("images", "image/png", 8, 8) == (output.name, output.media_type, output.width, output.height)
    assert "a.png" == output.facts["filename"]


def test_intermediate_files_keep_their_names() -> None:
    assert ["images", "mask"] == [output.name for output in outputs_of({"images": ENTRY, "mask": [{"url": URL}]})]


def test_without_a_result_the_list_of_images_counts() -> None:
    assert [URL] == [output.url for output in outputs_of(None, (URL, "no address"))]


def test_a_page_in_a_pictures_place_is_refused_and_the_old_file_stays(tmp_path: Path) -> None:
    target = tmp_path / "a.png"
    target.write_bytes(b"old")
    file = FileOutput(URL, fetch=answering(b"<!doctype html><html></html>", "text/html"))
    with pytest.raises(MediaError, match="html"):
        file.save(target)
    assert ([target], b"old") == (list(tmp_path.iterdir()), target.read_bytes())


def test_half_a_picture_is_refused_and_fetched_again_when_it_is_asked_for(tmp_path: Path) -> None:
    came = [PICTURE[: len(PICTURE) // 2], PICTURE]

    async def fetch(_: str) -> Payload:
        return Payload(data=came.pop(0), media_type="image/png")

    output = wrapped({"images": URL}, lambda url, claim: FileOutput(url, claim=claim, fetch=fetch))
    asyncio.run(hold_all(output))
    assert PICTURE == output["images"].save(tmp_path / "a.png").read_bytes()
    assert came == []


def test_what_the_path_promises_is_checked_where_nothing_else_was_said(tmp_path: Path) -> None:
    file = FileOutput("https://files.example/output", fetch=answering(b'{"error": 1}', ""))
    with pytest.raises(MediaError):
        file.save(tmp_path / "a.png")
    assert b'{"error": 1}' == file.save(tmp_path / "a.json").read_bytes()


def test_a_file_that_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "a file").write_bytes(b"")
    with pytest.raises(StorageError):
        make(URL, "").save(tmp_path / "a file" / "a.png")


def test_into_a_folder_it_goes_under_its_own_name_and_replaces_no_other_file(tmp_path: Path) -> None:
    output = wrapped({"images": {**ENTRY, "filename": "../my cat.png"}}, make)["images"]
    assert tmp_path / "my cat.png" == output.save(tmp_path)
    assert tmp_path / "my cat.png" == output["url"].save(str(tmp_path))
    (tmp_path / "my cat.png").write_bytes(b"another")
    assert tmp_path / "my cat-2.png" == output.save(tmp_path)
    assert PICTURE == (tmp_path / "my cat-2.png").read_bytes()
    assert b"another" == (tmp_path / "my cat.png").read_bytes()


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (URL, "a.png"),
        ("https://files.example/a%20b.png?sign=x", "a b.png"),
        ("https://files.example/output", "output.png"),
        ("https://files.example/", "file.png"),
    ],
)
def test_a_folder_that_is_to_be_made_is_told_by_its_slash(tmp_path: Path, url: str, name: str) -> None:
    assert tmp_path / "new" / name == make(url, "").save(f"{tmp_path}/new/")


@pytest.mark.parametrize("target", ["", None, 3])
def test_what_is_no_path_is_told_before_anything_is_fetched(target: Any) -> None:
    file = FileOutput(URL, fetch=answering(b"<html>", "text/html"))
    with pytest.raises(InvalidInput, match="is not a path"):
        file.save(target)


COPIES: list[Callable[[Any], Any]] = [copy.copy, copy.deepcopy, lambda output: pickle.loads(pickle.dumps(output))]  # noqa: S301


def from_a_client(url: str, data: bytes, media_type: str) -> FileOutput:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=data, headers={"content-type": media_type}))
    http = Http("speedpix", "https://files.example", authorize=lambda _: {"x": Secret("the-key")}, transport=transport)
    return FileOutput(url, fetch=Api(http).download)


@pytest.mark.parametrize("copied", COPIES)
def test_a_copy_of_an_output_has_its_bytes_and_no_key(copied: Callable[[Any], Any]) -> None:
    output = {"images": wrapped([ENTRY], lambda url, _: from_a_client(url, PICTURE, "image/png"))}
    asyncio.run(hold_all(output))
    again = copied(output)
    assert str(output) == str(again)
    assert (PICTURE, PICTURE) == (again["images"].read(), again["images"][0]["url"].read())
    assert b"the-key" not in pickle.dumps(again)


@pytest.mark.parametrize("copied", COPIES)
def test_a_large_output_lives_on_in_its_copy(copied: Callable[[Any], Any]) -> None:
    video = b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(5_000_000)
    file = from_a_client("https://files.example/a.mp4", video, "video/mp4")
    asyncio.run(hold_all(file))
    again = copied(file)
    del file
    assert video == again.read()


@pytest.mark.parametrize("copied", COPIES)
def test_a_copy_of_what_was_not_fetched_yet_asks_as_carefully(copied: Callable[[Any], Any]) -> None:
    again = copied(from_a_client("http://10.0.0.1/a.png", PICTURE, "image/png"))
    with pytest.raises(ImagegenError, match="private"):
        again.read()


def test_a_large_file_is_kept_on_disk_and_deleted_with_its_output() -> None:
    video = b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(5_000_000)
    file = FileOutput("https://files.example/a.mp4", fetch=answering(video, "video/mp4"))
    assert len(video) == len(file.read())
    assert file._payload is not None
    path = file._payload.path
    assert path is not None
    assert path.exists()
    del file
    assert soon(lambda: not path.exists())  # once the background thread lets go of what it has just read


def test_a_file_whose_fetching_fails_raises_when_it_is_read() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(404))
    file = FileOutput(URL, fetch=Api(Http("speedpix", "https://files.example", transport=transport)).download)
    asyncio.run(hold_all({"images": file}))
    with pytest.raises(SpeedPixException, match="404"):
        file.read()


def test_reading_works_while_a_loop_runs_and_from_threads() -> None:
    file = make(URL, "")

    async def inside() -> bytes:
        return file.read()

    assert PICTURE == asyncio.run(inside())
    seen: list[bytes] = []
    thread = threading.Thread(target=lambda: seen.append(file.read()))
    thread.start()
    thread.join()
    assert [PICTURE] == seen


def test_an_output_is_an_input_for_any_other_model() -> None:
    output = wrapped({"images": ENTRY}, make)["images"]
    for given in (output, output["url"]):
        file = as_input(given, kind="image")
        assert (PICTURE, "image/png") == (file.read(), file.media_type)


@pytest.mark.parametrize("url", ["http://[bad", "https://", "http://files.example:port/a.png"])
def test_an_address_that_is_none_is_told_when_it_is_read(url: str) -> None:
    output = wrapped({"images": {"url": url}}, lambda url, _: FileOutput(url))["images"]
    with pytest.raises(ImagegenError):
        output.read()


def test_the_repr_is_short() -> None:
    assert len(repr(FileOutput("data:image/png;base64," + "A" * 10_000))) < 200


def shown(output: Any) -> dict[str, Any]:
    data: dict[str, Any] = output._repr_mimebundle_()[0]
    return data


@pytest.mark.parametrize("value", [URL, ENTRY, [ENTRY]])
def test_a_notebook_shows_the_picture_once_it_is_here_and_fetches_none(value: Any) -> None:
    asked: list[str] = []

    async def fetch(url: str) -> Payload:
        asked.append(url)
        return Payload(data=PICTURE)

    output = wrapped({"images": value}, lambda url, claim: FileOutput(url, claim=claim, fetch=fetch))["images"]
    assert {"text/plain": repr(output)} == shown(output)
    assert asked == []
    output.read()
    assert {"text/plain": repr(output), "image/png": base64.b64encode(PICTURE).decode()} == shown(output)
    assert {"text/plain"} == {*output._repr_mimebundle_(include=["text/plain"])[0]}
    assert [URL] == asked


@pytest.mark.parametrize("data", [b"\0\0\0\x18ftypisom\0\0\0\0isommp42", b"{}"])
def test_what_is_no_picture_is_shown_as_its_text(data: bytes) -> None:
    file = FileOutput("https://files.example/output", fetch=answering(data, ""))
    file.read()
    assert {"text/plain": repr(file)} == shown(file)


def test_a_picture_too_large_to_look_at_in_passing_is_shown_as_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "SHOWN_BYTES", len(PICTURE) - 1)
    file = make(URL, "")
    file.read()
    assert {"text/plain"} == {*shown(file)}


def test_who_asks_at_the_same_time_waits_for_the_same_bytes() -> None:
    asked: list[str] = []

    async def fetch(url: str) -> Payload:
        asked.append(url)
        await asyncio.sleep(0)
        return Payload(data=PICTURE)

    async def both() -> list[bytes]:
        file = FileOutput(URL, fetch=fetch)
        return [*await asyncio.gather(file.async_read(), file.async_read())]

    assert [PICTURE, PICTURE] == asyncio.run(both())
    assert [URL] == asked
