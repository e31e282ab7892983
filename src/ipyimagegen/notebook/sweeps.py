"""A sweep in a notebook: one line while it runs, and at its end one labelled contact sheet as a plain output."""

from __future__ import annotations

import sys

from IPython.display import DisplayHandle, display

from ..experiments.table import Table
from ..experiments.view import NoView, TerminalLine, View
from .kernel import has_kernel
from .show import remember_shown, running_cell


def sweep_view(line: str, *, quiet: bool = False) -> View:
    """What shows a sweep that a cell has started: an output of the cell, a line of the terminal, or nothing."""
    if quiet:
        return NoView()
    if has_kernel():
        return NotebookSweepView(line)
    return TerminalLine(sys.stderr) if sys.stderr.isatty() else NoView()


class NotebookSweepView:
    """One output of the cell that started the sweep: a line of progress, which the sheet replaces.

    Where the notebook is saved before, the output is what was begun, in words.
    """

    def __init__(self, line: str) -> None:
        self._handle: DisplayHandle | None = display({"text/plain": line}, raw=True, display_id=True)
        self._cell = running_cell()

    def update(self, line: str) -> None:
        """How far it is."""
        if self._handle is not None:
            self._handle.update({"text/plain": line}, raw=True)

    def finish(self, table: Table, line: str) -> None:
        """The sheet with its alt text, or what happened, in words."""
        data, metadata = table._repr_mimebundle_()
        if self._handle is not None:
            told = f"{table.title}: {line}" if table.title else line
            self._handle.update({**data, "text/plain": f"{told}\n{data['text/plain']}"}, metadata=metadata, raw=True)
            remember_shown(table, cell=self._cell)
