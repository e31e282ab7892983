"""The official libraries, unmodified, each case in a thread of this process: `python -m tests.faults.official`.

Reads the orders as a JSON list from standard input, and writes one JSON line for each to standard output as it ends.
Nothing of this process reaches the network outside this machine: a connection to elsewhere is noted and refused.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .memory import forget_peak, peak_bytes

AT_A_TIME = 6
LOOK_S = 0.02
PROMPT = "a lighthouse at dusk"


@dataclass
class Run:
    """One case on its way. `returned`: the job is over and the caller has its result in hand; saving is left."""

    order: Mapping[str, Any]
    path: Path
    returned: bool = False
    address: str = ""
    error: BaseException | None = None
    reported: str = ""
    text: str = ""
    done: bool = False
    began: float = field(default_factory=time.monotonic)

    def work(self) -> None:
        try:
            CALLS[self.order["service"]](self)
        except BaseException as error:  # noqa: BLE001 (whatever it raises is what is measured)
            self.error = error
        self.done = True

    def outcome(self) -> dict[str, Any]:
        """What the parent judges."""
        error = self.error
        name = name_of(error) if error is not None else self.reported
        module = type(error).__module__ if error is not None else ""
        own = bool(self.reported) or module.partition(".")[0] == self.order["service"]
        held = self.path.read_bytes().hex() if self.path.exists() else None
        return {
            "name": self.order["name"],
            "hung": not self.done,
            "error": name,
            "own": own,
            "said": f"{error} {vars(error) if own and error is not None else ''}",
            "text": str(error) if error is not None else self.text,
            "returned": self.returned,
            "address": self.address,
            "file": held,
            "private": bool(REFUSED),
        }


def name_of(error: BaseException) -> str:
    """Its class. A lost connection has one of several names, by what was just being done: then what they share."""
    names = [kind.__name__ for kind in type(error).__mro__]
    return "TransportError" if "TransportError" in names else names[0]


def speedpix(run: Run) -> None:
    """SpeedPix: run, then save."""
    import speedpix as library

    keys = run.order["keys"]
    client = library.Client(keys["SPEEDPIX_APP_KEY"], keys["SPEEDPIX_APP_SECRET"], run.order["url"])
    wanted = {"prompt": PROMPT, **({"image": run.order["input"]} if run.order["input"] else {})}
    output = client.run(workflow_id="image-to-image" if run.order["input"] else "text-to-image", input=wanted)
    run.returned = True
    output["images"]["url"].save(str(run.path))


def openpixels(run: Run) -> None:
    """OpenPixels: a failed job is a value; the picture is an address."""
    import openpixels as library

    client = library.OpenPixels(run.order["keys"]["OPENPIXELS_API_KEY"], run.order["url"])
    result = client.run({"model": "flux-dev", "prompt": PROMPT})
    run.returned = True
    run.reported = "error value" if "error" in result else ""
    run.text = str(result.get("error", {}).get("message", ""))
    run.address = result.get("data", {}).get("url", "")


def segmind(run: Run) -> None:
    """Segmind: the output is an address. Where files go is written in the library's code, and named anew here."""
    import segmind as library

    url = f"{run.order['url']}/v1"
    client = library.SegmindClient(api_key=run.order["keys"]["SEGMIND_API_KEY"], base_url=url)
    if run.order["input"]:
        files = client.files
        files.STORAGE_BASE_URL = run.order["url"]
        (image,) = files.upload(run.order["input"])["file_urls"]
        result = client.run("sdxl-img2img", prompt=PROMPT, image=image)
    elif run.order["wait_s"]:
        result = client.submit_async("flux-dev", prompt=PROMPT).wait(timeout=run.order["wait_s"])
    else:
        result = client.run("flux-dev", prompt=PROMPT)
    run.returned = True
    run.address = result["output"]


def inferencesh(run: Run) -> None:
    """inference.sh: run, then let `File` fetch the output."""
    import inferencesh as library

    client = library.inference(api_key=run.order["keys"]["INFERENCE_API_KEY"], base_url=run.order["url"])
    image = {"image": run.order["input"]} if run.order["input"] else {}
    wanted = {"app": "infsh/sdxl", "input": {"prompt": PROMPT, **image}}
    if run.order["wait_s"]:
        task = client.run(wanted, wait=False)
        result = client.wait_for_completion(task["id"], timeout=run.order["wait_s"])
    else:
        result = client.run(wanted)
    run.returned = True
    fetched = library.File(result["output"]["image"]["uri"])
    run.path = Path(str(fetched.path))


CALLS: dict[str, Callable[[Run], None]] = {
    "speedpix": speedpix,
    "openpixels": openpixels,
    "segmind": segmind,
    "inferencesh": inferencesh,
}
REFUSED: list[str] = []


def stay_at_home(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook that lets nobody connect to another machine."""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = str(arguments[1][0])
        if not host.startswith("127.") and host not in ("::1", "localhost"):
            REFUSED.append(host)
            raise OSError(101, "Network is unreachable")


def run_all(orders: list[Mapping[str, Any]], folder: Path, tell: Callable[[Mapping[str, Any]], None]) -> None:
    """Some at a time, in the order given; one that is past its deadline is told as hung, and left behind."""
    waiting = list(orders)
    running: list[Run] = []
    while waiting or running:
        while waiting and len(running) < AT_A_TIME:
            order = waiting.pop(0)
            run = Run(order, folder / f"{len(waiting)}.png")
            running.append(run)
            threading.Thread(target=run.work, daemon=True).start()
        for run in list(running):
            if run.done or time.monotonic() - run.began > run.order["deadline_s"]:
                running.remove(run)
                tell(run.outcome())
        time.sleep(LOOK_S)


def main() -> None:
    """Silence the libraries, run what was ordered, and leave at once, hung threads or not."""
    asked = json.load(sys.stdin)
    report = os.fdopen(os.dup(1), "w")
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    for order in asked["orders"]:
        __import__(order["service"])
    sys.addaudithook(stay_at_home)
    forget_peak()
    before = peak_bytes()

    def tell(outcome: Mapping[str, Any]) -> None:
        print(json.dumps({**outcome, "memory": peak_bytes() - before}), file=report, flush=True)

    run_all(asked["orders"], Path(asked["folder"]), tell)
    os._exit(0)


if __name__ == "__main__":
    main()
