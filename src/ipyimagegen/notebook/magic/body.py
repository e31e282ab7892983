"""The cell's body: a prompt, a negative prompt after a line `---`, and `{names}` of the notebook put in.

The rules for braces. `{name}`, `{name.attribute}`, `{name[key]}` and `{name[0]}`, with Python's `!r` and `:.2f` if
wanted, stand for a value where `name` is a variable of the notebook; `fields` says which values those may be. `{{…}}`
gives `{…}`. All other braces stay as they are, so JSON and `{a|b}` need no care. Once the name exists the braces are
meant: an attribute that is missing, a value that is closed, or a format that does not fit is an error, since a picture
of the unfilled text would cost as much as the right one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...core.errors import Problem, capped
from .fields import field_text, list_in

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


def read_body(text: str, names: Mapping[str, Any], *, as_template: bool = False, entry: int | None = None) -> Body:
    """Divide at the first line that is `---`, put values in, and take blank space off both ends.

    `as_template`: the prompts are read as templates afterwards, for which the values stay what they are. `entry`: a
    list stands for its entry of that number.
    """
    lines = text.split("\n")
    cut = next((number for number, line in enumerate(lines) if line.rstrip() == "---"), None)
    problems: list[Problem] = []

    def filled(part: list[str]) -> str:
        put = _escaped if as_template else str
        return interpolate("\n".join(part), names, problems, put=put, entry=entry).strip()

    prompt = filled(lines[:cut])
    return Body(prompt, None if cut is None else filled(lines[cut + 1 :]), tuple(problems))


def lists_in(text: str, names: Mapping[str, Any]) -> dict[str, int]:
    """The lists that a body names, with their lengths."""
    fields = (match["wrapped"] or match["field"] for match in _BRACES.finditer(text) if match["literal"] is None)
    return dict(found for field in fields if (found := list_in(field, names)) is not None)


def _escaped(text: str) -> str:
    """A value that stays itself in a template."""
    return re.sub(r"[{}|]|__", r"\\\g<0>", text)


def interpolate(
    text: str,
    names: Mapping[str, Any],
    problems: list[Problem],
    *,
    put: Callable[[str], str] = str,
    entry: int | None = None,
) -> str:
    """`text` with the values of known names put in, by the rules above; what goes wrong is added to `problems`.

    `put` is given each value, and what stands in double braces, on its way into the text.
    """
    left = MAX_FILLED_CHARS

    def fill(match: re.Match[str]) -> str:
        nonlocal left
        literal, wrapped, field = match["literal"], match["wrapped"], match["field"]
        if literal is not None:
            return put(f"{{{literal}}}")
        value = _value(wrapped or field, names, problems, entry) if left >= 0 else ""
        left -= len(value or "")
        if wrapped is not None:
            return put(f"{{{wrapped if value is None else value}}}")
        return match[0] if value is None else put(value)

    filled = _BRACES.sub(fill, text)
    if left < 0:
        problems.append(Problem("", f"with all values put in, it has more than {MAX_FILLED_CHARS:,} characters"))
    return filled


def _value(field: str, names: Mapping[str, Any], problems: list[Problem], entry: int | None) -> str | None:
    try:
        return field_text(field, names, entry=entry)
    except Exception as error:  # noqa: BLE001 - whatever an object of the user's own raises
        why = f"no key {error}" if isinstance(error, KeyError) else f"{error}"
    hint = "for the braces themselves write {{…}}"
    problems.append(Problem(f"{{{capped(field, 60)}}}", f"{capped(why, 200)}; {hint}"))
    return None
