"""When to ask next, where a service only answers polls.

The promise, for each single job: no more requests than a client that asks every second and fetches the result when it
has found the job finished. What is saved while nothing can happen is spent when the job is due, so that little time is
lost after it has finished.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

Span = tuple[float, float]
"""How long a job took, in seconds, as well as polls can tell: more than the first, at most the second."""

KEPT = 8
"""How many durations of a model are remembered."""
MARGIN = 0.04
"""A job may be faster or slower than all that were seen, by this share ..."""
MARGIN_OF_ONE = 0.06
"""... and by this one more, divided by how many were seen."""
WIDE = 0.25
"""Where so much of an end is in doubt, there is no need for a margin after it."""
MIN_INTERVAL_S = 0.08
"""No two polls are closer together than this."""
GAP_S = 0.12
"""While a job is due, polls need not be closer together than this: half of it is lost then, on average."""
FIRST_S = 0.4
"""Of a job about which nothing is known, the first poll; the next ones follow at each full second."""
EARLY = 0.4
"""At this share of the expected time a first look tells more, if there are polls to spare."""
ESTIMATE = (0.75, 1.25)
"""What a job may take, as shares of what the service estimated before it began."""
TOLD = (0.95, 1.05)
"""The same, of what follows from its progress ..."""
STEP = 0.05
"""... which is told in steps of this size, or smaller ones."""
ETA = (0.8, 1.2)
"""The rest, as shares of what the service says of it."""
SOONER = 0.25
"""A job in a queue may end so much of its run before its turn ..."""
FEW = 2
"""... which is only of interest where there are more polls to spare than these."""
LATE_S = 0.15
"""A job that is late is asked about this soon, and then less and less often, up to every second."""
SLOWER = 0.08
"""So much longer is the next wait for each second that it is late."""
OVERDUE_S = 3.0
"""A job that is so late goes by no earlier one: how far it is is worth more than its last second."""
MIN_FRACTION = 0.05
"""From a smaller progress than this nothing is concluded."""
LOOK_S = 5.0
"""Even while nothing can happen, somebody looks this often: a job may fail early, and shows its progress."""
TURN_LOOK_S = 2.0
"""The same at first in a queue: its pace may be another than before."""


class Durations:
    """What jobs took, by model."""

    def __init__(self) -> None:
        self._spans: dict[str, list[Span]] = {}

    def add(self, model: str, low_s: float, high_s: float | None = None) -> Span | None:
        """A job of `model` ran between `low_s` and `high_s` seconds; exactly `low_s`, where the service says so.

        Gives the span that is kept; `None` for one that cannot be, or says nothing new.
        """
        high = low_s if high_s is None else high_s
        known = self._spans.get(model, [])
        if not 0 <= low_s <= high < math.inf or (known and _says_nothing(low_s, high, known)):
            return None
        span = float(low_s), float(high)
        self._spans[model] = [*known, span][-KEPT:]
        return span

    def precede(self, model: str, earlier: Iterable[Span]) -> None:
        """Jobs that ran before all that are known here, oldest first."""
        for low_s, high_s in [*earlier, *self._spans.pop(model, ())]:
            self.add(model, low_s, high_s)

    def of(self, model: str, *, unit_s: float = 1.0) -> tuple[Span, ...]:
        """The latest durations of a model in units of `unit_s` seconds, oldest first; none if it never ran."""
        return tuple((low / unit_s, high / unit_s) for low, high in self._spans.get(model, ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a poll found, of a job that has not ended.

    `queued`: it has not started. `eta_s` (seconds), `fraction` (0 to 1): what the service says about its end. `turn_s`:
    between when (seconds since its submit) it should end, by what those before it in the queue do.
    """

    queued: bool = False
    eta_s: float | None = None
    fraction: float | None = None
    turn_s: Span | None = None


NOTHING = Seen()


@dataclass(slots=True)
class Schedule:
    """The polls of one job. Ask `next_s` before the first poll, and after each one that found the job unfinished.

    `history` is what earlier jobs of that model took from their start (from the submit, where the service does not
    tell when a job starts), `estimate_s` what the service said at the submit. `began_s` is the age of the job when the
    waiting began. `ahead`: how many requests that the other client makes are not made here (Segmind: its poll at once;
    SpeedPix: the one that fetches the result). `reserve`: how many are kept for a job that is overdue, so that it can
    be asked how far it is, and for its result besides. Times are in units of the other client's interval: a second.

    There is no clock and no chance in here: the same calls give the same answers.
    """

    history: tuple[Span, ...] = ()
    estimate_s: float | None = None
    began_s: float = 0.0
    ahead: int = 1
    reserve: int = 0
    polls: int = 0
    spare: int = 0
    """How many requests the other client would make yet, if the next poll finds the job finished."""
    due: bool = False
    """Whether the job may well be finished at the next poll, by what earlier ones took."""
    _seen_s: float = 0.0
    _queued_s: float = 0.0
    _running_s: float | None = 0.0

    def next_s(self, elapsed_s: float, seen: Seen = NOTHING) -> float:
        """Seconds from now, which is `elapsed_s` after the submit, to the next poll. Counts that poll."""
        self._seen_s = elapsed_s
        if seen.queued:
            self._queued_s, self._running_s = elapsed_s, None
        elif self._running_s is None:
            self._running_s = elapsed_s
        window = self._window(elapsed_s, seen)
        look_s = LOOK_S if seen.turn_s is None else min(max(elapsed_s / 2, TURN_LOOK_S), LOOK_S)
        at = max(min(self._at(elapsed_s, window, seen), elapsed_s + look_s), elapsed_s + MIN_INTERVAL_S)
        overdue = bool(self.history) and window is not None and elapsed_s >= window[1] + OVERDUE_S
        # If it is not finished then, the next one is allowed: the other client has made as many by that moment.
        at = max(at, self.began_s + self.polls + 1 - self.ahead + (self.reserve if overdue else 0))
        self.spare = math.floor(elapsed_s - self.began_s) + self.ahead - self.polls
        self.due = bool(self.history) and window is not None and at >= window[0] and not overdue
        self.polls += 1
        return at - elapsed_s

    def finished(self, elapsed_s: float) -> Span:
        """How long the job ran, now that a poll found it finished: for `Durations.add`."""
        started_s = self._queued_s if self._running_s is None else self._running_s
        return max(self._seen_s - started_s, 0.0), max(elapsed_s - self._queued_s, 0.0)

    def _window(self, elapsed_s: float, seen: Seen) -> Span | None:
        """When the job should end, in seconds since the submit; `None`: nobody knows."""
        started_s = elapsed_s if self._running_s is None else self._running_s
        told = None if seen.queued else self._told(elapsed_s, started_s, seen)
        if self.history:
            low, high = expected(self.history)
            if seen.turn_s is not None:
                told = self._turn(low, high, seen.turn_s)
                if seen.queued or not self.polls:
                    return told
            return _both((self._queued_s + low, started_s + high), told)
        if told is None and self.estimate_s is not None and 0 < self.estimate_s < math.inf:
            return self.estimate_s * ESTIMATE[0], self.estimate_s * ESTIMATE[1]
        return told

    def _turn(self, low: float, high: float, turn_s: Span) -> Span:
        """When a job should end that waits for others. With polls to spare, one looks a little earlier."""
        first_s, last_s = turn_s
        if self._left(last_s) > FEW:
            first_s -= high * SOONER
        first_s = max(first_s, self._queued_s + low)
        return first_s, max(first_s, last_s) + high * MARGIN

    def _left(self, until_s: float) -> int:
        """How many polls there may be until then."""
        return math.floor(until_s - self.began_s) + self.ahead - self.polls

    def _told(self, elapsed_s: float, started_s: float, seen: Seen) -> Span | None:
        """The end by what the service says of the work."""
        fraction, eta_s = seen.fraction, seen.eta_s
        if fraction is not None and MIN_FRACTION <= fraction < 1 and elapsed_s > self._queued_s:
            least_s = (elapsed_s - started_s) / min(fraction + STEP, 1.0)
            most_s = (elapsed_s - self._queued_s) / fraction
            return max(started_s + least_s * TOLD[0], elapsed_s), self._queued_s + most_s * TOLD[1]
        if eta_s is not None and 0 <= eta_s < math.inf:
            return elapsed_s + eta_s * ETA[0], elapsed_s + eta_s * ETA[1] + MIN_INTERVAL_S
        return None

    def _at(self, elapsed_s: float, window: Span | None, seen: Seen) -> float:
        if window is None:
            return FIRST_S if self.polls == 0 else math.floor(elapsed_s - self.began_s) + 1 + self.began_s
        low, high = window
        if seen.queued and (seen.turn_s is None or not self.history):
            return elapsed_s + max((low - elapsed_s) * 0.6, LATE_S)
        if elapsed_s >= high and not self.polls:
            return elapsed_s  # nobody has looked yet, and it should be done
        if elapsed_s >= high:
            return elapsed_s + min(max((elapsed_s - high) * SLOWER, LATE_S), 1.0)
        if not self.history and self.polls == 0 and high > 2:
            return high * EARLY
        begin = max(elapsed_s, low)
        return begin + min(max((high - begin) / max(self._left(high), 1), GAP_S), high - begin)


def _says_nothing(low_s: float, high_s: float, known: Iterable[Span]) -> bool:
    """Whether a span is no exact one, and a known one lies within it (but for a moment)."""
    return low_s < high_s and any(low_s <= low + MIN_INTERVAL_S / 4 and high <= high_s for low, high in known)


def _both(one: Span, other: Span | None) -> Span:
    """Where two expectations agree; the first one, where they do not."""
    if other is None:
        return one
    low, high = max(one[0], other[0]), min(one[1], other[1])
    return (low, high) if low < high else one


def expected(history: tuple[Span, ...]) -> Span:
    """The time in which a job should end.

    If one duration would explain all spans: between which ends that one lies; if not: from the earliest to the latest
    that was certainly seen; and a little more, the fewer were seen.
    """
    margin = MARGIN + MARGIN_OF_ONE / len(history)
    latest_start, earliest_end = max(low for low, _ in history), min(high for _, high in history)
    if latest_start < earliest_end * (1 - WIDE):
        return latest_start * (1 - margin), earliest_end
    if latest_start <= earliest_end:
        return latest_start * (1 - margin), earliest_end * (1 + margin)
    return earliest_end * (1 - margin), latest_start * (1 + margin)
