from __future__ import annotations

import io
import json
import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ipyimagegen.core.errors import InvalidInput, MediaError, StorageError
from ipyimagegen.core.events import Output
from ipyimagegen.media.artifacts import Payload, make_artifact
from ipyimagegen.media.metadata import read_file, read_metadata
from ipyimagegen.media.names import MAX_NAME_BYTES, fill, prompt_name, safe_name
from ipyimagegen.media.saving import save, write_atomic
from ipyimagegen.media.sniff import sniff

from .samples import SIGNED, artifact, noise, picture


def test_without_metadata_the_file_holds_the_services_bytes(tmp_path):
    made = artifact()
    assert made.save(tmp_path / "out.png", metadata="none").read_bytes() == made.bytes
    assert [path.name for path in tmp_path.iterdir()] == ["out.png"]


def test_the_pixels_are_the_services(tmp_path):
    with Image.open(artifact().save(tmp_path / "out.png")) as image:
        assert image.tobytes() == noise().tobytes()


@pytest.mark.parametrize(
    ("suffix", "media_type"), [(".png", "image/png"), (".JPG", "image/jpeg"), (".webp", "image/webp")]
)
def test_the_suffix_converts_and_the_record_says_so(tmp_path, suffix, media_type):
    path = artifact(picture("image/gif")).save(tmp_path / f"out{suffix}")
    assert sniff(path.read_bytes()) == media_type
    record = read_metadata(path.read_bytes()).record
    assert record is not None
    assert record.notes == ("converted from image/gif",)


def test_a_moving_picture_is_converted_by_its_first_frame_and_the_record_says_so(tmp_path):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    path = artifact(buffer.getvalue()).save(tmp_path / "out.png")
    with Image.open(path) as image:
        assert image.convert("RGB").getpixel((4, 4)) == (255, 0, 0)
    record = read_file(path).record
    assert record is not None
    assert record.notes == ("converted from image/gif, its first frame only",)


@pytest.mark.parametrize("name", ["out.jpeg", "out.jpg"])
def test_both_suffixes_of_a_jpeg_keep_its_bytes(tmp_path, name):
    made = artifact(picture("image/jpeg"))
    assert made.save(tmp_path / name, metadata="none").read_bytes() == made.bytes


def test_a_name_without_suffix_gets_one(tmp_path):
    assert artifact().save(tmp_path / "flux-1.1").name == "flux-1.1.png"


def test_a_folder_gets_a_good_name_and_loses_nothing(tmp_path):
    first = artifact().save(tmp_path)
    again = artifact().save(tmp_path)
    other = artifact(picture(width=30)).save(tmp_path)
    assert [first.name, again.name, other.name] == ["local-sketch-7.png", "local-sketch-7.png", "local-sketch-7-2.png"]


def test_a_folder_that_is_not_there_is_made(tmp_path):
    assert artifact().save(f"{tmp_path}/new/").parent == tmp_path / "new"


def test_an_explicit_name_is_replaced(tmp_path):
    path = tmp_path / "out.png"
    path.write_text("old")
    assert artifact().save(path) == path
    assert sniff(path.read_bytes()) == "image/png"


@pytest.mark.parametrize("broken", ["replace", "fsync"])
def test_a_failure_leaves_the_old_file_whole_and_no_rubbish(tmp_path, monkeypatch, broken):
    path = tmp_path / "out.png"
    path.write_text("precious")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*((Path, "replace", fail) if broken == "replace" else (os, "fsync", fail)))
    with pytest.raises(StorageError, match="No space left"):
        artifact().save(path)
    assert path.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_copied_without_being_held(tmp_path):
    size = 8 * 2**20
    (tmp_path / "large.bin").write_bytes(bytes(size))
    tracemalloc.start()
    try:
        write_atomic(tmp_path / "copy.bin", tmp_path / "large.bin")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (tmp_path / "copy.bin").stat().st_size == size
    assert peak < size / 4


def test_a_file_that_is_gone_leaves_the_old_one(tmp_path):
    path = tmp_path / "out.png"
    path.write_text("precious")
    with pytest.raises(StorageError):
        write_atomic(path, tmp_path / "gone.png")
    assert path.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [path]


def test_a_read_only_file_is_not_replaced(tmp_path):
    path = tmp_path / "out.png"
    path.write_text("precious")
    path.chmod(0o400)
    with pytest.raises(StorageError, match="is read-only, and stays"):
        artifact().save(path)
    assert tmp_path / "out-2.png" == save(artifact(), path, overwrite=False)
    assert path.read_text() == "precious"


def test_an_interrupt_leaves_no_rubbish(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "out.png", b"x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["out.mp4", "out.bmp", "out.json"])
def test_what_it_is_not_is_not_written(tmp_path, name):
    with pytest.raises(InvalidInput, match=r"use \.png, \.png, \.jpg or \.webp|use \.png"):
        artifact().save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_film_is_not_saved_as_a_picture(tmp_path):
    film = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes(200)
    made = make_artifact(Payload(data=film), Output(name="video", data=film))
    with pytest.raises(InvalidInput, match=r"video/mp4 and cannot be saved as '\.png'; use \.mp4$"):
        made.save(tmp_path / "out.png")
    assert made.save(tmp_path).read_bytes() == film
    assert json.loads((tmp_path / "video.json").read_text())["ipyimagegen"] == 1


def test_a_file_that_was_changed_behind_our_back_is_refused(tmp_path):
    store = tmp_path / "store"
    store.write_bytes(picture())
    made = make_artifact(Payload(path=store), Output(url="https://example.com/x.png"))
    store.write_bytes(b"<html>")
    with pytest.raises(MediaError, match="text/html, not image/png"):
        made.save(tmp_path / "out.png")


def test_a_level_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="neither 'full'"):
        artifact().save(tmp_path / "out.png", metadata="some")  # type: ignore[arg-type]


@pytest.mark.parametrize("media_type", SIGNED)
def test_a_signed_file_stays_bit_for_bit_and_gets_a_side_file(tmp_path, media_type):
    made = artifact(SIGNED[media_type]())
    path = made.save(
        tmp_path / ("out" + {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}[media_type])
    )
    assert path.read_bytes() == made.bytes
    assert json.loads((tmp_path / "out.json").read_text())["prompt"] == "a lighthouse"


def test_a_conversion_says_that_the_signature_is_gone(tmp_path):
    path = artifact(SIGNED["image/png"]()).save(tmp_path / "out.jpg")
    record = read_metadata(path.read_bytes()).record
    assert record is not None
    assert "the C2PA signature of the original was not kept" in record.notes


def test_a_side_file_never_replaces_somebody_elses(tmp_path):
    (tmp_path / "out.json").write_text('{"mine": true}')
    artifact(SIGNED["image/png"]()).save(tmp_path / "out.png")
    assert (tmp_path / "out.json").read_text() == '{"mine": true}'
    assert (tmp_path / "out.ipyimagegen.json").exists()


def test_the_side_file_is_read_with_the_picture(tmp_path):
    signed = artifact(SIGNED["image/png"]())
    assert read_file(signed.save(tmp_path / "out.png")).record == signed.record
    assert read_file(artifact().save(tmp_path / "own.png")).record == artifact().record
    (tmp_path / "out.json").write_text("{")
    assert not read_file(tmp_path / "out.png")
    with pytest.raises(StorageError, match="cannot read"):
        read_file(tmp_path / "missing.png")


def test_content_that_nobody_knows_keeps_its_suffix(tmp_path):
    weights = b"\x40\0\0\0\0\0\0\0{}" + bytes(64)
    output = Output(name="weights", data=weights)
    made = make_artifact(Payload(data=weights, filename="style.safetensors"), output)
    assert made.save(tmp_path, metadata="none").name == "weights.safetensors"
    assert made.save(tmp_path / "mine.safetensors", metadata="none").read_bytes() == weights
    with pytest.raises(InvalidInput, match=r"use \.safetensors$"):
        made.save(tmp_path / "mine.png")


def test_a_name_that_no_system_takes_is_refused(tmp_path):
    with pytest.raises((InvalidInput, StorageError)):
        artifact().save(f"{tmp_path}/a\0b.png")
    with pytest.raises(StorageError):
        artifact().save(tmp_path / ("x" * 400 + ".png"))


@given(st.text())
def test_safe_names_are_one_part_of_a_path_on_every_system(text):
    name = safe_name(text)
    assert len(name.encode()) <= MAX_NAME_BYTES + 1
    assert not set(name) & set('<>:"/\\|?*\0\n')
    assert name not in (".", "..")
    assert name == name.strip(" .")
    assert prompt_name(text)


@pytest.mark.parametrize("name", ["con", "NUL", "com1", "aux.png"])
def test_names_that_windows_keeps_are_avoided(name):
    assert safe_name(name) == f"_{name}"


@pytest.mark.parametrize("pattern", ["{sed}", "{seed.__class__}", "{seed[0]}", "{seed!r}", "{", "{seed:!!}", "{}"])
def test_a_pattern_is_no_program(pattern):
    with pytest.raises(InvalidInput, match="file name pattern"):
        fill(pattern, {"seed": 7}, texts={})


def test_a_pattern_is_not_wider_than_a_file_name():
    assert "0007" == fill("{seed:04d}", {"seed": 7}, texts={})
    with pytest.raises(InvalidInput, match="too wide"):
        fill("{seed:>999999999}", {"seed": 7}, texts={})


def test_texts_in_a_pattern_cannot_leave_the_folder():
    assert (
        fill("out/{prompt}-{seed:04d}.png", {"seed": 7}, texts={"prompt": "../../etc/passwd"})
        == "out/etc-passwd-0007.png"
    )


@pytest.mark.parametrize("there", [True, False])
def test_a_symbolic_link_stays_one_and_its_file_is_written(tmp_path, there):
    kept = tmp_path / "kept.png"
    if there:
        kept.write_bytes(b"old")
    link = tmp_path / "latest.png"
    link.symlink_to(kept)
    made = artifact()
    assert made.save(link, metadata="none") == link
    assert link.is_symlink()
    assert kept.read_bytes() == made.bytes


def test_the_suffixes_that_would_do_are_named_once():
    with pytest.raises(InvalidInput, match=r"as '\.gif'; use \.png or \.jpg or \.webp$"):
        artifact().save("out.gif")
