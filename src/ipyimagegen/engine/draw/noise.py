"""Randomness by integer hashing: dice for decisions, smooth noise for clouds, stone and paper.

All of it hangs on 64-bit keys and splitmix64, so it is the same on every machine and needs no generator state.
Noise is made from a lattice of hashed values through a cubic B-spline, one axis after the other: a full octave costs
a few passes over the picture, whatever its size. Noise is signed: mean 0, mostly within -1..1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from .exact import Plane, blend

_T = TypeVar("_T")
_MASK = 0xFFFFFFFFFFFFFFFF
_GOLDEN = 0x9E3779B97F4A7C15
_SPREAD = 3.4


def key_of(*parts: object) -> int:
    """A 64-bit key of some words and numbers, the same in every process."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "little")


def mix64(x: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The splitmix64 finaliser, in place: every input bit reaches every output bit."""
    x ^= x >> np.uint64(30)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return x


def units(key: int, count: int) -> npt.NDArray[Any]:
    """``count`` float32 numbers in 0..1, evenly spread."""
    with np.errstate(over="ignore"):
        x = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_GOLDEN) + np.uint64(key)
        return (mix64(x) >> np.uint64(40)).astype(np.float32) * np.float32(1.0 / 16777216.0)


class Dice:
    """A stream of decisions from one key. ``child(name)`` is an independent stream, whatever was drawn before."""

    __slots__ = ("_drawn", "key")

    def __init__(self, key: int) -> None:
        self.key = key & _MASK
        self._drawn = 0

    def child(self, *name: object) -> Dice:
        """An independent stream for a part called ``name``."""
        return Dice(key_of(self.key, *name))

    def bits(self) -> int:
        """The next 64 bits."""
        self._drawn += 1
        x = (self.key + self._drawn * _GOLDEN) & _MASK
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
        return x ^ (x >> 31)

    def unit(self) -> float:
        """The next number in 0..1."""
        return (self.bits() >> 11) / 9007199254740992.0

    def between(self, low: float, high: float) -> float:
        """A number from ``low`` to ``high``."""
        return low + (high - low) * self.unit()

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + self.bits() % (high - low + 1)

    def pick(self, choices: Sequence[_T]) -> _T:
        """One of ``choices``, all equally likely."""
        return choices[self.bits() % len(choices)]

    def chance(self, probability: float) -> bool:
        """True with ``probability`` (0..1)."""
        return self.unit() < probability

    def units(self, count: int) -> npt.NDArray[Any]:
        """``count`` numbers in 0..1 as a float32 array."""
        return units(self.bits(), count)


def _lattice(rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64], key: int) -> Plane:
    """Hashed values in about -1.7..1.7 at whole coordinates."""
    with np.errstate(over="ignore"):
        y = mix64(rows.astype(np.uint64) * np.uint64(_GOLDEN) + np.uint64(key & _MASK))
        x = columns.astype(np.uint64) * np.uint64(0xD1B54A32D192ED03)
        h = mix64(y[:, None] ^ x[None, :]) >> np.uint64(40)
    return (h.astype(np.float32) * np.float32(1.0 / 16777216.0) - np.float32(0.5)) * np.float32(_SPREAD)


def _spline(t: Plane) -> tuple[Plane, Plane, Plane, Plane]:
    """The four cubic B-spline weights at fraction ``t``."""
    u = 1.0 - t
    q = t * t
    w0 = u * u * u * (1.0 / 6.0)
    w3 = q * t * (1.0 / 6.0)
    w1 = (3.0 * q * t - 6.0 * q + 4.0) * (1.0 / 6.0)
    return w0, w1, 1.0 - w0 - w1 - w3, w3


def _split(positions: Plane) -> tuple[npt.NDArray[np.int64], tuple[Plane, Plane, Plane, Plane]]:
    whole = np.floor(positions)
    return whole.astype(np.int64), _spline((positions - whole).astype(np.float32))


def lattice_noise(xs: Plane, ys: Plane, key: int, *, period: int = 0) -> Plane:
    """Smooth noise at every crossing of ``xs`` (columns) and ``ys`` (rows), both in lattice cells.

    With a ``period`` the lattice repeats after so many cells in both directions.
    """
    ix, wx = _split(xs)
    iy, wy = _split(ys)
    x0, y0 = int(ix.min()), int(iy.min())
    columns = np.arange(x0, int(ix.max()) + 4, dtype=np.int64)
    rows = np.arange(y0, int(iy.max()) + 4, dtype=np.int64)
    if period:
        columns, rows = columns % period, rows % period
    cells = _lattice(rows, columns, key)
    ix -= x0
    iy -= y0
    across = cells[:, ix] * wx[0]
    for tap in (1, 2, 3):
        across += cells[:, ix + tap] * wx[tap]
    out = across[iy] * wy[0][:, None]
    scratch = np.empty_like(out)
    for tap in (1, 2, 3):
        np.take(across, iy + tap, axis=0, out=scratch)
        scratch *= wy[tap][:, None]
        out += scratch
    return out


def fbm(
    x: Plane,
    y: Plane,
    key: int,
    *,
    frequency: float,
    octaves: int = 5,
    stretch: float = 1.0,
    gain: float = 0.5,
    finest: float = 0.0,
) -> Plane:
    """Noise of several octaves on the crossings of ``x`` (1×W) and ``y`` (H×1), in picture units.

    ``frequency`` is in cells per unit, ``stretch > 1`` draws it out sideways; octaves with cells smaller than
    ``finest`` units are left out, so that a small picture shows the same thing with less detail.
    """
    xs, ys = x.reshape(-1), y.reshape(-1)
    dice = Dice(key)
    total: Plane = np.zeros((ys.size, xs.size), dtype=np.float32)
    amplitude, power = 1.0, 0.0
    for octave in range(octaves):
        if octave and frequency * finest > 0.6:
            break
        dx, dy = dice.between(0.0, 64.0), dice.between(0.0, 64.0)
        layer = lattice_noise(xs * (frequency / stretch) + dx, ys * frequency + dy, dice.bits())
        layer *= amplitude
        power += amplitude * amplitude
        total += layer
        amplitude *= gain
        frequency *= 2.03
    total *= _normal(power)
    return total


def _normal(power: float) -> float:
    return float(1.0 / np.sqrt(power))


_TILE = 512


@lru_cache(maxsize=8)
def tile(name: str, cells: int = 4, octaves: int = 6, *, ridged: bool = False) -> Plane:
    """A 512×512 patch of noise that repeats seamlessly, for `sample`. The same for every picture: shift it instead."""
    dice = Dice(key_of("tile", name))
    at = np.arange(_TILE, dtype=np.float32)
    total = np.zeros((_TILE, _TILE), dtype=np.float32)
    amplitude, power = 1.0, 0.0
    for _ in range(octaves):
        xs = at * np.float32(cells / _TILE)
        layer = lattice_noise(xs, xs, dice.bits(), period=cells)
        if ridged:
            layer = 0.7 - np.abs(layer) * 1.6
        total += layer * np.float32(amplitude)
        power += amplitude * amplitude
        amplitude *= 0.5
        cells *= 2
    total *= np.float32(_normal(power))
    total.flags.writeable = False
    return total


def sample(patch: Plane, u: Plane, v: Plane) -> Plane:
    """Read a `tile` at warped places: ``u``, ``v`` in tiles (1.0 is once across), smooth between its points."""
    uu, vv = u * float(_TILE), v * float(_TILE)
    fu, fv = np.floor(uu), np.floor(vv)
    uu -= fu
    vv -= fv
    i = fu.astype(np.int32) & (_TILE - 1)
    j = (fv.astype(np.int32) & (_TILE - 1)) * _TILE
    i1 = (i + 1) & (_TILE - 1)
    j1 = (j + _TILE) & (_TILE * _TILE - 1)
    flat = patch.reshape(-1)
    top = flat.take(j + i)
    top += (flat.take(j + i1) - top) * uu
    low = flat.take(j1 + i)
    blend(low, flat.take(j1 + i1), uu)
    low -= top
    low *= vv
    low += top
    return low
