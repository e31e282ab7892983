"""Painting step by step: from noise over a rough block-in and broad strokes to the finished picture."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .canvas import Canvas
from .compose import compose
from .exact import Plane, blur
from .noise import units
from .prompt import read_prompt
from .sketch import Frame, Pixels, Sketch, SketchFailed


def to_pixels(rgb: Plane) -> Pixels:
    """Planes 3×H×W (0..1) as H×W×3 uint8."""
    scaled = rgb * 255.0
    scaled += 0.5
    np.maximum(scaled, 0.0, out=scaled)
    np.minimum(scaled, 255.0, out=scaled)
    return np.ascontiguousarray(np.moveaxis(scaled.astype(np.uint8), 0, 2))


def paint(sketch: Sketch) -> Iterator[Frame]:
    """Paint ``sketch``, one frame a step; the last is the finished picture. Raises `SketchFailed` at ``fail_at_step``."""
    steps = sketch.num_inference_steps
    scene = read_prompt(sketch)
    finished = compose(scene, sketch.width, sketch.height).rgb
    rough = blur(finished, 5)
    grain = units(scene.layout, finished.size).reshape(finished.shape)
    for step in range(1, steps + 1):
        if step == sketch.fail_at_step:
            raise SketchFailed(step)
        t = step / steps
        picture = rough + (finished - rough) * t
        picture += (grain - picture) * ((1.0 - t) * (1.0 - t))
        yield Frame(step, steps, to_pixels(picture))
