"""JSON Schema as services publish it, read into `Param`s. Lenient: what cannot be understood becomes kind `any`."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import capped
from .params import Kind, Param, Params

MAX_DEPTH = 6
MAX_PARAMS = 400
MAX_FIELDS = 1_000
"""Of all objects of a schema together: one that holds itself has no end."""
KINDS: dict[str, Kind] = {
    "string": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "array": "list",
    "object": "object",
}
SCALARS = (bool, int, float, str)
LARGEST = sys.float_info.max
IMAGE_NAMES = frozenset({"image", "images", "image_url", "input_image", "init_image", "control_image"})
MASK_NAMES = frozenset({"mask", "mask_image", "mask_url"})
FILE_FORMATS = frozenset({"file", "binary", "data-url", "uri-file", "audio", "video"})


def read_params(schema: Mapping[str, Any], *, open: bool = False) -> Params:
    """The parameters of an object schema, in order; `$ref` into `$defs`, `allOf`, and `anyOf` with `null` are followed.

    Raises nothing: foreign schemas are often wrong somewhere, and lawful ones say more than is read here. What is not
    understood leaves its parameter open (kind `any`), or the list of parameters; it never closes either. Nothing in one
    is evaluated or fetched. `open` says that the list is known to be incomplete.
    """
    return _params(resolve(schema, schema), _Reading(schema), open=open) or Params(open=open)


@dataclass(slots=True)
class _Reading:
    """A schema that is being read, and how many fields of objects may still be."""

    root: Mapping[str, Any]
    fields_left: int = MAX_FIELDS


def _params(node: Mapping[str, Any], reading: _Reading, *, open: bool, depth: int = 0) -> Params | None:
    """What an object holds; `None` where the schema does not say."""
    properties = node.get("properties")
    if not isinstance(properties, Mapping):
        return None
    required = _required(node)
    parts = {str(name): {} if part is True else part for name, part in properties.items() if part is not False}
    parts |= {name: {} for name in required if name not in parts}
    ordered = sorted(parts.items(), key=lambda entry: _order(entry[1]))
    entries = tuple(
        _param(name, part, reading, required=name in required, depth=depth)
        for name, part in ordered[:MAX_PARAMS]
        if isinstance(part, Mapping)
    )
    return Params(entries, open or _takes_others(node) or len(entries) < len(parts))


def _required(node: Mapping[str, Any]) -> list[str]:
    listed = node.get("required")
    return [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []


def _takes_others(node: Mapping[str, Any]) -> bool:
    """Whether an object says itself that it takes more names than it lists; silence counts as no."""
    return (
        node.get("additionalProperties") not in (None, False)
        or node.get("unevaluatedProperties") not in (None, False)
        or bool(node.get("patternProperties"))
        or any(word in node for word in ("then", "else", "dependentSchemas", "$dynamicRef", "$recursiveRef"))
    )


def _order(node: object) -> float:
    order = _number(node.get("x-order", node.get("order"))) if isinstance(node, Mapping) else None
    return float("inf") if order is None else order


def _param(name: str, node: Mapping[str, Any], reading: _Reading, *, required: bool, depth: int) -> Param:
    """One property of a schema as a `Param`."""
    written, node = node, resolve(node, reading.root)
    nullable = _is_nullable(written, reading.root) or _is_nullable(node, reading.root)
    choices = _choices(node)
    kind = _kind(name, node, choices)
    step = _number(node.get("multipleOf", node.get("step", node.get("x-step"))))
    items = node.get("items")
    item = (
        _param(name, items, reading, required=False, depth=depth + 1)
        if kind == "list" and isinstance(items, Mapping) and depth < MAX_DEPTH
        else None
    )
    length = node.get("maxLength")
    return Param(
        name=name,
        kind=kind,
        title=capped(str(node.get("title") or name.replace("_", " ").capitalize()), 120),
        description=capped(str(node.get("description") or ""), 1_000),
        default=node.get("default"),
        required=required,
        minimum=_minimum(node, kind),
        maximum=_maximum(node, kind),
        step=step if step and step > 0 else None,
        choices=choices,
        unit=capped(str(node.get("x-unit") or ""), 12),
        max_length=length if isinstance(length, int) and length >= 0 else None,
        advanced=bool(node.get("x-advanced", False)),
        nullable=nullable,
        rounds=bool(step and node.get("x-rounds", "multipleOf" in node)),
        item=item,
        fields=_fields(node, reading, depth + 1) if kind == "object" else None,
    )


def _fields(node: Mapping[str, Any], reading: _Reading, depth: int) -> Params | None:
    """The fields of an object, if the schema has any and not too many. Others pass, unless the schema says no."""
    properties = node.get("properties")
    if not isinstance(properties, Mapping) or not properties or depth > MAX_DEPTH:
        return None
    if len(properties) > min(reading.fields_left, MAX_PARAMS):
        return None
    reading.fields_left -= len(properties)
    return _params(node, reading, open=node.get("additionalProperties") is not False, depth=depth)


def resolve(node: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    """`node` with local `$ref`s followed, `allOf` merged, and a choice between something and `null` reduced to it."""
    merged: dict[str, Any] = dict(node)
    for _ in range(MAX_DEPTH):
        parts: list[Mapping[str, Any]] = []
        target = _follow(merged.pop("$ref", None), root)
        if target is not None:
            parts.append(target)
        every = merged.pop("allOf", None)
        parts += [part for part in every if isinstance(part, Mapping)] if isinstance(every, list) else []
        for word in ("anyOf", "oneOf"):
            branches = merged.pop(word, None)
            if isinstance(branches, list):
                parts.append(_union([b for b in branches if not _is_null(b) and b is not False], root))
        if not parts:
            return merged
        for part in parts:
            merged = _both(part, merged)
    return merged


def _both(part: Mapping[str, Any], merged: Mapping[str, Any]) -> dict[str, Any]:
    """What holds where both schemas do, as far as that is read: `merged` comes first, the fields of both are there."""
    made = {**part, **merged}
    inner, outer = part.get("properties"), merged.get("properties")
    if isinstance(inner, Mapping) and isinstance(outer, Mapping):
        made["properties"] = {**inner, **outer}
    if "required" in part and "required" in merged:
        made["required"] = [*_required(part), *_required(merged)]
    return made


def _union(branches: list[Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """What can be said where one of several schemas holds: the only one, whole; of more, what all of them agree on."""
    real = [branch for branch in branches if isinstance(branch, Mapping)]
    if len(real) < len(branches) or not real:
        return {}
    if len(real) == 1:
        return real[0]
    if all("const" in branch for branch in real):
        return {"enum": [branch["const"] for branch in real]}
    if all(branch.get("type") in ("integer", "number") for branch in real):
        return {"type": "number" if any(branch["type"] == "number" for branch in real) else "integer"}
    parts = [_follow(branch.get("$ref"), root) or branch for branch in real]
    fields = [part["properties"] for part in parts if isinstance(part.get("properties"), Mapping)]
    if not fields:
        return {}
    known: dict[str, Any] = {}
    for field in fields:
        known |= {name: part if name not in known or known[name] == part else {} for name, part in field.items()}
    return {"properties": known, "additionalProperties": True}


def _follow(ref: object, root: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if not isinstance(ref, str) or not ref.startswith("#/"):
        return None
    node: Any = root
    for word in ref[2:].split("/"):
        node = node.get(word.replace("~1", "/").replace("~0", "~")) if isinstance(node, Mapping) else None
    return node if isinstance(node, Mapping) else None


def _is_null(node: object) -> bool:
    """Whether a schema holds for `null` alone."""
    return isinstance(node, Mapping) and (node.get("type") in ("null", ["null"]) or node.get("const", "") is None)


def _is_nullable(node: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    listed = node.get("anyOf", node.get("oneOf"))
    branches: list[Any] = listed if isinstance(listed, list) else []
    kinds, values = node.get("type"), node.get("enum")
    return (
        _is_null(node)
        or any(_is_null(branch) for branch in branches)
        or (isinstance(kinds, list) and "null" in kinds)
        or (isinstance(values, list) and None in values)
        or bool(node.get("nullable"))
        or (_follow(node.get("$ref"), root) or {}).get("nullable") is True
    )


def _choices(node: Mapping[str, Any]) -> tuple[Any, ...]:
    """The values that a schema lists; none where one of them is a list or an object, which no control offers."""
    listed = node.get("enum", [node["const"]] if "const" in node else None)
    if not isinstance(listed, list) or not all(value is None or isinstance(value, SCALARS) for value in listed):
        return ()
    return tuple(listed)


def _kind(name: str, node: Mapping[str, Any], choices: tuple[Any, ...]) -> Kind:
    declared = node.get("x-kind")
    if declared in ("image", "mask", "file"):
        return declared  # type: ignore[no-any-return]
    if choices:
        return "choice"
    kind = KINDS.get(_type(node), "any")
    media = _media_kind(name, node)
    if media and (kind in ("text", "any") or (kind == "object" and _is_file_object(node))):
        return media
    return kind


def _type(node: Mapping[str, Any]) -> str:
    """The one type that values have, `null` aside; `""` where there are several, or an unknown one."""
    listed = node.get("type")
    kinds = [kind for kind in (listed if isinstance(listed, list) else [listed]) if kind != "null"]
    if kinds and all(kind in ("integer", "number") for kind in kinds):
        return "number" if "number" in kinds else "integer"
    return kinds[0] if len(kinds) == 1 and isinstance(kinds[0], str) else ""


def _media_kind(name: str, node: Mapping[str, Any]) -> Kind | None:
    shape = str(node.get("format", node.get("contentMediaType", ""))).lower()
    low = name.lower()
    if shape == "mask" or low in MASK_NAMES or low.endswith("_mask"):
        return "mask"
    if shape.startswith("image") or low in IMAGE_NAMES or low.endswith(("_image", "_image_url")):
        return "image"
    if shape in FILE_FORMATS or shape.startswith(("audio/", "video/")) or _is_file_object(node):
        return "file"
    return None


def _is_file_object(node: Mapping[str, Any]) -> bool:
    properties = node.get("properties")
    return str(node.get("title", "")) == "File" or (
        isinstance(properties, Mapping) and {"uri", "content_type"} <= set(properties)
    )


def _number(value: object) -> float | None:
    """A bound that means something, whole ones to the digit; `None` for one beyond all values, as for none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST <= value <= LARGEST:
        return None
    return value


def _minimum(node: Mapping[str, Any], kind: Kind) -> float | None:
    above = _number(node.get("exclusiveMinimum"))
    if above is not None and kind == "integer":
        return math.floor(above) + 1
    return _number(node.get("minimum")) if above is None else above


def _maximum(node: Mapping[str, Any], kind: Kind) -> float | None:
    below = _number(node.get("exclusiveMaximum"))
    if below is not None and kind == "integer":
        return math.ceil(below) - 1
    return _number(node.get("maximum")) if below is None else below
