"""Keys and jobs across kernels: what a person types after an error, and after a kernel that died."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_client.manager import KernelManager, start_new_kernel

from ipyimagegen.gateway import Gateway, TimedWork, serve

if TYPE_CHECKING:
    from jupyter_client.blocking.client import BlockingKernelClient

pytestmark = [pytest.mark.kernel, pytest.mark.filterwarnings("ignore")]
PATIENCE_S = 60.0


@dataclass
class Kernel:
    """A kernel with the extension loaded, and everything that it ever published."""

    manager: KernelManager
    client: BlockingKernelClient
    published: list[dict[str, Any]] = field(default_factory=list)

    def run(self, code: str, *, typed: str = "") -> tuple[dict[str, Any], str]:
        """The reply to a cell, and the text that it published. `typed` answers what it asks."""
        seen: list[dict[str, Any]] = []
        reply = self.client.execute_interactive(
            code,
            timeout=PATIENCE_S,
            output_hook=seen.append,
            allow_stdin=bool(typed),
            stdin_hook=lambda _: self.client.input(typed),
        )
        self.published += [{"type": message["msg_type"], "content": message["content"]} for message in seen]
        self.published.append(reply["content"])
        texts = (message["content"].get("text") or message["content"].get("data", {}) for message in seen)
        return reply["content"], "\n".join(map(str, texts))

    def kill(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[dict[str, str]], Kernel]]:
    """Start kernels that share a journal, in an environment with nothing else of ours."""
    started: list[Kernel] = []

    def begin(variables: dict[str, str]) -> Kernel:
        env = {**os.environ, "IPYIMAGEGEN_HOME": str(tmp_path / "home"), **variables}
        kernel = Kernel(*start_new_kernel(cwd=str(tmp_path), env=env))
        started.append(kernel)
        kernel.run("%load_ext ipyimagegen")
        return kernel

    yield begin
    for kernel in started:
        kernel.kill()


def addresses(gateway: Gateway) -> dict[str, str]:
    return {name: value for name, value in gateway.env().items() if value.startswith("http")}


def test_a_missing_key_names_the_line_that_asks_for_it_and_then_it_works(
    start: Callable[[dict[str, str]], Kernel],
) -> None:
    with serve(work=TimedWork(0.1)) as gateway:
        kernel = start(addresses(gateway))
        cell = "%%imagegen segmind/flux-schnell --width 512 --height 512\na fox"
        reply, _ = kernel.run(cell)
        assert reply["ename"] == "MissingSegmindKey"
        [line] = re.findall(r"In a notebook: (%imagegen \w+ \w+)", reply["evalue"])
        reply, text = kernel.run(line, typed=gateway.keys.segmind)
        assert reply["status"] == "ok"
        assert "Segmind: SEGMIND_API_KEY is set, for this session" in text
        reply, text = kernel.run(cell)
        assert reply["status"] == "ok"
        assert "image/png" in text
        documented = (
            "from ipyimagegen.services import segmind; print(segmind.run('flux-schnell', prompt='x')['status'])"
        )
        assert "COMPLETED" in kernel.run(documented)[1]
        kernel.run("%imagegen logout segmind")
        assert kernel.run(cell)[0]["ename"] == "MissingSegmindKey"
        assert gateway.keys.segmind not in json.dumps(kernel.published, default=str)


def test_login_where_nobody_can_be_asked_says_what_to_do(start: Callable[[dict[str, str]], Kernel]) -> None:
    reply, text = start({}).run("%imagegen login openpixels")
    assert "set OPENPIXELS_API_KEY in the environment before the kernel starts" in f"{reply} {text}"


def test_a_job_of_a_kernel_that_died_is_listed_and_collected_by_the_next(
    start: Callable[[dict[str, str]], Kernel],
) -> None:
    with serve(work=TimedWork(4.0)) as gateway:
        first = start(gateway.env())
        first.run("import ipyimagegen as ig; job = ig.submit('inferencesh/infsh/sdxl', prompt='a fox', width=512)")
        first.run("import time\nwhile job.ticket is None or job.phase == 'preparing': time.sleep(0.01)")
        first.kill()
        second = start(gateway.env())
        _, listed = second.run("%imagegen jobs")
        [line] = re.findall(r"%imagegen attach \w+", listed)
        reply, text = second.run(f"{line} -o fox")
        assert reply["status"] == "ok"
        assert "image/png" in text
        assert "attach" not in second.run("%imagegen jobs")[1]
        assert "inferencesh/infsh/sdxl" in second.run("fox.model")[1]
        assert [job.phase for job in gateway.jobs("inferencesh")] == ["succeeded"]
        assert len(gateway.requests.of("inferencesh", "submit")) == 1
