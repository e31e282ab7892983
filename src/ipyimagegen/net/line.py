"""Where one's own jobs wait for each other at a service, the end of each follows from when the others were submitted.

Assumed is that a service starts jobs in the order in which they came, so many at a time, and that those of one model
run for about the same time. How many and how long is learned from what the polls find.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ..core import forks
from .polling import Span, expected

MOST = 64
"""A service that takes as many jobs at a time, or more, has no queue for us."""
UNHEARD = 0.75
"""A run of less than this share of the shortest is not believed."""
KEPT = 64
"""So many jobs are looked back on: what they did together tells more than each one."""


class Lines:
    """The lines of one account, by model."""

    def __init__(self) -> None:
        self._lines: dict[str, Line] = {}
        forks.renew(self)

    def after_fork_in_child(self) -> None:
        """Nobody here sees the parent's jobs end."""
        self._lines = {}

    def of(self, model: str, *, fresh: bool = True) -> Line:
        """The line of a model. A job whose place among the others nobody knows (not `fresh`) has one of its own."""
        return self._lines.setdefault(model, Line()) if fresh else Line()


@dataclass(slots=True)
class Place:
    """One job: when it was submitted, until when it was seen unfinished, and when it was found finished."""

    joined_s: float
    unfinished_s: float
    ended_s: float | None = None

    def known(self, end_s: float) -> float:
        """`end_s`, within what polls have found."""
        return max(end_s, self.unfinished_s) if self.ended_s is None else min(end_s, self.ended_s)


@dataclass(frozen=True, slots=True)
class Turn:
    """One job in its line."""

    line: Line
    job: str
    joined_s: float

    def unfinished(self, at_s: float, *, queued: bool) -> None:
        """It was found unfinished, or even not yet started."""
        self.line.unfinished(self.job, at_s, queued=queued)

    def ended(self, at_s: float) -> None:
        """It was found finished."""
        self.line.ended(self.job, at_s)

    def within(self, unit_s: float = 1.0) -> Span | None:
        """Between when it should end, in units of `unit_s` seconds since its submit; `None` where nobody knows."""
        span = self.line.turn_s(self.job)
        return None if span is None else ((span[0] - self.joined_s) / unit_s, (span[1] - self.joined_s) / unit_s)


@dataclass(slots=True)
class Line:
    """The jobs of one model that this client sent, in the order of their submits. Times by one clock, in seconds.

    `slots` is how many the service does at a time, `run_s` the least and the most that one of them takes. Once enough
    jobs were found finished at their first poll, which may have come late, a single job is looked for as if there were
    one slot more, and then, as long as it is there, two, four, eight. Where one was too soon, it is tried again more
    and more rarely.
    """

    slots: int = MOST
    run_s: Span = (0.0, math.inf)
    _places: dict[str, Place] = field(default_factory=dict)
    _before: list[float] = field(default_factory=list)
    _shortest_s: float = 0.0
    _at_first_poll: int = 0
    _probe: str | None = None
    _step: int = 1
    _patience: int = 2

    @contextmanager
    def place(self, job: str, at_s: float, history: tuple[Span, ...]) -> Iterator[Turn]:
        """For as long as somebody waits for a job that was submitted at `at_s`. `history` is what earlier ones took."""
        self.join(job, at_s)
        self.expect(history)
        try:
            yield Turn(self, job, at_s)
        finally:
            self.leave(job)

    def join(self, job: str, at_s: float) -> None:
        """A job was submitted."""
        if all(place.ended_s is not None for place in self._places.values()):
            self._places, self._before = {}, []
        self._places.setdefault(job, Place(at_s, at_s))
        while len(self._places) > KEPT:
            self._forget(next(iter(self._places)))

    def leave(self, job: str) -> None:
        """Nobody waits for it any more; its end was not seen. Unknown and ended ones are ignored."""
        if self._is_waiting(job):
            del self._places[job]
            self._probe = None if job == self._probe else self._probe

    def expect(self, history: tuple[Span, ...]) -> None:
        """What earlier jobs took."""
        if history:
            run_s = expected(history)
            low, high = max(run_s[0], self.run_s[0]), min(run_s[1], self.run_s[1])
            self.run_s = (low, high) if low <= high else run_s
            self._shortest_s = run_s[0]

    def unfinished(self, job: str, at_s: float, *, queued: bool) -> None:
        """It was found unfinished, or even not yet started."""
        if not self._is_waiting(job):
            return
        self._places[job].unfinished_s = at_s
        if job == self._probe and self._step > 1:
            self._probe, self._step = "", 1
        elif job == self._probe:
            self._probe, self._patience = None, min(2 * self._patience, MOST)
        if queued:  # all slots are taken by those before it, if there are any
            waiting = [name for name, place in self._places.items() if place.ended_s is None]
            self.slots = min(self.slots, waiting.index(job) or MOST)
        elif self._knows:
            self._takes_longer(job, at_s)

    def ended(self, job: str, at_s: float) -> None:
        """It was found finished."""
        if not self._is_waiting(job):
            return
        if self._knows:
            self._count(self._places[job])
            if job == self._probe:
                self._probe = None
                if at_s < self._end(job, self.run_s[0])[0]:
                    self.slots, self._step, self._probe = min(self.slots + self._step, MOST - 1), 2 * self._step, ""
            self._takes_less(job, at_s)
        self._places[job].ended_s = at_s

    def turn_s(self, job: str) -> Span | None:
        """The earliest and the latest that it should end; `None` where there is no queue, or nothing is known."""
        if not self._is_waiting(job) or not self._knows:
            return None
        low, high = (self._end(job, run_s, known=True)[0] for run_s in self.run_s)
        if self._probe == "" and self._places[job].unfinished_s <= self._places[job].joined_s:
            self._probe = job
        if job == self._probe:
            slots = self.slots + self._step
            sooner, soon = (self._end(job, run_s, slots, known=True)[0] for run_s in self.run_s)
            if soon <= low - self.run_s[0] / 2:
                return sooner, max(sooner, soon)
            self._probe = ""  # where it stands, that makes no difference
        return low, max(low, high)

    @property
    def _knows(self) -> bool:
        """Whether there is a queue, and an idea of how long jobs run."""
        return self.slots < MOST and self.run_s[1] < math.inf

    def _is_waiting(self, job: str) -> bool:
        return job in self._places and self._places[job].ended_s is None

    def _takes_longer(self, job: str, at_s: float) -> None:
        """Jobs run for so long that this one was not finished yet."""
        low, high = self.run_s
        (least_s, _), (most_s, runs) = self._end(job, low), self._end(job, high)
        if most_s < at_s:
            self.run_s = (high, high + (at_s - most_s) / runs)
        elif least_s < at_s:
            self.run_s = (low + (at_s - least_s) / (most_s - least_s) * (high - low), high)

    def _takes_less(self, job: str, at_s: float) -> None:
        """Jobs run for so little that this one was finished already, or more of them are done at a time."""
        low, high = self.run_s
        (least_s, fewer), (most_s, runs) = self._end(job, low), self._end(job, high)
        if at_s < least_s:
            shorter = low - (least_s - at_s) / fewer
            if shorter < self._shortest_s * UNHEARD:
                self._does_more(job, at_s)
            else:
                self.run_s = (max(shorter, 0.0), low)
        elif at_s < most_s:
            self.run_s = (low, max(high - (most_s - at_s) / runs, low))

    def _count(self, ended: Place) -> None:
        """One more that was finished at its first poll, or not; `_probe` is `""` while one is wanted."""
        self._at_first_poll = self._at_first_poll + 1 if ended.unfinished_s <= ended.joined_s else 0
        if self._at_first_poll >= self._patience * self.slots and self.slots < MOST - 1:
            self._at_first_poll, self._probe = 0, self._probe or ""

    def _does_more(self, job: str, at_s: float) -> None:
        """No job ever took so little: more of them are done at a time."""
        low = self._shortest_s
        while self.slots < MOST and at_s + low / 2 < self._end(job, low)[0]:
            self.slots += 1

    def _forget(self, job: str) -> None:
        """Of a job that was long ago stays only when it left its slot."""
        place = self._places.pop(job)
        free = self._free(self.slots)
        begin_s = max(heapq.heappop(free), place.joined_s)
        run_s = self.run_s[0] if self.run_s[1] == math.inf else sum(self.run_s) / 2
        self._before = [*free, place.known(begin_s + run_s)]

    def _free(self, slots: int) -> list[float]:
        """When each of so many slots became free for the first job that is looked back on: a heap."""
        free = heapq.nlargest(slots, self._before)
        free += [-math.inf] * (slots - len(free))
        return sorted(free)

    def _end(self, job: str, run_s: float, slots: int = 0, *, known: bool = False) -> tuple[float, int]:
        """When a job ends if each one runs for `run_s`, and how many runs that is after a submit.

        `slots`: as many as are known, unless given. `known`: the others no sooner and no later than polls have found.
        """
        free = [(end_s, 0) for end_s in self._free(slots or self.slots)]
        for name, place in self._places.items():
            begin = max(heapq.heappop(free), (place.joined_s, 0))
            end_s, runs = begin[0] + run_s, begin[1] + 1
            if name == job:
                return end_s, runs
            heapq.heappush(free, (place.known(end_s) if known else end_s, runs))
        raise KeyError(job)
