"""When to ask next, where a service only answers polls.

The promise: at every moment, no more polls than a client that asks at once and then every second. What is saved while
nothing can happen is spent when the job is due, so that little time is lost after it has finished.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Span = tuple[float, float]
"""How long a job took, in seconds, as well as polls can tell: more than the first, at most the second."""

KEPT = 8
"""How many durations of a model are remembered."""
MARGIN = 0.04
"""A job may be faster or slower than all that were seen, by this share."""
MIN_INTERVAL_S = 0.08
"""No two polls are closer together than this."""
FIRST_S = 0.4
"""Of a job about which nothing is known, the first poll; the next ones follow a little after each full second."""
AFTER_S = 0.08
WIDE = 0.25
"""If this share of the expected time is in doubt, one more poll is spent to learn."""
LATE_S = 0.15
"""A job that is late is asked about this soon, and then less and less often, up to every second."""
MIN_FRACTION = 0.05
"""From a smaller progress than this nothing is concluded."""
LOOK_S = 5.0
"""Even while nothing can happen, somebody looks this often: a job may fail early, and shows its progress."""


class Durations:
    """What jobs took, by model. Plain data in (`Durations(saved)`), plain data out (`snapshot`)."""

    def __init__(self, saved: Mapping[str, Iterable[Iterable[float]]] | None = None) -> None:
        self._spans: dict[str, list[Span]] = {}
        for model, spans in (saved or {}).items():
            for span in spans:
                low_s, high_s = span
                self.add(model, low_s, high_s)

    def add(self, model: str, low_s: float, high_s: float | None = None) -> None:
        """A job of `model` ran between `low_s` and `high_s` seconds; exactly `low_s`, where the service says so."""
        high = low_s if high_s is None else high_s
        if 0 <= low_s <= high < math.inf:
            self._spans[model] = [*self._spans.get(model, []), (float(low_s), float(high))][-KEPT:]

    def of(self, model: str) -> tuple[Span, ...]:
        """The latest durations of a model, oldest first; none if it never ran."""
        return tuple(self._spans.get(model, ()))

    def snapshot(self) -> dict[str, list[list[float]]]:
        """Everything, as JSON can hold it."""
        return {model: [list(span) for span in spans] for model, spans in self._spans.items()}


@dataclass(slots=True)
class Schedule:
    """The polls of one job. Ask `next_s` before the first poll, and after each one that found the job unfinished.

    `history` is what earlier jobs of that model took from their start (from the submit, where the service does not
    tell when a job starts). There is no clock and no chance in here: the same calls give the same answers.
    """

    history: tuple[Span, ...] = ()
    polls: int = 0
    _seen_s: float = 0.0
    _queued_s: float = 0.0
    _running_s: float | None = 0.0

    def next_s(
        self, elapsed_s: float, *, queued: bool = False, eta_s: float | None = None, fraction: float | None = None
    ) -> float:
        """Seconds from now, which is `elapsed_s` after the submit, to the next poll. Counts that poll.

        `queued`: the last poll found that the job has not started. `eta_s` (seconds), `fraction` (0 to 1): what the
        service says about its end.
        """
        self._seen_s = elapsed_s
        if queued:
            self._queued_s, self._running_s = elapsed_s, None
        elif self._running_s is None:
            self._running_s = elapsed_s
        window = self._window(elapsed_s, eta_s, fraction)
        at = min(self._at(elapsed_s, window, queued=queued), elapsed_s + LOOK_S)
        at = max(
            at, elapsed_s + MIN_INTERVAL_S, float(self.polls)
        )  # the other client's poll of that number is at `polls`
        self.polls += 1
        return at - elapsed_s

    def finished(self, elapsed_s: float) -> Span:
        """How long the job ran, now that a poll found it finished: for `Durations.add`."""
        started_s = self._queued_s if self._running_s is None else self._running_s
        return max(self._seen_s - started_s, 0.0), max(elapsed_s - self._queued_s, 0.0)

    def _window(self, elapsed_s: float, eta_s: float | None, fraction: float | None) -> Span | None:
        """When the job should end, in seconds since the submit; `None`: nobody knows."""
        started_s = elapsed_s if self._running_s is None else self._running_s
        if self.history:
            low, high = _expected(self.history)
            return self._queued_s + low, started_s + high
        ran_s = elapsed_s - started_s
        if fraction is not None and MIN_FRACTION <= fraction < 1 and ran_s > 0:
            eta_s = ran_s * (1 - fraction) / fraction
        if eta_s is not None and 0 <= eta_s < math.inf:
            return elapsed_s + eta_s * 0.8, elapsed_s + eta_s * 1.2 + MIN_INTERVAL_S
        return None

    def _at(self, elapsed_s: float, window: Span | None, *, queued: bool) -> float:
        if window is None:
            return FIRST_S if self.polls == 0 else math.floor(elapsed_s - AFTER_S) + 1 + AFTER_S
        low, high = window
        if queued:
            return elapsed_s + max((low - elapsed_s) * 0.6, 1.0)
        if elapsed_s >= high:
            return elapsed_s + min(max((elapsed_s - high) * 0.2, LATE_S), 1.0)
        begin = max(elapsed_s, low)
        narrow = high - low <= WIDE * high
        left = max(math.floor(high) + (not narrow) - self.polls, 1)
        return begin + (high - begin) / left


def _expected(history: tuple[Span, ...]) -> Span:
    """The time in which a job should end.

    If one duration would explain all spans: between which ends that one lies; if not: from the earliest to the latest
    that was certainly seen, and a little more.
    """
    latest_start, earliest_end = max(low for low, _ in history), min(high for _, high in history)
    if latest_start <= earliest_end:
        return latest_start, earliest_end
    return earliest_end * (1 - MARGIN), latest_start * (1 + MARGIN)
