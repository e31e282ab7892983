"""Workflows as models.

SpeedPix does not say what a workflow takes: `declare` says it once, and it is kept; of one that was not declared the
inputs of calls that succeeded are learned.

speedpix.declare("product-cutout", {"image": {"format": "image"}, "margin": 0.1}, title="Cut a product out")
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from ...core import forks
from ...core.errors import InvalidInput, Problem, StorageError
from ...core.events import JSON
from ...core.models import ModelSpec
from ...core.requests import InputFile
from ...core.schema import read_params
from ...media.saving import write_atomic
from ...settings.home import settings_home
from .errors import CANNOT_CANCEL, SERVICE

FILE = "speedpix.json"
TYPES: Mapping[type, str] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}
STEERING: Mapping[str, Mapping[str, Any]] = {
    "version_id": {"type": "string", "description": "A fixed version, instead of the alias in the model's name."},
    "return_temp_files": {"type": "boolean", "description": "Give intermediate files as outputs too."},
    "randomise_seeds": {"type": "boolean", "description": "Draw every seed of the workflow anew."},
    "resource_config_id": {"type": "string", "description": "A dedicated resource's id; 'default' is shared power."},
    "file_encoding_strategy": {"enum": ["url", "base64"], "description": "Upload files, or put them into the inputs."},
}
"""Options of a call that are no inputs of the workflow; an input of the same name goes before them."""

_lock = forks.lock()


def declare(workflow_id: str, inputs: Mapping[str, Any], *, title: str = "", description: str = "") -> ModelSpec:
    """Say what a workflow takes, and keep it in the user's configuration. Returns the workflow as a model.

    `inputs` is a JSON Schema of an object, or names with, for each, its default, its type (`str`, `int`, `float`,
    `bool`), or a JSON Schema of its own (`{"format": "image"}` for a picture). Declaring again replaces; nothing is
    sent anywhere. From then on misspelt inputs are refused, and controls and completion know them. Raises
    `InvalidInput`, `StorageError`.

    >>> declare("my-workflow", {"prompt": str, "steps": 20})  # doctest: +SKIP
    """
    if not workflow_id or "@" in workflow_id or not isinstance(inputs, Mapping):
        raise InvalidInput([Problem("workflow_id", f"{workflow_id!r} is not the id of a workflow")], model=SERVICE)
    entry = {"title": title, "description": description, "inputs": schema_of(inputs)}
    with _lock:
        _write({**_read(), workflow_id: entry})
    return spec(workflow_id)


def seen(values: Mapping[str, Any]) -> dict[str, JSON]:
    """What the values of a call tell of a workflow's inputs: a schema for each that has a plain type."""
    nodes: dict[str, JSON] = {}
    for name, value in values.items():
        if isinstance(value, InputFile):
            nodes[name] = {"format": "image" if value.media_type.startswith("image/") else "file"}
        elif type(value) in TYPES:
            nodes[name] = {"type": TYPES[type(value)]}
    return nodes


def learn(workflow_id: str, nodes: Mapping[str, Any]) -> None:
    """Remember the inputs of a call that succeeded, unless the workflow was declared. Raises `StorageError`."""
    with _lock:
        known = _read()
        entry = _mapping(known.get(workflow_id))
        before = _mapping(_mapping(entry.get("inputs")).get("properties"))
        after = {**before, **{name: node for name, node in nodes.items() if name not in before}}
        if after != before and (not entry or entry.get("learned")):
            inputs = {"type": "object", "properties": after}
            _write({**known, workflow_id: {**entry, "learned": True, "inputs": inputs}})


def forget(workflow_id: str) -> None:
    """Take a declaration back. Unknown ones are ignored. Raises `StorageError`."""
    with _lock:
        known = _read()
        if known.pop(workflow_id, None) is not None:
            _write(known)


def declared() -> tuple[ModelSpec, ...]:
    """The workflows that were declared here, or learned. Raises `StorageError`."""
    return tuple(spec(workflow_id) for workflow_id in _read())


def spec(name: str) -> ModelSpec:
    """A workflow as a model, by `workflow_id` or `workflow_id@alias`. One that was not declared takes any inputs."""
    entry = _read().get(name.partition("@")[0])
    known = entry if isinstance(entry, Mapping) else {}
    schema = _mapping(known.get("inputs"))
    own = _mapping(schema.get("properties"))
    steering = {key: {**value, "x-advanced": True} for key, value in STEERING.items() if key not in own}
    return ModelSpec(
        service=SERVICE,
        name=name,
        title=str(known.get("title") or name),
        description=str(known.get("description") or ""),
        params=read_params({**schema, "properties": {**own, **steering}}, open=not known or bool(known.get("learned"))),
        cannot_cancel=CANNOT_CANCEL,
    )


def steering_of(name: str) -> frozenset[str]:
    """The options of a call that are no inputs of this workflow."""
    entry = _mapping(_read().get(name.partition("@")[0]))
    return frozenset(STEERING) - set(_mapping(_mapping(entry.get("inputs")).get("properties")))


def schema_of(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON Schema that `declare`'s short forms stand for. Raises `InvalidInput` for what is neither."""
    if isinstance(inputs.get("properties"), Mapping):
        schema = dict(inputs)
    else:
        required = [name for name, value in inputs.items() if isinstance(value, type)]
        schema = {
            "type": "object",
            "properties": {str(name): _node(str(name), value) for name, value in inputs.items()},
            **({"required": required} if required else {}),
        }
    try:
        plain: dict[str, Any] = json.loads(json.dumps(schema, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInput(f"inputs: not JSON: {error}") from None
    return plain


def _node(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, type):
        if value not in TYPES:
            raise InvalidInput([Problem(name, f"{value.__name__} is none of str, int, float, bool, list, dict")])
        return {"type": TYPES[value]}
    if value is None:
        return {}
    if type(value) not in TYPES:
        raise InvalidInput([Problem(name, f"{value!r} is neither a default, a type nor a schema")])
    return {"type": TYPES[type(value)], "default": value}


def _mapping(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _file() -> Path:
    return settings_home() / FILE


def _read() -> dict[str, Any]:
    file = _file()
    try:
        kept = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise StorageError(f"{file} cannot be read ({error}); mend it or delete it") from error
    return cast("dict[str, Any]", kept) if isinstance(kept, dict) else {}


def _write(entries: Mapping[str, Any]) -> None:
    write_atomic(_file(), (json.dumps(entries, ensure_ascii=False, indent=2) + "\n").encode())
