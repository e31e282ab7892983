"""What a job was given, for as long as there is room: pictures of jobs that have ended are forgotten, oldest first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .orders import Order

SHORT_CHARS = 1_000
"""Longer texts of an input are shortened with its pictures: they are base64 or `data:` URIs."""


MAX_DEPTH = 20


class KeptInputs:
    """Counts the bytes of jobs' inputs, by job id, and says whose are to be forgotten.

    `capacity_bytes` is for all of them together. Those of jobs that have not ended are never forgotten: `full` says
    that no more can be taken in for now.
    """

    def __init__(self, capacity_bytes: int) -> None:
        self.capacity_bytes = capacity_bytes
        self._open: dict[str, int] = {}
        self._ended: OrderedDict[str, int] = OrderedDict()
        self._bytes = 0

    def full(self, order: Order, inputs: Mapping[str, object]) -> bool:
        """Whether these inputs, and those of the jobs that are waiting or running, are more than is held."""
        return bool(self._open) and sum(self._open.values()) + weight(order, inputs) > self.capacity_bytes

    def opened(self, job_id: str, order: Order, inputs: Mapping[str, object]) -> None:
        """A job was taken in."""
        self._open[job_id] = weight(order, inputs)
        self._bytes += self._open[job_id]

    def ended(self, job_id: str) -> None:
        """A job is over; its inputs may be forgotten from now on."""
        if job_id in self._open:
            self._ended[job_id] = self._open.pop(job_id)

    def forgotten(self, job_id: str) -> None:
        """A job itself is no longer known."""
        self._bytes -= self._ended.pop(job_id, 0)

    def too_many(self) -> Iterator[str]:
        """The jobs whose inputs are to be forgotten now, oldest first."""
        while self._bytes > self.capacity_bytes and self._ended:
            job_id, size = self._ended.popitem(last=False)
            self._bytes -= size
            yield job_id


def weight(order: Order, inputs: Mapping[str, object]) -> int:
    """The bytes of an order's pictures and of the long texts that they came as."""
    pictures = len(order.image or b"") + len(order.mask or b"")
    return pictures + sum(len(text) for text in _texts(inputs) if len(text) > SHORT_CHARS)


def without_pictures(order: Order) -> Order:
    """The order as it stays on record."""
    return replace(order, image=None, mask=None)


def shortened(value: object, depth: int = 0) -> object:
    """An input as it stays on record: the same, its long texts and what lies deep inside cut."""
    match value:
        case str() if len(value) > SHORT_CHARS:
            return f"{value[:60]}… ({len(value):,} characters)"
        case Mapping() | list() if depth > MAX_DEPTH:
            return "…"
        case Mapping():
            return {name: shortened(entry, depth + 1) for name, entry in value.items()}
        case list():
            return [shortened(entry, depth + 1) for entry in value]
    return value


def _texts(value: object) -> Iterator[str]:
    """Every text of an input, without recursion: it comes from a client, as deep as that likes."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text:
                yield text
            case Mapping() as inner:
                waiting += inner.values()
            case list() as inner:
                waiting += inner
