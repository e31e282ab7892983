from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest

from ipyimagegen.core.errors import InvalidInput
from ipyimagegen.core.requests import InputFile
from ipyimagegen.gateway.work import flat_png
from ipyimagegen.services.speedpix.files import File
from ipyimagegen.services.speedpix.inputs import prepared
from ipyimagegen.services.speedpix.orders import Strategy
from ipyimagegen.services.speedpix.outputs import FileOutput, wrapped

PICTURE = flat_png(8, 8)
ENDINGS = ("pdf", "json", "safetensors", "m4v", "tiff", "heic", "avif", "webm", "mp3", "wav", "mov", "xyz")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cat.png").write_bytes(PICTURE)
    (tmp_path / "notes.txt").write_text("private")
    (tmp_path / "fake.png").write_text("private")
    return tmp_path


def ready(inputs: dict[str, Any], strategy: Strategy = "url") -> tuple[dict[str, Any], list[str]]:
    """What is sent, and the names of the files that were uploaded."""
    uploaded: list[str] = []

    async def upload(file: InputFile) -> File:
        uploaded.append(file.filename)
        return File(access_url=f"https://files/{file.filename}")

    return asyncio.run(prepared(inputs, strategy, upload)), uploaded


@pytest.mark.parametrize("value", ["./cat.png", "cat.png", Path("cat.png")])
def test_a_path_is_uploaded(value: Any) -> None:
    assert ready({"image": value}) == ({"image": "https://files/cat.png"}, ["cat.png"])


def test_a_file_uri_is_the_file_that_it_names(here: Path) -> None:
    assert ready({"image": (here / "cat.png").as_uri()}) == ({"image": "https://files/cat.png"}, ["cat.png"])
    with pytest.raises(InvalidInput, match="no file"):
        ready({"image": (here / "no-such.png").as_uri()})


@pytest.mark.parametrize("value", [PICTURE, io.BytesIO(PICTURE)])
def test_bytes_and_file_objects_are_uploaded(value: Any) -> None:
    assert ready({"image": value})[0] == {"image": "https://files/file.png"}


def test_files_are_found_at_any_depth() -> None:
    sent, uploaded = ready({"refs": [{"image": "./cat.png", "weight": 0.5}, (Path("cat.png"),)]})
    assert sent == {"refs": [{"image": "https://files/cat.png", "weight": 0.5}, ["https://files/cat.png"]]}
    assert uploaded == ["cat.png", "cat.png"]


@pytest.mark.parametrize(
    "value", ["a cat", "https://host/cat.png", "s3://b/cat.png", "data:image/png;base64,AAAA", "/imagine", 7, None]
)
def test_everything_else_is_sent_as_it_is(value: Any) -> None:
    assert ready({"image": value}) == ({"image": value}, [])


@pytest.mark.parametrize("name", ["prompt", "negative_prompt", "text", "Positive_Prompt"])
@pytest.mark.parametrize("value", ["cat.png", "./cat.png", "./no-such.png"])
def test_words_are_never_looked_at_as_paths(name: str, value: str) -> None:
    assert ready({name: value}) == ({name: value}, [])


def test_a_path_without_a_file_is_refused() -> None:
    with pytest.raises(FileNotFoundError, match="no file"):
        ready({"image": "./no-such.png"})


@pytest.mark.parametrize(
    "name", ["a.pdf", "a.json", "a.safetensors", "a.m4v", "a.tiff", "a.heic", "a.avif", "a.webm", "a.mp3", "a.wav", "a"]
)
@pytest.mark.parametrize("form", ["./{}", "{}/{}", "../{}/{}"])
def test_a_path_is_that_file_whatever_its_type(here: Path, name: str, form: str) -> None:
    (here / name).write_bytes(b"any bytes")
    folder = here.name if form.startswith("..") else str(here)
    written = form.format(*([name] if form.count("{}") == 1 else [folder, name]))
    assert ready({"anything": written}) == ({"anything": f"https://files/{name}"}, [name])


@pytest.mark.parametrize("name", ["filename", "output_name", "save_as", "style", "instruction", "query"])
def test_a_text_that_only_ends_like_a_file_name_stays_text(name: str) -> None:
    assert ready({name: "cat.png"}) == ({name: "cat.png"}, [])
    assert ready({name: "no-such.png"}) == ({name: "no-such.png"}, [])


def test_all_problems_are_told_at_once_and_nothing_is_uploaded() -> None:
    with pytest.raises(InvalidInput) as caught:
        ready({"image": "./a.png", "refs": ["./b.png", "./cat.png"]})
    assert ["image", "refs[0]"] == [problem.name for problem in caught.value.problems]


def test_earlier_outputs_and_uploads_go_in_by_their_address() -> None:
    output = wrapped({"images": {"url": "https://h/a.png"}}, lambda url, claim: FileOutput(url, claim=claim))
    inputs = {"a": output["images"], "b": output["images"]["url"], "c": File(access_url="https://h/c.png")}
    assert ready(inputs)[0] == {"a": "https://h/a.png", "b": "https://h/a.png", "c": "https://h/c.png"}


def test_base64_puts_small_files_into_the_inputs(here: Path) -> None:
    sent, uploaded = ready({"image": "cat.png"}, "base64")
    assert (sent["image"][:22], uploaded) == ("data:image/png;base64,", [])
    (here / "large.png").write_bytes(PICTURE + bytes(1 << 20))
    with pytest.raises(InvalidInput, match=r"1,048,576 at most"):
        ready({"image": "large.png"}, "base64")


def test_a_structure_that_goes_too_deep_is_refused() -> None:
    nested: Any = "x"
    for _ in range(50):
        nested = [nested]
    with pytest.raises(InvalidInput, match="too deeply"):
        ready({"a": nested})
