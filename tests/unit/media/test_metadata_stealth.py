"""Texts in the lowest bits of a picture's transparency (github.com/NovelAI/novelai-image-metadata)."""

from __future__ import annotations

import gzip
import io
import json

import numpy as np
import pytest
from PIL import Image

from ipyimagegen.media.metadata import read_metadata
from ipyimagegen.media.metadata.window import MAX_TEXT_BYTES

from .foreign import INFOTEXT
from .samples import noise

NOVELAI = json.dumps(
    {
        "Description": "a lighthouse at dusk",
        "Software": "NovelAI",
        "Comment": json.dumps({"prompt": "a lighthouse at dusk", "uc": "fog", "steps": 28, "seed": 42, "scale": 5}),
    }
)


def hiding(text: str, *, packed: bool, bits: int | None = None, width: int = 70, height: int = 50) -> bytes:
    """A PNG with a text bit by bit in its alpha channel, down the columns."""
    body = gzip.compress(text.encode()) if packed else text.encode()
    mark = b"stealth_pngcomp" if packed else b"stealth_pnginfo"
    payload = mark + (8 * len(body) if bits is None else bits).to_bytes(4, "big") + body
    pixels = noise(width, height, 4)
    alpha = pixels[:, :, 3].T.ravel() & 0xFE
    stream = np.unpackbits(np.frombuffer(payload, np.uint8))
    alpha[: len(stream)] |= stream
    pixels[:, :, 3] = alpha.reshape(width, height).T
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize(("text", "tool"), [(NOVELAI, "NovelAI"), (INFOTEXT, "AUTOMATIC1111")])
def test_a_hidden_text_is_found_where_the_file_says_nothing_else(tmp_path, text, tool, packed):
    data = hiding(text, packed=packed)
    path = tmp_path / "x.png"
    path.write_bytes(data)
    with Image.open(path) as image:
        found = [read_metadata(source) for source in (data, path, io.BytesIO(data), image)]
    assert [(tool, "a lighthouse at dusk", "fog", 42)] * 4 == [
        (one.tool, one.prompt, one.negative_prompt, one.seed) for one in found
    ]


@pytest.mark.parametrize("bits", [0, 7, 3_000_000, 2**32 - 1])
def test_a_wrong_length_gives_what_is_there_or_nothing(bits):
    for packed in (True, False):
        read_metadata(hiding(INFOTEXT, packed=packed, bits=bits))


def test_a_hidden_text_that_inflates_without_end_is_cut():
    data = hiding(f"{INFOTEXT}, Note: " + "x" * 10_000_000, packed=True, width=400, height=250)
    assert len(read_metadata(data).raw["UserComment"]) == MAX_TEXT_BYTES


def test_a_transparent_picture_that_hides_nothing_says_nothing():
    for size in ((1, 1), (1, 200), (200, 1)):
        buffer = io.BytesIO()
        Image.new("RGBA", size, (1, 2, 3, 255)).save(buffer, "PNG")
        assert not read_metadata(buffer.getvalue())
