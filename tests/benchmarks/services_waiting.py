"""Time lost after a job has finished, and requests per job: the documented call of each library, ours and the official.

Jobs of 0.3, 1, 3 and 10 s (`IPYIMAGEGEN_LONG=1`: and 60 s), and of about that long (five percent more or less), run
side by side by clients of their own. `first`: a client's first job; `later`: the second to the fourth of that client.
"""

from __future__ import annotations

import os
import random
import statistics
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

from ipyimagegen.gateway import Gateway

from ._services import OFFICIAL, OURS, POLLED, SERVICES, SIDES, Service, gateway, measured

SECONDS = [0.3, 1.0, 3.0, 10.0]
LONG_S = 60.0
SPREAD = 0.05
CLIENTS = 5
ROUNDS = 4


class Wait(NamedTuple):
    """One job: how long it was to take, the how manieth it was, seconds lost, requests made for it."""

    nominal_s: float
    turn: int
    lost_s: float
    requests: int


def waits(service: Service, side: str, seconds: dict[float, float]) -> list[Wait]:
    """All jobs of one library; `seconds` maps what they take to their nominal time."""
    with gateway(slots=500) as where:
        returned = measured(where, side, service, "waiting", seconds=list(seconds), clients=1, rounds=ROUNDS)
        return [wait(where, service, seconds, prompt, at) for prompt, at in returned.items()]


def wait(where: Gateway, service: Service, seconds: dict[float, float], prompt: str, returned_at: float) -> Wait:
    job = next(job for job in where.jobs(service) if job.order.prompt == prompt)
    asked = Counter(record.job for record in where.requests.of(service))
    took, _, turn = prompt.split()
    return Wait(seconds[float(took)], int(turn), returned_at - (job.finished_at or 0.0), asked[job.id])


def times(nominal: list[float]) -> dict[float, float]:
    """What the jobs of each client take: half the clients exactly the nominal time, half of them about that."""
    chance = random.Random(7)  # noqa: S311 (the same in each run)
    exact = {at + number * 1e-6: at for at in nominal for number in range(CLIENTS)}
    about = {round(at * (1 + chance.uniform(-SPREAD, SPREAD)), 4): at for at in nominal for _ in range(CLIENTS)}
    return exact | about


def main() -> None:
    nominal = [*SECONDS, LONG_S] if os.environ.get("IPYIMAGEGEN_LONG") else SECONDS
    seconds = times(nominal)
    print(f"{'':12} {'':>6}  {'lost, median (s)':>30}   {'requests, mean':>24}   lost, ours / official")
    print(f"{'':12} {'job':>6}  {'official':>9} {'first':>9} {'later':>9}    {'official':>8} {'first':>7} {'later':>7}")
    for service in SERVICES:
        with ThreadPoolExecutor(2) as pool:
            both = dict(zip(SIDES, pool.map(partial(waits, service, seconds=seconds), SIDES), strict=True))
        for at in nominal:
            row(service, at, both[OFFICIAL], both[OURS])


def row(service: Service, at: float, official: list[Wait], ours: list[Wait]) -> None:
    """One line of the table."""
    groups = [
        [wait for wait in official if wait.nominal_s == at],
        [wait for wait in ours if wait.nominal_s == at and wait.turn == 0],
        [wait for wait in ours if wait.nominal_s == at and wait.turn > 0],
    ]
    lost = [statistics.median(wait.lost_s for wait in group) for group in groups]
    requests = [statistics.mean(wait.requests for wait in group) for group in groups]
    kind = "polls" if service in POLLED else "pushes"
    print(
        f"{service:12} {at:5.1f}s  "
        + " ".join(f"{one:9.3f}" for one in lost)
        + "    "
        + " ".join(f"{one:7.2f}" for one in requests)
        + f"   {lost[1] / lost[0]:5.2f} {lost[2] / lost[0]:5.2f}  ({kind})"
    )
