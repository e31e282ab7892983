"""Pictures of nothing in particular: marbled flows, fields of colour, circles and planes."""

from __future__ import annotations

import numpy as np

from ..draw.canvas import Canvas, disc, line, shape
from ..draw.exact import RGB, Plane, blend, clamp, hex_colour, mix_colour, smoothstep, wave
from ..draw.noise import Dice, sample, tile
from .stage import Stage

_SETS = (
    "14213d 2a6f8f e9d8a6 ee9b00 bb3e03",
    "2b2d42 8d99ae edf2f4 ef767a d90429",
    "1d3557 457b9d a8dadc f1faee e63946",
    "283618 606c38 fefae0 dda15e bc6c25",
    "231942 5e548e 9f86c0 e0b1cb f2e9e4",
    "0b3c49 137c8b 7fc8a9 f4e9cd e07a5f",
    "33202a 90323d d9a566 f3e9d2 5a8f8a",
)


def colour_set(stage: Stage) -> list[RGB]:
    """Five colours from dark over light to accent; colours that the prompt names come first."""
    dice = stage.scene.dice("colour set", stage.scene.tint)
    colours = [hex_colour(code) for code in dice.pick(_SETS).split()]
    named = [colour for _, colour in stage.scene.colours]
    if named:
        first, last = named[0], named[-1]
        colours = [
            mix_colour(first, (0.04, 0.05, 0.10), 0.68),
            first,
            mix_colour(first, (1.0, 0.97, 0.9), 0.70),
            last if len(named) > 1 else mix_colour(first, colours[3], 0.6),
            named[1] if len(named) > 2 else mix_colour(last, (0.9, 0.6, 0.3), 0.25),
        ]
    return colours


def ramp(canvas: Canvas, t: Plane, colours: list[RGB]) -> None:
    """Fill the canvas with a smooth run through ``colours`` by ``t`` (0..1)."""
    last = len(colours) - 1
    place = clamp(t) * float(last)
    for c, plane in enumerate(canvas.rgb):
        plane[...] = colours[0][c]
        for n in range(last):
            np.add(plane, (colours[n + 1][c] - colours[n][c]) * smoothstep(0.0, 1.0, place - float(n)), out=plane)


def paint_abstract(canvas: Canvas, stage: Stage) -> None:
    """One of three kinds of abstract; "marble" and "geometric" name theirs."""
    dice = stage.scene.dice("abstract")
    kind = dice.whole(0, 2)
    if stage.scene.says("marble", "flow", "fluid", "psychedelic"):
        kind = 0
    if stage.scene.says("geometric", "pattern", "circles", "bauhaus"):
        kind = 2
    (_marble, _fields, _planes)[kind](canvas, stage, dice)


def _marble(canvas: Canvas, stage: Stage, dice: Dice) -> None:
    """Paint poured and pulled: noise warped by noise warped by noise, lit as if it had relief."""
    patch, u, v = tile("marble", 4, 6), canvas.x * 0.34 + dice.unit(), canvas.y * 0.34 + dice.unit()
    u, v = u + np.zeros_like(v), v + np.zeros_like(u)
    a, b = sample(patch, u, v), sample(patch, u + 0.37, v + 0.71)
    u2, v2 = u + a * 0.075, v + b * 0.075
    c, d = sample(patch, u2 + 0.13, v2 + 0.29), sample(patch, u2 + 0.59, v2 + 0.83)
    field = sample(patch, u + c * 0.11, v + d * 0.11)
    relief = sample(patch, u + c * 0.11 + 0.004, v + d * 0.11 + 0.004)
    colours = colour_set(stage)
    ramp(canvas, 0.48 + field * 0.62 + c * 0.16, colours)
    veins = wave(field * 1.7 + a * 0.6)
    veins = smoothstep(0.86, 1.0, veins)
    canvas.lay(veins * 0.75, mix_colour(colours[3], (1.0, 0.92, 0.72), 0.45))
    slope = clamp((field - relief) * 5.0, -1.0, 1.0)
    canvas.shade(1.0 + slope * 0.22)


def _fields(canvas: Canvas, stage: Stage, dice: Dice) -> None:
    """Two or three soft fields of colour over a stained ground."""
    colours = colour_set(stage)
    stain = canvas.noise(dice.bits(), 3.0, 6)
    ramp(canvas, 0.22 + stain * 0.09, colours[:3])
    top, order = 0.07, [3, 2, 4] if dice.chance(0.5) else [4, 3, 1]
    cuts = [dice.between(0.26, 0.40), dice.between(0.14, 0.26)]
    cuts.append(0.86 - sum(cuts))
    rag = canvas.noise(dice.bits(), 11.0, 5) * 0.010 + canvas.noise(dice.bits(), 2.0, 2) * 0.008
    for share, which in zip(cuts, order, strict=True):
        low = (top + share - 0.025) * canvas.height
        left = 0.075 * stage.width
        dx = np.abs(canvas.x - stage.width * 0.5) - (stage.width * 0.5 - left)
        dy = np.abs(canvas.y - (top * canvas.height + low) * 0.5) - (low - top * canvas.height) * 0.5
        inside = smoothstep(0.028, -0.03, np.maximum(dx, dy) + rag)
        tone = clamp(0.5 + canvas.noise(dice.bits(), 1.4, 6) * 0.30)
        deep = mix_colour(colours[which], colours[0], 0.25)
        for c, plane in enumerate(canvas.rgb):
            blend(plane, deep[c] + (colours[which][c] - deep[c]) * tone, inside * 0.93)
        top += share


def _planes(canvas: Canvas, stage: Stage, dice: Dice) -> None:
    """Circles, bars and arcs that overlap like coloured glass, on paper."""
    colours = colour_set(stage)
    paper = mix_colour(max(colours, key=sum), (0.97, 0.95, 0.90), 0.6)
    fibre = canvas.noise(dice.bits(), 5.0, 6)
    for plane, channel in zip(canvas.rgb, paper, strict=True):
        plane[...] = channel + fibre * 0.018
    w, h = stage.width, canvas.height
    big = (w * dice.between(0.35, 0.65), h * dice.between(0.32, 0.52))
    for n in range(int(9.0 * max(w * h, 1.0))):
        colour = colours[dice.whole(0, 4)]
        kind = dice.whole(0, 2) if n else 0
        x, y = (dice.between(0.1, 0.9) * w, dice.between(0.1, 0.9) * h) if n else big
        r = dice.between(0.08, 0.26) if n else 0.32
        if kind == 0:
            d = disc(canvas, (x, y), r)
            d = np.abs(d + r * 0.2) - r * 0.2 if dice.chance(0.35) and n else d
            tone = canvas.edge(d) * clamp(0.80 + canvas.noise(dice.bits(), 4.0, 5) * 0.14 + (canvas.y - y) * 0.25)
            _glaze(canvas, tone, colour)
        elif kind == 1:
            dx, dy = dice.between(-0.5, 0.5), dice.between(-0.5, 0.5)
            line(canvas, (x - dx, y - dy), (x + dx, y + dy), dice.pick((0.006, 0.012, 0.04)), colours[0], 0.9)
        else:
            points = [(x + dice.between(-r, r) * 1.6, y + dice.between(-r, r) * 1.6) for _ in range(3)]
            shape(canvas, points, colour, 0.85)
    for _ in range(5):
        x, y = dice.between(0.1, 0.9) * w, dice.between(0.1, 0.9) * h
        shape(canvas, [(x, y), (x + 0.03, y), (x + 0.03, y + 0.03), (x, y + 0.03)], colours[dice.whole(0, 4)], 0.9)


def _glaze(canvas: Canvas, cover: Plane, colour: RGB) -> None:
    """Lay a transparent colour: it darkens what is under it."""
    for plane, channel in zip(canvas.rgb, colour, strict=True):
        tinted = plane * (0.35 + 0.65 * channel) * 0.5 + channel * 0.5
        blend(plane, tinted, cover)
