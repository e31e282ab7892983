"""JSON Schema as services publish it, read into `Param`s. Lenient: what cannot be understood becomes kind `any`."""

from __future__ import annotations

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
IMAGE_NAMES = frozenset({"image", "images", "image_url", "input_image", "init_image", "control_image"})
MASK_NAMES = frozenset({"mask", "mask_image", "mask_url"})
FILE_FORMATS = frozenset({"file", "binary", "data-url", "uri-file", "audio", "video"})


def read_params(schema: Mapping[str, Any], *, open: bool = False) -> Params:
    """The parameters of an object schema, in order; `$ref` into `$defs`, `allOf`, and `anyOf` with `null` are followed.

    Raises nothing: foreign schemas are often wrong somewhere. Nothing in one is evaluated or fetched. `open` says that
    the list is known to be incomplete.
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
    listed = node.get("required")
    required = {name for name in listed if isinstance(name, str)} if isinstance(listed, list) else set()
    ordered = sorted(properties.items(), key=lambda entry: _order(entry[1]))
    entries = tuple(
        _param(str(name), part, reading, required=name in required, depth=depth)
        for name, part in ordered[:MAX_PARAMS]
        if isinstance(part, Mapping)
    )
    return Params(entries, open)


def _order(node: object) -> float:
    order = node.get("x-order", node.get("order")) if isinstance(node, Mapping) else None
    return float(order) if isinstance(order, int | float) else float("inf")


def _param(name: str, node: Mapping[str, Any], reading: _Reading, *, required: bool, depth: int) -> Param:
    """One property of a schema as a `Param`."""
    nullable = _is_nullable(node, reading.root)
    node = resolve(node, reading.root)
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
                real = [b for b in branches if isinstance(b, Mapping) and b.get("type") != "null"]
                parts += real[:1] if len(real) == 1 else [_union(real)]
        if not parts:
            return merged
        for part in parts:
            merged = {**part, **merged}
    return merged


def _union(branches: list[Mapping[str, Any]]) -> dict[str, Any]:
    consts = [branch["const"] for branch in branches if "const" in branch]
    if consts and len(consts) == len(branches):
        return {"enum": consts}
    types = {branch.get("type") for branch in branches}
    if types == {"integer", "number"}:
        return {"type": "number"}
    return {}


def _follow(ref: object, root: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if not isinstance(ref, str) or not ref.startswith("#/"):
        return None
    node: Any = root
    for word in ref[2:].split("/"):
        node = node.get(word.replace("~1", "/").replace("~0", "~")) if isinstance(node, Mapping) else None
    return node if isinstance(node, Mapping) else None


def _is_nullable(node: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    listed = node.get("anyOf", node.get("oneOf"))
    branches: list[Any] = listed if isinstance(listed, list) else []
    kinds = node.get("type")
    return (
        any(isinstance(branch, Mapping) and branch.get("type") == "null" for branch in branches)
        or (isinstance(kinds, list) and "null" in kinds)
        or bool(node.get("nullable"))
        or (_follow(node.get("$ref"), root) or {}).get("nullable") is True
    )


def _choices(node: Mapping[str, Any]) -> tuple[Any, ...]:
    listed = node.get("enum")
    if isinstance(listed, list):
        return tuple(value for value in listed if value is None or isinstance(value, bool | int | float | str))
    return (node["const"],) if "const" in node else ()


def _kind(name: str, node: Mapping[str, Any], choices: tuple[Any, ...]) -> Kind:
    declared = node.get("x-kind")
    if declared in ("image", "mask", "file"):
        return declared  # type: ignore[no-any-return]
    kinds = node.get("type")
    if isinstance(kinds, list):
        kinds = next((kind for kind in kinds if kind != "null"), None)
    if choices:
        return "choice"
    kind = KINDS.get(kinds, "any") if isinstance(kinds, str) else "any"
    media = _media_kind(name, node)
    if media and (kind in ("text", "any") or (kind == "object" and _is_file_object(node))):
        return media
    return kind


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
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _minimum(node: Mapping[str, Any], kind: Kind) -> float | None:
    above = _number(node.get("exclusiveMinimum"))
    if above is not None and kind == "integer":
        return above + 1
    return _number(node.get("minimum")) if above is None else above


def _maximum(node: Mapping[str, Any], kind: Kind) -> float | None:
    below = _number(node.get("exclusiveMaximum"))
    if below is not None and kind == "integer":
        return below - 1
    return _number(node.get("maximum")) if below is None else below
