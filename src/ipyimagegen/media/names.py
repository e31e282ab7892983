"""File names: safe on every system, made from prompts and model names that nobody checked."""

from __future__ import annotations

import os
import re
import string
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from ..core.arguments import wrong
from ..core.errors import InvalidInput

MAX_NAME_BYTES = 180
"""Room for a `-2` and a suffix below the 255 bytes that file systems allow."""

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def safe_name(text: str, *, limit_bytes: int = MAX_NAME_BYTES) -> str:
    """`text` as one part of a path: no separators or control characters, no name that Windows reserves; may be `""`."""
    clean = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c for c in text[:2_000])
    clean = re.sub(r"\s+", " ", _FORBIDDEN.sub("-", clean)).strip(" .-")
    cut = clean.encode()[:limit_bytes].decode("utf-8", "ignore").rstrip(" .-")
    return f"_{cut}" if _RESERVED.match(cut) else cut


def prompt_name(prompt: str, *, words: int = 8) -> str:
    """The first words of a prompt as a part of a file name, `"picture"` where there are none."""
    return safe_name("-".join(re.findall(r"\w+", prompt[:500])[:words]), limit_bytes=80) or "picture"


def fill(pattern: str, values: Mapping[str, object], *, texts: Mapping[str, str]) -> str:
    """`pattern` with `{name}` and `{name:03d}` filled in from `values`, and from `texts` made safe.

    Raises `InvalidInput` for other names, for attributes and for indexes: a pattern is no program.
    """
    known = dict(values) | {name: safe_name(text) for name, text in texts.items()}
    parts = []
    try:
        for literal, name, spec, conversion in string.Formatter().parse(pattern):
            parts.append(literal)
            if name is None:
                continue
            if name not in known or conversion:
                possible = ", ".join(f"{{{key}}}" for key in known)
                raise InvalidInput(f"{{{name}}} in the file name pattern {pattern!r}; it may hold {possible}")
            if any(int(width) > MAX_NAME_BYTES for width in re.findall(r"\d+", spec or "")):
                raise InvalidInput(f"{{{name}:{spec[:20] if spec else ''}}} in a file name pattern is too wide")
            parts.append(format(known[name], spec or ""))
    except ValueError as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"the file name pattern {pattern!r}: {error}") from error
    return "".join(parts)


def expanded(path: object) -> Path:
    """A path with `~` filled in. Raises `InvalidInput` for what is no path, or a home folder that does not exist."""
    if not isinstance(path, str | os.PathLike) or not os.fspath(path):
        raise wrong(path, "", "a path: give a text such as 'out.png', or a Path")
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise InvalidInput(f"{str(path)!r}: there is no such home folder") from error


def numbered(path: Path, number: int) -> Path:
    """`name.png` for 1, `name-2.png` for 2 and so on."""
    return path if number < 2 else path.with_name(f"{path.stem}-{number}{path.suffix}")
