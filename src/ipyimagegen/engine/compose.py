"""The order of painting: which layers a scene has, from far to near."""

from __future__ import annotations

import numpy as np

from .abstract import paint_abstract, paint_space
from .buildings import paint_bridge, paint_castle, paint_city, paint_house, paint_lighthouse, paint_road, paint_windmill
from .canvas import Canvas
from .exact import clamp, mix_colour, smoothstep
from .figures import paint_balloons, paint_birds, paint_boat, paint_cat, paint_wanderer
from .flora import bank, flowers, foliage, grass, leafy, pine, tree_line, trunk
from .land import headland, paint_beach, paint_dunes, paint_hills, paint_mountains, paint_plain, paint_river, paint_volcano, paint_waterfall, roll
from .prompt import Scene
from .sky import paint_sky, sun_rays
from .stage import Stage, set_stage
from .still_life import paint_portrait, paint_still_life
from .water import paint_water
from .weather import finish_light, paint_weather


def compose(scene: Scene, width: int, height: int) -> Canvas:
    """The whole scene at ``width``×``height`` pixels, before style."""
    canvas = Canvas.blank(width, height)
    stage = set_stage(scene, canvas)
    if scene.kind == "abstract":
        paint_abstract(canvas, stage)
    elif scene.kind == "space":
        paint_space(canvas, stage)
    elif scene.kind == "still_life":
        paint_still_life(canvas, stage)
    elif scene.kind == "portrait":
        paint_portrait(canvas, stage)
    else:
        _landscape(canvas, stage)
        paint_weather(canvas, stage)
    finish_light(canvas, stage)
    _shun(canvas, scene)
    return canvas


def _landscape(canvas: Canvas, stage: Stage) -> None:
    paint_sky(canvas, stage)
    if stage.scene.has("birds"):
        paint_birds(canvas, stage, 14)
    if stage.scene.has("mountains"):
        paint_mountains(canvas, stage)
    if stage.scene.has("volcano"):
        paint_volcano(canvas, stage)
    if stage.water:
        _waterside(canvas, stage)
    elif stage.scene.has("forest") and not stage.scene.has("hills", "mountains", "field", "city", "desert", "flowers"):
        _inside_forest(canvas, stage)
    else:
        _open_country(canvas, stage)
    if stage.scene.has("balloon"):
        paint_balloons(canvas, stage)
    _foreground_figures(canvas, stage)
    sun_rays(canvas, stage)


def _waterside(canvas: Canvas, stage: Stage) -> None:
    """A far shore, what stands on it, the water that mirrors both, and the near shore."""
    scene = stage.scene
    dice = scene.dice("far shore")
    if scene.has("city"):
        paint_city(canvas, stage, stage.horizon)
    if scene.season == "winter" and scene.has("lake") and not scene.has("city", "mountains"):
        paint_mountains(canvas, stage)
        tree_line(canvas, stage, dice.child("winter wood"), stage.horizon, 0.07, 0.3)
    elif scene.has("hills") or (scene.has("lake") and not scene.has("mountains", "city")):
        for rank in range(2):
            roll(canvas.above(stage.horizon), stage, dice.child(rank), stage.horizon - 0.09 + 0.06 * rank, 0.035, 0.72 - 0.30 * rank, stage.palette.leaf)
    if scene.has("forest"):
        tree_line(canvas, stage, dice.child("wood far"), stage.horizon - 0.005, 0.10, 0.55)
        tree_line(canvas, stage, dice.child("wood"), stage.horizon, 0.075, 0.28)
    headed = scene.has("lighthouse", "island", "castle", "house")
    if headed:
        at = stage.width * (0.5 - 0.24 * stage.side)
        top = headland(canvas, stage, at, 0.13 if scene.has("lighthouse", "castle") else 0.08)
        if scene.has("castle"):
            paint_castle(canvas, stage, (at, top + 0.02), 0.26, dice.child("castle"))
        if scene.has("house") and not scene.has("lighthouse"):
            paint_house(canvas, stage, (at, top + 0.02), 0.12, dice.child("house"))
        if scene.has("lighthouse"):
            paint_lighthouse(canvas, stage, (at, top + 0.012), min(0.36, stage.horizon * 0.56))
        if scene.has("house") and scene.has("lighthouse"):
            paint_house(canvas, stage, (at - 0.16 * stage.side, top + 0.04), 0.08, dice.child("house"))
        if scene.has("island") and not scene.has("lighthouse", "castle", "house"):
            for n in range(7):
                leafy(canvas, stage, at + dice.between(-0.11, 0.11), top + dice.between(0.01, 0.04), dice.between(0.08, 0.15), 0.12, dice.child(n))
    paint_water(canvas, stage, stage.horizon, _roughness(stage))
    if scene.has("beach"):
        paint_beach(canvas, stage)
    elif scene.has("lake") and not scene.has("city"):
        bank(canvas, stage, scene.dice("bank"))
        if scene.has("forest"):
            for n in range(4):
                x = stage.width * (0.5 - stage.side * (0.5 - 0.085 * n)) + dice.between(-0.02, 0.02)
                tree = leafy if stage.broad_leaved else pine
                tree(canvas, stage, x, stage.shore + 0.05 - 0.02 * n, 0.62 - 0.13 * n, 0.02, dice.child("pine", n))
    if scene.has("boat"):
        y = stage.horizon + (stage.height - stage.horizon) * 0.30
        paint_boat(canvas, stage, (stage.width * (0.5 - 0.17 * stage.side), y), 0.20)
    if scene.has("bridge"):
        paint_bridge(canvas, stage, stage.horizon - 0.05, stage.horizon + 0.12)


def _roughness(stage: Stage) -> float:
    """How choppy the water is."""
    if stage.scene.weather == "storm":
        return 1.0
    if stage.scene.says("calm", "still", "mirror", "quiet", "frozen", "reflection"):
        return 0.10
    return 0.62 if stage.scene.has("sea") else 0.16


def _inside_forest(canvas: Canvas, stage: Stage) -> None:
    """Among the trees: mist between ever nearer trunks, light on the ground, perhaps a path or a stream."""
    scene, palette = stage.scene, stage.palette
    dice = scene.dice("forest")
    canvas.lay(0.45, mix_colour(palette.haze, palette.horizon, 0.5))
    for rank, distance in enumerate((0.86, 0.72, 0.56)):
        tree_line(canvas, stage, dice.child("line", rank), stage.horizon + 0.015 * rank, 0.34 - 0.03 * rank, distance)
    floor = palette.snow if scene.season == "winter" else mix_colour(palette.earth, palette.leaf_warm, 0.5)
    paint_plain(canvas, stage, stage.horizon + 0.02, floor)
    if scene.has("waterfall"):
        paint_waterfall(canvas, stage)
    if scene.has("road"):
        paint_road(canvas, stage, stage.horizon + 0.03, mix_colour(palette.earth, palette.sand, 0.45))
    if scene.has("river") or scene.has("waterfall"):
        paint_river(canvas, stage)
    if scene.has("flowers"):
        flowers(canvas, stage, stage.horizon + 0.08)
    for rank, (count, thick, distance) in enumerate(((14, 0.014, 0.62), (9, 0.026, 0.38), (5, 0.052, 0.12))):
        for n in range(int(count * max(stage.width, 1.0))):
            child = dice.child(rank, n)
            x = child.between(-0.02, 1.02) * stage.width
            if rank and abs(x - stage.width * 0.5) < 0.07 * (rank + 1):
                x += 0.16 * (rank + 1) * (1.0 if x > stage.width * 0.5 else -1.0)
            base = stage.horizon + 0.03 + 0.10 * rank * rank + child.between(0.0, 0.05)
            trunk(canvas, stage, x, base, thick * child.between(0.8, 1.25), distance, child, scene.says("birch", "birches"))
        if stage.broad_leaved and scene.season != "winter":
            foliage(canvas, stage, dice.child("leaves", rank), -0.03, 0.36 - 0.04 * rank, 0.0075 + 0.004 * rank, 1000)
    if scene.season == "autumn":
        foliage(canvas, stage, dice.child("fallen"), stage.height + 0.02, stage.horizon + 0.05, 0.008, 420)
    light = canvas.below(stage.horizon)
    patches = light.noise(dice.bits(), 5.0, 3, 3.0)
    light.glow(clamp(patches) * 0.16, palette.sun)


def _open_country(canvas: Canvas, stage: Stage) -> None:
    """Land under the sky: hills, dunes or a plain, and what stands on it."""
    scene, palette = stage.scene, stage.palette
    dice = scene.dice("country")
    near = mix_colour(palette.grass, palette.leaf, 0.2)
    if scene.has("city"):
        paint_city(canvas, stage, stage.horizon + 0.01)
    if scene.has("castle"):
        at = stage.width * (0.5 - 0.10 * stage.side)
        top = headland(canvas, stage, at, 0.17, rocky=False, wide=0.46)
        paint_castle(canvas, stage, (at, top + 0.03), 0.36, dice.child("castle"))
    if scene.has("desert"):
        paint_dunes(canvas, stage)
    elif scene.has("hills"):
        _hill_country(canvas, stage)
    else:
        if scene.has("forest", "river", "field") and not scene.has("city"):
            tree_line(canvas, stage, dice.child("wood far"), stage.horizon - 0.004, 0.07, 0.62)
            tree_line(canvas, stage, dice.child("wood"), stage.horizon + 0.012, 0.055, 0.36)
        paint_plain(canvas, stage, stage.horizon - 0.002, near)
    if scene.has("waterfall"):
        paint_waterfall(canvas, stage)
    if scene.has("river", "waterfall"):
        paint_river(canvas, stage)
    if scene.has("road"):
        paint_road(canvas, stage, stage.horizon + 0.02, mix_colour(palette.earth, palette.sand, 0.4))
    if scene.has("windmill"):
        paint_windmill(canvas, stage, (stage.width * (0.5 - 0.22 * stage.side), stage.horizon + 0.05), 0.27, dice.child("mill"))
    if scene.has("house"):
        size = 0.16 if scene.has("city", "castle", "windmill") else 0.22
        foot = (stage.width * (0.5 + 0.12 * stage.side), stage.horizon + 0.13)
        paint_house(canvas, stage, foot, size, dice.child("house"))
    if scene.has("bridge") and not scene.has("sea", "lake"):
        paint_bridge(canvas, stage, stage.horizon + 0.02, stage.horizon + 0.17)
    if scene.has("forest", "house") and not scene.has("desert", "flowers") or scene.season in ("autumn", "spring"):
        _grove(canvas, stage)
    if scene.has("flowers"):
        grass(canvas, stage, stage.horizon + 0.10, dice.child("grass"), int(1100 * stage.width))
        flowers(canvas, stage, stage.horizon + (0.10 if scene.has("hills") else 0.025))
    elif scene.has("field", "hills") and scene.season != "winter":
        grass(canvas, stage, stage.horizon + 0.12, dice.child("grass"), int(900 * stage.width))


def _hill_country(canvas: Canvas, stage: Stage) -> None:
    scene = stage.scene
    dice = scene.dice("hill country")
    paint_hills(canvas, stage, stage.height)
    if scene.has("desert"):
        return
    for n in range(9):
        child = dice.child(n)
        y = stage.horizon + child.between(0.0, 0.06)
        leafy(canvas, stage, child.unit() * stage.width, y + 0.03, child.between(0.035, 0.07), 0.30, child)


def _grove(canvas: Canvas, stage: Stage) -> None:
    """Single trees to both sides, larger towards the viewer."""
    scene = stage.scene
    dice = scene.dice("grove")
    spots = sorted((dice.child(n).unit(), n) for n in range(int(11 * max(stage.width, 0.8))))
    for depth, n in spots:
        child = dice.child("tree", n)
        outer = child.between(0.30 if scene.has("house", "castle") else 0.20, 0.52)
        x = stage.width * (0.5 + outer * (1.0 if child.chance(0.5) else -1.0))
        y = stage.horizon + 0.03 + 0.27 * depth * depth
        tall = 0.10 + 0.30 * depth
        (leafy if stage.broad_leaved else pine)(canvas, stage, x, y, tall, 0.40 * (1.0 - depth), child)


def _foreground_figures(canvas: Canvas, stage: Stage) -> None:
    """A cat or a wanderer, near the viewer and a little aside of the light."""
    scene = stage.scene
    if scene.has("cat"):
        dice = scene.dice("cat place")
        if stage.water or scene.has("city"):
            roll(canvas, stage, dice, stage.height - 0.13, 0.03, 0.0, mix_colour(stage.palette.grass, stage.palette.earth, 0.4))
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
            plane -= excess * u
