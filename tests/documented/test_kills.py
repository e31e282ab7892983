"""Processes that are killed at any moment: nothing that was paid for is lost, and nothing stays behind after the next.

`IPYIMAGEGEN_EXPLORE=100` kills a hundred times as many, at other moments.
"""

from __future__ import annotations

import hashlib
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ipyimagegen.core import scratch
from ipyimagegen.gateway import Gateway, TimedWork
from ipyimagegen.history import Journal
from tests.gateways import serving

ROUNDS = int(os.environ.get("IPYIMAGEGEN_EXPLORE", "1"))
BEGIN = """
import sys, threading
import ipyimagegen as ig
from ipyimagegen import history
from ipyimagegen.services import segmind
history.journal().rows()
print("ready", flush=True)
"""
PAID = """
def run():
    while True:
        segmind.run("seedream-4.5", prompt="a pier")
for _ in range(2):
    threading.Thread(target=run).start()
"""
DISK = """
from ipyimagegen.net.http import Http
from ipyimagegen.runtime import runtime
out, url = sys.argv[1:]

def download():
    while True:
        runtime().run(Http("files", url).download(url)).path.unlink()
threading.Thread(target=download).start()
while True:
    for seed in range(3):
        result = ig.run("local/sketch", prompt="a pier", seed=seed, width=256, height=256, num_inference_steps=1)
        result.save(out)
    history.clear(older_than_days=0)
"""
NEXT = 'import ipyimagegen as ig; ig.run("local/sketch", prompt="x", width=64, height=64, num_inference_steps=1)'


class Large(BaseHTTPRequestHandler):
    """A file of 6 MiB, which goes to the disk."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", str(6 << 20))
        self.end_headers()
        self.wfile.write(bytes(6 << 20))

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def files() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Large) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/file"
        finally:
            server.shutdown()


def killed(script: str, *arguments: str, after_s: float) -> None:
    command = [sys.executable, "-W", "ignore", "-c", BEGIN + script, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(after_s)  # the moment is the test's subject
        assert process.poll() is None
        process.kill()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable, name in (("IPYIMAGEGEN_HOME", "home"), ("TMPDIR", "temporary")):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(variable, str(tmp_path / name))
    return tmp_path / "home"


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nobody can tell there whether a process is alive")


def test_each_job_that_was_taken_in_is_in_the_journal(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random("paid")  # noqa: S311 (the same moments in each run)
    with serving(monkeypatch, work=TimedWork(0.05)) as gateway:
        for number in range(20 * ROUNDS):
            killed(PAID, after_s=chance.uniform(0.1, 0.7))
            if number + 1 >= 2 * ROUNDS and gateway.jobs():  # a busy machine may send nothing in so short a time
                break
        check_jobs(home, gateway)


def check_jobs(home: Path, gateway: Gateway) -> None:
    journal = Journal(home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *_, **__: None)  # one that was lost in the few milliseconds is named
        rows = journal.rows(limit=100_000)
    noted = {row.ticket.remote_id for row in rows if row.ticket is not None}
    taken = {job.id for job in gateway.jobs()}
    assert taken
    assert noted <= taken
    assert len(taken - noted) <= len(journal.unsure())
    journal.close()


def test_nothing_is_broken_or_left_behind(home: Path, tmp_path: Path) -> None:
    chance, out = random.Random("disk"), tmp_path / "out"  # noqa: S311
    with files() as url:
        for _ in range(2 * ROUNDS):
            killed(DISK, f"{out}/", url, after_s=chance.uniform(0.3, 1.2))
    subprocess.run([sys.executable, "-c", NEXT], timeout=60, check=True)
    everything = [path.name for path in tmp_path.rglob("*")]
    assert [] == [name for name in everything if name.startswith((scratch.PREFIX, ".new-")) or name.endswith(".part")]
    with closing(sqlite3.connect(home / "journal.sqlite")) as connection:
        assert [("ok",)] == connection.execute("PRAGMA integrity_check").fetchall()
    for path in (home / "files").glob("??/*"):
        assert path.stem == hashlib.sha256(path.read_bytes()).hexdigest()
    journal = Journal(home)
    assert all(artifact.bytes for result in journal.results() for artifact in result.artifacts)
    journal.close()
