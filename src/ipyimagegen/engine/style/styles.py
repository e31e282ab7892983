"""Ways of painting: each turns the composed scene into a few layers, from a rough block-in to the finished picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ..draw.canvas import Canvas, dabs
from ..draw.exact import RGB, Plane, blur, clamp, mix_colour, smoothstep
from ..draw.noise import Dice, fbm
from .strokes import Brush, directions, lay_strokes, lit_relief

LAYERS = 4
"""How many layers a style yields after the first wash."""


@dataclass(frozen=True, slots=True)
class Easel:
    """A scene ready to be painted: ``picture`` (3×H×W), pixel size in units, and dice for the hand that paints."""

    picture: Plane
    pixel: float
    dice: Dice
    grain: bool

    @property
    def x(self) -> Plane:
        """The columns' places in units, 1×W."""
        return np.arange(self.picture.shape[2], dtype=np.int32).astype(np.float32)[None, :] * np.float32(self.pixel)

    @property
    def y(self) -> Plane:
        """The rows' places in units, H×1."""
        return np.arange(self.picture.shape[1], dtype=np.int32).astype(np.float32)[:, None] * np.float32(self.pixel)

    def noise(self, name: str, frequency: float, octaves: int = 3, stretch: float = 1.0) -> Plane:
        """Signed noise over the picture, the same for the same ``name``."""
        return fbm(
            self.x,
            self.y,
            self.dice.child(name).key,
            frequency=frequency,
            octaves=octaves,
            stretch=stretch,
            finest=self.pixel,
        )

    def softened(self, radius: float) -> Plane:
        """The picture blurred by about ``radius`` units."""
        return blur(self.picture, max(int(radius / self.pixel), 0).bit_length())


def _luma(picture: Plane) -> Plane:
    grey: Plane = picture[0] * 0.3 + picture[1] * 0.59 + picture[2] * 0.11
    return grey


def _edges(picture: Plane, reach: int = 1) -> Plane:
    """How steeply brightness and colour change, about 0..1."""
    total = np.zeros(picture.shape[1:], dtype=np.float32)
    for plane in picture:
        dx, dy = np.zeros_like(plane), np.zeros_like(plane)
        dx[:, reach:-reach] = plane[:, 2 * reach :] - plane[:, : -2 * reach]
        dy[reach:-reach] = plane[2 * reach :] - plane[: -2 * reach]
        total += dx * dx + dy * dy
    return np.sqrt(total)


def _graded(picture: Plane, contrast: float, saturation: float) -> Plane:
    """More or less contrast and colour, about the picture's own greys."""
    grey = _luma(picture)
    out: Plane = (grey - 0.5) * contrast + 0.5 + (picture - grey) * saturation
    return out


def _painted(easel: Easel, brushes: tuple[Brush, ...], finish: Callable[[Plane, Plane, int], Plane]) -> Iterator[Plane]:
    """Layers of strokes, one brush a layer, each shown as ``finish`` leaves it."""
    ground = easel.softened(0.10)
    canvas, relief = ground.copy(), np.full(ground.shape[1:], 0.5, dtype=np.float32)
    along = directions(easel.picture, easel.pixel, easel.dice.child("sway").key)
    for n, brush in enumerate(brushes):
        seen = easel.softened(brush.width * 0.35)
        lay_strokes(canvas, relief, seen, along, brush, easel.pixel, easel.dice.child("brush", n))
        yield finish(canvas, relief, n)


def gouache(easel: Easel) -> Iterator[Plane]:
    """The house style: soft visible brushwork with the drawing kept crisp."""
    brushes = (
        Brush(0.16, 0.052),
        Brush(0.075, 0.024, jitter=0.03),
        Brush(0.036, 0.0115, jitter=0.025, spare=0.05),
        Brush(0.018, 0.006, jitter=0.02, spare=0.06),
    )
    detail = (0.0, 0.06, 0.22, 0.52)
    paper = easel.noise("paper", 210.0, 2) * (0.010 if easel.grain else 0.0)

    def finish(canvas: Plane, relief: Plane, n: int) -> Plane:
        off = easel.picture - canvas
        lost = np.abs(off[0]) + np.abs(off[1]) + np.abs(off[2])
        return lit_relief(canvas + off * clamp(detail[n] * (1.0 + lost * 1.2)), relief, 0.10) + paper

    return _painted(easel, brushes, finish)


def oil(easel: Easel) -> Iterator[Plane]:
    """Thick paint: broad bristly strokes in relief, colours a little richer."""
    rich = Easel(clamp(_graded(easel.picture, 1.06, 1.18)), easel.pixel, easel.dice, easel.grain)
    brushes = (
        Brush(0.20, 0.066, jitter=0.05),
        Brush(0.105, 0.034, jitter=0.06),
        Brush(0.055, 0.0175, jitter=0.055, spare=0.05),
        Brush(0.026, 0.0085, jitter=0.045, spare=0.11),
    )
    weave = easel.noise("weave", 240.0, 1) * (0.010 if easel.grain else 0.0)

    def finish(canvas: Plane, relief: Plane, n: int) -> Plane:
        return lit_relief(canvas, relief, 0.24) + weave * (1.0 if n else 0.5)

    return _painted(rich, brushes, finish)


def pastel(easel: Easel) -> Iterator[Plane]:
    """Chalk that leaves the tooth of a toned paper showing."""
    chalky = Easel(clamp(_graded(easel.picture, 0.86, 1.05) + 0.05), easel.pixel, easel.dice, easel.grain)
    brushes = (
        Brush(0.14, 0.050, jitter=0.05),
        Brush(0.085, 0.016, jitter=0.06),
        Brush(0.055, 0.0085, jitter=0.06, spare=0.03),
        Brush(0.030, 0.0055, jitter=0.05, spare=0.06),
    )
    tooth = easel.noise("tooth", 150.0, 3)
    paper = mix_colour((0.80, 0.73, 0.64), (0.55, 0.58, 0.64), easel.dice.child("paper").unit())
    bare = smoothstep(-0.7, 1.1, tooth) * 0.46

    def finish(canvas: Plane, relief: Plane, n: int) -> Plane:
        del relief
        shown = canvas + (chalky.picture - canvas) * (0.0, 0.05, 0.15, 0.30)[n]
        return np.stack([plane + (tone - plane) * bare for plane, tone in zip(shown, paper, strict=True)])

    return _painted(chalky, brushes, finish)


def _warped(easel: Easel, name: str, amount: float) -> Plane:
    """The picture with edges that wander by ``amount`` units, as a loose hand draws them."""
    rows, columns = easel.picture.shape[1:]
    reach = amount / easel.pixel
    dx = (easel.noise(name + "x", 9.0, 3) * reach).astype(np.int32)
    dy = (easel.noise(name + "y", 9.0, 3) * reach).astype(np.int32)
    ix = np.minimum(np.maximum(np.arange(columns, dtype=np.int32)[None, :] + dx, 0), columns - 1)
    iy = np.minimum(np.maximum(np.arange(rows, dtype=np.int32)[:, None] + dy, 0), rows - 1)
    flat = iy * columns + ix
    return np.stack([plane.reshape(-1).take(flat) for plane in easel.picture])


def watercolor(easel: Easel) -> Iterator[Plane]:
    """Transparent washes on white paper: pigment pools at edges, granulates in the grain, leaves a rough margin."""
    loose = Easel(
        clamp(_graded(_warped(easel, "wander", 0.006), 0.88, 1.25) + 0.10), easel.pixel, easel.dice, easel.grain
    )
    grain = easel.noise("paper", 120.0, 3)
    pools = easel.noise("pools", 3.0, 5)
    height, width = easel.y.size * easel.pixel, easel.x.size * easel.pixel
    margin = np.minimum(np.minimum(easel.x, width - easel.x), np.minimum(easel.y, height - easel.y))
    wet = smoothstep(0.018, 0.036, margin + easel.noise("margin", 7.0, 5) * 0.012)
    rim = wet * smoothstep(0.075, 0.030, margin + easel.noise("margin", 7.0, 5) * 0.012) * 0.10
    paper: RGB = (0.985, 0.975, 0.950)
    for radius, edged in ((0.05, 0.15), (0.022, 0.4), (0.009, 0.8), (0.003, 1.0)):
        wash = loose.softened(radius)
        dark = _luma(wash)
        pooled = clamp((blur(dark, max(int(0.012 / easel.pixel), 1).bit_length()) - dark) * 1.6, -0.12, 0.22) * edged
        density = 0.92 + pools * 0.10 + pooled + rim + grain * (1.0 - dark) * 0.09
        yield np.stack(
            [
                tone * (1.0 - (1.0 - plane) * clamp(density * wet, 0.0, 1.3)) + grain * 0.006
                for plane, tone in zip(wash, paper, strict=True)
            ]
        )


def ink(easel: Easel) -> Iterator[Plane]:
    """Brush and ink on warm paper: washes in a few tones, lines where forms meet, a breath of colour."""
    loose = Easel(_warped(easel, "wander", 0.005), easel.pixel, easel.dice, easel.grain)
    fibre = easel.noise("fibre", 26.0, 5, 2.2)
    blotch = easel.noise("blotch", 4.0, 5)
    paper: RGB = (0.945, 0.915, 0.855)
    sumi: RGB = (0.09, 0.085, 0.10)
    mean = float(int((_luma(easel.picture) * 255.0).astype(np.int64).sum()) / easel.picture[0].size / 255.0)
    lift = 0.60 - mean
    for radius, drawn in ((0.04, 0.0), (0.016, 0.3), (0.007, 0.7), (0.0035, 1.0)):
        wash = loose.softened(radius)
        tone = clamp((_luma(wash) + lift - 0.5) * 1.35 + 0.5 + blotch * 0.035)
        steps = tone * 5.0
        whole = np.floor(steps)
        tone = (whole + smoothstep(0.30, 0.70, steps - whole)) * 0.2
        line = (
            smoothstep(0.10, 0.30, _edges(loose.softened(0.003), 1 + int(0.002 / easel.pixel)) + fibre * 0.02) * drawn
        )
        dark = clamp((1.0 - tone) * (0.93 + fibre * 0.05) * 0.94 + line * 0.55)
        grey = _luma(wash)
        yield np.stack(
            [
                light + (black - light) * dark + (plane - grey) * 0.26 + fibre * 0.008
                for plane, light, black in zip(wash, paper, sumi, strict=True)
            ]
        )


def _stepped(picture: Plane, levels: float, softness: float) -> Plane:
    """The picture in a few flat tones, its hues kept; ``softness`` 0..0.5 rounds the steps."""
    grey = _luma(picture)
    steps = grey * levels
    whole = np.floor(steps)
    flat = (whole + smoothstep(0.5 - softness, 0.5 + softness, steps - whole)) * (1.0 / levels)
    return picture + (flat - grey)


def woodblock(easel: Easel) -> Iterator[Plane]:
    """A colour print: flat tones, an indigo key block of lines, the grain of the board, and a margin of paper."""
    rows, columns = easel.picture.shape[1:]
    grain = easel.noise("board", 46.0, 3, 14.0)
    paper: RGB = (0.945, 0.905, 0.825)
    key: RGB = (0.12, 0.14, 0.26)
    x, y = easel.x, easel.y
    margin = np.minimum(np.minimum(x, columns * easel.pixel - x), np.minimum(y, rows * easel.pixel - y))
    inside = smoothstep(0.026, 0.030, margin)
    frame = smoothstep(0.005, 0.002, np.abs(margin - 0.030))
    bokashi = smoothstep(0.20, 0.02, y * (1.0 / (rows * easel.pixel))) * 0.42
    for radius, levels, drawn in ((0.04, 4.0, 0.0), (0.016, 5.0, 0.4), (0.007, 6.0, 0.8), (0.0035, 7.0, 1.0)):
        soft = easel.softened(radius)
        flat = clamp(_stepped(_graded(soft, 1.08, 1.15), levels, 0.12))
        line = smoothstep(0.13, 0.30, _edges(easel.softened(0.002), 1 + int(0.0015 / easel.pixel))) * drawn
        planes = []
        for plane, light, dark in zip(flat, paper, key, strict=True):
            tone = plane * (0.80 + 0.20 * light) + (light - plane) * 0.10
            tone = tone + (dark - tone) * bokashi
            tone = tone + grain * 0.020
            tone = tone + (dark - tone) * (line * 0.85)
            tone = light + (tone - light) * inside
            planes.append(tone + (dark - tone) * (frame * 0.8))
        yield np.stack(planes)


def flat(easel: Easel) -> Iterator[Plane]:
    """A poster: clean shapes in a few tones, no texture."""
    for radius, levels in ((0.05, 5.0), (0.022, 6.0), (0.009, 8.0), (0.0025, 9.0)):
        soft = easel.softened(radius)
        sharp = min(0.45, 0.02 + 9.0 * easel.pixel)
        yield clamp(_stepped(_graded(soft, 1.05, 1.12), levels, sharp))


def pointillist(easel: Easel) -> Iterator[Plane]:
    """Dots of divided colour on a cream ground."""
    rows, columns = easel.picture.shape[1:]
    vivid = clamp(_graded(easel.picture, 1.02, 1.35))
    canvas = np.empty_like(vivid)
    for plane, channel in zip(canvas, (0.93, 0.89, 0.80), strict=True):
        plane[...] = channel
    canvas += (blur(vivid, max(int(0.03 / easel.pixel), 1).bit_length()) - canvas) * 0.62
    board = Canvas(canvas, easel.x + 0.5 * easel.pixel, easel.y + 0.5 * easel.pixel, easel.pixel)
    for n, (radius, share) in enumerate(((0.017, 0.5), (0.011, 0.8), (0.0072, 1.0), (0.0052, 0.9))):
        dice = easel.dice.child("dots", n)
        count = int(share * rows * columns * easel.pixel * easel.pixel / (radius * radius * 2.2))
        xs = dice.units(count) * (columns * easel.pixel)
        ys = dice.units(count) * (rows * easel.pixel)
        ix = np.minimum((xs * (1.0 / easel.pixel)).astype(np.int32), columns - 1)
        iy = np.minimum((ys * (1.0 / easel.pixel)).astype(np.int32), rows - 1)
        colours = vivid[:, iy, ix].T.copy()
        for c in range(3):
            colours[:, c] += (dice.units(count) - 0.5) * 0.13
        dabs(board, xs, ys, np.full(count, radius, dtype=np.float32), clamp(colours), opacity=0.88)
        yield canvas.copy()


STYLE_LAYERS: dict[str, Callable[[Easel], Iterator[Plane]]] = {
    "auto": gouache,
    "night": gouache,
    "oil": oil,
    "pastel": pastel,
    "watercolor": watercolor,
    "ink": ink,
    "woodblock": woodblock,
    "flat": flat,
    "pointillist": pointillist,
}
