"""A portrait: head and shoulders in planes of light and shade, with the least that makes a face."""

from __future__ import annotations

import numpy as np

from ..draw.canvas import Canvas, Point, disc, line, melt, shape, spot
from ..draw.exact import RGB, Plane, blend, clamp, mix_colour, smoothstep
from .stage import Stage


def paint_portrait(canvas: Canvas, stage: Stage) -> None:
    """Head and shoulders without features, in planes of light and shade."""
    scene, palette = stage.scene, stage.palette
    dice = scene.dice("portrait")
    ground = scene.colour("sky") or mix_colour(palette.middle, palette.low, dice.unit())
    light = clamp(0.5 + canvas.noise(dice.bits(), 1.6, 5) * 0.16 + (canvas.x - stage.width * 0.5) * (0.35 * stage.side))
    pale = mix_colour(ground, palette.sun, 0.55)
    dark = mix_colour(ground, (0.06, 0.07, 0.12), 0.5)
    for c, plane in enumerate(canvas.rgb):
        plane[...] = dark[c] + (pale[c] - dark[c]) * light
    x, y = stage.width * 0.5, canvas.height * 0.42
    u = min(canvas.height, 1.25) * 0.9
    skin = dice.pick(((0.93, 0.74, 0.60), (0.80, 0.58, 0.43), (0.56, 0.37, 0.26), (0.96, 0.81, 0.70)))
    hair = dice.pick(((0.16, 0.11, 0.10), (0.36, 0.20, 0.12), (0.62, 0.40, 0.18), (0.10, 0.10, 0.14)))
    coat = scene.colour("portrait") or scene.colour("person") or scene.colour("accent") or palette.accent
    long_hair = scene.says("woman", "girl") or (not scene.says("man", "boy", "👨") and dice.chance(0.6))
    if long_hair:
        back = melt(
            disc(canvas, (x, y + 0.02 * u), 0.205 * u, 1.2),
            disc(canvas, (x - 0.02 * u, y + 0.20 * u), 0.20 * u, 1.0),
            0.08 * u,
        )
        _plane(canvas, stage, back, (x, y), 0.22 * u, hair, 0.55)
    shoulders = melt(
        disc(canvas, (x, y + 0.66 * u), 0.42 * u, 0.72), disc(canvas, (x, y + 0.40 * u), 0.12 * u, 1.2), 0.12 * u
    )
    below = np.maximum(np.abs(canvas.x - x) - 0.42 * u, (y + 0.66 * u) - canvas.y)
    shoulders = np.minimum(shoulders, below)
    _plane(canvas, stage, shoulders, (x, y + 0.6 * u), 0.45 * u, coat, 0.8)
    neck = disc(canvas, (x, y + 0.22 * u), 0.078 * u, 2.0)
    _plane(
        canvas,
        stage,
        np.maximum(neck, canvas.y - (y + 0.38 * u)),
        (x, y + 0.24 * u),
        0.10 * u,
        mix_colour(skin, (0.3, 0.12, 0.12), 0.3),
        0.6,
    )
    face = melt(
        disc(canvas, (x, y - 0.02 * u), 0.158 * u, 1.16), disc(canvas, (x, y + 0.11 * u), 0.105 * u, 1.0), 0.07 * u
    )
    _plane(canvas, stage, face, (x, y), 0.17 * u, skin, 1.0)
    _features(canvas, stage, (x, y), u, skin)
    part_at = x + 0.05 * u * stage.side
    fringe = np.maximum(
        disc(canvas, (x, y - 0.05 * u), 0.182 * u, 1.12), -disc(canvas, (part_at, y + 0.07 * u), 0.165 * u, 1.15)
    )
    _plane(canvas, stage, fringe, (x, y - 0.1 * u), 0.20 * u, hair, 0.9)


def _plane(
    canvas: Canvas, stage: Stage, distance: Plane, centre: Point, r: float, colour: RGB, contrast: float
) -> None:
    """Fill a shape, lit from the side, with a crisp turn from light to shade."""
    turn = (canvas.x - centre[0]) * (stage.side / r) - (canvas.y - centre[1]) * (0.35 / r)
    rag = canvas.noise(stage.scene.dice("planes").key, 7.0, 3, 0.6)
    light = smoothstep(-0.55, 0.45, turn * contrast + rag * 0.12) * 0.75 + clamp(turn * 0.25 + 0.1) * 0.25
    dark = mix_colour(colour, (0.16, 0.09, 0.20), 0.55)
    bright = mix_colour(colour, (1.0, 0.94, 0.82), 0.18)
    cover = canvas.edge(distance)
    for c, plane in enumerate(canvas.rgb):
        blend(plane, dark[c] + (bright[c] - dark[c]) * light, cover)


def _features(canvas: Canvas, stage: Stage, centre: Point, u: float, skin: RGB) -> None:
    """The least that makes a face: sockets, the nose's shade, lips."""
    x, y = centre
    shade = mix_colour(skin, (0.24, 0.10, 0.16), 0.62)
    for side in (-1.0, 1.0):
        spot(canvas, (x + side * 0.062 * u, y - 0.005 * u), 0.030 * u, shade, 0.42, 0.55)
        line(
            canvas, (x + side * 0.030 * u, y - 0.045 * u), (x + side * 0.094 * u, y - 0.050 * u), 0.009 * u, shade, 0.8
        )
        spot(canvas, (x + side * 0.062 * u, y), 0.012 * u, (0.12, 0.09, 0.11), 0.9, 0.8)
    d = -stage.side
    shape(canvas, [(x, y - 0.02 * u), (x + d * 0.026 * u, y + 0.072 * u), (x, y + 0.080 * u)], shade, 0.6)
    spot(canvas, (x, y + 0.125 * u), 0.036 * u, mix_colour(skin, (0.70, 0.16, 0.20), 0.55), 0.32, 0.9)
    line(canvas, (x - 0.034 * u, y + 0.125 * u), (x + 0.034 * u, y + 0.125 * u), 0.005 * u, shade)
