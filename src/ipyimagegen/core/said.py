"""Texts of services that read like a local path, told apart from what a user typed.

A service may answer `{"uri": "/etc/shadow"}`. It is a text, and never a file of this machine: not when it is
given to the next call, nor to `File`. Every JSON answer passes `marked`, which makes such texts `SaidText`s. Those stay
what they are in a copy, a deep copy, a `dict()`, and a pickle, also one of another process.

JSON knows no such mark. So this process remembers what was said, and the equal text out of `json.loads(json.dumps(…))`
is known again: every text in a path's form, and whatever stands where services put files (`uri`, `image`). What is not
promised: that a bare name out of another place (`{"note": "a.png"}`) is known after JSON, or anything after JSON in
another process; there a path in a *record* (the `uri`, `url` or `path` of an object) is still never read
(`services/kit/inputs.py`). `Path(text)` says that one's own file is meant.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterator
from typing import Any, Self

from .paths import LONGEST_SUFFIX, MAX_PATH_CHARS, form_of, is_address, place_of

MAX_DEPTH = 64
MAX_JSON_CHARS = 1_000_000
"""JSON in a text is looked into up to this length."""
RECORD_KEYS = frozenset({"uri", "url", "path", "file", "src"})

MAX_REMEMBERED = 200_000
"""Digests, about 20 MB. Whoever names more paths hides one among them: from then on every text counts as said."""

_BLANK = re.compile(r"\s")
_said: set[bytes] = set()


class SaidText(str):
    """A text of a service that reads like a local path, and never is one here. A `str` in everything else."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """`text`, remembered as something that a service said where it has a path's form."""
        if form_of(text) == "path":
            _remember(text)
        return super().__new__(cls, text)

    def __reduce__(self) -> tuple[Any, ...]:
        return SaidText, (str(self),)


def is_said(text: str) -> bool:
    """Whether a service named this path: the text itself, or an equal one in this process."""
    if isinstance(text, SaidText) or len(_said) >= MAX_REMEMBERED:
        return True
    return bool(_said) and any(key in _said for key in _keys(text))


def _remember(text: str) -> None:
    if len(_said) < MAX_REMEMBERED:
        _said.update(_keys(text))


def marked(value: Any) -> Any:
    """A service's answer, just read from JSON, with its path-like texts as `SaidText`s, in place.

    A bare name under a name for names (`filename`) is none, as users save the picture under that name. JSON inside of
    texts is looked into, so that it is known once it is read.
    """
    return _marked(value, "", 0)


def _marked(value: Any, name: str, depth: int) -> Any:
    if isinstance(value, str):
        if value[:1] in ("{", "["):
            _look_into(value, depth)
        return _judged(value, name)
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


def _judged(text: str, name: str) -> str:
    """A text that was found under `name`."""
    if len(text) > MAX_PATH_CHARS:
        return text
    files_stand_here = place_of(name) == "media" or name.lower() in RECORD_KEYS
    parted = text[:1] in (".", "~") or "/" in text or "\\" in text
    if not (files_stand_here or parted or "." in text[-LONGEST_SUFFIX:] or text[:1].isspace()) or is_address(text):
        return text  # most texts, found out without much ado
    form = form_of(text)
    if files_stand_here and form != "path":
        _remember(text)  # an address or nothing stands there
        return SaidText(text)
    if form == "text":
        return SaidText(text) if parted and not _BLANK.search(text) else text
    return text if form == "name" and name.lower().endswith("name") else SaidText(text)


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
