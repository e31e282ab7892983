"""What a function takes, read from its signature into the parameters of a model. Nothing is called.

| written | becomes |
| --- | --- |
| `str`, `int`, `float`, `bool`, `dict`, `list[…]` | text, integer, number, boolean, object, list |
| `Literal["oil", "ink"]`, an `Enum` | a choice (the function gets the member) |
| `Optional[X]` | what `X` is; `None` may be sent |
| `PIL.Image.Image`, `numpy.ndarray`, `bytes`, `Path` | a picture (a mask, where it is called so), a file |
| no annotation | what the default is, else anything |

`Annotated[float, …]` says more, by an `Arg`, or in the ways that are usual elsewhere: a `range`, `(low, high)`, a list
of choices, a mapping of JSON Schema (`{"minimum": 0}`), `annotated_types` (`Ge`, `Interval`), `"image"`, `"mask"`, a
unit (`"px"`) or a sentence.
"""

from __future__ import annotations

import enum
import inspect
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from ...core.errors import InvalidInput, Problem
from ...core.foreign import shown
from ...core.params import SEED_NAMES, Kind, Param, Params

GIVEN = ("progress",)
"""Names that are given to a function by us, where it has them; so is a seed, where none was asked for."""
MAX_SEED = 2**32 - 1
MAX_UNIT_CHARS = 8
_KINDS: Mapping[Any, Kind] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "boolean",
    dict: "object",
    list: "list",
    tuple: "list",
    bytes: "file",
    Path: "file",
}
_BOUNDS = {"ge": "minimum", "gt": "minimum", "le": "maximum", "lt": "maximum", "multiple_of": "step"}
_SCHEMA = {"multipleOf": "step", "enum": "choices", "x-unit": "unit", "maxLength": "max_length"}
_WORDS = ("unit", "description", "title", "max_length")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arg:
    """More about an argument: `freq: Annotated[float, Arg(minimum=1, maximum=20, unit="Hz")] = 5.0`.

    `minimum` and `maximum` are inclusive; `step` is the distance between values that make sense; `kind` is one of a
    `Param` (`"image"`, `"mask"`, `"file"` …) where the type does not tell; `advanced` hides it in a second group.
    """

    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    choices: Sequence[Any] = ()
    unit: str = ""
    title: str = ""
    description: str = ""
    kind: Kind | Literal[""] = ""
    max_length: int | None = None
    advanced: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """A function's parameters, how it wants them, and which of ours it takes."""

    params: Params
    wants: Mapping[str, Any]
    """The type that each parameter is annotated with, without what `Annotated` and `None` add; `None` for none."""
    takes: frozenset[str]


def read_signature(function: Callable[..., Any]) -> Signature:
    """The parameters of `function`. Raises `InvalidInput` where it cannot be called by names."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"{shown(function)} has no signature that could be read: {error}") from error
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except Exception:  # noqa: BLE001 (annotations are code: a name may be missing; then they say nothing)
        hints = {name: each.annotation for name, each in signature.parameters.items()}
    entries: list[Param] = []
    wants: dict[str, Any] = {}
    takes: set[str] = set()
    is_open = False
    for name, given in signature.parameters.items():
        if given.kind is given.POSITIONAL_ONLY:
            raise InvalidInput([Problem(name, "can only be given by its place; take the / out of the signature")])
        if given.kind is given.VAR_KEYWORD:
            is_open = True
        if given.kind in (given.VAR_KEYWORD, given.VAR_POSITIONAL):
            continue
        takes.add(name)
        if name not in GIVEN:
            hint = hints.get(name, Any)
            param, wants[name] = _read(name, Any if isinstance(hint, str) else hint, given.default)
            entries.append(param)
    return Signature(Params(tuple(entries), open=is_open), wants, frozenset(takes))


def _read(name: str, hint: Any, default: Any) -> tuple[Param, Any]:
    """One parameter, and the type that the function wants."""
    facts: dict[str, Any] = {}
    has_default = default is not inspect.Parameter.empty
    kind, wanted, nullable = _kind_of(name, hint, facts)
    if kind == "any" and wanted is None and has_default and type(default) in _KINDS:
        kind = _KINDS[type(default)]
    if isinstance(default, enum.Enum):
        default = default.value
    plain: Any = default if has_default and isinstance(default, str | bool | int | float) else None
    if isinstance(default, list | tuple | dict) and kind in ("list", "object"):
        plain = list(default) if isinstance(default, tuple) else default
    is_seed = name in SEED_NAMES
    if is_seed and kind in ("any", "integer"):
        kind = "integer"
        facts = {"minimum": 0, "maximum": MAX_SEED, **facts}
    param = Param(
        name=name,
        kind=facts.pop("kind", "") or kind,
        title=facts.pop("title", "") or name.replace("_", " ").capitalize(),
        default=None if is_seed else plain,
        required=not has_default and not is_seed,
        nullable=nullable,
        choices=tuple(facts.pop("choices", ())),
        **facts,
    )
    return param, wanted


def _kind_of(name: str, hint: Any, facts: dict[str, Any]) -> tuple[Kind, Any, bool]:
    """Kind, wanted type, and whether `None` may be sent; what `Annotated` says goes into `facts`."""
    if get_origin(hint) is typing.Annotated:
        inner, *extras = get_args(hint)
        found = _kind_of(name, inner, facts)
        for extra in extras:
            _annotated(name, extra, found[0], facts)
        return ("choice" if facts.get("choices") else found[0]), found[1], found[2]
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        parts = [part for part in get_args(hint) if part is not type(None)]
        optional = len(parts) < len(get_args(hint))
        if len(parts) == 1:
            kind, wanted, _ = _kind_of(name, parts[0], facts)
            return kind, wanted, optional
        if set(parts) == {int, float}:
            return "number", None, optional
        return "any", None, optional
    if origin is Literal:
        facts["choices"] = get_args(hint)
        return "choice", None, False
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        facts["choices"] = tuple(member.value for member in hint)
        return "choice", hint, False
    if _is_picture(hint):
        return ("mask" if "mask" in name else "image"), hint, False
    base = origin if isinstance(origin, type) else hint
    if base in (list, tuple, Sequence) and get_args(hint):
        kind, wanted, _ = _kind_of(name, get_args(hint)[0], inner := {})
        facts["item"] = Param(name=name, kind=kind, **inner)
        return "list", wanted, False
    known = next((kind for known, kind in _KINDS.items() if base is known), None)
    return (known, base, False) if known is not None else ("any", None, False)


def _is_picture(hint: Any) -> bool:
    origin = get_origin(hint) or hint
    module = str(getattr(origin, "__module__", ""))
    called = getattr(origin, "__name__", "")
    return (module == "PIL.Image" and called == "Image") or (module == "numpy" and called == "ndarray")


def _annotated(name: str, extra: Any, kind: Kind, facts: dict[str, Any]) -> None:
    """What one part of `Annotated` says. What is meant for other readers is passed over."""
    if isinstance(extra, Arg):
        said = {field.name: getattr(extra, field.name) for field in fields(Arg)}
        facts |= {key: value for key, value in said.items() if value not in (None, "", ()) and value is not False}
    elif isinstance(extra, range) and len(extra):
        facts |= {"minimum": min(extra), "maximum": max(extra), "step": abs(extra.step)}
    elif isinstance(extra, str):
        if extra in ("image", "mask", "file"):
            facts["kind"] = extra
        else:
            facts["unit" if len(extra) <= MAX_UNIT_CHARS and " " not in extra else "description"] = extra
    elif isinstance(extra, Mapping):
        known = {field.name for field in fields(Arg)}
        said = {_SCHEMA.get(str(key), str(key)): value for key, value in extra.items()}
        facts |= {key: value for key, value in said.items() if key in known}
    elif type(extra) in (tuple, list):  # a named tuple has its own meaning
        numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in extra)
        if kind in ("integer", "number") and type(extra) is tuple and numbers and len(extra) in (2, 3):
            facts |= dict(zip(("minimum", "maximum", "step"), extra, strict=False))
        elif extra:
            facts["choices"] = tuple(extra)
    else:
        _foreign(extra, kind, facts)
    low, high = facts.get("minimum"), facts.get("maximum")
    if low is not None and high is not None and low > high:
        raise InvalidInput([Problem(name, f"its least value {low} is over its greatest {high}")])


def _foreign(extra: Any, kind: Kind, facts: dict[str, Any]) -> None:
    """`annotated_types` and what looks like it: bounds and words under their usual names."""
    for part in (extra, *(getattr(extra, "metadata", None) or ())):
        for attribute, ours in _BOUNDS.items():
            value = getattr(part, attribute, None)
            if isinstance(value, int | float) and not isinstance(value, bool):
                open_end = attribute in ("gt", "lt") and kind == "integer"
                facts[ours] = value + (1 if attribute == "gt" else -1) if open_end else value
        for attribute in _WORDS:
            value = getattr(part, attribute, None)
            if isinstance(value, int if attribute == "max_length" else str) and value:
                facts[attribute] = value
        if isinstance(doc := getattr(part, "documentation", None), str):
            facts["description"] = doc
