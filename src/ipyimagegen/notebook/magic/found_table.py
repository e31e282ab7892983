"""What `%imagegen recall FILE` shows: how a picture was made, as plain text."""

from __future__ import annotations

import json

from ...core.events import JSON
from ...core.service_text import capped, one_line
from ...media.metadata import Found
from ..text import rows

MAX_PROMPT_CHARS = 20_000
MAX_VALUE_CHARS = 600


def found_table(found: Found, name: str) -> str:
    """Tool, prompts, parameters and doubts in two columns, at most 100 wide. What the file says is shown as text."""
    name = one_line(name)
    doubts = [("in doubt", one_line(doubt, MAX_VALUE_CHARS)) for doubt in found.doubts]
    if not found:
        told = f"{name} does not say how it was made."
        return "\n".join([told, rows(doubts)]) if doubts else told
    facts = [
        ("tool", one_line(found.tool) or "not named"),
        ("prompt", capped(found.prompt, MAX_PROMPT_CHARS) or "none"),
    ]
    if found.negative_prompt:
        facts.append(("negative prompt", capped(found.negative_prompt, MAX_PROMPT_CHARS)))
    facts += [(one_line(key, 60), _value(value)) for key, value in found.params.items()]
    return f"{name}\n{rows([*facts, *doubts])}"


def _value(value: JSON) -> str:
    plain = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return capped(plain, MAX_VALUE_CHARS)
