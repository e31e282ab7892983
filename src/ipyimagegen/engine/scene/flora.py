"""Things that grow: tree lines far off, single pines and leafy trees, forests, grass and flowers."""

from __future__ import annotations

import numpy as np

from ..draw.canvas import Canvas, dabs, line
from ..draw.exact import RGB, Plane, blend, clamp, mix_colour, smoothstep
from ..draw.noise import Dice, fbm, units
from .stage import Stage


def _spikes(x: Plane, key: int, spacing: float) -> Plane:
    """A profile of tree tops 0..1: one jagged cone in every cell of ``spacing``, some cells with a low one."""
    cell = np.floor(x * (1.0 / spacing))
    first = int(cell.min()) - 1
    count = int(cell.max()) - first + 3
    tall, shift = units(key, count), units(key + 1, count)
    best = np.zeros_like(x)
    index = cell.astype(np.int32) - first
    for neighbour in (-1, 0, 1):
        at = index + neighbour
        centre = (cell + float(neighbour) + 0.5 + (shift.take(at) - 0.5) * 0.8) * spacing
        height = 0.45 + 0.55 * tall.take(at)
        best = np.maximum(best, height - np.abs(x - centre) * (1.15 / spacing))
    return best


def tree_line(canvas: Canvas, stage: Stage, dice: Dice, base: float, tall: float, distance: float) -> None:
    """A wood seen from afar: conifer tops ``tall`` units above ``base``, ``distance`` (0..1) of air before it."""
    part = canvas.crop(-1.0, base - tall * 1.6, stage.width + 1.0, base + tall * 0.35)
    if part.empty:
        return
    palette = stage.palette
    key = dice.bits()
    ground = fbm(part.x, part.y[:1], key, frequency=2.0, octaves=3) * (tall * 0.28)
    close = min(tall, 0.14)
    tops = _spikes(part.x, key + 1, close * 0.30) * 0.75 + _spikes(part.x + 0.37, key + 3, close * 0.17) * 0.35
    tops = tops * (close / tall) + (1.0 - close / tall) * 0.8
    rag = part.noise(key + 5, 2.6 / tall, 4, 0.8)
    depth = part.y - (base - ground * 1.0 - tops * tall) + rag * (tall * 0.07)
    cover = part.edge(-depth)
    foot = smoothstep(base + tall * 0.35, base + tall * 0.15, part.y)
    local = mix_colour(palette.leaf, (0.10, 0.16, 0.14), 0.45)
    light = clamp(0.5 + rag * 0.32 - smoothstep(0.0, tall * 0.9, depth) * 0.35)
    dark, bright = palette.far(palette.lit(local, 0.0), distance), palette.far(palette.lit(local, 0.9), distance)
    mist = smoothstep(tall * 0.25, tall * 1.15, depth) * (0.15 + 0.7 * distance)
    snowy = stage.scene.season == "winter"
    snow = palette.far(palette.lit(palette.snow, 0.7), distance)
    frosted = smoothstep(0.15, 0.9, rag + 0.35 - depth * (0.5 / tall)) * 0.75 if snowy else None
    for c, plane in enumerate(part.rgb):
        tone = dark[c] + (bright[c] - dark[c]) * light
        if frosted is not None:
            blend(tone, snow[c], frosted)
        blend(tone, palette.haze[c], mist)
        blend(plane, tone, cover * foot)


def pine(canvas: Canvas, stage: Stage, x: float, base: float, tall: float, distance: float, dice: Dice) -> None:
    """One conifer with its foot at (``x``, ``base``)."""
    part = canvas.crop(x - tall * 0.26, base - tall * 1.02, x + tall * 0.26, base + tall * 0.02)
    if part.empty:
        return
    palette = stage.palette
    t = clamp((part.y - (base - tall)) * (1.0 / tall))
    tiers = dice.between(7.0, 10.0)
    saw = t * tiers
    saw = saw - np.floor(saw)
    rag = part.noise(dice.bits(), 14.0 / tall, 3, 0.6)
    dx = part.x - x - (rag * 0.010 + dice.between(-0.02, 0.02) * (1.0 - t)) * tall
    half = tall * (0.015 + 0.20 * t * (0.55 + 0.45 * saw)) * (1.0 + rag * 0.30)
    crown = part.edge(np.maximum(np.abs(dx) - half, (t - 0.93) * tall))
    trunk = part.edge(np.abs(dx) - tall * 0.014) * (part.y < base)
    part.lay(trunk * (t > 0.5), palette.far(palette.lit((0.30, 0.22, 0.18), 0.3), distance))
    local = mix_colour(palette.leaf, (0.08, 0.15, 0.12), dice.between(0.25, 0.5))
    light = clamp(0.42 + dx / (half + 0.002) * (0.40 * stage.side) - (saw - 0.5) * 0.45 + rag * 0.25)
    dark, bright = palette.far(palette.lit(local, 0.0), distance), palette.far(palette.lit(local, 1.0), distance)
    snow = palette.far(palette.lit(palette.snow, 0.7), distance)
    white = smoothstep(0.55, 0.10, saw + rag * 0.3) * 0.9 if stage.scene.season == "winter" else None
    for c, plane in enumerate(part.rgb):
        tone = dark[c] + (bright[c] - dark[c]) * light
        if white is not None:
            blend(tone, snow[c], white)
        blend(plane, tone, crown)


def leafy(canvas: Canvas, stage: Stage, x: float, base: float, tall: float, distance: float, dice: Dice) -> None:
    """One broad-leaved tree: a forked trunk and a crown of leaf dabs, light on the side of the sun."""
    palette = stage.palette
    bark = palette.far(palette.lit((0.34, 0.25, 0.20), 0.35), distance)
    fork = base - tall * dice.between(0.28, 0.38)
    line(canvas, (x, base), (x + tall * dice.between(-0.03, 0.03), fork), tall * 0.05, bark)
    for _ in range(4):
        tip = (x + tall * dice.between(-0.22, 0.22), base - tall * dice.between(0.5, 0.8))
        line(canvas, (x, fork + tall * 0.04), tip, tall * 0.022, bark)
    if stage.scene.season == "winter":
        _bare(canvas, stage, x, base, tall, bark, dice)
        return
    count = int(200 + 900 * max(tall - 0.2, 0.0))
    a, b, c = dice.units(count) - 0.5, dice.units(count) - 0.5, dice.units(count)
    lumps = [(dice.between(-0.18, 0.18), dice.between(-0.80, -0.42), dice.between(0.16, 0.26)) for _ in range(6)]
    lumps.append((0.0, -0.66, 0.30))
    which = (dice.units(count) * float(len(lumps))).astype(np.int32)
    lx, ly, lr = (np.array([lump[k] for lump in lumps], dtype=np.float32).take(which) for k in range(3))
    dx, dy = a * 2.0 * lr, b * 2.0 * lr * 0.85
    light = clamp(0.42 + dx * stage.side * 1.6 - dy * 2.0 - (ly + 0.6) * 0.9 + (c - 0.5) * 0.35)
    order = np.argsort((light * 1000.0).astype(np.int32), kind="stable")
    colours = _leaf_colours(stage, light, c, distance)
    dabs(
        canvas,
        (x + (lx + dx) * tall)[order],
        (base + (ly + dy) * tall)[order],
        (min(tall, 0.32) * (0.020 + 0.030 * c))[order],
        colours[order],
        opacity=0.92,
        squash=0.85,
    )


def _leaf_colours(stage: Stage, light: Plane, vary: Plane, distance: float) -> Plane:
    """N×3 leaf colours between shade and sun, greens and warm tones mixed."""
    palette = stage.palette
    out = np.empty((light.size, 3), dtype=np.float32)
    shade, lit = palette.lit(palette.leaf, 0.0), palette.lit(palette.leaf_warm, 1.0)
    mid = palette.lit(mix_colour(palette.leaf, palette.accent, 0.25 if stage.scene.season == "autumn" else 0.0), 0.6)
    for channel in range(3):
        low = shade[channel] * 0.8 + (mid[channel] - shade[channel] * 0.8) * smoothstep(0.0, 0.55, light)
        tone = low + (lit[channel] - low) * smoothstep(0.45, 1.0, light) * (0.6 + 0.4 * vary)
        out[:, channel] = tone + (palette.haze[channel] - tone) * distance
    return out


def _bare(canvas: Canvas, stage: Stage, x: float, base: float, tall: float, bark: RGB, dice: Dice) -> None:
    """Twigs of a winter tree."""
    for _ in range(26):
        ox, oy = x + tall * dice.between(-0.16, 0.16), base - tall * dice.between(0.42, 0.75)
        line(canvas, (ox, oy), (ox + (ox - x) * 0.6, oy - tall * dice.between(0.06, 0.2)), tall * 0.008, bark, 0.9)
    snow = stage.palette.lit(stage.palette.snow, 0.8)
    count = 26
    xs = x + (dice.units(count) - 0.5) * (tall * 0.44)
    ys = base - (0.45 + 0.42 * dice.units(count)) * tall
    dabs(
        canvas,
        xs,
        ys,
        np.full(count, tall * 0.014, dtype=np.float32),
        np.tile(np.array([snow], dtype=np.float32), (count, 1)),
    )


def trunk(
    canvas: Canvas, stage: Stage, x: float, base: float, thick: float, distance: float, dice: Dice, *, pale: bool
) -> None:
    """One tall trunk that leaves the picture at the top; ``pale`` is a birch."""
    part = canvas.crop(x - thick * 2.0, -0.1, x + thick * 2.0, base + thick)
    if part.empty:
        return
    palette = stage.palette
    lean = dice.between(-0.05, 0.05)
    wobble = fbm(part.y.reshape(1, -1), part.x[:1, :1], dice.bits(), frequency=3.0, octaves=3)[0][:, None] * (
        thick * 0.22
    )
    along = clamp((base - part.y) * (1.0 / base))
    dx = part.x - (x + lean * (base - part.y) + wobble)
    flare = smoothstep(0.06, 0.0, along) * 0.45
    half = thick * (0.5 - 0.2 * along + flare)
    cover = part.edge(np.abs(dx) - half)
    bark = part.noise(dice.bits(), 0.35 / thick, 4, 3.0 if pale else 0.3)
    light = clamp(0.5 + dx / (half + 1e-4) * (0.55 * stage.side) + bark * 0.18)
    local = (0.92, 0.90, 0.86) if pale else (0.33, 0.25, 0.21)
    dark = palette.far(palette.lit(mix_colour(local, palette.middle, 0.35 if pale else 0.1), 0.0), distance)
    bright = palette.far(palette.lit(local, 1.0), distance)
    marks = smoothstep(0.55, 0.85, bark + 0.25 * part.noise(dice.bits(), 1.1 / thick, 2, 2.0)) * 0.85 if pale else None
    ink = palette.far((0.12, 0.11, 0.12), distance)
    for c, plane in enumerate(part.rgb):
        tone = dark[c] + (bright[c] - dark[c]) * light
        if marks is not None:
            blend(tone, ink[c], marks)
        blend(plane, tone, cover)


def foliage(canvas: Canvas, stage: Stage, dice: Dice, top: float, bottom: float, size: float, count: int) -> None:
    """Loose leaves between heights ``top`` and ``bottom``, thicker towards the top."""
    a = dice.units(count)
    ys = top + (bottom - top) * a * a
    xs = dice.units(count) * stage.width
    vary = dice.units(count)
    light = clamp(0.12 + 0.85 * dice.units(count) - np.abs(xs - stage.light[0]) * 0.25 + (ys - top) * 0.4)
    dabs(canvas, xs, ys, size * (0.6 + 0.8 * vary), _leaf_colours(stage, light, vary, 0.12), opacity=0.85, squash=0.75)


def grass(canvas: Canvas, stage: Stage, top: float, dice: Dice, count: int) -> None:
    """Blades over the ground below ``top``, longer towards the viewer."""
    palette = stage.palette
    ys = top + (stage.height - top + 0.02) * np.sqrt(dice.units(count))
    xs, lean, tone = dice.units(count) * stage.width, dice.units(count) - 0.5, dice.units(count)
    order = np.argsort((ys * 4096.0).astype(np.int32), kind="stable").tolist()
    blades = palette.grass
    for n in order:
        y = float(ys[n])
        size = stage.ground_scale(y)
        tall = 0.012 + 0.055 * size
        colour = palette.lit(mix_colour(blades, palette.leaf_warm, float(tone[n])), 0.15 + 0.8 * float(tone[n]))
        x = float(xs[n])
        line(canvas, (x, y), (x + float(lean[n]) * tall * 0.8, y - tall), 0.0012 + 0.0028 * size, colour, 0.8)


_KINDS: dict[str, tuple[RGB, ...]] = {
    "poppy": ((0.86, 0.16, 0.12), (0.92, 0.28, 0.16), (0.72, 0.10, 0.12)),
    "poppies": ((0.86, 0.16, 0.12), (0.92, 0.28, 0.16), (0.72, 0.10, 0.12)),
    "lavender": ((0.50, 0.36, 0.74), (0.62, 0.48, 0.84), (0.40, 0.28, 0.62)),
    "sunflower": ((0.96, 0.76, 0.14), (0.98, 0.84, 0.30), (0.86, 0.58, 0.10)),
    "sunflowers": ((0.96, 0.76, 0.14), (0.98, 0.84, 0.30), (0.86, 0.58, 0.10)),
    "daisy": ((0.97, 0.96, 0.92), (0.93, 0.92, 0.96), (0.99, 0.93, 0.80)),
    "daisies": ((0.97, 0.96, 0.92), (0.93, 0.92, 0.96), (0.99, 0.93, 0.80)),
    "tulip": ((0.90, 0.22, 0.26), (0.96, 0.72, 0.20), (0.92, 0.48, 0.62)),
    "tulips": ((0.90, 0.22, 0.26), (0.96, 0.72, 0.20), (0.92, 0.48, 0.62)),
    "🌸": ((0.96, 0.70, 0.78), (0.99, 0.84, 0.88), (0.90, 0.52, 0.66)),
    "🌷": ((0.90, 0.22, 0.46), (0.96, 0.62, 0.70), (0.92, 0.48, 0.62)),
    "🌻": ((0.96, 0.76, 0.14), (0.98, 0.84, 0.30), (0.86, 0.58, 0.10)),
}
_ROWS = frozenset(("lavender", "tulip", "tulips", "🌷"))


def flower_colours(stage: Stage) -> tuple[RGB, ...]:
    """The petals that the prompt names, or a mix of meadow colours."""
    named = stage.scene.colour("flowers")
    if named is not None:
        return (named, mix_colour(named, (1.0, 0.85, 0.65), 0.16), mix_colour(named, (0.2, 0.05, 0.15), 0.2))
    for word, petals in _KINDS.items():
        if stage.scene.says(word):
            return petals
    return (stage.palette.accent, (0.97, 0.93, 0.86), (0.94, 0.74, 0.26), (0.66, 0.46, 0.80))


def flowers(canvas: Canvas, stage: Stage, top: float) -> None:
    """A field of flowers from ``top`` to the bottom edge: a shimmer far off, single heads near by."""
    palette = stage.palette
    dice = stage.scene.dice("flowers")
    petals = flower_colours(stage)
    rows = any(stage.scene.says(word) for word in _ROWS)
    count = int((8200 if rows else 5200) * max(stage.width * (stage.height - top), 0.3))
    near = dice.units(count)
    near = near * near * (0.35 + 0.65 * near)
    ys = top + 0.008 + near * (stage.height - top)
    scale = clamp((ys - stage.horizon) * (1.0 / (stage.height - stage.horizon)), 0.0, 1.1)
    if rows:
        lane = np.floor(dice.units(count) * 34.0) - 17.0 + (dice.units(count) - 0.5) * 0.42
        xs = stage.width * 0.5 + lane * (0.012 + 0.15 * scale)
    else:
        xs = (dice.units(count) * 1.1 - 0.05) * stage.width
        drift = fbm(xs[None, :] * 1.0, ys[:1, None] * 0.0, dice.bits(), frequency=3.0, octaves=2)[0]
        ys = ys + drift * 0.012
    if rows:
        _rows(canvas, stage, top, petals[0])
    which = (dice.units(count) * float(len(petals))).astype(np.int32)
    light = dice.units(count)
    air = smoothstep(0.30, 0.0, scale) * 0.5
    colours = np.empty((count, 3), dtype=np.float32)
    shaded = np.array([palette.lit(petal, 0.15) for petal in petals], dtype=np.float32)
    bright = np.array([palette.lit(petal, 1.0) for petal in petals], dtype=np.float32)
    for c in range(3):
        tone = shaded[which, c] + (bright[which, c] - shaded[which, c]) * light
        colours[:, c] = tone + (palette.haze[c] - tone) * air
    order = np.argsort((ys * 4096.0).astype(np.int32), kind="stable")
    radii = (0.0016 + 0.0150 * scale) * (0.6 + 0.6 * dice.units(count))
    dabs(canvas, xs[order], ys[order], radii[order], colours[order], opacity=0.95, squash=0.72)
    large = order[scale[order] > 0.6]
    hearts = np.tile(
        np.array(
            [palette.lit((0.20, 0.13, 0.08) if stage.scene.colour("flowers") else (0.62, 0.42, 0.12), 0.7)],
            dtype=np.float32,
        ),
        (large.size, 1),
    )
    if stage.scene.says("daisy", "daisies"):
        hearts[:] = palette.lit((0.95, 0.75, 0.2), 0.8)
    if not rows:
        dabs(canvas, xs[large], ys[large], radii[large] * 0.26, hearts, opacity=0.8, squash=0.72)


def _rows(canvas: Canvas, stage: Stage, top: float, petal: RGB) -> None:
    """Planted rows that run to the horizon, as bands of colour under the single heads."""
    part = canvas.below(top)
    if part.empty:
        return
    near = clamp((part.y - stage.horizon) * (1.0 / (stage.height - stage.horizon)))
    lane = (part.x - stage.width * 0.5) / (0.012 + 0.15 * near)
    lane = lane - np.floor(lane + 0.5)
    tuft = part.noise(stage.scene.dice("rows").key, 34.0, 3, 1.2)
    band = smoothstep(0.36, 0.24, np.abs(lane) + tuft * 0.05)
    light = clamp(0.45 + tuft * 0.28 - lane * (0.7 * -stage.side))
    dark, bright = stage.palette.lit(petal, 0.0), stage.palette.lit(petal, 1.0)
    air = smoothstep(0.30, 0.0, near) * 0.5
    for c, plane in enumerate(part.rgb):
        tone = dark[c] * 0.8 + (bright[c] - dark[c] * 0.8) * light
        blend(tone, stage.palette.haze[c], air)
        blend(plane, tone, band * 0.88)


def bank(canvas: Canvas, stage: Stage, dice: Dice) -> None:
    """The near shore at the bottom: a dark slope with reeds, higher on one side."""
    palette = stage.palette
    part = canvas.below(stage.shore - 0.08)
    if part.empty:
        return
    lift = (part.x - stage.width * 0.5) * (-0.12 * stage.side)
    edge = stage.shore + 0.05 - lift + fbm(part.x, part.y[:1], dice.bits(), frequency=4.0, octaves=5) * 0.014
    depth = part.y - edge
    turf = part.noise(dice.bits(), 18.0, 4, 2.5)
    local = palette.snow if stage.scene.season == "winter" else mix_colour(palette.grass, palette.earth, 0.15)
    light = clamp(0.30 + turf * 0.25)
    dark, bright = palette.lit(local, 0.0), palette.lit(local, 0.8)
    cover = part.edge(-depth)
    for c, plane in enumerate(part.rgb):
        tone = dark[c] * 0.9 + (bright[c] - dark[c] * 0.9) * light
        blend(plane, tone, cover)
    reeds = palette.lit(mix_colour(palette.grass, palette.earth, 0.35), 0.2)
    for _ in range(70):
        x = dice.unit() * stage.width
        y = stage.shore + 0.05 + (x - stage.width * 0.5) * (0.12 * stage.side)
        tall = dice.between(0.03, 0.10)
        line(canvas, (x, y + 0.02), (x + dice.between(-0.02, 0.02), y - tall), 0.0032, reeds, 0.85)
