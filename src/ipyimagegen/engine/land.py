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
    main = stage.width * (0.5 + (0.10 + 0.16 * dice.unit()) * (-1.0 if rank % 2 else 1.0) * stage.side * -1.0)
    peaks = [(main, tall, dice.between(0.75, 1.0))]
    for _ in range(int(6 * stage.width) + 2):
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
    light, relief = _faces(part, stage, peaks, depth, key, tall)
    local = mix_colour(palette.rock, (0.34, 0.46, 0.26), 0.36 if rank == 2 else 0.05)
    dark, bright = palette.far(palette.lit(local, 0.0), distance * 0.8), palette.far(palette.lit(local, 1.0), distance * 0.65)
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
            tone += (snow_dark[c] + (snow_lit[c] - snow_dark[c]) * light - tone) * white
        tone += (palette.haze[c] - tone) * mist
        plane += (tone - plane) * cover


def _faces(
    part: Canvas, stage: Stage, peaks: list[tuple[float, float, float]], depth: Plane, key: int, tall: float
) -> tuple[Plane, Plane]:
    """The light on a range, and the relief of its ribs: great faces left and right of wandering spines, ridged rock on them."""
    bend = part.noise(key + 2, 5.0, 5)
    spread = clamp(depth, 0.0, 1.0)
    patch = tile("rock", 4, 7, ridged=True)
    u = part.x * 0.55 + bend * (0.02 + spread * 0.10) + (key % 997) / 997.0
    v = part.y * 0.42 + bend * 0.02 + (key % 991) / 991.0
    relief = sample(patch, u, v)
    across = sample(patch, u + 0.007 * stage.side, v - 0.004)
    grid = np.arange(-256, int(stage.width * 512) + 256, dtype=np.int32).astype(np.float32) * np.float32(1.0 / 512.0)
    profile = cones(grid, peaks)
    slope = np.zeros_like(profile)
    slope[6:-6] = (profile[12:] - profile[:-12]) * (512.0 / 12.0)
    wander = part.x + bend * (0.012 + spread * 0.30) + relief * 0.012
    at = np.minimum(np.maximum((wander * 512.0).astype(np.int32) + 256, 0), len(grid) - 1)
    face = slope.take(at) * (-0.34 * stage.side)
    return smoothstep(0.0, 1.0, 0.46 + face + (relief - across) * 0.55 + bend * 0.05), relief


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
        tone += (lawn - tone) * green
        plane += (tone - plane) * cover
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
        tone += (sheen[c] - tone) * (wet * 0.75)
        plane += (tone - plane) * cover
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
    bend = bend * (1.0 - np.abs(bend)) * 4.0 * np.where(np.floor(turn) > 0.5, 1.0, 1.0)
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
        tone += (deep[c] - tone) * smoothstep(0.35, 1.0, t)
        tone += (palette.cloud_lit[c] - tone) * glint
        tone += (bank[c] - tone) * shore
        plane += (tone - plane) * cover


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
    stream = smoothstep(half, half - 0.012, np.abs(part.x - at)) if isinstance(half, float) else clamp(
        (half - np.abs(part.x - at)) * (1.0 / 0.012)
    )
    threads = part.noise(dice.bits(), 60.0, 3, 0.10)
    white = mix_colour(palette.lit((0.95, 0.98, 1.0), 0.8), palette.cloud_lit, 0.45)
    for c, plane in enumerate(part.rgb):
        tone = dark[c] + (bright[c] - dark[c]) * light
        tone += (leaf[c] - tone) * moss
        foam = white[c] * clamp(0.84 + threads * 0.16)
        tone += (foam - tone) * (stream * 0.95)
        plane += (tone - plane) * cover
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
    plume = smoothstep(0.035 + 0.0, -0.02, np.abs(drift + billow * 0.03) - 0.03 - up * 0.15) * smoothstep(-0.02, 0.08, up)
    ash_dark, ash_lit = palette.lit((0.30, 0.27, 0.28), 0.1), palette.lit((0.66, 0.60, 0.58), 0.9)
    light = clamp(0.45 + billow * 0.42 + drift * (1.6 * stage.side))
    for c, plane in enumerate(sky.rgb):
        plane += (ash_dark[c] + (ash_lit[c] - ash_dark[c]) * light - plane) * (plume * 0.9)
    glow = 1.0 / (1.0 + ((sky.x - at) * (sky.x - at) + (sky.y - stage.horizon + tall) * (sky.y - stage.horizon + tall)) * 160.0)
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
    lava = smoothstep(0.030, 0.0, np.abs(flank - 0.02 - depth * 0.16 + rough * 0.015)) * smoothstep(tall * 0.9, 0.0, depth)
    for c, plane in enumerate(sky.rgb):
        tone = dark[c] + (bright[c] - dark[c]) * shade
        tone += ((1.0, 0.42, 0.12)[c] - tone) * lava * 0.9
        plane += (tone - plane) * cover
