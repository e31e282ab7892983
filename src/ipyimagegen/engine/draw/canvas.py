"""A canvas of three float32 planes, and what can be laid on it: washes, shapes and dabs.

Positions are in *units*: 1.0 is the shorter side of the picture, x to the right and y down from the top left corner.
So a scene has the same proportions at every size, and a small canvas is a cheap draft of a large one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .exact import RGB, Plane, blend, clamp
from .noise import fbm

Point = tuple[float, float]


class Canvas:
    """Planes ``rgb`` (3×H×W, 0..1) with coordinates ``x`` (1×W) and ``y`` (H×1). A crop shares its canvas's memory."""

    __slots__ = ("pixel", "rgb", "x", "y")

    def __init__(self, rgb: Plane, x: Plane, y: Plane, pixel: float) -> None:
        self.rgb = rgb
        self.x = x
        self.y = y
        self.pixel = pixel
        """The size of a pixel in units."""

    @classmethod
    def blank(cls, width: int, height: int) -> Canvas:
        """A black canvas of ``width``×``height`` pixels."""
        pixel = 1.0 / min(width, height)
        x = (np.arange(width, dtype=np.float32) + np.float32(0.5)) * np.float32(pixel)
        y = (np.arange(height, dtype=np.float32) + np.float32(0.5)) * np.float32(pixel)
        return cls(np.zeros((3, height, width), dtype=np.float32), x[None, :], y[:, None], pixel)

    @property
    def width(self) -> float:
        """In units."""
        return float(self.rgb.shape[2] * self.pixel)

    @property
    def height(self) -> float:
        """In units."""
        return float(self.rgb.shape[1] * self.pixel)

    def crop(self, left: float, top: float, right: float, bottom: float) -> Canvas:
        """The part inside these bounds (units; they may lie outside the picture, and the part may be empty)."""
        rows, columns = self.rgb.shape[1:]
        x0 = float(self.x[0, 0]) if columns else 0.0
        y0 = float(self.y[0, 0]) if rows else 0.0
        i0 = min(max(int((left - x0) / self.pixel), 0), columns)
        i1 = min(max(int((right - x0) / self.pixel) + 2, i0), columns)
        j0 = min(max(int((top - y0) / self.pixel), 0), rows)
        j1 = min(max(int((bottom - y0) / self.pixel) + 2, j0), rows)
        return Canvas(self.rgb[:, j0:j1, i0:i1], self.x[:, i0:i1], self.y[j0:j1], self.pixel)

    def above(self, y: float) -> Canvas:
        """The part above height ``y`` (units)."""
        return self.crop(-1.0, -1.0, self.width + 1.0, y)

    def below(self, y: float) -> Canvas:
        """The part below height ``y`` (units), its first row included."""
        return self.crop(-1.0, y, self.width + 1.0, self.height + 1.0)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to paint on."""
        return self.rgb.size == 0

    def noise(self, key: int, frequency: float, octaves: int = 5, stretch: float = 1.0, gain: float = 0.5) -> Plane:
        """Signed noise over the canvas, as fine as its pixels can show."""
        return fbm(
            self.x, self.y, key, frequency=frequency, octaves=octaves, stretch=stretch, gain=gain, finest=self.pixel
        )

    def edge(self, distance: Plane) -> Plane:
        """A cover of 1 where ``distance`` (units) is negative, 0 where positive, with an edge one pixel wide."""
        cover = distance * (-1.0 / self.pixel)
        cover += 0.5
        return np.minimum(np.maximum(cover, 0.0, out=cover), 1.0, out=cover)

    def lay(self, cover: Plane | float, colour: RGB | Plane) -> None:
        """Cover the canvas with ``colour`` (one, or 3×H×W) as far as ``cover`` (0..1) says."""
        if isinstance(colour, tuple):
            for plane, channel in zip(self.rgb, colour, strict=True):
                blend(plane, channel, cover)
        else:
            self.rgb += (colour - self.rgb) * cover

    def glow(self, light: Plane, colour: RGB) -> None:
        """Add ``light`` of ``colour`` without burning out (a screen blend)."""
        for plane, channel in zip(self.rgb, colour, strict=True):
            np.add(plane, (1.0 - clamp(plane)) * clamp(light * channel), out=plane)

    def shade(self, factor: Plane | float) -> None:
        """Multiply every channel."""
        self.rgb *= factor


def disc(canvas: Canvas, centre: Point, radius: float, squash: float = 1.0) -> Plane:
    """The signed distance (units, negative inside) to an ellipse ``radius`` wide and ``radius * squash`` high."""
    dx = (canvas.x - centre[0]) * (1.0 / radius)
    dy = (canvas.y - centre[1]) * (1.0 / (radius * squash))
    return (np.sqrt(dx * dx + dy * dy) - 1.0) * (radius * min(squash, 1.0))


def capsule(canvas: Canvas, a: Point, b: Point, radius: float, radius_b: float | None = None) -> Plane:
    """The signed distance to a stroke from ``a`` to ``b``, ``radius`` thick at ``a`` and ``radius_b`` at ``b``."""
    bx, by = b[0] - a[0], b[1] - a[1]
    length = max(bx * bx + by * by, 1e-9)
    dx, dy = canvas.x - a[0], canvas.y - a[1]
    along = clamp((dx * bx + dy * by) * (1.0 / length))
    px, py = dx - along * bx, dy - along * by
    thick = radius if radius_b is None else radius + (radius_b - radius) * along
    distance: Plane = np.sqrt(px * px + py * py) - thick
    return distance


def polygon(canvas: Canvas, points: Sequence[Point]) -> Plane:
    """The signed distance to a simple polygon."""
    best = np.full(canvas.rgb.shape[1:], 1e9, dtype=np.float32)
    inside = np.zeros((canvas.rgb.shape[1], canvas.rgb.shape[2]), dtype=bool)
    for (ax, ay), (bx, by) in zip(points, [*points[1:], points[0]], strict=True):
        ex, ey = bx - ax, by - ay
        dx, dy = canvas.x - ax, canvas.y - ay
        along = clamp((dx * ex + dy * ey) * (1.0 / max(ex * ex + ey * ey, 1e-9)))
        px, py = dx - along * ex, dy - along * ey
        square = px * px + py * py
        best = np.minimum(best, square)
        if ey:
            crosses = (canvas.y >= min(ay, by)) & (canvas.y < max(ay, by))
            inside ^= crosses & (dx < dy * (ex / ey))
    distance = np.sqrt(best)
    return np.where(inside, -distance, distance)


def melt(a: Plane, b: Plane, softness: float) -> Plane:
    """The union of two distances with a rounded joint."""
    t = clamp((b - a) * (0.5 / softness) + 0.5)
    joined: Plane = b + (a - b) * t - t * (1.0 - t) * softness
    return joined


def shape(canvas: Canvas, points: Sequence[Point], colour: RGB, opacity: float = 1.0) -> None:
    """Fill a polygon with one colour."""
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    part = canvas.crop(min(xs) - canvas.pixel, min(ys) - canvas.pixel, max(xs) + canvas.pixel, max(ys) + canvas.pixel)
    if not part.empty:
        part.lay(part.edge(polygon(part, points)) * opacity, colour)


def box(x: float, y: float, width: float, height: float) -> list[Point]:
    """The corners of an upright rectangle whose upper left corner is at (``x``, ``y``)."""
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]


def spot(canvas: Canvas, centre: Point, radius: float, colour: RGB, squash: float = 1.0, opacity: float = 1.0) -> None:
    """Fill an ellipse with one colour."""
    r = radius * max(squash, 1.0) + canvas.pixel
    part = canvas.crop(centre[0] - r, centre[1] - r, centre[0] + r, centre[1] + r)
    if not part.empty:
        part.lay(part.edge(disc(part, centre, radius, squash)) * opacity, colour)


def line(canvas: Canvas, a: Point, b: Point, thickness: float, colour: RGB, opacity: float = 1.0) -> None:
    """Draw a straight stroke with round ends, ``thickness`` units wide."""
    r = thickness * 0.5 + canvas.pixel
    part = canvas.crop(min(a[0], b[0]) - r, min(a[1], b[1]) - r, max(a[0], b[0]) + r, max(a[1], b[1]) + r)
    if not part.empty:
        faint = min(thickness / canvas.pixel, 1.0)
        half = max(thickness, canvas.pixel) * 0.5
        part.lay(part.edge(capsule(part, a, b, half)) * (opacity * faint), colour)


def dabs(
    canvas: Canvas,
    xs: Plane,
    ys: Plane,
    radii: Plane,
    colours: Plane,
    *,
    opacity: float = 1.0,
    squash: float = 1.0,
    soft: bool = False,
) -> None:
    """Many round touches: N centres, radii (units) and colours (N×3), later over earlier; ``soft`` ones fade out."""
    rows, columns = canvas.rgb.shape[1:]
    if not rows or not columns:
        return
    scale = 1.0 / canvas.pixel
    x0, y0 = float(canvas.x[0, 0]), float(canvas.y[0, 0])
    cx = ((xs - x0) * scale).tolist()
    cy = ((ys - y0) * scale).tolist()
    rr = (radii * scale).tolist()
    ix = np.arange(columns, dtype=np.float32)
    iy = np.arange(rows, dtype=np.float32)[:, None]
    tints = colours.astype(np.float32)[:, :, None, None]
    for n, (x, y, r) in enumerate(zip(cx, cy, rr, strict=True)):
        faint = opacity if r >= 0.7 else opacity * (r * r * 2.04)
        a, b = max(r, 0.7), max(r * squash, 0.7)
        i0, i1 = max(int(x - a), 0), min(int(x + a) + 2, columns)
        j0, j1 = max(int(y - b), 0), min(int(y + b) + 2, rows)
        if i0 >= i1 or j0 >= j1:
            continue
        dx = (ix[i0:i1] - x) * (1.0 / a)
        dy = (iy[j0:j1] - y) * (1.0 / b)
        cover = 1.0 - (dx * dx + dy * dy) if soft else (1.25 - (dx * dx + dy * dy)) * (min(a, 3.0) * 0.8)
        cover = np.minimum(np.maximum(cover, 0.0, out=cover), 1.0, out=cover)
        if soft:
            cover *= cover
        cover *= faint
        patch = canvas.rgb[:, j0:j1, i0:i1]
        patch += (tints[n] - patch) * cover
