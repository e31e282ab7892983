"""Which control stands for a parameter: pure, from the `Param` alone, as plain data for the page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

from ....core.events import JSON
from ....core.foreign import as_json
from ....core.models import ModelSpec
from ....core.params import Param

Role = Literal["prompt", "negative", "seed", "width", "height", ""]
Look = Literal["area", "line", "slider", "number", "choice", "switch", "media", "list", "object", "json"]

LONG_WORDS = ("prompt", "text", "description", "caption", "instruction", "message")
SLIDER_STOPS = 10_000
"""A range of more values than this is typed, not dragged."""
MAX_CHOICES = 500
MAX_EXACT = 2**53 - 1
"""Larger whole numbers are no numbers to a page: they travel as text."""


def controls(spec: ModelSpec) -> list[dict[str, JSON]]:
    """The controls of a model in the order of a form: prompts first, what is advanced last, else as the service has it.

    The lists hold plain JSON only, with finite numbers, whatever the schema said.
    """
    made = [control(param, role_of(spec, param)) for param in spec.params.values()]
    return sorted(made, key=_place)


def control(param: Param, role: Role = "", *, inside: bool = False) -> dict[str, JSON]:
    """One control. `step` is always there for a number; `default` is `None` where the service decides.

    `inside` an object there are no uploads: a medium is its address, as text.
    """
    item = param.item
    look = look_of(param, role)
    if inside and param.is_media:
        look = "json" if param.kind == "list" else "line"
    return {
        "name": param.name,
        "role": role,
        "look": look,
        "kind": param.kind,
        "title": param.title,
        "description": param.description,
        "default": plain(param.default),
        "required": param.required and param.default is None,
        "minimum": _finite(param.minimum),
        "maximum": _finite(param.maximum),
        "step": step_of(param),
        "choices": [plain(choice) for choice in param.choices[:MAX_CHOICES]],
        "unit": param.unit,
        "max_length": param.max_length,
        "advanced": param.advanced and not param.required,
        "item": control(item, inside=inside) if item is not None else None,
        "fields": [control(part, inside=True) for part in param.fields.values()] if param.fields else [],
    }


def look_of(param: Param, role: Role = "") -> Look:
    """How a parameter is edited."""
    if param.choices:
        return "choice"
    match param.kind:
        case "text":
            return "area" if role in ("prompt", "negative") or _is_long(param) else "line"
        case "integer" | "number":
            return "slider" if _can_slide(param) and not role else "number"
        case "boolean":
            return "switch"
        case "image" | "mask" | "file":
            return "media"
        case "list" if param.item is not None and param.item.kind not in ("any", "list"):
            return "list"
        case "object" if param.fields:
            return "object"
    return "json"


def role_of(spec: ModelSpec, param: Param) -> Role:
    """What a parameter is to every model, whatever it is called there."""
    prompt, seed = spec.params.prompt, spec.params.seed
    if prompt is not None and param.name == prompt.name and param.kind == "text" and not param.choices:
        return "prompt"
    if seed is not None and param.name == seed.name and param.kind in ("integer", "number"):
        return "seed"
    if param is spec.params.negative and param.kind == "text":
        return "negative"
    if param.name in ("width", "height") and param.kind in ("integer", "number") and not param.choices:
        other = spec.params.get("height" if param.name == "width" else "width")
        if other is not None and other.kind in ("integer", "number") and not other.choices:
            return "width" if param.name == "width" else "height"
    return ""


def step_of(param: Param) -> float | None:
    """The distance between two values: the schema's, 1 for whole numbers, else about a hundredth of the range."""
    if param.kind not in ("integer", "number"):
        return None
    if param.step and math.isfinite(param.step):
        return param.step
    if param.kind == "integer":
        return 1.0
    low, high = _finite(param.minimum), _finite(param.maximum)
    hundredth = (high - low) / 100 if low is not None and high is not None else 0.0
    if not 0 < hundredth < math.inf:
        return 0.1
    return float(10.0 ** math.floor(math.log10(hundredth) + 0.5))


def plain(value: Any) -> JSON:
    """`value` as JSON that a page reads exactly: no infinities, and whole numbers over 2**53 as text."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= MAX_EXACT else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return as_json(value)


def _can_slide(param: Param) -> bool:
    low, high, step = _finite(param.minimum), _finite(param.maximum), step_of(param)
    return low is not None and high is not None and bool(step) and 0 < (high - low) / (step or 1) <= SLIDER_STOPS


def _is_long(param: Param) -> bool:
    if isinstance(param.default, str) and ("\n" in param.default or len(param.default) > 60):
        return True
    return any(word in param.name.lower() for word in LONG_WORDS)


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None


def _place(made: Mapping[str, JSON]) -> int:
    if made["role"] in ("prompt", "negative"):
        return 0 if made["role"] == "prompt" else 1
    return 3 if made["advanced"] else 2
