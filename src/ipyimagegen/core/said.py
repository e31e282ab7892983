"""Texts of services that have the form of a local path, told apart from what a user typed.

A service may answer `{"uri": "/home/me/.ssh/id_rsa"}`. It is a text, and never a file of this machine: not when it is
given to the next call, nor to `File`. Every JSON answer passes `marked`, which makes such texts `SaidText`s. Those stay
what they are in a copy, a deep copy, a `dict()`, and a pickle, also one of another process.

JSON knows no such mark. So this process remembers what was said, and the equal text out of `json.loads(json.dumps(…))`
is known again. In another process a path in a *record* (the `uri`, `url` or `path` of an object) is still never read
(`services/kit/inputs.py`); a bare path that was written to JSON there and read in here is a text like any other, and
cannot be told apart. `Path(text)` says that one's own file is meant.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from typing import Any, Self

from .paths import form_of, place_of

MAX_DEPTH = 64
MAX_JSON_CHARS = 1_000_000
"""JSON in a text is looked into up to this length."""
RECORD_KEYS = frozenset({"uri", "url", "path", "file", "src"})

_said: set[bytes] = set()  # 8 bytes each: even a service that says a million paths costs 100 MB at most, and is noticed


class SaidText(str):
    """A text of a service that reads like a local path, and never is one here. A `str` in everything else."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """`text`, remembered as something that a service said."""
        _said.update(_keys(text))
        return super().__new__(cls, text)

    def __reduce__(self) -> tuple[Any, ...]:
        return SaidText, (str(self),)


def is_said(text: str) -> bool:
    """Whether a service named this path: the text itself, or an equal one in this process."""
    return isinstance(text, SaidText) or (bool(_said) and any(key in _said for key in _keys(text)))


def marked(value: Any) -> Any:
    """A service's answer, just read from JSON, with its path-like texts as `SaidText`s, in place.

    A bare file name counts only where a file stands (`url`, `image`), as services also tell what a picture is called
    there, and users save it under that name. JSON inside of texts is looked into, so that it is known once it is read.
    """
    return _marked(value, "", 0)


def _marked(value: Any, name: str, depth: int) -> Any:
    if isinstance(value, str):
        if _is_like_a_path(value, name):
            return SaidText(value)
        if value[:1] in ("{", "["):
            _look_into(value, depth)
        return value
    if depth >= MAX_DEPTH:
        return value
    if isinstance(value, dict):
        for key, entry in value.items():
            if isinstance(entry, str | dict | list):
                value[key] = _marked(entry, key, depth + 1)
    elif isinstance(value, list):
        for at, entry in enumerate(value):
            if isinstance(entry, str | dict | list):
                value[at] = _marked(entry, name, depth + 1)
    return value


def _look_into(text: str, depth: int) -> None:
    if len(text) > MAX_JSON_CHARS or depth >= MAX_DEPTH:
        return
    try:
        _marked(json.loads(text), "", depth + 1)
    except (ValueError, RecursionError):
        return


def _is_like_a_path(text: str, name: str) -> bool:
    form = form_of(text)
    return form == "path" or (form != "text" and (name.lower() in RECORD_KEYS or place_of(name) == "media"))


def _keys(text: str) -> Iterator[bytes]:
    """What a text is remembered by: itself, and the path that it means."""
    stripped = text.strip()
    yield _digest(stripped)
    if form_of(stripped) == "text":
        return
    with contextlib.suppress(ValueError):
        yield _digest(os.path.normpath(os.path.expanduser(stripped)))  # noqa: PTH111 - a text; it may name no home


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
