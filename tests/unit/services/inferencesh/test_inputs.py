"""What in an input is a file: decided by the schema and by content, never by looks alone."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.core.errors import ImagegenError, InvalidInput
from ipyimagegen.core.requests import InputFile
from ipyimagegen.core.schema import read_params
from ipyimagegen.gateway.work import flat_png
from ipyimagegen.services.inferencesh import File
from ipyimagegen.services.inferencesh.inputs import needs_schema, with_files

PICTURE = flat_png(8, 8)
SCHEMA = read_params(
    {
        "properties": {
            "prompt": {"type": "string"},
            "image": {"type": "string", "format": "uri", "contentMediaType": "image/*"},
            "document": {"type": "string", "format": "file"},
            "model": {"type": "string"},
            "scheduler": {"type": "string", "enum": ["a.png", "b"]},
            "images": {"type": "array", "items": {"type": "string", "format": "file"}},
        }
    }
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.png").write_bytes(PICTURE)
    (tmp_path / "notes.png").write_text("no picture")
    (tmp_path / "castle").mkdir()
    return tmp_path


def is_file(value: Any) -> bool:
    return isinstance(value, InputFile)


@pytest.mark.parametrize("text", ["./a.png", "a.png", "castle", "/no/such.png", "data:x,y", "photorealistic12"])
def test_a_prompt_is_never_a_file(here: Path, text: str) -> None:
    for params in (SCHEMA, None):
        values = {"prompt": text, "negative_prompt": text}
        assert values == with_files(values, params)


@pytest.mark.parametrize("params", [SCHEMA, None])
def test_a_path_to_a_picture_is_a_file_where_nothing_speaks_against_it(here: Path, params: Any) -> None:
    for name in ("image", "anything", "model"):
        assert is_file(with_files({name: "./a.png"}, params)[name])


def test_a_path_whose_file_holds_something_else_stays_a_text(here: Path) -> None:
    assert {"anything": "notes.png"} == with_files({"anything": "notes.png"}, None)
    with pytest.raises(InvalidInput, match="not a picture"):
        with_files({"image": "notes.png"}, SCHEMA)


def test_a_choice_is_never_a_file(here: Path) -> None:
    assert {"scheduler": "a.png"} == with_files({"scheduler": "a.png"}, SCHEMA)


def test_texts_that_look_like_base64_or_paths_stay(here: Path) -> None:
    values = {"model": "stabilityai/sdxl", "style": "photorealistic12", "name": "castle", "hash": "a" * 64}
    assert values == with_files(values, None)
    assert {"model": "./weights/none.safetensors"} == with_files({"model": "./weights/none.safetensors"}, SCHEMA)


def test_pictures_in_texts(here: Path) -> None:
    encoded = base64.b64encode(PICTURE).decode()
    found = with_files({"a": encoded, "b": f"data:image/png;base64,{encoded}"}, None)
    assert [PICTURE, PICTURE] == [found[name].read() for name in "ab"]


def test_nested_values(here: Path) -> None:
    values = {"images": ["a.png", "https://example.com/b.png"], "deep": {"list": [{"picture": Path("a.png")}]}}
    found = with_files(values, SCHEMA)
    assert is_file(found["images"][0])
    assert found["images"][1] == "https://example.com/b.png"
    assert is_file(found["deep"]["list"][0]["picture"])


@pytest.mark.parametrize("name", ["image", "reference", "file"])
def test_the_file_of_an_earlier_task_goes_in_as_it_is(here: Path, name: str) -> None:
    record = {"uri": "https://example.com/a.png", "filename": "a.png", "path": None, "size": 98}
    assert {name: record, "more": [record]} == with_files({name: record, "more": [record]}, None)
    with pytest.raises(InvalidInput, match="mask"):
        with_files({name: {"uri": "https://example.com/a.png", "mask": "./no-such.png"}}, None)


def test_objects_that_are_files(here: Path) -> None:
    image = pytest.importorskip("PIL.Image").new("RGB", (8, 8))
    with (here / "a.png").open("rb") as opened:
        found = with_files(
            {"a": PICTURE, "b": opened, "c": image, "d": File(path="a.png"), "e": File("https://x.org/y")}, None
        )
    assert [True] * 4 == [is_file(found[name]) for name in "abcd"]
    assert found["e"] == "https://x.org/y"


def test_numbers_pass_also_those_of_numpy() -> None:
    numpy = pytest.importorskip("numpy")
    assert {"a": 1, "b": 0.5, "c": None, "d": True} == with_files(
        {"a": numpy.int64(1), "b": numpy.float64(0.5), "c": None, "d": True}, None
    )


@pytest.mark.parametrize("filename", ["a.heic", "a.svg", "a.ico", "a.pdf", "a.mp4"])
def test_what_nobody_here_can_decode_is_uploaded_under_a_pictures_name(here: Path, filename: str) -> None:
    (here / filename).write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>" if "svg" in filename else b"\0\1\2\3")
    for params in (SCHEMA, None):
        assert is_file(with_files({"image": filename}, params)["image"])


@pytest.mark.parametrize("address", ["inf://files/1", "s3://bucket/a.png", "gs://bucket/a.png", "https://h/a.png"])
def test_an_address_passes_through_everywhere(address: str) -> None:
    for params in (SCHEMA, None):
        values = {"image": address, "images": [address], "other": address, "record": {"uri": address}}
        assert values == with_files(values, params)


def test_every_problem_is_named(here: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        with_files({"image": "./b.png", "document": "/no/such.pdf", "other": "/no/such.png"}, SCHEMA)
    assert ["image", "document", "other"] == [problem.name for problem in caught.value.problems]
    assert "a.png" in str(caught.value)


def test_plain_inputs_need_no_schema(here: Path) -> None:
    assert not needs_schema({"prompt": "a lighthouse", "seed": 7, "model": "sdxl", "url": "https://example.com/a.png"})
    assert needs_schema({"image": "a.png"})
    assert needs_schema({"image": {"nested": [b"x"]}})


@given(st.dictionaries(st.text(max_size=6), st.text(max_size=60) | st.integers() | st.none(), max_size=4))
def test_any_texts_pass_or_are_refused_in_our_words(values: dict[str, Any]) -> None:
    try:
        found = with_files(values, None)
    except ImagegenError:
        return
    assert values.keys() == found.keys()
