"""Texts and parameters in the form in which they are looked for. Pure.

`fold` is applied to what is searched and to what is searched for: SQLite's own `lower()` knows ASCII alone, and its
tokenizers leave letters such as `ß` and `ø` as they are.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

INDEXED_CHARS = 20_000
"""Of a prompt. What stands behind is not found."""
INDEXED_PARAMS = 200
VALUE_CHARS = 500
"""Longer values of parameters, which are texts, are looked for by their words."""
_COMBINING = dict.fromkeys(range(768, 880))
_PLAIN = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h", "ŧ": "t", "ŋ": "n"}
_LETTERS = str.maketrans(_PLAIN | {"\N{LATIN SMALL LETTER DOTLESS I}": "i"})


def fold(text: str) -> str:
    """`text` without case, accents and the like: `Überraschung` and `UBERRASCHUNG` are `uberraschung`.

    Only the marks that stand above and below Latin, Greek and Cyrillic letters go: those of other scripts are letters.
    """
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_COMBINING)
    return unicodedata.normalize("NFC", plain.casefold()).translate(_LETTERS)


def words_of(query: str) -> list[str]:
    """The words of a query, folded; each must be found, in any order and also as a part of a word."""
    return list(dict.fromkeys(fold(query).split()))


def searchable(model: str, prompt: str, job: str, tags: str, note: str) -> str:
    """What words are looked for in."""
    return fold(" ".join((model, prompt[:INDEXED_CHARS], job, tags, note)))


def param_key(name: str, value: Any) -> int | None:
    """A parameter and its value as one 63-bit number, equal for equal values: 7 and 7.0 are; `None` for long values.

    Texts are compared without case and accents.
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    text = fold(value) if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    if len(text) > VALUE_CHARS:
        return None
    kind = "text" if isinstance(value, str) else "json"
    digest = hashlib.blake2b(f"{fold(name)}\0{kind}\0{text}".encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest) >> 1


def param_keys(sent: str, asked: str) -> Iterator[int]:
    """The keys of a job's parameters, by its columns: as they were sent, and those that were only asked for."""
    known = {**_mapping(asked), **_mapping(sent)}
    for name, value in list(known.items())[:INDEXED_PARAMS]:
        key = param_key(name, value)
        if key is not None:
            yield key


def has_param(sent: str, asked: str, key: int) -> bool:
    """Whether a job has a parameter; for jobs that nobody has indexed yet."""
    return key in param_keys(sent, asked)


def _mapping(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
