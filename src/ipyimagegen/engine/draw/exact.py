"""Elementary functions that give the same bits on every machine.

IEEE 754 fixes the result of ``+ - * /`` and ``sqrt`` to the last bit; it does not fix ``sin``, ``exp`` or ``pow``, nor
the order in which a vectorised sum adds. So all that the engine paints is built from the former only.
Functions take Python floats or float32 arrays alike; planes are float32 arrays of shape H×W.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Plane: TypeAlias = npt.NDArray[Any]
"""A float32 array, H×W unless said otherwise."""

RGB: TypeAlias = tuple[float, float, float]
"""A colour as red, green and blue, each 0..1, gamma-encoded as in an sRGB file."""


def clamp(x: Plane, low: float = 0.0, high: float = 1.0) -> Plane:
    """A copy of ``x`` limited to ``low``..``high``."""
    out: Plane = np.minimum(np.maximum(x, low), high)
    return out


def blend(plane: Plane, towards: Plane | float, cover: Plane | float) -> None:
    """Change ``plane`` in place: ``cover`` (0..1) of the way ``towards`` a value or another plane."""
    change = towards - plane
    change *= cover
    plane += change


def smoothstep(low: float, high: float, x: Plane) -> Plane:
    """Rise smoothly from 0 at ``low`` to 1 at ``high``; falls when ``low > high``."""
    t = x - low
    t *= 1.0 / (high - low)
    t = clamp(t)
    out: Plane = t * t * (3.0 - 2.0 * t)
    return out


def step_curve(t: float) -> float:
    """The smoothstep of one number, limited to 0..1."""
    t = min(max(t, 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


def fade(x: Plane) -> Plane:
    """Fall from 1 at 0 towards 0, much like ``exp(-x)`` for ``x >= 0``, with a longer tail."""
    out: Plane = 1.0 / (1.0 + x * (1.0 + x * (0.5 + x * (0.1666667 + x * 0.0416667))))
    return out


def bell(x: Plane, width: float) -> Plane:
    """A hump of height 1 at 0 that has fallen below a tenth at ``2 * width``, much like a Gaussian."""
    t = x * (1.0 / width)
    return fade(t * t * 0.5)


def wave(turns: Plane) -> Plane:
    """``sin(2π·turns)`` by an odd polynomial, within 0.0002."""
    t = turns - np.floor(turns + 0.5)
    t = np.where(t > 0.25, 0.5 - t, np.where(t < -0.25, -0.5 - t, t))
    q = t * t
    out: Plane = t * (6.2831853 + q * (-41.341702 + q * (81.605249 + q * -76.704171 + q * q * 42.0)))
    return out


def wave_of(turns: float) -> float:
    """``sin(2π·turns)`` of one number."""
    return float(wave(np.array([turns], dtype=np.float64))[0])


def mix_colour(a: RGB, b: RGB, t: float) -> RGB:
    """The colour ``t`` of the way from ``a`` to ``b``."""
    return (a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t)


def scale_colour(a: RGB, by: RGB | float) -> RGB:
    """``a`` seen in light of colour ``by`` (channel by channel, limited to 0..1)."""
    r, g, b = (by, by, by) if isinstance(by, float) else by
    return (min(a[0] * r, 1.0), min(a[1] * g, 1.0), min(a[2] * b, 1.0))


def hex_colour(code: str) -> RGB:
    """``"ff8000"`` as a colour."""
    return (int(code[0:2], 16) / 255.0, int(code[2:4], 16) / 255.0, int(code[4:6], 16) / 255.0)


def luma(colour: RGB) -> float:
    """How bright a colour looks, 0..1."""
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]


def halve(planes: Plane) -> Plane:
    """Average every 2×2 block of ``…×H×W``; odd edges repeat their last row or column."""
    if planes.shape[-2] % 2:
        planes = np.concatenate([planes, planes[..., -1:, :]], axis=-2)
    if planes.shape[-1] % 2:
        planes = np.concatenate([planes, planes[..., -1:]], axis=-1)
    rows = planes[..., 0::2, :] + planes[..., 1::2, :]
    out: Plane = rows[..., 0::2] + rows[..., 1::2]
    out *= 0.25
    return out


def _double_axis(planes: Plane, length: int, axis: int) -> Plane:
    """Twice as many samples along ``axis`` (cut to ``length``), a quarter of the neighbour mixed in."""
    a = np.moveaxis(planes, axis, 0)
    before = np.concatenate([a[:1], a[:-1]])
    after = np.concatenate([a[1:], a[-1:]])
    out = np.empty((2 * a.shape[0], *a.shape[1:]), dtype=planes.dtype)
    out[0::2] = a * 0.75 + before * 0.25
    out[1::2] = a * 0.75 + after * 0.25
    return np.moveaxis(out[:length], 0, axis)


def double(planes: Plane, height: int, width: int) -> Plane:
    """The opposite of `halve`: a smooth enlargement to ``height``×``width`` (at most twice the size)."""
    return np.ascontiguousarray(_double_axis(_double_axis(planes, height, -2), width, -1))


def blur(planes: Plane, halvings: int) -> Plane:
    """A soft, wide blur: halve ``halvings`` times and enlarge again. The radius is about ``2**halvings`` pixels."""
    if halvings <= 0 or min(planes.shape[-2:]) < 2:
        return planes.copy()
    return double(blur(halve(planes), halvings - 1), planes.shape[-2], planes.shape[-1])
