"""Frames to screens at the pace of the screens: two in flight at most, the newest wins, none while nobody looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ...core.events import Frame

IN_FLIGHT = 2
MAX_SHOWN_PX = 1024
MIN_SHOWN_PX = 64

SendFrame = Callable[[int, int, bytes], object]
"""`(seq, step, jpeg)`: puts a frame on the wire."""


@dataclass(frozen=True, slots=True)
class Viewing:
    """What a page says of one view: whether it is on the screen, and how wide a picture is there in device pixels."""

    visible: bool = False
    width_px: int = 512


@dataclass(slots=True)
class FramePump:
    """Paces one job's previews. `push` takes each new frame, `shown` each acknowledgement; both may send one frame."""

    send: SendFrame
    viewing: Viewing = field(default_factory=Viewing)
    _waiting: tuple[Frame, int] | None = None
    _last: tuple[Frame, int] | None = None
    _seq: int = 0
    _seen: int = 0

    def push(self, frame: Frame, step: int) -> None:
        """A newer frame: sent now if there is room, else kept in place of the one that waited."""
        self._waiting = self._last = (frame, step)
        self._pump()

    def shown(self, seq: int) -> None:
        """The page has frame `seq`, and so every earlier one, on its screen."""
        self._seen = max(self._seen, min(seq, self._seq))
        self._pump()

    def look(self, viewing: Viewing, *, fresh: bool = False) -> None:
        """Views came, went or changed size. `fresh`: a new view is there, which has no frame yet."""
        larger = viewing.width_px > self.viewing.width_px
        self.viewing = viewing
        if fresh:
            self._seen = self._seq  # acknowledgements of a page that is gone never come
        if (fresh or larger) and self._waiting is None:
            self._waiting = self._last
        self._pump()

    def _pump(self) -> None:
        if self._waiting is None or not self.viewing.visible or self._seq - self._seen >= IN_FLIGHT:
            return
        (frame, step), self._waiting = self._waiting, None
        self._seq += 1
        self.send(self._seq, step, frame.jpeg(min(MAX_SHOWN_PX, max(MIN_SHOWN_PX, self.viewing.width_px))))


def combined(views: list[Viewing]) -> Viewing:
    """What must be sent so that each of several views is served."""
    visible = [view.width_px for view in views if view.visible]
    return Viewing(bool(visible), max(visible, default=512))
