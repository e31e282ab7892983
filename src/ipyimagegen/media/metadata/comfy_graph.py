"""ComfyUI's graph as it ran: nodes by id, each with a `class_type` and `inputs` that are values or links `[id, slot]`.

Format: docs.comfy.org/development/core-concepts/workflow ("API format"). Nodes of other people's making come in
thousands; what is not known by its class is told by the names of its inputs, and what cannot be told is in doubt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

MAX_HOPS = 100
"""How many nodes a value is followed through. Circles are possible in hostile files."""
_MAX_INPUTS = 500
_MAX_DOUBTS = 50
PIPES = (
    *("pipe", "basic_pipe", "detailer_pipe", "context", "ctx", "sdxl_tuple"),
    *("base_ctx", "pipe_opt", "optional_pipe", "loader_pipe"),
)
"""Inputs that bring a bundle of model, prompts and latent."""
_APART = ("model", "clip", "vae")

Link = tuple[str, int]
_VALUES = ("value", "Value", "int", "float", "number", "Number", "seed", "text", "Text", "string", "String", "input")
_COMPUTED = re.compile(
    r"math|expression|calculat|random|switch|select|index|wildcard|evaluate|operation", re.IGNORECASE
)
_LOOSE_SIZE = re.compile(r"(\d{2,5})\s{0,3}[x×]\s{0,3}(\d{2,5})")


@dataclass(frozen=True, slots=True)
class Node:
    """One node. `outputs` are the names of its slots where the editor's drawing in the same file tells them."""

    id: str
    kind: str
    inputs: Mapping[str, Any]
    outputs: tuple[str, ...] = ()

    def links(self) -> Iterator[tuple[str, Link]]:
        """The inputs that are links, by name."""
        for name, value in self.inputs.items():
            if (link := as_link(value)) is not None:
                yield name, link

    def link(self, names: Iterable[str]) -> Link | None:
        """The first of these inputs that is a link."""
        return next((link for name in names if (link := as_link(self.inputs.get(name))) is not None), None)

    def switched(self) -> str:
        """Of a node that passes one of its inputs on by number, the name of that input; else `""`."""
        if not re.search("switch|select", self.kind, re.IGNORECASE):
            return ""
        chosen = next(
            (self.inputs[name] for name in ("select", "Input", "input", "index") if name in self.inputs), None
        )
        if not isinstance(chosen, int):
            return ""
        names = [name for name in self.inputs if re.fullmatch(rf"[A-Za-z_]+0?{chosen}", name)]
        return names[0] if len(names) == 1 else ""

    def __str__(self) -> str:
        return f"node {self.id[:20]} ({self.kind[:60]})"


def as_link(value: object) -> Link | None:
    """The node and the slot that an input leads to, `None` for a value."""
    if not (isinstance(value, list) and len(value) == 2 and isinstance(value[0], str | int)):
        return None
    slot = value[1]
    return (str(value[0]), slot) if isinstance(slot, int) and not isinstance(slot, bool) and 0 <= slot < 1_000 else None


@dataclass(frozen=True, slots=True)
class Graph:
    """All nodes, and what was doubtful on the way through them."""

    nodes: Mapping[str, Node]
    doubts: list[str] = field(default_factory=list)
    users: dict[str, list[tuple[Node, str, int]]] = field(default_factory=dict)
    """For each node those that take its outputs: the taker, the name of its input, the slot."""

    def __post_init__(self) -> None:
        for node in self.nodes.values():
            for name, (source, slot) in node.links():
                self.users.setdefault(source, []).append((node, name, slot))

    def at(self, link: Link | None) -> Node | None:
        """The node that a link leads to."""
        return self.nodes.get(link[0]) if link is not None else None

    def doubt(self, text: str) -> None:
        """Note what is not certain."""
        if text not in self.doubts and len(self.doubts) < _MAX_DOUBTS:
            self.doubts.append(text)

    def before(self, start: Iterable[Node]) -> set[str]:
        """The ids of all nodes on which these depend, without themselves unless they stand before another.

        Not through a model: a picture that only taught it (IPAdapter) is not one from which this one began.
        """
        return self._reached(start, lambda node: (link[0] for name, link in node.links() if name not in _APART))

    def behind(self, start: Iterable[Node]) -> set[str]:
        """The ids of all nodes that depend on these, not through a model."""
        return self._reached(
            start, lambda node: (user.id for user, name, _ in self.users.get(node.id, ()) if name not in _APART)
        )

    def _reached(self, start: Iterable[Node], steps: Callable[[Node], Iterator[str]]) -> set[str]:
        seen: set[str] = set()
        todo = list(start)
        while todo:
            for other in steps(todo.pop()):
                if other not in seen and other in self.nodes:
                    seen.add(other)
                    todo.append(self.nodes[other])
        return seen

    def value(self, node: Node, name: str) -> str | int | float | None:
        """An input's value: its own, or what a node of one value holds. `None` for none, with a doubt if linked."""
        held = node.inputs.get(name)
        link = as_link(held)
        if link is None:
            return _scalar(held)
        source = None
        for _ in range(MAX_HOPS):
            source = self.at(link)
            if source is None or link is None:
                return None
            found, link = _held(source, name, link[1])
            if found is not None:
                return found
            if link is None:
                break
        self.doubt(f"{name} comes from {source}, whose result is not in the file")
        return None

    def number(self, node: Node, *names: str) -> int | float | None:
        """The first of these inputs that is a number, or leads to one."""
        for name in names:
            if name in node.inputs:
                value = self.value(node, name)
                if isinstance(value, int | float):
                    return value
                if isinstance(value, str) and re.fullmatch(r"-?\d{1,20}(\.\d{1,9})?", value.strip()):
                    return float(value) if "." in value else int(value)
        return None

    def text(self, node: Node, *names: str) -> str:
        """The first of these inputs that is a text, or leads to one."""
        values = (self.value(node, name) for name in names if name in node.inputs)
        return next((value for value in values if isinstance(value, str) and value), "")


def _scalar(value: object) -> str | int | float | None:
    if isinstance(value, dict):  # nodes with a preview keep {"content": name, "image": …}
        value = value.get("content", value.get("name"))
    return value if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def _held(node: Node, name: str, slot: int) -> tuple[str | int | float | None, Link | None]:
    """What a node holds under that name, or its only value; or the link by which it has it from elsewhere."""
    if name in ("width", "height") and (ratio := _ratio(node)):
        size = _LOOSE_SIZE.search(ratio)
        return (int(size[1 if name == "width" else 2]) if size and not _is_swapped(node) else None), None
    links = [link for _, link in node.links()]
    values = [value for value in map(_scalar, node.inputs.values()) if value is not None]
    if _COMPUTED.search(node.kind) and len(links) + len(values) > 1:
        return None, None
    for key in (name, *_VALUES):
        if key in node.inputs:
            return _scalar(node.inputs[key]), as_link(node.inputs[key])
    if len(links) == 1 and not values:
        return None, links[0]
    if not links and len(values) == 1:
        return values[0], None
    numbers = [value for value in values if not isinstance(value, str)]
    return (numbers[slot], None) if not links and len(numbers) == len(node.outputs) > slot else (None, None)


def _ratio(node: Node) -> str:
    """The words of a node that offers sizes: `3:4 portrait 896x1152`; `""` where its own width and height count."""
    words = (node.inputs.get(name) for name in ("aspect_ratio", "resolution", "dimensions", "size", "ratio"))
    return next((word for word in words if isinstance(word, str) and "custom" not in word.lower()), "")


def _is_swapped(node: Node) -> bool:
    return any("swap" in name and value not in (False, "Off", "false") for name, value in node.inputs.items())


def read(data: Mapping[str, Any], drawing: Mapping[str, Any] | None = None) -> Graph | None:
    """The graph in a file's JSON, `None` for what is none. `drawing` is the editor's, for the names of slots."""
    names = _slot_names(drawing or {})
    nodes = {
        str(key): Node(
            str(key), node["class_type"], dict(islice(node["inputs"].items(), _MAX_INPUTS)), names.get(str(key), ())
        )
        for key, node in data.items()
        if isinstance(node, dict) and isinstance(node.get("class_type"), str) and isinstance(node.get("inputs"), dict)
    }
    return Graph(nodes) if nodes else None


def _slot_names(drawing: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    nodes = drawing.get("nodes")
    found = {}
    for node in nodes if isinstance(nodes, list) else ():
        outputs = node.get("outputs") if isinstance(node, dict) else None
        if isinstance(outputs, list):
            found[str(node.get("id"))] = tuple(
                str(output.get("name") if isinstance(output, dict) else "")[:60] for output in outputs[:50]
            )
    return found
