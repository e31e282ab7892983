"""At the water: a far shore, what stands on it, the water that mirrors both, and the near shore."""

from __future__ import annotations

from ..draw.canvas import Canvas
from .buildings import paint_bridge, paint_castle, paint_house, paint_lighthouse
from .city import paint_city
from .figures import paint_boat
from .flora import bank, leafy, pine, tree_line
from .land import paint_mountains, roll
from .landmarks import headland, paint_beach
from .stage import Stage
from .water import paint_water


def paint_waterside(canvas: Canvas, stage: Stage) -> None:
    """A sea or lake with its shores."""
    scene = stage.scene
    _far_shore(canvas, stage)
    if scene.has("lighthouse", "island", "castle", "house"):
        _headland(canvas, stage)
    paint_water(canvas, stage, stage.horizon, _roughness(stage))
    if scene.has("beach"):
        paint_beach(canvas, stage)
    elif scene.has("lake") and not scene.has("city"):
        _near_shore(canvas, stage)
    if scene.has("boat"):
        y = stage.horizon + (stage.height - stage.horizon) * 0.30
        paint_boat(canvas, stage, (stage.width * (0.5 - 0.17 * stage.side), y), 0.20)
    if scene.has("bridge"):
        paint_bridge(canvas, stage, stage.horizon - 0.05, stage.horizon + 0.12)


def _far_shore(canvas: Canvas, stage: Stage) -> None:
    """What the water will mirror: a skyline, snowy mountains, hills, woods."""
    scene = stage.scene
    dice = scene.dice("far shore")
    if scene.has("city"):
        paint_city(canvas, stage, stage.horizon)
    bare_lake = scene.has("lake") and not scene.has("city", "mountains")
    if bare_lake and scene.season == "winter":
        paint_mountains(canvas, stage)
        tree_line(canvas, stage, dice.child("winter wood"), stage.horizon, 0.07, 0.3)
    elif bare_lake or scene.has("hills"):
        for rank in range(2):
            crest, distance = stage.horizon - 0.09 + 0.06 * rank, 0.72 - 0.30 * rank
            roll(canvas.above(stage.horizon), stage, dice.child(rank), crest, 0.035, distance, stage.palette.leaf)
    if scene.has("forest"):
        tree_line(canvas, stage, dice.child("wood far"), stage.horizon - 0.005, 0.10, 0.55)
        tree_line(canvas, stage, dice.child("wood"), stage.horizon, 0.075, 0.28)


def _headland(canvas: Canvas, stage: Stage) -> None:
    """A rock in the water with what stands on it: a castle, a house, a lighthouse, or else trees."""
    scene = stage.scene
    dice = scene.dice("headland")
    at = stage.width * (0.5 - 0.24 * stage.side)
    top = headland(canvas, stage, at, 0.13 if scene.has("lighthouse", "castle") else 0.08)
    if scene.has("castle"):
        paint_castle(canvas, stage, (at, top + 0.02), 0.26, dice.child("castle"))
    if scene.has("lighthouse"):
        paint_lighthouse(canvas, stage, (at, top + 0.012), min(0.36, stage.horizon * 0.56))
    if scene.has("house"):
        beside = 0.16 * stage.side if scene.has("lighthouse", "castle") else 0.0
        size = 0.08 if beside else 0.12
        paint_house(canvas, stage, (at - beside, top + 0.02 + 0.1 * abs(beside)), size, dice.child("house"))
    if not scene.has("lighthouse", "castle", "house"):
        for n in range(7):
            x, y = at + dice.between(-0.11, 0.11), top + dice.between(0.01, 0.04)
            leafy(canvas, stage, x, y, dice.between(0.08, 0.15), 0.12, dice.child(n))


def _near_shore(canvas: Canvas, stage: Stage) -> None:
    """A bank with reeds, and a few tall trees to one side if the scene is wooded."""
    dice = stage.scene.dice("bank")
    bank(canvas, stage, dice)
    if stage.scene.has("forest"):
        tree = leafy if stage.broad_leaved else pine
        for n in range(4):
            x = stage.width * (0.5 - stage.side * (0.5 - 0.085 * n)) + dice.between(-0.02, 0.02)
            tree(canvas, stage, x, stage.shore + 0.05 - 0.02 * n, 0.62 - 0.13 * n, 0.02, dice.child(n))


def _roughness(stage: Stage) -> float:
    """How choppy the water is, 0..1."""
    if stage.scene.weather == "storm":
        return 1.0
    if (
        stage.scene.says("wave", "waves", "rough", "surf", "🌊")
        and stage.scene.has("sea")
        and not stage.scene.has("beach")
    ):
        return 0.9
    if stage.scene.says("calm", "still", "mirror", "quiet", "frozen", "reflection"):
        return 0.10
    return 0.62 if stage.scene.has("sea") else 0.16
