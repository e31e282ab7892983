"""ComfyUI's `workflow`: the editor's drawing of a graph, read where the graph that ran is not in the file.

Format: docs.comfy.org/specs/workflow_json. Values stand in `widgets_values`, a list in the order of the node's widgets;
their names are in the file since 2025 (`inputs` with a `widget`), before that only in the nodes' program.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_MUTED, _BYPASSED = 2, 4
_CONTROL = ("fixed", "increment", "decrement", "randomize")
_SEEDS = frozenset({"seed", "noise_seed"})
_MAX_WIDGETS = 200
_WIDGETS = {
    "CLIPTextEncode": ("text",),
    "CheckpointLoaderSimple": ("ckpt_name",),
    "UNETLoader": ("unet_name", "weight_dtype"),
    "KSampler": ("seed", "steps", "cfg", "sampler_name", "scheduler", "denoise"),
    "KSamplerAdvanced": ("add_noise", "noise_seed", "steps", "cfg", "sampler_name", "scheduler", "start_at_step"),
    "SamplerCustom": ("add_noise", "noise_seed", "cfg"),
    "RandomNoise": ("noise_seed",),
    "KSamplerSelect": ("sampler_name",),
    "BasicScheduler": ("scheduler", "steps", "denoise"),
    "CFGGuider": ("cfg",),
    "FluxGuidance": ("guidance",),
    "EmptyLatentImage": ("width", "height", "batch_size"),
    "EmptySD3LatentImage": ("width", "height", "batch_size"),
    "LatentUpscale": ("upscale_method", "width", "height", "crop"),
    "LoraLoader": ("lora_name", "strength_model", "strength_clip"),
    "LoraLoaderModelOnly": ("lora_name", "strength_model"),
    "CLIPTextEncodeFlux": ("clip_l", "t5xxl", "guidance"),
    "CLIPTextEncodeSDXL": ("width", "height", "crop_w", "crop_h", "target_width", "target_height", "text_g", "text_l"),
    "PrimitiveNode": ("value",),
    "PrimitiveInt": ("value",),
    "PrimitiveFloat": ("value",),
    "PrimitiveString": ("value",),
    "PrimitiveStringMultiline": ("value",),
    "Reroute": (),
}
"""The widgets of the nodes that matter, where a file does not name them (comfyanonymous/ComfyUI, nodes.py)."""


def as_graph(drawing: Mapping[str, Any]) -> dict[str, Any]:
    """The drawing in the form of a graph that ran, without muted and past bypassed nodes; `{}` where it is none."""
    nodes = {str(node.get("id")): node for node in _list(drawing.get("nodes")) if isinstance(node, dict)}
    links = dict(_links(drawing))
    graph: dict[str, Any] = {}
    for key, node in nodes.items():
        kind = node.get("type")
        if isinstance(kind, str) and node.get("mode") != _MUTED and node.get("mode") != _BYPASSED:
            graph[key] = {"class_type": kind, "inputs": _inputs(node, kind, nodes, links)}
    return graph


def has_subgraphs(drawing: Mapping[str, Any]) -> bool:
    """Whether parts of the drawing are folded into nodes of their own, whose inside is not read."""
    definitions = drawing.get("definitions")
    return isinstance(definitions, dict) and bool(definitions.get("subgraphs"))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _links(drawing: Mapping[str, Any]) -> Iterator[tuple[int, tuple[str, int]]]:
    """Each link's number, and the node and slot where it begins."""
    for link in _list(drawing.get("links")):
        if isinstance(link, list) and len(link) >= 5 and isinstance(link[0], int) and isinstance(link[2], int):
            yield link[0], (str(link[1]), link[2])
        elif isinstance(link, dict) and isinstance(link.get("id"), int) and isinstance(link.get("origin_slot"), int):
            yield link["id"], (str(link.get("origin_id")), link["origin_slot"])


def _inputs(
    node: Mapping[str, Any], kind: str, nodes: Mapping[str, Any], links: Mapping[int, tuple[str, int]]
) -> dict[str, Any]:
    inputs = dict(_widgets(node, kind))
    for entry in _list(node.get("inputs")):
        number = entry.get("link") if isinstance(entry, dict) else None
        start = links.get(number) if isinstance(number, int) else None
        if start is not None and isinstance(entry.get("name"), str):
            inputs[entry["name"]] = list(_past_bypassed(start, nodes, links))
    return inputs


def _past_bypassed(
    start: tuple[str, int], nodes: Mapping[str, Any], links: Mapping[int, tuple[str, int]]
) -> tuple[str, int]:
    """Where a link really begins: a bypassed node hands its first input of the output's type on."""
    for _ in range(100):
        node = nodes.get(start[0])
        if node is None or node.get("mode") != _BYPASSED:
            break
        outputs = _list(node.get("outputs"))
        output = outputs[start[1]] if 0 <= start[1] < len(outputs) else None
        kind = output.get("type") if isinstance(output, dict) else None
        before = (
            links.get(entry["link"])
            for entry in _list(node.get("inputs"))
            if isinstance(entry, dict) and entry.get("type") == kind and isinstance(entry.get("link"), int)
        )
        following = next((link for link in before if link is not None), None)
        if following is None:
            break
        start = following
    return start


def _widgets(node: Mapping[str, Any], kind: str) -> Iterator[tuple[str, Any]]:
    values = node.get("widgets_values")
    if isinstance(values, dict):
        yield from ((str(name), value) for name, value in list(values.items())[:_MAX_WIDGETS])
        return
    said = [
        entry["name"]
        for entry in _list(node.get("inputs"))
        if isinstance(entry, dict) and isinstance(entry.get("widget"), dict) and isinstance(entry.get("name"), str)
    ]
    known = _WIDGETS.get(kind)
    # Before 2025 only those widgets were named that had been turned into inputs.
    names = known if known is not None else tuple(said)
    rest = [value for value in _list(values)[:_MAX_WIDGETS] if isinstance(value, str | int | float)]
    if known is None and len(said) < len([value for value in rest if value not in _CONTROL]):
        if "TextEncode" in kind and rest and isinstance(rest[0], str):
            yield "text", rest[0]  # encoders of other makers keep what ComfyUI's own begins with
        elif len(rest) == 1:
            yield "value", rest[0]
        return
    at = 0
    for name in names:
        if at >= len(rest):
            return
        yield name, rest[at]
        at += 1
        if name in _SEEDS and at < len(rest) and (rest[at] in _CONTROL or isinstance(rest[at], bool)):
            at += 1  # what becomes of the seed after a run; in early files a truth
