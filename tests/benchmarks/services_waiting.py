"""Time lost after a job has finished, and requests per job: the documented call of each library, ours and the official.

Jobs of about 0.3, 1, 3 and 10 s (`IPYIMAGEGEN_LONG=1`: and 60 s, where polls are all there is), by clients side by
side, in a process and then in another one with the same journal. Each client's model has a usual time of its own, drawn
evenly within half a second around that (within a half, for 0.3 s), and each of its jobs takes up to a tenth more or
less. A real job does not end at a whole second after its submit: if it did, a client that asks at each full second
would lose nothing, whatever it does; so the place within the second is left to chance.

`first`: the first job of a model ever, of which a client knows what the service says at the submit and of the progress
(SpeedPix), or nothing (Segmind); `later`: the second to fourth; `kernel`: the first one of another process, which has
the journal of the one before. The service has had one job of the nominal time before.
"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

from ._services import OFFICIAL, OURS, POLLED, SERVICES, SIDES, Service, gateway, measured

SECONDS = [0.3, 1.0, 3.0, 10.0]
LONG_S = 60.0
AROUND_S = 0.5
SPREAD = 0.1
STEPS = 20
CLIENTS = 12
ROUNDS = 4


class Wait(NamedTuple):
    """One job that is over: the how manieth of its client it was (from `ROUNDS` on: in the second process), the seconds
    lost, the requests made for it.
    """

    turn: int
    lost_s: float
    requests: int


def prompts(nominal_s: float) -> list[list[str]]:
    """The jobs of each client: seconds, the model's number, the turn."""
    chance = random.Random(7)  # noqa: S311 (the same in each run, on both sides)
    around_s = min(AROUND_S, nominal_s / 2)
    clients = []
    for number in range(CLIENTS):
        usual_s = nominal_s + chance.uniform(-around_s, around_s)
        jobs = [usual_s * (1 + chance.uniform(-SPREAD, SPREAD)) for _ in range(ROUNDS + 1)]
        clients.append([f"{seconds:.4f} {number} {turn}" for turn, seconds in enumerate(jobs)])
    return clients


def waits(service: Service, side: str, nominal_s: float) -> list[Wait]:
    """All jobs of one library, each known by its prompt."""
    clients = prompts(nominal_s)
    with gateway(slots=500, steps=STEPS) as where, tempfile.TemporaryDirectory() as home:
        measured(where, OURS, service, "waiting", prompts=[[f"{nominal_s} {CLIENTS} before"]])
        ask = partial(measured, where, side, service, "waiting", home=home)
        returned = ask(prompts=[jobs[:ROUNDS] for jobs in clients])
        returned |= ask(prompts=[jobs[ROUNDS:] for jobs in clients])
        asked = Counter(record.job for record in where.requests.of(service))
        jobs = {job.order.prompt: job for job in where.jobs(service)}
        return [
            Wait(int(prompt.split()[2]), at - (jobs[prompt].finished_at or 0.0), asked[jobs[prompt].id])
            for prompt, at in returned.items()
        ]


def main() -> None:
    print(
        f"{'':18}  {'lost, median (s)':^36}   {'lost, mean (s)':^36}   {'requests, mean':^29}   ours / official, median"
    )
    print(f"{'':12} {'job':>5} " + f" {'official':>8} {'first':>8} {'later':>8} {'kernel':>8} " * 2, end="")
    print(f" {'official':>8} {'first':>6} {'later':>6} {'kernel':>6}    first  later kernel")
    for service in SERVICES:
        long = service in POLLED and os.environ.get("IPYIMAGEGEN_LONG")
        for nominal_s in [*SECONDS, LONG_S] if long else SECONDS:
            with ThreadPoolExecutor(2) as pool:
                ran = pool.map(partial(waits, service, nominal_s=nominal_s), SIDES)
                row(service, nominal_s, dict(zip(SIDES, ran, strict=True)))


def row(service: Service, nominal_s: float, ran: dict[str, list[Wait]]) -> None:
    """One line of the table."""
    columns = [
        ran[OFFICIAL],
        [wait for wait in ran[OURS] if wait.turn == 0],
        [wait for wait in ran[OURS] if 0 < wait.turn < ROUNDS],
        [wait for wait in ran[OURS] if wait.turn == ROUNDS],
    ]

    def each(figure: Callable[[Iterable[float]], float], of: Callable[[Wait], float]) -> list[float]:
        return [figure(of(wait) for wait in column) for column in columns]

    median, mean = (each(figure, lambda wait: wait.lost_s) for figure in (statistics.median, statistics.mean))
    requests = each(statistics.mean, lambda wait: wait.requests)
    print(
        f"{service:12} {f'~{nominal_s:g}':>5} ",
        " ".join(f"{one:8.3f}" for one in median),
        " ".join(f"{one:8.3f}" for one in mean),
        f"{requests[0]:8.2f} " + " ".join(f"{one:6.2f}" for one in requests[1:]),
        " ".join(f"{one / median[0]:6.2f}" for one in median[1:]),
        "polls" if service in POLLED else "pushes",
        sep="  ",
        flush=True,
    )
