"""The notebook's variables in the options of a line: `--seed {seed}`, `-p {params}`, `--image {photo}`.

The rules are those of the body (`fields` says which values there may be), with two differences. A word that is one pair
of braces and nothing else stands for the value itself, so that a number stays a number; there a list, a plain dict, a
picture or `None` (nothing given) is possible too. And what a variable holds is always a value: `{x}` is never read as
an option, whatever it begins with.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from typing import Any, Self

from ...core.errors import Problem, capped
from ...media.artifacts import Artifact
from ...media.results import Result
from .body import interpolate
from .fields import DICTS, NotFillable, closed, entries_of, first_name, is_path, is_users_name, look_up, plain_value

MAX_DEPTH = 8
MAX_ENTRIES = 100_000
PATTERN_NAMES = frozenset({"model", "seed", "index", "date", "prompt", "n"})
"""What a pattern for file names fills in by itself (`Result.save`)."""

_WHOLE = re.compile(r"\{([^{}\n]+)\}")
_PATTERN_FIELD = re.compile(r"(?<!\{)\{([^\W\d]\w*)\}(?!\})")


class Held(str):
    """A word that stands for what a variable holds. As text it is the value's, so far as it has one."""

    __slots__ = ("source", "value")

    value: Any
    source: str

    def __new__(cls, text: str, value: Any, source: str) -> Self:
        """`source` is the variable, or the part of one, as it was typed."""
        made = super().__new__(cls, text)
        made.value = value
        made.source = source
        return made


class Variables:
    """Puts the values of `names` into words; each is looked up once, as properties may cost something."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._names = names
        self._filled: dict[str, str] = {}
        self._problems: dict[str, list[Problem]] = {}

    def fill(self, word: str, problems: list[Problem]) -> str:
        """`word` with values in place of `{names}`; a `Held` where it is one name alone. Problems are added."""
        if "{" not in word:
            return word
        if word not in self._filled:
            own = self._problems[word] = []
            whole = self._whole(word, own)
            self._filled[word] = interpolate(word, self._names, own) if whole is None else whole
        problems += self._problems[word]
        return self._filled[word]

    def fill_pattern(self, word: str, own: Collection[str], problems: list[Problem]) -> str:
        """A pattern for file names, in which `own` names stay: they are filled in when a file is saved."""

        def put(match: re.Match[str]) -> str:
            if match[1] in own or match[1] not in self._names:
                return match[0]
            return str(self.fill(match[0], problems)).replace("{", "{{").replace("}", "}}")

        return _PATTERN_FIELD.sub(put, word)

    def _whole(self, word: str, problems: list[Problem]) -> Held | None:
        match = _WHOLE.fullmatch(word)
        if match is None or not is_path(match[1]) or not is_users_name(first_name(match[1]), self._names):
            return None
        path = match[1]
        try:
            value = option_value(look_up(path, self._names))
        except Exception as error:  # noqa: BLE001 - whatever an object of the user's own raises
            why = f"no key {error}" if isinstance(error, KeyError) else f"{error}"
            problems.append(Problem(capped(word, 60), capped(why, 200)))
            return Held(word, None, path)
        return Held(str(value) if isinstance(value, str | int | float) else word, value, path)


def option_value(value: Any, depth: int = 0) -> Any:
    """`value` as an option takes it: plain, a picture, `None`, or a list or dict of these. Raises `NotFillable`."""
    kind = type(value)
    if value is None or is_picture(value):
        return value
    if depth > MAX_DEPTH:
        raise NotFillable(f"is nested more than {MAX_DEPTH} levels deep")
    entries = entries_of(value)
    if entries is not None:
        if len(entries) > MAX_ENTRIES:
            raise NotFillable(f"has {len(entries):,} entries")
        return [option_value(entry, depth + 1) for entry in entries]
    if kind in DICTS:
        return {str(plain_value(key)): option_value(entry, depth + 1) for key, entry in value.items()}
    plain = plain_value(value)
    if why := closed(plain):
        raise NotFillable(why)
    return plain if isinstance(plain, str | int | float) else str(plain)


def is_picture(value: Any) -> bool:
    """Whether a value is a picture to start from, going by its type alone."""
    kind = type(value)
    return (
        isinstance(value, Result | Artifact | os.PathLike)
        or kind.__module__.startswith("PIL.")
        or (kind.__module__ == "numpy" and kind.__name__ == "ndarray" and value.ndim in (2, 3))
    )
