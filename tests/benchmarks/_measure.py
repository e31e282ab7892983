"""Timing in turns, so that a machine whose speed drifts is fair to both sides."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping


def in_turns(calls: Mapping[str, Callable[[], object]], *, rounds: int, warm: int = 1) -> dict[str, list[float]]:
    """Seconds of each call, round by round: A B C, A B C, …"""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds + warm):
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            if turn >= warm:
                times[name].append(time.perf_counter() - began)
    return times


def ratio(times: Mapping[str, list[float]], one: str, other: str) -> float:
    """The median of `one / other`, pair by pair."""
    return statistics.median(a / b for a, b in zip(times[one], times[other], strict=True))


def table(times: Mapping[str, list[float]], *, unit: float = 1e3, name: str = "ms") -> None:
    """Median, least and most of each."""
    width = max(map(len, times))
    print(f"{'':{width}}  {'median':>9}  {'least':>9}  {'most':>9}  ({name})")
    for label, seconds in times.items():
        figures = (statistics.median(seconds), min(seconds), max(seconds))
        print(f"{label:{width}}  " + "  ".join(f"{figure * unit:9.2f}" for figure in figures))
