"""Keys on the wire: what the HTTP libraries log is kept clear of them.

HTTP libraries log at DEBUG: hpack writes every header with its value. `shield` puts a filter on exactly those
loggers; the root logger and everybody else's are left alone. What a key is stands in `core.secrets`.
"""

from __future__ import annotations

import logging

from ..core.secrets import MASK, Secret, known, redact, remember

__all__ = ["LOGGERS", "MASK", "Secret", "redact", "shield"]

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


class _Shield(logging.Filter):
    """Takes sent keys out of the HTTP libraries' debug lines."""

    def filter(self, record: logging.LogRecord) -> bool:
        if str(record.msg).startswith("Encoded header block"):
            return False  # Huffman-coded headers: unreadable, yet easily decoded
        said = record.getMessage()
        clean = redact(said)
        if clean != said:
            record.msg, record.args = clean, None
        return True


_shield = _Shield()


def shield(secret: Secret) -> None:
    """Remember a key that is about to be sent, so that no log line below us and no text shows it."""
    if secret in known():
        return
    remember(secret)
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_shield)  # adding it twice does nothing
