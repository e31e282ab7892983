"""The one rule for what in a call's inputs is a file: no prompt is one, and nothing that a service said is one."""

from __future__ import annotations

import base64
import copy
import json
import pickle
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ipyimagegen.core import said
from ipyimagegen.core.errors import InvalidInput
from ipyimagegen.core.paths import form_of, place_of
from ipyimagegen.core.said import SaidText, is_said, marked
from ipyimagegen.core.schema import read_params
from ipyimagegen.gateway.work import flat_png
from ipyimagegen.media.artifacts import Payload
from ipyimagegen.media.filetypes import media_type_of
from ipyimagegen.media.inputs import as_input
from ipyimagegen.services.inferencesh import File
from ipyimagegen.services.inferencesh.inputs import PROMISE as INFERENCESH
from ipyimagegen.services.kit.inputs import Promise, files_in, with_files
from ipyimagegen.services.segmind.api import PROMISE as SEGMIND
from ipyimagegen.services.speedpix.inputs import PROMISE as SPEEDPIX
from ipyimagegen.services.speedpix.outputs import FileOutput, wrapped

PICTURE = flat_png(8, 8)
PROMISES = (SPEEDPIX, SEGMIND, INFERENCESH)
FILES = ("castle", "castle.png", "photos/castle.png", "letter.txt", "query.jpg", "a cat.webp")
WORDS = ("prompt", "style_prompt", "negativePrompt", "instruction", "query", "text", "caption", "edit_instructions")
OTHERS = ("style", "topic", "subject", "theme", "foo", "output_name", "filename", "image_prompt", "")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("here")
    for name in FILES:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(PICTURE)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("HOME", str(folder))
        yield folder


def uploaded(values: dict[str, Any], promise: Promise, **known: Any) -> list[str]:
    """The names of the files that would be uploaded; a refusal uploads none."""
    try:
        return [file.filename for file in files_in(with_files(values, promise, **known))]
    except InvalidInput:
        return []


prompts = st.one_of(
    st.text(max_size=40),
    st.sampled_from(FILES),
    st.sampled_from(FILES).map("./{}".format),
    st.sampled_from(FILES).map("~/{}".format),
    st.tuples(st.text(max_size=10), st.sampled_from(FILES)).map(" ".join),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(prompt=prompts, name=st.sampled_from(WORDS), promise=st.sampled_from(PROMISES))
def test_a_prompt_never_uploads_a_file(here: Path, prompt: str, name: str, promise: Promise) -> None:
    described = read_params({"properties": {name: {"type": "string"}}})
    for params in (None, described):
        assert {name: prompt} == with_files({name: prompt}, promise, params=params)
        assert [] == uploaded({"parts": [{name: [prompt]}]}, promise)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(prompt="castle.png", name="foo", promise=SPEEDPIX)
@example(prompt="photos/castle.png", name="output_name", promise=SPEEDPIX)
@given(prompt=prompts, name=st.one_of(st.sampled_from(OTHERS), st.text(max_size=8)), promise=st.sampled_from(PROMISES))
def test_whatever_a_parameter_is_called_only_a_paths_form_makes_a_text_a_file(
    here: Path, prompt: str, name: str, promise: Promise
) -> None:
    if place_of(name) != "media" and form_of(prompt) in ("text", "name"):
        assert {name: prompt} == with_files({name: prompt}, promise)


@pytest.mark.parametrize("text", ["./castle.png", "~/castle.png", "photos/castle.png", "../here0/castle.png"])
@pytest.mark.parametrize("promise", [SPEEDPIX, INFERENCESH])
def test_a_paths_form_makes_a_file_where_the_documentation_promises_it(here: Path, text: str, promise: Promise) -> None:
    assert ["castle.png"] == uploaded({"topic": text}, promise)
    assert [] == uploaded({"topic": text}, SEGMIND)


@pytest.mark.parametrize("name", ["image", "init_image", "maskURL", "image_path", "reference_images", "video", "file"])
@pytest.mark.parametrize("promise", PROMISES)
def test_a_bare_name_is_a_file_where_the_parameter_is_for_files(here: Path, name: str, promise: Promise) -> None:
    assert ["castle.png"] == uploaded({name: "castle.png"}, promise)
    with pytest.raises(FileNotFoundError, match="no-such"):
        with_files({name: "no-such.png"}, promise)


@pytest.mark.parametrize("promise", PROMISES)
def test_a_bare_word_is_a_file_where_the_schema_says_so(here: Path, promise: Promise) -> None:
    params = read_params({"properties": {"subject": {"format": "image"}, "prompt": {"format": "file"}}})
    assert ["castle", "letter.txt"] == uploaded({"subject": "castle", "prompt": "letter.txt"}, promise, params=params)


@pytest.mark.parametrize(
    "text", ["/imagine", "/imagine a cat.png", "and/or", "stabilityai/sdxl", "~", "./", "C:", "~50/50", "\\\\frac"]
)
@pytest.mark.parametrize("promise", PROMISES)
def test_texts_that_only_resemble_paths_are_texts(here: Path, text: str, promise: Promise) -> None:
    assert {"topic": text} == with_files({"topic": text}, promise)


@pytest.mark.parametrize("text", ["./none", "../no/such", "~/none.png", "/no/such.png", "./my photo.png", "C:\\no.png"])
@pytest.mark.parametrize("promise", [SPEEDPIX, INFERENCESH])
def test_a_path_of_which_no_file_exists_is_refused(here: Path, text: str, promise: Promise) -> None:
    with pytest.raises(FileNotFoundError):
        with_files({"topic": text}, promise)


Again = Callable[[Any], Any]
ROUND_TRIPS: tuple[Again, ...] = (
    lambda value: value,
    copy.copy,
    copy.deepcopy,
    dict,
    lambda value: pickle.loads(pickle.dumps(value)),  # noqa: S301
    lambda value: json.loads(json.dumps(value)),
)


@pytest.mark.parametrize("again", ROUND_TRIPS)
@pytest.mark.parametrize("promise", PROMISES)
@pytest.mark.parametrize(
    "shape",
    [
        lambda path: {"uri": path},
        lambda path: {"url": path},
        lambda path: {"uri": None, "path": path},
        lambda path: {"image": path},
        lambda path: {"images": [path]},
        lambda path: {"any": {"thing": path}},
        lambda path: {"image": f"file://{path}"},
    ],
)
def test_a_path_that_a_service_named_is_no_file(here: Path, shape: Again, again: Again, promise: Promise) -> None:
    said = marked(json.loads(json.dumps(shape(str(here / "castle.png")))))
    for given_back in ({"image": again(said)}, {"refs": [again(said)]}, again(said)):
        assert [] == uploaded(given_back, promise)


NAMES = st.sampled_from(["uri", "url", "path", "image", "note", "output", "prompt", "file", "filename", "0"])
SPELLED = st.sampled_from(
    ["HERE/castle.png", "file://HERE/castle.png", "HERE/./castle.png ", "~/castle.png", "./castle.png"]
)


def answers(paths: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Answers of a service that name local files somewhere."""
    return st.recursive(
        paths | st.none() | st.just("https://h.example/a.png"),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
        max_leaves=6,
    )


def parts_of(value: Any) -> Iterator[Any]:
    yield value
    for entry in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts_of(entry)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answer=answers(SPELLED), again=st.sampled_from(ROUND_TRIPS[1:3] + ROUND_TRIPS[4:]), name=NAMES)
def test_no_part_of_any_answer_is_a_file(here: Path, answer: Any, again: Again, name: str) -> None:
    text = json.dumps(answer).replace("HERE", str(here))
    params = read_params({"properties": {name: {"format": "file"}}})
    with mock.patch.object(said, "_said", set()):
        for part in parts_of(again(marked(json.loads(text)))):
            for promise in PROMISES:
                assert [] == uploaded({name: part}, promise) + uploaded({name: part}, promise, params=params)
            with suppress(InvalidInput):
                assert not File(part).is_local
            with suppress(InvalidInput):
                assert as_input(part, kind="file").path is None


@pytest.mark.parametrize("key", ["uri", "url", "path"])
def test_a_record_from_another_process_holds_an_address_or_nothing(here: Path, key: str) -> None:
    never_said = {key: str(here / "photos" / "castle.png")}
    for promise in PROMISES:
        with pytest.raises(InvalidInput, match=r"is no address.*image=Path"):
            with_files({"image": never_said}, promise)
    with pytest.raises(InvalidInput, match="record"):
        File(never_said)


def test_a_record_goes_in_as_it_is_at_its_own_service_and_by_its_address_elsewhere(here: Path) -> None:
    record = {"uri": "inf://files/1", "path": "/app/out.png", "filename": "castle.png", "size": 98}
    assert {"image": record} == with_files({"image": record}, INFERENCESH)
    for promise in (SPEEDPIX, SEGMIND):
        assert {"image": "inf://files/1"} == with_files({"image": record}, promise)
        messages = {"messages": [{"image_url": {"url": "https://h.example/a.png"}}]}
        assert messages == with_files(messages, promise)


@pytest.mark.parametrize("promise", PROMISES)
def test_sets_generators_and_arrays_of_one_dimension_are_lists(here: Path, promise: Promise) -> None:
    values = {"a": {7}, "b": frozenset({7}), "c": (n for n in (1, 2)), "d": np.array([1, 2]), "e": np.int64(7)}
    expected = {"a": [7], "b": [7], "c": [1, 2], "d": [1, 2], "e": 7}
    assert expected == with_files(values, promise)
    assert ["castle.png"] == uploaded({"images": {Path("castle.png")}}, promise)


@pytest.mark.parametrize("data", [PICTURE, b"\xff\xd8\xff\xe0" + bytes(300)])
def test_base64_that_a_service_gave_is_data_and_no_path(here: Path, data: bytes) -> None:
    text = base64.b64encode(data).decode()  # of a JPEG it begins with a slash
    given = marked({"image": text})
    for again in (given, json.loads(json.dumps(given))):
        assert {"image": text} == with_files(again, SEGMIND) == with_files(again, SPEEDPIX)
        assert [data] == [file.data for file in files_in(with_files(again, INFERENCESH))]
        assert data == as_input(again["image"], kind="file").data


def test_an_output_of_another_service_is_the_file_that_it_is() -> None:
    async def fetch(_: str) -> Payload:
        return Payload(data=PICTURE, media_type="image/png")

    entry = {"url": "https://h.example/a.png", "filename": "a.png"}
    output = wrapped({"one": entry, "list": [entry]}, lambda url, claim: FileOutput(url, claim=claim, fetch=fetch))
    for name in ("one", "list"):
        for value in (output[name], copy.deepcopy(output[name])):
            assert [PICTURE] == [file.data for file in files_in(with_files({"image": value}, INFERENCESH))]


@pytest.mark.parametrize("again", ROUND_TRIPS)
def test_file_reads_no_path_of_a_service(here: Path, again: Again) -> None:
    secret = str(here / "query.jpg")
    said = again(marked({"uri": secret, "image": secret}))
    for source in (said, said["uri"], said["image"]):
        with pytest.raises(InvalidInput):
            File(source)
    with pytest.raises(InvalidInput):
        File(path=said["uri"])
    assert PICTURE == File(Path(secret)).read()


def test_a_text_of_a_service_is_a_text_in_everything_else() -> None:
    said = marked({"path": "/a/b.png"})["path"]
    assert ("/a/b.png", True, '"/a/b.png"') == (said, isinstance(said, SaidText), json.dumps(said))
    assert SaidText is type(pickle.loads(pickle.dumps(said)))  # noqa: S301
    assert not is_said("/a/c.png")


def test_json_inside_of_a_text_is_known_too() -> None:
    output = marked({"output": json.dumps({"image": "/hidden/in/json.png"})})["output"]
    assert is_said(json.loads(output)["image"])


@pytest.mark.parametrize(
    ("said", "key"),
    [
        (".env", "note"),
        ("photos/castle.png", "note"),
        ("castle.png", "note"),
        ("castle", "image"),
        ("castle", "url"),
        ("/" + "./" * 1_000 + "etc/passwd", "note"),
        ("\n/etc/passwd", "note"),
    ],
)
def test_whatever_could_be_read_as_a_path_is_told_apart(said: str, key: str) -> None:
    assert isinstance(marked({key: said})[key], SaidText)


@pytest.mark.parametrize(
    "said", ["COMPLETED", "flux.1-dev", "2026-11-20T10:00:00.123Z", "It is and/or was.", "https://h.example/a.png"]
)
def test_most_texts_stay_plain(said: str) -> None:
    assert str is type(marked({"note": said})["note"])


def test_who_names_too_many_paths_hides_none_among_them(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(said, "MAX_REMEMBERED", len(said._said) + 10)
    hidden = str(here / "a cat.webp")
    marked([*(f"/{i}" for i in range(20)), hidden])
    assert [] == uploaded({"image": json.loads(json.dumps(hidden))}, SPEEDPIX)


def test_what_a_picture_is_called_there_may_be_the_name_of_ones_own_file(here: Path) -> None:
    marked({"images": {"url": "https://h/x", "filename": "castle.png"}})
    assert ["castle.png"] == uploaded({"image": "castle.png"}, SPEEDPIX)


@given(
    st.recursive(
        st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_marking_changes_nothing_that_can_be_seen(value: Any) -> None:
    assert json.dumps(value) == json.dumps(marked(copy.deepcopy(value)))


@pytest.mark.parametrize(
    ("found", "filename", "expected"),
    [
        ("image/png", "a.jpg", "image/png"),
        ("text/plain", "a.mov", "video/quicktime"),
        ("", "a.wmv", "video/x-ms-wmv"),
        ("", "a.mpg", "video/mpeg"),
        ("", "a.flv", "video/x-flv"),
        ("", "a.AIFF", "audio/aiff"),
        ("", "a.au", "audio/basic"),
        ("", "a.ico", "image/x-icon"),
        ("application/gzip", "a.svgz", "image/svg+xml"),
        ("text/plain", "a.csv", "text/csv"),
        ("text/plain", "a.md", "text/markdown"),
        ("application/zip", "a.zip", "application/zip"),
        ("application/octet-stream", "a.unknown", "application/octet-stream"),
        ("", "a", "application/octet-stream"),
        ("", "a.safetensors", "application/octet-stream"),
    ],
)
def test_content_counts_before_the_name_and_the_name_where_content_does_not_tell(
    found: str, filename: str, expected: str
) -> None:
    assert expected == media_type_of(found, filename)
