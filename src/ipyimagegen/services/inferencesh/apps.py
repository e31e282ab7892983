"""Apps as models: what `GET /apps/{namespace}/{name}` says, and what is known of two apps without asking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.cost import UNKNOWN, Cost
from ...core.errors import capped
from ...core.models import ModelSpec
from ...core.params import Params
from ...core.schema import read_params

SERVICE = "inferencesh"
PAGE = "https://app.inference.sh/apps/"

_PROMPT = {"type": "string", "title": "Prompt", "description": "What the picture shows"}
_SEED = {"type": "integer", "default": -1, "minimum": -1, "description": "-1 draws one"}
_SIDE = {"type": "integer", "minimum": 64, "maximum": 4096, "multipleOf": 8, "default": 1024, "x-unit": "px"}

# The documentation describes these inputs in words, with the optimal values, and gives no names for the fields: these
# are the customary ones (PROTOCOL.md, 7.1). An app's own schema takes their place where it can be had.
HIDREAM: dict[str, Any] = {
    "title": "HiDream I1 Fast",
    "description": "Pictures from text in few steps. Sides are adjusted to the nearest multiple of 8.",
    "type": "object",
    "required": ["prompt"],
    "properties": {
        "prompt": _PROMPT,
        "width": _SIDE,
        "height": _SIDE,
        "seed": _SEED,
        "num_inference_steps": {"type": "integer", "minimum": 1, "maximum": 150, "default": 16},
        "guidance_scale": {"type": "number", "minimum": 0, "default": 1.0},
        "shift": {"type": "number", "minimum": 0, "default": 3.0, "x-advanced": True},
        "scheduler": {"type": "string", "default": "flash_flow", "x-advanced": True},
    },
}
SDXL: dict[str, Any] = {
    "title": "Stable Diffusion XL",
    "description": "Pictures from text, with custom models and LoRAs.",
    "type": "object",
    "required": ["prompt"],
    "properties": {
        "prompt": _PROMPT,
        "negative_prompt": {"type": "string", "description": "What the picture must not show"},
        "num_inference_steps": {"type": "integer", "minimum": 1, "maximum": 150},
        "guidance_scale": {"type": "number", "minimum": 0},
        "width": _SIDE,
        "height": _SIDE,
        "seed": _SEED,
        "model": {"type": "string", "description": "URL or Hugging Face path of a custom model", "x-advanced": True},
        "loras": {"type": "array", "description": "LoRA configurations", "x-advanced": True},
    },
}
OFFLINE: dict[str, dict[str, Any]] = {"infsh/hidream-i1-fast": HIDREAM, "infsh/sdxl": SDXL}


def app_name(reference: str) -> tuple[str, str]:
    """`("infsh/sdxl", "upscale")` for `infsh/sdxl@1.2:upscale`: the app and its function (`""`: the usual one)."""
    head, _, function = reference.partition(":")
    return head.partition("@")[0], function


def offline_spec(reference: str) -> ModelSpec | None:
    """What is known of an app without asking; `None` for all but two."""
    name, _ = app_name(reference)
    schema = OFFLINE.get(name)
    # Open: the app itself may take more than its page tells.
    return None if schema is None else _spec(reference, schema, read_params(schema, open=True), schema)


def open_spec(reference: str) -> ModelSpec:
    """An app of which nothing is known but that it is called: it takes what it is given."""
    schema = {"properties": {"prompt": _PROMPT}}
    return _spec(reference, {}, read_params(schema, open=True), schema)


def spec_of(reference: str, app: Mapping[str, Any]) -> ModelSpec:
    """An app as a model. Anything missing in the answer is simply not known; raises nothing."""
    schema = input_schema(app, app_name(reference)[1])
    params = read_params(schema) if schema else Params(open=True)
    return _spec(reference, app, params, schema)


def input_schema(app: Mapping[str, Any], function: str = "") -> Mapping[str, Any]:
    """The schema of what an app, or one of its functions, takes; `{}` where it is not said."""
    version = app.get("version")
    version = version if isinstance(version, Mapping) else app
    functions = version.get("functions")
    chosen = functions.get(function or "run") if isinstance(functions, Mapping) else None
    for place in (chosen, version):
        schema = place.get("input_schema") if isinstance(place, Mapping) else None
        if isinstance(schema, Mapping) and schema.get("properties"):
            return schema
    return {}


def _spec(reference: str, app: Mapping[str, Any], params: Params, schema: Mapping[str, Any]) -> ModelSpec:
    name, _ = app_name(reference)
    return ModelSpec(
        service=SERVICE,
        name=reference,
        title=_text(app.get("title")) or _text(app.get("name")) or name,
        description=_text(app.get("description")),
        params=params,
        price=_price(app),
        url=f"{PAGE}{name}",
        extra={"input_schema": schema},
    )


def _price(app: Mapping[str, Any]) -> Cost:
    price = app.get("price")
    return Cost.read(price, source="quoted") if price is not None else UNKNOWN


def _text(value: object) -> str:
    return capped(value, 1_000) if isinstance(value, str) else ""
