"""What follows a sweep on a screen: a line on a terminal, or nothing. Notebooks have their own (`notebook.sweeps`)."""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import Protocol, TextIO

from .table import Table


class View(Protocol):
    """Something on a screen that follows a sweep. Called on the background loop, in the context of `start`."""

    def update(self, line: str) -> None:
        """How far it is, in a line."""

    def finish(self, table: Table, line: str) -> None:
        """What came of it."""


class NoView:
    """Shows nothing."""

    def __init__(self, line: str = "") -> None:
        """Takes the first line, as each view does."""

    def update(self, line: str) -> None:
        """Nothing."""

    def finish(self, table: Table, line: str) -> None:
        """Nothing."""


class TerminalLine:
    """Rewrites one line, and leaves the last one."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def update(self, line: str) -> None:
        """How far it is."""
        self._write(f"\r\x1b[2K{line[: shutil.get_terminal_size().columns - 1]}")

    def finish(self, table: Table, line: str) -> None:
        """What came of it, in lines that stay."""
        self._write(f"\r\x1b[2K{f'{table.title}: {line}' if table.title else line}\n")

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # the terminal is gone; the sweep is not
            self._stream.write(text)
            self._stream.flush()
