"""The text that AUTOMATIC1111's web UI puts under a picture, and that most tools read: prompt, negative prompt, pairs.

``` a lighthouse at dusk Negative prompt: fog Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: 512x512,
Model: "local/sketch: v1" ``` Its reader takes the last line for parameters only where it finds at least three pairs,
keys of two characters or more of letters, digits, blanks, `-` and `/`; values with a comma, colon or newline are JSON
strings (github.com/AUTOMATIC1111/stable-diffusion-webui, modules/infotext_utils.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_TEXT_CHARS = 1_000_000
MAX_PAIRS = 500
_MIN_PAIRS = 3
_NEGATIVE = "Negative prompt:"
_KEY = re.compile(r"\w[\w \-/]+")
_DECODER = json.JSONDecoder(strict=False)


@dataclass(frozen=True, slots=True)
class Infotext:
    """What such a text says. `params` are texts, under the names that it uses (`CFG scale`)."""

    prompt: str = ""
    negative_prompt: str = ""
    params: Mapping[str, str] = field(default_factory=dict)


def write(prompt: str, negative_prompt: str = "", params: Mapping[str, object] | None = None) -> str:
    r"""The text. Pairs with unusable keys or empty values are left out, and at least three are written.

    Line ends become `\n`, and blanks around lines go, as the reader drops them.
    """
    pairs = {
        clean: text for key, value in (params or {}).items() if (clean := _clean_key(key)) and (text := str(value))
    }
    for key, value in (("Version", "ipyimagegen"), ("Generator", "ipyimagegen"), ("Format", "1")):
        if len(pairs) < _MIN_PAIRS:
            pairs.setdefault(key, value)
    lines = [_lines(prompt)]
    if negative_prompt.strip():
        lines.append(f"{_NEGATIVE} {_lines(negative_prompt)}")
    lines.append(", ".join(f"{key}: {_quoted(value)}" for key, value in pairs.items()))
    return "\n".join(line for line in lines if line)


def _lines(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())


def _clean_key(key: str) -> str:
    clean = re.sub(r"[^\w \-/]+", " ", key).strip(" -/")
    return clean if _KEY.fullmatch(clean) else ""


def _quoted(value: str) -> str:
    """`value` as it is where a reader would get it back so, otherwise as a JSON string."""
    risky = any(c in value for c in ',:"') or value != value.strip() or len(value.splitlines()) != 1
    return json.dumps(value, ensure_ascii=False) if risky else value


def parse(text: str) -> Infotext:
    """What the text says; without a line of at least three pairs at its end, all of it is prompt. Never raises.

    Cut at a million characters; one pass, whatever the text.
    """
    lines = text[:MAX_TEXT_CHARS].strip().split("\n")
    params = _pairs(lines[-1])
    if len(params) >= _MIN_PAIRS:
        lines.pop()
    else:
        params = {}
    prompt: list[str] = []
    negative: list[str] = []
    target = prompt
    for raw in lines:
        line = raw.strip()
        if line.startswith(_NEGATIVE):
            target, line = negative, line.removeprefix(_NEGATIVE).strip()
        target.append(line)
    return Infotext("\n".join(prompt).strip(), "\n".join(negative).strip(), params)


def _pairs(line: str) -> dict[str, str]:
    """The pairs of a line, by a scanner: the usual regular expression takes quadratic time on hostile lines."""
    pairs: dict[str, str] = {}
    at = 0
    while at < len(line) and len(pairs) < MAX_PAIRS:
        comma = line.find(",", at)
        comma = len(line) if comma < 0 else comma
        colon = line.find(":", at, comma)
        key = line[at:colon].strip() if colon >= 0 else ""
        if not _KEY.fullmatch(key):
            at = comma + 1
            continue
        value, at = _value(line, colon + 1, comma)
        pairs.setdefault(key, value)
    return pairs


def _value(line: str, start: int, comma: int) -> tuple[str, int]:
    """The value from `start`, and where the next pair begins; a quoted value may hold `comma`, the next one."""
    quote = start
    while quote < comma and line[quote].isspace():
        quote += 1
    if line[quote : quote + 1] == '"':
        try:
            text, end = _DECODER.raw_decode(line, quote)
        except ValueError:
            return line[start:comma].strip(), comma + 1
        rest = line.find(",", end)
        rest = len(line) if rest < 0 else rest
        if not line[end:rest].strip():
            return str(text), rest + 1
    return line[start:comma].strip(), comma + 1
