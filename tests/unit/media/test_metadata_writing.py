"""Our record in files of others: it has a home in each, or beside it, and is told apart from theirs."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ipyimagegen.media.metadata import Record, embed, has_c2pa, infotext, read_file, read_metadata
from ipyimagegen.media.metadata.a1111 import parse
from ipyimagegen.media.metadata.exif import read as read_exif
from ipyimagegen.media.metadata.jpeg import read_exif as exif_of_jpeg

from .foreign import IMAGE_HISTORY, INFOTEXT, MAKER_NOTE, USER_COMMENT, commented, jpeg_with, png_with, tiff, xmp
from .samples import artifact, picture, signed_jpeg, signed_png

RECORD = Record(
    model="openpixels/flux-dev",
    prompt="a lighthouse at dusk",
    negative_prompt="fog",
    seed=7,
    sent={"prompt": "a lighthouse at dusk", "seed": 7, "width": 512, "cfg": 1.0, "flag": True, "none": ""},
    asked={"prompt": "a lighthouse at dusk", "seed": None, "width": 512, "cfg": 1, "flag": 1},
    software="ipyimagegen 0.1.0",
)
OLD = Record(model="a/b", prompt="an older one", seed=1, software="ipyimagegen 0.1.0")
CAMERA = {MAKER_NOTE: b"CAMERA\0\1\2"}
TAKEN = CAMERA | {IMAGE_HISTORY: b"cropped by somebody"}
REMOTE = 'dcterms:provenance="https://manifests.example/1.c2pa"'


def webp_with(block: bytes = b"", packet: bytes = b"") -> bytes:
    options: dict[str, Any] = {"exif": block} if block else {}
    return picture("image/webp", **options | ({"xmp": packet} if packet else {}))


@pytest.mark.parametrize("make", [jpeg_with, webp_with])
def test_a_cameras_notes_stay_and_the_record_has_a_second_home(make):
    data = make(tiff({}, CAMERA))
    embedded = embed(data, RECORD)
    assert embedded.beside is None
    assert read_metadata(embedded.data).record == RECORD
    with Image.open(io.BytesIO(embedded.data)) as image:
        assert image.getexif().get_ifd(0x8769)[MAKER_NOTE] == CAMERA[MAKER_NOTE]
    again = embed(embedded.data, OLD)
    assert (read_metadata(again.data).record, again.beside) == (OLD, None)


@pytest.mark.parametrize("make", [jpeg_with, webp_with])
def test_where_both_homes_are_taken_the_record_goes_beside_and_the_text_inside(make):
    embedded = embed(make(tiff({}, TAKEN)), RECORD)
    assert embedded.beside == RECORD
    found = read_metadata(embedded.data)
    assert ("ipyimagegen", "a lighthouse at dusk", "fog") == (found.tool, found.prompt, found.negative_prompt)


def test_a_comment_of_others_stays_and_the_record_is_there_all_the_same():
    data = jpeg_with(tiff({}, CAMERA | {USER_COMMENT: b"ASCII\0\0\0theirs"}))
    embedded = embed(data, RECORD)
    assert read_metadata(embedded.data).record == RECORD
    assert read_exif(exif_of_jpeg(embedded.data))["UserComment"] == "theirs"


FILES = {"image/png": picture, "image/jpeg": lambda: picture("image/jpeg"), "image/webp": webp_with}


@pytest.mark.parametrize("kind", FILES)
def test_a_newer_record_replaces_our_older_text_and_leaves_nothing_of_it(kind):
    once = embed(FILES[kind](), Record(prompt="SECRET " * 40, software="ipyimagegen 0.1.0")).data
    twice = embed(once, RECORD).data
    assert read_metadata(twice).record == RECORD
    assert "an older" not in str(dict(read_metadata(twice).raw))
    for coding in ("utf-8", "utf-16-be"):
        assert "SECRET".encode(coding) not in twice
    texts = dict(read_metadata(twice).raw)
    assert infotext(RECORD) in (texts.get("parameters"), texts.get("UserComment"))


def test_texts_of_others_stay():
    for data in (png_with({"Parameters": INFOTEXT}), commented(INFOTEXT)):
        embedded = embed(data, RECORD).data
        assert INFOTEXT in read_metadata(embedded).raw.values()
        assert read_metadata(embedded).record == RECORD


@pytest.mark.parametrize(
    "data",
    [
        jpeg_with(xmp=xmp("", REMOTE)),
        jpeg_with(xmp=xmp("<dcterms:provenance>https://manifests.example/1.c2pa</dcterms:provenance>")),
        png_with({"XML:com.adobe.xmp": xmp("", REMOTE)}, b"iTXt"),
        webp_with(packet=xmp("", REMOTE)),
    ],
)
def test_a_file_that_points_to_a_signature_elsewhere_is_left_alone(data):
    assert has_c2pa(data)
    embedded = embed(data, RECORD)
    assert embedded.data is data
    assert embedded.beside == RECORD


@pytest.mark.parametrize("data", [jpeg_with(xmp=xmp("<dc:source>x</dc:source>")), webp_with(packet=xmp("", 'x="y"'))])
def test_any_other_packet_is_no_signature(data):
    assert not has_c2pa(data)
    assert embed(data, RECORD).beside is None


@pytest.mark.parametrize(("characters", "beside"), [(6_000, False), (14_000, True), (25_000, True)])
def test_a_long_prompt_in_any_script_goes_into_a_jpeg_as_far_as_it_fits(characters, beside):
    prompt = "灯台" * (characters // 2)
    record = Record(model="a/b", prompt=prompt, seed=7, sent={"prompt": prompt, "seed": 7}, asked={"prompt": prompt})
    embedded = embed(picture("image/jpeg"), record)
    assert (embedded.beside == record) is beside
    assert (prompt, 7) == (read_metadata(embedded.data).prompt, read_metadata(embedded.data).seed)


def test_a_prompt_stands_once_in_a_record():
    text = RECORD.to_text()
    assert text.count("a lighthouse at dusk") == 1
    assert Record.from_text(text) == RECORD
    asked = Record.from_text(text).asked
    assert {name: repr(value) for name, value in RECORD.asked.items()} == {n: repr(v) for n, v in asked.items()}


@pytest.mark.parametrize("sent", [{}, {"steps": 4}, {"num_inference_steps": 20}])
def test_the_settings_begin_with_steps_also_of_models_that_have_none(sent):
    text = infotext(Record(model="a/b", prompt="a cat", sent=sent, seed=1))
    assert text.splitlines()[-1].startswith(f"Steps: {next(iter(sent.values()), 0)}, ")
    assert parse(text).params.get("Steps") == (str(next(iter(sent.values()))) if sent else None)


PROMPTS = [
    "a sign\nSteps: 20, Sampler: none, Seed: 3\nNegative prompt: written on it",
    "Negative prompt: nothing",
    "Steps: 12",
    "a list\nCFG scale: 7, Seed: 1, Size: 2x2",
    '{"a": "b"}',
]


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("negative", ["", "fog\nNegative prompt: fog", "Steps: 3, Seed: 4"])
def test_lines_of_a_prompt_that_look_like_settings_survive(prompt, negative):
    read = parse(infotext(Record(model="a/b", prompt=prompt, negative_prompt=negative, seed=9)))
    assert (prompt, negative, "9") == (read.prompt, read.negative_prompt, read.params["Seed"])
    assert not {"Prompt lines", "Negative lines", "Steps"} & read.params.keys()


# -- side files -------------------------------------------------------------------------------------------------------


def save(folder: Path, name: str, data: bytes, **record: Any) -> Path:
    return artifact(data, **record).save(folder / name)


def beside(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.json"))


def test_pictures_of_one_stem_have_a_side_file_each(tmp_path):
    png = save(tmp_path, "x.png", signed_png(), prompt="the first")
    jpg = save(tmp_path, "x.jpg", signed_jpeg(), prompt="the second")
    webp = save(tmp_path, "x.gif", picture("image/gif"), prompt="the third")
    assert ["the first", "the second", "the third"] == [read_file(path).prompt for path in (png, jpg, webp)]
    assert beside(tmp_path) == ["x.gif.ipyimagegen.json", "x.ipyimagegen.json", "x.json"]


def test_a_side_file_of_another_picture_is_not_believed(tmp_path):
    path = save(tmp_path, "x.png", signed_png())
    path.write_bytes(picture(width=30))
    assert not read_file(path)
    assert "x.json" in read_file(path).doubts[0]
    path.write_bytes(png_with({"parameters": INFOTEXT}))
    assert read_file(path).prompt == "a lighthouse at dusk"


def test_a_side_file_that_names_no_picture_is_not_believed(tmp_path):
    path = tmp_path / "x.png"
    path.write_bytes(picture())
    (tmp_path / "x.json").write_text(json.dumps({"ipyimagegen": 1, "prompt": "of x.jpg, perhaps"}))
    assert not read_file(path)


def test_a_side_file_goes_with_its_picture(tmp_path):
    path = save(tmp_path, "x.png", signed_png())
    artifact(signed_png()).save(path, metadata="none")
    assert beside(tmp_path) == []
    save(tmp_path, "x.png", signed_png())
    save(tmp_path, "x.png", picture())
    assert beside(tmp_path) == []
    assert read_file(path).prompt == "a lighthouse"


def test_a_renamed_pair_still_belongs_together(tmp_path):
    save(tmp_path, "x.png", signed_png())
    (tmp_path / "x.png").rename(tmp_path / "y.png")
    (tmp_path / "x.json").rename(tmp_path / "y.json")
    assert read_file(tmp_path / "y.png").prompt == "a lighthouse"


def test_the_short_form_in_a_file_is_completed_by_the_whole_beside_it(tmp_path):
    prompt = "灯台" * 5_200
    made = artifact(picture("image/jpeg"), prompt=prompt, negative_prompt="雨" * 9_000, sent={"steps": 4})
    path = made.save(tmp_path / "x.jpg")
    assert read_metadata(path.read_bytes()).prompt == prompt
    assert read_file(path).record == made.record


def test_what_the_service_wrote_comes_first_and_our_record_is_at_hand(tmp_path):
    data = png_with({"parameters": INFOTEXT, "XML:com.adobe.xmp": xmp("", REMOTE).decode()}, b"iTXt")
    path = save(tmp_path, "x.png", data)
    found = read_file(path)
    assert (found.tool, found.prompt) == ("AUTOMATIC1111", "a lighthouse at dusk")
    assert found.record is not None
    assert found.record.prompt == "a lighthouse"
