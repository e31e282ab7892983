"""What every widget of ours shares: its bundle, its context, and a Cancel that arrives while a cell runs."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anywidget

from ...runtime import runtime

STATIC = Path(__file__).parents[2] / "static"


class Widget(anywidget.AnyWidget):
    """An anywidget whose messages are handled on the background loop, in the context of the cell that made it.

    Its traits may be set from any thread: what the page has last is what was set last.
    """

    _holding_sync: bool
    _states_to_send: set[str]

    def __init__(self, **traits: Any) -> None:
        self._sending = threading.RLock()
        super().__init__(**traits)
        self._context = contextvars.copy_context()
        self.on_msg(self._received)
        honour_subshells(self)

    # ipywidgets reads a value, and sends it, without a thought of another thread that sets it meanwhile; and it forgets
    # what another thread sets while held changes go out. No code but that of the wire runs in the lock.

    def send_state(self, key: Any = None) -> None:
        """Send these traits, all where none are named, as they are now."""
        with self._sending:
            super().send_state(key)

    def _should_send_property(self, key: str, value: Any) -> bool:
        with self._sending:
            return bool(super()._should_send_property(key, value))

    @contextmanager
    def hold_sync(self) -> Iterator[None]:
        """Hold all changes back until the outermost block ends, and send them together."""
        if self._holding_sync:
            yield
            return
        self._holding_sync = True
        try:
            yield
        finally:
            with self._sending:
                self._holding_sync = False
                held, self._states_to_send = self._states_to_send, set()
                self.send_state([name for name in self.keys if name in held])  # in the same order in every process

    def _received(self, _: object, content: object, buffers: list[Any]) -> None:
        if isinstance(content, dict) and isinstance(kind := content.get("kind"), str):
            self.post(lambda: self.take(kind, content, buffers))

    def take(self, kind: str, content: dict[str, Any], buffers: list[Any]) -> None:
        """One message of the page, on the background thread. Content comes from outside: read it with care."""

    def post(self, action: Callable[[], object]) -> None:
        """Run `action` soon on the background thread, with output going to the cell that made this widget."""
        runtime().loop.call_soon_threadsafe(action, context=self._context.copy())

    def say(self, kind: str, buffers: list[bytes] | None = None, **content: Any) -> None:
        """Send a message to every view of this widget."""
        self.send({"kind": kind, **content}, buffers=buffers)


def honour_subshells(widget: anywidget.AnyWidget) -> None:
    """Let a message's answer go where the page asked for it.

    ipykernel 7.4 answers each comm on the shell that used it last, which pins a widget made in a busy cell to
    that cell's shell: Cancel then waits for the cell to end, and after a page reload messages vanish. The name is
    private there, so it is looked for first.
    """
    comm = getattr(widget, "comm", None)
    if comm is not None and hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda _data, default: default  # noqa: SLF001 (private there; guarded)
