"""Frames to screens at the pace of the screens: few in flight, the newest wins, none while nobody looks.

A page acknowledges the frames that ask for it. Each acknowledgement costs: the kernel tells its state twice for every
message that comes in, and Jupyter's server, which leaves Nagle's algorithm on, then holds the next frame for up to
40 ms. So frames that come slowly ask seldom; where they come densely, or the page is behind, each one asks.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ...core.events import Frame

IN_FLIGHT = 2
"""Frames on their way at once while the page is pressed."""
SELDOM = 4
"""Where it is not, every fourth frame asks; as many again may be on their way before that is answered."""
DENSE_S = 0.045
"""Frames that follow each other faster than this are held together by the server anyway."""
BEHIND_S = 0.1
"""A page that answers later than this is behind."""
MAX_SHOWN_PX = 1024
MIN_SHOWN_PX = 64


@dataclass(frozen=True, slots=True)
class Stamp:
    """What goes with a frame: its number, the step that it shows, and whether it asks to be acknowledged."""

    seq: int
    step: int
    ask: bool


SendFrame = Callable[[Stamp, bytes], object]
"""Puts a frame, a JPEG, on the wire."""


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
    clock: Callable[[], float] = time.monotonic
    _waiting: tuple[Frame, int] | None = None
    _last: tuple[Frame, int] | None = None
    _seq: int = 0
    _seen: int = 0
    _asked: int = 0
    _asked_at: float = 0.0
    _pushed_at: float = 0.0
    _dense: bool = False
    _behind: bool = False

    def push(self, frame: Frame, step: int) -> None:
        """A newer frame: sent now if there is room, else kept in place of the one that waited."""
        now = self.clock()
        self._dense, self._pushed_at = now - self._pushed_at < DENSE_S, now
        self._waiting = self._last = (frame, step)
        self._pump()

    def shown(self, seq: int) -> None:
        """The page has frame `seq`, and so every earlier one, on its screen."""
        if self._seen < self._asked <= seq:
            self._behind = self.clock() - self._asked_at > BEHIND_S
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
        pressed, unseen = self._dense or self._behind, self._seq - self._seen
        full = self._asked > self._seen and unseen >= (IN_FLIGHT if pressed else 2 * SELDOM)
        if self._waiting is None or not self.viewing.visible or full:
            return
        (frame, step), self._waiting = self._waiting, None
        self._seq += 1
        ask = pressed or unseen + 1 >= SELDOM
        if ask:
            self._asked, self._asked_at = self._seq, self.clock()
        self.send(Stamp(self._seq, step, ask), frame.jpeg(min(MAX_SHOWN_PX, max(MIN_SHOWN_PX, self.viewing.width_px))))


def combined(views: list[Viewing]) -> Viewing:
    """What must be sent so that each of several views is served."""
    visible = [view.width_px for view in views if view.visible]
    return Viewing(bool(visible), max(visible, default=512))
