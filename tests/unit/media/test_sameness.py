"""Which pictures look the same."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

import ipyimagegen as ig
from ipyimagegen.core.events import Output
from ipyimagegen.media.artifacts import Artifact, Payload, make_artifact
from ipyimagegen.media.sameness import same_picture


def scene(seed: int, size: int = 256) -> Image.Image:
    """A smooth picture of chance, with a plain sky."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 255, (8, 8, 3), dtype=np.uint8))
    picture = small.resize((size, size), Image.Resampling.BICUBIC)
    picture.paste((120, 160, 220), (0, 0, size, size // 3))
    return picture


def artifact(picture: Image.Image, kind: str = "PNG", **options: int) -> Artifact:
    sink = io.BytesIO()
    picture.save(sink, kind, **options)
    data = sink.getvalue()
    return make_artifact(Payload(data=data), Output(data=data))


@pytest.mark.parametrize(
    "other",
    [
        artifact(scene(1)),
        artifact(scene(1), "JPEG", quality=60),
        artifact(scene(1).resize((100, 100), Image.Resampling.LANCZOS)),
        artifact(scene(1), "WEBP", quality=50),
        artifact(scene(1).convert("RGBA")),
    ],
    ids=["copy", "jpeg", "smaller", "webp", "alpha"],
)
def test_a_copy_in_another_size_or_format_is_the_same(other: Artifact) -> None:
    assert same_picture(artifact(scene(1)), other)


@pytest.mark.parametrize("seed", range(2, 8))
def test_another_picture_is_not_the_same(seed: int) -> None:
    assert not same_picture(artifact(scene(1)), artifact(scene(seed)))


def test_a_picture_with_something_added_is_not_the_same() -> None:
    changed = scene(1)
    changed.paste((250, 240, 10), (100, 130, 140, 170))
    assert not ig.same_picture(artifact(scene(1)), artifact(changed))


def test_a_picture_in_other_colours_is_not_the_same() -> None:
    red, green, blue = scene(1).split()
    assert not same_picture(artifact(scene(1)), artifact(Image.merge("RGB", (blue, red, green))))
