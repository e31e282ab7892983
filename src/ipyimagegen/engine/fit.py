"""Fitting a given picture to the format of a sketch, unlike library resampling the same to the byte everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .sketch import Pixels


def _resized(samples: npt.NDArray[Any], length: int, start: float, span: float) -> npt.NDArray[Any]:
    """Resample axis 0 to ``length`` points that cover ``start``..``start + span``, each the mean of what it covers.

    Integer arithmetic in 1/256 of a sample, over running sums.
    """
    count = samples.shape[0]
    sums = np.zeros((count + 1, *samples.shape[1:]), dtype=np.int64)
    np.cumsum(samples, axis=0, out=sums[1:])
    step = span / length
    width = max(step, 1.0)

    def upto(position: float) -> npt.NDArray[Any]:
        fixed = int(min(max(position, 0.0), float(count)) * 256.0)
        whole, part = divmod(fixed, 256)
        total: npt.NDArray[Any] = sums[whole] * 256
        if part:
            total = total + samples[whole] * part
        return total

    out = np.empty((length, *samples.shape[1:]), dtype=np.int64)
    for i in range(length):
        centre = start + (i + 0.5) * step
        low = min(max(centre - width * 0.5, 0.0), count - 1.0)
        high = min(max(centre + width * 0.5, low + 1.0), float(count))
        extent = max(int(high * 256.0) - int(low * 256.0), 1)
        out[i] = (upto(high) - upto(low) + extent // 2) // extent
    return out


def _fitted(pixels: npt.NDArray[np.uint8], width: int, height: int) -> npt.NDArray[np.uint8]:
    rows, columns = pixels.shape[:2]
    if (rows, columns) == (height, width):
        return pixels
    scale = min(rows / height, columns / width)
    tall, wide = height * scale, width * scale
    across = _resized(np.moveaxis(pixels, 1, 0).astype(np.int64), width, (columns - wide) * 0.5, wide)
    out = _resized(np.moveaxis(across, 0, 1), height, (rows - tall) * 0.5, tall)
    return np.ascontiguousarray(out.astype(np.uint8))


def fit_image(image: Pixels, width: int, height: int) -> Pixels:
    """``image`` (H×W×3, uint8) scaled to fill ``width``×``height`` pixels, what sticks out cut off evenly."""
    return _fitted(image, width, height)


def fit_mask(mask: npt.NDArray[np.uint8], width: int, height: int) -> npt.NDArray[np.uint8]:
    """``mask`` (H×W, uint8) scaled and cut as `fit_image` does with its image."""
    return _fitted(mask, width, height)
