"""Cutting a product out of its background: subject, mask, and the subject on white.

No model, only statistics: the border of the photograph shows the background, whose colour may change smoothly over the
picture. What differs from it and is not reached from the border is the subject. Good for photographs on plain-ish
backgrounds, with soft shadows; not for a person in a crowd.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .draw.exact import Plane, blur, clamp, double, halve, smoothstep
from .sketch import MAX_STEPS, Frame, Pixels, SketchFailed, check_number, check_pixels

Mask = npt.NDArray[np.bool_]
_WORKING_PX = 256
_SMALLEST_SUBJECT = 0.0015


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """``image``: H×W×3, the subject on white; ``subject``: H×W×4 with alpha; ``mask``: H×W, 255 is subject. uint8."""

    image: Pixels
    subject: npt.NDArray[np.uint8]
    mask: npt.NDArray[np.uint8]


def cut_out(
    image: Pixels, *, tolerance: float = 0.5, feather_px: float = 1.0, holes: bool = False, num_inference_steps: int = 6
) -> Cutout:
    """Cut the subject out of ``image`` (H×W×3, uint8). See `cutting` for the parameters."""
    for _, cutout in cutting(
        image, tolerance=tolerance, feather_px=feather_px, holes=holes, num_inference_steps=num_inference_steps
    ):
        result = cutout
    return result


def cutting(
    image: Pixels,
    *,
    tolerance: float = 0.5,
    feather_px: float = 1.0,
    holes: bool = False,
    num_inference_steps: int = 6,
    fail_at_step: int | None = None,
) -> Iterator[tuple[Frame, Cutout]]:
    """Cut step by step: each step learns the background anew from what the step before left outside.

    ``tolerance`` (0..1) is how far the background may stray from its colour; ``feather_px`` (0..8) softens the edge;
    ``holes`` opens enclosed background too (the handle of a mug). Raises ValueError for nonsense and `SketchFailed`
    at ``fail_at_step``.
    """
    check_pixels("image", image, (*image.shape[:2], 3))
    if min(image.shape[:2]) < 8:
        raise ValueError(f"image is {image.shape[1]}×{image.shape[0]}, must be at least 8×8 pixels")
    check_number("tolerance", tolerance, 0.0, 1.0)
    check_number("feather_px", feather_px, 0.0, 8.0)
    check_number("num_inference_steps", num_inference_steps, 1, MAX_STEPS, whole=True)
    rgb = np.ascontiguousarray(np.moveaxis(image, 2, 0)).astype(np.float32) * np.float32(1.0 / 255.0)
    draft = rgb
    while min(draft.shape[1:]) > _WORKING_PX:
        draft = halve(draft)
    outside = _border(draft.shape[1], draft.shape[2])
    for step in range(1, num_inference_steps + 1):
        if step == fail_at_step:
            raise SketchFailed(step)
        backdrop = _backdrop(draft, outside)
        strange = _strangeness(draft, backdrop)
        limit = _limit(strange, tolerance)
        subject = _largest(~_reached(strange < limit))
        if holes:
            subject &= strange >= limit * 0.7
        outside = ~_grown(subject, 2)
        if not outside.any():
            outside = _border(draft.shape[1], draft.shape[2])
        cutout = _finish(rgb, backdrop, subject, limit, feather_px)
        yield Frame(step, num_inference_steps, cutout.image), cutout


def _border(height: int, width: int) -> Mask:
    """A frame of 1/40 of the shorter side."""
    thick = max(min(height, width) // 40, 1)
    border = np.ones((height, width), dtype=bool)
    border[thick:, thick:-thick] = False
    return border


def _backdrop(rgb: Plane, known: Mask) -> Plane:
    """The background under the subject: ``known`` pixels spread smoothly over the rest."""
    weight = known.astype(np.float32)[None]
    return _spread(rgb * weight, weight)


def _spread(sums: Plane, weight: Plane) -> Plane:
    here = sums / np.maximum(weight, 1e-6)
    height, width = weight.shape[1:]
    if max(height, width) <= 2:
        return here
    coarse = double(_spread(halve(sums), halve(weight)), height, width)
    trust = clamp(weight * 0.85)
    return coarse + (here - coarse) * trust


def _strangeness(rgb: Plane, backdrop: Plane) -> Plane:
    """How little a pixel looks like the background behind it. A soft shadow (darker, same hue) counts little."""
    ratio = (rgb[0] + rgb[1] + rgb[2] + 0.15) / (backdrop[0] + backdrop[1] + backdrop[2] + 0.15)
    shade = clamp(ratio, 0.55, 1.0)
    chroma = np.zeros_like(ratio)
    plain = np.zeros_like(ratio)
    for c in range(3):
        d = rgb[c] - backdrop[c] * shade
        chroma += d * d
        e = rgb[c] - backdrop[c]
        plain += e * e
    strange: Plane = np.sqrt(chroma) * 0.8 + np.sqrt(plain) * 0.2
    return strange


def _limit(strange: Plane, tolerance: float) -> float:
    """What counts as strange: well above most of the border's own variation."""
    border = np.sort(strange[_border(*strange.shape)])
    usual = float(border[(len(border) * 7) // 10])
    return min(max(0.025 + 0.09 * tolerance, usual * (1.4 + 2.0 * tolerance)), 0.5)


def _grown(mask: Mask, by: int) -> Mask:
    """``mask`` with a rim of ``by`` pixels more."""
    for _ in range(by):
        wide = mask.copy()
        wide[1:] |= mask[:-1]
        wide[:-1] |= mask[1:]
        wide[:, 1:] |= mask[:, :-1]
        wide[:, :-1] |= mask[:, 1:]
        mask = wide
    return mask


def _flood(seeds: Mask, allowed: Mask) -> Mask:
    """Everything in ``allowed`` that is connected to ``seeds``: sweeps along rows and columns until nothing changes."""
    reached = seeds & allowed
    while True:
        before = int(np.count_nonzero(reached))
        for axis in (0, 1):
            for order in (slice(None), slice(None, None, -1)):
                index = (order, slice(None)) if axis == 0 else (slice(None), order)
                reached[index] = _sweep(reached[index], allowed[index], axis)
        if int(np.count_nonzero(reached)) == before:
            return reached


def _sweep(reached: Mask, allowed: Mask, axis: int) -> Mask:
    """Carry ``reached`` forward along ``axis`` through allowed pixels: the last wall must lie before the last seed."""
    shape = [1, 1]
    shape[axis] = reached.shape[axis]
    at = np.arange(1, reached.shape[axis] + 1, dtype=np.int32).reshape(shape)
    wall = np.maximum.accumulate(np.where(allowed, 0, at), axis=axis)
    seed = np.maximum.accumulate(np.where(reached, at, 0), axis=axis)
    return allowed & (seed > wall)


def _reached(alike: Mask) -> Mask:
    """Background-like pixels that are connected to the border of the picture."""
    seeds = np.zeros_like(alike)
    seeds[0], seeds[-1], seeds[:, 0], seeds[:, -1] = True, True, True, True
    return _flood(seeds, alike)


def _largest(subject: Mask) -> Mask:
    """``subject`` without specks: every connected part at least a twelfth as large as the largest."""
    parts: list[Mask] = []
    left = subject.copy()
    enough = max(int(subject.size * _SMALLEST_SUBJECT), 4)
    while len(parts) < 24 and left.any():
        first = np.zeros_like(left)
        first.reshape(-1)[int(np.argmax(left))] = True
        part = _flood(first, left)
        left &= ~part
        if np.count_nonzero(part) >= enough:
            parts.append(part)
    sizes = [int(np.count_nonzero(part)) for part in parts]
    kept = np.zeros_like(subject)
    for part, size in zip(parts, sizes, strict=True):
        if size * 12 >= max(sizes):
            kept |= part
    return kept


def _enlarged(planes: Plane, height: int, width: int) -> Plane:
    """``planes`` doubled as often as it takes to fill ``height``×``width``."""
    sizes = [(height, width)]
    while sizes[-1] != planes.shape[-2:]:
        sizes.append(((sizes[-1][0] + 1) // 2, (sizes[-1][1] + 1) // 2))
    for rows, columns in reversed(sizes[:-1]):
        planes = double(planes, rows, columns)
    return planes


def _finish(rgb: Plane, backdrop: Plane, subject: Mask, limit: float, feather_px: float) -> Cutout:
    """Carry the draft's mask to full size: certain inside and outside, by colour along the edge."""
    height, width = rgb.shape[1:]
    behind = _enlarged(backdrop, height, width)
    certain = _enlarged(subject.astype(np.float32)[None], height, width)[0]
    inner = _enlarged((~_grown(~subject, 1)).astype(np.float32)[None], height, width)[0]
    outer = _enlarged(_grown(subject, 1).astype(np.float32)[None], height, width)[0]
    by_colour = smoothstep(limit * 0.45, limit * 1.25, _strangeness(rgb, behind))
    alpha = np.maximum(by_colour * smoothstep(0.05, 0.5, outer), smoothstep(0.5, 0.95, inner))
    alpha = clamp(alpha * smoothstep(0.0, 0.35, certain + outer * 0.3))
    if feather_px > 0.0:
        soft = blur(alpha, 1)
        alpha += (np.minimum(alpha, soft) - alpha) * min(feather_px, 1.0)
        wide = blur(alpha, 2)
        alpha += (np.minimum(alpha, wide) - alpha) * min(max((feather_px - 1.0) / 7.0, 0.0), 1.0)
    own = clamp((rgb - behind * (1.0 - alpha)) / np.maximum(alpha, 0.15))
    own = np.where(alpha > 0.02, own, 1.0)
    on_white = 1.0 + (own - 1.0) * alpha
    mask = _bytes(alpha)
    picture = np.ascontiguousarray(np.moveaxis(_bytes(own), 0, 2))
    return Cutout(
        np.ascontiguousarray(np.moveaxis(_bytes(on_white), 0, 2)), np.dstack([picture, mask]).astype(np.uint8), mask
    )


def _bytes(planes: Plane) -> npt.NDArray[np.uint8]:
    return (clamp(planes) * 255.0 + 0.5).astype(np.uint8)
