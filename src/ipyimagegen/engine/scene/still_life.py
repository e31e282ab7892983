"""Still lifes: a bowl of fruit or a vase of flowers in light from one side."""

from __future__ import annotations

import numpy as np

from ..draw.canvas import Canvas, Point, dabs, line, shape, spot
from ..draw.exact import RGB, Plane, bell, blend, clamp, fade, mix_colour, smoothstep
from ..draw.noise import Dice
from .flora import flower_colours
from .stage import Stage

_FRUIT: dict[str, tuple[RGB, float]] = {
    "apple": ((0.76, 0.17, 0.14), 0.95),
    "orange": ((0.93, 0.53, 0.13), 0.98),
    "lemon": ((0.95, 0.81, 0.24), 0.86),
    "pear": ((0.72, 0.72, 0.26), 1.18),
    "peach": ((0.94, 0.60, 0.42), 0.95),
    "plum": ((0.36, 0.20, 0.40), 0.94),
}


def paint_still_life(canvas: Canvas, stage: Stage) -> None:
    """A table before a wall, with a bowl of fruit, or a vase if the prompt names one or flowers."""
    dice = stage.scene.dice("still life")
    table = canvas.height * 0.64
    _room(canvas, stage, table, dice)
    if stage.scene.has("vase", "flowers"):
        _vase(canvas, stage, (stage.width * 0.5, table + 0.20), dice)
        _fruit(canvas, stage, (stage.width * (0.5 + 0.24 * stage.side), table + 0.22), 0.062, dice)
    else:
        _bowl(canvas, stage, (stage.width * 0.5, table + 0.10), dice)


def _room(canvas: Canvas, stage: Stage, table: float, dice: Dice) -> None:
    wall = stage.scene.colour("accent") or dice.pick(
        ((0.34, 0.40, 0.42), (0.52, 0.43, 0.36), (0.28, 0.32, 0.40), (0.46, 0.50, 0.44))
    )
    night = stage.night
    dim = 0.45 if night else 1.0
    x = canvas.x if stage.side > 0 else stage.width - canvas.x
    shaft = bell(x * 0.9 - canvas.y * 0.6 - stage.width * 0.36, 0.34)
    stain = canvas.noise(dice.bits(), 2.6, 5)
    light = clamp(0.30 + 0.58 * shaft + stain * 0.07) * dim
    warm = mix_colour(wall, (1.0, 0.92, 0.75), 0.35)
    for c, plane in enumerate(canvas.rgb):
        plane[...] = wall[c] * 0.42 + (warm[c] - wall[c] * 0.42) * light
    part = canvas.below(table - 0.02)
    cloth = dice.pick(((0.62, 0.42, 0.26), (0.86, 0.80, 0.70), (0.45, 0.28, 0.20)))
    edge = table + part.noise(dice.bits(), 1.0, 2, 4.0) * 0.004
    grain = part.noise(dice.bits(), 10.0, 5, 7.0)
    px = part.x if stage.side > 0 else stage.width - part.x
    lit = clamp(0.42 + 0.45 * bell(px - stage.width * 0.62, 0.55) + grain * 0.10 - (part.y - table) * 0.25) * dim
    cover = part.edge(edge - part.y)
    for c, plane in enumerate(part.rgb):
        tone = cloth[c] * 0.35 + (cloth[c] * 1.12 - cloth[c] * 0.35) * lit
        blend(plane, tone, cover)


def _orb(canvas: Canvas, stage: Stage, centre: Point, r: float, colour: RGB, squash: float, dice: Dice) -> None:
    """A round fruit: core shade, reflected light, highlight, a little skin texture."""
    x, y = centre
    part = canvas.crop(x - r * 1.1, y - r * 1.35, x + r * 1.1, y + r * 1.35)
    if part.empty:
        return
    nx, ny = (part.x - x) * (1.0 / r), (part.y - y) * (1.0 / (r * squash))
    if squash > 1.05:
        nx = nx * (1.0 + 0.45 * smoothstep(0.1, -1.0, ny))
    skin = part.noise(dice.bits(), 0.5 / r, 4)
    square = nx * nx + ny * ny
    nz = np.sqrt(clamp(1.0 - square))
    cover = part.edge((np.sqrt(square) - 1.0) * r)
    lx, ly, lz = -0.55 * -stage.side, -0.62, 0.56
    lambert = nx * lx + ny * ly + nz * lz
    light = clamp(0.16 + 0.84 * smoothstep(-0.25, 0.95, lambert) + skin * 0.05)
    bounce = clamp(ny * 0.5 - nz * 0.2) * 0.25
    shine = smoothstep(0.90, 0.985, lambert) * 0.65
    dim = 0.55 if stage.night else 1.0
    deep = mix_colour(colour, (0.16, 0.07, 0.14), 0.72)
    warm = mix_colour(colour, (1.0, 0.93, 0.72), 0.22)
    for c, plane in enumerate(part.rgb):
        tone = deep[c] + (colour[c] - deep[c]) * smoothstep(0.0, 0.6, light)
        blend(tone, warm[c], smoothstep(0.55, 1.0, light))
        tone += bounce * (0.55, 0.40, 0.28)[c] * 0.5
        tone *= dim
        blend(tone, 1.0, shine * dim)
        blend(plane, tone, cover)


def _cast(canvas: Canvas, stage: Stage, centre: Point, r: float) -> None:
    """The soft shadow of something round that stands on the table."""
    x, y = centre
    sx = x - stage.side * r * 0.75
    part = canvas.crop(x - r * 4.0, y - r * 1.2, x + r * 4.0, y + r * 1.2)
    if part.empty:
        return
    dx, dy = (part.x - sx) * (1.0 / (r * 1.7)), (part.y - y) * (1.0 / (r * 0.40))
    part.shade(1.0 - 0.62 * fade((dx * dx + dy * dy) * 1.4))


def _fruit(canvas: Canvas, stage: Stage, foot: Point, r: float, dice: Dice) -> None:
    """One or two pieces of fruit that lie on the table."""
    kinds = _kinds(stage)
    for n in (1, 0):
        colour, squash = _FRUIT[kinds[dice.whole(0, len(kinds) - 1)]]
        centre = (foot[0] + n * r * 1.7 * stage.side, foot[1] - n * r * 0.5)
        _cast(canvas, stage, centre, r)
        _orb(canvas, stage, (centre[0], centre[1] - r * squash * 0.88), r, colour, squash, dice)


def _kinds(stage: Stage) -> list[str]:
    """The fruit that the prompt names, or a mix."""
    named = [kind for kind in _FRUIT if stage.scene.says(kind, kind + "s", kind + "es")]
    return named or ["apple", "orange", "pear", "lemon", "plum", "peach"]


def _bowl(canvas: Canvas, stage: Stage, centre: Point, dice: Dice) -> None:
    x, y = centre
    wide, deep = 0.30, 0.155
    _cast(canvas, stage, (x, y + deep * 0.95), wide * 0.86)
    kinds = _kinds(stage)
    glaze = stage.scene.colour("still_life") or dice.pick(((0.90, 0.88, 0.84), (0.28, 0.42, 0.56), (0.72, 0.45, 0.30)))
    spot(canvas, (x, y), wide, mix_colour(glaze, (0.08, 0.07, 0.10), 0.72), 0.22)
    heap = [
        (-0.17, 0.00, 0.085),
        (0.17, 0.0, 0.085),
        (-0.02, -0.035, 0.092),
        (-0.10, 0.03, 0.090),
        (0.09, 0.035, 0.092),
        (0.005, -0.11, 0.082),
    ]
    for n, (dx, dy, r) in enumerate(heap):
        colour, squash = _FRUIT[kinds[(n + dice.whole(0, 2)) % len(kinds)]]
        _orb(canvas, stage, (x + dx, y - 0.05 + dy - (0.02 if squash > 1.0 else 0.0)), r, colour, squash, dice)
        if kinds[0] != "lemon" and squash < 1.0:
            top = (x + dx + 0.004, y - 0.05 + dy - r * squash * 0.84)
            line(canvas, top, (top[0] + 0.012, top[1] - 0.024), 0.006, (0.28, 0.20, 0.12))
    leaf = (0.30, 0.42, 0.20)
    shape(canvas, [(x + 0.02, y - 0.20), (x + 0.08, y - 0.255), (x + 0.135, y - 0.235), (x + 0.07, y - 0.205)], leaf)
    part = canvas.crop(x - wide * 1.05, y - 0.02, x + wide * 1.05, y + deep * 1.1)
    nx, ny = (part.x - x) * (1.0 / wide), (part.y - y) * (1.0 / deep)
    rim = np.sqrt(clamp(1.0 - nx * nx)) * (0.22 * wide / deep)
    cover = part.edge(np.maximum((np.sqrt(nx * nx + ny * ny) - 1.0) * deep, (rim - ny) * deep)) * (part.y > y)
    _turned(part, stage, nx * 0.95 + ny * 0.15 * stage.side, cover, glaze)


def _turned(part: Canvas, stage: Stage, turn: Plane, cover: Plane, glaze: RGB) -> None:
    """Shade a thrown pot: ``turn`` is -1 at its left edge, 1 at its right."""
    light = clamp(0.40 + turn * (0.55 * stage.side))
    shine = bell(turn - 0.45 * stage.side, 0.07) * 0.55
    dark = mix_colour(glaze, (0.08, 0.07, 0.12), 0.75)
    dim = 0.55 if stage.night else 1.0
    for c, plane in enumerate(part.rgb):
        tone = (dark[c] + (glaze[c] - dark[c]) * light) * dim
        blend(tone, 1.0, shine * dim)
        blend(plane, tone, cover)


def _vase(canvas: Canvas, stage: Stage, foot: Point, dice: Dice) -> None:
    x, base = foot
    tall = 0.34
    _cast(canvas, stage, (x, base), 0.10)
    glaze = stage.scene.colour("vase") or dice.pick(((0.26, 0.42, 0.58), (0.88, 0.86, 0.80), (0.30, 0.48, 0.42)))
    mouth = (x, base - tall)
    stem = (0.24, 0.36, 0.18)
    heads: list[tuple[float, float, float]] = []
    for n in range(26):
        a = dice.between(-1.0, 1.0)
        b = dice.between(0.06, 0.40) * (1.0 - 0.35 * abs(a))
        heads.append((x + a * 0.26, base - tall - b + 0.02, 0.034 + 0.026 * dice.unit()))
        if n % 2:
            line(canvas, mouth, heads[-1][:2], 0.006, stem)
    leaves = 120
    lx = x + (dice.units(leaves) - 0.5) * 0.54
    ly = base - tall - dice.units(leaves) * 0.32 + 0.03
    tone = dice.units(leaves)
    greens = np.stack([0.14 + 0.24 * tone, 0.24 + 0.28 * tone, 0.12 + 0.12 * tone], axis=1)
    dabs(canvas, lx, ly, 0.014 + 0.02 * dice.units(leaves), greens, opacity=0.9, squash=0.6)
    petals = flower_colours(stage)
    for hx, hy, r in sorted(heads, key=lambda head: -head[1]):
        _head(canvas, stage, (hx, hy), r, petals[dice.whole(0, len(petals) - 1)], dice)
    part = canvas.crop(x - 0.16, base - tall - 0.01, x + 0.16, base + 0.01)
    t = clamp((base - part.y) * (1.0 / tall))
    half = 0.055 + 0.075 * bell(t - 0.38, 0.22) + 0.02 * smoothstep(0.85, 1.0, t)
    cover = part.edge(np.abs(part.x - x) - half) * (part.y < base) * (part.y > base - tall)
    _turned(part, stage, (part.x - x) / half, cover, glaze)


def _head(canvas: Canvas, stage: Stage, centre: Point, r: float, petal: RGB, dice: Dice) -> None:
    """One blossom of a bunch: a whorl of dabs around a heart."""
    count = 22
    a, b = dice.units(count) - 0.5, dice.units(count) - 0.5
    light = clamp(0.55 + a * (0.7 * stage.side) - b * 0.8)
    order = np.argsort((light * 100.0).astype(np.int32), kind="stable")
    deep = mix_colour(petal, (0.2, 0.05, 0.15), 0.55)
    pale = mix_colour(petal, (1.0, 0.97, 0.9), 0.35)
    colours = np.stack([deep[c] + (pale[c] - deep[c]) * light for c in range(3)], axis=1)
    dim = 0.55 if stage.night else 1.0
    dabs(
        canvas,
        (centre[0] + a * (1.7 * r))[order],
        (centre[1] + b * (1.5 * r))[order],
        np.full(count, r * 0.42, dtype=np.float32),
        (colours * dim)[order],
        opacity=0.92,
    )
    spot(canvas, centre, r * 0.2, mix_colour(petal, (0.25, 0.16, 0.05), 0.65), opacity=0.8)
