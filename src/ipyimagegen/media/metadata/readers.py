"""What other tools wrote into files, read into one form. Every text in a file is data: capped, and never evaluated."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ...core.errors import MediaError
from . import a1111, comfy_drawing, comfyui, invokeai, stealth
from .found import Found, made, of_record
from .names import our_name, size_in
from .places import json_in, texts_of, views
from .record import KEYWORD, Record
from .window import Data

Texts = Mapping[str, str]

_PROMPTS = ("prompt", "positive_prompt", "positive")
_NEGATIVES = ("negative_prompt", "negative", "uc", "negativeprompt")
_TELLING = frozenset(
    ("num_inference_steps", "guidance_scale", "seed", "sampler", "scheduler", "model", "width", "strength", "size")
)
"""An object with a prompt and one of these is the settings of a picture, whoever wrote it."""
_INNER = ("params", "parameters", "meta", "metadata", "settings", "config", "request", "generation")
_A1111_PLACES = ("parameters", "generation_data")
_LORA_TAG = re.compile(r"<lora:([^:<>]{1,200})(?::(-?\d{1,3}(?:\.\d{1,9})?))?[^<>]{0,100}>")
"""The web UI's way to name a LoRA inside a prompt, and its weight."""
_MAX_LORAS = 50
_BRACES = re.compile(r"\{\s*\"")


def read_texts(texts: Texts) -> Found:
    """What the texts of a file say of its making. Never raises: what cannot be read is not there."""
    try:
        for view in views(texts):
            for reader in _READERS:
                try:
                    found = reader(view)
                except MediaError:
                    continue
                if found:
                    return replace(found, raw=texts)
    finally:
        json_in.cache_clear()  # graphs of megabytes
    return Found(raw=texts)


def read_data(data: Data) -> Found:
    """What a PNG, JPEG, WebP, AVIF, HEIC, JPEG XL or TIFF file says of its making.

    Knows our own record, AUTOMATIC1111's text (also of Forge, SD.Next, Draw Things and others), ComfyUI, InvokeAI,
    SwarmUI, Fooocus, NovelAI, and any JSON object with a prompt and settings. Where a transparent PNG says nothing, it
    is decoded for what NovelAI hides in its lowest bits. Raises only what a `Window`'s file raises.
    """
    return read_texts(texts_of(data)) or hidden(stealth.read(data))


def hidden(text: str) -> Found:
    """What a text says that stood in a picture's lowest bits: a PNG's texts as one object, or the web UI's text."""
    return read_texts({"UserComment": text} if text else {})


def _ipyimagegen(texts: Texts) -> Found | None:
    return of_record(Record.from_text(texts[KEYWORD])) if KEYWORD in texts else None


def _rest(data: Mapping[str, Any], *without: str) -> Iterator[tuple[str, Any]]:
    return ((key, value) for key, value in data.items() if key not in without)


def _swarmui(texts: Texts) -> Found | None:
    """https://github.com/mcmonkeyprojects/SwarmUI/blob/master/docs/Image%20Metadata%20Format.md."""
    data = json_in(texts.get("parameters")).get("sui_image_params")
    if not isinstance(data, dict):
        return None
    facts = dict(_rest(data, "prompt", "negativeprompt", "loras", "loraweights"))
    names, weights = _listed(data.get("loras")), _listed(data.get("loraweights"))
    if names:
        weights += [None] * (len(names) - len(weights))
        facts["loras"] = [_lora(name, weight) for name, weight in zip(names, weights, strict=False)]
    return made("SwarmUI", texts, data.get("prompt"), data.get("negativeprompt"), facts.items())


def _listed(value: object) -> list[Any]:
    return value.split(",") if isinstance(value, str) else list(value) if isinstance(value, list) else []


def _lora(name: object, weight: object = None) -> dict[str, Any]:
    try:
        number = float(weight) if isinstance(weight, str | int | float) else None
    except (ValueError, OverflowError):
        number = None
    return {"name": str(name).strip()[:300]} | ({} if number is None else {"weight": number})


def _fooocus(texts: Texts) -> Found | None:
    """One flat JSON object, or the web UI's text with prompts before its styles as pairs.

    github.com/lllyasviel/Fooocus, modules/meta_parser.py.
    """
    text = texts.get("parameters") or texts.get("comment") or ""
    scheme = texts.get("fooocus_scheme") or texts.get("makernote")
    data = json_in(text)
    if not data:
        info = a1111.parse(text) if scheme == "a1111" or "Fooocus" in text else a1111.Infotext()
        version = info.params.get("Version", "")
        return _of_infotext("Fooocus", texts, info) if scheme == "a1111" or version.startswith("Fooocus") else None
    if scheme != "fooocus" and not {"base_model", "full_prompt"} & data.keys():
        return None
    facts = dict(_rest(data, "prompt", "negative_prompt", "full_prompt", "full_negative_prompt", "loras"))
    loras = data.get("loras")
    combined = [value for key, value in data.items() if key.startswith("lora_combined_") and isinstance(value, str)]
    found: list[Any] = (
        [entry[:2] for entry in loras if isinstance(entry, list) and entry] if isinstance(loras, list) else []
    )
    found += [value.rpartition(" : ")[::2] for value in combined]
    if found:
        facts["loras"] = [_lora(*entry) for entry in found]
    return made("Fooocus", texts, data.get("prompt"), data.get("negative_prompt"), facts.items())


def _novelai(texts: Texts) -> Found | None:
    """Software `NovelAI`, the prompt in Description, the rest as JSON in Comment with the negative prompt as `uc`.

    Since version 4 there may be a prompt for each character: docs.novelai.net/image/multiplecharacters.
    """
    data = json_in(texts.get("comment"))
    named = texts.get("software", "").startswith("NovelAI") or texts.get("source", "").startswith("NovelAI")
    if not named and not ("uc" in data and {"v4_prompt", "request_type", "noise_schedule"} & data.keys()):
        return None
    if not data and not texts.get("description"):
        return None
    wanted, unwanted = _caption(data.get("v4_prompt")), _caption(data.get("v4_negative_prompt"))
    facts = dict(_rest(data, "prompt", "uc", "v4_prompt", "v4_negative_prompt", "scale"))
    facts["guidance_scale"] = data.get("scale")
    facts.setdefault("model", texts.get("source"))
    doubts = []
    if characters := _characters(wanted, unwanted):
        facts["characters"] = characters
        doubts.append("characters have prompts of their own, which are in params['characters'] and not in the prompt")
    prompt = wanted.get("base_caption") or data.get("prompt") or texts.get("description")
    return made("NovelAI", texts, prompt, unwanted.get("base_caption") or data.get("uc"), facts.items(), doubts=doubts)


def _caption(value: object) -> dict[str, Any]:
    caption = value.get("caption") if isinstance(value, dict) else None
    return caption if isinstance(caption, dict) else {}


def _characters(wanted: Mapping[str, Any], unwanted: Mapping[str, Any]) -> list[dict[str, str]]:
    sides = [
        [str(entry.get("char_caption") or "") if isinstance(entry, dict) else "" for entry in _list(side)]
        for side in (wanted.get("char_captions"), unwanted.get("char_captions"))
    ]
    positive, negative = sides
    negative += [""] * (len(positive) - len(negative))
    pairs = [{"prompt": one, "negative_prompt": other} for one, other in zip(positive, negative, strict=False) if one]
    return [{key: text for key, text in pair.items() if text} for pair in pairs]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _comfyui(texts: Texts) -> Found | None:
    """The graph that ran is in `prompt`; `workflow` is the editor's drawing of it. Both may stand in one object."""
    whole = json_in(texts.get("parameters"))
    inner = whole.get("prompt")
    data = json_in(texts.get("prompt")) or (inner if isinstance(inner, dict) else json_in(_str(inner))) or whole
    drawn = whole.get("workflow")
    drawing = json_in(texts.get("workflow")) or (drawn if isinstance(drawn, dict) else json_in(_str(drawn)))
    graph, doubts = comfyui.read_graph(data, drawing), []
    if graph is None and isinstance(drawing.get("nodes"), list):
        graph = comfyui.read_graph(comfy_drawing.as_graph(drawing))
        doubts = ["only the editor's drawing of the graph is in the file; what ran may differ"]
    if graph is None:
        return None
    found = made(
        "ComfyUI", texts, graph.prompt, graph.negative_prompt, graph.params.items(), doubts=(*doubts, *graph.doubts)
    )
    return found if found.prompt else _told(found, texts, whole)


def _told(found: Found, texts: Texts, whole: Mapping[str, Any]) -> Found:
    """The same with what a saving node wrote beside it: the web UI's text, or Civitai's `extraMetadata`."""
    info = a1111.parse(texts.get("parameters", ""))
    other = (
        _of_infotext("", texts, info)
        if info.params
        else _of_object("", texts, json_in(_str(whole.get("extraMetadata"))))
    )
    if not other or not other.prompt:
        return found
    params = dict(found.params) | dict(other.params)
    kept = replace(found, prompt=other.prompt, negative_prompt=other.negative_prompt, params=params, doubts=())
    return kept.with_doubt("prompt and settings are what a node wrote beside the graph, which could not be read itself")


def _str(value: object) -> str:
    return value if isinstance(value, str) else ""


def _a1111(texts: Texts) -> Found | None:
    for place in _A1111_PLACES:
        info = a1111.parse(texts.get(place, ""))
        if info.is_one:
            return _of_infotext(KEYWORD if info.is_ours else "AUTOMATIC1111", texts, info)
    return None


def _of_infotext(tool: str, texts: Texts, info: a1111.Infotext) -> Found:
    pairs = dict(info.params)
    raw_prompt, raw_negative = pairs.pop("Raw prompt", ""), pairs.pop("Raw negative prompt", "")
    size = next((value for key, value in pairs.items() if key.lower() == "size"), "")
    prompt = raw_prompt or info.prompt
    facts: list[tuple[str, Any]] = [
        *size_in(size).items(),
        *((key, value) for key, value in pairs.items() if key.lower() != "size"),
    ]
    if loras := [_lora(*found) for found in _LORA_TAG.findall(prompt)[:_MAX_LORAS]]:
        facts.append(("loras", loras))
    return made(tool, texts, prompt, raw_negative or info.negative_prompt, facts)


def _other(texts: Texts) -> Found | None:
    """A JSON object with a prompt and settings, or text chunks of such names."""
    if found := _of_object("", texts, json_in(texts.get("parameters"))):
        return found
    prompt = texts.get("prompt", "")
    return None if not prompt or _BRACES.match(prompt.lstrip()) else _of_object("", texts, texts)


def _of_object(tool: str, texts: Texts, data: Mapping[str, Any]) -> Found | None:
    if data.keys() >= {"c", "uc"}:  # Draw Things, in XMP
        tool, data = "Draw Things", {"prompt": data["c"], "guidance_scale": data.get("scale")} | dict(data)
    named = {our_name(str(key)): value for key, value in list(data.items())[::-1]}
    prompt = _first(named, _PROMPTS)
    if not prompt or not _TELLING & named.keys():
        inner = (data.get(name) for name in _INNER)
        objects = [value for value in inner if isinstance(value, dict) and not any(n in value for n in _INNER)]
        return next((found for value in objects if (found := _of_object(tool, texts, value))), None)
    who = named.get("software") or named.get("app") or named.get("generator") or ""
    rest = [(name, value) for name, value in named.items() if name not in (*_PROMPTS, *_NEGATIVES, "c")]
    return made(tool or _str(who)[:60], texts, prompt, _first(named, _NEGATIVES), reversed(rest))


def _first(named: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((value for name in names if isinstance(value := named.get(name), str) and value.strip()), "")


_READERS: tuple[Callable[[Texts], Found | None], ...] = (
    _ipyimagegen,
    _swarmui,
    _fooocus,
    invokeai.read,
    _novelai,
    _comfyui,
    _a1111,
    _other,
)
"""In this order: the telling ones first; SwarmUI's files may hold its own graph, ComfyUI's a text of a saving node."""
