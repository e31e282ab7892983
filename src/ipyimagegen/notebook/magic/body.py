"""The cell's body: a prompt, a negative prompt after a line `---`, and `{names}` of the notebook put in.

The rules for braces. `{name}`, `{name.attribute}`, `{name[key]}` and `{name[0]}`, with Python's `!r` and `:.2f` if
wanted, stand for a value where `name` is a variable of the notebook; `fields` says which values those may be. `{{…}}`
gives `{…}`. All other braces stay as they are, so JSON and `{a|b}` need no care. Once the name exists the braces are
meant: an attribute that is missing, a value that is closed, or a format that does not fit is an error, since a picture
of the unfilled text would cost as much as the right one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...core.errors import Problem, capped
from .fields import field_text

MAX_FILLED_CHARS = 1_000_000
"""Of all values of a prompt together."""

_BRACES = re.compile(
    r"\{\{\{(?P<wrapped>[^{}\n]+)\}\}\}"
    r"|\{\{(?P<literal>[^{}\n]*)\}\}"
    r"|\{(?P<field>[^{}\n]+)\}"
)


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
    left = MAX_FILLED_CHARS

    def put(match: re.Match[str]) -> str:
        nonlocal left
        literal, wrapped, field = match["literal"], match["wrapped"], match["field"]
        if literal is not None:
            return f"{{{literal}}}"
        value = _value(wrapped or field, names, problems) if left >= 0 else ""
        left -= len(value or "")
        if wrapped is not None:
            return f"{{{wrapped if value is None else value}}}"
        return match[0] if value is None else value

    filled = _BRACES.sub(put, text)
    if left < 0:
        problems.append(Problem("", f"with all values put in, it has more than {MAX_FILLED_CHARS:,} characters"))
    return filled


def _value(field: str, names: Mapping[str, Any], problems: list[Problem]) -> str | None:
    try:
        return field_text(field, names)
    except Exception as error:  # noqa: BLE001 - whatever an object of the user's own raises
        why = f"no key {error}" if isinstance(error, KeyError) else f"{error}"
    hint = "for the braces themselves write {{…}}"
    problems.append(Problem(f"{{{capped(field, 60)}}}", f"{capped(why, 200)}; {hint}"))
    return None
