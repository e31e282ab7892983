from __future__ import annotations

import base64
import contextlib
import copy
import dataclasses
import hashlib
import json
import pickle
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from ipyimagegen.core.errors import MediaError, StorageError
from ipyimagegen.core.events import Output
from ipyimagegen.media.artifacts import Payload, make_artifact, missing_artifact
from ipyimagegen.media.display import DisplaySettings
from ipyimagegen.media.pixels import decode
from ipyimagegen.media.sniff import HEAD_BYTES, dimensions, sniff

from .samples import FORMATS, artifact, flat, noise, picture, png_claiming


@pytest.mark.parametrize("module", ["artifacts", "results", "inputs", "previews", "sheets", "metadata"])
def test_importing_loads_neither_pillow_nor_numpy(module):
    code = f"import sys, ipyimagegen.media.{module}; print([n for n in ('PIL', 'numpy') if n in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


@pytest.mark.parametrize("media_type", FORMATS)
def test_the_content_says_what_it_is(media_type):
    made = artifact(picture(media_type, 40, 30))
    assert (made.media_type, made.width, made.height, made.size) == (media_type, 40, 30, len(made.bytes))
    assert made.filename.startswith("image.")
    assert len(made.sha256) == 64


def test_the_seed_that_the_service_reports_wins():
    assert make_artifact(Payload(data=picture()), Output(data=picture(), seed=3), seed=9).seed == 3


def test_a_wrong_content_type_is_corrected():
    payload = Payload(data=picture("image/webp"), media_type="image/png")
    assert make_artifact(payload, Output(url="https://example.com/a.png")).media_type == "image/webp"


@pytest.mark.parametrize(
    "body", [b"<html><p>Sign in</p></html>", b'{"error": "expired"}', b"<?xml version='1.0'?><Error/>"]
)
@pytest.mark.parametrize("claimed", ["", "text/html", "application/json", "application/octet-stream"])
def test_a_page_with_status_200_is_no_picture(body, claimed):
    with pytest.raises(MediaError, match="expected image"):
        make_artifact(Payload(data=body, media_type=claimed), Output(url="https://example.com/a.png"))


def test_a_text_that_the_service_announced_is_an_artifact():
    output = Output(name="tags", data=b'{"tags": []}', media_type="application/json")
    made = make_artifact(Payload(data=output.data), output)
    assert (made.media_type, made.is_picture) == ("application/json", False)


@pytest.mark.parametrize("media_type", ["image/png", "image/jpeg", "image/webp", "image/gif"])
def test_a_truncated_download_is_refused(media_type):
    data = picture(media_type, 64, 64)
    with pytest.raises(MediaError):
        artifact(data[: len(data) // 2])


def test_a_bomb_is_not_unpacked():
    made = artifact(png_claiming(40_000, 40_000))
    assert "more than 100 million" in made.note
    with pytest.raises(MediaError, match="more than 100 million"):
        made.array  # noqa: B018


def test_pixels_come_as_pil_and_as_array():
    made = artifact()
    assert np.array_equal(made.array, noise())
    assert made.pil.size == (24, 16)
    assert made.pil is not made.pil
    assert artifact(flat(4, 4, (1, 2, 3, 4))).array.shape == (4, 4, 4)
    assert artifact(picture("image/jpeg")).array.shape == (16, 24, 3)


def test_the_data_uri_holds_the_bytes():
    made = artifact()
    assert made.data_uri == "data:image/png;base64," + base64.b64encode(made.bytes).decode()


def test_the_repr_is_short():
    assert repr(artifact(picture(width=200, height=100))) == "<image/png 200×100 60 kB seed 7>"


def test_bytes_in_a_file_are_read_when_asked_for(tmp_path):
    path = tmp_path / "x.png"
    path.write_bytes(picture())
    made = make_artifact(Payload(path=path), Output(url="https://example.com/x.png"))
    assert (made.data, made.bytes) == (b"", picture())
    path.unlink()
    with pytest.raises(StorageError, match="cannot read"):
        _ = made.bytes


def test_a_picture_that_is_not_decoded_is_not_read_beyond_its_beginning(tmp_path):
    file = tmp_path / "large.png"
    whole = picture("image/png", 64, 64)
    file.write_bytes(whole[: len(whole) // 2])
    payload = Payload(path=file)
    made = make_artifact(payload, Output(name="image", url="https://x.test/large.png"), verify=False)
    assert (made.media_type, made.width > 0) == ("image/png", True)
    with pytest.raises(MediaError):
        make_artifact(payload, Output(name="image", url="https://x.test/large.png"))


def test_artifacts_are_values():
    assert artifact() == artifact()
    assert len({artifact(), artifact(), artifact(index=1)}) == 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        artifact().seed = 3  # type: ignore[misc]


def test_an_output_that_could_not_be_fetched_keeps_its_address_and_says_what_to_do():
    made = missing_artifact(Output(url="https://example.com/x.png", media_type="image/png"), "502", index=1, seed=4)
    assert (made.url, made.seed, made.is_picture) == ("https://example.com/x.png", 4, True)
    assert repr(made) == "<image/png not fetched seed 4>"
    with pytest.raises(MediaError, match=r"502; collect the job again with ig\.attach"):
        _ = made.bytes
    assert list(made._repr_mimebundle_()[0]) == ["text/plain"]


def test_fetching_again_completes_it():
    lost = missing_artifact(
        Output(url="https://example.com/x.png"),
        "502",
        index=2,
        seed=4,
        alt="a cat",
        refetch=lambda: Payload(data=picture()),
    )
    with pytest.raises(MediaError, match=r"artifact\.fetch\(\) tries again"):
        _ = lost.bytes
    found = lost.fetch()
    assert (found.bytes, found.index, found.seed, found.alt, found.error) == (picture(), 2, 4, "a cat", "")
    assert found.fetch() is found


def test_a_pickle_leaves_the_way_back_here_and_a_copy_keeps_it():
    lost = missing_artifact(Output(url="https://example.com/x.png"), "502", refetch=lambda: Payload(data=picture()))
    assert picture() == copy.deepcopy(lost).fetch().bytes
    again = pickle.loads(pickle.dumps(lost))  # noqa: S301
    assert (lost, None) == (again, again.refetch)
    held = lost.fetch()
    assert held == pickle.loads(pickle.dumps(held))  # noqa: S301
    assert picture() == copy.copy(held).bytes


def test_without_a_way_back_fetching_says_so():
    with pytest.raises(MediaError, match="cannot be fetched again"):
        missing_artifact(Output(url="https://example.com/x.png"), "502").fetch()


def test_a_thumbnail_is_small_and_keeps_transparency():
    small = artifact(picture(width=300, height=200)).thumbnail(64)
    assert (sniff(small), dimensions(small)) == ("image/jpeg", (64, 43))
    assert sniff(artifact(flat(300, 200, (1, 2, 3, 4))).thumbnail(64)) == "image/png"


def test_a_small_png_is_shown_as_it_is():
    made = artifact(flat(64, 64))
    data, metadata = made._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]) == made.bytes
    assert data["text/plain"] == "a lighthouse"
    assert set(data) == {"image/png", "text/plain"}
    facts = metadata["ipyimagegen"]
    assert (facts["model"], facts["seed"], facts["size"]) == ("local/sketch", 7, [64, 64])


@pytest.mark.parametrize(
    ("media_type", "channels"),
    [*((name, 3) for name in FORMATS), *((name, 4) for name in FORMATS if name != "image/jpeg")],
)
def test_every_picture_is_shown_as_png_or_jpeg_and_never_as_html(media_type, channels):
    data, _ = artifact(picture(media_type, channels=channels))._repr_mimebundle_()
    shown = data.keys() - {"text/plain"}
    assert len(shown) == 1
    assert shown <= {"image/png", "image/jpeg"}
    assert sniff(base64.b64decode(data[min(shown)])) in shown


@pytest.mark.parametrize("media_type", ["image/png", "image/jpeg", "image/webp"])
def test_one_large_picture_adds_at_most_300_kb_to_a_notebook(media_type):
    data, metadata = artifact(picture(media_type, 1024, 1024))._repr_mimebundle_()
    assert sum(map(len, data.values())) <= 300_000
    assert metadata["image/jpeg"] == {"width": 1024, "height": 1024}


def test_the_bounds_are_settings():
    made = dataclasses.replace(artifact(picture(width=300, height=200)), display=DisplaySettings(150, 4))
    data, metadata = made._repr_mimebundle_()
    shown = base64.b64decode(data["image/jpeg"])
    assert len(shown) <= 4_000
    assert metadata["image/jpeg"] == {"width": 150, "height": 100}
    assert decode(made.bytes).size == (300, 200)


def test_include_and_exclude_are_kept():
    made = artifact()
    assert set(made._repr_mimebundle_(include=["text/plain"])[0]) == {"text/plain"}
    assert set(made._repr_mimebundle_(exclude=["text/plain"])[0]) == {"image/png"}


def test_a_film_is_told_in_words():
    film = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes(2_000)
    made = make_artifact(Payload(data=film), Output(name="video", data=film))
    data, _ = made._repr_mimebundle_()
    assert data == {"text/plain": "<video/mp4 2 kB>"}


def test_a_picture_whose_file_vanished_is_told_in_words(tmp_path):
    path = tmp_path / "x.png"
    path.write_bytes(picture())
    made = make_artifact(Payload(path=path), Output(url="https://example.com/x.png"))
    path.unlink()
    data, _ = made._repr_mimebundle_()
    assert "cannot be shown" in data["text/plain"]


def test_the_head_of_a_payload_is_enough_to_tell_its_medium(tmp_path):
    path = tmp_path / "large"
    path.write_bytes(picture() + bytes(100_000))
    for payload in (Payload(path=path), Payload(data=path.read_bytes())):
        assert sniff(payload.head()) == "image/png"
        assert len(payload.head()) <= HEAD_BYTES


@pytest.fixture
def film(tmp_path):
    """A film of 16 MiB, most of it a hole in the file."""
    path = tmp_path / "film.part"
    with path.open("wb") as file:
        file.write(b"\0\0\0\x18ftypisom\0\0\0\0isommp42")
        file.truncate(16 << 20)
    return path


@contextlib.contextmanager
def at_most(size):
    """At most so many bytes are taken at a time."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < size
    finally:
        tracemalloc.stop()


def test_a_large_film_is_told_hashed_and_saved_without_being_held(film, tmp_path):
    with film.open("rb") as file:
        expected = hashlib.file_digest(file, "sha256").hexdigest()
    with at_most(2 << 20):
        made = make_artifact(Payload(path=film), Output(name="video", url="https://example.com/film"))
        saved = made.save(tmp_path / "kept.mp4")
        again = made.save(tmp_path / "kept.mp4")
        beside = made.save(tmp_path)
    assert (made.media_type, made.size, made.sha256) == ("video/mp4", 16 << 20, expected)
    assert (made.data, made.path, again, beside.name) == (b"", film, saved, "video.mp4")
    assert saved.stat().st_size == 16 << 20
    assert json.loads((tmp_path / "kept.json").read_text())["ipyimagegen"] == 1


def test_a_large_file_that_claims_too_many_pixels_is_not_held_in_memory(tmp_path):
    path = tmp_path / "bomb.part"
    with path.open("wb") as file:
        file.write(png_claiming(40_000, 40_000))
        file.truncate(16 << 20)
    with at_most(2 << 20):
        made = make_artifact(Payload(path=path), Output(url="https://example.com/a.png"))
    assert "more than 100 million" in made.note
    assert (made.width, made.size, made.data) == (40_000, 16 << 20, b"")


def test_a_film_whose_file_is_gone_or_changed_is_not_saved(film, tmp_path):
    made = make_artifact(Payload(path=film), Output(name="video", url="https://example.com/film"))
    film.write_bytes(picture())
    with pytest.raises(MediaError, match="they were changed"):
        made.save(tmp_path / "kept.mp4")
    film.unlink()
    with pytest.raises(StorageError, match=r"cannot read .*film\.part"):
        made.save(tmp_path / "kept.mp4")
    assert not (tmp_path / "kept.mp4").exists()
