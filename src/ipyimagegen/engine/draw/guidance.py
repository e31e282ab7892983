"""How strictly the prompt shapes the picture: from a pale neutral wash over natural to vivid."""

from __future__ import annotations

from .exact import Plane, blend, blur, clamp, smoothstep

NATURAL = 7.5
_PAPER = (0.83, 0.81, 0.77)


def pull(guidance_scale: float) -> float:
    """How far from the neutral wash towards the scene: 0.12 at guidance 0, 1 at 7.5, a little more beyond."""
    return 0.12 + 1.30 * guidance_scale / (guidance_scale + 3.58)


def guided(picture: Plane, guidance_scale: float, pixel: float) -> Plane:
    """The composed ``picture`` (3×H×W) as strongly as ``guidance_scale`` (0..20) asks; 7.5 leaves it as it is."""
    if guidance_scale == NATURAL:
        return picture
    grey = picture[0] * 0.3 + picture[1] * 0.59 + picture[2] * 0.11
    if guidance_scale < NATURAL:
        soft = blur(grey, max(int(0.05 / pixel), 1).bit_length())
        amount = min(pull(guidance_scale) / pull(NATURAL), 1.0)
        out = picture.copy()
        for plane, paper in zip(out, _PAPER, strict=True):
            wash = paper + (soft - 0.5) * 0.35
            blend(plane, wash, 1.0 - amount)
        return out
    beyond = (guidance_scale - NATURAL) / (20.0 - NATURAL)
    contrast, saturation = 1.0 + 0.32 * beyond, 1.0 + 0.75 * beyond
    level = (grey - 0.5) * contrast + 0.5
    level = level * (1.0 - beyond * 0.5) + smoothstep(0.0, 1.0, level) * (beyond * 0.5)
    return clamp(level + (picture - grey) * saturation)
