"""What the embedded engine is asked for, and what it gives back: plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

Pixels: TypeAlias = npt.NDArray[np.uint8]
"""H×W×3, uint8, sRGB."""

Style = Literal["auto", "oil", "watercolor", "pastel", "ink", "woodblock", "flat", "pointillist", "night"]
STYLES: tuple[str, ...] = get_args(Style)

MIN_SIZE_PX, MAX_SIZE_PX, SIZE_STEP_PX = 64, 2048, 8
MAX_STEPS, MAX_GUIDANCE, MAX_SEED = 150, 20.0, 2**32 - 1


class SketchFailed(RuntimeError):
    """The painter was told to fail at ``step`` (``fail_at_step``), and did."""

    def __init__(self, step: int) -> None:
        super().__init__(f"failed at step {step}, as fail_at_step asked")
        self.step = step


@dataclass(frozen=True, slots=True)
class Frame:
    """The picture after ``step`` (from 1) of ``steps``; ``pixels`` is H×W×3, uint8."""

    step: int
    steps: int
    pixels: Pixels


def check_number(
    name: str, value: object, low: float, high: float, *, multiple_of: int = 1, whole: bool = False
) -> None:
    """Raise ValueError, with the value and the limit, unless ``value`` is a number from ``low`` to ``high``."""
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        kind = "whole number" if whole else "number"
        raise ValueError(f"{name} is {value!r}, must be a {kind}")  # noqa: TRY004 - one error for all nonsense
    if not low <= value <= high:
        raise ValueError(f"{name} is {value!r}, must be {low} to {high}")
    if value % multiple_of and multiple_of > 1:
        raise ValueError(f"{name} is {value!r}, must be a multiple of {multiple_of}")


def check_pixels(name: str, pixels: object, shape: tuple[int, ...]) -> None:
    """Raise ValueError unless ``pixels`` is a uint8 array of ``shape``."""
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
        raise ValueError(f"{name} is {type(pixels).__name__} {getattr(pixels, 'dtype', '')}, must be a uint8 array")
    if pixels.shape != shape:
        raise ValueError(f"{name} has shape {pixels.shape}, must be {shape}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sketch:
    """One picture to paint. Raises ValueError, with the value and the limit, for what cannot be painted.

    ``width`` and ``height`` are in pixels (64..2048, multiples of 8). ``image`` (height×width×3, uint8) is a picture to
    start from, ``strength`` (0..1) how far to leave it. ``mask`` (height×width, uint8) goes with an image: 255 is
    repainted, 0 is kept bit for bit. ``fail_at_step`` makes the painter raise `SketchFailed` in place of that step's
    frame. ``step_delay_s`` is seconds that a service may wait between steps; the painter itself never waits.
    """

    prompt: str
    negative_prompt: str = ""
    width: int = 512
    height: int = 512
    num_inference_steps: int = 20
    guidance_scale: float = 7.5
    style: Style = "auto"
    seed: int = 0
    image: Pixels | None = None
    strength: float = 0.6
    mask: Pixels | None = None
    step_delay_s: float = 0.0
    fail_at_step: int | None = None

    def __post_init__(self) -> None:
        for name in ("prompt", "negative_prompt"):
            text: object = getattr(self, name)
            if not isinstance(text, str):
                raise ValueError(f"{name} is {text!r}, must be a string")  # noqa: TRY004 - one error for all nonsense
        check_number("width", self.width, MIN_SIZE_PX, MAX_SIZE_PX, multiple_of=SIZE_STEP_PX, whole=True)
        check_number("height", self.height, MIN_SIZE_PX, MAX_SIZE_PX, multiple_of=SIZE_STEP_PX, whole=True)
        check_number("num_inference_steps", self.num_inference_steps, 1, MAX_STEPS, whole=True)
        check_number("guidance_scale", self.guidance_scale, 0.0, MAX_GUIDANCE)
        check_number("seed", self.seed, 0, MAX_SEED, whole=True)
        check_number("strength", self.strength, 0.0, 1.0)
        check_number("step_delay_s", self.step_delay_s, 0.0, 5.0)
        if self.style not in STYLES:
            raise ValueError(f"style is {self.style!r}, must be one of {', '.join(STYLES)}")
        if self.fail_at_step is not None:
            check_number("fail_at_step", self.fail_at_step, 1, MAX_STEPS, whole=True)
        if self.image is not None:
            check_pixels("image", self.image, (self.height, self.width, 3))
        if self.mask is not None:
            if self.image is None:
                raise ValueError("mask needs an image to keep the rest of")
            check_pixels("mask", self.mask, (self.height, self.width))
