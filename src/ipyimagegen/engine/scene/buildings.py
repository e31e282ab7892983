"""What people built in the country: houses, lighthouses, castles, windmills, bridges and roads."""

from __future__ import annotations

import numpy as np

from ..draw.canvas import Canvas, Point, box, line, shape, spot
from ..draw.exact import RGB, bell, blend, clamp, fade, mix_colour, smoothstep
from ..draw.noise import Dice
from .stage import LAMP, Stage


def paint_house(canvas: Canvas, stage: Stage, foot: Point, size: float, dice: Dice) -> None:
    """A house of about ``size`` units, its front corner at ``foot``, lamps lit after sunset, smoke from the chimney."""
    palette = stage.palette
    x, base = foot
    s = size
    d = -stage.side
    wall = stage.scene.colour("house") or dice.pick(
        ((0.93, 0.88, 0.78), (0.70, 0.28, 0.22), (0.86, 0.80, 0.70), (0.55, 0.42, 0.33))
    )
    tiles = (
        palette.snow
        if stage.scene.season == "winter"
        else dice.pick(((0.62, 0.26, 0.18), (0.36, 0.30, 0.32), (0.48, 0.32, 0.22)))
    )
    front, flank = palette.lit(wall, 0.85), palette.lit(wall, 0.18)
    gx = x - 0.42 * s * d
    puff = palette.lit((0.9, 0.9, 0.92), 0.6)
    for n in range(7):
        r = s * (0.04 + 0.022 * n)
        spot(canvas, (x + d * s * (0.55 + 0.05 * n), base - s * (1.02 + 0.10 * n)), r, puff, 0.9, 0.20 - 0.022 * n)
    spot(canvas, (x + d * s * 0.15, base + s * 0.02), s * 0.85, palette.lit((0.15, 0.16, 0.12), 0.1), 0.10, 0.45)
    shape(
        canvas,
        [(x, base), (x + d * 0.85 * s, base - 0.05 * s), (x + d * 0.85 * s, base - 0.50 * s), (x, base - 0.46 * s)],
        flank,
    )
    shape(
        canvas,
        [
            (gx, base - 0.03 * s),
            (x, base),
            (x, base - 0.46 * s),
            ((gx + x) / 2, base - 0.86 * s),
            (gx, base - 0.46 * s),
        ],
        front,
    )
    shape(
        canvas, box(x + d * 0.5 * s - 0.05 * s, base - 0.98 * s, 0.10 * s, 0.3 * s), palette.lit((0.5, 0.3, 0.25), 0.3)
    )
    ridge = ((gx + x) / 2, base - 0.89 * s)
    far_ridge = (ridge[0] + d * 0.85 * s, base - 0.90 * s)
    shape(
        canvas,
        [ridge, far_ridge, (x + d * 0.92 * s, base - 0.45 * s), (x + d * 0.05 * s, base - 0.41 * s)],
        palette.lit(tiles, 0.45),
    )
    line(canvas, ridge, (gx - d * 0.06 * s, base - 0.40 * s), 0.05 * s, palette.lit(tiles, 0.75))
    line(canvas, ridge, (x + d * 0.05 * s, base - 0.41 * s), 0.04 * s, palette.lit(tiles, 0.55))
    glass = LAMP if stage.lamps_lit else mix_colour(palette.middle, (0.1, 0.12, 0.2), 0.6)
    if stage.lamps_lit:
        glow = canvas.crop(x - s * 1.5, base - s * 1.5, x + s * 1.5, base + s)
        if not glow.empty:
            dx, dy = glow.x - x, glow.y - (base - 0.25 * s)
            glow.glow(fade(np.sqrt(dx * dx + dy * dy) * (3.2 / s)) * 0.45, LAMP)
    mid = (gx + x) / 2
    shape(canvas, box(mid - 0.06 * s, base - 0.28 * s, 0.12 * s, 0.26 * s), palette.lit((0.36, 0.22, 0.16), 0.5))
    spot(canvas, (mid, base - 0.56 * s), 0.055 * s, glass)
    for along in (0.28, 0.58):
        shape(canvas, box(x + d * along * s - 0.06 * s, base - 0.33 * s, 0.12 * s, 0.15 * s), glass)


def paint_lighthouse(canvas: Canvas, stage: Stage, foot: Point, tall: float) -> None:
    """A banded tower with a lantern; after sunset its beam sweeps out."""
    palette = stage.palette
    x, base = foot
    band = stage.scene.colour("lighthouse") or (0.78, 0.20, 0.17)
    wide, narrow = tall * 0.115, tall * 0.068
    lamp = (x, base - tall * 0.90)
    if stage.lamps_lit or stage.scene.weather == "fog":
        _beam(canvas, stage, lamp)
    part = canvas.crop(x - wide * 1.2, base - tall, x + wide * 1.2, base + 0.01)
    if part.empty:
        return
    t = clamp((base - part.y) * (1.0 / (tall * 0.82)))
    half = wide + (narrow - wide) * t
    cover = part.edge(np.maximum(np.abs(part.x - x) - half, (base - tall * 0.82) - part.y)) * (part.y < base)
    turn = (part.x - x) / half
    light = clamp(0.55 + turn * (0.62 * stage.side) - turn * turn * 0.15)
    stripes = t * 5.0
    stripes = stripes - np.floor(stripes)
    red = smoothstep(0.0, 0.02, stripes) * smoothstep(0.52, 0.50, stripes)
    white: RGB = (0.96, 0.94, 0.90)
    for c, plane in enumerate(part.rgb):
        dark = palette.lit(white, 0.0)[c] + (palette.lit(band, 0.0)[c] - palette.lit(white, 0.0)[c]) * red
        bright = palette.lit(white, 1.0)[c] + (palette.lit(band, 1.0)[c] - palette.lit(white, 1.0)[c]) * red
        blend(plane, dark + (bright - dark) * light, cover)
    iron = palette.lit((0.16, 0.15, 0.18), 0.5)
    shape(canvas, box(x - narrow * 1.5, base - tall * 0.84, narrow * 3.0, tall * 0.022), iron)
    room = LAMP if stage.lamps_lit else palette.lit((0.80, 0.88, 0.92), 0.8)
    shape(canvas, box(x - narrow * 0.75, base - tall * 0.93, narrow * 1.5, tall * 0.09), room)
    for n in (-0.75, -0.25, 0.25, 0.75):
        line(canvas, (x + n * narrow, base - tall * 0.93), (x + n * narrow, base - tall * 0.84), tall * 0.006, iron)
    cap = palette.lit(band, 0.5)
    shape(canvas, [(x - narrow, base - tall * 0.93), (x, base - tall * 1.0), (x + narrow, base - tall * 0.93)], cap)
    line(canvas, (x, base - tall), (x, base - tall * 1.04), tall * 0.007, iron)
    for n in (0.2, 0.5):
        spot(canvas, (x, base - tall * n), tall * 0.012, iron, 1.5)


def _beam(canvas: Canvas, stage: Stage, lamp: Point) -> None:
    sky = canvas.above(stage.horizon + 0.02)
    dx, dy = sky.x - lamp[0], sky.y - lamp[1]
    reach = np.sqrt(dx * dx + dy * dy)
    for towards, strength in ((stage.side, 0.75), (-stage.side, 0.45)):
        ahead = dx * towards
        spread = np.abs(dy + ahead * 0.10) / (ahead * 0.085 + 0.004)
        light = smoothstep(1.0, 0.1, spread) * (ahead > 0.0) * fade(reach * 1.7) * strength
        sky.glow(light, (1.0, 0.92, 0.70))
    sky.glow(fade(reach * 16.0), LAMP)
    sky.glow(bell(reach, 0.02), (1.0, 0.97, 0.85))


def paint_castle(canvas: Canvas, stage: Stage, foot: Point, size: float, dice: Dice) -> None:
    """Walls and pointed towers around a keep, on a rocky knoll."""
    palette = stage.palette
    x, base = foot
    distance = 0.25 + (0.25 if stage.scene.weather == "fog" else 0.0)
    stone = stage.scene.colour("castle") or (0.66, 0.60, 0.54)
    face, dark = palette.far(palette.lit(stone, 0.75), distance), palette.far(palette.lit(stone, 0.05), distance)
    roof = palette.far(
        palette.lit(dice.pick(((0.32, 0.36, 0.48), (0.55, 0.26, 0.22), (0.30, 0.34, 0.36))), 0.6), distance
    )
    roof_dark = mix_colour(roof, (0.05, 0.06, 0.12), 0.35)
    towers = [(-0.46, 0.48, 0.10), (0.44, 0.42, 0.11), (-0.20, 0.70, 0.10), (0.20, 0.62, 0.12), (0.02, 0.95, 0.13)]
    shape(canvas, box(x - 0.46 * size, base - 0.28 * size, 0.90 * size, 0.36 * size), mix_colour(face, dark, 0.35))
    for n in range(12):
        shape(
            canvas,
            box(x + (-0.46 + n * 0.076) * size, base - 0.31 * size, 0.04 * size, 0.04 * size),
            mix_colour(face, dark, 0.35),
        )
    for dx, tall, wide in towers:
        tx, ty, w = x + dx * size, base - tall * size, wide * size
        shape(canvas, box(tx - w / 2, ty, w, tall * size + 0.08 * size), face)
        shade_x = tx - w / 2 if stage.side > 0 else tx
        shape(canvas, box(shade_x, ty, w / 2, tall * size + 0.08 * size), mix_colour(face, dark, 0.7))
        peak = (tx, ty - w * 1.7)
        shape(canvas, [(tx - w * 0.66, ty), peak, (tx + w * 0.66, ty)], roof)
        shape(canvas, [(tx - w * 0.66 * stage.side, ty), peak, (tx, ty)], roof_dark)
        line(canvas, peak, (tx, peak[1] - w * 0.3), 0.003, dark)
        pane = LAMP if stage.lamps_lit else mix_colour(dark, (0.0, 0.0, 0.0), 0.5)
        for level in (0.14, 0.34):
            spot(canvas, (tx, ty + level * tall * size), w * 0.09, pane, 1.7)
    gate = mix_colour(dark, (0.0, 0.0, 0.0), 0.45)
    spot(canvas, (x, base - 0.04 * size), 0.07 * size, gate, 1.4)


def paint_windmill(canvas: Canvas, stage: Stage, foot: Point, size: float, dice: Dice) -> None:
    """A tapered mill with four sails."""
    palette = stage.palette
    x, base = foot
    wall = stage.scene.colour("windmill") or (0.90, 0.86, 0.78)
    light, dark = palette.lit(wall, 0.9), palette.lit(wall, 0.1)
    top = base - size
    shape(
        canvas,
        [(x - 0.24 * size, base), (x - 0.13 * size, top), (x + 0.13 * size, top), (x + 0.24 * size, base)],
        light,
    )
    s = -stage.side
    shape(
        canvas,
        [(x, base), (x, top), (x + s * 0.13 * size, top), (x + s * 0.24 * size, base)],
        mix_colour(light, dark, 0.75),
    )
    cap = palette.lit((0.40, 0.24, 0.20), 0.5)
    shape(canvas, [(x - 0.16 * size, top), (x, top - 0.22 * size), (x + 0.16 * size, top)], cap)
    shape(
        canvas,
        box(x - 0.045 * size, base - 0.22 * size, 0.09 * size, 0.22 * size),
        palette.lit((0.30, 0.20, 0.15), 0.4),
    )
    spot(canvas, (x, base - 0.55 * size), 0.04 * size, palette.lit((0.2, 0.2, 0.26), 0.4), 1.3)
    hub = (x, top + 0.02 * size)
    cosine, sine = dice.pick(((0.92, 0.39), (0.81, 0.59), (0.97, 0.24)))
    wood = palette.lit((0.32, 0.24, 0.20), 0.5)
    cloth = palette.lit((0.95, 0.92, 0.85), 0.85)
    for dx, dy in ((cosine, sine), (-sine, cosine), (-cosine, -sine), (sine, -cosine)):
        tip = (hub[0] + dx * 0.75 * size, hub[1] + dy * 0.75 * size)
        a = (hub[0] + dx * 0.16 * size, hub[1] + dy * 0.16 * size)
        across = (-dy * 0.14 * size, dx * 0.14 * size)
        shape(
            canvas,
            [a, tip, (tip[0] + across[0], tip[1] + across[1]), (a[0] + across[0], a[1] + across[1])],
            cloth,
            0.88,
        )
        line(canvas, hub, tip, 0.022 * size, wood)
    spot(canvas, hub, 0.035 * size, wood)


def paint_bridge(canvas: Canvas, stage: Stage, top: float, bottom: float) -> None:
    """A stone bridge of three arches across the whole picture."""
    palette = stage.palette
    part = canvas.crop(-1.0, top - 0.05, stage.width + 1.0, bottom)
    if part.empty:
        return
    stone = stage.scene.colour("bridge") or (0.70, 0.62, 0.53)
    middle = stage.width * 0.5
    dx = (part.x - middle) * (1.0 / stage.width)
    deck = top + dx * dx * 0.16
    solid = deck - part.y
    span = stage.width / 3.0
    for n in (-1.0, 0.0, 1.0):
        cx = middle + n * span
        rx, ry = span * 0.40, (bottom - top) * (0.74 - 0.10 * abs(n))
        ax, ay = (part.x - cx) * (1.0 / rx), (part.y - bottom) * (1.0 / ry)
        solid = np.maximum(solid, (1.0 - np.sqrt(ax * ax + ay * ay)) * ry)
    cover = part.edge(solid)
    grain = part.noise(stage.scene.dice("bridge").key, 26.0, 3, 2.2)
    light = clamp(0.55 + grain * 0.22 - smoothstep(0.0, bottom - top, part.y - top) * 0.3)
    light = light + smoothstep(0.016, 0.008, part.y - deck) * 0.35
    dark, bright = palette.lit(stone, 0.0), palette.lit(stone, 0.9)
    for c, plane in enumerate(part.rgb):
        blend(plane, dark[c] + (bright[c] - dark[c]) * light, cover)


def paint_road(canvas: Canvas, stage: Stage, top: float, local: RGB) -> None:
    """A winding way from the bottom edge to a point on ``top``."""
    palette = stage.palette
    part = canvas.below(top)
    if part.empty:
        return
    dice = stage.scene.dice("road")
    near = clamp((part.y - top) * (1.0 / (stage.height - top)))
    bend = dice.between(0.16, 0.30) * (1.0 if dice.chance(0.5) else -1.0)
    s = near * (1.0 - near)
    middle = stage.width * dice.between(0.42, 0.58) + s * (bend * 3.0) * (1.0 - near) - s * bend * 1.2
    half = 0.006 + near * (0.10 + 0.10 * near)
    edge = part.noise(dice.bits(), 14.0, 4, 1.6) * (0.15 * half)
    cover = part.edge(np.abs(part.x - middle) - half + edge)
    tracks = 1.0 - bell(np.abs(part.x - middle) / half - 0.55, 0.16) * 0.28
    grain = part.noise(dice.bits(), 30.0, 3, 2.5)
    light = clamp(0.62 * tracks + grain * 0.14)
    dark, bright = palette.lit(local, 0.0), palette.lit(local, 1.0)
    for c, plane in enumerate(part.rgb):
        tone = dark[c] + (bright[c] - dark[c]) * light
        blend(tone, palette.haze[c], 0.45 * (1.0 - near))
        blend(plane, tone, cover)
