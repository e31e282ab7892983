"""How long a job will take, learned from earlier ones. Pure arithmetic over a small table of seconds."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from ..core.jobs import JobState

KEPT = 20
"""Runs remembered for each size of job of a model, so that many small ones do not crowd out what is known of large."""


def work_of(values: Mapping[str, Any]) -> float:
    """The size of a job in arbitrary units: steps times pixels, as far as the parameters say."""
    steps = values.get("num_inference_steps", values.get("steps", 1))
    pixels = 1.0
    for name in ("width", "height"):
        side = values.get(name)
        pixels *= float(side) / 1024 if isinstance(side, int | float) and side > 0 else 1.0
    return (float(steps) if isinstance(steps, int | float) and steps > 0 else 1.0) * pixels


@dataclass(slots=True)
class Estimates:
    """Seconds per unit of work, by model and by size of job: a power of two.

    A job of a size never run is measured by the nearest that was.
    """

    rates: dict[str, dict[int, deque[float]]] = field(default_factory=dict)

    def learn(self, model: str, work: float, seconds: float) -> None:
        """Remember one run."""
        if seconds > 0 and work > 0:
            sizes = self.rates.setdefault(model, {})
            sizes.setdefault(_size(work), deque(maxlen=KEPT)).append(seconds / work)

    def load(self, rows: Iterable[tuple[str, float, float]]) -> None:
        """Remember `(model, work, seconds)` rows of earlier sessions, oldest first."""
        for model, work, seconds in rows:
            self.learn(model, work, seconds)

    def expected_s(self, model: str, work: float) -> float | None:
        """What such a job takes, in seconds; `None` for a model never run."""
        sizes = self.rates.get(model)
        if not sizes or work <= 0:
            return None
        known = tuple(sizes)  # at once: another thread may learn of a further size meanwhile
        nearest = min(known, key=lambda size: (abs(size - _size(work)), -size))
        return median(sizes[nearest]) * work


def _size(work: float) -> int:
    return round(math.log2(work))


def eta_s(state: JobState, now: float, expected_s: float | None) -> float | None:
    """Seconds left at `now`: the service's own word first, then the pace so far, then earlier runs. `None`: unknown."""
    if state.done or state.phase == "cancelling":
        return None
    if state.eta_s is not None:
        return max(0.0, state.eta_s - (now - state.changed_at))
    if state.started_at is None:
        return expected_s
    elapsed = now - state.started_at
    left = None if expected_s is None else expected_s - elapsed
    fraction = state.fraction or 0.0
    if fraction >= 0.05:
        pace = (state.changed_at - state.started_at) * (1 - fraction) / fraction - (now - state.changed_at)
        left = pace if left is None else fraction * pace + (1 - fraction) * left
    return None if left is None else max(0.0, left)
