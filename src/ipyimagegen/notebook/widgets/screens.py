"""Who looks at a widget, how large, and the previews of every job on their way there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from ...core.events import Frame
from .pacing import FramePump, Stamp, Viewing, combined

Say = Callable[..., object]
"""`say(kind, buffers, **content)`: puts a message on the wire, to every view of a widget."""


@dataclass(slots=True)
class Screens:
    """The views of one widget, and a pump for each job."""

    say: Say
    views: dict[str, Viewing] = field(default_factory=dict)
    _hellos: dict[str, int] = field(default_factory=dict)
    _pumps: dict[str, FramePump] = field(default_factory=dict)

    def hello(self, content: Mapping[str, Any]) -> None:
        """A view says how it is seen. What comes late, or again, changes nothing."""
        view, number = _view(content), content.get("n")
        if not isinstance(number, int) or number < self._hellos.get(view, 0):
            return
        fresh = view not in self._hellos
        self._hellos[view] = number
        width, ratio = content.get("width_px"), content.get("pixel_ratio")
        pixels = width * ratio if isinstance(width, int | float) and isinstance(ratio, int | float) else 512
        self.views[view] = Viewing(content.get("visible") is True, int(min(pixels, 1 << 14)))
        viewing = combined(list(self.views.values()))
        for pump in self._pumps.values():
            pump.look(viewing, fresh=fresh)

    def bye(self, content: Mapping[str, Any]) -> None:
        """A view is gone."""
        self.views.pop(_view(content), None)

    def push(self, job: str, frame: Frame, step: int) -> None:
        """A newer preview of a job."""
        pump = self._pumps.get(job)
        if pump is None:
            viewing = combined(list(self.views.values()))
            pump = self._pumps[job] = FramePump(partial(self._send, job), viewing)
        pump.push(frame, step)

    def _send(self, job: str, stamp: Stamp, jpeg: bytes) -> None:
        self.say("frame", [jpeg], job=job, **asdict(stamp))

    def shown(self, content: Mapping[str, Any]) -> None:
        """A page has shown frames, at most one of each job."""
        frames = content.get("frames")
        for job, seq in frames.items() if isinstance(frames, dict) else ():
            pump = self._pumps.get(job)
            if pump is not None and isinstance(seq, int):
                pump.shown(seq)


def _view(content: Mapping[str, Any]) -> str:
    return str(content.get("view"))[:64]
