"""The words behind a sampler's `positive` and `negative` in a ComfyUI graph: from slot to slot, back to where they are.

A node that passes both on gives the one or the other by its slot. A zeroed conditioning has no words, whatever is
behind it. Words for parts of a picture are told apart from those for all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from .comfy_graph import MAX_HOPS, PIPES, Graph, Link, Node, as_link
from .names import MAX_PROMPT_CHARS

Want = Literal["positive", "negative"]
_MAX_BRANCHES = 40
_MAX_TEXTS = 50
_MAX_LOOKS = 5_000
_POSITIVE = re.compile(r"(^|_)(positive|pos)(_|$|\d)|^cond1$|^conditioning\+$", re.IGNORECASE)
_NEGATIVE = re.compile(r"(^|_)(negative|neg|uncond)(_|$|\d)|^conditioning-$", re.IGNORECASE)
_CONDITIONING = re.compile(r"^(.*_)?cond(itioning)?s?(_.*|\d*)$|positive|negative|^text_embeds$|^c$", re.IGNORECASE)
_NOT_WORDS = re.compile(
    r"clip_vision|(^|_)clip\d*$|(^|_)(vae|model|image|images|control_net|mask|pixels|latent|video)(_|\d|$)",
    re.IGNORECASE,
)
_ZEROED = re.compile(r"zero_?out", re.IGNORECASE)
_PART = re.compile(
    r"SetArea|SetMask|SetProperties|Regional|AttentionCouple|TimestepRange|TimestepsRange", re.IGNORECASE
)
_TEXTUAL = re.compile(r"(text|string|prompt|primitive|literal|concat|join|wildcard|style)(?!.*encode)", re.IGNORECASE)
_JOINS = re.compile(r"concat|join|combine|append|merge|add", re.IGNORECASE)
_WRITES = re.compile(r"llm|ollama|gpt|caption|interrogat|tagger|florence|translat|generat", re.IGNORECASE)
_VARIES = re.compile(r"wildcard|random|dynamic|style", re.IGNORECASE)
_TEMPLATE = re.compile(r"\{[^{}]*\||__\w")
"""Choices and wildcards: what became of them is not in the graph, but in `populated_text` where a node keeps it."""
_NO_TEXT = re.compile(
    r"delimiter|separator|^sep$|mode|action|style|model|filename|path|clean|linebreak|seed|type|device|normaliz|"
    r"interpretation|name|language|format|encoding|lora|tidy|^result$|join_with",
    re.IGNORECASE,
)
_POPULATED = "populated_text"
_ENCODED = (
    _POPULATED,
    "text",
    "prompt",
    "t5xxl",
    "text_g",
    "clip_g",
    "llama",
    "text_l",
    "clip_l",
    "positive_prompt",
    "string",
    "value",
)
_SLOTS = {
    "ApplyInstantID": (1, 2),
    "Efficient Loader": (1, 2),
    "Eff. Loader SDXL": (1, 2),
    "FromBasicPipe_v2": (4, 5),
    "FromBasicPipe": (3, 4),
    "FromDetailerPipe_v2": (4, 5),
    "FromDetailerPipe": (3, 4),
}
"""Nodes whose two conditionings are not their first two slots, and whose files may lack the editor's drawing."""


@dataclass(slots=True)
class Words:
    """The words found: `whole` for all of the picture, `parts` for regions or for some of the steps."""

    whole: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    known: bool = True

    def add(self, text: str, *, part: bool) -> None:
        """Note a text that is not there yet."""
        target = self.parts if part else self.whole
        if text.strip() and text not in target and len(target) < _MAX_TEXTS:
            target.append(text)


def words(graph: Graph, link: Link | None, want: Want) -> Words:
    """What stands behind a sampler's input."""
    found = Words()
    walk = _Walk(graph, want, found)
    walk.conditioning(link, part=False)
    return found


@dataclass(slots=True)
class _Walk:
    graph: Graph
    want: Want
    found: Words
    seen: set[tuple[str, int, bool]] = field(default_factory=set)
    branches: int = 0
    texts: int = 0

    def unknown(self, why: str) -> None:
        self.found.known = False
        self.graph.doubt(why)

    def conditioning(self, link: Link | None, *, part: bool) -> None:
        """Follow a conditioning through nodes that change it, until there are words, or none."""
        side: Want | None = None  # once out of a bundle: which of its two prompts
        for _ in range(MAX_HOPS):
            node = self.graph.at(link)
            if node is None or link is None:
                self.unknown(f"the {self.want} prompt leads out of the graph")
                return
            if (*link, part) in self.seen or _ZEROED.search(node.kind):
                return
            self.seen.add((*link, part))
            part = part or _PART.search(node.kind) is not None
            bundle = node.link(PIPES)
            if (sides := self._sides(node, link[1], side)) is not None:
                side, link = None, self._through(node, *sides, part=part)
            elif bundle is not None:
                side = side or self._side(node, link[1])
                link = self._own(node, side) or bundle
            elif (switched := as_link(node.inputs.get(node.switched()))) is not None:
                link = switched
            else:
                link = self._onward(node, part=part)
            if link is None:
                return
        self.unknown(f"the {self.want} prompt is too many nodes away")

    def _through(self, node: Node, name: str, value: object, *, part: bool) -> Link | None:
        """Past a node that passes both prompts on, where its input is a conditioning; a text is the end."""
        link = as_link(value)
        if link is not None and not self._is_text(link):
            return link
        self._say(self._string(name, value), node, part=part)
        return None

    @staticmethod
    def _own(node: Node, side: Want) -> Link | None:
        """What a node puts into a bundle in place of what was there."""
        pattern = _POSITIVE if side == "positive" else _NEGATIVE
        return next((link for name, link in node.links() if pattern.search(name)), None)

    def _onward(self, node: Node, *, part: bool) -> Link | None:
        """The words of an encoder, or the one conditioning that a node changes; several are followed from here."""
        inputs = [link for name, link in node.links() if _CONDITIONING.search(name) and not _NOT_WORDS.search(name)]
        if texts := self._encoded(node):
            self._say_all(node, texts, part=part or bool(inputs))
            if not inputs:
                return None
        if len(inputs) > 1:
            self._branch(node, inputs, part=part)
            return None
        others = [link for name, link in node.links() if not _NOT_WORDS.search(name)]
        if not inputs and len(others) != 1:
            self.unknown(f"the {self.want} prompt comes from {node}, which is not known")
            return None
        return (inputs or others)[0]

    def _branch(self, node: Node, inputs: Sequence[Link], *, part: bool) -> None:
        self.branches += 1
        if self.branches > _MAX_BRANCHES:
            self.unknown(f"the {self.want} prompt has too many branches")
            return
        if re.search("average|blend|lerp", node.kind, re.IGNORECASE):
            self.graph.doubt(f"{node} mixes several {self.want} prompts: all of them are given")
        for entry in inputs[:_MAX_TEXTS]:
            self.conditioning(entry, part=part)

    def _is_text(self, link: Link) -> bool:
        """Whether a link to a node's `positive` brings a text, and no conditioning: loaders take texts there."""
        node = self.graph.at(link)
        return (
            node is not None
            and _TEXTUAL.search(node.kind) is not None
            and not any(name in node.inputs for name in ("clip", "conditioning"))
            and (not any(_CONDITIONING.search(name) for name, _ in node.links()) and not _ZEROED.search(node.kind))
        )

    def _sides(self, node: Node, slot: int, side: Want | None = None) -> tuple[str, object] | None:
        """Of a node that passes a positive and a negative prompt on, the input that comes out at this slot."""
        names = [name for name, value in node.inputs.items() if isinstance(value, str | list)]
        positive = next((name for name in names if _POSITIVE.search(name)), None)
        negative = next((name for name in names if _NEGATIVE.search(name)), None)
        if positive is None or negative is None:
            return None
        side = side or self._side(node, slot)
        name = positive if side == "positive" else negative
        return name, node.inputs[name]

    def _side(self, node: Node, slot: int) -> Want:
        said = node.outputs[slot] if slot < len(node.outputs) else ""
        if _POSITIVE.search(said) or said.endswith("+"):
            return "positive"
        if _NEGATIVE.search(said) or said.endswith("-"):
            return "negative"
        pair = next((slots for kind, slots in _SLOTS.items() if node.kind.startswith(kind)), None)
        if pair is None:
            users = self.graph.users.get(node.id, ())
            used = sorted({number for _, name, number in users if _CONDITIONING.search(name) or number == slot})
            pair = (used[0], used[1]) if len(used) > 1 else (0, 1)
        if slot not in pair:
            self.graph.doubt(f"which prompt leaves {node} at slot {slot} is not known")
            return self.want
        return "positive" if slot == pair[0] else "negative"

    def _encoded(self, node: Node) -> list[str]:
        """The names of the inputs that hold words, most telling first; none for a node that encodes nothing."""
        names = [name for name in _ENCODED if name in node.inputs]
        if "clip" not in node.inputs and not re.search("encode|prompt|text", node.kind, re.IGNORECASE):
            names = [name for name in names if isinstance(node.inputs[name], str)]
        return [name for name in names if isinstance(node.inputs[name], str) or as_link(node.inputs[name])]

    def _say_all(self, node: Node, names: Iterable[str], *, part: bool) -> None:
        texts = {name: text for name in names if (text := self._string(name, node.inputs[name])) is not None}
        filled = {name: text for name, text in texts.items() if text.strip()}
        main = next(iter(filled), "")
        self._say(filled[main] if main else (None if not texts else ""), node, part=part)
        for name, text in filled.items():
            if text.strip() != filled[main].strip():
                self.graph.doubt(f"{node} has another text for {name}: {text[:200]}")

    def _say(self, text: str | None, node: Node, *, part: bool) -> None:
        if text is None:
            self.unknown(f"the text of {node} is not in the file")
        else:
            self.found.add(text, part=part)

    def _string(self, name: str, value: object) -> str | None:
        if isinstance(value, str):
            return value
        return self.string(as_link(value), name) if as_link(value) is not None else None

    def string(self, link: Link | None, name: str = "text", depth: int = 0) -> str | None:
        """The text that comes out of a node of texts, `None` where it cannot be told."""
        for _ in range(MAX_HOPS):
            node = self.graph.at(link)
            self.texts += 1
            if node is None or link is None or depth > 20 or self.texts > _MAX_LOOKS:
                return None
            candidates = self._candidates(node, link[1], name)
            if candidates != [_POPULATED] and (_WRITES.search(node.kind) or _VARIES.search(node.kind)):
                self.graph.doubt(f"{node} makes or changes texts; what came out of it is not in the file")
                held = [node.inputs[key] for key in candidates]
                template = any(isinstance(text, str) and _TEMPLATE.search(text) for text in held)
                if _WRITES.search(node.kind) or template or len(held) != 1:
                    return None
            if len(candidates) > 1 and self._joins(node):
                return self._joined(node, candidates, depth)
            if len(candidates) != 1:
                if candidates:
                    self.graph.doubt(f"{node} holds several texts; which of them was used is not in the file")
                return None
            value = node.inputs[candidates[0]]
            if isinstance(value, str):
                return value
            link = as_link(value)
        return None

    def _candidates(self, node: Node, slot: int, name: str) -> list[str]:
        """The inputs that may be what comes out of this slot."""
        if isinstance(node.inputs.get(_POPULATED), str):  # Impact Pack: the text after its wildcards
            return [_POPULATED]
        if (sides := self._sides(node, slot)) is not None:
            return [sides[0]]
        if (switched := node.switched()) in node.inputs:
            return [switched]
        links = {key for key, _ in node.links()}
        names = [
            key
            for key, value in node.inputs.items()
            if (key in links and not _NOT_WORDS.search(key)) or (isinstance(value, str) and not _NO_TEXT.search(key))
        ]
        filled = [key for key in names if key in links or node.inputs[key].strip()]
        if not filled:
            return names[:1]
        linked = [key for key in filled if key in links]
        if len(filled) > 1 and len(linked) == 1 and re.search("show|display|preview", node.kind, re.IGNORECASE):
            return linked
        if len(filled) > 1 and not self._joins(node):
            said = node.outputs[slot].lower() if slot < len(node.outputs) else name if slot == 0 else ""
            return [said] if said in filled else filled
        return filled

    @staticmethod
    def _joins(node: Node) -> bool:
        return _JOINS.search(node.kind) is not None or node.inputs.get("action") == "append"

    def _joined(self, node: Node, names: Sequence[str], depth: int) -> str | None:
        between = next(
            (node.inputs[key] for key in node.inputs if re.search("delim|separator|^sep$|join_with", key)), None
        )
        between = between.replace("\\n", "\n") if isinstance(between, str) else ", "
        parts = []
        for name in names[:_MAX_TEXTS]:
            value = node.inputs[name]
            text = value if isinstance(value, str) else self.string(as_link(value), name, depth + 1)
            if text is None:
                return None
            parts.append(text)
            if sum(map(len, parts)) > MAX_PROMPT_CHARS:
                return None
        return between.join(part for part in parts if part)
