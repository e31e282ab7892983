from __future__ import annotations

import io
import json
import struct
import tracemalloc
import zlib

import pytest
from PIL import Image, features

from ipyimagegen.core.errors import InvalidInput, StorageError
from ipyimagegen.media.metadata import read_metadata

from .foreign import (
    IMAGE_DESCRIPTION,
    INFOTEXT,
    MAKE,
    MODEL,
    SETTINGS,
    SOFTWARE,
    USER_COMMENT,
    commented,
    graph,
    jpeg_with,
    png_with,
    tiff,
    xmp,
)
from .samples import artifact, picture, png_chunk, with_chunk

GRAPH = json.dumps(graph())
ENVELOPE = json.dumps({"prompt": graph(), "workflow": {}})
CJK = f"灯台と夕暮れの海\nNegative prompt: 霧\n{SETTINGS}"
RAW_PROFILE = b"\nexif\n    8\n" + tiff({}, {USER_COMMENT: b"ASCII\0\0\0" + INFOTEXT.encode()}).hex().encode()
AFTER_PICTURE = picture()[:-12] + png_chunk(b"tEXt", b"parameters\0" + INFOTEXT.encode()) + picture()[-12:]
UNDECLARED = tiff({}, {USER_COMMENT: INFOTEXT.encode()})


def webp_with(block: bytes) -> bytes:
    data = picture("image/webp", exif=b"Exif\0\0" + tiff({}, {USER_COMMENT: b"x" * 8}))
    at = data.index(b"EXIF")
    body = data[12:at] + b"EXIF" + struct.pack("<I", len(block)) + block + b"\0" * (len(block) % 2)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


FILES = {
    "PNG tEXt": png_with({"parameters": INFOTEXT}),
    "PNG keyword in capitals": png_with({"Parameters": INFOTEXT}),
    "PNG zTXt": with_chunk(picture(), b"zTXt", b"parameters\0\0" + zlib.compress(INFOTEXT.encode())),
    "PNG iTXt": png_with({"parameters": INFOTEXT}, b"iTXt"),
    "PNG behind the picture": AFTER_PICTURE,
    "PNG eXIf": with_chunk(picture(), b"eXIf", tiff({}, {USER_COMMENT: b"ASCII\0\0\0" + INFOTEXT.encode()})),
    "PNG of ImageMagick": with_chunk(picture(), b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(RAW_PROFILE)),
    "PNG XMP": png_with({"XML:com.adobe.xmp": xmp(f"<dc:description>{INFOTEXT}</dc:description>")}, b"iTXt"),
    "PNG Description": png_with({"Description": INFOTEXT}),
    "JPEG UserComment": commented(INFOTEXT),
    "JPEG UserComment, little end first": commented(INFOTEXT, "utf-16-le"),
    "JPEG UserComment with a mark": commented(INFOTEXT, "utf-16"),
    "JPEG UserComment in UTF-8 (Exif 3)": commented(INFOTEXT, "utf-8"),
    "JPEG UserComment in ASCII": commented(INFOTEXT, "utf-8", b"ASCII\0\0\0"),
    "JPEG UserComment without a code": jpeg_with(UNDECLARED),
    "JPEG UserComment, block with little end first": commented(INFOTEXT, order="<"),
    "JPEG COM": jpeg_with(comment=INFOTEXT.encode()),
    "JPEG ImageDescription": jpeg_with(tiff({IMAGE_DESCRIPTION: INFOTEXT.encode()})),
    "JPEG XMP element": jpeg_with(
        xmp=xmp(
            f'<exif:UserComment><rdf:Alt><rdf:li xml:lang="x-default">{INFOTEXT}</rdf:li></rdf:Alt></exif:UserComment>'
        )
    ),
    "JPEG XMP attribute": jpeg_with(xmp=xmp("", f'dc:description="{INFOTEXT.replace(chr(10), "&#10;")}"')),
    "WebP UserComment": webp_with(tiff({}, {USER_COMMENT: b"UNICODE\0" + INFOTEXT.encode("utf-16-be")})),
    "WebP UserComment behind a prefix": webp_with(b"Exif\0\0" + UNDECLARED),
    "TIFF": tiff({IMAGE_DESCRIPTION: INFOTEXT.encode()}),
    "ComfyUI envelope": commented(ENVELOPE, "utf-8", b""),
    "ComfyUI bare graph": commented(GRAPH[:-1] + ', "extra": {}}'),
    "ComfyUI Model": jpeg_with(tiff({MODEL: b"prompt:" + GRAPH.encode(), MAKE: b"workflow:{}"})),
    "ComfyUI ImageDescription": jpeg_with(tiff({IMAGE_DESCRIPTION: b"Prompt: " + GRAPH.encode()})),
}


@pytest.mark.parametrize("place", FILES)
def test_a_text_is_found_wherever_it_lies(place):
    found = read_metadata(FILES[place])
    tool = "ComfyUI" if place.startswith("ComfyUI") else "AUTOMATIC1111"
    assert (tool, "a lighthouse at dusk", "fog") == (found.tool, found.prompt, found.negative_prompt)
    assert (found.seed, found.params["width"]) == (42, 512)


@pytest.mark.parametrize("coding", ["utf-16-be", "utf-16-le", "utf-8"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_scripts_without_latin_letters_are_read_in_every_coding(coding, order):
    assert read_metadata(commented(CJK, coding, order=order)).prompt == "灯台と夕暮れの海"
    only = "灯台と夕暮れの海\nNegative prompt: 霧"
    assert read_metadata(commented(only, coding, order=order)).negative_prompt == "霧"


def test_utf8_in_a_latin_chunk_and_latin_in_it_are_both_read():
    assert read_metadata(png_with({"parameters": CJK})).prompt == "灯台と夕暮れの海"
    latin = f"café\n{SETTINGS}".encode("latin-1")
    assert read_metadata(png_with({"parameters": latin})).prompt == "café"


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
def test_an_avif_is_read():
    data = picture("image/avif", exif=tiff({}, {USER_COMMENT: b"UNICODE\0" + INFOTEXT.encode("utf-16-be")}))
    assert read_metadata(data).prompt == "a lighthouse at dusk"
    packet = picture("image/avif", xmp=xmp(f"<dc:description>{INFOTEXT}</dc:description>"))
    assert read_metadata(packet).prompt == "a lighthouse at dusk"
    for end in range(0, len(data), 7):
        read_metadata(data[:end])


NOVELAI = {"prompt": "a lighthouse at dusk", "uc": "fog", "steps": 20, "scale": 7, "seed": 42, "width": 512}


def test_an_envelope_is_opened():
    """https://docs.novelai.net: what a PNG has in chunks, a WebP has as JSON in its UserComment."""
    block = tiff(
        {SOFTWARE: b"NovelAI Diffusion V4.5"},
        {USER_COMMENT: b"UNICODE\0" + json.dumps({"Comment": json.dumps(NOVELAI)}).encode("utf-16-be")},
    )
    found = read_metadata(webp_with(block))
    assert ("NovelAI", "a lighthouse at dusk", "fog") == (found.tool, found.prompt, found.negative_prompt)
    assert found.params["guidance_scale"] == 7


@pytest.mark.parametrize("name", ["PNG tEXt", "JPEG UserComment", "JPEG COM", "WebP UserComment", "PNG eXIf", "TIFF"])
def test_every_way_to_hand_a_picture_over_gives_the_same(tmp_path, name):
    data = FILES[name]
    path = tmp_path / "x"
    path.write_bytes(data)
    expected = read_metadata(data)
    stream = io.BytesIO(data)
    stream.seek(5)
    with path.open("rb") as file:
        given = [path, str(path), bytearray(data), stream, file]
        assert [expected] * 5 == [read_metadata(source) for source in given]
    assert stream.tell() == 5
    if name != "TIFF":
        with Image.open(path) as image:
            found = read_metadata(image)
        assert (expected.tool, expected.prompt, expected.params) == (found.tool, found.prompt, found.params)


def test_an_opened_png_is_read_to_its_end():
    with Image.open(io.BytesIO(AFTER_PICTURE)) as image:
        assert read_metadata(image).prompt == "a lighthouse at dusk"
    with Image.open(io.BytesIO(AFTER_PICTURE[:-90])) as image:
        assert not read_metadata(image)


def test_a_result_says_what_its_record_says():
    made = artifact()
    assert read_metadata(made).prompt == "a lighthouse"
    assert read_metadata(artifact(FILES["PNG tEXt"], model="", prompt="")).prompt == "a lighthouse at dusk"


def test_what_is_no_picture_is_refused_with_what_to_give(tmp_path):
    for wrong in (3, None, io.StringIO("x"), "", "a\0b"):
        with pytest.raises(InvalidInput):
            read_metadata(wrong)
    for missing in (tmp_path, tmp_path / "missing.png"):
        with pytest.raises(StorageError):
            read_metadata(missing)


def test_of_a_large_file_only_the_texts_are_read(tmp_path):
    path = tmp_path / "large.png"
    data = FILES["PNG tEXt"]
    at = data.index(b"IDAT") - 4
    with path.open("wb") as file:
        file.write(data[:at] + struct.pack(">I4s", 300_000_000, b"fake"))
        file.seek(300_000_004, 1)
        file.write(data[at:])
    tracemalloc.start()
    try:
        assert read_metadata(path).prompt == "a lighthouse at dusk"
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
