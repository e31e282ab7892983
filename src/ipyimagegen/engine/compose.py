"""The order of painting: which layers a scene has, from far to near."""

from __future__ import annotations

from .canvas import Canvas
from .exact import mix_colour
from .land import paint_dunes, paint_hills, paint_mountains, paint_plain
from .prompt import Scene
from .sky import paint_sky, sun_rays
from .stage import Stage, set_stage
from .water import paint_water


def compose(scene: Scene, width: int, height: int) -> Canvas:
    """The whole scene at ``width``×``height`` pixels, before style."""
    canvas = Canvas.blank(width, height)
    stage = set_stage(scene, canvas)
    _landscape(canvas, stage)
    return canvas


def _landscape(canvas: Canvas, stage: Stage) -> None:
    scene = stage.scene
    paint_sky(canvas, stage)
    if scene.has("mountains"):
        paint_mountains(canvas, stage)
    if scene.has("hills"):
        paint_hills(canvas, stage, stage.height)
    elif scene.has("desert"):
        paint_dunes(canvas, stage)
    elif not stage.water:
        paint_plain(canvas, stage, stage.horizon, stage.palette.grass)
    if stage.water:
        rough = 0.75 if scene.has("sea") else 0.12
        paint_water(canvas, stage, stage.horizon, rough)
    sun_rays(canvas, stage)
    _ = mix_colour
