"""What a killed process leaves on the disk is deleted at the next start; what a living one is about to write stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ipyimagegen.core import processes, scratch

HOLDER = """
import asyncio, os, sys, threading
from pathlib import Path
from ipyimagegen.history.files import Files
from ipyimagegen.media.artifacts import Artifact
from ipyimagegen.media.saving import write_atomic
from ipyimagegen.net.downloads import Spool

home, out = map(Path, sys.argv[1:])
asyncio.run((spool := Spool(memory_bytes=10)).write(b"half a video"))
begun, never = threading.Barrier(3), threading.Event()

def fsync(_):
    begun.wait()
    never.wait()

os.fsync = fsync
kept = Artifact(name="image", media_type="image/png", size=1, sha256="ab" * 32, data=b"x")
threading.Thread(target=Files(home / "files").keep, args=(kept,), daemon=True).start()
threading.Thread(target=write_atomic, args=(out / "castle.png", b"x"), daemon=True).start()
begun.wait()
print("all are being written", flush=True)
sys.stdin.read()
"""
NEXT = """
import ipyimagegen as ig
ig.run("local/sketch", prompt="x", width=64, height=64, num_inference_steps=1)
"""


def unfinished(*folders: Path) -> list[str]:
    names = [path.name for folder in folders for path in folder.rglob("*")]
    return sorted(name for name in names if name.startswith((scratch.PREFIX, ".new-")) or name.endswith(".part"))


@pytest.mark.skipif(sys.platform == "win32", reason="nobody can tell there whether a process is alive")
def test_only_what_dead_processes_left_is_deleted(tmp_path: Path) -> None:
    home, out, temporary = (tmp_path / name for name in ("home", "out", "temporary"))
    for folder in (home, out, temporary):
        folder.mkdir()
    foreign = temporary / "ipyimagegen-of-somebody-else"
    foreign.write_text("")
    environment = {**os.environ, "IPYIMAGEGEN_HOME": str(home), "TMPDIR": str(temporary)}

    def start() -> None:
        subprocess.run([sys.executable, "-c", NEXT], env=environment, timeout=30, check=True)

    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(home), str(out)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"all are being written\n"
        held = unfinished(home, out, temporary)
        assert len(held) == 5  # a folder with the download and a link; two pictures; and the foreign file
        start()
        assert held == unfinished(home, out, temporary)
        holder.kill()
    start()
    assert [foreign.name] == unfinished(home, out, temporary)


def test_a_process_is_at_work_as_long_as_it_is_the_same_one() -> None:
    machine, pid, began = processes.owner().split(":")
    assert processes.is_at_work(f"{machine}:{pid}:{began}")
    assert processes.is_at_work(f"{machine}:{pid}:")
    assert processes.is_at_work("another machine:1:1")
    assert not processes.is_at_work(f"{machine}:{2**22 + 1}:")
    assert not processes.is_at_work("")
    assert not scratch.left_in(Path("/no such folder"), prefix=".new-")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="when a process began cannot be read")
def test_a_number_that_is_used_again_is_another_process() -> None:
    machine, pid, began = processes.owner().split(":")
    assert not processes.is_at_work(f"{machine}:{pid}:{int(began) + 1}")
    assert processes.is_left_behind(f"{processes.tag()}1")
    assert not processes.is_left_behind(processes.tag())
