"""Progress as one line of text on a terminal."""

from __future__ import annotations

import shutil
import threading
from types import TracebackType
from typing import Self, TextIO

from ..core.jobs import in_words
from .batch import Batch
from .job import Job

TICK_S = 0.1


def progress_line(work: Job | Batch, width: int = 79) -> str:
    """`local/sketch  [#####-----]  52 %  running, step 10 of 20 · 0.6 s left`, cut to `width` columns."""
    fraction = work.progress
    bar = "-" * 20 if fraction is None else "#" * round(fraction * 20) + "-" * (20 - round(fraction * 20))
    percent = "    " if fraction is None else f"{fraction * 100:3.0f} %"
    eta = work.eta_s
    left = f" · {seconds_in_words(eta)} left" if eta is not None and not work.done else ""
    running = [job for job in work.jobs if not job.done] or list(work.jobs)
    count = f" · {sum(job.done for job in work.jobs)} of {len(work.jobs)} done" if len(work.jobs) > 1 else ""
    return f"{work.model}  [{bar}]  {percent}  {in_words(running[0].state)}{left}{count}"[:width]


def seconds_in_words(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


class Silent:
    """Shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class TerminalView:
    """Rewrites one line ten times a second while the block and the work run, and clears it at the end."""

    def __init__(self, work: Job | Batch, stream: TextIO) -> None:
        self._work = work
        self._stream = stream
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._draw, name="ipyimagegen-progress", daemon=True)

    def _draw(self) -> None:
        while not self._done.wait(TICK_S):
            if self._work.done:
                return  # whoever waited may have been interrupted, and never leave this block
            self._write(progress_line(self._work, shutil.get_terminal_size().columns - 1))

    def _write(self, line: str) -> None:
        try:
            self._stream.write(f"\r\x1b[2K{line}")
            self._stream.flush()
        except (OSError, ValueError):
            self._done.set()  # the terminal is gone; the job is not

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        self._write("")
