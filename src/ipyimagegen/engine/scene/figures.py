"""Small things that give a landscape its subject: boats, balloons, birds, a cat, a wanderer."""

from __future__ import annotations

import numpy as np

from ..draw.canvas import Canvas, Point, capsule, disc, line, melt, polygon, shape, spot
from ..draw.exact import RGB, Plane, blend, clamp, mix_colour, smoothstep
from ..draw.noise import Dice
from .stage import Stage


def paint_boat(canvas: Canvas, stage: Stage, foot: Point, size: float) -> None:
    """A sailing boat ``size`` units high on the water at ``foot``, with its broken reflection."""
    _hull_and_sails(canvas, stage, foot, size, -0.8, 0.30)
    _hull_and_sails(canvas, stage, foot, size, 1.0, 1.0)
    line(
        canvas,
        (foot[0] - size * 0.5, foot[1] + 0.004),
        (foot[0] + size * 0.5, foot[1] + 0.004),
        0.004,
        stage.palette.low,
        0.5,
    )


def _hull_and_sails(canvas: Canvas, stage: Stage, foot: Point, size: float, up: float, opacity: float) -> None:
    """The boat itself (``up`` 1) or its mirror image (``up`` negative)."""
    palette = stage.palette
    x, y = foot

    def at(dx: float, dy: float) -> Point:
        return (x + dx * size * stage.side, y - dy * size * up)

    hull = stage.scene.colour("boat") or (0.48, 0.24, 0.18)
    light, dark = palette.lit(hull, 0.7), palette.lit(hull, 0.05)
    cloth = palette.lit((0.98, 0.95, 0.88), 0.95)
    fold = palette.lit((0.95, 0.90, 0.84), 0.25)
    line(canvas, at(0.02, 0.08), at(0.02, 1.0), 0.016 * size, palette.lit((0.3, 0.22, 0.18), 0.4), opacity)
    shape(canvas, [at(0.05, 0.16), at(0.05, 0.97), at(0.26, 0.55), at(0.40, 0.18)], cloth, opacity)
    shape(canvas, [at(0.05, 0.16), at(0.05, 0.97), at(0.14, 0.50)], fold, opacity * 0.6)
    shape(canvas, [at(-0.01, 0.18), at(-0.01, 0.86), at(-0.20, 0.46), at(-0.30, 0.20)], fold, opacity)
    shape(
        canvas,
        [at(-0.40, 0.12), at(0.50, 0.13), at(0.40, 0.02), at(0.30, -0.02), at(-0.28, -0.02), at(-0.36, 0.03)],
        light,
        opacity,
    )
    shape(
        canvas,
        [at(-0.38, 0.06), at(0.45, 0.06), at(0.40, 0.01), at(0.30, -0.02), at(-0.28, -0.02), at(-0.36, 0.03)],
        dark,
        opacity,
    )


def paint_balloons(canvas: Canvas, stage: Stage) -> None:
    """Hot-air balloons, the near one large and striped in the accent colour."""
    dice = stage.scene.dice("balloons")
    places = ((0.62, 0.36, 0.135), (0.30, 0.24, 0.075), (0.82, 0.62, 0.046), (0.14, 0.58, 0.036), (0.46, 0.60, 0.026))
    for n, (across, down, radius) in reversed(list(enumerate(places))):
        x = stage.width * (across if stage.side < 0 else 1.0 - across) + dice.between(-0.04, 0.04)
        _balloon(
            canvas,
            stage,
            (x, stage.horizon * down + dice.between(-0.03, 0.03)),
            radius,
            0.5 - 0.45 * radius / 0.135,
            n,
            dice,
        )


def _balloon(canvas: Canvas, stage: Stage, centre: Point, r: float, distance: float, n: int, dice: Dice) -> None:
    palette = stage.palette
    x, y = centre
    part = canvas.crop(x - r * 1.05, y - r * 1.05, x + r * 1.05, y + r * 1.45)
    if part.empty:
        return
    main = stage.scene.colour("balloon") or (
        palette.accent
        if n == 0
        else dice.pick(((0.86, 0.36, 0.22), (0.20, 0.45, 0.60), (0.93, 0.72, 0.24), (0.60, 0.28, 0.45)))
    )
    second: RGB = (0.97, 0.91, 0.78)
    dy = (part.y - y) * (1.0 / r)
    lower = clamp(dy, 0.0, 2.0)
    taper = 1.0 - lower * lower * 0.36
    half = np.sqrt(clamp(1.0 - np.where(dy < 0, dy * dy, dy * dy * 0.52))) * r * (0.55 + 0.45 * taper)
    cover = part.edge(np.abs(part.x - x) - half) * (dy < 1.32) * (dy > -1.0)
    turn = clamp((part.x - x) / (half + 1e-4), -1.0, 1.0)
    gore = turn * (1.0 + 0.45 * turn * turn) * 2.6 + 16.0
    gore = gore - np.floor(gore)
    stripe = smoothstep(0.46, 0.52, gore) * smoothstep(1.0, 0.96, gore)
    light = clamp(0.55 + turn * 0.45 * stage.side - dy * 0.30 - np.abs(turn) * 0.12)
    for c, plane in enumerate(part.rgb):
        dark = palette.lit(main, 0.0)[c] + (palette.lit(second, 0.0)[c] - palette.lit(main, 0.0)[c]) * stripe
        bright = palette.lit(main, 1.0)[c] + (palette.lit(second, 1.0)[c] - palette.lit(main, 1.0)[c]) * stripe
        tone = dark + (bright - dark) * light
        blend(tone, palette.haze[c], distance)
        blend(plane, tone, cover)
    basket = palette.far(palette.lit((0.42, 0.28, 0.18), 0.5), distance)
    for s in (-1.0, 1.0):
        line(canvas, (x + s * r * 0.20, y + r * 1.28), (x + s * r * 0.10, y + r * 1.56), r * 0.018, basket)
    shape(
        canvas,
        [
            (x - r * 0.13, y + r * 1.54),
            (x + r * 0.13, y + r * 1.54),
            (x + r * 0.10, y + r * 1.72),
            (x - r * 0.10, y + r * 1.72),
        ],
        basket,
    )


def paint_birds(canvas: Canvas, stage: Stage, count: int) -> None:
    """A flock far off: two curved wings each."""
    dice = stage.scene.dice("birds")
    cx, cy = stage.width * dice.between(0.35, 0.65), stage.horizon * dice.between(0.30, 0.5)
    colour = mix_colour(stage.palette.lit((0.15, 0.15, 0.2), 0.3), stage.palette.middle, 0.15)
    for _ in range(count):
        x, y = cx + dice.between(-0.22, 0.22), cy + dice.between(-0.12, 0.12)
        s = dice.between(0.010, 0.022)
        flap = dice.between(0.2, 0.6)
        for side in (-1.0, 1.0):
            elbow = (x + side * s * 0.5, y - s * flap)
            line(canvas, (x, y), elbow, s * 0.16, colour)
            line(canvas, elbow, (x + side * s, y - s * flap * 0.55), s * 0.11, colour)


def paint_cat(canvas: Canvas, stage: Stage, foot: Point, size: float) -> None:
    """A sitting cat, seen from behind, its tail round its feet; the light draws a rim along one side."""
    x, y = foot
    s = size
    d = -stage.side
    part = canvas.crop(x - s * 0.9, y - s * 1.15, x + s * 0.9, y + s * 0.12)
    if part.empty:
        return
    body = disc(part, (x, y - 0.30 * s), 0.27 * s, 1.12)
    chest = disc(part, (x, y - 0.52 * s), 0.19 * s, 1.15)
    head = disc(part, (x, y - 0.83 * s), 0.165 * s, 0.88)
    shadow = melt(melt(body, chest, 0.10 * s), head, 0.06 * s)
    for side in (-1.0, 1.0):
        ear = [
            (x + side * 0.155 * s, y - 0.86 * s),
            (x + side * 0.145 * s, y - 1.08 * s),
            (x + side * 0.03 * s, y - 0.95 * s),
        ]
        shadow = np.minimum(shadow, polygon(part, ear) - 0.008 * s)
    tail = capsule(part, (x + d * 0.16 * s, y - 0.06 * s), (x + d * 0.44 * s, y - 0.03 * s), 0.055 * s, 0.05 * s)
    tip = capsule(part, (x + d * 0.44 * s, y - 0.03 * s), (x + d * 0.60 * s, y - 0.12 * s), 0.05 * s, 0.035 * s)
    shadow = melt(melt(shadow, tail, 0.03 * s), tip, 0.05 * s)
    _furry(part, stage, shadow, x, s)


def _furry(part: Canvas, stage: Stage, shadow: Plane, x: float, s: float) -> None:
    palette = stage.palette
    coat = stage.scene.colour("cat") or stage.scene.colour("accent") or (0.13, 0.12, 0.15)
    fur = part.noise(stage.scene.dice("cat").key, 22.0 / s * 0.3, 4, 0.5)
    inside = clamp(shadow * (-1.0 / (0.16 * s)))
    turn = (part.x - x) * (stage.side / (0.3 * s))
    light = clamp(0.12 + turn * 0.30 + fur * 0.10)
    rim = smoothstep(0.30, 0.02, inside) * clamp(0.25 + turn * 1.1)
    stripes = smoothstep(0.35, 0.75, fur + 0.2) * 0.35 if coat[0] > 0.5 else 0.0
    cover = part.edge(shadow + fur * 0.006 * s)
    dark, bright = palette.lit(coat, 0.0), palette.lit(coat, 1.0)
    edge = mix_colour(palette.sun, coat, 0.35)
    for c, plane in enumerate(part.rgb):
        tone = dark[c] + (bright[c] - dark[c]) * light
        tone *= 1.0 - stripes
        blend(tone, edge[c], rim * (0.75 if not stage.night else 0.55))
        blend(plane, tone, cover)


def paint_wanderer(canvas: Canvas, stage: Stage, foot: Point, size: float) -> None:
    """A standing figure in a long coat, seen from behind."""
    palette = stage.palette
    x, y = foot
    s = size
    coat = stage.scene.colour("person") or mix_colour(palette.accent, (0.2, 0.15, 0.2), 0.45)
    dark, light = palette.lit(coat, 0.05), palette.lit(coat, 0.9)
    shade = palette.lit((0.12, 0.12, 0.12), 0.1)
    spot(canvas, (x - stage.side * 0.3 * s, y), 0.40 * s, shade, 0.10, 0.4)
    for side in (-1.0, 1.0):
        line(canvas, (x + side * 0.06 * s, y - 0.35 * s), (x + side * 0.075 * s, y), 0.07 * s, shade)
    outline = [
        (-0.11, 0.80),
        (0.11, 0.80),
        (0.16, 0.72),
        (0.17, 0.45),
        (0.20, 0.22),
        (-0.20, 0.22),
        (-0.17, 0.45),
        (-0.16, 0.72),
    ]
    shape(canvas, [(x + dx * s, y - dy * s) for dx, dy in outline], dark)
    line(
        canvas,
        (x + stage.side * 0.14 * s, y - 0.74 * s),
        (x + stage.side * 0.17 * s, y - 0.28 * s),
        0.05 * s,
        light,
        0.8,
    )
    spot(canvas, (x, y - 0.90 * s), 0.085 * s, palette.lit((0.28, 0.18, 0.14), 0.2), 1.15)
    spot(canvas, (x + stage.side * 0.035 * s, y - 0.90 * s), 0.045 * s, palette.lit((0.75, 0.55, 0.42), 0.8), 1.5, 0.5)
