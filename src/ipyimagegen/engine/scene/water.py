"""Water: it mirrors what is painted above it, breaks the mirror into ripples, and carries the light's path."""

from __future__ import annotations

import numpy as np

from ..draw.canvas import Canvas, dabs
from ..draw.exact import RGB, Plane, bell, blend, clamp, mix_colour, smoothstep
from ..draw.noise import Dice, fbm, sample, tile
from .stage import Stage


def paint_water(canvas: Canvas, stage: Stage, top: float, rough: float) -> None:
    """Water from ``top`` to the bottom edge; ``rough`` is 0 for a mirror .. 1 for a choppy sea."""
    part = canvas.below(top)
    if part.empty:
        return
    palette = stage.palette
    dice = stage.scene.dice("water")
    rows_above = canvas.rgb.shape[1] - part.rgb.shape[1]
    depth = clamp((part.y - top) * (1.0 / max(stage.height - top, 0.05)))
    z = 0.16 / (depth + 0.035)
    u = (part.x - stage.width * 0.5) * (z * 0.55) + dice.unit()
    v = z * (1.9 + rough) + np.zeros_like(part.x) + dice.unit()
    swell = sample(tile("water", 8, 5), u * 0.5, v)
    chop = sample(tile("water", 8, 5), u * 1.3 + 0.37, v * 2.3)
    ripple = swell * 0.6 + chop * 0.5
    ripple *= 0.35 + 0.65 * smoothstep(0.0, 0.3, depth)
    _mirror(canvas, part, rows_above, depth, ripple, rough)
    level = 0.30 + 0.42 * depth + ripple * (0.10 + 0.12 * rough)
    dim = 0.62 if stage.night else 1.0
    part.lay(clamp(level * ((0.70 + 0.40 * rough) * dim)), palette.lit(palette.water, 0.55))
    crest = smoothstep(0.45, 1.3, ripple) * ((0.10 + 0.30 * rough) * dim)
    part.lay(crest, palette.low)
    trough = smoothstep(-0.35, -1.3, ripple) * (0.12 + 0.18 * rough)
    part.lay(trough, palette.lit(palette.water, 0.0))
    _path_of_light(part, stage, depth, ripple)
    _shoreline(part, stage, top)
    if rough > 0.8:
        _waves(part, stage)


def _waves(part: Canvas, stage: Stage) -> None:
    """Rows of heavy waves, larger towards the viewer: dark faces, thin glassy crests, torn foam."""
    palette = stage.palette
    rows = 9
    foam = mix_colour(palette.lit((0.93, 0.96, 0.97), 0.85), palette.cloud_lit, 0.5)
    glass = mix_colour(palette.lit(palette.water, 1.0), palette.lit((0.45, 0.70, 0.66), 0.9), 0.45)
    deep = mix_colour(palette.lit(palette.water, 0.1), (0.03, 0.05, 0.08), 0.35)
    for rank in range(rows):
        t = (rank + 0.6) / rows
        size = t * t * (3.0 - 2.0 * t)
        dice = stage.scene.dice("wave", rank)
        y = stage.horizon + (stage.height - stage.horizon) * (0.04 + 0.98 * t * t)
        tall = 0.006 + 0.085 * size
        band = part.crop(-1.0, y - tall * 1.7, stage.width + 1.0, y + tall * 3.2)
        if band.empty:
            continue
        swing = fbm(band.x, band.y[:1], dice.bits(), frequency=5.2 - 3.4 * t, octaves=4, gain=0.42)
        crest = y - tall * (0.55 - np.abs(swing) * 1.15 + 0.35)
        depth = (band.y - crest) * (1.0 / tall)
        torn = band.noise(dice.bits(), 42.0 - 24.0 * t, 4, 1.7)
        cover = band.edge((-0.06 * torn * size - depth) * tall) * smoothstep(3.2, 1.6, depth)
        face = clamp(depth * 0.55 + torn * 0.06)
        streak = smoothstep(0.35, 1.0, band.noise(dice.bits(), 16.0 - 8.0 * t, 4, 3.0) + 0.3 - depth * 0.15) * 0.28
        white = smoothstep(0.30 + 0.25 * size, 0.0, depth + torn * 0.28) * clamp(0.55 + torn * 0.4 + 0.5 * size)
        air = 0.55 * (1.0 - t) * (1.0 - t)
        for c, plane in enumerate(band.rgb):
            tone = glass[c] + (deep[c] - glass[c]) * smoothstep(0.0, 0.62, face)
            blend(tone, foam[c], np.maximum(white, streak))
            blend(tone, palette.haze[c], air)
            blend(plane, tone, cover)
        if rank > 4:
            _spray(band, stage, dice, crest, tall, foam)


def _spray(band: Canvas, stage: Stage, dice: Dice, crest: Plane, tall: float, foam: RGB) -> None:
    """Drops that the wind tears off a crest."""
    count = 90
    along = (dice.units(count) * float(crest.size - 1)).astype(np.int32)
    lift = dice.units(count)
    xs = band.x.reshape(-1).take(along) + lift * (0.03 * stage.side)
    ys = crest.reshape(-1).take(along) - lift * lift * tall * 0.55
    white = np.tile(np.array([foam], dtype=np.float32), (count, 1))
    dabs(band, xs, ys, 0.0012 + 0.0035 * (1.0 - lift) * dice.units(count), white, opacity=0.7)


def _mirror(canvas: Canvas, part: Canvas, rows_above: int, depth: Plane, ripple: Plane, rough: float) -> None:
    """Every water pixel takes the colour from as far above the waterline, moved a little by its ripple."""
    if not rows_above:
        return
    height, width = part.rgb.shape[1:]
    per_unit = 1.0 / canvas.pixel
    below = np.arange(height, dtype=np.float32)[:, None]
    moved = below * (0.92 - 0.25 * rough) + ripple * ((0.012 + 0.07 * depth) * per_unit * (0.55 + rough))
    row = rows_above - 1 - np.minimum(np.maximum(moved, 0.0), rows_above - 1.0).astype(np.int32)
    sideways = ripple * (0.006 * per_unit)
    column = np.arange(width, dtype=np.int32)[None, :] + sideways.astype(np.int32)
    np.minimum(np.maximum(column, 0, out=column), width - 1, out=column)
    flat = row * width + column
    for source, target in zip(canvas.rgb, part.rgb, strict=True):
        target[...] = source[:rows_above].reshape(-1).take(flat)


def _path_of_light(part: Canvas, stage: Stage, depth: Plane, ripple: Plane) -> None:
    """Sparkles under the sun or moon."""
    scene = stage.scene
    if scene.weather in ("overcast", "rain", "storm", "snowfall", "fog"):
        return
    if stage.night and not scene.has("moon") and scene.has("aurora", "stars", "city"):
        return
    strength = {"day": 0.28, "dawn": 0.75, "golden": 0.95, "dusk": 0.5, "night": 0.75}[scene.hour]
    column = bell(part.x - stage.light[0], 0.045) + bell(part.x - stage.light[0], 0.16) * 0.35
    column = bell(part.x - stage.light[0] + ripple * 0.02, 0.03 + 0.05) * 0.9 + column * 0.2
    spark = smoothstep(-0.1, 0.75, ripple + column * 0.5)
    part.glow(column * spark * (strength * (0.9 - 0.35 * depth)), stage.palette.sun)


def _shoreline(part: Canvas, stage: Stage, top: float) -> None:
    """A breath of haze where the water meets the far shore."""
    mist = bell(part.y - top, 0.012) * (0.35 + 0.15 * fbm(part.x, part.y[:1], 7, frequency=3.0, octaves=2))
    part.lay(clamp(mist), stage.palette.haze)
