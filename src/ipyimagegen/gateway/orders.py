"""What is to be made: read once from a service's inputs into one typed value, whatever names the service uses."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote_to_bytes

Task = Literal["picture", "cutout", "chat"]
ReadFile = Callable[[str], bytes]
"""Gives the bytes behind an address of this gateway; raises `BadOrder` for any other address."""

MIN_SIDE_PX, MAX_SIDE_PX = 64, 2048
MAX_STEPS = 200
MAX_SEED = 2**32 - 1

# The first name that is there counts. Names as documentation, workflows and model cards spell them.
PROMPT = ("prompt", "text", "positive_prompt")
NEGATIVE = ("negative_prompt", "negative")
STEPS = ("num_inference_steps", "steps")
GUIDANCE = ("guidance_scale", "guidance", "cfg", "cfg_scale")
IMAGE = ("image", "input_image", "image_url", "init_image", "product_image")
MASK = ("mask", "mask_url")
STRENGTH = ("strength", "denoise", "denoising_strength")


class BadOrder(ValueError):
    """An input cannot be used. `field` is its name as it was sent."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class Order:
    """One picture to make. Sizes in pixels, `None` for the image's own; `seed` is always drawn.

    `image` and `mask` are encoded files.
    """

    task: Task = "picture"
    prompt: str = ""
    negative_prompt: str = ""
    width: int | None = 512
    height: int | None = 512
    num_inference_steps: int = 20
    guidance_scale: float = 7.5
    seed: int = 0
    image: bytes | None = None
    mask: bytes | None = None
    strength: float = 0.75


def read_order(
    inputs: Mapping[str, object],
    *,
    read_file: ReadFile,
    task: Task = "picture",
    size_px: int = 512,
    needs_image: bool = False,
    redraw_seed: bool = False,
) -> Order:
    """Read an order from what a client sent. Unknown names are left alone, as the services do.

    `size_px` is the default side where there is no image. A seed that is missing, `-1` or `None` is drawn, as is every
    seed with `redraw_seed`.
    Raises `BadOrder` for a missing prompt, a number that is none or is out of range, and a picture that cannot be read.
    """
    image = _file(inputs, IMAGE, read_file)
    if (task == "cutout" or needs_image) and image is None:
        raise BadOrder(IMAGE[0], "a picture is required")
    prompt = _text(inputs, PROMPT)
    if task == "picture" and not prompt.strip():
        raise BadOrder(PROMPT[0], "a prompt is required")
    seed = int(_number(inputs, ("seed",), -1, low=-1, high=MAX_SEED))
    if redraw_seed or seed < 0:
        seed = secrets.randbelow(MAX_SEED)
    return Order(
        task=task,
        prompt=prompt,
        negative_prompt=_text(inputs, NEGATIVE),
        width=_side(inputs, "width", None if image else size_px),
        height=_side(inputs, "height", None if image else size_px),
        num_inference_steps=int(_number(inputs, STEPS, 20, low=1, high=MAX_STEPS)),
        guidance_scale=_number(inputs, GUIDANCE, 7.5, low=0, high=100),
        seed=seed,
        image=image,
        mask=_file(inputs, MASK, read_file),
        strength=_number(inputs, STRENGTH, 0.75, low=0, high=1),
    )


def decode_picture(value: str, read_file: ReadFile, *, field: str = "image") -> bytes:
    """Bytes of a `data:` URI, of bare base64, or of a file of this gateway. No other address is ever asked."""
    if value.startswith(("http://", "https://")):
        return read_file(value)
    if value.startswith("data:"):
        head, comma, body = value.partition(",")
        if not comma:
            raise BadOrder(field, "a data: URI without a comma")
        return _base64(body, field) if head.endswith(";base64") else unquote_to_bytes(body)
    return _base64(value, field)


def _base64(text: str, field: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadOrder(field, "neither a URL, a data: URI nor base64") from error


def _first(inputs: Mapping[str, object], names: Sequence[str]) -> tuple[str, object]:
    for name in names:
        if inputs.get(name) is not None:
            return name, inputs[name]
    return names[0], None


def _text(inputs: Mapping[str, object], names: Sequence[str]) -> str:
    name, value = _first(inputs, names)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadOrder(name, "must be a string")
    return value


def _number(inputs: Mapping[str, object], names: Sequence[str], default: float, *, low: float, high: float) -> float:
    name, value = _first(inputs, names)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise BadOrder(name, "must be a number")
    try:
        number = float(value)
    except (ValueError, OverflowError) as error:
        raise BadOrder(name, "must be a number") from error
    if not low <= number <= high:
        raise BadOrder(name, f"must be from {low:g} to {high:g}")
    return number


def _side(inputs: Mapping[str, object], name: str, default: int | None) -> int | None:
    if inputs.get(name) is None:
        return default
    return int(_number(inputs, (name,), 0, low=MIN_SIDE_PX, high=MAX_SIDE_PX))


def _file(inputs: Mapping[str, object], names: Sequence[str], read_file: ReadFile) -> bytes | None:
    name, value = _first(inputs, names)
    if isinstance(value, Mapping):
        value = value.get("uri") or value.get("url")
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise BadOrder(name, "must be a URL, a data: URI or base64")
    return decode_picture(value, read_file, field=name)
