"""The one border for what others say: services, files, prompts of other tools. It is text, and no more than that.

Nothing that a service says reaches a screen, a log, an error, the journal or a file name as it came: what acts on a
terminal or hides from the eye is taken out, keys are taken out, and its length is bounded. The types through which all
services must go do it as they are made (errors, events, models, parameters), so a new service needs to do nothing.

What a user typed is not changed on its way to a service; it passes here only where it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from .secrets import redact

MAX_CHARS = 2_000
"""What a service or a file says is quoted up to this length."""
MAX_MESSAGE_CHARS = 8_000
"""A whole error: our words and what is quoted in them."""
MAX_READ_CHARS = 1_000_000
"""Of a longer text only the beginning is read, where little of it is shown."""
MAX_LINES = 100
MAX_TEXT_CHARS = 1_000_000
"""The output of a text model."""
MAX_NAME_CHARS = 200
MAX_ADDRESS_CHARS = 16_000
MAX_KEPT_CHARS = 20_000
"""A text inside of JSON that is kept."""
MAX_KEPT_ENTRIES = 10_000
"""Values of a whole JSON document that is kept."""
MAX_DEPTH = 40
MIN_KEY_CHARS = 6
"""A shorter key is left in texts: it may be an ordinary word. Services give keys of 30 characters and more."""
MIN_KEY_IN_VALUES_CHARS = 16
"""In values that have to work (addresses, ids) only what is surely a key is replaced."""

_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, movements of the cursor
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]{0,2000}(?:\x07|\x1b\\|\x9c)"  # OSC: titles, links
    r"|\x1b[ -/]*[0-~]"  # all other escapes
)
"""What a terminal obeys (ECMA-48, 5th edition, 5.3 to 5.6)."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Bidirectional marks and overrides, zero-width and invisible characters, tags: they make a text look like another."""
_JOINERS = re.compile(
    "[\u200c\u200d](?=[\x00-\x7f\\s\u200c\u200d]|\\Z)|(?:(?<=[\x00-\x7f\\s\u200c\u200d])|\\A)[\u200c\u200d]"
)
"""Joiners that join nothing. Between letters (Persian, Hindi) and in emoji they belong to the text."""
_STACKED = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]{4})"
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]+"
)
"""Marks above marks: four on a letter are enough for every language, hundreds cover the lines around it."""
_LONE = re.compile("[\ud800-\udfff]")
_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")

_ODD = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u0300-\u036f\u0483-\u0489\u061c\u180e\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u20d0-\u20ff\ud800-\udfff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\ufff9-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Any character that one of the above may be about: most texts have none, and are looked at once."""


def cleaned(text: str, *, min_key: int = MIN_KEY_CHARS) -> str:
    """`text` without keys, and without anything that acts on a terminal or hides. Line breaks and tabs stay.

    Idempotent. Plain text is given back as it is, at about a gigabyte a second.
    """
    if not (text.isascii() and text.isprintable()):
        text = _seen(redact(text, min_chars=min_key))
    return redact(text, min_chars=min_key)


def _seen(text: str) -> str:
    if not _ODD.search(text):
        return text
    text = _BREAKS.sub("\n", text)
    if "\x1b" in text or not text.isascii():
        text = _SEQUENCE.sub("", text)
    text = _CONTROL.sub(" ", text)
    if text.isascii():
        return text
    text = _LONE.sub("\ufffd", _UNSEEN.sub("", text))
    return _STACKED.sub(r"\1", _JOINERS.sub("", text))


def capped(text: str, limit: int = MAX_CHARS, *, lines: int = MAX_LINES) -> str:
    """`text` cleaned, without space around it, cut at `limit` characters and `lines` lines with a note of the rest."""
    if len(text) > MAX_READ_CHARS:
        text = redact(text)[:MAX_READ_CHARS]  # a key is not cut in two
    clean = cleaned(text).replace("\t", " ").strip()
    if len(clean) > limit:
        clean = f"{clean[:limit]}… ({len(clean) - limit:,} more characters)"
    if clean.count("\n") >= lines:
        shown = clean.split("\n", lines)
        clean = "\n".join([*shown[:lines], f"… ({shown[lines].count(chr(10)) + 1:,} more lines)"])
    return clean


def one_line(text: str, limit: int = MAX_NAME_CHARS) -> str:
    """`text` as a name or a title: `capped`, on one line."""
    return capped(" ".join(cleaned(text).split()), limit)


def address(text: str) -> str:
    """An address as it may be asked for and shown; what came in it as data stays whole."""
    clean = cleaned(text, min_key=MIN_KEY_IN_VALUES_CHARS)
    return clean if clean[:5].lower() == "data:" else clean[:MAX_ADDRESS_CHARS]


def header(text: str) -> str:
    """The value of an answer's header: one clean line."""
    return cleaned(text, min_key=MIN_KEY_IN_VALUES_CHARS)[:MAX_ADDRESS_CHARS].replace("\n", " ")


def answered(value: object, depth: int = 0) -> object:
    """An answer's JSON with every text in it `cleaned`, names too, and nothing deeper than `MAX_DEPTH`.

    Texts keep their length: they may hold a picture. What must not be long is capped where it is used.
    """
    if isinstance(value, str):
        return cleaned(value, min_key=MIN_KEY_IN_VALUES_CHARS)
    if isinstance(value, dict):
        if depth >= MAX_DEPTH:
            return {}
        return {cleaned(name, min_key=MIN_KEY_IN_VALUES_CHARS): answered(one, depth + 1) for name, one in value.items()}
    if isinstance(value, list):
        return [] if depth >= MAX_DEPTH else [answered(one, depth + 1) for one in value]
    return value


class _Room:
    """How many values may still be kept."""

    def __init__(self) -> None:
        self.left = MAX_KEPT_ENTRIES


def kept(value: object, *, chars: int = MAX_KEPT_CHARS) -> object:
    """JSON to keep beside a result: cleaned, texts of at most `chars`, not too deep, and not too much of it.

    What is no JSON is kept as a short description of it.
    """
    return _kept(value, chars, 0, _Room())


def _kept(value: object, chars: int, depth: int, room: _Room) -> object:
    room.left -= 1
    if isinstance(value, str):
        return value if len(value) < chars and value.isascii() and value == cleaned(value) else capped_at(value, chars)
    if isinstance(value, Mapping):
        if depth >= MAX_DEPTH:
            return "…"
        entries: dict[str, object] = {}
        for name, one in value.items():
            if room.left <= 0:
                entries["…"] = "…"
                break
            entries[capped(str(name), MAX_NAME_CHARS)] = _kept(one, chars, depth + 1, room)
        return entries
    if isinstance(value, list | tuple):
        if depth >= MAX_DEPTH:
            return "…"
        listed: list[object] = []
        for one in value:
            if room.left <= 0:
                listed.append("…")
                break
            listed.append(_kept(one, chars, depth + 1, room))
        return listed
    return value


def capped_at(text: str, limit: int) -> str:
    """`text` cleaned and cut, with its space around it left: for values, where `capped` is for reading."""
    if len(text) > max(limit, MAX_READ_CHARS):
        text = redact(text)[: max(limit, MAX_READ_CHARS) + 1]
    clean = cleaned(text)
    return clean if len(clean) <= limit else f"{clean[:limit]}… ({len(clean) - limit:,} more characters)"
