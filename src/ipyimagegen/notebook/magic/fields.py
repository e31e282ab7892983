"""What `{name.attribute[key]!r:spec}` may put into a prompt: the user's own plain values, and nothing else.

A prompt is often pasted from a page that nobody checked, and what it holds goes to a service, into the journal and into
the saved picture. So the rule is stated once, here, as what is allowed:

* **The end** is a text, a number, a truth value, a path, a date, time or UUID, or a member of an enumeration of these.
  It is formatted by Python's own classes, within `MAX_CHARS`: no `__format__` or `__str__` of other classes is run.
* **On the way** lie lists, tuples and plain dicts; the user's own objects and classes; pictures, results, named tuples
  and tables. Not modules, not other mappings (`os.environ`), not the objects of other libraries (`client.api_key`).
* **No name or key** begins with an underscore, and nothing of IPython's own history is walked through.
* **No key**: a text that holds one, by whatever way it came, is refused; so is one that looks like a key under a name
  that says so (`{api_key}`, `{settings.password}`), and an address with a password in it.

Nothing is called or evaluated; attributes of the user's own objects may be properties, which are run once.
"""

from __future__ import annotations

import argparse
import datetime as dt
import enum
import os
import re
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePath
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any, cast
from uuid import UUID

from ...core.errors import capped
from ...net.secrets import redact

MAX_CHARS = 100_000
"""A single value that is longer than this as text is taken for a mistake."""
MAX_WIDTH = 1_000
"""The largest width and precision of a format: `{x:>999999999}` would fill the memory before anybody counts."""
MAX_SPEC_CHARS = 100
MAX_DIGITS = 1_000
"""Of a number. `Decimal("1e999999999")` is short, and a gigabyte long where a format writes it out."""
MIN_KEY_CHARS = 8
"""Shorter values of the environment would be found in ordinary words."""

SHELLS_OWN = frozenset({"In", "Out", "_ih", "_oh", "_dh"})
"""What IPython keeps of a session: what was typed, and what came of it."""
_SHELLS_NAME = re.compile(r"__\w*|_{1,3}|_i{0,3}|_i?\d+|_[iod]h|In|Out")

_FIELD = re.compile(
    r"(?P<name>[^\W\d]\w*)(?P<path>(?:\.[^\W\d]\w*|\[[^\[\]]+\])*)(?:!(?P<conversion>[rsa]))?(?::(?P<spec>.*))?",
)
_STEP = re.compile(r"\.(?P<attribute>\w+)|\[(?P<key>[^\[\]]+)\]")
_KEY_NAME = re.compile(
    r"(^|[^a-z])((api|app|access|secret|private|auth)[_-]?key|key|token|secret|pass(word|wd|phrase)?|pwd|pat|dsn|auth"
    r"|credentials?)([^a-z]|$)",
    re.IGNORECASE,
)
"""Variables that hold keys, of the environment and of the notebook."""
_KEY_LIKE = re.compile(r"(?=\S*\d)[\w.~+/=-]{16,}", re.ASCII)
"""`sk-proj-4f…`; not a colour of a palette's `key`, nor `<s0><s1>`, the trigger `token` of a LoRA."""
_PASSWORD = re.compile(r"://[^/\s:@]*:[^/\s@]+@")
CURE = "put the value into a variable of its own"
_NAMESPACE = frozenset({"__builtins__", "__spec__", "__loader__"})

_CONVERSIONS: Mapping[str, Callable[[Any], str]] = {"r": repr, "a": ascii, "s": str}
SEQUENCES = (list, tuple, deque)
DICTS = (dict, OrderedDict, defaultdict, Counter)
_NAMESPACES = (SimpleNamespace, argparse.Namespace)
_MOMENTS = (dt.date, dt.datetime, dt.time, dt.timedelta)
_PLAIN = (str, int, float, complex, Decimal, Fraction, UUID, *_MOMENTS)
_TABLES = frozenset({"numpy", "pandas", "polars", "PIL"})
"""Libraries whose objects hold data: arrays, tables and their rows, pictures."""
_OURS = (
    "ipyimagegen.media.",
    "ipyimagegen.jobs.job.",
    "ipyimagegen.jobs.batch.",
    "ipyimagegen.experiments.",
    "ipyimagegen.notebook.widgets.",
)
"""Results, pictures, jobs and studios of this package; not its clients, which know keys."""


class NotFillable(Exception):
    """A name exists, but what it stands for is not put into a prompt. The text says why, and what to do."""


def field_text(field: str, names: Mapping[str, Any], *, entry: int | None = None) -> str | None:
    """What stands in a prompt for the inside of a pair of braces; `None` where it names no variable of the user's.

    With `entry` a list stands for its entry of that number. Raises `NotFillable`, or what an object of the user's own
    raises while it is asked for an attribute.
    """
    match = _FIELD.fullmatch(field)
    if match is None or not is_users_name(match["name"], names):
        return None
    found = look_up(match["name"] + match["path"], names)
    entries = None if entry is None else entries_of(found)
    if entries is not None and entry is not None:
        found = entries[entry]
    text = _formatted(plain_value(found), match["conversion"], match["spec"] or "")
    if len(text) > MAX_CHARS:
        raise NotFillable(f"has {len(text):,} characters")
    return text


def list_in(field: str, names: Mapping[str, Any]) -> tuple[str, int] | None:
    """The name and the length of the list that the inside of a pair of braces stands for; `None` for anything else."""
    match = _FIELD.fullmatch(field)
    if match is None or not is_users_name(match["name"], names):
        return None
    path = match["name"] + match["path"]
    try:
        entries = entries_of(look_up(path, names))
    except Exception:  # noqa: BLE001 - `field_text` says what is wrong with it
        return None
    return None if entries is None else (path, len(entries))


def entries_of(value: Any) -> Sequence[Any] | None:
    """The entries of a list, tuple, range, column of a table or one-dimensional array; `None` for anything else."""
    kind = type(value)
    if issubclass(kind, SEQUENCES) or kind is range:
        return cast("Sequence[Any]", value)
    if kind.__module__.partition(".")[0] in ("numpy", "pandas", "polars") and len(getattr(value, "shape", ())) == 1:
        entries = value.to_list() if callable(getattr(value, "to_list", None)) else value.tolist()
        return cast("Sequence[Any]", entries)
    return None


def look_up(path: str, names: Mapping[str, Any]) -> Any:
    """The value of `name`, `name.attribute`, `name[key]` and so on, whatever it is; keys as in `str.format`, unquoted.

    Raises `NotFillable` where the way leads through something that is closed, `LookupError` or `AttributeError` (or
    what an object of the user's own raises).
    """
    name = first_name(path)
    closed = [names[own] for own in SHELLS_OWN if own in names]
    _refuse_private(name)
    value, way = names[name], name
    _refuse_key(name, value, way)
    for step in _STEP.finditer(path, len(name)):
        if name in SHELLS_OWN or any(value is own for own in closed):
            raise NotFillable(f"{way} is IPython's own record of this session")
        attribute = step["attribute"]
        value = _item(value, step["key"], way) if attribute is None else _attribute(value, attribute, way)
        way = path[: step.end()]
        _refuse_key(attribute or step["key"], value, way)
    return value


def first_name(path: str) -> str:
    """The variable that a path begins with."""
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def is_users_name(name: str, names: Mapping[str, Any]) -> bool:
    """Whether it is a variable that the user made, and none of IPython's records."""
    return name in names and _SHELLS_NAME.fullmatch(name) is None


def is_path(text: str) -> bool:
    """Whether `text` could name a variable or a part of one."""
    match = _FIELD.fullmatch(text)
    return match is not None and match["conversion"] is None and match["spec"] is None


def is_offered(name: str, value: object) -> bool:
    """Whether completion offers a variable: not private, not IPython's own, neither a module nor a function."""
    return not name.startswith("_") and name not in SHELLS_OWN and not isinstance(value, ModuleType | FunctionType)


def _refuse_private(name: str) -> None:
    if name.startswith("_"):
        raise NotFillable(f"{capped(name, 60)} is a private name; {CURE}")


def _attribute(value: Any, name: str, way: str) -> Any:
    _refuse_private(name)
    if not _is_open(value):
        what = "" if issubclass(type(value), ModuleType) else ", an object of a library"
        raise NotFillable(f"{way} is a {_kind(value)}{what}; {CURE}")
    return getattr(value, name)


def _item(value: Any, key: str, way: str) -> Any:
    """`value[key]`, where the key may be a number; quotes around it, which Python would not take, are."""
    bare = key[1:-1] if len(key) > 1 and key[0] == key[-1] and key[0] in "'\"" else key
    kind = type(value)
    _refuse_private(bare)
    number = bare == key and re.fullmatch(r"-?\d{1,18}", key) is not None
    if kind in DICTS or (issubclass(kind, dict) and _is_users(kind)):
        return _entry(value, int(key) if number and bare not in value else bare, way)
    if kind in (str, *SEQUENCES) or _is_open(value):
        return value[int(key)] if number else value[bare]
    raise NotFillable(f"{way} is a {_kind(value)}, neither a list nor a plain dict; {CURE}")


def _entry(value: Mapping[Any, Any], key: str | int, way: str) -> Any:
    if not _NAMESPACE.isdisjoint(value):
        raise NotFillable(f"{way} is the namespace of a module; {CURE}")
    if key not in value:
        raise KeyError(key)  # a defaultdict would make the entry
    found = value[key]
    if isinstance(key, str) and found is not None and os.environ.get(key) == found:
        raise NotFillable(f"{way}[{capped(key, 60)}] is a variable of the environment; {CURE}")
    return found


def _is_open(value: object) -> bool:
    """Whether attributes of `value` may be asked for: it is data, or the user's own class says what it is."""
    kind = type(value)
    if issubclass(kind, type):
        return _is_users(cast("type", value))
    if kind in _PLAIN or kind in _NAMESPACES or issubclass(kind, enum.Enum) or _is_path(kind):
        return True
    module = str(kind.__module__)
    return module.partition(".")[0] in _TABLES or f"{module}.".startswith(_OURS) or _is_users(kind)


def _is_users(kind: type) -> bool:
    """Whether a class was written by the user: in the notebook, or in a file that was not installed."""
    module = str(kind.__module__)
    if module == "__main__":
        return True
    if module.partition(".")[0] in (*sys.stdlib_module_names, "ipyimagegen"):
        return False
    file = getattr(sys.modules.get(module), "__file__", None)
    return isinstance(file, str) and {"site-packages", "dist-packages"}.isdisjoint(PurePath(file).parts)


def _is_path(kind: type) -> bool:
    return issubclass(kind, PurePath) and kind.__module__.partition(".")[0] == "pathlib"


def plain_value(value: Any) -> Any:
    """`value` as one of Python's own plain values. Raises `NotFillable` for all others."""
    kind = type(value)
    if issubclass(kind, enum.Enum):
        return plain_value(object.__getattribute__(value, "_value_"))
    if kind in _PLAIN or kind is bool:
        return value
    if issubclass(kind, str):
        return str.__str__(value)
    for base in (int, float, complex):  # without what a class of its own, or NumPy, adds to it
        if issubclass(kind, base):
            return base.__add__(value, 0)
    if kind.__module__ == "numpy" and getattr(value, "shape", None) == ():
        return _of_numpy(value)
    if _is_path(kind):
        return str(value)
    if issubclass(kind, _MOMENTS) and kind.__module__.partition(".")[0] == "pandas":
        return value
    raise NotFillable(_refusal(value))


def _of_numpy(scalar: Any) -> Any:
    single = scalar.item()
    if type(single).__module__ == "numpy":  # a long double has no equal among Python's numbers
        return float(single)
    return str(scalar) if scalar.dtype.kind == "M" else plain_value(single)


def _refusal(value: Any) -> str:
    kind = type(value)
    if value is None:
        return "is None"
    if entries_of(value) is not None:
        return f"is a {_kind(value)}; name one of its entries, as in {{name[0]}}, or make a call of each with --each"
    if issubclass(kind, Mapping):
        return f"is a {_kind(value)}; name one of its entries, as in {{name[key]}}"
    return f"is a {_kind(value)}, not a text or a number"


def _kind(value: object) -> str:
    return capped(type(value).__name__, 60)


def _formatted(value: Any, conversion: str | None, spec: str) -> str:
    """As `str.format` does it, with every bound looked at first."""
    if why := closed(value):
        raise NotFillable(why)
    shown = _CONVERSIONS[conversion](value) if conversion else value
    if len(spec) > MAX_SPEC_CHARS or _too_wide(spec, is_date=isinstance(shown, dt.date | dt.time)):
        raise NotFillable(f"the format {capped(spec, 40)!r} is too wide: at most {MAX_WIDTH:,} characters")
    return format(shown, spec)


def closed(value: Any) -> str:
    """Why a plain value is not put in all the same, or `""`."""
    if isinstance(value, str) and len(value) > MAX_CHARS:
        return f"has {len(value):,} characters"
    if isinstance(value, str) and _key_in(value):
        return "holds a key, which no prompt may carry"
    return "is a number of thousands of digits" if _is_long(value) else ""


def _is_long(value: Any) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite() and max(abs(value.adjusted()), len(value.as_tuple().digits)) > MAX_DIGITS
    parts = (value.numerator, value.denominator) if isinstance(value, int | Fraction) else ()
    return any(part.bit_length() > MAX_DIGITS * 3 for part in parts)


def _too_wide(spec: str, *, is_date: bool) -> bool:
    if is_date:
        return re.search(r"%[-_^#]*\d", spec) is not None
    return any(int(width) > MAX_WIDTH for width in re.findall(r"\d+", spec))


def _key_in(text: str) -> bool:
    """Whether `text` holds a key that this process has sent, one of the environment, or a password in an address."""
    keys = (key for name, key in os.environ.items() if len(key) >= MIN_KEY_CHARS and _KEY_NAME.search(name))
    return redact(text) != text or _PASSWORD.search(text) is not None or any(key in text for key in keys)


def _refuse_key(name: str, value: object, way: str) -> None:
    """A key of another service was never sent from here: its name, and its look, are all that tells."""
    if isinstance(value, str) and (_key_in(value) or (_KEY_NAME.search(name) and _KEY_LIKE.fullmatch(value))):
        raise NotFillable(f"{way} holds a key, which no prompt may carry")
