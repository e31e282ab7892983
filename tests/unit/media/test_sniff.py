from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.core.errors import MediaError
from ipyimagegen.media.sniff import check, dimensions, is_among, media_type_of_suffix, sniff, suffix_of

from .samples import FORMATS, picture, png_claiming

HEADS = {
    "image/heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "image/avif": b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf",
    "video/mp4": b"\0\0\0\x18ftypisom\0\0\2\0isomiso2",
    "audio/mp4": b"\0\0\0\x18ftypM4A \0\0\2\0isomiso2",
    "video/quicktime": b"\0\0\0\x14ftypqt  \0\0\2\0qt  ",
    "video/webm": b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm",
    "video/x-matroska": b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska",
    "video/x-msvideo": b"RIFF\x24\0\0\0AVI LIST",
    "audio/wav": b"RIFF\x24\0\0\0WAVEfmt ",
    "audio/mpeg": b"\xff\xfb\x90\x64\0\0",
    "audio/ogg": b"OggS\0\x02",
    "audio/flac": b"fLaC\0\0\0\x22",
    "application/pdf": b"%PDF-1.7\n",
    "application/zip": b"PK\x03\x04\x14\0",
    "model/gltf-binary": b"glTF\x02\0\0\0",
    "application/json": b' {"error": "no credits"}',
    "text/html": b"\n<!DOCTYPE html><html><body>Bad gateway",
    "image/svg+xml": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg">',
    "application/xml": b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
    "text/plain": "ein Text mit Umläuten".encode(),
    "": b"\x00\x01\x02\x03 nothing that is known",
}


@pytest.mark.parametrize("media_type", FORMATS)
def test_pictures_are_known_by_their_first_bytes(media_type):
    assert sniff(picture(media_type)) == media_type


@pytest.mark.parametrize("media_type", HEADS)
def test_other_media_are_known_by_their_first_bytes(media_type):
    assert sniff(HEADS[media_type]) == media_type


def test_a_byte_order_mark_of_utf_16_is_no_mp3():
    assert sniff("\ufeffhello".encode("utf-16-le")) == ""


def test_svg_inside_of_a_page_is_a_page():
    assert sniff(b"<html><body><svg></svg></body></html>") == "text/html"


@pytest.mark.parametrize("media_type", ["image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"])
def test_dimensions_come_from_the_header(media_type):
    assert dimensions(picture(media_type, 37, 21)) == (37, 21)


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 50}, {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0"}])
def test_dimensions_of_every_form_of_webp(options):
    assert dimensions(picture("image/webp", 301, 203, **options)) == (301, 203)


def test_dimensions_need_no_pixels():
    assert dimensions(png_claiming(50_000, 60_000)[:33]) == (50_000, 60_000)


def test_dimensions_of_a_cut_off_jpeg_are_unknown():
    assert dimensions(picture("image/jpeg")[:30]) is None


@given(st.binary(max_size=400), st.sampled_from([b"", *(head[:20] for head in HEADS.values()), *map(picture, FORMATS)]))
def test_no_bytes_make_sniffing_raise(tail, head):
    for data in (head + tail, head[: len(tail)] + tail):
        assert isinstance(sniff(data), str)
        size = dimensions(data)
        assert size is None or min(size) > 0


@given(st.sampled_from(list(FORMATS)), st.data())
def test_dimensions_survive_damage_anywhere(media_type, draw):
    data = bytearray(picture(media_type))
    for _ in range(3):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    size = dimensions(bytes(data[: draw.draw(st.integers(0, len(data)))]))
    assert size is None or min(size) > 0


def test_a_wrong_claim_within_the_family_is_corrected():
    assert check(picture("image/webp"), "image/png") == "image/webp"
    assert check(picture("image/jpeg"), "application/octet-stream") == "image/jpeg"


def test_a_page_is_not_a_picture_and_is_quoted():
    with pytest.raises(MediaError, match=r"expected image/png, got text/html: <html>.*Bad gateway"):
        check(b"<html><h1>Bad gateway</h1>" + b"x" * 5_000, "image/png")


def test_the_quote_is_short():
    with pytest.raises(MediaError) as caught:
        check(b'{"error": "' + b"x" * 5_000, "image")
    assert len(str(caught.value)) < 400


def test_a_film_is_not_a_picture():
    with pytest.raises(MediaError, match="expected image/png, got video/mp4"):
        check(HEADS["video/mp4"], "image/png")


def test_nothing_is_not_a_picture():
    with pytest.raises(MediaError, match="empty"):
        check(b"", "image/png")


@given(
    st.binary(max_size=100), st.sampled_from(["", "image", "image/png", "video/mp4", "junk", "text/html; charset=x"])
)
def test_check_raises_media_errors_only(data, expected):
    with contextlib.suppress(MediaError):
        assert check(data, expected) == sniff(data)


def test_suffixes_go_both_ways():
    assert (suffix_of("image/jpeg"), media_type_of_suffix(".JPEG")) == (".jpg", "image/jpeg")
    assert (suffix_of("what/ever"), media_type_of_suffix(".safetensors")) == (".bin", "")


def test_media_are_named_by_family_or_by_type():
    assert is_among("image/png", {"image"})
    assert is_among("image/png", {"image/png"})
    assert not is_among("image/png", {"image/jpeg", "video"})
    assert not is_among("", {""})
