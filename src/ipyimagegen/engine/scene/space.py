"""Outer space: a nebula with stars, and a planet."""

from __future__ import annotations

import numpy as np

from ..draw.canvas import Canvas, dabs
from ..draw.exact import bell, blend, clamp, fade, mix_colour, smoothstep, wave
from ..draw.noise import Dice, sample, tile
from .stage import Stage


def paint_space(canvas: Canvas, stage: Stage) -> None:
    """A nebula with stars, and a planet (ringed, if the prompt says Saturn)."""
    scene = stage.scene
    dice = scene.dice("space")
    accent = scene.colour("accent") or scene.colour("space")
    first = accent or dice.pick(((0.80, 0.32, 0.62), (0.25, 0.55, 0.85), (0.90, 0.50, 0.28), (0.35, 0.70, 0.62)))
    second = dice.pick(((0.30, 0.38, 0.95), (0.95, 0.58, 0.35), (0.30, 0.80, 0.85)))
    patch = tile("marble", 4, 6)
    u, v = canvas.x * 0.20 + dice.unit() + canvas.y * 0.0, canvas.y * 0.20 + dice.unit() + canvas.x * 0.0
    a, b = sample(patch, u, v), sample(patch, u + 0.4, v + 0.2)
    gas = sample(patch, u + a * 0.10, v + b * 0.10)
    dust = sample(patch, u * 1.7 + b * 0.06, v * 1.7 + a * 0.06)
    lean = (canvas.x - stage.width * 0.5) * 0.7 + (canvas.y - canvas.height * 0.5) * stage.side
    core = bell(lean + gas * 0.12, 0.30)
    for plane, channel in zip(canvas.rgb, (0.020, 0.022, 0.055), strict=True):
        plane[...] = channel
    body = clamp(0.35 + gas * 0.55) * core
    canvas.glow(body * 0.95, first)
    canvas.glow(clamp(0.25 + a * 0.6) * core * core * 0.75, second)
    canvas.glow(smoothstep(0.5, 1.3, gas + core * 0.6) * core * 0.5, (1.0, 0.93, 0.85))
    canvas.shade(1.0 - smoothstep(0.25, 1.1, dust) * 0.72)
    count = int(1100 * stage.width * canvas.height)
    bright = dice.units(count)
    bright = bright * bright * bright * bright
    hue = dice.units(count)
    colours = np.stack([0.78 + 0.22 * hue, 0.86 + 0.08 * hue, 1.0 - 0.22 * hue], axis=1)
    dabs(canvas, dice.units(count) * stage.width, dice.units(count) * canvas.height, 0.0010 + 0.0024 * bright, colours)
    for _ in range(6):
        x, y = dice.unit() * stage.width, dice.unit() * canvas.height
        part = canvas.crop(x - 0.06, y - 0.06, x + 0.06, y + 0.06)
        if not part.empty:
            dx, dy = np.abs(part.x - x), np.abs(part.y - y)
            r = np.sqrt(dx * dx + dy * dy)
            part.glow(
                fade(r * 150.0) + fade(dx * 700.0) * fade(dy * 60.0) * 0.6 + fade(dy * 700.0) * fade(dx * 60.0) * 0.6,
                (0.9, 0.95, 1.0),
            )
    if scene.says("galaxy", "nebula", "cosmos", "universe", "🌌") and not scene.says("planet", "saturn", "🪐"):
        return
    _planet(canvas, stage, dice)


def _planet(canvas: Canvas, stage: Stage, dice: Dice) -> None:
    x, y = stage.width * (0.5 - 0.14 * stage.side), canvas.height * dice.between(0.42, 0.58)
    r = dice.between(0.19, 0.25)
    ringed = stage.scene.says("saturn", "🪐") or dice.chance(0.4)
    local = stage.scene.colour("accent") or dice.pick(((0.88, 0.72, 0.50), (0.45, 0.62, 0.80), (0.80, 0.45, 0.34)))
    tilt = 0.28 * stage.side
    dx, dy = canvas.x - x, canvas.y - y
    across, down = dx + dy * tilt, (dy - dx * tilt)
    ring = np.sqrt(across * across + down * down * 13.0) * (1.0 / r)
    band = smoothstep(1.30, 1.36, ring) * smoothstep(2.15, 2.08, ring)
    gaps = 0.55 + 0.30 * wave(ring * 5.2) * wave(ring * 2.3 + 0.2)
    band = band * gaps * (1.0 - 0.85 * bell(ring - 1.80, 0.025))
    pale = mix_colour(local, (1.0, 0.95, 0.85), 0.5)
    if ringed:
        canvas.lay(band * (down < 0.0) * 0.85, pale)
    nx, ny = dx * (1.0 / r), dy * (1.0 / r)
    square = nx * nx + ny * ny
    nz = np.sqrt(clamp(1.0 - square))
    cover = canvas.edge((np.sqrt(square) - 1.0) * r)
    light = smoothstep(-0.12, 0.95, nx * 0.68 * stage.side - ny * 0.42 + nz * 0.42)
    swirl = canvas.noise(dice.bits(), 5.0, 5, 5.0)
    belts = wave((down * 4.4 + swirl * 0.05) * (0.5 / r)) * 0.5 + swirl * 0.22
    dark = mix_colour(local, (0.30, 0.16, 0.20), 0.55)
    for c, plane in enumerate(canvas.rgb):
        tone = local[c] + (dark[c] - local[c]) * clamp(0.4 + belts * 0.6)
        tone = tone * (0.03 + 1.05 * light)
        blend(plane, tone, cover)
    limb = bell(np.sqrt(square) - 1.0, 0.035) * clamp(nx * stage.side * 0.6 + 0.35)
    canvas.glow(limb * 0.55, mix_colour(local, (0.7, 0.85, 1.0), 0.6))
    if ringed:
        canvas.lay(band * (down >= 0.0) * 0.92, pale)
