"""Arguments of which only the type can be wrong: checked where they come in, with an error that names value and fix."""

from __future__ import annotations

import threading
from numbers import Real

from .errors import InvalidInput, Problem
from .foreign import shown


def seconds(value: object, name: str = "timeout") -> float | None:
    """How long to wait, in seconds, 0 or more; `None` for as long as it takes, which is also what infinity means.

    Raises `InvalidInput`.
    """
    if value is None:
        return None
    limit = number(value, name, what="a number of seconds, 0 or more, or None to wait for as long as it takes")
    return limit if limit < threading.TIMEOUT_MAX else None


def number(value: object, name: str, *, what: str = "a number, 0 or more") -> float:
    """A number of 0 or more, also NumPy's; no text, and not NaN. `what` is told of others. Raises `InvalidInput`."""
    if isinstance(value, bool) or not isinstance(value, Real) or not float(value) >= 0:
        raise wrong(value, name, what)
    return float(value)


def whole(value: object, name: str, *, least: int = 0) -> int:
    """A whole number of at least `least`, also NumPy's. Raises `InvalidInput`."""
    what = f"a whole number, {least} or more"
    if isinstance(value, bool) or not hasattr(value, "__index__") or not value.__index__() >= least:
        raise wrong(value, name, what)
    return int(value.__index__())


def text(value: object, name: str, what: str) -> str:
    """A string, as it is. `what` it should be is told of anything else. Raises `InvalidInput`."""
    if not isinstance(value, str):
        raise wrong(value, name, what)
    return value


def wrong(value: object, name: str, what: str) -> InvalidInput:
    """The error for a value that is not what is wanted."""
    return InvalidInput([Problem(name, f"{shown(value)} is not {what}")])
