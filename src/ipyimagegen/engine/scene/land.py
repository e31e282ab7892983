"""Land from far to near: mountain ranges, hills, dunes and plains."""

from __future__ import annotations

import numpy as np

from ..draw.canvas import Canvas
from ..draw.exact import RGB, Plane, blend, clamp, mix_colour, smoothstep
from ..draw.noise import Dice, fbm, sample, tile
from .stage import Stage


def cones(x: Plane, peaks: list[tuple[float, float, float]]) -> Plane:
    """A profile that is the highest of several cones, each (centre, height, slope); 0 where there is none."""
    best = np.zeros_like(x)
    for centre, height, slope in peaks:
        best = np.maximum(best, height - np.abs(x - centre) * slope)
    return best


def paint_mountains(canvas: Canvas, stage: Stage) -> None:
    """Three ranges, each with sunlit and shaded faces, snow on the highest; Fuji stands alone over low ones."""
    dice = stage.scene.dice("mountains")
    lone = stage.scene.says("fuji", "富士山", "🗻")
    for rank, (distance, tall) in enumerate(((0.80, 0.26), (0.56, 0.42), (0.30, 0.24))):
        lower = 0.42 if lone and rank != 1 else 1.0
        _range(canvas, stage, dice.child(rank), distance, tall * lower * stage.horizon / 0.6, rank, lone=lone)


def _range(canvas: Canvas, stage: Stage, dice: Dice, distance: float, tall: float, rank: int, *, lone: bool) -> None:
    scene, palette = stage.scene, stage.palette
    main = stage.width * (0.5 + (0.10 + 0.16 * dice.unit()) * (-1.0 if rank % 2 else 1.0) * stage.side * -1.0)
    peaks = [(main, tall, dice.between(0.75, 1.0))]
    if lone and rank == 1:
        peaks = [(main, tall, 0.95), (main, tall * 0.72, 0.52), (main, tall * 0.45, 0.28)]
    for _ in range(0 if lone and rank == 1 else int(6 * stage.width) + 2):
        centre = dice.between(-0.1, 1.1) * stage.width
        peaks.append((centre, tall * dice.between(0.35, 0.8), dice.between(0.6, 1.1)))
    part = canvas.crop(-1.0, stage.horizon - tall * 1.25, stage.width + 1.0, stage.horizon + 0.03)
    if part.empty:
        return
    key = dice.bits()
    rough = fbm(part.x, part.y[:1], key, frequency=9.0, octaves=6, gain=0.55, finest=part.pixel)
    x = part.x + fbm(part.x, part.y[:1], key + 1, frequency=3.0, octaves=3) * 0.03
    ridge = stage.horizon - np.maximum(cones(x, peaks), tall * 0.12) - rough * (0.036 * tall / 0.3)
    depth = part.y - ridge
    cover = part.edge(-depth)
    light, relief = _faces(part, stage, peaks, depth, key)
    local = mix_colour(palette.rock, (0.34, 0.46, 0.26), 0.36 if rank == 2 else 0.05)
    dark, bright = (
        palette.far(palette.lit(local, 0.0), distance * 0.8),
        palette.far(palette.lit(local, 1.0), distance * 0.65),
    )
    winter = scene.season == "winter"
    snowy = winter or (rank == 1 and not scene.has("volcano", "desert"))
    line = tall * (1.5 if winter else 0.60)
    height = depth + (ridge - (stage.horizon - tall)) + relief * (0.13 * tall)
    white = smoothstep(line, line * 0.55, height) * clamp(0.80 + relief * 0.35)
    mist = smoothstep(0.30 * tall, 1.0 * tall, depth) * 0.72
    snow_dark = palette.far(mix_colour(palette.lit(palette.snow, 0.1), palette.middle, 0.25), distance * 0.45)
    snow_lit = palette.far(palette.lit(palette.snow, 1.0), distance * 0.2)
    for c, plane in enumerate(part.rgb):
        tone = dark[c] + (bright[c] - dark[c]) * light
        if snowy:
            blend(tone, snow_dark[c] + (snow_lit[c] - snow_dark[c]) * light, white)
        blend(tone, palette.haze[c], mist)
        blend(plane, tone, cover)


def _faces(
    part: Canvas, stage: Stage, peaks: list[tuple[float, float, float]], depth: Plane, key: int
) -> tuple[Plane, Plane]:
    """The light on a range and the relief of its ribs: great faces beside wandering spines, ridged rock on them."""
    bend = part.noise(key + 2, 5.0, 5)
    spread = clamp(depth, 0.0, 1.0)
    patch = tile("rock", 4, 7, ridged=True)
    u = part.x * 0.80 + bend * (0.02 + spread * 0.10) + (key % 997) / 997.0
    v = part.y * 0.50 + bend * 0.02 + (key % 991) / 991.0
    relief = sample(patch, u, v)
    across = sample(patch, u + 0.009 * stage.side, v - 0.006)
    grid = np.arange(-256, int(stage.width * 512) + 256, dtype=np.int32).astype(np.float32) * np.float32(1.0 / 512.0)
    profile = cones(grid, peaks)
    slope = np.zeros_like(profile)
    slope[6:-6] = (profile[12:] - profile[:-12]) * (512.0 / 12.0)
    wander = part.x + bend * (0.012 + spread * 0.30) + relief * 0.012
    at = np.minimum(np.maximum((wander * 512.0).astype(np.int32) + 256, 0), len(grid) - 1)
    face = slope.take(at) * (-0.34 * stage.side)
    ribs = part.noise(key + 4, 11.0, 5, 0.5, 0.6)
    return smoothstep(0.0, 1.0, 0.46 + face * 0.8 + (relief - across) * 0.85 + ribs * 0.13), relief


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
        blend(tone, bright[c], rim)
        blend(plane, tone, cover)


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
        face = _slope_at(key, scale, spine, stage)
        light = smoothstep(-0.25, 0.35, face * stage.side + 0.06)
        ripples = part.noise(key + 3, 60.0 - 30.0 * t, 2, 5.0) * 0.07 * t
        light = clamp(light + ripples + sway * 0.06)
        dark = palette.far(palette.lit(palette.sand, 0.02), distance)
        bright = palette.far(palette.lit(palette.sand, 1.0), distance)
        for c, plane in enumerate(part.rgb):
            tone = dark[c] + (bright[c] - dark[c]) * light
            blend(plane, tone, cover)


def _slope_at(key: int, frequency: float, x: Plane, stage: Stage) -> Plane:
    """The slope of the crest line of `paint_dunes` at warped places ``x``."""
    grid = np.arange(-512, int(stage.width * 512) + 512, dtype=np.int32).astype(np.float32) * np.float32(1.0 / 512.0)
    zero = np.zeros((1, 1), dtype=np.float32)
    profile = fbm(grid[None, :], zero, key, frequency=frequency, octaves=2, gain=0.3)[0]
    slope = np.zeros_like(profile)
    slope[4:-4] = (profile[8:] - profile[:-8]) * (64.0 / frequency)
    at = np.minimum(np.maximum((x * 512.0).astype(np.int32) + 512, 0), len(grid) - 1)
    face: Plane = slope.take(at)
    return face


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
        blend(tone, palette.haze[c], air)
        blend(plane, tone, cover)
