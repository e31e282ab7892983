"""Painting step by step: from noise over a rough block-in and ever finer brushwork to the finished picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from .draw.exact import Plane, blend, blur, clamp, double
from .draw.guidance import guided
from .draw.noise import Dice, key_of, units
from .draw.retouch import Retouch
from .scene.compose import compose
from .scene.prompt import Scene, read_prompt
from .sketch import Frame, Pixels, Sketch, SketchFailed
from .style.styles import LAYERS, STYLE_LAYERS, Easel

_DRAFT = 8


def finish_of(steps: int) -> float:
    """How far ``steps`` steps take the picture, in layers (0..4): more get further, none gets quite to the end."""
    return LAYERS * steps / (steps + 1.3)


def _noise(sketch: Sketch) -> Plane:
    """What every picture starts from: coarse and fine grain in all colours."""
    shape = (3, sketch.height // _DRAFT, sketch.width // _DRAFT)
    dice = Dice(key_of("noise", sketch.seed))
    coarse = (dice.units(shape[0] * shape[1] * shape[2]).reshape(shape) - 0.5) * 0.75
    while coarse.shape[1] < sketch.height:
        coarse = double(coarse, coarse.shape[1] * 2, coarse.shape[2] * 2)
    fine = units(dice.bits(), sketch.height * sketch.width).reshape(sketch.height, sketch.width)
    coarse += (fine - 0.5) * 0.5
    coarse += 0.5
    return coarse


def _draft(scene: Scene, sketch: Sketch) -> Plane:
    """The first wash, from a composition an eighth the size."""
    small = compose(scene, sketch.width // _DRAFT, sketch.height // _DRAFT)
    wash = blur(guided(small.rgb, sketch.guidance_scale, small.pixel), 2)
    while wash.shape[1] < sketch.height:
        wash = double(wash, wash.shape[1] * 2, wash.shape[2] * 2)
    return wash


def _layers(scene: Scene, sketch: Sketch, retouch: Retouch | None) -> Iterator[Plane]:
    """The first wash and then the layers of the style, made when they are asked for."""
    wash = _draft(scene, sketch)
    yield wash if retouch is None else retouch.start(wash)
    picture = compose(scene, sketch.width, sketch.height).rgb
    pixel = 1.0 / min(sketch.width, sketch.height)
    picture = clamp(guided(picture, sketch.guidance_scale, pixel))
    if retouch is not None:
        picture = retouch.subject(picture)
    hand = Dice(key_of("hand", scene.layout, scene.tint))
    easel = Easel(picture, pixel, hand, "grain" not in scene.avoided)
    for layer in STYLE_LAYERS[scene.style](easel):
        yield layer if retouch is None else retouch.blend(layer)


def paint(sketch: Sketch) -> Iterator[Frame]:
    """Paint ``sketch``, one frame a step; the last is the finished picture.

    Takes about a second of one core for 512×512 and 20 steps. Raises `SketchFailed` in place of the frame of
    ``fail_at_step``.
    """
    steps = sketch.num_inference_steps
    scene = read_prompt(sketch)
    if scene.style == "night":
        scene = replace(scene, hour="night")
    retouch = Retouch.of(sketch)
    layers = _layers(scene, sketch, retouch)
    below, above, reached = next(layers), next(layers), 1
    noise = _noise(sketch)
    start = 1.0 if retouch is None else retouch.strength
    for step in range(1, steps + 1):
        if step == sketch.fail_at_step:
            raise SketchFailed(step)
        done = step / steps
        position = finish_of(steps) * done * (1.25 - 0.25 * done)
        while position > reached and reached < LAYERS:
            below, above, reached = above, next(layers), reached + 1
        left = (1.0 - done) * (1.0 - done) * start
        pixels = _developed(below, above, position - (reached - 1), noise, left)
        yield Frame(step, steps, pixels if retouch is None else retouch.keep(pixels))


def _developed(below: Plane, above: Plane, share: float, noise: Plane, left: float) -> Pixels:
    """The picture ``share`` of the way from one layer to the next, with what noise is ``left``, as H×W×3 uint8."""
    pixels = np.empty((*noise.shape[1:], 3), dtype=np.uint8)
    for channel, (lower, upper, grain) in enumerate(zip(below, above, noise, strict=True)):
        plane = upper - lower
        plane *= share
        np.add(plane, lower, out=plane)
        if left:
            blend(plane, grain, left)
        np.multiply(plane, 255.0, out=plane)
        np.add(plane, 0.5, out=plane)
        np.maximum(plane, 0.0, out=plane)
        pixels[:, :, channel] = np.minimum(plane, 255.0, out=plane)
    return pixels
