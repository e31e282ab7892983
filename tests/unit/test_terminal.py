"""Progress where there is no notebook: a line on a terminal, nothing in a pipe."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time

import pytest

from ipyimagegen.jobs.terminal import seconds_in_words

SLOW = "width=64, height=64, num_inference_steps=4, step_delay_s=0.15, seed=1"


def on_a_terminal(code: str, *, module: tuple[str, ...] = ("-c",), interrupt_at: str = "") -> tuple[int, str]:
    """The exit status and everything that a program wrote to its terminal."""
    master, slave = pty.openpty()
    program = subprocess.Popen([sys.executable, *module, code], stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    written = b""
    while True:
        try:
            piece = os.read(master, 65_536)
        except OSError:
            break
        if not piece:
            break
        written += piece
        if interrupt_at and interrupt_at.encode() in written:
            interrupt_at = ""
            program.send_signal(signal.SIGINT)
    os.close(master)
    return program.wait(30), written.decode(errors="replace")


def test_a_script_on_a_terminal_shows_one_moving_line_and_clears_it() -> None:
    status, text = on_a_terminal(f"import ipyimagegen as ig; print(ig.run(prompt='a boat', {SLOW}))")
    assert status == 0
    assert re.search(r"local/sketch  \[#+-+\]  +\d+ %  running, step \d of 4", text)
    assert text.rstrip().endswith("seed 1 · 0.7 s · free>") or "<Result local/sketch · 64×64 · seed 1" in text
    assert "\x1b[2K<Result" in text.replace("\r", "")


def test_ipython_on_a_terminal_shows_the_same_line() -> None:
    status, text = on_a_terminal(
        f"import ipyimagegen as ig; ig.run(prompt='a boat', {SLOW})", module=("-m", "IPython", "-c")
    )
    assert (status, "running, step" in text) == (0, True)


def test_interrupt_ends_a_script_at_once_and_says_so() -> None:
    began = time.monotonic()
    status, text = on_a_terminal(
        "import ipyimagegen as ig; ig.run(prompt='a boat', num_inference_steps=150, step_delay_s=1)",
        interrupt_at="step 1 of",
    )
    assert (status, "KeyboardInterrupt" in text) == (-signal.SIGINT, True)
    assert time.monotonic() - began < 100


def test_a_pipe_gets_no_progress() -> None:
    code = f"import ipyimagegen as ig; ig.run(prompt='a boat', {SLOW})"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert (ran.stdout, ran.stderr) == (b"", b"")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (12.4, "12 s"), (59.6, "60 s"), (185, "3 min 5 s"), (7_800, "2 h 10 min")],
)
def test_seconds_are_told_in_words(seconds: float, words: str) -> None:
    assert seconds_in_words(seconds) == words


def test_the_line_ends_with_the_work_even_if_its_block_is_never_left() -> None:
    code = (
        "import sys, time, ipyimagegen as ig; from ipyimagegen.jobs.terminal import TerminalView;"
        "job = ig.submit(prompt='x', width=64, height=64, num_inference_steps=2);"
        "TerminalView(job, sys.stderr).__enter__(); job.result(); time.sleep(0.3); print('MARK', end='', flush=True);"
        "time.sleep(0.4)"
    )
    status, written = on_a_terminal(code)
    assert (status, written.partition("MARK")[2].strip()) == (0, "")
