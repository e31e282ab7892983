"""Open country: hills, dunes or a plain under the sky, and what stands on them."""

from __future__ import annotations

from ..draw.canvas import Canvas
from ..draw.exact import mix_colour
from .buildings import paint_bridge, paint_castle, paint_house, paint_road, paint_windmill
from .city import paint_city
from .flora import flowers, grass, leafy, pine, tree_line
from .land import paint_dunes, paint_hills, paint_plain
from .landmarks import headland, paint_river, paint_waterfall
from .stage import Stage


def paint_country(canvas: Canvas, stage: Stage) -> None:
    """Land under the sky, from far to near."""
    _far(canvas, stage)
    _ground(canvas, stage)
    _ways(canvas, stage)
    _buildings(canvas, stage)
    _growth(canvas, stage)


def _far(canvas: Canvas, stage: Stage) -> None:
    """What stands at the horizon."""
    scene = stage.scene
    if scene.has("city"):
        paint_city(canvas, stage, stage.horizon + 0.01)
    if scene.has("castle"):
        at = stage.width * (0.5 - 0.10 * stage.side)
        top = headland(canvas, stage, at, 0.21, rocky=False, base=stage.horizon + 0.05, wide=0.46)
        paint_castle(canvas, stage, (at, top + 0.03), 0.36, scene.dice("castle"))


def _ground(canvas: Canvas, stage: Stage) -> None:
    """Dunes, hills, or a plain with woods at its far end."""
    scene, palette = stage.scene, stage.palette
    dice = scene.dice("country")
    if scene.has("desert"):
        paint_dunes(canvas, stage)
        return
    if scene.has("hills"):
        paint_hills(canvas, stage, stage.height)
        for n in range(9):
            child = dice.child("far tree", n)
            x, y = child.unit() * stage.width, stage.horizon + child.between(0.03, 0.09)
            leafy(canvas, stage, x, y, child.between(0.035, 0.07), 0.30, child)
        return
    if scene.has("forest", "river", "field") and not scene.has("city"):
        tree_line(canvas, stage, dice.child("wood far"), stage.horizon - 0.004, 0.07, 0.62)
        tree_line(canvas, stage, dice.child("wood"), stage.horizon + 0.012, 0.055, 0.36)
    paint_plain(canvas, stage, stage.horizon - 0.002, mix_colour(palette.grass, palette.leaf, 0.2))


def _ways(canvas: Canvas, stage: Stage) -> None:
    """Falls, rivers, roads, and the bridge over them."""
    scene, palette = stage.scene, stage.palette
    if scene.has("waterfall"):
        paint_waterfall(canvas, stage)
    if scene.has("river", "waterfall"):
        paint_river(canvas, stage)
    if scene.has("road"):
        paint_road(canvas, stage, stage.horizon + 0.02, mix_colour(palette.earth, palette.sand, 0.4))
    if scene.has("bridge"):
        paint_bridge(canvas, stage, stage.horizon + 0.02, stage.horizon + 0.17)


def _buildings(canvas: Canvas, stage: Stage) -> None:
    """A windmill to one side, a house to the other."""
    scene = stage.scene
    if scene.has("windmill"):
        foot = (stage.width * (0.5 - 0.22 * stage.side), stage.horizon + 0.05)
        paint_windmill(canvas, stage, foot, 0.27, scene.dice("mill"))
    if scene.has("house"):
        size = 0.16 if scene.has("city", "castle", "windmill") else 0.22
        foot = (stage.width * (0.5 + 0.12 * stage.side), stage.horizon + 0.13)
        paint_house(canvas, stage, foot, size, scene.dice("house"))


def _growth(canvas: Canvas, stage: Stage) -> None:
    """Trees, flowers and grass."""
    scene = stage.scene
    dice = scene.dice("growth")
    if scene.has("desert"):
        return
    wooded = scene.has("forest", "house") and not scene.has("flowers")
    if (wooded or scene.season in ("autumn", "spring") or scene.has("forest")) and "forest" not in scene.refused:
        _grove(canvas, stage)
    lowest = stage.horizon + (0.10 if scene.has("hills") else 0.025)
    if scene.has("flowers"):
        grass(canvas, stage, stage.horizon + 0.10, dice.child("grass"), int(1100 * stage.width))
        flowers(canvas, stage, lowest)
    elif scene.has("field", "hills") and scene.season != "winter":
        grass(canvas, stage, stage.horizon + 0.12, dice.child("grass"), int(900 * stage.width))


def _grove(canvas: Canvas, stage: Stage) -> None:
    """Single trees to both sides, larger towards the viewer."""
    dice = stage.scene.dice("grove")
    inner = 0.30 if stage.scene.has("house", "castle") else 0.20
    tree = leafy if stage.broad_leaved else pine
    for depth, n in sorted((dice.child(n).unit(), n) for n in range(int(11 * max(stage.width, 0.8)))):
        child = dice.child("tree", n)
        x = stage.width * (0.5 + child.between(inner, 0.52) * (1.0 if child.chance(0.5) else -1.0))
        y = stage.horizon + 0.03 + 0.27 * depth * depth
        tree(canvas, stage, x, y, 0.10 + 0.30 * depth, 0.40 * (1.0 - depth), child)
