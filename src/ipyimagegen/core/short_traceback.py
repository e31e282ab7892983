"""What a notebook shows of an error that was raised on purpose: the caller's own lines, and what is wrong."""

from __future__ import annotations

import linecache
import traceback
from pathlib import Path
from types import FrameType

PACKAGE = __name__.partition(".")[0]
HOSTS = ("IPython", "ipykernel")
"""Whose frames stand above the caller's, and mean nothing to him."""
RED, PLAIN = "\x1b[31m", "\x1b[39m"


def short_traceback(error: BaseException) -> list[str]:
    """The lines for IPython. `traceback.print_exception(sys.last_value)` prints all, also what lies in the package."""
    lines = []
    for frame, number in traceback.walk_tb(error.__traceback__):
        room = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if room == PACKAGE:
            break
        if room not in HOSTS:
            lines += [_place(frame, number), f"----> {linecache.getline(frame.f_code.co_filename, number).strip()}"]
    message = f"{RED}{type(error).__name__}{PLAIN}: {error}"
    return [*lines, *([""] if lines else []), *message.splitlines()]


def _place(frame: FrameType, number: int) -> str:
    path = Path(frame.f_code.co_filename)
    of_a_cell = path.parent.name.startswith("ipykernel_") or path.name.startswith("<ipython-input")
    return f"Cell, line {number}" if of_a_cell else f"{path}:{number}, in {frame.f_code.co_name}"
