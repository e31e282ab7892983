from __future__ import annotations

import contextlib
import io
import json
import struct
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ipyimagegen.core.cost import FREE, UNKNOWN, Cost
from ipyimagegen.core.errors import MediaError
from ipyimagegen.media.metadata import Record, embed, has_c2pa, infotext, jpeg, png, read_metadata, webp
from ipyimagegen.media.metadata.record import read_json
from ipyimagegen.media.pixels import decode
from tests.examples import times_as_many

from .samples import SIGNED, picture, png_chunk, with_chunk

RECORD = Record(
    model="openpixels/flux-dev",
    prompt="a lighthouse at dusk, oil: thick\nsecond line · 灯台",
    negative_prompt="fog",
    seed=2**53 + 1,
    sent={"prompt": "…", "num_inference_steps": 20, "guidance_scale": 7.5, "style": 'a "b", c', "loras": [{"x": 1}]},
    asked={"steps": 20},
    changes=("seed=7 was chosen",),
    cost=Cost(Decimal("0.0030"), "USD", "charged"),
    timings={"total_s": 1.25},
    job_id="j1",
    created="2026-11-20T12:00:00+01:00",
    software="ipyimagegen 0.1.0",
)
SPLICED = ["image/png", "image/jpeg", "image/webp"]


def user_comment(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        value = image.getexif().get_ifd(0x8769)[0x9286]
    assert isinstance(value, bytes)
    return value


def pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return image.tobytes()


@pytest.mark.parametrize("media_type", SPLICED)
def test_the_record_comes_back_whole(media_type):
    found = read_metadata(embed(picture(media_type), RECORD).data)
    assert (found.tool, found.record) == ("ipyimagegen", RECORD)
    assert (found.prompt, found.negative_prompt) == (RECORD.prompt, "fog")
    assert found.params["num_inference_steps"] == 20


@pytest.mark.parametrize("media_type", SPLICED)
def test_the_pixels_are_not_encoded_again(media_type):
    data = picture(media_type)
    assert pixels(embed(data, RECORD).data) == pixels(data)


def test_pillow_finds_the_text_in_a_png():
    with Image.open(io.BytesIO(embed(picture(), RECORD, size=(24, 16)).data)) as image:
        text = image.text  # type: ignore[attr-defined]
    assert text["parameters"] == infotext(RECORD, (24, 16))
    assert json.loads(text["ipyimagegen"])["model"] == "openpixels/flux-dev"
    assert not {"prompt", "workflow"} & text.keys()


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/webp"])
def test_pillow_finds_the_text_in_the_exif_sub_directory(media_type):
    comment = user_comment(embed(picture(media_type), RECORD, size=(24, 16)).data)
    assert comment[:8] == b"UNICODE\0"
    assert comment[8:].decode("utf-16-be") == infotext(RECORD, (24, 16))


def test_every_other_chunk_of_a_png_stays_bit_for_bit():
    data = with_chunk(picture(dpi=(72, 72)), b"tEXt", b"Software\0SpeedPix") + b"trailing bytes"
    spliced = embed(data, RECORD).data
    before = [data[c.start : c.end] for c in png.chunks(data)]
    after = [spliced[c.start : c.end] for c in png.chunks(spliced)]
    added = [chunk for chunk in after if chunk not in before]
    assert [chunk for chunk in after if chunk in before] == before
    assert [chunk[8:20] for chunk in added] == [b"ipyimagegen\0", b"parameters\0\0"]
    assert spliced.endswith(b"trailing bytes")


def test_every_other_segment_of_a_jpeg_stays_bit_for_bit():
    data = picture("image/jpeg", comment=b"a comment", dpi=(72, 72))
    spliced = embed(data, RECORD).data
    added = jpeg.find_exif(spliced)
    assert added is not None
    assert spliced[: added.start] + spliced[added.end :] == data


def test_every_other_chunk_of_a_webp_stays_bit_for_bit():
    data = picture("image/webp", lossless=True, xmp=b"<x/>", icc_profile=b"profile")
    spliced = embed(data, RECORD).data
    before = {c.kind: data[c.start : c.end] for c in webp.chunks(data)}
    after = {c.kind: spliced[c.start : c.end] for c in webp.chunks(spliced)}
    assert {kind: body for kind, body in after.items() if kind not in (b"VP8X", b"EXIF")} == {
        kind: body for kind, body in before.items() if kind != b"VP8X"
    }
    assert list(after) == [b"VP8X", b"ICCP", b"VP8L", b"EXIF", b"XMP "]


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("lossless", [True, False])
def test_a_simple_webp_gets_the_header_that_exif_needs(channels, lossless):
    data = picture("image/webp", channels=channels, lossless=lossless)
    spliced = embed(data, RECORD).data
    header = next(webp.chunks(spliced))
    assert header.kind == b"VP8X"
    assert spliced[header.body] & 0x08
    assert bool(spliced[header.body] & 0x10) == (channels == 4)
    assert pixels(spliced) == pixels(data)


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/webp"])
def test_the_exif_fields_that_were_there_stay(media_type):
    exif = Image.Exif()
    exif[0x010F] = "Maker of cameras"
    exif[0x0112] = 6
    exif.get_ifd(0x8769)[0x9003] = "2026:11:20 12:00:00"
    data = embed(picture(media_type, exif=exif), RECORD).data
    with Image.open(io.BytesIO(data)) as image:
        kept = image.getexif()
        assert (kept[0x010F], kept[0x0112]) == ("Maker of cameras", 6)
        assert kept.get_ifd(0x8769)[0x9003] == "2026:11:20 12:00:00"
    assert read_metadata(data).record == RECORD


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/webp"])
def test_a_comment_that_the_service_wrote_stays(media_type):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0theirs"
    data = embed(picture(media_type, exif=exif), RECORD).data
    assert user_comment(data) == b"ASCII\0\0\0theirs"
    assert read_metadata(data).record == RECORD


def test_a_text_that_the_service_wrote_stays():
    theirs = b"theirs\nSteps: 4, Sampler: Euler, Seed: 1"
    data = embed(with_chunk(picture(), b"tEXt", b"parameters\0" + theirs), RECORD).data
    assert png.read_texts(data)["parameters"] == theirs.decode()
    assert read_metadata(data).record == RECORD


@pytest.mark.parametrize("media_type", SPLICED)
def test_embedding_twice_replaces_the_record(media_type):
    once = embed(picture(media_type), RECORD).data
    newer = Record(model="a/b", prompt="newer")
    twice = embed(once, newer).data
    assert read_metadata(twice).record == newer


@pytest.mark.parametrize("media_type", SPLICED)
def test_minimal_leaves_costs_and_parameters_out(media_type):
    record = read_metadata(embed(picture(media_type), RECORD, level="minimal").data).record
    assert record is not None
    assert (record.model, record.prompt, record.seed) == (RECORD.model, RECORD.prompt, RECORD.seed)
    assert (record.cost, record.sent, record.asked, record.timings, record.job_id) == (UNKNOWN, {}, {}, {}, "")


@pytest.mark.parametrize("media_type", SPLICED)
def test_none_adds_nothing(media_type):
    data = picture(media_type)
    embedded = embed(data, RECORD, level="none")
    assert (embedded.data, embedded.side_file) == (data, b"")


@pytest.mark.parametrize("media_type", SIGNED)
def test_a_signed_file_is_recognised_and_left_alone(media_type):
    data = SIGNED[media_type]()
    assert has_c2pa(data)
    assert not has_c2pa(picture(media_type))
    embedded = embed(data, RECORD)
    assert embedded.data is data
    assert Record.from_json(json.loads(embedded.side_file)) == RECORD


def test_a_record_too_long_for_a_jpeg_goes_beside_it():
    long = Record(model="a/b", prompt="x" * 70_000)
    embedded = embed(picture("image/jpeg"), long)
    assert embedded.data == picture("image/jpeg")
    assert Record.from_json(json.loads(embedded.side_file)).prompt == long.prompt
    assert read_metadata(embed(picture("image/webp"), long).data).record == long


def test_a_medium_that_carries_nothing_gets_a_side_file():
    assert embed(picture("image/gif"), RECORD).side_file


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
RECORDS = st.builds(
    Record,
    model=TEXTS,
    prompt=TEXTS,
    negative_prompt=TEXTS,
    seed=st.none() | st.integers(0, 2**64),
    sent=st.dictionaries(TEXTS, st.none() | st.booleans() | st.integers() | TEXTS | st.lists(TEXTS), max_size=4),
    changes=st.lists(TEXTS, max_size=3).map(tuple),
    notes=st.lists(TEXTS, max_size=3).map(tuple),
    timings=st.dictionaries(TEXTS, st.floats(0, 1e6), max_size=3),
    cost=st.sampled_from([UNKNOWN, FREE, Cost(Decimal("1.50"), "CREDITS", "quoted")]),
)


@given(RECORDS, st.sampled_from(SPLICED))
def test_every_record_survives_every_format(record, media_type):
    data = picture(media_type)
    embedded = embed(data, record)
    assert embedded.side_file == b""
    assert read_metadata(embedded.data).record == record
    assert pixels(embedded.data) == pixels(data)


@given(
    st.recursive(
        st.none() | st.integers() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_foreign_json_is_a_record_or_a_media_error(value):
    for data in (
        value,
        {"ipyimagegen": 1, "sent": value, "cost": value, "timings": value, "seed": value, "notes": value},
    ):
        with contextlib.suppress(MediaError):
            Record.from_json(data)


def test_numbers_that_json_lacks_become_texts():
    record = Record(model="a/b", sent={"cfg": float("nan"), "more": [{"x": float("inf")}]})
    found = read_metadata(embed(picture(), record).data).record
    assert found is not None
    assert found.sent == {"cfg": "nan", "more": [{"x": "inf"}]}


def test_a_lone_surrogate_in_a_prompt_is_no_reason_to_lose_a_picture():
    for media_type in SPLICED:
        assert read_metadata(embed(picture(media_type), Record(prompt="a \ud800 cat")).data).record is not None


@pytest.mark.parametrize("text", ["[" * 100_000, "{", "1" * 100_000, "x", ""])
def test_json_that_would_hurt_is_refused(text):
    with pytest.raises(MediaError):
        read_json(text)


def test_a_text_bomb_in_a_png_is_passed_over():
    import zlib

    bomb = zlib.compress(bytes(50_000_000), 9)
    data = with_chunk(picture(), b"zTXt", b"parameters\0\0" + bomb)
    data = with_chunk(data, b"iTXt", b"bomb\0\1\0\0\0" + bomb)
    data = with_chunk(data, b"tEXt", b"Author\0me")
    assert png.read_texts(data) == {"Author": "me"}


def test_all_kinds_of_text_are_read():
    import zlib

    data = with_chunk(picture(), b"tEXt", b"one\0caf\xe9")
    data = with_chunk(data, b"zTXt", b"two\0\0" + zlib.compress(b"zipped"))
    data = with_chunk(data, b"iTXt", "three\0\0\0de\0drei\0Käse".encode())
    data = with_chunk(data, b"iTXt", b"four\0\1\0\0\0" + zlib.compress("größer".encode()))
    assert png.read_texts(data) == {"one": "café", "two": "zipped", "three": "Käse", "four": "größer"}


def test_texts_before_the_end_of_a_cut_off_file_are_read():
    data = with_chunk(picture(), b"tEXt", b"Author\0me")
    assert png.read_texts(data[:-30]) == {"Author": "me"}


@times_as_many(4)
@given(st.sampled_from(SPLICED), st.data())
def test_damaged_files_are_read_and_never_damaged_further(media_type, draw):
    data = bytearray(embed(picture(media_type), RECORD).data if draw.draw(st.booleans()) else picture(media_type))
    for _ in range(draw.draw(st.integers(1, 4))):
        data[draw.draw(st.integers(0, min(300, len(data) - 1)))] = draw.draw(st.integers(0, 255))
    damaged = bytes(data[: draw.draw(st.integers(0, len(data)))])
    read_metadata(damaged)
    has_c2pa(damaged)
    after = embed(damaged, RECORD).data
    try:
        before = decode(damaged, max_pixels=100_000)
    except MediaError:
        return
    assert decode(after, max_pixels=100_000).tobytes() == before.tobytes()


@given(st.binary(max_size=300))
def test_parsers_raise_media_errors_only(tail):
    parsers = (
        lambda data: list(png.chunks(data)),
        png.read_texts,
        lambda data: png.splice(data, {"a": "b"}),
        lambda data: list(jpeg.segments(data)),
        jpeg.read_exif,
        lambda data: jpeg.splice(data, comment="a", note="b"),
        lambda data: list(webp.chunks(data)),
        webp.read_exif,
        lambda data: webp.splice(data, comment="a", note="b"),
    )
    heads = (b"", png.SIGNATURE, b"\xff\xd8", b"RIFF" + struct.pack("<I", len(tail) + 4) + b"WEBP")
    for parser in parsers:
        for head in heads:
            with contextlib.suppress(MediaError):
                parser(head + tail)


@given(st.sampled_from([b"II*\0", b"MM\0*"]), st.binary(max_size=200))
def test_foreign_exif_raises_media_errors_only(order, tail):
    from ipyimagegen.media.metadata import exif

    for block in (order + tail, order + (b"\x08\0\0\0" if order == b"II*\0" else b"\0\0\0\x08") + tail):
        try:
            exif.read(block)
            exif.read(exif.extended(block, comment="a", note="b"))
        except MediaError:
            pass


def test_a_png_without_a_picture_is_refused():
    with pytest.raises(MediaError, match="no picture"):
        png.splice(png.SIGNATURE + png_chunk(b"IEND", b""), {"a": "b"})
