"""The parameters of the two local workflows as JSON Schemas, in the order in which a form shows them.

Beyond JSON Schema: ``x-kind`` is ``image`` or ``mask`` for picture inputs, ``x-unit`` the unit of a number,
``x-step`` how far a slider moves at once,
``x-advanced`` marks what a form folds away.
"""

from __future__ import annotations

from typing import Any, Final

from .sketch import MAX_GUIDANCE, MAX_SEED, MAX_SIZE_PX, MAX_STEPS, MIN_SIZE_PX, SIZE_STEP_PX, STYLES

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def _size(title: str) -> dict[str, Any]:
    return {
        "type": "integer",
        "title": title,
        "description": f"In pixels, a multiple of {SIZE_STEP_PX}.",
        "default": 512,
        "minimum": MIN_SIZE_PX,
        "maximum": MAX_SIZE_PX,
        "multipleOf": SIZE_STEP_PX,
        "x-unit": "px",
    }


def _step_delay() -> dict[str, Any]:
    return {
        "type": "number",
        "title": "Delay per step",
        "description": "Seconds to wait after each step, to watch it work.",
        "default": 0.0,
        "minimum": 0.0,
        "maximum": 5.0,
        "x-unit": "s",
        "x-advanced": True,
    }


def _fail_at_step() -> dict[str, Any]:
    return {
        "type": ["integer", "null"],
        "title": "Fail at step",
        "description": "Fail on purpose at this step, to see what a failure looks like.",
        "default": None,
        "minimum": 1,
        "maximum": MAX_STEPS,
        "x-advanced": True,
    }


SKETCH_SCHEMA: Final[dict[str, Any]] = {
    "$schema": _DIALECT,
    "type": "object",
    "title": "Sketch (procedural painter, no neural weights)",
    "description": "Paints a picture from the words it knows: hour, weather, season, landscape and some subjects. "
    "Other words vary composition and colour.",
    "properties": {
        "prompt": {
            "type": "string",
            "title": "Prompt",
            "description": "What to paint, for example “a lighthouse at dusk”. Empty paints an abstract.",
            "default": "",
            "maxLength": 10000,
        },
        "negative_prompt": {
            "type": "string",
            "title": "Negative prompt",
            "description": "Motifs and colours to leave out, for example “trees, clouds, red”.",
            "default": "",
            "maxLength": 10000,
        },
        "width": _size("Width"),
        "height": _size("Height"),
        "num_inference_steps": {
            "type": "integer",
            "title": "Steps",
            "description": "Refinement steps from noise to picture; more give finer brushwork.",
            "default": 20,
            "minimum": 1,
            "maximum": MAX_STEPS,
        },
        "guidance_scale": {
            "type": "number",
            "title": "Guidance",
            "description": "How strongly the prompt shapes the picture: 0 is a pale wash, 7.5 natural, 20 vivid.",
            "default": 7.5,
            "minimum": 0.0,
            "maximum": MAX_GUIDANCE,
            "x-step": 0.5,
        },
        "style": {
            "type": "string",
            "title": "Style",
            "description": "How it is painted; “auto” listens to the prompt (“a watercolor of …”).",
            "default": "auto",
            "enum": list(STYLES),
        },
        "seed": {
            "type": "integer",
            "title": "Seed",
            "description": "The same prompt, parameters and seed give the same picture on every machine.",
            "default": 0,
            "minimum": 0,
            "maximum": MAX_SEED,
        },
        "image": {
            "type": ["string", "null"],
            "title": "Start image",
            "description": "A picture to start from; it is fitted to width and height.",
            "default": None,
            "format": "uri",
            "x-kind": "image",
        },
        "strength": {
            "type": "number",
            "title": "Strength",
            "description": "How far to leave the start image: 0 keeps it, 1 paints anew.",
            "default": 0.6,
            "minimum": 0.0,
            "maximum": 1.0,
            "x-step": 0.05,
        },
        "mask": {
            "type": ["string", "null"],
            "title": "Mask",
            "description": "White is repainted, black stays as it is in the start image.",
            "default": None,
            "format": "uri",
            "x-kind": "mask",
        },
        "step_delay_s": _step_delay(),
        "fail_at_step": _fail_at_step(),
    },
    "required": ["prompt"],
    "additionalProperties": False,
}

CUTOUT_SCHEMA: Final[dict[str, Any]] = {
    "$schema": _DIALECT,
    "type": "object",
    "title": "Cutout (background removal by colour, no neural weights)",
    "description": "Cuts a product out of a plain-ish background: the subject on white, with alpha, and its mask.",
    "properties": {
        "image": {
            "type": "string",
            "title": "Image",
            "description": "A photograph of one subject on a plain-ish background.",
            "format": "uri",
            "x-kind": "image",
        },
        "tolerance": {
            "type": "number",
            "title": "Tolerance",
            "description": "How far the background may stray from its colour; raise it for uneven backgrounds.",
            "default": 0.5,
            "minimum": 0.0,
            "maximum": 1.0,
            "x-step": 0.05,
        },
        "feather_px": {
            "type": "number",
            "title": "Feather",
            "description": "Softness of the edge.",
            "default": 1.0,
            "minimum": 0.0,
            "maximum": 8.0,
            "x-step": 0.5,
            "x-unit": "px",
        },
        "holes": {
            "type": "boolean",
            "title": "Cut out holes",
            "description": "Open enclosed background too, such as the handle of a mug.",
            "default": False,
        },
        "num_inference_steps": {
            "type": "integer",
            "title": "Steps",
            "description": "Each step learns the background anew from what the step before left outside.",
            "default": 6,
            "minimum": 1,
            "maximum": MAX_STEPS,
        },
        "step_delay_s": _step_delay(),
        "fail_at_step": _fail_at_step(),
    },
    "required": ["image"],
    "additionalProperties": False,
}
