"""What follows a sweep on a terminal."""

from __future__ import annotations

import io
import subprocess
import sys

from ipyimagegen.core.cost import Cost
from ipyimagegen.experiments.progress import Progress
from ipyimagegen.experiments.table import Table
from ipyimagegen.experiments.view import TerminalLine

TABLE = Table(axes=(), cells=(), title="foxes")


def test_the_line_is_rewritten_and_the_last_one_stays() -> None:
    stream = io.StringIO()
    view = TerminalLine(stream)
    view.update("1 of 2 done")
    view.finish(TABLE, "2 of 2 done\nsteps had no effect")
    assert "\r\x1b[2K1 of 2 done\r\x1b[2Kfoxes: 2 of 2 done\nsteps had no effect\n" == stream.getvalue()


def test_a_line_is_cut_to_the_terminal_s_width() -> None:
    stream = io.StringIO()
    TerminalLine(stream).update("x" * 500)
    assert len(stream.getvalue()) < 200


def test_a_terminal_that_is_gone_ends_nothing() -> None:
    stream = io.StringIO()
    stream.close()
    TerminalLine(stream).finish(TABLE, "2 of 2 done")


def test_progress_says_what_there_is_and_nothing_else() -> None:
    assert "0 of 3 done · 3 left" == str(Progress(counts={"planned": 3}))
    every = Progress(
        counts={"succeeded": 2, "running": 1, "failed": 1, "open": 1, "unknown": 1, "planned": 4, "invalid": 2},
        spent=Cost.read("0.12"),
        unpriced=1,
        eta_s=65,
        note="paused",
    )
    assert (
        "2 of 10 done · 1 running · 1 failed · 1 going on at the service · 1 sent, and not known whether it arrived"
        " · 4 left · 2 invalid · $0.12 spent · 1 of unknown cost · 1 min 5 s left · paused"
    ) == str(every)


def test_calls_that_make_one_picture_load_nothing_of_sweeps() -> None:
    code = "import ipyimagegen as ig, sys; ig.run; raise SystemExit(any('experiments' in name for name in sys.modules))"
    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode
