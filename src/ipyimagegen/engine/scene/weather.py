"""What hangs between the viewer and the scene: fog, rain, falling snow; and the last light on everything."""

from __future__ import annotations

import numpy as np

from ..draw.canvas import Canvas, dabs, line
from ..draw.exact import bell, blend, blur, clamp, mix_colour, smoothstep
from .stage import Stage


def paint_weather(canvas: Canvas, stage: Stage) -> None:
    """Fog banks, streaks of rain or flakes, as the scene's weather says."""
    weather = stage.scene.weather
    if weather == "fog" and not stage.inside_wood:
        paint_fog(canvas, stage)
    if weather in ("rain", "storm"):
        _rain(canvas, stage, 1.0 if weather == "rain" else 0.5)
    if weather == "snowfall":
        _snowfall(canvas, stage)


def paint_fog(canvas: Canvas, stage: Stage) -> None:
    """Banks of fog about the horizon and a thin veil over everything; in a wood they lie behind the nearest trunks."""
    dice = stage.scene.dice("fog")
    for depth, height in ((0.0, 0.13), (0.09, 0.08)):
        drift = canvas.noise(dice.bits(), 1.6, 4, 3.5)
        bank = bell(canvas.y - stage.horizon - depth + drift * 0.03, height)
        canvas.lay(clamp(bank * (0.55 + drift * 0.40)), mix_colour(stage.palette.haze, stage.palette.horizon, 0.4))
    canvas.lay(0.08, stage.palette.haze)


def _rain(canvas: Canvas, stage: Stage, strength: float) -> None:
    dice = stage.scene.dice("rain")
    pale = mix_colour(stage.palette.haze, (0.9, 0.95, 1.0), 0.6)
    veil = canvas.noise(dice.bits(), 2.2, 3, 0.35)
    canvas.lay(clamp(0.10 + veil * 0.08), stage.palette.haze)
    slant = dice.between(-0.28, 0.28)
    for _ in range(int(260 * strength * stage.width * stage.height)):
        x, y = dice.between(-0.1, 1.1) * stage.width, dice.between(-0.1, 1.0) * stage.height
        near = dice.unit()
        tall = 0.03 + 0.07 * near
        line(canvas, (x, y), (x + tall * slant, y + tall), 0.0012 + 0.0014 * near, pale, 0.16 + 0.26 * near)


def _snowfall(canvas: Canvas, stage: Stage) -> None:
    dice = stage.scene.dice("snowfall")
    count = int(620 * stage.width * stage.height)
    near = dice.units(count)
    near = near * near * near
    white = np.tile(np.array([(0.97, 0.98, 1.0)], dtype=np.float32), (count, 1))
    xs, ys = dice.units(count) * stage.width, dice.units(count) * stage.height
    dabs(canvas, xs, ys, 0.0018 + 0.0075 * near, white, opacity=0.78)


def mend(canvas: Canvas, avoided: frozenset[str]) -> None:
    """Steer away from the faults that a negative prompt names: dark, bright, saturated, dull, blur."""
    rgb = canvas.rgb
    lift = 0.40 * ("dark" in avoided) - 0.40 * ("bright" in avoided)
    if lift:
        blend(rgb, rgb + rgb * (1.0 - rgb), lift)
    colour = 0.30 * ("dull" in avoided) - 0.35 * ("saturated" in avoided)
    if colour:
        grey = rgb[0] * 0.3 + rgb[1] * 0.59 + rgb[2] * 0.11
        blend(rgb, grey, -colour)
    if "blur" in avoided:
        blend(rgb, blur(rgb, 1), -0.6)


def finish_light(canvas: Canvas, stage: Stage) -> None:
    """Bloom around what is bright, and a slight darkening of the corners."""
    small = max(int(0.022 / canvas.pixel), 2).bit_length()
    bright = clamp(canvas.rgb - 0.72)
    canvas.rgb += blur(bright, small) * 0.55
    if "vignette" not in stage.scene.avoided:
        dx = (canvas.x - stage.width * 0.5) * (1.0 / stage.width)
        dy = (canvas.y - stage.height * 0.5) * (1.0 / stage.height)
        canvas.shade(1.0 - smoothstep(0.16, 0.62, dx * dx + dy * dy) * 0.22)
