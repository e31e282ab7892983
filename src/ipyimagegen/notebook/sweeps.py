"""A sweep in a notebook: one line while it runs, and at its end one labelled contact sheet as a plain output."""

from __future__ import annotations

from IPython.display import DisplayHandle, display

from ..experiments.table import Table


class NotebookSweepView:
    """One output of the cell that started the sweep: a line of progress, which the sheet replaces."""

    def __init__(self) -> None:
        self._handle: DisplayHandle | None = display({"text/plain": "…"}, raw=True, display_id=True)

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
