"""Starting from a given picture: how far to leave it (image to image), and where (inpainting)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..sketch import Pixels, Sketch
from .exact import Plane, blend, blur, clamp, smoothstep, step_curve
from .noise import fbm, key_of


@dataclass(frozen=True, slots=True, eq=False)
class Retouch:
    """A start picture (3×H×W, and as bytes), how far to leave it (0..1), and where (H×W, 0..1; None is everywhere)."""

    start_picture: Plane
    pixels: Pixels
    strength: float
    where: Plane | None
    kept: Plane | None
    dissolve: Plane

    @classmethod
    def of(cls, sketch: Sketch) -> Retouch | None:
        """The retouch that ``sketch`` asks for; None if it starts from nothing."""
        if sketch.image is None:
            return None
        picture = np.ascontiguousarray(np.moveaxis(sketch.image, 2, 0)).astype(np.float32) * np.float32(1.0 / 255.0)
        pixel = np.float32(1.0 / min(sketch.width, sketch.height))
        x = np.arange(sketch.width, dtype=np.int32).astype(np.float32)[None, :] * pixel
        y = np.arange(sketch.height, dtype=np.int32).astype(np.float32)[:, None] * pixel
        dissolve = fbm(x, y, key_of("dissolve", sketch.seed), frequency=4.0, octaves=4, finest=float(pixel))
        where = kept = None
        strength = sketch.strength
        if sketch.mask is not None:
            where = _feathered(sketch.mask, float(pixel))
            kept = sketch.mask == 0
            strength = min(strength * 1.6, 1.0)
        return cls(picture, sketch.image, strength, where, kept, dissolve)

    def start(self, wash: Plane) -> Plane:
        """The first layer: the start picture, blurred the more the further it is to be left."""
        soft = blur(self.start_picture, int(1 + 5 * self.strength))
        return self.blend(soft + (wash - soft) * step_curve(self.strength))

    def subject(self, picture: Plane) -> Plane:
        """What the style is to paint: first the start picture in the scene's colours, then patch by patch the scene."""
        toned = self.start_picture.copy()
        for plane, goal in zip(toned, picture, strict=True):
            np.add(plane, (_mean(goal) - _mean(plane)) * (0.55 * self.strength), out=plane)
        share = min(max((self.strength - 0.12) / 0.83, 0.0), 1.0)
        patches = clamp(share * 3.0 - 1.0 + self.dissolve * (2.4 * share * (1.0 - share)))
        blend(toned, picture, patches)
        return toned

    def blend(self, layer: Plane) -> Plane:
        """A painted layer over the start picture, as far as strength and mask let it."""
        cover = self.strength * (2.0 - self.strength)
        out = self.start_picture.copy()
        blend(out, layer, cover if self.where is None else self.where * cover)
        return out

    def keep(self, pixels: Pixels) -> Pixels:
        """``pixels`` with the kept part of the start picture put back, bit for bit."""
        if self.kept is not None:
            pixels[self.kept] = self.pixels[self.kept]
        return pixels


def _mean(plane: Plane) -> float:
    """The mean of a plane by an integer sum, which no machine adds differently."""
    return int((plane * 65535.0).astype(np.int64).sum()) / (65535.0 * plane.size)


def _feathered(mask: Plane, pixel: float) -> Plane:
    """How much of each pixel is repainted: nothing outside, rising from the edge of the mask inwards."""
    inside = mask.astype(np.float32) * np.float32(1.0 / 255.0)
    soft = blur(inside, max(int(0.02 / pixel), 1).bit_length())
    rising: Plane = inside * (0.22 + 0.78 * smoothstep(0.50, 0.98, soft))
    return rising
