"""Brush strokes: thousands of bristly touches that follow the forms of a picture, in relief like thick paint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..draw.exact import Plane, blur, clamp, smoothstep
from ..draw.noise import Dice, fbm, key_of, lattice_noise

_DIRECTIONS: Final = (
    (1.0, 0.0),
    (0.98078528, 0.19509032),
    (0.92387953, 0.38268343),
    (0.83146961, 0.55557023),
    (0.70710678, 0.70710678),
    (0.55557023, 0.83146961),
    (0.38268343, 0.92387953),
    (0.19509032, 0.98078528),
    (0.0, 1.0),
    (-0.19509032, 0.98078528),
    (-0.38268343, 0.92387953),
    (-0.55557023, 0.83146961),
    (-0.70710678, 0.70710678),
    (-0.83146961, 0.55557023),
    (-0.92387953, 0.38268343),
    (-0.98078528, 0.19509032),
)
"""Sixteen directions of half a turn, as (cosine, sine)."""
_BRISTLES: Final = 4


@dataclass(frozen=True, slots=True)
class Brush:
    """A pass with one brush. Lengths are in units (1.0 is the shorter side of the picture).

    ``spacing`` is the distance of strokes in stroke widths; ``spare`` leaves out strokes where the canvas already is
    within that colour distance of the picture; ``jitter`` varies colour from stroke to stroke.
    """

    length: float
    width: float
    spacing: float = 0.9
    opacity: float = 0.9
    jitter: float = 0.04
    spare: float = 0.0


def _stamps(brush: Brush, pixel: float) -> list[tuple[Plane, Plane]]:
    """For every direction and bristle pattern: the cover of a stroke, and the height of its paint."""
    half, across = brush.length * 0.5 / pixel, max(brush.width * 0.5 / pixel, 0.6)
    stamps: list[tuple[Plane, Plane]] = []
    for n, (c, s) in enumerate(_DIRECTIONS):
        reach_x = int(abs(c) * half + abs(s) * across) + 2
        reach_y = int(abs(s) * half + abs(c) * across) + 2
        dx = np.arange(-reach_x, reach_x + 1, dtype=np.float32)[None, :]
        dy = np.arange(-reach_y, reach_y + 1, dtype=np.float32)[:, None]
        a, b = (dx * c + dy * s) * (1.0 / half), (dy * c - dx * s) * (1.0 / across)
        stamps += [_stamp(a, b, across, key_of("bristles", n, pattern)) for pattern in range(_BRISTLES)]
    return stamps


def _stamp(a: Plane, b: Plane, across: float, key: int) -> tuple[Plane, Plane]:
    rows = np.arange(-24, 25, dtype=np.int32).astype(np.float32)
    hairs = lattice_noise(rows * 0.35, np.zeros(1, dtype=np.float32), key)[0]
    hair = hairs.take(np.minimum(np.maximum((b * 16.0).astype(np.int32) + 24, 0), 48))
    end = np.abs(a) + hair * 0.14
    square = end * end
    body = smoothstep(1.0, 0.62, square * square) * smoothstep(1.05, 1.05 - min(0.9, 1.6 / across), np.abs(b))
    cover = body * clamp(0.86 + hair * 0.26)
    height = 0.5 + hair * 0.30 + smoothstep(0.45, 0.95, np.abs(b)) * 0.22 + a * 0.10
    return cover.astype(np.float32), height.astype(np.float32)


def directions(picture: Plane, pixel: float, key: int) -> Plane:
    """For every pixel of a 3×H×W picture, the index (0..15) of the direction along its forms."""
    level = picture[0] * 0.3 + picture[1] * 0.59 + picture[2] * 0.11
    soft = blur(level, max(int(0.012 / pixel), 1).bit_length())
    gx, gy = np.zeros_like(soft), np.zeros_like(soft)
    gx[:, 1:-1] = soft[:, 2:] - soft[:, :-2]
    gy[1:-1] = soft[2:] - soft[:-2]
    rows, columns = soft.shape
    x = np.arange(columns, dtype=np.int32).astype(np.float32)[None, :] * np.float32(pixel)
    y = np.arange(rows, dtype=np.int32).astype(np.float32)[:, None] * np.float32(pixel)
    sway = fbm(x, y, key, frequency=2.2, octaves=2, stretch=1.8) * 0.5
    rest = 0.004 * pixel * 512.0
    fx, fy = -gy + rest, gx + sway * rest
    best = np.full(soft.shape, -1.0, dtype=np.float32)
    index = np.zeros(soft.shape, dtype=np.int32)
    for n, (c, s) in enumerate(_DIRECTIONS):
        along = np.abs(fx * c + fy * s)
        closer = along > best
        best[closer] = along[closer]
        index[closer] = n
    return index


def lay_strokes(
    canvas: Plane, relief: Plane, picture: Plane, along: Plane, brush: Brush, pixel: float, dice: Dice
) -> None:
    """Paint ``picture`` (3×H×W) on ``canvas`` with one brush; ``relief`` (H×W) gathers the height of the paint."""
    rows, columns = relief.shape
    step = max(brush.width * brush.spacing / pixel, 1.5)
    nx, ny = int(columns / step) + 2, int(rows / step) + 2
    count = nx * ny
    grid = np.arange(count, dtype=np.int32)
    px = ((grid % nx).astype(np.float32) + dice.units(count) - 0.5) * np.float32(step)
    py = ((grid // nx).astype(np.float32) + dice.units(count) - 0.5) * np.float32(step)
    ix = np.minimum(np.maximum(px.astype(np.int32), 0), columns - 1)
    iy = np.minimum(np.maximum(py.astype(np.int32), 0), rows - 1)
    colours = picture[:, iy, ix]
    if brush.spare:
        off = np.abs(canvas[:, iy, ix] - colours)
        keep = (off[0] + off[1] + off[2]) > brush.spare
        px, py, ix, iy, colours, grid = px[keep], py[keep], ix[keep], iy[keep], colours[:, keep], grid[keep]
    vary = dice.units(count)[grid] - 0.5
    warm = dice.units(count)[grid] - 0.5
    colours = colours + vary * (2.0 * brush.jitter)
    colours[0] += warm * brush.jitter
    colours[2] -= warm * brush.jitter
    stamps = _stamps(brush, pixel)
    which = along[iy, ix] * _BRISTLES + (grid % _BRISTLES)
    order = np.argsort((dice.units(count)[grid] * 65536.0).astype(np.int32), kind="stable")
    tints = np.ascontiguousarray(colours[:, order].T)[:, :, None, None]
    for n, (x, y, w) in enumerate(zip(ix[order].tolist(), iy[order].tolist(), which[order].tolist(), strict=True)):
        cover, height = stamps[w]
        h, v = cover.shape[1] // 2, cover.shape[0] // 2
        j0, j1, i0, i1 = y - v, y + v + 1, x - h, x + h + 1
        if j0 < 0 or i0 < 0 or j1 > rows or i1 > columns:
            top, left = max(-j0, 0), max(-i0, 0)
            bottom, right = cover.shape[0] - max(j1 - rows, 0), cover.shape[1] - max(i1 - columns, 0)
            cover, height = cover[top:bottom, left:right], height[top:bottom, left:right]
            j0, i0, j1, i1 = max(j0, 0), max(i0, 0), min(j1, rows), min(i1, columns)
        cover = cover * brush.opacity
        patch = canvas[:, j0:j1, i0:i1]
        patch += (tints[n] - patch) * cover
        bump = relief[j0:j1, i0:i1]
        bump += (height - bump) * cover


def lit_relief(canvas: Plane, relief: Plane, strength: float) -> Plane:
    """``canvas`` with light raking over the height of its paint from the upper left."""
    slope = np.zeros_like(relief)
    slope[1:-1, 1:-1] = relief[1:-1, 1:-1] * 2.0 - relief[:-2, :-2] - relief[:-2, 1:-1]
    factor = 1.0 + clamp(slope * strength, -0.22, 0.22)
    return canvas * factor
