"""What sets calls apart: their parameters side by side, and their prompts word by word. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

from ....core.errors import capped
from ....core.events import JSON

MAX_PROMPT_CHARS = 6_000
MAX_VALUE_CHARS = 200
MAX_PARAMETERS = 100
MISSING = "–"
"""In the place of a value that a call did not have."""

Change = Literal["same", "added", "removed"]
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


class Run(NamedTuple):
    """A piece of text, and whether both prompts have it."""

    change: Change
    text: str


class Row(NamedTuple):
    """One parameter over all calls; `same` where they agree."""

    name: str
    values: tuple[str, ...]
    same: bool


def word_diff(before: str, after: str) -> list[Run]:
    """How `after` differs from `before`, word by word; each is cut at 6,000 characters.

    The texts of all runs but the added ones make `before`, of all but the removed ones `after`.

    >>> word_diff("a red boat", "a blue boat")[1:3]
    [Run(change='removed', text='red'), Run(change='added', text='blue')]
    """
    old, new = (_WORDS.findall(capped(text, MAX_PROMPT_CHARS)) for text in (before, after))
    runs: list[Run] = []
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        pieces: tuple[tuple[Change, list[str]], ...] = (("removed", old[i:j]), ("added", new[k:m]))
        if kind == "equal":
            pieces = (("same", old[i:j]),)
        runs += [Run(change, "".join(words)) for change, words in pieces if words]
    return runs


def parameter_diff(calls: Sequence[Mapping[str, JSON]]) -> list[Row]:
    """Every parameter of any call, those that differ first, each in the order in which they were met.

    The prompt is left out: it has a diff of its own.
    """
    names = dict.fromkeys(name for call in calls for name in call if name != "prompt")
    rows = []
    for name in names:
        values = tuple(_text(call[name]) if name in call else MISSING for call in calls)
        agree = all(name in call and call[name] == calls[0][name] for call in calls if name in calls[0])
        rows.append(Row(capped(name, 80), values, agree and name in calls[0]))
    return sorted(rows, key=lambda row: row.same)[:MAX_PARAMETERS]


def _text(value: JSON) -> str:
    return capped(value if isinstance(value, str) else repr(value), MAX_VALUE_CHARS)


def in_words(labels: Sequence[str], rows: Sequence[Row], prompts: Sequence[Sequence[Run]]) -> str:
    """The whole comparison as plain text: `{+added+}`, `[-removed-]`."""
    lines = [f"Comparison of {len(labels)} pictures: {', '.join(labels)}"]
    lines += [f"  {row.name}: {' | '.join(row.values)}" for row in rows if not row.same]
    marks: dict[Change, tuple[str, str]] = {"same": ("", ""), "added": ("{+", "+}"), "removed": ("[-", "-]")}
    for label, runs in zip(labels[1:], prompts[1:], strict=False):
        if any(run.change != "same" for run in runs):
            text = "".join(f"{marks[run.change][0]}{run.text}{marks[run.change][1]}" for run in runs)
            lines.append(f"  prompt of {label}: {capped(text, 1_000)}")
    return "\n".join(lines)
