"""What is known of Segmind's models: the catalogue, and the parameters of common image models without asking."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ...core.cost import UNKNOWN, Cost
from ...core.errors import UnknownModel, capped
from ...core.models import ModelSpec
from ...core.schema import read_params
from .api import CANNOT_CANCEL
from .errors import SERVICE

PAGE = "https://www.segmind.com/models/"
FLOW_PREFIX = "workflows/"
"""`segmind/workflows/<id>` runs a PixelFlow."""

Schema = dict[str, Any]

_PROMPT: Schema = {"type": "string", "description": "What the picture shows"}
_NEGATIVE: Schema = {"type": "string", "description": "What the picture must not show"}
_SEED: Schema = {"type": "integer", "minimum": -1, "description": "-1 draws one"}
_RATIOS = ["1:1", "16:9", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21"]
_SAMPLES: Schema = {"type": "integer", "minimum": 1, "default": 1, "description": "Pictures in one call; each costs"}
_BASE64: Schema = {"type": "boolean", "default": False, "x-advanced": True}
_SIDE: Schema = {"type": "integer", "minimum": 512, "maximum": 2048, "multipleOf": 8, "default": 1024, "x-unit": "px"}
_PICTURE: Schema = {"type": "string", "x-kind": "image"}


def _model(title: str, required: str, *, open: bool = False, **properties: Schema) -> Schema:
    return {"title": title, "type": "object", "required": [required], "properties": properties, "open": open}


OFFLINE: dict[str, Schema] = {
    # https://www.segmind.com/models/flux-dev/api
    "flux-dev": _model(
        "Flux.1 Dev",
        "prompt",
        prompt=_PROMPT,
        aspect_ratio={"type": "string", "enum": _RATIOS, "default": "1:1"},
        steps={"type": "integer", "minimum": 1, "maximum": 50, "default": 25},
        guidance={"type": "number", "minimum": 0, "maximum": 10, "default": 3},
        prompt_strength={"type": "number", "minimum": 0, "maximum": 1, "default": 0.8, "x-advanced": True},
        seed=_SEED,
        samples=_SAMPLES,
        output_format={"type": "string", "enum": ["webp", "jpg", "png"], "default": "webp", "x-advanced": True},
        output_quality={"type": "integer", "minimum": 0, "maximum": 100, "default": 80, "x-advanced": True},
    ),
    # https://www.segmind.com/models/flux-schnell/api
    "flux-schnell": _model(
        "Flux.1 Schnell",
        "prompt",
        prompt=_PROMPT,
        width=_SIDE,
        height=_SIDE,
        steps={"type": "integer", "minimum": 1, "maximum": 8, "default": 4},
        seed=_SEED,
        samples=_SAMPLES,
        sampler_name={"type": "string", "default": "euler", "x-advanced": True},
        scheduler={
            "type": "string",
            "enum": ["normal", "karras", "exponential", "sgm_uniform", "simple", "ddim_uniform"],
            "default": "normal",
            "x-advanced": True,
        },
        denoise={"type": "number", "minimum": 0, "maximum": 1, "default": 1, "x-advanced": True},
    ),
    # https://www.segmind.com/models/fast-flux-schnell/api
    "fast-flux-schnell": _model(
        "Fast Flux.1 Schnell",
        "prompt",
        prompt=_PROMPT,
        aspect_ratio={"type": "string", "enum": _RATIOS, "default": "1:1"},
        steps={"type": "integer", "minimum": 1, "default": 4},
        seed=_SEED,
        base64=_BASE64,
    ),
    # https://www.segmind.com/models/sdxl1.0-txt2img/api
    "sdxl1.0-txt2img": _model(
        "Stable Diffusion XL 1.0",
        "prompt",
        prompt=_PROMPT,
        negative_prompt=_NEGATIVE,
        style={"type": "string", "default": "base"},
        img_width=_SIDE,
        img_height=_SIDE,
        num_inference_steps={"type": "integer", "minimum": 1, "maximum": 100, "default": 25},
        guidance_scale={"type": "number", "minimum": 1, "maximum": 25, "default": 7.5},
        seed=_SEED,
        samples={**_SAMPLES, "maximum": 4},
        scheduler={"type": "string", "default": "UniPC", "x-advanced": True},
        strength={"type": "number", "minimum": 0, "maximum": 1, "x-advanced": True},
        high_noise_fraction={"type": "number", "minimum": 0, "maximum": 1, "default": 0.8, "x-advanced": True},
        refiner={"type": "boolean", "x-advanced": True},
        base64=_BASE64,
    ),
    # https://www.segmind.com/models/seedream-4.5/api
    "seedream-4.5": _model(
        "Seedream 4.5",
        "prompt",
        open=True,
        prompt=_PROMPT,
        size={"type": "string", "default": "2K", "description": "2K, 4K or custom: custom takes width and height"},
        aspect_ratio={"type": "string", "description": "Such as 16:9, or match_input_image"},
        width={"type": "integer", "minimum": 1024, "maximum": 4096, "default": 2048, "x-unit": "px"},
        height={"type": "integer", "minimum": 1024, "maximum": 4096, "default": 2048, "x-unit": "px"},
        image_input={"type": "array", "items": _PICTURE, "description": "Pictures to go by"},
        max_images={"type": "integer", "minimum": 1, "maximum": 15, "default": 1, "x-advanced": True},
        sequential_image_generation={
            "type": "string",
            "enum": ["disabled", "auto"],
            "default": "disabled",
            "x-advanced": True,
        },
    ),
    # https://www.segmind.com/models/bg-removal/api
    "bg-removal": _model("Background removal", "image", image=_PICTURE, method={"type": "string", "default": "object"}),
    # https://www.segmind.com/models/bg-removal-v2/api
    "bg-removal-v2": _model(
        "Background removal 2",
        "image",
        image=_PICTURE,
        type={"type": "string", "default": "transparent", "description": "transparent, mask, or a colour"},
        custom_color={"type": "string", "description": "Red, green and blue, such as 170,65,230"},
    ),
}

_PICTURES: Schema = {"properties": {"prompt": _PROMPT, **dict.fromkeys(("image", "mask"), _PICTURE)}}
_GENERATED = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-")
"""Slugs of private models begin with a UUID; no catalogue lists them."""


def spec_of(slug: str, entry: Mapping[str, Any] | None = None) -> ModelSpec:
    """A model, from its row in the catalogue and what is known here. Of any other the parameters are open."""
    row = entry or {}
    schema = _published(row) or OFFLINE.get(slug) or {}
    listed = bool(schema)
    params = read_params(schema or _PICTURES, open=bool(schema.get("open")) or not listed)
    return ModelSpec(
        service=SERVICE,
        name=slug,
        title=_text(row, "name", "title", "display_name") or str(schema.get("title") or slug),
        description=_text(row, "description", "short_description"),
        params=params,
        price=_price(row),
        cannot_cancel=CANNOT_CANCEL,
        url=f"{PAGE}{slug}" if not slug.startswith(FLOW_PREFIX) else "",
        extra={"type": _text(row, "type", "category")},
    )


def rows_of(catalogue: Any) -> dict[str, Mapping[str, Any]]:
    """The rows of a catalogue by their slugs; whatever is no row is passed over."""
    if isinstance(catalogue, Mapping):
        catalogue = next((entry for entry in catalogue.values() if isinstance(entry, list)), [])
    rows: dict[str, Mapping[str, Any]] = {}
    for row in catalogue if isinstance(catalogue, list) else []:
        if isinstance(row, Mapping):
            slug = _text(row, "slug", "model_slug", "model_name", "id")
            if slug:
                rows[slug] = row
    return rows


def find(slug: str, rows: Mapping[str, Mapping[str, Any]]) -> ModelSpec:
    """A model by its slug. Raises `UnknownModel` for what looks like a misspelt one; others may be private."""
    known = {*rows, *OFFLINE}
    if rows and slug not in known and not slug.startswith(FLOW_PREFIX) and not _GENERATED.match(slug):
        near = difflib.get_close_matches(slug, known, n=3, cutoff=0.75)
        if near:
            raise UnknownModel(f"{SERVICE}/{slug}", [f"{SERVICE}/{name}" for name in near])
    return spec_of(slug, rows.get(slug))


def specs(rows: Mapping[str, Mapping[str, Any]]) -> Iterable[ModelSpec]:
    """All models that are known."""
    slugs = dict.fromkeys((*rows, *OFFLINE)) if not rows else dict.fromkeys(rows)
    return [spec_of(slug, rows.get(slug)) for slug in slugs]


def _published(row: Mapping[str, Any]) -> Schema | None:
    """A JSON Schema in a catalogue's row, if there is one."""
    for name in ("input_schema", "schema", "parameters"):
        schema = row.get(name)
        if isinstance(schema, Mapping) and isinstance(schema.get("properties"), Mapping):
            return dict(schema)
    return None


def _price(row: Mapping[str, Any]) -> Cost:
    currency = row.get("currency")
    cost = Cost.read(row.get("price"), currency=currency if isinstance(currency, str) else "USD", source="quoted")
    return cost if cost.known else UNKNOWN


def _text(row: Mapping[str, Any], *names: str) -> str:
    return next((capped(value, 1_000) for name in names if isinstance(value := row.get(name), str) and value), "")
