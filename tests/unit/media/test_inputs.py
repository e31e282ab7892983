from __future__ import annotations

import base64
import contextlib
import copy
import errno
import io
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from ipyimagegen.core.errors import InvalidInput, MissingFile
from ipyimagegen.core.events import Output
from ipyimagegen.core.said import marked
from ipyimagegen.media import inputs
from ipyimagegen.media.artifacts import missing_artifact
from ipyimagegen.media.inputs import as_input
from ipyimagegen.media.pixels import decode
from ipyimagegen.media.results import Result

from .samples import artifact, noise, picture


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "input.jpg").write_bytes(picture("image/jpeg"))
    (tmp_path / "wrong.jpg").write_bytes(picture("image/png"))
    (tmp_path / "notes.png").write_text("not a picture")
    (tmp_path / "empty.png").touch()
    (tmp_path / "sub").mkdir()
    return tmp_path


@pytest.mark.parametrize("written", ["input.jpg", "./input.jpg", "~/input.jpg", Path("input.jpg")])
def test_a_path_stays_a_path_with_its_content_looked_at(folder, written):
    made = as_input(written)
    assert (made.filename, made.media_type, made.data) == ("input.jpg", "image/jpeg", b"")
    assert made.read() == (folder / "input.jpg").read_bytes()
    assert made.size == len(made.read())


def test_a_file_uri_is_a_path(folder):
    assert as_input((folder / "input.jpg").as_uri()).path == folder / "input.jpg"


def test_the_content_counts_and_not_the_suffix(folder):
    assert as_input("wrong.jpg").media_type == "image/png"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("./imput.jpg", r"no file './imput\.jpg'; did you mean '\./input\.jpg'\?"),
        ("input.png", r"no file 'input\.png'; did you mean '\./input\.jpg'\?"),
        ("./zzzzzz.webp", r"no file './zzzzzz\.webp'$"),
        ("nowhere/input.jpg", r"no file 'nowhere/input\.jpg'$"),
        ("~nobody-of-that-name/x.jpg", "no file"),
        ("sub", "is a folder"),
        ("empty.png", "'empty.png' is empty"),
        ("notes.png", "is not a picture that can be used: text/plain"),
        ("", "an empty string"),
        ("x" * 5_000, "neither a path, a URL nor base64"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(folder, written, said):
    with pytest.raises(InvalidInput, match=said) as caught:
        as_input(written, name="image")
    assert caught.value.problems[0].name == "image"


def test_a_file_that_is_too_large_is_refused_before_it_is_read(folder):
    with pytest.raises(InvalidInput, match="larger than"):
        as_input("input.jpg", max_bytes=100)


def test_files_of_other_kinds_go_where_files_are_asked_for(folder):
    assert as_input("notes.png", kind="file").media_type == "text/plain"


@pytest.mark.parametrize("wrapped", [bytes, bytearray, memoryview, io.BytesIO])
def test_bytes_and_streams_are_read(wrapped):
    made = as_input(wrapped(picture()))
    assert (made.data, made.media_type, made.filename) == (picture(), "image/png", "image.png")


def test_an_open_file_gives_its_name(folder):
    with (folder / "input.jpg").open("rb") as file:
        assert as_input(file).filename == "input.jpg"


def test_a_handle_that_is_at_its_end_or_used_twice_is_read_from_its_beginning(folder):
    written = io.BytesIO()
    Image.new("RGB", (9, 5)).save(written, "PNG")
    with (folder / "input.jpg").open("rb") as file:
        assert as_input(file).data == as_input(file).data == (folder / "input.jpg").read_bytes()
    assert as_input(written).data == written.getvalue()


def test_what_cannot_go_back_and_is_at_its_end_is_refused():
    class Pipe:
        def read(self, size=-1):
            return b""

    with pytest.raises(InvalidInput, match="was it read already"):
        as_input(Pipe())


def test_a_file_on_disk_may_have_any_size_and_what_is_held_in_memory_may_not(folder, monkeypatch):
    monkeypatch.setattr(inputs, "MAX_INPUT_BYTES", 100)
    data = (folder / "input.jpg").read_bytes()
    assert as_input("input.jpg").size == len(data) > 100
    with (folder / "input.jpg").open("rb") as file:
        assert (as_input(file).data, as_input(file).path) == (b"", folder / "input.jpg")
    for held in (data, io.BytesIO(data)):
        with pytest.raises(InvalidInput, match="larger than"):
            as_input(held)


def test_a_missing_file_is_a_file_not_found_error_too(folder):
    with pytest.raises(FileNotFoundError) as caught:
        as_input("./imput.jpg", name="image")
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301
    for error in (caught.value, again):
        assert isinstance(error, MissingFile)
        assert (error.errno, error.problems[0].name) == (errno.ENOENT, "image")


@pytest.mark.parametrize("address", ["inf://files/a.png", "s3://bucket/a.png", "gs://bucket/a.png"])
def test_an_address_in_a_services_store_passes_through(address):
    assert (as_input(address).url, as_input(address).filename) == (address, "a.png")


@pytest.mark.parametrize("again", [lambda text: text, copy.deepcopy, lambda text: json.loads(json.dumps(text))])
def test_a_path_that_a_service_named_is_never_read(folder, again):
    said = marked({"image": [str(folder / "input.jpg")]})
    with pytest.raises(InvalidInput, match=r"service's answer.*Path\("):
        as_input(again(said)["image"][0])
    assert as_input(Path(said["image"][0])).path == folder / "input.jpg"


def test_a_file_opened_as_text_is_refused(folder):
    with (folder / "notes.png").open() as file, pytest.raises(InvalidInput, match="mode 'rb'"):
        as_input(file, kind="file")


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK"])
def test_a_pil_image_is_sent_as_png(mode):
    made = as_input(Image.new(mode, (9, 5)))
    assert (made.media_type, decode(made.data).size) == ("image/png", (9, 5))


def test_an_array_keeps_its_pixels():
    assert np.array_equal(np.asarray(decode(as_input(noise()).data)), noise())


def test_a_mask_of_booleans_is_black_and_white():
    mask = np.zeros((4, 6), bool)
    mask[1, 2] = True
    made = as_input(mask, kind="mask", name="mask")
    assert made.filename == "mask.png"
    assert np.asarray(decode(made.data)).tolist()[1] == [0, 0, 255, 0, 0, 0]


def test_whatever_has_array_is_an_array():
    class Tensor:
        def __array__(self, dtype=None, copy=None):
            return noise()

    assert decode(as_input(Tensor()).data).size == (24, 16)


def test_an_array_that_cannot_be_had_says_why():
    class OnTheGpu:
        def __array__(self, dtype=None, copy=None):
            raise TypeError("can't convert cuda:0 device type tensor to numpy")

    with pytest.raises(InvalidInput, match="cuda:0"):
        as_input(OnTheGpu())


def test_a_url_is_not_fetched():
    made = as_input("https://example.com/pictures/a%20cat.png?token=1")
    assert (made.url, made.filename, made.media_type) == (
        "https://example.com/pictures/a%20cat.png?token=1",
        "a cat.png",
        "",
    )


@pytest.mark.parametrize("url", ["http://", "https://[::1", "http://example.com:99999/x", "https://a b/c.png"])
def test_half_a_url_is_refused(url):
    with pytest.raises(InvalidInput, match="URL"):
        as_input(url)


def test_a_data_uri_is_decoded():
    encoded = base64.b64encode(picture()).decode()
    assert as_input(f"data:image/jpeg;base64,{encoded}").media_type == "image/png"
    assert as_input(f"data:;base64,{encoded.replace('+', '%2B')}").data == picture()


@pytest.mark.parametrize(
    "uri", ["data:image/png;base64", "data:image/png;base64,@@@", "data:,", "data:text/plain,hello"]
)
def test_a_data_uri_without_a_picture_is_refused(uri):
    with pytest.raises(InvalidInput):
        as_input(uri)


def test_base64_of_a_picture_is_a_picture():
    encoded = base64.b64encode(picture()).decode()
    assert as_input(encoded).data == picture()
    assert as_input(encoded.rstrip("=")).data == picture()


@pytest.mark.parametrize("word", ["photorealistic12", "stabilityai/sdxl", "/workspace/photos/of/a/very/long/name0"])
def test_words_of_base64_letters_are_names_of_files(folder, word):
    with pytest.raises(InvalidInput, match="no file"):
        as_input(word, kind="file")


def test_an_earlier_result_is_an_input(tmp_path):
    made = artifact()
    assert as_input(made).data == made.bytes
    assert as_input(Result(model="local/sketch", artifacts=(made,))).data == made.bytes


def test_an_output_that_was_never_fetched_is_no_input():
    with pytest.raises(InvalidInput, match="could not be fetched: gone"):
        as_input(missing_artifact(Output(url="https://example.com/x.png"), "gone"))


def test_a_result_without_pictures_is_no_input():
    with pytest.raises(InvalidInput, match="made no picture"):
        as_input(Result(model="a/b", text="hello"))


def test_an_input_is_an_input():
    made = as_input(picture())
    assert as_input(made) is made


class Hostile:
    """Every look at it fails."""

    def __getattr__(self, name):
        raise RuntimeError(f"no {name} for you")


class HostileStream:
    def read(self, size=-1):
        raise ZeroDivisionError


@given(
    st.one_of(
        st.none(),
        st.integers(),
        st.floats(),
        st.text(),
        st.binary(),
        st.lists(st.integers()),
        st.sampled_from([Hostile(), HostileStream(), object(), Hostile, io.StringIO("x"), io.BytesIO()]),
        st.text().map(lambda text: f"data:{text}"),
        st.text().map(lambda text: f"https://{text}"),
        st.text().map(Path),
        st.from_regex(r"[~./]{1,4}[a-z\x00\ud800-\udfff/]*(\.png)?", fullmatch=True),
    ),
    st.sampled_from(["image", "mask", "file"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_makes_it_raise_anything_else(value, kind):
    with contextlib.suppress(InvalidInput):
        assert as_input(value, kind=kind, max_bytes=1_000).filename


def test_what_has_an_address_goes_in_by_it():
    class Uploaded:
        def __init__(self, url):
            self.url = url

    file = as_input(Uploaded("https://far.example/a.png"), kind="image")
    assert (file.url, file.filename) == ("https://far.example/a.png", "a.png")
    for url in ("ftp://far.example/a.png", "file:///etc/hosts", 7, None):
        with pytest.raises(InvalidInput, match="Uploaded is not a picture or a file"):
            as_input(Uploaded(url))


@pytest.mark.parametrize(
    "record", [{"uri": "https://h.example/a.png"}, {"url": "https://h.example/a.png", "path": "/x"}]
)
def test_a_services_record_of_a_file_goes_in_by_its_address(record):
    assert as_input(record).url == "https://h.example/a.png"


@pytest.mark.parametrize("record", [{"uri": "input.jpg"}, {"path": "./input.jpg"}, {"url": "file:///etc/hosts"}, {}])
def test_a_record_without_an_address_is_no_file(folder, record):
    with pytest.raises(InvalidInput, match="with an address"):
        as_input(record)
