"""Pictures are made fit before they go out: right place, right colours, within limits, and each change is said."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from ipyimagegen.core.errors import InvalidInput
from ipyimagegen.core.models import ModelSpec, PictureLimits
from ipyimagegen.core.requests import InputFile
from ipyimagegen.core.schema import read_params
from ipyimagegen.jobs.prepare import prepare
from ipyimagegen.media.fitting import with_fit
from ipyimagegen.media.metadata.strip import stripped

SCHEMA = {
    "properties": {
        "prompt": {"type": "string"},
        "image": {"type": "string", "x-kind": "image"},
        "mask": {"type": "string", "x-kind": "mask"},
        "width": {"type": "integer", "minimum": 64, "maximum": 2048, "multipleOf": 8, "default": 512},
        "height": {"type": "integer", "minimum": 64, "maximum": 2048, "multipleOf": 8, "default": 512},
    }
}


def spec_with(**limits: Any) -> ModelSpec:
    spec = ModelSpec(service="far", name="away", params=read_params(SCHEMA), pictures=PictureLimits(**limits))
    return with_fit(spec)


def corners(width: int = 80, height: int = 40) -> Image.Image:
    """Red, green, blue and white quarters, clockwise from the upper left: how it lies can be told from any crop."""
    picture = Image.new("RGB", (width, height), "white")
    for colour, box in (
        ("red", (0, 0, width // 2, height // 2)),
        ("lime", (width // 2, 0, width, height // 2)),
        ("blue", (width // 2, height // 2, width, height)),
    ):
        picture.paste(colour, box)
    return picture


def stored_as(picture: Image.Image, orientation: int, kind: str = "JPEG", **save: Any) -> bytes:
    """A file whose EXIF says how to turn it, so that `picture` is what one sees."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    lying = picture.transpose(undo[orientation]) if orientation in undo else picture
    exif = lying.getexif()
    exif[0x0112] = orientation
    exif[0x010F] = "A camera"
    exif.get_ifd(0x8825)[1] = "N"
    return saved(lying, kind, exif=exif.tobytes(), **save)


def saved(picture: Image.Image, kind: str = "PNG", **save: Any) -> bytes:
    held = io.BytesIO()
    picture.save(held, kind, **({"quality": 95, "subsampling": 0} if kind == "JPEG" else {}), **save)
    return held.getvalue()


def sent(spec: ModelSpec, **values: Any) -> tuple[dict[str, Image.Image], list[str]]:
    """The pictures as they go out, and what is said of them."""
    (request,) = prepare(spec, {"prompt": "x", **values})
    files = {name: value for name, value in request.values.items() if isinstance(value, InputFile)}
    told = [str(change) for change in request.changes if change.what != "default"]
    return {name: Image.open(io.BytesIO(file.read())) for name, file in files.items()}, told


def quarters(picture: Image.Image) -> list[tuple[int, ...]]:
    rgb = picture.convert("RGB")
    w, h = rgb.size
    points = ((w // 4, h // 4), (3 * w // 4, h // 4), (3 * w // 4, 3 * h // 4), (w // 4, 3 * h // 4))
    return [tuple(255 if part > 127 else 0 for part in rgb.getpixel(point)) for point in points]  # type: ignore[union-attr]


UPRIGHT = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_goes_out_as_one_sees_it_without_where_it_was_taken(orientation: int, kind: str) -> None:
    found, told = sent(spec_with(), image=stored_as(corners(), orientation, kind))
    assert ((80, 40), UPRIGHT) == (found["image"].size, quarters(found["image"]))
    assert 0 == len(found["image"].getexif())
    assert ("turned upright" in told[0], "removed" in told[0]) == (orientation > 1, True)


def test_what_is_fit_goes_out_byte_for_byte() -> None:
    for data in (
        saved(corners()),
        saved(corners(), "JPEG"),
        saved(corners().convert("RGBA")),
        saved(corners(), "WEBP"),
    ):
        (request,) = prepare(spec_with(), {"prompt": "x", "image": data})
        assert data == request.values["image"].read()
        assert [] == [change for change in request.changes if change.what == "fitted"]


def test_metadata_can_be_kept() -> None:
    data = stored_as(corners(), 1)
    (request,) = prepare(spec_with(), {"prompt": "x", "image": data}, keep_metadata=True)
    assert data == request.values["image"].read()


def test_a_large_picture_is_made_smaller_and_not_cut() -> None:
    found, told = sent(spec_with(max_side_px=60), image=stored_as(corners(160, 80), 6))
    assert ((60, 30), UPRIGHT) == (found["image"].size, quarters(found["image"]))
    assert ["adjusted image: 80×160, turned upright, EXIF removed, sent as 60×30"] == told
    found, _ = sent(spec_with(max_pixels=800), image=saved(corners()))
    assert found["image"].width * found["image"].height <= 800


def test_a_file_over_the_limit_in_bytes_becomes_a_jpeg_or_is_refused() -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8))
    (request,) = prepare(spec_with(max_bytes=8_000), {"prompt": "x", "image": saved(noise)})
    file = request.values["image"]
    assert ("image/jpeg", "image.jpg", True) == (file.media_type, file.filename, file.size <= 8_000)
    with pytest.raises(InvalidInput, match=r"image: is .* MB however it is encoded, and this model takes 0\.0 MB"):
        prepare(spec_with(max_bytes=100), {"prompt": "x", "image": saved(noise)})


@pytest.mark.parametrize(
    ("made", "word"),
    [
        (lambda: saved(Image.fromarray(np.full((8, 8), 40_000, np.uint16))), "8 bits a channel"),
        (lambda: saved(Image.fromarray(np.full((8, 8), 0.61, np.float32)), "TIFF"), "8 bits a channel"),
        (lambda: saved(Image.new("CMYK", (8, 8), (99, 99, 99, 0)), "JPEG"), "CMYK converted to RGB"),
        (lambda: saved(Image.new("RGB", (8, 8), (156, 156, 156)), "BMP"), "BMP converted"),
    ],
)
def test_other_forms_and_depths_keep_their_brightness(made: Callable[[], bytes], word: str) -> None:
    found, told = sent(spec_with(), image=made())
    grey: Any = found["image"].convert("L").getpixel((4, 4))
    assert (150 <= grey <= 160, found["image"].format in ("PNG", "JPEG")) == (True, True)
    assert word in told[0]


def test_transparency_shows_white_where_a_model_takes_none() -> None:
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    palette = Image.new("P", (8, 8), 0)
    palette.putpalette([255, 0, 0])
    for data in (saved(clear), saved(palette, transparency=0), saved(palette, "GIF", transparency=0)):
        found, told = sent(spec_with(alpha=False), image=data)
        assert (255, 255, 255) == found["image"].convert("RGB").getpixel((4, 4))
        assert "transparency laid onto white" in told[0]
    found, _ = sent(spec_with(alpha=True), image=saved(clear))
    assert (255, 0, 0, 0) == found["image"].convert("RGBA").getpixel((4, 4))


def test_colours_of_a_wide_profile_are_carried_over() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert sent(spec_with(), image=saved(corners(), icc_profile=profile))[0]["image"].size == (80, 40)  # a wrong one
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = saved(corners(), icc_profile=srgb)
    (request,) = prepare(spec_with(), {"prompt": "x", "image": data})
    assert data == request.values["image"].read()


def test_of_a_moving_picture_the_first_frame_goes_out_and_it_is_said() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue", "white")]
    found, told = sent(spec_with(), image=saved(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert (255, 0, 0) == found["image"].convert("RGB").getpixel((4, 4))
    assert "the first of 3 frames" in told[0]


@pytest.mark.parametrize(
    "mask",
    [
        np.pad(np.ones((20, 40), np.uint8), ((0, 20), (0, 40))),
        np.pad(np.ones((20, 40), bool), ((0, 20), (0, 40))),
        np.pad(np.ones((20, 40), np.float32), ((0, 20), (0, 40))),
        np.pad(np.full((20, 40), 200, np.uint8), ((0, 20), (0, 40))),
    ],
)
def test_masks_of_every_usual_form_are_black_and_white(mask: Any) -> None:
    found, _ = sent(spec_with(), image=saved(corners()), mask=mask)
    assert {0, 255} == set(np.asarray(found["mask"].convert("L")).ravel().tolist())
    assert (255, 0) == (found["mask"].convert("L").getpixel((20, 10)), found["mask"].convert("L").getpixel((60, 30)))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_mask_of_the_upright_picture_stays_and_one_of_the_file_is_turned_along(orientation: int) -> None:
    seen = np.zeros((40, 80), np.uint8)
    seen[:20, :40] = 255
    photo = stored_as(corners(), orientation)
    turned = Image.open(io.BytesIO(stored_as(Image.fromarray(seen), orientation, "PNG")))
    lying = Image.fromarray(np.asarray(turned))
    masks = [seen, stored_as(Image.fromarray(seen), orientation, "PNG")]
    if lying.size != (80, 40):
        masks.append(np.asarray(lying))
    for mask in masks:
        found, _ = sent(spec_with(max_side_px=40), image=photo, mask=mask)
        assert ((40, 20), (40, 20)) == (found["image"].size, found["mask"].size)
        grey = found["mask"].convert("L")
        assert (255, 0, 0, 0) == tuple(grey.getpixel(at) for at in ((10, 5), (30, 5), (30, 15), (10, 15)))


def test_a_mask_that_says_nothing_is_refused() -> None:
    with pytest.raises(InvalidInput, match="mask: is all black, so nothing would be repainted; white is"):
        prepare(spec_with(), {"image": saved(corners()), "mask": np.zeros((40, 80), np.uint8)})
    hole = Image.new("RGBA", (80, 40), (0, 0, 0, 255))
    hole.paste((0, 0, 0, 0), (0, 0, 40, 20))
    with pytest.raises(InvalidInput, match="mask: says nothing but by its transparency"):
        prepare(spec_with(), {"image": saved(corners()), "mask": saved(hole)})
    with pytest.raises(InvalidInput, match="mask: says where to repaint a picture; give the picture too"):
        prepare(spec_with(), {"mask": saved(corners())})


@pytest.mark.parametrize(
    ("fit", "seen"),
    [
        ("stretch", UPRIGHT),
        ("crop", UPRIGHT),
        ("pad", [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]),
    ],
)
def test_fit_brings_a_picture_and_its_mask_to_the_size(fit: str, seen: list[tuple[int, ...]]) -> None:
    mask = np.zeros((40, 80), np.uint8)
    mask[:, :40] = 255
    found, told = sent(spec_with(), image=saved(corners()), mask=mask, width=64, height=64, fit=fit)
    assert ((64, 64), (64, 64)) == (found["image"].size, found["mask"].size)
    points = ((20, 28), (44, 28), (44, 36), (20, 36))
    rgb = found["image"].convert("RGB")
    colours = [tuple(255 if part > 127 else 0 for part in rgb.getpixel(at)) for at in points]  # type: ignore[union-attr]
    assert seen == colours
    edge = {"pad": 0}.get(fit, 255)
    assert (255, 0, edge) == tuple(found["mask"].convert("L").getpixel(at) for at in ((20, 32), (44, 32), (20, 2)))
    assert len(told) == 2


def test_fit_is_no_parameter_of_the_model_and_a_wrong_one_is_refused() -> None:
    (request,) = prepare(spec_with(), {"image": saved(corners()), "width": 64, "height": 64, "fit": "crop"})
    assert ("fit" in request.values, request.asked["fit"]) == (False, "crop")
    with pytest.raises(InvalidInput, match=r"fit: .*one of 'crop', 'pad', 'stretch'"):
        prepare(spec_with(), {"image": saved(corners()), "fit": "squeeze"})
    own = replace(spec_with(), params=read_params({"properties": {**SCHEMA["properties"], "fit": {"type": "string"}}}))
    (request,) = prepare(with_fit(own), {"image": saved(corners()), "fit": "squeeze"})
    assert "squeeze" == request.values["fit"]


def test_the_size_follows_the_picture_where_the_model_does() -> None:
    (request,) = prepare(spec_with(follows=True), {"image": saved(corners(4000, 3000))})
    assert (2048, 1536) == (request.values["width"], request.values["height"])
    (request,) = prepare(spec_with(follows=True), {"image": saved(corners()), "width": 128})
    assert "height" not in request.values
    (request,) = prepare(spec_with(), {"image": saved(corners())})
    assert "width" not in request.values


def test_what_cannot_be_read_is_refused_before_anything_is_sent() -> None:
    half = saved(corners(), "JPEG")
    with pytest.raises(InvalidInput, match="image: cannot be read as a picture"):
        prepare(spec_with(), {"image": half[: len(half) // 2]})
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64)
    with pytest.raises(InvalidInput, match=r"image: .*: image/heic; save it as JPEG"):
        prepare(spec_with(), {"image": heic})


def test_stripping_leaves_the_pixels_and_takes_every_text() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "where I live")
    files = {
        "image/png": saved(corners(), pnginfo=info),
        "image/jpeg": stored_as(corners(), 1, comment=b"where I live") + b"a film behind it",
        "image/webp": saved(corners(), "WEBP", lossless=True, exif=b"Exif\0\0where I live", xmp=b"where I live"),
    }
    for media_type, data in files.items():
        clean = stripped(data, media_type)
        assert b"where I live" not in clean
        assert b"A camera" not in clean
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), np.asarray(Image.open(io.BytesIO(clean))))
        assert clean is stripped(clean, media_type)
    progressive = saved(corners(), "JPEG", progressive=True)
    assert progressive == stripped(progressive + b"behind", "image/jpeg")
