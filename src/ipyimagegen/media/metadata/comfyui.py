"""ComfyUI: which sampler made the picture, and what its words, settings, model and size are.

A graph is no list of parameters. The first of several passes is what a user means by "the" settings; a node that only
saves, and names numbers for it, is no sampler.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...core.events import JSON
from .comfy_graph import MAX_HOPS, PIPES, Graph, Link, Node, as_link, read
from .comfy_parts import model, size
from .comfy_text import Words, words

_SAVES = re.compile(r"save|output|export|VideoCombine", re.IGNORECASE)
_SHOWS = re.compile(r"preview|show|display|note|metadata|info", re.IGNORECASE)
_SETTINGS = frozenset(
    (
        "seed",
        "noise_seed",
        "steps",
        "cfg",
        "sampler_name",
        "sigmas",
        "sampler",
        "denoise",
        "scheduler",
        "guidance",
        "true_gs",
    )
)
_FED = (
    "model",
    "guider",
    "latent_image",
    "latent",
    "latents",
    "samples",
    "optional_latent_image",
    "pipe",
    "basic_pipe",
)
_FED_ALSO = ("context", "ctx", "sdxl_tuple", "model_patcher")
_POSITIVE = (
    "positive",
    "conditioning",
    "pos",
    "cond1",
    "cond",
    "positive_cond",
    "text_embeds",
    "conditioning_positive",
)
_NEGATIVE = ("negative", "neg_conditioning", "neg", "negative_cond", "conditioning_negative")

_MAX_ASKED = 1_000


@dataclass(frozen=True, slots=True)
class Read:
    """What could be made out of a graph; names as ComfyUI has them."""

    prompt: str = ""
    negative_prompt: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()


def read_graph(data: Mapping[str, Any], drawing: Mapping[str, Any] | None = None) -> Read | None:
    """The words and settings of the sampler that began the picture, `None` for what is no graph. Never raises."""
    graph = read(data, drawing)
    return None if graph is None else _read(graph)


def _read(graph: Graph) -> Read:
    chosen, others = _chosen(graph)
    if chosen is None:
        return Read(doubts=tuple(graph.doubts)) if others else _without_sampler(graph)
    source = graph.at(chosen.link(("guider",))) or chosen
    positive = _words(graph, source, _POSITIVE, "positive")
    negative = _words(graph, source, _NEGATIVE, "negative", may_lack=True)
    params = _settings(graph, chosen, source)
    if source.link(("cond2",)) and (second := _plain(_words(graph, source, ("cond2",), "negative"))):
        graph.doubt(f"{source} guides by a second prompt: {second[:200]}")
    if different := [other for other in others if _prompt(graph, other) != _plain(positive)]:
        names = ", ".join(map(str, different[:3])) + (f" and {len(different) - 3} more" if len(different) > 3 else "")
        graph.doubt(f"a part or a later pass of the picture has another prompt: {names}")
    if positive.parts:
        where = "; ".join(part[:200] for part in positive.parts[:20])
        graph.doubt(f"some of the prompt is for parts of the picture or some of the steps only: {where}")
        params["regional_prompts"] = list(positive.parts)
    return Read(_plain(positive), _plain(negative), params, tuple(graph.doubts))


def _plain(found: Words) -> str:
    """The words as one prompt; none where some of them could not be told."""
    return "\n".join(found.whole or found.parts) if found.known else ""


def _prompt(graph: Graph, sampler: Node) -> str:
    return _plain(_words(graph, graph.at(sampler.link(("guider",))) or sampler, _POSITIVE, "positive"))


def _words(graph: Graph, node: Node, names: Sequence[str], want: Any, *, may_lack: bool = False) -> Words:
    for holder in (node, *_pipes(graph, node)):
        for name in names:
            value = holder.inputs.get(name)
            if isinstance(value, str):
                return Words([value] if value.strip() else [])
            if (link := as_link(value)) is not None:
                return words(graph, link, want)
    if not may_lack:
        graph.doubt(f"{node} has no prompt that is known")
    return Words(known=may_lack)


def _pipes(graph: Graph, node: Node) -> Iterator[Node]:
    """The nodes from which a bundle of model, prompts and latent comes, nearest first."""
    for _ in range(MAX_HOPS):
        before = graph.at(node.link(PIPES))
        if before is None:
            return
        yield before
        node = before


def is_sampler(node: Node) -> bool:
    """Whether a node makes latents out of noise: by what it is fed with, as classes are many."""
    if _SAVES.search(node.kind) or _SHOWS.search(node.kind):
        return False
    if node.link(("guider",)) and node.link(("sigmas",)):
        return True
    fed = node.link((*_FED, *_FED_ALSO)) is not None
    prompted = node.link((*_POSITIVE, *PIPES)) is not None
    return fed and prompted and len(_SETTINGS & node.inputs.keys()) >= 2


def _chosen(graph: Graph) -> tuple[Node | None, list[Node]]:
    """The sampler whose settings are the picture's, and the others that had a part in it."""
    samplers = [node for node in graph.nodes.values() if is_sampler(node)]
    saving = [node for node in graph.nodes.values() if _SAVES.search(node.kind)]
    for last in (saving, [node for node in graph.nodes.values() if node.id not in graph.users]):
        reached = graph.before(last) | {node.id for node in last}
        if relevant := [node for node in samplers if node.id in reached]:
            break
    else:
        relevant = samplers
    if len(relevant) < 2:
        return (relevant[0] if relevant else None), []
    behind, before = graph.behind(relevant), graph.before(relevant)
    first = [node for node in relevant if node.id not in behind] or relevant[:1]
    final = [node for node in relevant if node.id not in before] or relevant[-1:]
    others = [node for node in relevant[:20] if node is not first[0]]
    if len(first) == 1:
        if len(final) > 1:
            graph.doubt("the graph makes several pictures from one beginning; which one this is, the file does not say")
            if len({_prompt(graph, node) for node in final[:20]}) > 1:
                return None, others
        return first[0], others
    if len(final) == 1:
        graph.doubt(f"the picture is put together from {len(first)} others; the settings are those of the last pass")
        return final[0], [node for node in relevant[:20] if node is not final[0]]
    prompts = {_prompt(graph, node) for node in first[:20]}
    graph.doubt(f"the graph makes {len(first)} pictures; which one this is, the file does not say")
    return (first[0], []) if len(prompts) == 1 else (None, first)


def _without_sampler(graph: Graph) -> Read:
    """Graphs whose model is a service, and drawings of one text; of several texts none is taken."""
    reached = graph.before(node for node in graph.nodes.values() if _SAVES.search(node.kind))
    asked = [graph.nodes[key] for key in reached if "prompt" in graph.nodes[key].inputs]
    prompted = [node for node in asked[:_MAX_ASKED] if "clip" not in node.inputs and graph.text(node, "prompt")]
    if len(prompted) == 1:
        node = prompted[0]
        params = {name: graph.value(node, name) for name in ("seed", "width", "height", "aspect_ratio", "model")}
        known = {name: value for name, value in params.items() if value is not None}
        negative = graph.text(node, "negative_prompt")
        return Read(graph.text(node, "prompt"), negative, {"model": node.kind} | known, tuple(graph.doubts))
    # One that something takes may be the negative prompt of it.
    encoders = [node for node in graph.nodes.values() if "TextEncode" in node.kind and node.id not in graph.users]
    texts = {text for node in encoders[:_MAX_ASKED] if (text := graph.text(node, "text", "prompt")).strip()}
    graph.doubt("no sampler that is known is in the graph")
    return Read(texts.pop() if len(texts) == 1 else "", doubts=tuple(graph.doubts))


def _settings(graph: Graph, node: Node, source: Node) -> dict[str, JSON]:
    """Seed, steps, cfg, sampler, scheduler, strength, model, LoRAs and size."""
    noise = graph.at(node.link(("noise",)))
    sigmas = _with_steps(graph, node.link(("sigmas",)))
    chooser = graph.at(node.link(("sampler",)))
    holders = [holder for holder in (node, source, noise, sigmas, *_pipes(graph, node)) if holder is not None]
    found: dict[str, Any] = {
        "seed": _first(graph, holders, "seed", "noise_seed"),
        "steps": _first(graph, holders, "steps"),
        "cfg": _first(graph, holders, "cfg", "cfg_conds", "true_gs"),
        "sampler_name": graph.text(node, "sampler_name") or _sampler_of(graph, chooser),
        "scheduler": graph.text(node, "scheduler") or (_scheduler_of(graph, sigmas) if sigmas is not None else ""),
        "denoise": _first(graph, [holder for holder in (node, sigmas) if holder is not None], "denoise"),
        "guidance": _guidance(graph, source),
    }
    if found["guidance"] is not None:
        found["distilled_guidance_scale"] = found["guidance"]
    del found["guidance"]
    if found["denoise"] == 1:
        del found["denoise"]
    name, loras = model(graph, holders)
    found |= {"model": name, "loras": loras} | size(graph, holders)
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def _first(graph: Graph, holders: Sequence[Node], *names: str) -> int | float | None:
    return next((value for holder in holders if (value := graph.number(holder, *names)) is not None), None)


def _with_steps(graph: Graph, link: Link | None) -> Node | None:
    """The scheduler behind nodes that split or turn its sigmas."""
    for _ in range(MAX_HOPS):
        node = graph.at(link)
        if node is None or "steps" in node.inputs:
            return node
        link = node.link(("sigmas", "sigmas_a", "sigmas_1"))
    return None


def _sampler_of(graph: Graph, node: Node | None) -> str:
    if node is None:
        return ""
    name = graph.text(node, "sampler_name", "sampler")
    return name or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", node.kind.removeprefix("Sampler")).lower()


def _scheduler_of(graph: Graph, node: Node) -> str:
    return graph.text(node, "scheduler") or node.kind.removesuffix("Scheduler")


def _guidance(graph: Graph, source: Node) -> int | float | None:
    """What a node such as FluxGuidance says on the way to the words: no cfg, but a number that the model was taught."""
    link = source.link(_POSITIVE)
    for _ in range(MAX_HOPS):
        node = graph.at(link)
        if node is None:
            return None
        if "guidance" in node.inputs:
            return graph.number(node, "guidance")
        link = node.link(("conditioning", "positive"))
    return None
