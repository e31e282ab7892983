"""ComfyUI's `workflow`: the editor's drawing of a graph, read where the graph that ran is not in the file.

Format: docs.comfy.org/specs/workflow_json. Values stand in `widgets_values`, a list in the order of the node's widgets;
their names are in the file since 2025 (`inputs` with a `widget`), before that only in the nodes' program.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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


_INPUTS, _OUTPUTS = -10, -20
"""The nodes of a subgraph that stand for what comes in and what goes out."""
_MAX_DEPTH = 8
_MAX_UNFOLDED = 50_000
"""Nodes and links in all the subgraphs together, each counted wherever it is used: they may hold each other."""
Start = tuple[str, int]


def as_graph(drawing: Mapping[str, Any]) -> dict[str, Any]:
    """The drawing in the form of a graph that ran, without muted and past bypassed nodes; `{}` where it is none.

    Subgraphs are unfolded: the node 5 inside of the node 3 is called `3:5`, as ComfyUI itself does it.
    """
    definitions = drawing.get("definitions")
    folded = _list(definitions.get("subgraphs")) if isinstance(definitions, dict) else []
    subgraphs = {str(entry.get("id")): entry for entry in folded if isinstance(entry, dict)}
    graph: dict[str, Any] = {}
    todo = [_Scope(drawing, subgraphs, [_MAX_UNFOLDED])]
    while todo:
        scope = todo.pop()
        for key, node in scope.nodes.items():
            kind = node.get("type")
            if not isinstance(kind, str) or node.get("mode") in (_MUTED, _BYPASSED):
                continue
            if (inner := scope.inside(key)) is not None:
                todo.append(inner)
            elif kind not in subgraphs:
                graph[scope.prefix + key] = {"class_type": kind, "inputs": scope.inputs(key)}
    return graph


@dataclass(slots=True)
class _Scope:
    """The drawing itself, or a subgraph where it is used: `within` the scope that uses it, as the node `use`."""

    drawing: Mapping[str, Any]
    subgraphs: Mapping[str, Mapping[str, Any]]
    left: list[int]
    """How much may still be unfolded, one number for all scopes."""
    within: _Scope | None = None
    use: str = ""
    prefix: str = ""
    depth: int = 0
    nodes: dict[str, dict[str, Any]] = field(init=False)
    links: dict[int, Start] = field(init=False)
    outputs: dict[int, Start] = field(init=False)
    """Where what leaves a subgraph at each slot begins."""
    unfolded: dict[str, _Scope] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.nodes = {str(node.get("id")): node for node in _list(self.drawing.get("nodes")) if isinstance(node, dict)}
        self.links = dict(_links(self.drawing))
        self.outputs = {
            link["target_slot"]: self.links[link["id"]]
            for link in _list(self.drawing.get("links"))
            if isinstance(link, dict) and link.get("target_id") == _OUTPUTS
            if isinstance(link.get("target_slot"), int) and isinstance(link.get("id"), int) and link["id"] in self.links
        }

    def inside(self, key: str) -> _Scope | None:
        """The scope of a subgraph's inside, for the node that uses it; `None` for any other node."""
        kind = self.nodes[key].get("type")
        definition = self.subgraphs.get(kind) if isinstance(kind, str) else None
        if definition is None or self.depth >= _MAX_DEPTH:
            return None
        if key not in self.unfolded:
            self.left[0] -= 1 + len(_list(definition.get("nodes"))) + len(_list(definition.get("links")))
            if self.left[0] < 0:
                return None
            prefix = f"{self.prefix}{key}:"
            self.unfolded[key] = _Scope(definition, self.subgraphs, self.left, self, key, prefix, self.depth + 1)
        return self.unfolded[key]

    def inputs(self, key: str) -> dict[str, Any]:
        """A node's widgets by name, those that the subgraph's user sees as they stand there, and its links."""
        node = self.nodes[key]
        inputs = dict(_widgets(node, str(node.get("type")))) | self._shown_outside(key)
        for name, number in _linked(node):
            start = self.links.get(number)
            if start is not None and (value := self._begin(start)) is not None:
                inputs[name] = value
        return inputs

    def _shown_outside(self, key: str) -> dict[str, Any]:
        """`proxyWidgets` of a subgraph's user: `[inner node, widget]`, in the order of its own values."""
        if self.within is None:
            return {}
        user = self.within.nodes[self.use]
        properties = user.get("properties")
        shown = _list(properties.get("proxyWidgets")) if isinstance(properties, dict) else []
        values = user.get("widgets_values")
        pairs = zip(shown, values if isinstance(values, list) else [], strict=False)
        return {
            str(entry[1]): value
            for entry, value in pairs
            if isinstance(entry, list) and len(entry) == 2 and str(entry[0]) == key
        }

    def _begin(self, start: Start) -> Any:
        """Where a link really begins: past bypassed nodes, out of a subgraph or into one. A value where one stands."""
        scope = self
        for _ in range(100):
            if start[0] == str(_INPUTS) and scope.within is not None:
                found = scope._from_outside(start[1], scope.within)
                if not isinstance(found, tuple):
                    return found
                scope, start = scope.within, found
                continue
            node = scope.nodes.get(start[0])
            inner = scope.inside(start[0]) if node is not None else None
            following = None
            if inner is not None:
                following, scope = inner.outputs.get(start[1]), inner
            elif node is not None and node.get("mode") == _BYPASSED:
                following = _past(node, start[1], scope.links)
            else:
                break
            if following is None:
                return None
            start = following
        return [scope.prefix + start[0], start[1]]

    def _from_outside(self, slot: int, within: _Scope) -> Any:
        """What a subgraph's user gives to an input: the beginning of a link, or the value of a widget."""
        entries = _list(self.drawing.get("inputs"))
        name = entries[slot].get("name") if 0 <= slot < len(entries) and isinstance(entries[slot], dict) else None
        user = within.nodes[self.use]
        number = next((number for key, number in _linked(user) if key == name), None)
        if number is not None:
            return within.links.get(number)
        return dict(_widgets(user, str(user.get("type")))).get(str(name))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _links(drawing: Mapping[str, Any]) -> Iterator[tuple[int, Start]]:
    """Each link's number, and the node and slot where it begins."""
    for link in _list(drawing.get("links")):
        if isinstance(link, list) and len(link) >= 5 and isinstance(link[0], int) and isinstance(link[2], int):
            yield link[0], (str(link[1]), link[2])
        elif isinstance(link, dict) and isinstance(link.get("id"), int) and isinstance(link.get("origin_slot"), int):
            yield link["id"], (str(link.get("origin_id")), link["origin_slot"])


def _linked(node: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """The inputs of a node that are links, with the links' numbers."""
    for entry in _list(node.get("inputs")):
        if isinstance(entry, dict) and isinstance(entry.get("link"), int) and isinstance(entry.get("name"), str):
            yield entry["name"], entry["link"]


def _past(node: Mapping[str, Any], slot: int, links: Mapping[int, Start]) -> Start | None:
    """A bypassed node hands its first input of the output's type on."""
    outputs = _list(node.get("outputs"))
    output = outputs[slot] if 0 <= slot < len(outputs) else None
    kind = output.get("type") if isinstance(output, dict) else None
    before = (
        links.get(entry["link"])
        for entry in _list(node.get("inputs"))
        if isinstance(entry, dict) and entry.get("type") == kind and isinstance(entry.get("link"), int)
    )
    return next((link for link in before if link is not None), None)


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
