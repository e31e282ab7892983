"""A client that was made, and used, before a fork paints in the child too; the parent notices nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ipyimagegen.gateway import TimedWork
from tests.gateways import serving

SCRIPT = """
import os, signal
import ipyimagegen as ig
from ipyimagegen.core import forks
from ipyimagegen.core.errors import ShuttingDown
from ipyimagegen.services import segmind, speedpix
from ipyimagegen.services.inferencesh import inference
from ipyimagegen.services.openpixels import OpenPixels

client, pixels, tasks, pix = ig.Client(), OpenPixels(os.environ["OPENPIXELS_API_KEY"]), inference(), speedpix.Client()
small = {"width": 64, "height": 64}

def use_all():
    return [
        len(client.run("local/sketch", prompt="x", num_inference_steps=1, **small).images),
        segmind.run("seedream-4.5", prompt="x")["status"],
        pixels.run(model="flux-dev", prompt="x")["status"],
        len(pix.run("text-to-image", {"prompt": "x"})["images"]),
        tasks.run({"app": "infsh/sdxl", "input": {"prompt": "x"}})["id"] != "",
    ]

expected = use_all()
assert expected[0] == 1, expected
# All slots of the embedded engine are taken, and somebody holds a lock, at the moment of the fork.
slow = [client.submit("local/sketch", prompt="x", num_inference_steps=20, step_delay_s=0.05, **small) for _ in range(5)]
while slow[0].progress is None:
    pass
held = forks.lock()
held.acquire()

pid = os.fork()
if not pid:
    code = 1
    try:
        signal.alarm(20)
        assert use_all() == expected
        assert held.acquire(timeout=5)
        assert client.jobs()[-1] is not slow[-1]
        for wait in (slow[0].result, slow[0].cancel, lambda: next(iter(slow[0].events()))):
            try:
                wait()
            except ShuttingDown as error:
                assert "the process that forked this one" in str(error)
            else:
                raise AssertionError
        code = 0
    finally:
        os._exit(code)
assert use_all() == expected
assert [len(job.result(30).images) for job in slow] == [1] * 5
assert os.waitpid(pid, 0)[1] == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_clients_made_before_a_fork_paint_in_the_child(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IPYIMAGEGEN_HOME", str(tmp_path))
    with serving(monkeypatch, work=TimedWork()):
        command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", SCRIPT]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (0, "") == (done.returncode, done.stderr)
