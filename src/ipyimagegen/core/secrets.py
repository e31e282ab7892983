"""Keys that do not show themselves, and text from which they are taken out."""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Iterable
from typing import Any, NoReturn, SupportsIndex, cast
from urllib.parse import quote

MASK = "[secret]"

MIN_REDACTED_CHARS = 4
"""Shorter values are not looked for in text: they would blot out ordinary words."""


class Secret:
    """A key. `reveal()` is the only way to its text: no `str`, `repr`, format, copy or pickle shows it.

    Two secrets are compared in constant time. An empty one is false.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The key itself. Call it where the request is made, and keep no variable of it."""
        return self._text

    def after(self, scheme: str) -> Secret:
        """A secret that reads `"<scheme> <key>"`, for an `Authorization` header."""
        return Secret(f"{scheme} {self._text}")

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a Secret cannot be pickled: keys do not leave the process")


def hidden(value: object) -> Any:
    """`value` in a `Secret`, as it may be a key; numbers, `None` and what is one already stay as they are.

    The first line of whatever takes a key from outside: a traceback shows the variables of every frame, and may be
    sent to somebody. `value` itself should be forgotten there: `api_key = hidden(api_key)`.
    """
    return value if not value or isinstance(value, Secret | int | float) else Secret(cast("str", value))


def revealed(value: object) -> Any:
    """What `hidden` was given: for a value that turned out to be no key."""
    return value.reveal() if isinstance(value, Secret) else value


def _forms(secret: Secret) -> set[str]:
    """The spellings in which a key could turn up in a text: plain, without its scheme, in a URL, in JSON, in base64."""
    whole = secret.reveal()
    forms: set[str] = set()
    for text in {whole, whole.rpartition(" ")[2]}:
        if len(text) >= MIN_REDACTED_CHARS:
            encoded = base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()
            quoted = quote(text, safe="", errors="surrogatepass")
            forms |= {text, quoted, json.dumps(text)[1:-1], encoded, encoded.rstrip("=")}
    return forms


class _Known:
    """The keys that this process has sent, with their spellings, the longest first."""

    def __init__(self) -> None:
        self.secrets: frozenset[Secret] = frozenset()
        self.forms: tuple[str, ...] = ()

    def add(self, secret: Secret) -> None:
        self.secrets |= {secret}
        self.forms = _sorted(self.secrets)


_known = _Known()


def known() -> frozenset[Secret]:
    """Every key that this process has sent."""
    return _known.secrets


def remember(secret: Secret) -> None:
    """Take a key out of all text from now on. A key is remembered before it is sent: nobody repeats it earlier."""
    if secret not in _known.secrets:
        _known.add(secret)


def redact(text: str, secrets: Iterable[Secret] | None = None, *, min_chars: int = MIN_REDACTED_CHARS) -> str:
    """`text` with every key replaced by `[secret]`. With no `secrets` given: every key that this process has sent.

    Keys shorter than `min_chars` are left, where they may well be ordinary words.
    """
    forms = _known.forms if secrets is None else _sorted(secrets)
    found = [form for form in forms if len(form) >= min_chars and form in text]
    if not found:
        return text
    return re.sub("|".join(map(re.escape, (MASK, *found))), MASK, text)  # in one pass: a mask may be in no mask


def _sorted(secrets: Iterable[Secret]) -> tuple[str, ...]:
    return tuple(sorted({form for secret in secrets for form in _forms(secret)}, key=len, reverse=True))
