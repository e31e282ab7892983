"""The cell's body: a prompt, a negative prompt after a line `---`, and `{names}` of the notebook put in.

The rules for braces. `{name}`, `{name.attribute}`, `{name[key]}` and `{name[0]}`, with Python's `!r` and `:.2f` if
wanted, stand for a value where `name` is a variable of the notebook; nothing is called or evaluated. `{{…}}` gives
`{…}`. All other braces stay as they are, so JSON and `{a|b}` need no care. Once the name exists the braces are meant:
an attribute that is missing, or a format that does not fit, is an error, since a picture of the unfilled text would
cost as much as the right one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from ...core.errors import Problem, capped

MAX_VALUE_CHARS = 100_000
"""A single value that is longer than this as text is taken for a mistake."""

_BRACES = re.compile(
    r"\{\{\{(?P<wrapped>[^{}\n]+)\}\}\}"
    r"|\{\{(?P<literal>[^{}\n]*)\}\}"
    r"|\{(?P<field>[^{}\n]+)\}"
)
_FIELD = re.compile(
    r"(?P<name>[^\W\d]\w*)(?P<path>(?:\.[^\W\d]\w*|\[[^\[\]]+\])*)(?:!(?P<conversion>[rsa]))?(?::(?P<spec>.*))?",
)
_STEP = re.compile(r"\.(?P<attribute>\w+)|\[(?P<key>[^\[\]]+)\]")
_CODE = (FunctionType, BuiltinFunctionType, MethodType, ModuleType, type)


@dataclass(frozen=True, slots=True)
class Body:
    """What a body says. `negative` is `None` without a line `---`."""

    prompt: str
    negative: str | None = None
    problems: tuple[Problem, ...] = ()


def read_body(text: str, names: Mapping[str, Any]) -> Body:
    """Divide at the first line that is `---`, put values in, and take blank space off both ends."""
    lines = text.split("\n")
    cut = next((number for number, line in enumerate(lines) if line.rstrip() == "---"), None)
    problems: list[Problem] = []
    prompt = interpolate("\n".join(lines[:cut]), names, problems).strip()
    if cut is None:
        return Body(prompt, None, tuple(problems))
    negative = interpolate("\n".join(lines[cut + 1 :]), names, problems).strip()
    return Body(prompt, negative, tuple(problems))


def interpolate(text: str, names: Mapping[str, Any], problems: list[Problem]) -> str:
    """`text` with the values of known names put in, by the rules above; what goes wrong is added to `problems`."""

    def put(match: re.Match[str]) -> str:
        literal, wrapped, field = match["literal"], match["wrapped"], match["field"]
        if literal is not None:
            return f"{{{literal}}}"
        value = _value(wrapped or field, names, problems)
        if wrapped is not None:
            return f"{{{wrapped if value is None else value}}}"
        return match[0] if value is None else value

    return _BRACES.sub(put, text)


def _value(field: str, names: Mapping[str, Any], problems: list[Problem]) -> str | None:
    match = _FIELD.fullmatch(field)
    if match is None or match["name"] not in names:
        return None
    try:
        found = look_up(match["name"] + match["path"], names)
        text = format(Formatter().convert_field(found, match["conversion"]), match["spec"] or "")
    except Exception as error:  # noqa: BLE001 - whatever a variable's own class raises
        why = f"no key {error}" if isinstance(error, KeyError) else f"{error}"
    else:
        if len(text) <= MAX_VALUE_CHARS and not isinstance(found, _CODE):
            return text
        kind = type(found).__name__
        why = f"is a {kind}, not a text or a number" if isinstance(found, _CODE) else f"has {len(text):,} characters"
    hint = "for the braces themselves write {{…}}"
    problems.append(Problem(f"{{{capped(field, 60)}}}", f"{capped(why, 200)}; {hint}"))
    return None


def look_up(path: str, names: Mapping[str, Any]) -> Any:
    """The value of `name`, `name.attribute`, `name[key]` and so on; keys as in `str.format`, without quotes.

    Raises `LookupError` or `AttributeError` (or what the object itself raises).
    """
    name = first_name(path)
    value = names[name]
    for step in _STEP.finditer(path, len(name)):
        attribute = step["attribute"]
        value = _item(value, step["key"]) if attribute is None else getattr(value, attribute)
    return value


def first_name(path: str) -> str:
    """The variable that a path begins with."""
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def _item(value: Any, key: str) -> Any:
    """`value[key]`, where the key may be a number; quotes around it, which Python would not take, are."""
    bare = key[1:-1] if len(key) > 1 and key[0] == key[-1] and key[0] in "'\"" else key
    if bare == key and re.fullmatch(r"-?\d+", key) and not (isinstance(value, Mapping) and key in value):
        return value[int(key)]
    return value[bare]


def is_path(text: str) -> bool:
    """Whether `text` could name a variable or a part of one."""
    match = _FIELD.fullmatch(text)
    return match is not None and match["conversion"] is None and match["spec"] is None
