"""Inside a wood: mist between ever nearer trunks, light on the ground, perhaps a path or a stream."""

from __future__ import annotations

from ..draw.canvas import Canvas
from ..draw.exact import clamp, mix_colour
from ..draw.noise import Dice
from .buildings import paint_bridge, paint_house, paint_road
from .flora import flowers, foliage, tree_line, trunk
from .land import paint_plain
from .landmarks import paint_river, paint_waterfall
from .stage import Stage
from .weather import paint_fog

_RANKS = ((14, 0.014, 0.62), (9, 0.026, 0.38), (5, 0.052, 0.12))
"""For each depth from far to near: how many trunks, how thick (units), and how much air lies before them."""


def paint_woodland(canvas: Canvas, stage: Stage) -> None:
    """A wood seen from within."""
    scene, palette = stage.scene, stage.palette
    dice = scene.dice("forest")
    canvas.lay(0.45, mix_colour(palette.haze, palette.horizon, 0.5))
    for rank, distance in enumerate((0.86, 0.72, 0.56)):
        tree_line(canvas, stage, dice.child("line", rank), stage.horizon + 0.015 * rank, 0.34 - 0.03 * rank, distance)
    _ground(canvas, stage)
    for rank in range(len(_RANKS)):
        if rank == len(_RANKS) - 1 and scene.weather == "fog":
            paint_fog(canvas, stage)
        _trunks(canvas, stage, dice, rank)
        if stage.broad_leaved and scene.season != "winter":
            size = 0.0075 + 0.004 * rank
            foliage(canvas, stage, dice.child("leaves", rank), -0.03, 0.36 - 0.04 * rank, size, 1000)
    if scene.season == "autumn":
        foliage(canvas, stage, dice.child("fallen"), stage.height + 0.02, stage.horizon + 0.05, 0.008, 420)
    light = canvas.below(stage.horizon)
    light.glow(clamp(light.noise(dice.bits(), 5.0, 3, 3.0)) * 0.16, palette.sun)


def _ground(canvas: Canvas, stage: Stage) -> None:
    """The floor, and what crosses it."""
    scene, palette = stage.scene, stage.palette
    floor = palette.snow if scene.season == "winter" else mix_colour(palette.earth, palette.leaf_warm, 0.5)
    paint_plain(canvas, stage, stage.horizon + 0.02, floor)
    if scene.has("waterfall"):
        paint_waterfall(canvas, stage)
    if scene.has("road"):
        paint_road(canvas, stage, stage.horizon + 0.03, mix_colour(palette.earth, palette.sand, 0.45))
    if scene.has("river", "waterfall"):
        paint_river(canvas, stage)
    if scene.has("bridge"):
        paint_bridge(canvas, stage, stage.horizon + 0.02, stage.horizon + 0.17)
    if scene.has("flowers"):
        flowers(canvas, stage, stage.horizon + 0.08)
    if scene.has("house"):
        foot = (stage.width * (0.5 + 0.08 * stage.side), stage.horizon + 0.13)
        paint_house(canvas, stage, foot, 0.20, scene.dice("house"))


def _trunks(canvas: Canvas, stage: Stage, dice: Dice, rank: int) -> None:
    """One depth of trunks; the nearer ones leave the middle free."""
    count, thick, distance = _RANKS[rank]
    pale = stage.scene.says("birch", "birches")
    for n in range(int(count * max(stage.width, 1.0))):
        child = dice.child(rank, n)
        x = child.between(-0.02, 1.02) * stage.width
        if rank and abs(x - stage.width * 0.5) < 0.07 * (rank + 1):
            x += 0.16 * (rank + 1) * (1.0 if x > stage.width * 0.5 else -1.0)
        base = stage.horizon + 0.03 + 0.10 * rank * rank + child.between(0.0, 0.05)
        trunk(canvas, stage, x, base, thick * child.between(0.8, 1.25), distance, child, pale=pale)
