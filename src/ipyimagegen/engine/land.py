"""Land from far to near: mountain ridges, hills, dunes, fields, and the trees that grow on them."""

from __future__ import annotations

import numpy as np

from .canvas import Canvas
from .exact import RGB, Plane, clamp, mix_colour, smoothstep
from .noise import Dice, fbm, sample, tile
from .stage import Stage


def cones(x: Plane, peaks: list[tuple[float, float, float]]) -> Plane:
    """A profile that is the highest of several cones, each (centre, height, slope); 0 where there is none."""
    best = np.zeros_like(x)
    for centre, height, slope in peaks:
        best = np.maximum(best, height - np.abs(x - centre) * slope)
    return best


def paint_mountains(canvas: Canvas, stage: Stage) -> None:
    """Three ranges, each with sunlit and shaded faces, snow on the highest."""
    dice = stage.scene.dice("mountains")
    for rank, (distance, tall) in enumerate(((0.80, 0.26), (0.56, 0.42), (0.30, 0.24))):
        _range(canvas, stage, dice.child(rank), distance, tall * stage.horizon / 0.6, rank)


def _range(canvas: Canvas, stage: Stage, dice: Dice, distance: float, tall: float, rank: int) -> None:
    scene, palette = stage.scene, stage.palette
    main = dice.between(0.25, 0.75) * stage.width
    peaks = [(main, tall, dice.between(0.75, 1.0))]
    for _ in range(int(5 * stage.width) + 2):
        centre = dice.between(-0.1, 1.1) * stage.width
        peaks.append((centre, tall * dice.between(0.35, 0.8), dice.between(0.6, 1.1)))
    floor = tall * 0.12
    part = canvas.crop(-1.0, stage.horizon - tall * 1.25, stage.width + 1.0, stage.horizon + 0.03)
    if part.empty:
        return
    key = dice.bits()
    rough = fbm(part.x, part.y[:1], key, frequency=7.0, octaves=6, finest=part.pixel)
    x = part.x + fbm(part.x, part.y[:1], key + 1, frequency=3.0, octaves=3) * 0.03
    ridge = stage.horizon - np.maximum(cones(x, peaks), floor) - rough * (0.030 * tall / 0.3)
    depth = part.y - ridge
    cover = part.edge(-depth)
    bend = part.noise(key + 2, 5.0, 5)
    fine = part.noise(key + 3, 16.0, 4)
    spread = clamp(depth, 0.0, 1.0)
    wx = part.x + bend * (0.012 + spread * 0.34) + fine * 0.012
    step = 0.012
    grid = np.arange(-256, int(stage.width * 512) + 256, dtype=np.int32).astype(np.float32) * np.float32(1.0 / 512.0)
    profile = cones(grid, peaks) + fbm(grid[None, :], part.y[:1], key, frequency=7.0, octaves=3)[0] * (0.05 * tall)
    shift = int(step * 512)
    slope = np.zeros_like(profile)
    slope[shift:-shift] = (profile[2 * shift :] - profile[: -2 * shift]) * (1.0 / (2 * step))
    at = np.minimum(np.maximum((wx * 512.0).astype(np.int32) + 256, 0), len(grid) - 1)
    light = clamp(0.45 - slope.take(at) * (0.55 * stage.side) + fine * 0.16 + bend * 0.08)
    light = smoothstep(0.05, 0.95, light)
    rock = palette.rock
    local = mix_colour(rock, palette.leaf, 0.35 if rank == 2 else 0.05)
    dark, bright = palette.far(palette.lit(local, 0.0), distance * 0.85), palette.far(palette.lit(local, 1.0), distance * 0.7)
    snowy = scene.season == "winter" or (rank == 1 and not scene.has("volcano", "desert"))
    mist = smoothstep(0.35 * tall, 1.0 * tall, depth) * 0.75
    white = clamp(
        smoothstep(tall * (1.6 if scene.season == "winter" else 0.62), tall * 0.22, depth + (fine * 0.05 + bend * 0.10) * tall + (ridge - (stage.horizon - tall)))
    )
    snow_dark = palette.far(palette.lit(palette.snow, 0.15), distance * 0.5)
    snow_lit = palette.far(palette.lit(palette.snow, 1.0), distance * 0.25)
    for c, plane in enumerate(part.rgb):
        tone = dark[c] + (bright[c] - dark[c]) * light
        if snowy:
            tone += (snow_dark[c] + (snow_lit[c] - snow_dark[c]) * light - tone) * white
        tone += (palette.haze[c] - tone) * mist
        plane += (tone - plane) * cover


def paint_hills(canvas: Canvas, stage: Stage, bottom: float) -> None:
    """Rolling hills in four folds down to ``bottom``, each nearer fold darker and warmer."""
    dice = stage.scene.dice("hills")
    top = stage.horizon - 0.10
    for rank in range(4):
        t = rank / 3.0
        crest = top + (bottom - top) * (0.10 + 0.55 * t * t)
        roll(canvas, stage, dice.child(rank), crest, 0.05 + 0.03 * t, 0.72 * (1.0 - t) * (1.0 - t), stage.palette.grass)


def roll(canvas: Canvas, stage: Stage, dice: Dice, crest: float, swell: float, distance: float, local: RGB) -> None:
    """One fold of ground from ``crest`` down to the bottom edge."""
    palette = stage.palette
    part = canvas.below(crest - swell * 2.0)
    if part.empty:
        return
    key = dice.bits()
    line = crest + fbm(part.x, part.y[:1], key, frequency=1.3, octaves=3, gain=0.35) * swell
    depth = part.y - line
    cover = part.edge(-depth)
    tilt = fbm(part.x + 0.02, part.y[:1], key, frequency=1.3, octaves=3, gain=0.35) - fbm(
        part.x - 0.02, part.y[:1], key, frequency=1.3, octaves=3, gain=0.35
    )
    turf = part.noise(key + 1, 9.0, 5, 3.0)
    light = clamp(0.58 + tilt * (2.4 * stage.side) + turf * 0.20 - clamp(depth, 0.0, 1.0) * 0.5)
    warm = mix_colour(local, palette.leaf_warm, 0.5)
    dark, bright = palette.far(palette.lit(local, 0.05), distance), palette.far(palette.lit(warm, 1.0), distance)
    rim = smoothstep(0.02, 0.0, depth) * 0.35
    for c, plane in enumerate(part.rgb):
        tone = dark[c] + (bright[c] - dark[c]) * light
        tone += (bright[c] - tone) * rim
        plane += (tone - plane) * cover


def paint_dunes(canvas: Canvas, stage: Stage) -> None:
    """Dunes with a sharp crest: one face in the light, one in shade, ripples on the near ones."""
    palette = stage.palette
    dice = stage.scene.dice("dunes")
    for rank in range(5):
        t = rank / 4.0
        crest = stage.horizon - 0.04 + (stage.height - stage.horizon) * 0.78 * t * t
        distance = 0.75 * (1.0 - t) * (1.0 - t)
        part = canvas.below(crest - 0.16)
        if part.empty:
            continue
        key = dice.child(rank).bits()
        scale = 2.6 - 1.6 * t
        swell = 0.030 + 0.075 * t
        line = crest + fbm(part.x, part.y[:1], key, frequency=scale, octaves=2, gain=0.3) * swell
        depth = part.y - line
        cover = part.edge(-depth)
        sway = part.noise(key + 1, 1.6, 3, 2.0)
        spine = part.x + sway * 0.05 + clamp(depth, 0.0, 1.0) * (0.8 * stage.side)
        tilt = (
            fbm(spine.reshape(1, -1)[:, : part.x.size] if spine.shape[0] == 1 else part.x, part.y[:1], key, frequency=scale, octaves=2)
            * 0.0
        )
        face = _slope_at(key, scale, spine, stage)
        light = smoothstep(-0.25, 0.35, face * stage.side + tilt + 0.06)
        ripples = part.noise(key + 3, 60.0 - 30.0 * t, 2, 5.0) * 0.07 * t
        light = clamp(light + ripples + sway * 0.06)
        dark = palette.far(palette.lit(palette.sand, 0.02), distance)
        bright = palette.far(palette.lit(palette.sand, 1.0), distance)
        for c, plane in enumerate(part.rgb):
            tone = dark[c] + (bright[c] - dark[c]) * light
            plane += (tone - plane) * cover


def _slope_at(key: int, frequency: float, x: Plane, stage: Stage) -> Plane:
    """The slope of the crest line of `paint_dunes` at warped places ``x``."""
    grid = np.arange(-512, int(stage.width * 512) + 512, dtype=np.int32).astype(np.float32) * np.float32(1.0 / 512.0)
    zero = np.zeros((1, 1), dtype=np.float32)
    profile = fbm(grid[None, :], zero, key, frequency=frequency, octaves=2, gain=0.3)[0]
    slope = np.zeros_like(profile)
    slope[4:-4] = (profile[8:] - profile[:-8]) * (64.0 / frequency)
    at = np.minimum(np.maximum((x * 512.0).astype(np.int32) + 512, 0), len(grid) - 1)
    return slope.take(at)


def paint_plain(canvas: Canvas, stage: Stage, top: float, local: RGB) -> None:
    """Flat ground in perspective from ``top`` to the bottom edge."""
    palette = stage.palette
    part = canvas.below(top)
    if part.empty:
        return
    dice = stage.scene.dice("plain")
    near = clamp((part.y - stage.horizon) * (1.0 / (stage.height - stage.horizon)), 0.01, 1.0)
    z = 0.22 / (near + 0.04)
    u = (part.x - stage.width * 0.5) * z * 0.9 + dice.unit()
    v = z * 2.0 + np.zeros_like(part.x)
    turf = sample(tile("turf", 8, 6), u, v)
    patches = sample(tile("clouds", 4, 7), u * 0.35, v * 0.35)
    light = clamp(0.55 + turf * 0.22 * smoothstep(0.0, 0.25, near) + patches * 0.20)
    warm = mix_colour(local, palette.leaf_warm, 0.45)
    air = smoothstep(0.45, 0.0, near) * 0.62
    dark, bright = palette.lit(local, 0.0), palette.lit(warm, 1.0)
    cover = part.edge(top + fbm(part.x, part.y[:1], dice.bits(), frequency=3.0, octaves=4) * 0.006 - part.y)
    for c, plane in enumerate(part.rgb):
        tone = dark[c] + (bright[c] - dark[c]) * light
        tone += (palette.haze[c] - tone) * air
        plane += (tone - plane) * cover
