"""The engine's calls as plain steps: what runs on a thread, one step at a time."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...core.errors import InvalidInput, Problem
from ...core.events import Frame, Output
from ...core.requests import InputFile
from ...media.pixels import plain
from ...media.previews import ArrayFrame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

MAX_INPUT_PX = 4096
LARGE_PIXELS = 1_100_000
PNG_LEVEL = 1
"""14 ms for 512×512; level 4 takes twice as long for a file 6 % smaller."""


@dataclass(frozen=True, slots=True)
class Step:
    """One finished step of `steps`."""

    step: int
    steps: int
    frame: Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Painting:
    """A picture under way: iterate `steps` to the end, then call `outputs`."""

    steps: Iterator[Step]
    outputs: Callable[[], tuple[Output, ...]]
    seed: int | None


def is_large(values: Mapping[str, Any]) -> bool:
    """Whether a picture takes so much memory that it is painted alone."""
    return int(values.get("width") or 0) * int(values.get("height") or 0) > LARGE_PIXELS


def begin(model: str, values: Mapping[str, Any]) -> Painting:
    """Prepare a picture of `local/sketch` or `local/cutout`. Decodes input files; raises `InvalidInput`."""
    return _cutout(dict(values)) if model == "cutout" else _sketch(dict(values))


def _sketch(values: dict[str, Any]) -> Painting:
    from ...engine import Sketch, fit_image, fit_mask, paint

    image = values.pop("image", None)
    mask = values.pop("mask", None)
    if image is not None:
        picture = decode("image", image)
        width = int(values.setdefault("width", _multiple_of_8(picture.width)))
        height = int(values.setdefault("height", _multiple_of_8(picture.height)))
        values["image"] = fit_image(_pixels(picture, "RGB"), width, height)
        if mask is not None:
            values["mask"] = fit_mask(_pixels(decode("mask", mask), "L"), width, height)
    elif mask is not None:
        raise InvalidInput([Problem("mask", "says where to repaint an image; give the image too")])
    sketch = Sketch(**values)
    last: list[NDArray[np.uint8]] = []

    def steps() -> Iterator[Step]:
        for frame in paint(sketch):
            last[:] = [frame.pixels]
            yield Step(frame.step, frame.steps, ArrayFrame(frame.pixels))

    return Painting(steps=steps(), outputs=lambda: (png("image", last[0], seed=sketch.seed),), seed=sketch.seed)


def _cutout(values: dict[str, Any]) -> Painting:
    from ...engine import Cutout, cutting

    image = _pixels(decode("image", values.pop("image")), "RGB")
    last: list[Cutout] = []

    def steps() -> Iterator[Step]:
        for frame, cutout in cutting(image, **values):
            last[:] = [cutout]
            yield Step(frame.step, frame.steps, ArrayFrame(frame.pixels))

    def outputs() -> tuple[Output, ...]:
        (made,) = last
        named = (("image", made.image), ("subject_image", made.subject), ("mask_image", made.mask))
        return tuple(png(name, pixels) for name, pixels in named)

    return Painting(steps=steps(), outputs=outputs, seed=None)


def decode(name: str, file: InputFile) -> Image:
    """The picture in an input file, at most 4096 px a side. Raises `InvalidInput` where it holds none."""
    from PIL import Image, ImageOps

    try:
        picture: Image.Image = Image.open(io.BytesIO(file.read()))
        if max(picture.size) > MAX_INPUT_PX:
            limit = f"the embedded engine takes at most {MAX_INPUT_PX}"
            raise InvalidInput([Problem(name, f"is {picture.width}×{picture.height} px; {limit}")])
        return ImageOps.exif_transpose(picture)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput([Problem(name, f"{file.describe()} cannot be read as a picture ({error})")]) from error


def _pixels(picture: Image, mode: str) -> NDArray[np.uint8]:
    import numpy as np

    return np.asarray(plain(picture, alpha=False).convert(mode), dtype=np.uint8)


def _multiple_of_8(side: int) -> int:
    return min(2048, max(64, round(side / 8) * 8))


def png(name: str, pixels: NDArray[np.uint8], *, seed: int | None = None) -> Output:
    """An output that carries its PNG."""
    from PIL import Image

    held = io.BytesIO()
    Image.fromarray(pixels).save(held, "PNG", compress_level=PNG_LEVEL)
    height, width = pixels.shape[:2]
    return Output(name=name, data=held.getvalue(), media_type="image/png", width=width, height=height, seed=seed)
