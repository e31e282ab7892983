"""How far a sweep is, as one value and one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..core.cost import FREE, Cost
from ..jobs.terminal import seconds_in_words
from .cells import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A sweep at one moment. Counts are of requests: cells that ask for the same are one.

    `spent` is what was charged so far, as far as anybody says; `unpriced` how many ended without a known cost.
    """

    counts: Mapping[Status, int]
    fraction: float = 0.0
    spent: Cost = FREE
    unpriced: int = 0
    elapsed_s: float = 0.0
    eta_s: float | None = None
    note: str = ""

    @property
    def total(self) -> int:
        """All that can be sent."""
        return sum(count for status, count in self.counts.items() if status != "invalid")

    @property
    def done(self) -> int:
        """Those with a picture."""
        return self.counts.get("succeeded", 0)

    @property
    def left(self) -> int:
        """Those that are not sent yet."""
        return self.counts.get("planned", 0)

    def __str__(self) -> str:
        """`12 of 40 done · 4 running · 1 failed · 23 left · $0.24 spent · 3 min left`."""
        names: tuple[tuple[Status, str], ...] = (
            ("running", "running"),
            ("failed", "failed"),
            ("cancelled", "cancelled"),
            ("open", "going on at the service"),
            ("unknown", "sent, and not known whether it arrived"),
            ("elsewhere", "in another kernel"),
            ("planned", "left"),
            ("invalid", "invalid"),
        )
        parts = [f"{self.done:,} of {self.total:,} done"]
        parts += [f"{self.counts[status]:,} {words}" for status, words in names if self.counts.get(status)]
        if self.spent.source != "free":
            parts.append(f"{self.spent} spent")
        if self.unpriced:
            parts.append(f"{self.unpriced:,} of unknown cost")
        if self.eta_s is not None and self.counts.get("running"):
            parts.append(f"{seconds_in_words(self.eta_s)} left")
        return " · ".join(parts) + (f" · {self.note}" if self.note else "")
