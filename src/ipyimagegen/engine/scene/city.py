"""Skylines by day and by night."""

from __future__ import annotations

import numpy as np

from ..draw.canvas import Canvas, Point, box, line, shape
from ..draw.exact import RGB, bell, clamp, mix_colour, smoothstep
from ..draw.noise import Dice, mix64
from .stage import LAMP, Stage


def paint_city(canvas: Canvas, stage: Stage, base: float) -> None:
    """A skyline of three depths standing on height ``base``."""
    dice = stage.scene.dice("city")
    middle = stage.width * dice.between(0.35, 0.65)
    if stage.lamps_lit:
        sky = canvas.above(base)
        dome = bell(sky.y - base, 0.26) * (0.55 + 0.45 * bell(sky.x - middle, 0.5))
        neon: RGB = (0.95, 0.35, 0.75) if stage.scene.says("neon", "cyberpunk", "tokyo") else (1.0, 0.62, 0.36)
        sky.glow(dome * 0.55, neon)
    for distance, tall, count in ((0.66, 0.40, 30), (0.38, 0.34, 22), (0.06, 0.22, 20)):
        x = -0.03
        while x < stage.width + 0.03:
            width = dice.between(0.6, 1.5) * stage.width / count
            crowd = 1.0 - 0.55 * min(abs(x + width * 0.5 - middle) * 1.8 / stage.width, 1.0)
            height = tall * crowd * dice.between(0.35, 1.0) * stage.horizon / 0.6
            _tower(canvas, stage, (x, base), width * 0.92, height, distance, dice)
            x += width
        haze = canvas.crop(-1.0, base - 0.30, stage.width + 1.0, base)
        if not haze.empty and distance > 0.1:
            warm = mix_colour(stage.palette.haze, LAMP, 0.25 if stage.lamps_lit else 0.0)
            haze.lay(smoothstep(base - 0.30, base, haze.y) * 0.42, warm)


def _tower(canvas: Canvas, stage: Stage, foot: Point, width: float, height: float, distance: float, dice: Dice) -> None:
    """One building: two faces, a roof of some kind, and windows."""
    palette = stage.palette
    x, base = foot
    top = base - height
    local = dice.pick(
        ((0.52, 0.52, 0.56), (0.60, 0.52, 0.46), (0.42, 0.46, 0.54), (0.66, 0.62, 0.58), (0.50, 0.40, 0.38))
    )
    named = stage.scene.colour("city")
    if named is not None:
        local = mix_colour(local, named, 0.5)
    face = palette.far(palette.lit(local, 0.55), distance)
    side = palette.far(palette.lit(local, 0.0), distance)
    roof = dice.whole(0, 5)
    if roof == 0 and height > 0.14:
        line(canvas, (x + width * 0.5, top), (x + width * 0.5, top - height * 0.22), 0.004, side)
    if roof == 1:
        shape(canvas, [(x + width * 0.2, top), (x + width * 0.5, top - width * 0.5), (x + width * 0.8, top)], face)
    if roof == 2:
        shape(canvas, box(x + width * 0.2, top - height * 0.07, width * 0.6, height * 0.08), face)
    shape(canvas, box(x, top, width, height), face)
    split = width * dice.between(0.25, 0.4)
    dark_x = x if stage.side > 0 else x + width - split
    shape(canvas, box(dark_x, top, split, height), side)
    _windows(canvas, stage, (x, top), width, height, distance, dice)


def _windows(
    canvas: Canvas, stage: Stage, corner: Point, width: float, height: float, distance: float, dice: Dice
) -> None:
    cell = dice.between(0.013, 0.019) * (1.0 - 0.45 * distance)
    part = canvas.crop(corner[0], corner[1], corner[0] + width - canvas.pixel, corner[1] + height)
    key = dice.bits()
    if part.empty or width < cell * 2.0:
        return
    u = (part.x - corner[0]) * (1.0 / (width / max(int(width / cell), 1)))
    v = (part.y - corner[1]) * (1.0 / (cell * 1.25))
    fu, fv = np.floor(u), np.floor(v)
    soft = min(part.pixel / cell, 0.5) + 0.02
    pane = smoothstep(0.22 - soft, 0.22 + soft, u - fu) * smoothstep(0.80 + soft, 0.80 - soft, u - fu)
    pane = pane * smoothstep(0.25 - soft, 0.25 + soft, v - fv) * smoothstep(0.78 + soft, 0.78 - soft, v - fv)
    with np.errstate(over="ignore"):
        cells = fu.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) ^ (
            fv.astype(np.uint64) * np.uint64(0xD1B54A32D192ED03) + np.uint64(key)
        )
        chance = (mix64(cells) >> np.uint64(40)).astype(np.float32) * np.float32(1.0 / 16777216.0)
    pane = pane * (part.y > corner[1] + cell * 0.5)
    palette = stage.palette
    if stage.lamps_lit:
        share = 0.42 if stage.scene.hour == "night" else 0.25
        lit = pane * (chance < share)
        warm = mix_colour(LAMP, (0.75, 0.88, 1.0), 0.75 if dice.chance(0.25) else 0.0)
        if stage.scene.says("neon", "cyberpunk", "tokyo") and dice.chance(0.5):
            warm = dice.pick(((1.0, 0.35, 0.62), (0.35, 0.90, 1.0), (0.75, 0.45, 1.0)))
        part.lay(lit * (0.95 - 0.5 * distance) * (0.55 + 0.45 * clamp(chance * (1.0 / share))), warm)
        part.lay(pane * (chance >= share) * 0.3, (0.04, 0.05, 0.10))
    else:
        glass = palette.far(mix_colour(palette.middle, (0.1, 0.14, 0.2), 0.5), distance)
        part.lay(pane * (0.30 + 0.5 * chance) * (0.9 - 0.6 * distance), glass)
