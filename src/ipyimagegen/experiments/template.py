r"""Prompt templates: `a {red|blue} fox`, and all that it stands for. Used only where somebody asks for it.

| written | stands for |
| --- | --- |
| `{a\|b\|c}` | one of them; `{3::a\|b}` draws `a` three times as often |
| `{2$$a\|b\|c}` | two of them with a comma between; `{1-2$$ and $$a\|b\|c}` one or two, with ` and ` between |
| `__name__` | a line of `name.txt`, or an entry of a YAML or JSON file, in the wildcard folder |
| `__artists/*__` | the same of all files, or lists, in there |
| `\{ \| \} \__` | the character itself |

All else is itself: JSON, `{name}`, `$5`, `#`, lone braces, `50%`. The syntax is that of other tools' prompt templates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Literal, overload

from ..core.arguments import text as checked_text
from ..core.arguments import whole
from ..core.errors import InvalidInput, Problem, capped
from .choices import Joined, Node, OneOf, SomeOf, Text
from .wildcards import Entry, Library, Wildcards, library

MAX_ALL = 100_000
"""More texts than this are not made at once: draw some of them."""
MAX_CHARS = 100_000
"""A longer text is no prompt. It also bounds what nested wildcards can grow to."""
MAX_NESTED = 64
MAX_WAYS = 2_000_000
"""Cells of the table that counts the combinations of `{n$$…}`."""
_BOUND = re.compile(r"\s*(?:(\d{1,6})|(\d{0,6})-(\d{0,6}))\$\$(?:([^{}|]*?)\$\$)?")
_WEIGHT = re.compile(r"\s*(\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})::")
_MARK = re.compile(
    r"\\(?P<escaped>[{}|]|__)"
    r"|__(?P<wildcard>\*{1,2}|[^\W_](?:[\w./*?-]*?[^\W_]|[\w./*?-]*?[*?])??)__"
    r"|[{}|]"
)


class Template:
    """A prompt template, read. Raises `InvalidInput`, which names the column.

    `wildcards` is a folder, or a mapping from names to lists of texts; by default the folder `wildcards` here. Files
    are read once, now.

    >>> Template("a {red|blue} fox").count()
    2
    """

    def __init__(self, text: str, *, wildcards: Wildcards = None) -> None:
        self.text = checked_text(text, "template", "a text such as 'a {red|blue} fox'")
        self._node = _read(text, _Reading(wildcards))

    def count(self) -> int:
        """How many texts it stands for, counted without making them."""
        return self._node.count

    def at(self, index: int) -> str:
        """The text at a place, 0 to `count() - 1`: the leftmost choice changes slowest."""
        if not 0 <= index < self.count():
            raise InvalidInput([Problem("index", f"{index} is not 0 to {self.count() - 1:,}")])
        return self._node.at(index)

    def draw(self, seed: int) -> str:
        """A random text by the weights, the same for the same seed on every machine."""
        return self._node.draw(Random(whole(seed, "seed")))  # noqa: S311 (nothing secret hangs on it)

    def sample(self, n: int, seed: int) -> list[str]:
        """`n` different random texts by the weights. Raises `InvalidInput` where there are not as many."""
        rng = Random(whole(seed, "seed"))  # noqa: S311
        found: dict[str, None] = {}
        tries = 20 * n + 100
        while len(found) < n and tries:
            found[self._node.draw(rng)] = None
            tries -= 1
        if len(found) < n:  # what is left is drawn too rarely: take it in order
            for place in range(min(self.count(), MAX_ALL)):
                if len(found) == n:
                    break
                found[self._node.at(place)] = None
        if len(found) < n:
            raise InvalidInput([Problem("n", f"the template has {len(found):,} different texts, not {n:,}")])
        return list(found)

    def __iter__(self) -> Iterator[str]:
        """All of them, made one by one."""
        return (self._node.at(index) for index in range(self.count()))

    def __repr__(self) -> str:
        return f"<Template {capped(self.text, 80)!r}: {self.count():,} prompts>"


@overload
def expand(template: str, /, *, seed: int | None = None, wildcards: Wildcards = None) -> str: ...
@overload
def expand(template: str, /, *, n: int, seed: int | None = None, wildcards: Wildcards = None) -> list[str]: ...
@overload
def expand(template: str, /, *, all: Literal[True], wildcards: Wildcards = None) -> list[str]: ...
def expand(
    template: str,
    /,
    *,
    seed: int | None = None,
    n: int | None = None,
    all: bool = False,
    wildcards: Wildcards = None,
) -> str | list[str]:
    r"""A random prompt of a template; `n` different ones as a list; or `all` of them in order.

    `{a|b|c}`, `{2$$a|b|c}`, `{3::a|b}`, `__file__` of the folder `wildcards` (or of a mapping) and nested ones; all
    else stays as it is, and `\{` is a brace. The same `seed` draws the same; without one each call draws anew.
    `ig.Template(text).count()` says how many there are. Raises `InvalidInput` with the
    column, and for `all` over 100,000.

    >>> expand("a {red|blue} fox", all=True)
    ['a red fox', 'a blue fox']
    """
    read = Template(template, wildcards=wildcards)
    if all:
        if seed is not None or n is not None:
            raise InvalidInput([Problem("all", "takes neither seed nor n: it draws nothing")])
        if read.count() > MAX_ALL:
            told = f"the template has {capped(f'{read.count():,}', 60)} prompts, over {MAX_ALL:,}; draw some with n="
            raise InvalidInput([Problem("all", told)])
        return list(read)
    drawn = Random().getrandbits(63) if seed is None else seed  # noqa: S311
    return read.draw(drawn) if n is None else read.sample(whole(n, "n", least=1), drawn)


@dataclass(slots=True)
class _Reading:
    """What one template's reading shares with that of its wildcards' entries."""

    source: Wildcards
    depth: int = 0
    nodes: dict[str, Node] = field(default_factory=dict)
    within: list[str] = field(default_factory=list)
    _library: Library | None = None

    def library(self) -> Library:
        """Looked for only where a template names a wildcard."""
        if self._library is None:
            self._library = library(self.source)
        return self._library


@dataclass(slots=True)
class _Frame:
    """A choice that is being read, or (with `start` below 0) the whole text."""

    start: int
    low: int = 1
    high: int | None = None
    joiner: str | None = None
    weight: float = 1.0
    options: list[tuple[Node, float]] = field(default_factory=list)
    parts: list[Node] = field(default_factory=list)


def _read(text: str, reading: _Reading, place: str = "") -> Node:
    opens, bars, closes = _choices_in(text, place)
    stack = [_Frame(-1)]
    literal = 0
    for mark in _MARK.finditer(text):
        here = mark.start()
        is_text = mark.lastgroup is None and here not in opens and here not in bars and here not in closes
        if is_text or here < literal:
            continue
        if literal < here:
            stack[-1].parts.append(Text(text[literal:here]))
        literal = mark.end()
        if mark.lastgroup == "escaped":
            stack[-1].parts.append(Text(mark["escaped"]))
        elif mark.lastgroup == "wildcard":
            stack[-1].parts.append(_wildcard(mark["wildcard"], reading, text, here, place, depth=len(stack)))
        elif here in opens:
            stack.append(_Frame(here))
            if reading.depth + len(stack) > MAX_NESTED:
                raise _wrong(text, here, f"more than {MAX_NESTED} choices within each other", place)
            literal = _begin(stack[-1], text, literal)
        else:
            _next_option(stack[-1])
            if here in bars:
                literal = _weigh(stack[-1], text, literal)
            else:
                frame = stack.pop()
                stack[-1].parts.append(_chosen(frame, text, place))
    stack[0].parts.append(Text(text[literal:]))
    node = _joined(stack[0].parts)
    if node.longest > MAX_CHARS:
        raise InvalidInput([Problem("template", f"makes texts of over {MAX_CHARS:,} characters")])
    return node


def _choices_in(text: str, place: str) -> tuple[set[int], set[int], set[int]]:
    """Where choices begin, go on and end: pairs of braces with a bar between, or with a number and `$$`.

    Other braces and bars are text.
    """
    stack: list[tuple[int, list[int]]] = []
    opens: set[int] = set()
    bars: set[int] = set()
    closes: set[int] = set()
    for mark in _MARK.finditer(text):
        here = mark.start()
        match mark.group():
            case "{":
                stack.append((here, []))
            case "|" if stack:
                stack[-1][1].append(here)
            case "}" if stack:
                start, inside = stack.pop()
                if inside or _BOUND.match(text, start + 1):
                    opens.add(start)
                    bars.update(inside)
                    closes.add(here)
    for start, inside in stack:
        if inside:
            raise _wrong(text, start, r"this '{' begins a choice and no '}' ends it; write \{ for a brace", place)
    return opens, bars, closes


def _begin(frame: _Frame, text: str, at: int) -> int:
    """Read the number of parts and the first weight, if they are given; returns where the first option begins."""
    bound = _BOUND.match(text, at)
    if bound is not None:
        exact, low, high, joiner = bound.groups()
        frame.low = int(exact or low or 1)
        frame.high = int(exact or high or 10**6)
        frame.joiner = ", " if joiner is None else joiner
        at = bound.end()
    return _weigh(frame, text, at)


def _weigh(frame: _Frame, text: str, at: int) -> int:
    weight = _WEIGHT.match(text, at)
    frame.weight = 1.0 if weight is None else float(weight.group(1))
    return at if weight is None else weight.end()


def _next_option(frame: _Frame) -> None:
    frame.options.append((_joined(frame.parts), frame.weight))
    frame.parts = []


def _joined(parts: list[Node]) -> Node:
    return parts[0] if len(parts) == 1 else Joined(tuple(parts)) if parts else Text("")


def _chosen(frame: _Frame, text: str, place: str) -> Node:
    """The choice that a frame holds. An option that stands there twice is one with both weights."""
    weights: dict[Node, float] = {}
    for option, weight in frame.options:
        # `{2$$__colours__}` takes two colours: there a wildcard's entries are the options.
        spread = OneOf((option,), (1.0,))
        if isinstance(option, OneOf) and option.listed and frame.high is not None:
            spread = option
        for node, share in zip(spread.options, spread.weights, strict=True):
            if weight:
                weights[node] = weights.get(node, 0.0) + weight * share
    if not weights:
        raise _wrong(text, frame.start, "every option has the weight 0", place)
    if frame.high is None:
        return next(iter(weights)) if len(weights) == 1 else OneOf(tuple(weights), tuple(weights.values()))
    high = min(frame.high, len(weights))
    low = min(frame.low, len(weights))
    if low > high:
        raise _wrong(text, frame.start, f"{frame.low}-{frame.high} is no range: the lower number comes first", place)
    if high * len(weights) > MAX_WAYS:
        raise _wrong(text, frame.start, f"{high:,} of {len(weights):,} options are too many to count", place)
    return SomeOf(tuple(weights), tuple(weights.values()), low, high, frame.joiner or "")


def _wildcard(name: str, reading: _Reading, text: str, here: int, place: str, *, depth: int) -> Node:
    if name in reading.nodes:
        return reading.nodes[name]
    if name in reading.within:
        circle = " -> ".join(f"__{other}__" for other in (*reading.within[reading.within.index(name) :], name))
        raise _wrong(text, here, f"this wildcard holds itself: {capped(circle, 300)}", place)
    entries = reading.library().find(name)
    if not entries:
        raise _wrong(text, here, f"{reading.library().missing(name)}; write \\__{name}__ for the text itself", place)
    if reading.depth + depth >= MAX_NESTED:
        raise _wrong(text, here, f"more than {MAX_NESTED} wildcards within each other", place)
    reading.depth += depth
    reading.within.append(name)
    try:
        node = _entries(entries, reading, name)
    finally:
        reading.within.pop()
        reading.depth -= depth
    reading.nodes[name] = node
    return node


def _entries(entries: list[Entry], reading: _Reading, name: str) -> Node:
    weights: dict[Node, float] = {}
    for entry in entries:
        found = _WEIGHT.match(entry.text)
        weight, line = (float(found.group(1)), entry.text[found.end() :]) if found else (1.0, entry.text)
        if weight:
            node = _read(line, reading, entry.place or name)
            weights[node] = weights.get(node, 0.0) + weight
    return OneOf(tuple(weights), tuple(weights.values()), listed=True) if weights else Text("")


def _wrong(text: str, at: int, what: str, place: str) -> InvalidInput:
    before = text[:at]
    line, column = before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1
    where = f"line {line}, column {column}" if "\n" in text else f"column {column}"
    return InvalidInput([Problem("template", f"{place}, {where}: {what}" if place else f"{where}: {what}")])
