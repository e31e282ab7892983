"""Values of any class that a caller hands over, looked at without trusting them.

An array has no truth, a lazy column compares to a column, and a class may raise in its `__repr__`: what asks here gets
an answer of its own and no error of other libraries.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import capped
from .events import JSON

SHOWN_CHARS = 80
MAX_DEPTH = 64
"""Levels of lists and mappings within each other that are taken down."""
RANDOM_WORDS = ("-1", "random")


def shown(value: object, limit: int = SHOWN_CHARS) -> str:
    """`repr` of a value for a message, cut at `limit` characters; its class where it has none that can be had."""
    if isinstance(value, str | bytes) and len(value) > limit:
        value = value[: limit + 1]
    try:
        return capped(repr(value), limit)
    except Exception:  # noqa: BLE001 - whatever its class raises; Python itself, for numbers of 4,300 digits and more
        return f"<{capped(type(value).__name__, limit)}>"


def scalar(value: Any) -> Any:
    """A NumPy scalar, or an array or tensor without dimensions, as Python's own value; all else as it is."""
    if type(value) in (str, int, float, bool) or not callable(getattr(type(value), "item", None)):
        return value
    return value.item() if tuple(getattr(value, "shape", (1,))) == () else value


def same(one: object, other: object) -> bool:
    """Whether two values are equal; where that is no plain yes, they are not."""
    try:
        return (one == other) is True
    except Exception:  # noqa: BLE001 - whatever their classes raise
        return False


def is_random(value: object) -> bool:
    """Whether a seed of this value means: choose one. These are `None`, -1, `"-1"` and `"random"`."""
    if value is None or isinstance(value, str):
        return value is None or value in RANDOM_WORDS
    try:
        own = scalar(value)
    except Exception:  # noqa: BLE001 - whatever its class raises
        return False
    return isinstance(own, int | float) and own == -1


def as_json(value: Any, depth: int = 0) -> JSON:
    """`value` as plain data for a report or a journal; what is not plain becomes its short text.

    So does what is nested deeper than `MAX_DEPTH`: `json` raises `RecursionError` for a few hundred levels.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping | list | tuple) and depth >= MAX_DEPTH:
        return "<…>"
    if isinstance(value, Mapping):
        return {str(key): as_json(entry, depth + 1) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(entry, depth + 1) for entry in value]
    own = scalar(value)
    if own is not value:
        return as_json(own, depth)
    describe = getattr(type(value), "describe", None)
    described = describe(value) if callable(describe) else None
    return described if type(described) is str else shown(value, 120)
