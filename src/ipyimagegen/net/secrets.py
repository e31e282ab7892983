"""Keys that do not show themselves, and text from which they are taken out.

HTTP libraries log at DEBUG: hpack writes every header with its value. `shield` puts a filter on exactly those
loggers; the root logger and everybody else's are left alone.
"""

from __future__ import annotations

import base64
import hmac
import json
import logging
from collections.abc import Iterable
from typing import NoReturn, SupportsIndex
from urllib.parse import quote

MASK = "[secret]"

LOGGERS = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
    "hpack.hpack",
    "hpack.table",
)
"""The loggers below us that may see a header. A logger's filter does not reach its children, so each is named."""

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


def _forms(secret: Secret) -> set[str]:
    """The spellings in which a key could turn up in a text: plain, without its scheme, in a URL, in JSON, in base64."""
    whole = secret.reveal()
    forms: set[str] = set()
    for text in {whole, whole.rpartition(" ")[2]}:
        if len(text) >= MIN_REDACTED_CHARS:
            encoded = base64.b64encode(text.encode()).decode()
            forms |= {text, quote(text, safe=""), json.dumps(text)[1:-1], encoded, encoded.rstrip("=")}
    return forms


def redact(text: str, secrets: Iterable[Secret] | None = None) -> str:
    """`text` with every key replaced by `[secret]`. With no `secrets` given: every key that this process has sent."""
    known = _shield.secrets if secrets is None else secrets
    forms = {form for secret in known for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


class _Shield(logging.Filter):
    """Takes sent keys out of the HTTP libraries' debug lines."""

    def __init__(self) -> None:
        super().__init__()
        self.secrets: frozenset[Secret] = frozenset()

    def filter(self, record: logging.LogRecord) -> bool:
        if str(record.msg).startswith("Encoded header block"):
            return False  # Huffman-coded headers: unreadable, yet easily decoded
        said = record.getMessage()
        clean = redact(said, self.secrets)
        if clean != said:
            record.msg, record.args = clean, None
        return True


_shield = _Shield()


def shield(secret: Secret) -> None:
    """Remember a key that is about to be sent, so that no log line below us and no `redact` shows it."""
    if secret in _shield.secrets:
        return
    _shield.secrets |= {secret}
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_shield)  # adding it twice does nothing
