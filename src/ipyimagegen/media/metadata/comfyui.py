"""ComfyUI's graphs: nodes by id, each with a `class_type` and `inputs` that are values or links `[node id, slot]`.

A graph is no list of parameters: prompts are found by going back from a sampler's `positive` and `negative`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_NODES = 2_000
_MAX_STEPS = 200
_SAMPLED = ("seed", "noise_seed", "steps", "cfg", "sampler_name", "scheduler", "denoise")
_NAMED = ("ckpt_name", "unet_name", "width", "height")
_TEXT_INPUTS = ("text", "prompt", "string", "value", "text_g", "clip_l", "t5xxl", "positive", "conditioning")

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Graph:
    """What could be made out of a graph; names as ComfyUI has them."""

    prompt: str = ""
    negative_prompt: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


def read_graph(data: Mapping[str, Any]) -> Graph | None:
    """The prompts and settings of the first sampler, `None` for what is no such graph. Looks at 2,000 nodes at most."""
    nodes: dict[str, Node] = {
        str(key): node
        for key, node in list(data.items())[:MAX_NODES]
        if isinstance(node, dict) and isinstance(node.get("class_type"), str) and isinstance(node.get("inputs"), dict)
    }
    if not nodes:
        return None
    sampler: Mapping[str, Any] = next((node["inputs"] for node in nodes.values() if _is_sampler(node)), {})
    params = {name: _value(nodes, sampler[name]) for name in _SAMPLED if name in sampler}
    for node in nodes.values():
        for name in (*_NAMED, *_SAMPLED):
            value = node["inputs"].get(name)
            if name not in params and isinstance(value, str | int | float):
                params[name] = value
    prompt = _text(nodes, sampler.get("positive", sampler.get("guider")))
    return Graph(prompt or _any_text(nodes), _text(nodes, sampler.get("negative")), params)


def _is_sampler(node: Node) -> bool:
    inputs = node["inputs"]
    return ("positive" in inputs and "negative" in inputs and "steps" in inputs) or (
        "guider" in inputs and "sigmas" in inputs
    )


def _value(nodes: Mapping[str, Node], value: object) -> object:
    """A setting, or the number that a linked primitive node holds."""
    linked = _linked(nodes, value)
    if linked is None:
        return value
    return next((entry for entry in linked["inputs"].values() if isinstance(entry, str | int | float)), None)


def _text(nodes: Mapping[str, Node], link: object) -> str:
    """The text at the end of a link, through nodes that pass it on."""
    seen: set[int] = set()
    todo = [link]
    while todo and len(seen) < _MAX_STEPS:
        node = _linked(nodes, todo.pop())
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        for name in _TEXT_INPUTS:
            value = node["inputs"].get(name)
            if isinstance(value, str) and value.strip():
                return value
        todo += [value for value in node["inputs"].values() if isinstance(value, list)][::-1]
    return ""


def _any_text(nodes: Mapping[str, Node]) -> str:
    """The text of the first node that encodes one, for graphs whose sampler is of an unknown kind."""
    for node in nodes.values():
        text = node["inputs"].get("text")
        if "TextEncode" in node["class_type"] and isinstance(text, str):
            return text
    return ""


def _linked(nodes: Mapping[str, Node], value: object) -> Node | None:
    is_link = isinstance(value, list) and len(value) == 2 and isinstance(value[0], str | int)
    return nodes.get(str(value[0])) if is_link and isinstance(value, list) else None
