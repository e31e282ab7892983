"""Every case tried on both sides: the official libraries in processes, ours beside them, one gateway for each case."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ipyimagegen.gateway import Gateway, TimedWork, serve

from . import ours
from .cases import LOCAL_FILE, SERVICES, Case, Service, cases
from .verdicts import Seen, Told, acts, judge, paid, started_blind

ROOT = Path(__file__).parents[2]
PROCESSES = 2
STARTING_S = 300.0
INPUT_PX = 832
ALONE = threading.Lock()
"""Whose memory is measured, takes none at the same time as another one."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One case and one service. `official` is `None` where its library does not do that."""

    case: Case
    service: Service
    official: Told | None
    ours: Told


@cache
def picture(side_px: int = 64) -> bytes:
    """A picture that does not compress, of about three bytes a pixel: twelve kilobytes."""
    import numpy as np
    from PIL import Image

    held = io.BytesIO()
    pixels = np.random.default_rng(side_px).integers(0, 256, (side_px, side_px, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(held, "PNG", compress_level=1)
    return held.getvalue()


def given_to(case: Case, folder: Path) -> Path | None:
    """The file that a case starts from: more than fits into the buffers of a connection."""
    if case.stage != "upload":
        return None
    path = folder / "input.png"
    if not path.exists():
        path.write_bytes(picture(INPUT_PX))
    return path


@contextmanager
def gateway_for(case: Case, service: Service) -> Iterator[Gateway]:
    """A gateway on which everything else goes well."""
    with serve(work=TimedWork(case.work_s, picture())) as gateway:
        gateway.inferencesh.heartbeat_s = min(case.heartbeat_s, 1.0)
        gateway.faults.add(*case.faults[service])
        yield gateway


def try_all() -> list[Cell]:
    """Both sides of all cases, in the order of the table. Takes one to two minutes, most of them waiting."""
    every = list(cases())
    with tempfile.TemporaryDirectory() as name, environment(), ThreadPoolExecutor(PROCESSES + len(SERVICES)) as pool:
        folder = Path(name)
        own = {service: pool.submit(_ours, service, every, folder / service) for service in SERVICES}
        official: dict[tuple[str, Service], Told] = {}
        with ThreadPoolExecutor(PROCESSES) as processes:
            batches = [*_batches(every)]
            for told in processes.map(lambda batch: _official(batch, folder), batches):
                official |= told
        mine = {service: future.result() for service, future in own.items()}
        for case in every:
            for service in case.services:
                if mine[service][case.name].verdict.bad:  # once more, with the machine to itself
                    mine[service] |= _ours(service, [case], folder / "again" / service / case.name)
    return [
        Cell(case, service, official.get((case.name, service)), mine[service][case.name])
        for case in every
        for service in case.services
    ]


@contextmanager
def environment() -> Iterator[None]:
    """The environment as it was, at the end."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def own_variables(service: Service, gateway: Gateway) -> dict[str, str]:
    """The variables of one service, so that four can be tried at a time."""
    prefix = "INFERENCE_" if service == "inferencesh" else f"{service.upper()}_"
    return {name: value for name, value in gateway.env().items() if name.startswith(prefix)}


def _ours(service: Service, every: Sequence[Case], folder: Path) -> dict[str, Told]:
    """Our side of one service, case after case: the variables that name its address are its own."""
    told = {}
    for number, case in enumerate(case for case in every if service in case.faults):
        with gateway_for(case, service) as gateway:
            os.environ.update(own_variables(service, gateway))
            place = folder / str(number)
            place.mkdir(parents=True)
            with ALONE if case.alone else nullcontext():
                seen = ours.run(case, service, gateway, picture(), place, given_to(case, place))
                told[case.name] = judge(case, seen)
    return told


Batch = tuple[Service, Sequence[Case]]


def _batches(every: Sequence[Case]) -> Iterator[Batch]:
    """What runs together in one process: nothing besides a case whose process is looked at. The longest first."""
    for service in SERVICES:
        mine = [case for case in every if service in case.faults and service in case.official]
        together = [case for case in mine if not (case.alone or case.private)]
        yield service, sorted(together, key=lambda case: -case.deadline_s)
        for case in mine:
            if case.alone or case.private:
                yield service, [case]


def _official(batch: Batch, folder: Path) -> dict[tuple[str, Service], Told]:
    """The official side of some cases of one service, in a process with a hard deadline."""
    service, together = batch
    told: dict[tuple[str, Service], Told] = {}
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=folder)))
        gateways = {case.name: stack.enter_context(gateway_for(case, service)) for case in together}
        given = {case.name: given_to(case, place) for case in together}
        orders = [_order(case, service, gateways[case.name], given[case.name]) for case in together]
        asked = {"folder": str(place), "orders": orders}
        ran = subprocess.run(
            [sys.executable, "-m", "tests.faults.official"],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, "FILE_CACHE_DIR": str(place / "cache")},
            timeout=STARTING_S + sum(case.deadline_s for case in together),
            check=True,
        )
        lines = [json.loads(line) for line in ran.stdout.splitlines()]
        outcomes: dict[str, Mapping[str, Any]] = {line["name"]: line for line in lines}
        for case in together:
            seen = _seen(case, outcomes[case.name], gateways[case.name], given[case.name])
            told[case.name, service] = judge(case, seen)
    return told


def _order(case: Case, service: Service, gateway: Gateway, given: Path | None) -> dict[str, Any]:
    return {
        "name": case.name,
        "service": service,
        "url": gateway.url,
        "keys": gateway.env(),
        "input": None if given is None else str(given),
        "wait_s": case.wait_s,
        "deadline_s": case.deadline_s,
    }


def _seen(case: Case, outcome: Mapping[str, Any], gateway: Gateway, given: Path | None) -> Seen:
    """What the process told, beside what the gateway knows."""
    jobs = gateway.jobs()
    named = any(job.id in outcome["said"] for job in jobs)
    addresses = {file.url for job in jobs for file in job.outputs}
    held = None if outcome["file"] is None else bytes.fromhex(outcome["file"])
    return Seen(
        hung=outcome["hung"],
        error=outcome["error"],
        own=outcome["own"],
        right=held == picture() or outcome["address"] in addresses,
        left=held is not None and held != picture(),
        way_back=named or outcome["returned"],
        jobs=paid(jobs),
        blind=started_blind(jobs, given),
        memory=outcome["memory"] if case.alone else 0,
        local=held == LOCAL_FILE.read_bytes(),
        acts=acts(outcome["text"]),
        private=outcome["private"] and case.private,
    )
