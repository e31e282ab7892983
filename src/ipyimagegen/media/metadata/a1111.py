"""The text that AUTOMATIC1111's web UI puts under a picture, and that most tools read: prompt, negative prompt, pairs.

    a lighthouse at dusk
    Negative prompt: fog
    Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: 512x512, Model: "local/sketch: v1"

Its own reader takes the last line for settings where it finds at least three pairs, keys of two characters or more of
letters, digits, blanks, `-` and `/`; values with a comma, colon or newline are JSON strings
(github.com/AUTOMATIC1111/stable-diffusion-webui, modules/infotext_utils.py). Others look for `Steps:` at a line's
beginning; extensions write lines behind the settings, and some tools one pair a line. So the settings are taken to be
what the last line begins that starts with `Steps:`, and without one, a last line that holds a key which only settings
have: three pairs alone are also in JSON and in weighted prompts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

MAX_TEXT_CHARS = 1_000_000
MAX_PAIRS = 500
_MIN_PAIRS = 3
_NEGATIVE = "Negative prompt:"
_KEY = re.compile(r"\w[\w \-/]+")
_STEPS = re.compile(r"\s*steps:\s*\d", re.IGNORECASE)
_BEHIND = re.compile(r"\s*(negative )?template:", re.IGNORECASE)
"""What the extension Dynamic Prompts writes behind the settings: texts with commas and colons of their own."""

_WORDS = frozenset({"sampler", "schedule type", "version", "model hash", "vae hash", "lora hashes"})
_KNOWN = _WORDS | {"steps", "cfg scale", "guidance scale", "seed", "size", "denoising strength", "clip skip"}
"""In lower case. One of them must be there: without, it is no line of settings. Those that are no words are numbers."""

_PROMPT_LINES, _NEGATIVE_LINES = "Prompt lines", "Negative lines"
"""Ours: how many lines each prompt has, written where one of its lines could be taken for something else."""

_DECODER = json.JSONDecoder(strict=False)


@dataclass(frozen=True, slots=True)
class Infotext:
    """What such a text says. `params` are texts, under the names that it uses (`CFG scale`)."""

    prompt: str = ""
    negative_prompt: str = ""
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_one(self) -> bool:
        """Whether this was such a text at all, and not any other."""
        return bool(self.params or self.negative_prompt)

    @property
    def is_ours(self) -> bool:
        """Whether we wrote it."""
        return self.params.get("Version", "").startswith("ipyimagegen")


def write(prompt: str, negative_prompt: str = "", params: Mapping[str, object] | None = None) -> str:
    r"""The text. Pairs with unusable keys or empty values are left out, and at least three are written.

    Line ends become `\n`, and blanks around lines go, as the reader drops them. `Steps` stands first, where other
    readers look for it; where the settings could not be told without, it is 0, which `parse` takes for none.
    """
    pairs = {
        clean: text for key, value in (params or {}).items() if (clean := _clean_key(key)) and (text := str(value))
    }
    for key, value in (("Version", "ipyimagegen"), ("Generator", "ipyimagegen"), ("Format", "1")):
        if len(pairs) < _MIN_PAIRS:
            pairs.setdefault(key, value)
    wanted, unwanted = _lines(prompt), _lines(negative_prompt)
    if any(_is_doubtful(line) for line in (*wanted, *unwanted)):
        pairs |= {
            "Steps": pairs.get("Steps", "0"),
            _PROMPT_LINES: str(len(wanted)),
            _NEGATIVE_LINES: str(len(unwanted)),
        }
    elif not _is_settings(pairs):
        pairs["Steps"] = "0"
    if "Steps" in pairs:
        pairs = {"Steps": pairs.pop("Steps")} | pairs
    if unwanted:
        unwanted[0] = f"{_NEGATIVE} {unwanted[0]}"
    return "\n".join([*wanted, *unwanted, ", ".join(f"{key}: {_quoted(value)}" for key, value in pairs.items())])


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


def _is_doubtful(line: str) -> bool:
    """Whether a line of a prompt could be read as the beginning of another part, or as the settings."""
    return line.lower().startswith(_NEGATIVE.lower()) or _STEPS.match(line) is not None or _is_settings(_pairs(line))


def _is_settings(pairs: Mapping[str, str]) -> bool:
    return len(pairs) >= _MIN_PAIRS and any(_is_known(key.lower(), value) for key, value in pairs.items())


def _is_known(key: str, value: str) -> bool:
    """Whether a pair is one that only settings have: `seed: 42` is, `model: a woman` may be of a prompt."""
    return key in _KNOWN and (key in _WORDS or value[:1].isdigit())


def _clean_key(key: str) -> str:
    clean = re.sub(r"[^\w \-/]+", " ", key).strip(" -/")
    return clean if _KEY.fullmatch(clean) else ""


def _quoted(value: str) -> str:
    """`value` as it is where a reader would get it back so, otherwise as a JSON string."""
    risky = any(c in value for c in ',:"') or value != value.strip() or len(value.splitlines()) != 1
    return json.dumps(value, ensure_ascii=False) if risky else value


def parse(text: str) -> Infotext:
    """What the text says; without settings, all of it is prompt and negative prompt. Never raises.

    Cut at a million characters; one pass, whatever the text. A line of settings that is broken costs what is broken.
    """
    text = text[:MAX_TEXT_CHARS].strip()
    if _is_json(text):
        return Infotext(text)
    lines = text.split("\n")
    start = _settings_at(lines)
    params = _all_pairs(lines[start:])
    if params.get("Steps") == "0":
        del params["Steps"]
    lines = lines[:start]
    counts = [params.pop(name, "") for name in (_PROMPT_LINES, _NEGATIVE_LINES)]
    if all(count.isascii() and count.isdecimal() and len(count) < 7 for count in counts):
        first, second = map(int, counts)
        if first + second == len(lines):
            return _counted(lines, first, params)
    prompt: list[str] = []
    negative: list[str] = []
    target = prompt
    for raw in lines:
        line = raw.strip()
        if line.lower().startswith(_NEGATIVE.lower()):
            target, line = negative, line[len(_NEGATIVE) :].strip()
        target.append(line)
    return Infotext("\n".join(prompt).strip(), "\n".join(negative).strip(), params)


def _is_json(text: str) -> bool:
    if (text[:1], text[-1:]) not in (("{", "}"), ("[", "]")):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _counted(lines: Sequence[str], first: int, params: Mapping[str, str]) -> Infotext:
    clean = [line.strip() for line in lines]
    negative = "\n".join(clean[first:])[len(_NEGATIVE) :].strip()
    return Infotext("\n".join(clean[:first]).strip(), negative, params)


def _settings_at(lines: Sequence[str]) -> int:
    """The line with which the settings begin; the number of lines where there are none."""
    for at in range(len(lines) - 1, -1, -1):
        if _STEPS.match(lines[at]):
            return at
    for at in range(len(lines) - 1, -1, -1):
        if not _BEHIND.match(lines[at]):
            # Prompts have such lines too, but not at the end: only the last one may be the settings.
            return at if _is_settings(_pairs(lines[at])) else len(lines)
    return len(lines)


def _all_pairs(lines: Sequence[str]) -> dict[str, str]:
    """The pairs of all lines; the first of each name counts. What stands behind a template's beginning is left out."""
    pairs: dict[str, str] = {}
    for line in lines:
        if _BEHIND.match(line):
            break
        for key, value in _pairs(line).items():
            if len(pairs) < MAX_PAIRS:
                pairs.setdefault(key, value)
    return pairs


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
