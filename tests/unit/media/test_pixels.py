from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ipyimagegen.core.errors import MediaError
from ipyimagegen.media.pixels import decode, encode, from_array, open_picture, plain, scaled, upright
from tests.examples import times_as_many

from .samples import FORMATS, noise, picture, png_claiming


@pytest.mark.parametrize("media_type", FORMATS)
def test_every_medium_is_decoded(media_type):
    assert decode(picture(media_type)).size == (24, 16)


def test_a_bomb_is_refused_by_its_header(monkeypatch):
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("Pillow saw the file"))
    with pytest.raises(MediaError, match=r"claims 50,000×50,000 pixels; more than 100 million"):
        decode(png_claiming(50_000, 50_000))


def test_the_cap_can_be_set():
    with pytest.raises(MediaError, match="claims 24×16"):
        decode(picture(), max_pixels=383)
    assert decode(picture(), max_pixels=384).size == (24, 16)


def test_a_bomb_in_a_medium_without_header_reading_is_refused_before_it_is_decoded():
    with pytest.raises(MediaError, match="claims 24×16"):
        open_picture(picture("image/tiff"), max_pixels=100)


@pytest.mark.parametrize("media_type", ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"])
def test_a_truncated_picture_is_refused(media_type):
    data = picture(media_type, 64, 64)
    with pytest.raises(MediaError):
        decode(data[: len(data) * 2 // 3])


def test_a_jpeg_is_decoded_smaller_where_that_is_enough():
    assert decode(picture("image/jpeg", 640, 320), draft_px=100).size == (160, 80)


@times_as_many(2)
@given(st.sampled_from(list(FORMATS)), st.data())
def test_damaged_pictures_raise_media_errors_only(media_type, draw):
    data = bytearray(picture(media_type))
    for _ in range(draw.draw(st.integers(1, 4))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    with contextlib.suppress(MediaError):
        upright(decode(bytes(data[: draw.draw(st.integers(10, len(data)))]), max_pixels=100_000))


@pytest.mark.parametrize("shape", [(16, 24), (16, 24, 1), (16, 24, 3), (16, 24, 4)])
@pytest.mark.parametrize("dtype", ["uint8", "bool", "float32", "float64", "float16"])
def test_arrays_become_pictures(shape, dtype):
    made = from_array(np.ones(shape, dtype=dtype))
    assert made.size == (24, 16)
    assert np.asarray(made).max() == (1 if dtype == "uint8" else 255)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros((3, 16, 24), "uint8"), r"transpose\(1, 2, 0\)"),
        (np.zeros((2, 16, 24, 3), "uint8"), r"array\[0\]"),
        (np.zeros((16,), "uint8"), "must be H×W"),
        (np.zeros((0, 4, 3), "uint8"), "no pixels"),
        (np.zeros((4, 4), "int64"), "int64 is not a picture"),
        (np.full((4, 4), 200.0), "divide by 255"),
        (np.full((4, 4), np.nan), "must hold 0 to 1"),
        (np.array(["a"], dtype=object), "must be H×W"),
    ],
)
def test_other_arrays_say_what_is_wrong(array, said):
    with pytest.raises(MediaError, match=said):
        from_array(array)


def test_transparency_goes_onto_white_in_a_jpeg():
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    assert decode(encode(clear, "image/jpeg")).getpixel((4, 4)) == (255, 255, 255)


def test_a_colour_of_a_palette_can_be_transparent():
    palette = Image.new("P", (4, 4), 0)
    palette.info["transparency"] = 0
    assert plain(palette, alpha=True).mode == "RGBA"
    assert plain(palette, alpha=False).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", "I;16"])
@pytest.mark.parametrize("media_type", ["image/png", "image/jpeg", "image/webp"])
def test_every_mode_can_be_encoded(mode, media_type):
    assert decode(encode(Image.new(mode, (5, 3)), media_type)).size == (5, 3)


def test_sixteen_bits_become_eight_without_burning_out():
    deep = Image.fromarray(np.array([[0, 32_768, 65_535]], dtype=np.uint16))
    assert np.asarray(plain(deep, alpha=False)).tolist() == [[0, 127, 255]]


def test_scaling_keeps_the_proportions_and_never_enlarges():
    wide = Image.fromarray(noise(400, 100))
    assert scaled(wide, 100).size == (100, 25)
    assert scaled(wide, 4_000) is wide
    assert scaled(Image.new("RGB", (1_000, 1)), 10).size == (10, 1)


def test_upright_carries_the_orientation_out():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert upright(decode(picture("image/jpeg", 24, 16, exif=exif))).size == (16, 24)
