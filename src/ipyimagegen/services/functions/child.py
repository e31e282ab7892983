"""The other side of `process`: runs one call, and tells of it on what was its standard output."""

from __future__ import annotations

import os
import pickle
import sys
import threading
import time
from typing import Any, BinaryIO

from ...core.events import Preview, Progress
from .running import Call, failure
from .signature import read_signature

PREVIEW_PX = 768
BETWEEN_PREVIEWS_S = 0.15
"""A picture that nobody will see is not encoded."""


def main() -> None:
    """Read the work, do it, tell what came of it. What the function prints goes to the standard error."""
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        packed, values = pickle.load(sys.stdin.buffer)  # noqa: S301 (what our own process has written)
        threading.Thread(target=_end_with_parent, daemon=True).start()
        told = _Teller(out)
        try:
            function = pickle.loads(packed)  # noqa: S301
            call = Call(function, read_signature(function), values, told.tell)
            outcome: tuple[Any, ...] = ("made", *call())
        except Exception as error:  # noqa: BLE001 (whatever a user's function raises is its job's failure)
            outcome = ("failed", failure(error, locals().get("function", main)))
        told.send(outcome)


class _Teller:
    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._next = 0.0

    def send(self, what: tuple[Any, ...]) -> None:
        with self._lock:
            pickle.dump(what, self._out)
            self._out.flush()

    def tell(self, progress: Progress | None, preview: Preview | None) -> None:
        frame, step = None, 0
        if preview is not None and time.monotonic() >= self._next:
            frame, step = preview.frame.jpeg(PREVIEW_PX), preview.step
            self._next = time.monotonic() + BETWEEN_PREVIEWS_S
        if progress is not None or frame is not None:
            self.send(("tell", progress, frame, step))


def _end_with_parent() -> None:
    """End at once when the parent is gone, whatever the function is at."""
    while sys.stdin.buffer.read(1):
        pass
    os._exit(1)
