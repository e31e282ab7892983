"""The same documented calls on an official library and on ours, each in a process of its own, against one gateway.

`python -m tests.benchmarks._services` is that process: it reads its task as JSON, and writes what it measured.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from ipyimagegen.gateway import Gateway, TimedWork, serve
from ipyimagegen.gateway.orders import Order
from ipyimagegen.gateway.work import Picture, Report, Step, facts

Service = Literal["speedpix", "openpixels", "segmind", "inferencesh"]
SERVICES: tuple[Service, ...] = ("speedpix", "openpixels", "segmind", "inferencesh")
POLLED: tuple[Service, ...] = ("speedpix", "segmind")
OFFICIAL, OURS = "official", "ours"
SIDES = (OFFICIAL, OURS)
ROOT = Path(__file__).parents[2]
MIB = 2**20
START_S = 0.05
"""Between the starts of clients, so that they do not stand in each other's way."""
MODELS = 13
Run = Callable[[str, str], object]
"""A job by its prompt, of a model by its name; `""` is any. Only services that are polled have several here."""


class PromptedWork(TimedWork):
    """Each job takes as many seconds as its prompt begins with, and reports `steps` even steps of progress."""

    async def perform(self, order: Order, report: Report) -> Sequence[Picture]:
        seconds, steps = float(order.prompt.split()[0]), max(self.steps, 1)
        loop = asyncio.get_running_loop()
        began = loop.time()
        for done in range(1, steps + 1):
            await asyncio.sleep(began + seconds * done / steps - loop.time())
            report(Step(done, self.steps))
        content_type, width, height = facts(self.picture)
        return [Picture("images", self.picture, content_type, width, height)]


@contextmanager
def gateway(picture: bytes | None = None, *, steps: int = 0, **limits: Any) -> Iterator[Gateway]:
    """A gateway in this process; the libraries are in others. It has a model for each number of `PromptedWork`."""
    with serve(work=PromptedWork(picture=picture, steps=steps), **limits) as running:
        for number in range(MODELS):
            name = f"model-{number}"
            running.segmind.models[name] = replace(running.segmind.models["flux-dev"], slug=name)
            running.speedpix.workflows[name] = running.speedpix.workflows["text-to-image"]
        yield running


def measured(where: Gateway, side: str, service: Service, task: str, *, home: str = "", **facts: Any) -> Any:
    """Have a process do `task` with the library of that side, and give what it measured. `home` is of its journal."""
    asked = {"side": side, "service": service, "task": task, "url": where.url, "keys": where.env(), **facts}
    with tempfile.TemporaryDirectory() as folder:
        own = {"FILE_CACHE_DIR": f"{folder}/cache", "IPYIMAGEGEN_HOME": home or f"{folder}/home"}
        Path(f"{folder}/cache").mkdir()
        ran = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks._services"],
            input=json.dumps({**asked, "folder": folder}),
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, **own, **where.env()},
            check=False,
        )
    if ran.returncode:
        raise RuntimeError(f"{side} {service} {task}: {ran.stderr[-2000:]}")
    return json.loads(ran.stdout)


# -- in the measured process ----------------------------------------------------------------------------------------


def connected(side: str, service: str, url: str, keys: Mapping[str, str]) -> tuple[Any, Run]:
    """A client, and its documented call for one job of a model."""
    library = importlib.import_module(service if side == OFFICIAL else f"ipyimagegen.services.{service}")
    if service == "speedpix":
        client = library.Client(keys["SPEEDPIX_APP_KEY"], keys["SPEEDPIX_APP_SECRET"], url)
        return client, lambda prompt, model: client.run(workflow_id=model or "text-to-image", input={"prompt": prompt})
    if service == "openpixels":
        client = library.OpenPixels(keys["OPENPIXELS_API_KEY"], url)
        return client, lambda prompt, _: client.run({"model": "flux-dev", "prompt": prompt})["data"]
    if service == "segmind":
        client = library.SegmindClient(api_key=keys["SEGMIND_API_KEY"], base_url=f"{url}/v1")
        return client, lambda prompt, model: client.run(model or "flux-dev", prompt=prompt)["output"]
    client = library.inference(api_key=keys["INFERENCE_API_KEY"], base_url=url)
    return client, lambda prompt, _: client.run({"app": "infsh/sdxl", "input": {"prompt": prompt}})["output"]


def waiting(asked: Mapping[str, Any], new: Callable[[], tuple[Any, Run]]) -> Any:
    """Clients side by side, each of which runs its jobs one after the other: when each call came back."""
    returned: dict[str, float] = {}

    def one(prompts: Sequence[str], held: tuple[Any, Run]) -> None:
        for prompt in prompts:
            held[1](prompt, f"model-{prompt.split()[1]}")
            returned[prompt] = time.time()

    threads = [threading.Thread(target=one, args=(prompts, new())) for prompts in asked["prompts"]]
    for thread in threads:
        thread.start()
        time.sleep(START_S)
    for thread in threads:
        thread.join()
    return returned


def load(asked: Mapping[str, Any], new: Callable[[], tuple[Any, Run]]) -> Any:
    """Many jobs on one client, so many at a time: how many came back, and what it took."""
    connections = 0

    def count(event: str, _: tuple[Any, ...]) -> None:
        nonlocal connections
        connections += event == "socket.connect"

    _, run = new()
    run("0 warm", "")
    forget_peak()
    peak, cpu, began = peak_bytes(), time.process_time(), time.time()
    sys.addaudithook(count)

    def attempt(number: int) -> str:
        try:
            run(f"{asked['seconds']} {number}", "")
        except Exception as error:  # noqa: BLE001 (what is counted)
            return type(error).__name__
        return ""

    with ThreadPoolExecutor(asked["at_a_time"]) as pool:
        errors = list(pool.map(attempt, range(asked["jobs"])))
    return {
        "seconds": time.time() - began,
        "cpu_s": time.process_time() - cpu,
        "memory": peak_bytes() - peak,
        "finished": errors.count(""),
        "errors": sorted(set(errors) - {""}),
        "connections": connections,
    }


def transfers(asked: Mapping[str, Any], new: Callable[[], tuple[Any, Run]]) -> Any:
    """A large file up and down: growth of memory, CPU and seconds of each."""
    client, run = new()
    folder = Path(asked["folder"])
    warm, large = folder / "warm.png", folder / "large.bin"
    warm.write_bytes(b"0" * 1000)
    large.write_bytes(os.urandom(MIB) * asked["up_mib"])
    up: Callable[[Path], object]
    if asked["service"] == "speedpix":
        up, down = client.files.create, lambda output: output["images"]["url"].save(str(folder / "down.png"))
    else:
        owner = "inferencesh" if asked["side"] == OFFICIAL else "ipyimagegen.services.inferencesh"
        file = importlib.import_module(owner).File
        up, down = lambda path: client.files.upload(str(path)), lambda output: file(output["image"]["uri"]).path
    up(warm)
    output = run("0 large", "")
    return {"down": _cost(lambda: down(output)), "up": _cost(lambda: up(large))}


def _cost(do: Callable[[], object]) -> dict[str, float]:
    forget_peak()
    peak, cpu, began = peak_bytes(), time.process_time(), time.perf_counter()
    with _quiet():
        do()
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "cpu_s": time.process_time() - cpu, "memory": peak_bytes() - peak}


@contextmanager
def _quiet() -> Iterator[None]:
    """Standard output is the report's alone."""
    kept, sys.stdout = sys.stdout, sys.stderr
    try:
        yield
    finally:
        sys.stdout = kept


def forget_peak() -> None:
    """Let the present size count as the peak (Linux)."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_bytes() -> int:
    """The largest resident size since `forget_peak` (Linux)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


TASKS = {"waiting": waiting, "load": load, "transfers": transfers}


def main() -> None:
    asked = json.load(sys.stdin)

    def new() -> tuple[Any, Run]:
        return connected(asked["side"], asked["service"], asked["url"], asked["keys"])

    with _quiet():
        result = TASKS[asked["task"]](asked, new)
    print(json.dumps(result), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
