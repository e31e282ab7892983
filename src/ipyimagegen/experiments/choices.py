"""What a prompt template stands for: a tree whose every text has a number, so that nothing is enumerated to be counted.

Each node knows how many texts it makes (`count`), the one at a place (`at`, from 0, leftmost choice slowest) and a
random one (`draw`). Pure; trees are made by `template`.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from math import prod
from random import Random
from typing import Protocol


class Node(Protocol):
    """A part of a template."""

    @property
    def count(self) -> int:
        """How many texts it makes."""

    @property
    def longest(self) -> int:
        """Characters of the longest one, at most."""

    def at(self, index: int) -> str:
        """The text number `index`, 0 to `count - 1`."""

    def draw(self, rng: Random) -> str:
        """A random text, by the weights. Uses `rng.random()` only, which gives the same numbers in every Python."""


@dataclass(frozen=True)
class Text:
    """Itself."""

    text: str
    count = 1

    @property
    def longest(self) -> int:
        """Its characters."""
        return len(self.text)

    def at(self, index: int) -> str:  # noqa: ARG002 (there is one)
        """The text."""
        return self.text

    def draw(self, rng: Random) -> str:  # noqa: ARG002 (there is one)
        """The text."""
        return self.text


@dataclass(frozen=True)
class Joined:
    """Parts one after another: every text of each with every text of the others."""

    parts: tuple[Node, ...]

    @cached_property
    def count(self) -> int:
        """The product of the parts' counts."""
        return prod(part.count for part in self.parts)

    @cached_property
    def longest(self) -> int:
        """The sum of the parts' longest."""
        return sum(part.longest for part in self.parts)

    def at(self, index: int) -> str:
        """As digits of a number: the last part changes fastest."""
        texts = []
        for part in reversed(self.parts):
            index, place = divmod(index, part.count)
            texts.append(part.at(place))
        return "".join(reversed(texts))

    def draw(self, rng: Random) -> str:
        """A random text of each part."""
        return "".join(part.draw(rng) for part in self.parts)


@dataclass(frozen=True)
class OneOf:
    """One of several, each with its weight (over 0) among the others. `listed`: they are a wildcard's entries."""

    options: tuple[Node, ...]
    weights: tuple[float, ...]
    listed: bool = False

    @cached_property
    def _ends(self) -> Sequence[int]:
        return list(accumulate(option.count for option in self.options))

    @cached_property
    def _weight_ends(self) -> Sequence[float]:
        return list(accumulate(self.weights))

    @property
    def count(self) -> int:
        """The sum of the options' counts."""
        return self._ends[-1]

    @cached_property
    def longest(self) -> int:
        """That of the longest option."""
        return max(option.longest for option in self.options)

    def at(self, index: int) -> str:
        """Option after option, as written."""
        place = bisect_right(self._ends, index)
        return self.options[place].at(index - (self._ends[place - 1] if place else 0))

    def draw(self, rng: Random) -> str:
        """One option, by weight."""
        place = bisect_right(self._weight_ends, rng.random() * self._weight_ends[-1])
        return self.options[min(place, len(self.options) - 1)].draw(rng)


@dataclass(frozen=True)
class SomeOf:
    """`low` to `high` of several, none twice, in the order in which they are written."""

    options: tuple[Node, ...]
    weights: tuple[float, ...]
    low: int
    high: int
    joiner: str

    @cached_property
    def _ways(self) -> list[list[int]]:
        """`_ways[i][k]`: the texts that take `k` of the options from `i` on (elementary symmetric sums)."""
        ways = [[1] + [0] * self.high]
        for option in reversed(self.options):
            after = ways[-1]
            ways.append([1] + [after[k] + option.count * after[k - 1] for k in range(1, self.high + 1)])
        return ways[::-1]

    @cached_property
    def count(self) -> int:
        """Those with `low` parts, with one more, and so on."""
        return sum(self._ways[0][self.low : self.high + 1])

    @cached_property
    def longest(self) -> int:
        """That of the longest options together."""
        lengths = heapq.nlargest(self.high, (option.longest for option in self.options))
        return sum(lengths) + len(self.joiner) * max(0, self.high - 1)

    def at(self, index: int) -> str:
        """The fewest parts first; among as many, those with the earlier options first."""
        many = self.low
        while index >= self._ways[0][many]:
            index -= self._ways[0][many]
            many += 1
        texts = []
        for place, option in enumerate(self.options):
            if many == 0:
                break
            rest = self._ways[place + 1][many - 1]
            if index < option.count * rest:
                which, index = divmod(index, rest)
                texts.append(option.at(which))
                many -= 1
            else:
                index -= option.count * rest
        return self.joiner.join(texts)

    def draw(self, rng: Random) -> str:
        """As many as chance says, each next one by weight among those left."""
        many = self.low + int(rng.random() * (self.high - self.low + 1))
        # The largest of u^(1/weight) are a weighted sample without replacement (Efraimidis and Spirakis, 2006).
        keys = [(rng.random() ** (1 / weight), place) for place, weight in enumerate(self.weights)]
        places = sorted(place for _, place in heapq.nlargest(many, keys))
        return self.joiner.join(self.options[place].draw(rng) for place in places)
