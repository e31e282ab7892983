"""A process that is killed in the middle of a sweep: another one ends it, and nothing is sent twice."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from ipyimagegen.experiments.opening import load
from ipyimagegen.gateway import Gateway, TimedWork
from ipyimagegen.gateway.records import RequestRecord
from ipyimagegen.history import Journal
from ipyimagegen.jobs.client import Client
from tests.gateways import serving

SWEEP = """
import ipyimagegen as ig
models = ["openpixels/flux-dev", "segmind/flux-dev", "inferencesh/infsh/sdxl"]
ig.sweep(models, [f"picture {n}." for n in range(12)], name="killed", quiet=True).result()
"""


def submits(gateway: Gateway) -> Counter[tuple[str, bytes]]:
    """How often each service was sent each prompt."""
    bodies = [(record.service, record.body) for record in gateway.requests if b"picture " in record.body]
    return Counter((service, body.split(b"picture ")[1].split(b".")[0]) for service, body in bodies)


@pytest.mark.parametrize("after", [3, 14])
def test_a_killed_sweep_is_ended_by_another_process_and_each_call_is_sent_once(
    after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IPYIMAGEGEN_HOME", str(tmp_path))
    with serving(monkeypatch, work=TimedWork(0.05), slots=4) as gateway:
        came, open_record = threading.Event(), gateway.requests.open

        def watched(record: RequestRecord) -> int:
            number = open_record(record)
            if sum(submits(gateway).values()) >= after:
                came.set()
            return number

        monkeypatch.setattr(gateway.requests, "open", watched)
        first = subprocess.Popen([sys.executable, "-c", SWEEP])
        assert came.wait(30)
        first.send_signal(signal.SIGKILL)
        first.wait()
        client = Client(journal=Journal(tmp_path))
        table = load(client, "killed").resume().result(30)
        assert {1} == set(submits(gateway).values())
        assert {"succeeded", "unknown"} >= set(table.counts)
        made = {(cell.cell.model.split("/")[0], cell.values["prompt"].encode()[8:-1]) for cell in table if not cell.why}
        assert made <= set(submits(gateway))
        for cell in table:
            if cell.status == "unknown":
                assert "no receipt was noted" in cell.why or "may be billed" in cell.why
        again = load(client, "killed").resume().result(30)
        assert table.counts == again.counts
        client.close()


def test_a_program_that_does_not_wait_says_what_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYIMAGEGEN_HOME", str(tmp_path))
    code = "import ipyimagegen as ig\nig.sweep('local/sketch', ['a', 'b'], name='left', step_delay_s=1)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert "sweep left: the program ended before it was done (0 of 2 done" in ended.stderr
    assert "ig.load_sweep('left').resume() goes on, .result() waits" in ended.stderr
