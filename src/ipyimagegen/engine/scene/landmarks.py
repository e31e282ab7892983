"""Particular places: headlands, beaches, rivers, waterfalls, volcanoes."""

from __future__ import annotations

import numpy as np

from ..draw.canvas import Canvas
from ..draw.exact import blend, clamp, mix_colour, smoothstep
from ..draw.noise import fbm
from .stage import Stage


def headland(
    canvas: Canvas,
    stage: Stage,
    at: float,
    tall_unit: float,
    *,
    rocky: bool = True,
    base: float | None = None,
    wide: float = 0.30,
    tall: float | None = None,
) -> float:
    """A mound of rock or grass around ``at`` whose foot is at ``base`` (the horizon); returns the height of its top."""
    palette = stage.palette
    foot = stage.horizon if base is None else base
    height = tall_unit if tall is None else tall
    dice = stage.scene.dice("headland", at)
    part = canvas.crop(-1.0, foot - height * 1.5, stage.width + 1.0, foot)
    if part.empty:
        return foot - height
    outer = part.x - at
    towards = np.where(outer * stage.side < 0.0, wide * 2.2, wide)
    t = clamp(np.abs(outer) / towards)
    mound = 1.0 - t * t * (3.0 - 2.0 * t)
    rough = fbm(part.x, part.y[:1], dice.bits(), frequency=9.0, octaves=5, finest=part.pixel)
    crags = np.floor(mound * 5.0 + rough * 0.5) * 0.2
    mound = mound * 0.62 + clamp(crags) * 0.38 * smoothstep(0.0, 0.15, t) + mound * 0.38 * smoothstep(0.15, 0.0, t)
    line = foot - height * (mound * 0.96 + rough * 0.11 * clamp(t * 3.0) * (mound + 0.1)) + 0.004
    depth = part.y - line
    cover = part.edge(-depth)
    bend = part.noise(dice.bits(), 7.0, 5, 0.8)
    fine = part.noise(dice.bits(), 20.0, 4, 1.4)
    light = clamp(0.40 + outer * (0.8 * stage.side) + bend * 0.24 + fine * 0.16 - clamp(depth, 0.0, 1.0) * 1.2)
    stone = mix_colour(palette.rock, palette.earth, 0.45)
    turf = palette.snow if stage.scene.season == "winter" else mix_colour(palette.grass, palette.leaf, 0.35)
    green = smoothstep(0.05, 0.0, depth + bend * 0.02) if rocky else smoothstep(0.30, 0.0, depth + bend * 0.05)
    distance = 0.14
    for c, plane in enumerate(part.rgb):
        dark = palette.far(palette.lit(stone, 0.0), distance)[c]
        bright = palette.far(palette.lit(stone, 0.95), distance)[c]
        tone = dark + (bright - dark) * light
        lawn_dark = palette.far(palette.lit(turf, 0.05), distance)[c]
        lawn = lawn_dark + (palette.far(palette.lit(turf, 1.0), distance)[c] - lawn_dark) * clamp(light + 0.15)
        blend(tone, lawn, green)
        blend(plane, tone, cover)
    return foot - height * 0.96


def paint_beach(canvas: Canvas, stage: Stage) -> None:
    """Sand in front, with a wet edge and a line of foam."""
    palette = stage.palette
    part = canvas.below(stage.shore - 0.14)
    if part.empty:
        return
    dice = stage.scene.dice("beach")
    swing = fbm(part.x, part.y[:1], dice.bits(), frequency=1.6, octaves=3) * 0.022
    edge = stage.shore + swing + (part.x - stage.width * 0.5) * (-0.16 * stage.side)
    depth = part.y - edge
    fine = part.noise(dice.bits(), 40.0, 3, 3.0)
    broad = part.noise(dice.bits(), 4.0, 4, 2.5)
    light = clamp(0.62 + broad * 0.16 + fine * 0.08)
    wet = smoothstep(0.075, 0.0, depth)
    dark, bright = palette.lit(palette.sand, 0.0), palette.lit(palette.sand, 1.0)
    sheen = mix_colour(palette.low, palette.lit(palette.sand, 0.2), 0.55)
    cover = smoothstep(-0.012, 0.010, depth)
    for c, plane in enumerate(part.rgb):
        tone = dark[c] + (bright[c] - dark[c]) * light
        blend(tone, sheen[c], wet * 0.75)
        blend(plane, tone, cover)
    foam = palette.lit((0.97, 0.98, 0.98), 0.95)
    for offset, width, strength in ((0.0, 0.010, 0.95), (-0.035, 0.007, 0.6), (-0.075, 0.005, 0.4)):
        ragged = depth - offset + broad * 0.006 + fine * 0.004
        band = np.maximum(0.0, 1.0 - np.abs(ragged) * (1.0 / width))
        part.lay(clamp(band * strength * (0.75 + fine * 0.35)), foam)


def paint_river(canvas: Canvas, stage: Stage) -> None:
    """A stream that winds from the horizon to the bottom edge and carries the colours of the sky."""
    palette = stage.palette
    part = canvas.below(stage.horizon + 0.02)
    if part.empty:
        return
    dice = stage.scene.dice("river")
    near = clamp((part.y - stage.horizon) * (1.0 / (stage.height - stage.horizon)))
    swing = dice.between(0.10, 0.2) * (1.0 if dice.chance(0.5) else -1.0)
    turn = near * 1.35 + 0.1
    bend = (turn - np.floor(turn)) * 2.0 - 1.0
    bend = bend * (1.0 - np.abs(bend)) * 4.0
    middle = stage.width * 0.5 + bend * swing * (0.25 + near)
    half = 0.008 + 0.20 * near * (0.35 + 0.65 * near)
    rag = part.noise(dice.bits(), 9.0, 4, 2.0) * 0.10
    inside = np.abs(part.x - middle) / half + rag
    cover = smoothstep(1.0 + 0.5 * part.pixel / 0.05, 1.0 - 0.5 * part.pixel / 0.05, inside)
    ripple = part.noise(dice.bits(), 30.0, 3, 6.0)
    t = clamp(near * 0.85 + ripple * 0.16)
    shore = smoothstep(0.72, 1.0, inside) * 0.55
    bank = palette.lit(mix_colour(palette.earth, palette.leaf, 0.4), 0.1)
    deep = palette.lit(palette.water, 0.75)
    glint = smoothstep(0.55, 1.1, ripple) * 0.4
    for c, plane in enumerate(part.rgb):
        far = palette.low[c] * 0.4 + palette.middle[c] * 0.6
        tone = far + (palette.middle[c] - far) * smoothstep(0.0, 0.5, t)
        blend(tone, deep[c], smoothstep(0.35, 1.0, t))
        blend(tone, palette.cloud_lit[c], glint)
        blend(tone, bank[c], shore)
        blend(plane, tone, cover)


def paint_waterfall(canvas: Canvas, stage: Stage) -> None:
    """A cliff across the middle distance with white water falling over it into mist."""
    palette = stage.palette
    dice = stage.scene.dice("waterfall")
    at = stage.width * dice.between(0.44, 0.56)
    top, foot = stage.horizon - 0.36, stage.horizon + 0.07
    part = canvas.crop(-1.0, top - 0.12, stage.width + 1.0, foot + 0.05)
    if part.empty:
        return
    brow = top + np.abs(part.x - at) * -0.10 + fbm(part.x, part.y[:1], dice.bits(), frequency=5.0, octaves=5) * 0.03
    side = smoothstep(0.16, 0.50, np.abs(part.x - at)) * -0.06
    depth = part.y - brow - side
    cracks = part.noise(dice.bits(), 12.0, 5, 0.45)
    ledges = part.noise(dice.bits(), 16.0, 4, 3.0)
    light = clamp(0.40 + cracks * 0.32 + ledges * 0.16 - depth * 0.35)
    stone = mix_colour(palette.rock, palette.leaf, 0.28)
    dark, bright = palette.far(palette.lit(stone, 0.0), 0.22), palette.far(palette.lit(stone, 0.9), 0.22)
    cover = part.edge(-depth) * smoothstep(foot + 0.05, foot + 0.02, part.y)
    moss = smoothstep(0.10, 0.0, depth + ledges * 0.03) * 0.9
    leaf = palette.far(palette.lit(palette.leaf_warm, 0.6), 0.2)
    fallen = clamp(depth * 3.0)
    half = 0.045 + 0.035 * fallen + cracks * 0.006
    stream = clamp((half - np.abs(part.x - at)) * (1.0 / 0.012))
    threads = part.noise(dice.bits(), 60.0, 3, 0.10)
    white = mix_colour(palette.lit((0.95, 0.98, 1.0), 0.8), palette.cloud_lit, 0.45)
    for c, plane in enumerate(part.rgb):
        tone = dark[c] + (bright[c] - dark[c]) * light
        blend(tone, leaf[c], moss)
        foam = white[c] * clamp(0.84 + threads * 0.16)
        blend(tone, foam, stream * 0.95)
        blend(plane, tone, cover)
    spray = canvas.crop(at - 0.4, foot - 0.22, at + 0.4, foot + 0.12)
    if not spray.empty:
        dx, dy = (spray.x - at) * (1.0 / 0.20), (spray.y - foot) * (1.0 / 0.10)
        spray.lay(0.85 / (1.0 + (dx * dx + dy * dy) * 2.2 + (dx * dx + dy * dy) * (dx * dx + dy * dy) * 3.0), white)


def paint_volcano(canvas: Canvas, stage: Stage) -> None:
    """A lone cone with a plume of smoke and glowing lava."""
    palette = stage.palette
    dice = stage.scene.dice("volcano")
    at = stage.width * (0.5 - 0.12 * stage.side)
    tall = 0.34 * stage.horizon / 0.6
    sky = canvas.above(stage.horizon)
    up = clamp((stage.horizon - tall - sky.y) * (1.0 / tall), 0.0, 4.0)
    billow = sky.noise(dice.bits(), 4.0, 6)
    drift = sky.x - at - up * up * 0.10 * stage.side
    plume = smoothstep(0.035, -0.02, np.abs(drift + billow * 0.03) - 0.03 - up * 0.15) * smoothstep(-0.02, 0.08, up)
    ash_dark, ash_lit = palette.lit((0.30, 0.27, 0.28), 0.1), palette.lit((0.66, 0.60, 0.58), 0.9)
    light = clamp(0.45 + billow * 0.42 + drift * (1.6 * stage.side))
    for c, plane in enumerate(sky.rgb):
        blend(plane, ash_dark[c] + (ash_lit[c] - ash_dark[c]) * light, plume * 0.9)
    glow = 1.0 / (
        1.0 + ((sky.x - at) * (sky.x - at) + (sky.y - stage.horizon + tall) * (sky.y - stage.horizon + tall)) * 160.0
    )
    sky.glow(glow * 0.9, (1.0, 0.45, 0.15))
    rough = sky.noise(dice.bits(), 9.0, 5, 0.6)
    flank = np.abs(sky.x - at + rough * 0.012)
    slope = clamp(1.0 - flank * (1.0 / (0.62 * stage.width)))
    line = stage.horizon - tall * np.minimum(slope * slope * slope * 1.12, 0.985 + rough * 0.01)
    depth = sky.y - line
    shade = clamp(0.42 + (sky.x - at) * (1.6 * stage.side) + rough * 0.26)
    stone = mix_colour(palette.rock, (0.30, 0.22, 0.24), 0.6)
    dark, bright = palette.far(palette.lit(stone, 0.0), 0.35), palette.far(palette.lit(stone, 0.9), 0.35)
    cover = sky.edge(-depth)
    lava = smoothstep(0.030, 0.0, np.abs(flank - 0.02 - depth * 0.16 + rough * 0.015)) * smoothstep(
        tall * 0.9, 0.0, depth
    )
    for c, plane in enumerate(sky.rgb):
        tone = dark[c] + (bright[c] - dark[c]) * shade
        blend(tone, (1.0, 0.42, 0.12)[c], lava * 0.9)
        blend(plane, tone, cover)
