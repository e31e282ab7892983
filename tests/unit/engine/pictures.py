"""Small pictures and measures that the engine's tests share."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ipyimagegen.engine import Sketch, paint

Picture = npt.NDArray[np.uint8]


def painted(prompt: str = "a forest by a lake, summer day", **parameters: Any) -> Picture:
    """The finished picture of a small sketch."""
    values: dict[str, Any] = {"width": 128, "height": 128, "num_inference_steps": 8, "seed": 3, **parameters}
    *_, last = paint(Sketch(prompt=prompt, **values))
    return last.pixels


def distance(a: Picture, b: Picture) -> float:
    """The mean difference of two pictures, in 0..255."""
    return float(np.abs(a.astype(np.int16) - b.astype(np.int16)).mean())


def colourfulness(picture: Picture) -> float:
    """The mean spread of the channels, in 0..255."""
    return float((picture.max(axis=2).astype(np.int16) - picture.min(axis=2)).mean())


def share_of(picture: Picture, channel: int, by: int = 8) -> float:
    """The share of pixels whose ``channel`` stands out from both others by more than ``by``."""
    signed = picture.astype(np.int16)
    others = np.delete(signed, channel, axis=2).max(axis=2)
    return float((signed[..., channel] > others + by).mean())
