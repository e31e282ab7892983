"""Of a ComfyUI graph, what stands behind a sampler's `model` and `latent_image`: the model's file, LoRAs, the size."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...core.events import JSON
from .comfy_graph import MAX_HOPS, PIPES, Graph, Link, Node

_LATENTS = (
    "latent_image",
    "latent",
    "latents",
    "samples",
    "optional_latent_image",
    "samples_to",
    "pixels",
    "image",
    "images",
)
_MODELS = (
    "ckpt_name",
    "unet_name",
    "model_name",
    "base_ckpt_name",
    "checkpoint",
    "ckpt",
    "diffusion_model",
    "model_path",
    "model",
)
_LORA = re.compile(r"^lora(_name)?(_\d+)?$", re.IGNORECASE)
_MAX_LORAS = 50


def model(graph: Graph, holders: Sequence[Node]) -> tuple[str, list[JSON]]:
    """The file of the model, and the LoRAs between it and the sampler."""
    loras: list[JSON] = []
    link = next((link for holder in holders if (link := holder.link(("model", "base_model")))), None)
    node = graph.at(link)
    if node is None:
        node = next((holder for holder in holders if any(isinstance(holder.inputs.get(n), str) for n in _MODELS)), None)
    for _ in range(MAX_HOPS):
        if node is None:
            return "", loras
        loras += _loras(graph, node, depth=0)[: _MAX_LORAS - len(loras)]
        if node.link(("model1",)) and node.link(("model2",)):
            graph.doubt(f"the model is a merge ({node.kind[:60]}): only its first part is named")
        following = node.link(("model", "model1", "model_a", "MODEL", "base_model", "unet", *PIPES, "any_01"))
        name = graph.text(node, *_MODELS) if following is None else ""
        if name or following is None:
            return name, loras
        node = graph.at(following)
    return "", loras


def _loras(graph: Graph, node: Node, *, depth: int) -> list[JSON]:
    """`lora_name` and `strength_model`; numbered ones of stacks; `{"on", "lora", "strength"}` of rgthree's loader."""
    found: list[JSON] = []
    for key, held in list(node.inputs.items())[: _MAX_LORAS * 4]:
        if isinstance(held, dict) and isinstance(held.get("lora"), str) and held.get("on", True):
            found.append({"name": held["lora"], "weight": held.get("strength")})
        elif _LORA.match(key) and not isinstance(held, dict):
            name = graph.value(node, key)
            number = re.sub(r"\D", "", key)
            if (
                isinstance(name, str)
                and name not in ("", "None")
                and node.inputs.get(f"switch_{number}", "On") != "Off"
            ):
                marks = (f"strength_{number}", f"model_weight_{number}", f"lora_wt_{number}", f"model_str_{number}")
                weight = graph.number(node, "strength_model", "lora_model_strength", "strength", "weight", *marks)
                found.append({"name": name, "weight": weight})
    stack = graph.at(node.link(("lora_stack", "optional_lora_stack")))
    if stack is not None and depth < 20:
        found += _loras(graph, stack, depth=depth + 1)
    return [
        {key: value for key, value in lora.items() if value is not None} for lora in found if isinstance(lora, dict)
    ]


def size(graph: Graph, holders: Sequence[Node]) -> dict[str, JSON]:
    """The size of the latent that the sampler began with, where the graph tells it: a loaded picture's it does not."""
    starts = [link for holder in holders if (link := holder.link(_LATENTS)) is not None]
    if starts:
        return _size_behind(graph, starts[0])
    empty = [node for node in graph.nodes.values() if re.search("empty.*latent", node.kind, re.IGNORECASE)]
    told = [sides for node in (*holders, *(empty if len(empty) == 1 else ())) if (sides := _sides(graph, node))]
    return told[0] if told else {}


def _size_behind(graph: Graph, start: Link) -> dict[str, JSON]:
    link: Link | None = start
    for _ in range(MAX_HOPS):
        node = graph.at(link)
        if node is None:
            break
        if sides := _sides(graph, node):
            return sides
        links = [entry for _, entry in node.links()]
        link = node.link((*_LATENTS, "resize_source", "input")) or (links[0] if len(links) == 1 else None)
    return {}


def _sides(graph: Graph, node: Node) -> dict[str, JSON]:
    for prefix in ("", "empty_latent_", "target_"):
        width, height = graph.number(node, f"{prefix}width"), graph.number(node, f"{prefix}height")
        if isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0:
            return {"width": width, "height": height}
    return {}
