"""InvokeAI's three forms: `Dream`, a command line (version 1); `sd-metadata` (2); `invokeai_metadata` (since 3).

github.com/invoke-ai/InvokeAI: ldm/invoke/args.py at v2.3, invokeai/app/invocations/metadata.py since.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .found import Found, made
from .places import json_in

TOOL = "InvokeAI"
_SWITCHES = {"s": "steps", "S": "seed", "W": "width", "H": "height", "C": "cfg_scale", "A": "sampler", "f": "strength"}
_SWITCH = re.compile(r"(?:^|\s)-([sSWHCAf])\s{0,3}([^\s\"]{1,60})")
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_PROMPTS = ("positive_prompt", "negative_prompt")


def read(texts: Mapping[str, str]) -> Found | None:
    """What one of the three says. `texts` have their keywords in lower case."""
    if data := json_in(texts.get("invokeai_metadata")):
        return _third(texts, data)
    if data := json_in(texts.get("sd-metadata")):
        return _second(texts, data)
    if (line := texts.get("dream", "")).lstrip()[:1] == '"':
        return _first(texts, line.lstrip())
    return None


def _third(texts: Mapping[str, str], data: Mapping[str, Any]) -> Found:
    facts = {key: value for key, value in data.items() if key not in _PROMPTS}
    facts["model"] = _name(data.get("model"))
    loras = data.get("loras")
    facts["loras"] = [
        {"name": _name(entry.get("model") or entry.get("lora")), "weight": entry.get("weight")}
        for entry in (loras if isinstance(loras, list) else ())
        if isinstance(entry, dict)
    ] or None
    if isinstance(vae := data.get("vae"), dict):
        facts["vae"] = _name(vae)
    return made(TOOL, texts, data.get(_PROMPTS[0]), data.get(_PROMPTS[1]), facts.items())


def _name(model: object) -> str:
    if isinstance(model, dict):
        model = model.get("name") or model.get("model_name")
    return model if isinstance(model, str) else ""


def _second(texts: Mapping[str, str], data: Mapping[str, Any]) -> Found | None:
    image = data.get("image")
    if not isinstance(image, dict):
        return None
    said = image.get("prompt")
    parts = said if isinstance(said, list) else [said]
    prompts = [part.get("prompt") if isinstance(part, dict) else part for part in parts]
    whole = ", ".join(prompt for prompt in prompts if isinstance(prompt, str))
    prompt, negative = split(whole)
    doubts = ["the prompt is made of several, with weights that are not given"] if len(prompts) > 1 else []
    facts = {key: value for key, value in image.items() if key not in ("prompt", "type", "negative_prompt")}
    facts["model"] = data.get("model_weights") or data.get("model")
    return made(TOOL, texts, prompt, negative or image.get("negative_prompt"), facts.items(), doubts=doubts)


def _first(texts: Mapping[str, str], line: str) -> Found | None:
    end = _closing(line)
    if end < 0:
        return None
    prompt, negative = split(line[1:end].replace('\\"', '"'))
    switches = ((_SWITCHES[name], value) for name, value in _SWITCH.findall(line[end + 1 :][:10_000]))
    return made(TOOL, texts, prompt, negative, switches)


def _closing(line: str) -> int:
    """The quote that ends a prompt: a backslash before one keeps it inside."""
    at = line.find('"', 1)
    while at > 0 and line[at - 1] == "\\":
        at = line.find('"', at + 1)
    return at


def split(prompt: str) -> tuple[str, str]:
    """The prompt and the negative prompt, which versions 1 and 2 write into it in square brackets."""
    negative = ", ".join(part.strip(" ,") for part in _BRACKETS.findall(prompt) if part.strip(" ,"))
    return re.sub(r"[ \t]{2,9}", " ", _BRACKETS.sub("", prompt)).strip(" ,"), negative
