"""The order of painting: what kind of picture a scene is, and its layers from far to near."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from ..draw.canvas import Canvas
from ..draw.exact import clamp, mix_colour, smoothstep
from .abstract import paint_abstract
from .country import paint_country
from .figures import paint_balloons, paint_birds, paint_cat, paint_wanderer
from .land import paint_mountains, roll
from .landmarks import headland, paint_volcano
from .portrait import paint_portrait
from .prompt import Scene
from .sky import paint_sky, sun_rays
from .space import paint_space
from .stage import Stage, set_stage
from .still_life import paint_still_life
from .waterside import paint_waterside
from .weather import finish_light, mend, paint_weather
from .woodland import paint_woodland


def compose(scene: Scene, width: int, height: int) -> Canvas:
    """The whole scene at ``width``×``height`` pixels, before style."""
    canvas = Canvas.blank(width, height)
    stage = set_stage(scene, canvas)
    _KINDS[scene.kind](canvas, stage)
    finish_light(canvas, stage)
    _shun(canvas, scene)
    mend(canvas, scene.avoided)
    return canvas


def paint_landscape(canvas: Canvas, stage: Stage) -> None:
    """Sky, far land, then the place: at the water, in a wood, or in open country."""
    scene = stage.scene
    paint_sky(canvas, stage)
    if scene.has("birds"):
        paint_birds(canvas, stage, 14)
    if scene.has("mountains"):
        paint_mountains(canvas, stage)
    if scene.has("volcano"):
        paint_volcano(canvas, stage)
    if stage.water:
        paint_waterside(canvas, stage)
    elif stage.inside_wood:
        paint_woodland(canvas, stage)
    else:
        paint_country(canvas, stage)
    if scene.has("balloon"):
        paint_balloons(canvas, stage)
    _foreground_figures(canvas, stage)
    sun_rays(canvas, stage)
    paint_weather(canvas, stage)


_KINDS: Final[dict[str, Callable[[Canvas, Stage], None]]] = {
    "landscape": paint_landscape,
    "abstract": paint_abstract,
    "space": paint_space,
    "still_life": paint_still_life,
    "portrait": paint_portrait,
}


def _foreground_figures(canvas: Canvas, stage: Stage) -> None:
    """A cat or a wanderer, near the viewer and a little aside of the light."""
    scene = stage.scene
    if scene.has("cat"):
        dice = scene.dice("cat place")
        if stage.water or scene.has("city"):
            roll(
                canvas,
                stage,
                dice,
                stage.height - 0.13,
                0.03,
                0.0,
                mix_colour(stage.palette.grass, stage.palette.earth, 0.4),
            )
        paint_cat(canvas, stage, (stage.width * (0.5 - 0.10 * stage.side), stage.height - 0.085), 0.44)
    if scene.has("person"):
        foot = (stage.width * (0.5 - 0.06 * stage.side), stage.height - (0.10 if not stage.water else 0.08))
        if stage.water and not scene.has("beach"):
            top = headland(canvas, stage, foot[0], 0.0, base=stage.height + 0.02, wide=0.5, tall=0.14)
            foot = (foot[0], top + 0.03)
        paint_wanderer(canvas, stage, foot, 0.26)


def _shun(canvas: Canvas, scene: Scene) -> None:
    """Take the colours that the negative prompt names out of the picture, keeping its light."""
    for colour in scene.shunned:
        level = (colour[0] + colour[1] + colour[2]) / 3.0
        direction = [channel - level for channel in colour]
        length = float(np.sqrt(sum(d * d for d in direction)))
        grey = (canvas.rgb[0] + canvas.rgb[1] + canvas.rgb[2]) * (1.0 / 3.0)
        if length < 0.08:
            pull = smoothstep(0.55, 1.0, grey) if level > 0.6 else smoothstep(0.35, 0.0, grey)
            canvas.rgb += pull * (0.45 * (0.5 - level))
            continue
        unit = [d / length for d in direction]
        along = sum((plane - grey) * u for plane, u in zip(canvas.rgb, unit, strict=True))
        excess = clamp(along - 0.04) * 0.95
        for plane, u in zip(canvas.rgb, unit, strict=True):
            np.subtract(plane, excess * u, out=plane)
