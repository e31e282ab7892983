"""Time lost after a job has finished, and requests per job: the documented call of each library, ours and the official.

Jobs of 0.3, 1, 3 and 10 s (`IPYIMAGEGEN_LONG=1`: and 60 s), side by side by clients of their own: of exactly that time,
and (`~`) each of up to a tenth more or less. `first`: a client's first job; `later`: its second to fourth. A whole
number of seconds is where a client that polls every second happens to look just after the end.
"""

from __future__ import annotations

import os
import random
import statistics
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

from ._services import OFFICIAL, OURS, POLLED, SERVICES, SIDES, Service, gateway, measured

SECONDS = [0.3, 1.0, 3.0, 10.0]
LONG_S = 60.0
SPREAD = 0.1
CLIENTS = 6
ROUNDS = 4


class Plan(NamedTuple):
    """A job to be: its group (`~3`), the how manieth of its client it is, and how long it takes."""

    group: str
    turn: int
    seconds: float


class Wait(NamedTuple):
    """One job that is over: its plan, the seconds lost, the requests made for it."""

    plan: Plan
    lost_s: float
    requests: int


def plans(nominal: list[float]) -> list[list[Plan]]:
    """The jobs of each client."""
    chance = random.Random(7)  # noqa: S311 (the same in each run)
    clients = []
    for _ in range(CLIENTS):
        for at in nominal:
            clients.append([Plan(f"{at:g}", turn, at) for turn in range(ROUNDS)])
            shares = [1 + chance.uniform(-SPREAD, SPREAD) for _ in range(ROUNDS)]
            clients.append([Plan(f"~{at:g}", turn, round(at * share, 4)) for turn, share in enumerate(shares)])
    return clients


def waits(service: Service, side: str, clients: list[list[Plan]]) -> list[Wait]:
    """All jobs of one library, each known by its prompt."""
    known = {f"{plan.seconds} {number} {plan.turn}": plan for number, jobs in enumerate(clients) for plan in jobs}
    prompts = [[f"{plan.seconds} {number} {plan.turn}" for plan in jobs] for number, jobs in enumerate(clients)]
    with gateway(slots=500) as where:
        returned = measured(where, side, service, "waiting", prompts=prompts)
        asked = Counter(record.job for record in where.requests.of(service))
        jobs = {job.order.prompt: job for job in where.jobs(service)}
        return [
            Wait(known[prompt], at - (jobs[prompt].finished_at or 0.0), asked[jobs[prompt].id])
            for prompt, at in returned.items()
        ]


def main() -> None:
    clients = plans([*SECONDS, LONG_S] if os.environ.get("IPYIMAGEGEN_LONG") else SECONDS)
    print(f"{'':18}  {'lost, median (s)':^28}   {'lost, mean (s)':^28}   {'requests, mean':^22}   ours / official")
    print(f"{'':12} {'job':>5} " + f" {'official':>9} {'first':>9} {'later':>9} " * 2, end="")
    print(f" {'official':>8} {'first':>6} {'later':>6}   median  mean, later")
    for service in SERVICES:
        with ThreadPoolExecutor(2) as pool:
            both = dict(zip(SIDES, pool.map(partial(waits, service, clients=clients), SIDES), strict=True))
        for group in dict.fromkeys(plan.group for jobs in clients for plan in jobs):
            row(service, group, both[OFFICIAL], both[OURS])


def row(service: Service, group: str, official: list[Wait], ours: list[Wait]) -> None:
    """One line of the table."""
    columns = [
        [wait for wait in official if wait.plan.group == group],
        [wait for wait in ours if wait.plan.group == group and wait.plan.turn == 0],
        [wait for wait in ours if wait.plan.group == group and wait.plan.turn > 0],
    ]
    median = [statistics.median(wait.lost_s for wait in column) for column in columns]
    mean = [statistics.mean(wait.lost_s for wait in column) for column in columns]
    requests = [statistics.mean(wait.requests for wait in column) for column in columns]
    print(
        f"{service:12} {group:>5} ",
        " ".join(f"{one:9.3f}" for one in median),
        " ".join(f"{one:9.3f}" for one in mean),
        f"{requests[0]:8.2f} {requests[1]:6.2f} {requests[2]:6.2f}",
        f"{median[2] / median[0]:6.2f} {mean[2] / mean[0]:6.2f}",
        "polls" if service in POLLED else "pushes",
        sep="  ",
        flush=True,
    )
