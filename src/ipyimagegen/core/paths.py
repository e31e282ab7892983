"""Whether a text has the form of a path, and what a parameter's name says of its texts. Pure: no file is looked at.

A prompt and a path are both texts. What tells them apart is the path's *form*; a name such as `image` only says that a
bare file name may be meant there, and a name such as `style_prompt` that none is.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

Form = Literal["path", "relative", "name", "text"]
"""`./a.png` and whatever else cannot be anything but a path, `photos/a.png`, `a.png`, and any other text."""
Place = Literal["media", "words", "label", "open"]
"""A parameter for pictures and files, for words, for the name of something that is yet to be made, or any other."""

MAX_PATH_CHARS = 4_096
"""No system knows longer ones."""

_PATH = re.compile(r"\.{1,2}[/\\]|~[^/\\\s]*[/\\]|/|\\\\|[A-Za-z]:[/\\]|file://", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_ADDRESS = re.compile(r"\s*(?!file:)([a-z][a-z0-9+.-]*://|data:)", re.IGNORECASE)
_SUFFIX = re.compile(r"[^./\\]\.([A-Za-z][A-Za-z0-9]{0,11}|3g[p2]|7z)$")
LONGEST_SUFFIX = 14
"""With its dot, and a character before it."""
_CONTROL = re.compile(r"[\x00-\x1f]")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_MEDIA_NAME = re.compile(r"(image|img|picture|photo|mask|video|audio|file)s?")
_ENDING = re.compile(r"(url|uri|path|file)s?|data|base64|src")
"""What the name of a media parameter may end with, as in `image_url`."""
_WORDS_NAME = re.compile(
    r"(prompt|text|caption|description|instruction|message|tag|keyword|word)s?|title|query|question|lyrics|"
    r"negative|positive"
)
_MADE_NAME = re.compile(r"(output|result|filename)s?|saved?|name|prefix|export")


def form_of(text: str) -> Form:
    r"""The form of a text. `"path"`: `./`, `../`, `/`, `~/`, a drive's or a share's (`C:\`, `\\`), or `file://`."""
    stripped = text.strip()
    if not stripped or len(stripped) > MAX_PATH_CHARS:
        return "text"
    explicit = _PATH.match(stripped)
    if not explicit and (not _SUFFIX.search(stripped[-LONGEST_SUFFIX:]) or _SCHEME.match(stripped)):
        return "text"
    if _CONTROL.search(stripped):
        return "text"
    return "path" if explicit else "relative" if "/" in stripped or "\\" in stripped else "name"


def is_address(text: str) -> bool:
    """Whether a text says where something is, other than on this machine: `https://…`, `data:…`, `inf://…`."""
    return bool(_ADDRESS.match(text))


@lru_cache(maxsize=4_096)
def place_of(name: str) -> Place:
    """What a parameter is for, as far as its name tells: where a schema says it, that counts instead.

    >>> [place_of(name) for name in ("init_image_url", "stylePrompt", "output_name", "image_prompt", "seed")]
    ['media', 'words', 'label', 'open', 'open']
    """
    words = [word.lower() for word in _WORD.findall(name) if not word.isdigit()]
    if not words:
        return "open"
    if any(map(_MADE_NAME.fullmatch, words)):
        return "label"
    core = list(words)
    while len(core) > 1 and _ENDING.fullmatch(core[-1]):
        core.pop()
    if _MEDIA_NAME.fullmatch(core[-1]):
        return "media"
    # `image_prompt` is a picture at some models and words at others: there only the form of a path decides.
    return "words" if any(map(_WORDS_NAME.fullmatch, words)) and not any(map(_MEDIA_NAME.fullmatch, words)) else "open"
