"""When to ask next, where a service only answers polls.

The promise: at every moment, no more polls than a client that asks at once and then every second. What is saved while nothing can
happen is spent when the job is due, so that little time is lost after it has finished.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

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
LOOK_S = 10.0
"""Even while nothing can happen, somebody looks this often: a job may fail early, and shows its progress."""


class Durations:
    """What jobs took, by model. Plain data in (`Durations(saved)`), plain data out (`snapshot`)."""

    def __init__(self, saved: Mapping[str, Iterable[Iterable[float]]] | None = None) -> None:
        self._spans: dict[str, list[Span]] = {}
        for model, spans in (saved or {}).items():
            for span in spans:
                pair = tuple(span)
                if len(pair) == 2 and all(isinstance(end, int | float) and math.isfinite(end) for end in pair):
                    self.add(model, pair[0], pair[1])

    def add(self, model: str, low_s: float, high_s: float | None = None) -> None:
        """A job of `model` ran between `low_s` and `high_s` seconds; exactly `low_s`, where the service says so."""
        high = low_s if high_s is None else high_s
        if 0 <= low_s <= high:
            self._spans[model] = [*self._spans.get(model, []), (float(low_s), float(high))][-KEPT:]

    def of(self, model: str) -> tuple[Span, ...]:
        """The latest durations of a model, oldest first; none if it never ran."""
        return tuple(self._spans.get(model, ()))

    def snapshot(self) -> dict[str, list[list[float]]]:
        """Everything, as JSON can hold it."""
        return {model: [list(span) for span in spans] for model, spans in self._spans.items()}


@dataclass(slots=True)
class Schedule:
    """The polls of one job. Ask `next_s` before the first poll and after each one that found the job unfinished.

    `history` is what earlier jobs of that model took from their start (or from the submit, where the service does not say when
    a job starts). `queued_s` etc. are seconds since the submit. No clock and no chance in here.
    """

    history: tuple[Span, ...] = ()
    polls: int = 0
    _seen_s: float = 0.0
    _started: Span = (0.0, 0.0)

    def next_s(
        self,
        elapsed_s: float,
        *,
        queued: bool = False,
        eta_s: float | None = None,
        fraction: float | None = None,
    ) -> float:
        """Seconds from now (`elapsed_s` after the submit) to the next poll, and counts it.

        `queued`: the job has not started. `eta_s`, `fraction` (0 to 1): what the service says about the rest of it.
        """
        if queued:
            self._started = (elapsed_s, elapsed_s)
        elif self._started[1] == self._seen_s and self._started[0]:
            self._started = (self._started[0], elapsed_s)
        window = self._window(elapsed_s, eta_s, fraction)
        at = self._unknown(elapsed_s) if window is None else self._known(elapsed_s, window, queued=queued)
        at = max(at, elapsed_s + MIN_INTERVAL_S, float(self.polls))
        self.polls += 1
        self._seen_s = elapsed_s
        return at - elapsed_s

    def finished(self, elapsed_s: float) -> Span:
        """How long the job ran, now that a poll found it finished: a span for `Durations.add`."""
        low, high = self._started
        return max(self._seen_s - high, 0.0), max(elapsed_s - low, 0.0)

    def _window(self, elapsed_s: float, eta_s: float | None, fraction: float | None) -> Span | None:
        """When the job should end, in seconds since the submit; `None`: nobody knows."""
        start_low, start_high = self._started
        if self.history:
            low = min(span[0] for span in self.history)
            high = max(span[1] for span in self.history)
            return start_low + low * (1 - MARGIN), start_high + high * (1 + MARGIN)
        if eta_s is not None and math.isfinite(eta_s) and eta_s >= 0:
            return elapsed_s + eta_s * 0.8, elapsed_s + eta_s * 1.2 + 0.2
        ran_s = elapsed_s - start_high
        if fraction is not None and 0.05 <= fraction < 1 and ran_s > 0:
            rest_s = ran_s * (1 - fraction) / fraction
            return elapsed_s + rest_s * 0.8, elapsed_s + rest_s * 1.2 + 0.2
        return None

    def _unknown(self, elapsed_s: float) -> float:
        return FIRST_S if self.polls == 0 else math.floor(elapsed_s - AFTER_S) + 1 + AFTER_S

    def _known(self, elapsed_s: float, window: Span, *, queued: bool) -> float:
        low, high = window
        if queued:
            run_s = low - self._started[0]
            return elapsed_s + min(max(run_s * 0.6, 1.0), LOOK_S)
        if elapsed_s < low - LOOK_S:
            return elapsed_s + LOOK_S
        if elapsed_s < high:
            left = max(math.floor(high) + (high < 1) - self.polls, 1)
            begin = max(elapsed_s, low)
            return begin + max((high - begin) / left, MIN_INTERVAL_S)
        return elapsed_s + min(max((elapsed_s - high) * 0.2, 0.15), LOOK_S)
