"""Many jobs at a time on one client: the documented call of each library, ours and the official, in turns.

`full`: 200 jobs of 0.3 s, 32 at a time, at a service with 8 slots and a queue; jobs per second as a share of what the
slots allow. `turned away`: 40 jobs, 16 at a time, at a service that takes 8 and answers 429 beyond.
"""

from __future__ import annotations

from typing import Any

from ipyimagegen.gateway import Gateway

from ._services import MIB, SERVICES, SIDES, Service, gateway, measured

JOBS, AT_A_TIME, SLOTS, SECONDS = 200, 32, 8, 0.3


def main() -> None:
    print(f"full: {JOBS} jobs of {SECONDS} s, {AT_A_TIME} at a time, {SLOTS} slots and a queue")
    print(f"{'':22} {'finished':>8} {'of rate':>8} {'CPU/job':>9} {'memory':>9} {'requests':>8} {'connections':>11}")
    for service in SERVICES:
        for side in SIDES:
            with gateway(slots=SLOTS, queue_limit=500) as where:
                told = measured(where, side, service, "load", jobs=JOBS, at_a_time=AT_A_TIME, seconds=SECONDS)
                full(where, service, side, told)
    print("\nturned away: 40 jobs of 0.5 s, 16 at a time, 8 slots, 429 beyond")
    print(f"{'':12} {'':9} {'finished':>8} {'seconds':>8} {'requests':>8} {'refused':>8}  errors")
    for service in SERVICES:
        for side in SIDES:
            with gateway(slots=8, queue_limit=0) as where:
                told = measured(where, side, service, "load", jobs=40, at_a_time=16, seconds=0.5)
                turned_away(where, service, side, told)


def full(where: Gateway, service: Service, side: str, told: dict[str, Any]) -> None:
    """One line. The first job, which warms the client, does not count."""
    jobs = [job for job in where.jobs(service) if not job.order.prompt.endswith("warm")]
    allowed = SLOTS / SECONDS
    reached = told["finished"] / told["seconds"]
    print(
        f"{service:12} {side:9} {told['finished']:8} {reached / allowed:8.1%}"
        f" {told['cpu_s'] / len(jobs) * 1e3:6.1f} ms {told['memory'] / MIB:5.1f} MiB"
        f" {len(where.requests.of(service)) / (len(jobs) + 1):8.2f} {told['connections']:11}"
    )


def turned_away(where: Gateway, service: Service, side: str, told: dict[str, Any]) -> None:
    """One line."""
    requests = where.requests.of(service)
    refused = sum(record.status == 429 for record in requests)
    print(
        f"{service:12} {side:9} {told['finished']:8} {told['seconds']:8.1f} {len(requests):8} {refused:8}"
        f"  {', '.join(told['errors'])}"
    )
