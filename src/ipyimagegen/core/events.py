"""What a job can report, as frozen values. Every service speaks these and no others.

What a service said is in them as `core.service_text` leaves it: clean, without keys, and of bounded size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from .cost import Cost
from .service_text import MAX_TEXT_CHARS, address, capped, capped_at, kept, one_line

JSON = None | bool | int | float | str | list["JSON"] | dict[str, "JSON"]
"""What `json.loads` can return."""


def _set(event: object, **values: Any) -> None:
    """Put clean values into a frozen one that is being made."""
    for name, value in values.items():
        object.__setattr__(event, name, value)


class Frame(Protocol):
    """A picture on its way to a screen; encoded only when somebody looks."""

    @property
    def width(self) -> int:
        """Width in pixels."""

    @property
    def height(self) -> int:
        """Height in pixels."""

    def jpeg(self, max_px: int) -> bytes:
        """A JPEG whose longer side is at most `max_px` pixels. CPU-bound: 0.5 to 2 ms a call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a service says that it made: an address or bytes, and facts. Not fetched yet.

    Exactly one of `url` and `data` is set. `media_type` is what the service claims, `""` where it claims nothing.
    """

    name: str = "image"
    url: str = ""
    data: bytes = field(default=b"", repr=False)
    media_type: str = ""
    width: int = 0
    height: int = 0
    seed: int | None = None
    facts: Mapping[str, JSON] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        _set(self, name=one_line(self.name), url=address(self.url), media_type=one_line(self.media_type))
        _set(self, facts=kept(self.facts))


@dataclass(frozen=True, slots=True)
class Queued:
    """Accepted, not started. `position` counts the jobs ahead, `None` where the service does not say."""

    position: int | None = None
    message: str = ""

    def __post_init__(self) -> None:
        _set(self, message=capped(self.message))


@dataclass(frozen=True, slots=True)
class Running:
    """Started."""

    message: str = ""

    def __post_init__(self) -> None:
        _set(self, message=capped(self.message))


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far it is. `fraction` is 0 to 1; `step` of `steps` where the service counts steps; `eta_s` in seconds."""

    fraction: float | None = None
    step: int | None = None
    steps: int | None = None
    eta_s: float | None = None
    message: str = ""

    def __post_init__(self) -> None:
        _set(self, message=capped(self.message))


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A picture of the work so far."""

    frame: Frame
    step: int = 0


@dataclass(frozen=True, slots=True)
class Log:
    """A line that the service wrote. Untrusted text."""

    line: str

    def __post_init__(self) -> None:
        _set(self, line=capped(self.line))


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """Done.

    `seed` is the seed used, where the service reports one; `queue_s` and `inference_s` are the seconds that it waited
    and ran there, as the service says; `facts` are further figures, as the service names them.
    """

    outputs: tuple[Output, ...] = ()
    seed: int | None = None
    cost: Cost | None = None
    queue_s: float | None = None
    inference_s: float | None = None
    facts: Mapping[str, JSON] = field(default_factory=dict)
    text: str = ""
    raw: JSON = field(default=None, repr=False)

    def __post_init__(self) -> None:
        _set(self, facts=kept(self.facts), text=capped_at(self.text, MAX_TEXT_CHARS), raw=kept(self.raw))


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The service gave up. `message` is what it said; `raw` its whole answer."""

    message: str
    code: str = ""
    cost: Cost | None = None
    raw: JSON = field(default=None, repr=False)

    def __post_init__(self) -> None:
        _set(self, message=capped(self.message), code=one_line(self.code), raw=kept(self.raw))


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Ended without a result because somebody asked. `by` is who: `"user"`, `"service"`, `"deadline"`."""

    by: str = "service"
    message: str = ""

    def __post_init__(self) -> None:
        _set(self, message=capped(self.message))


Event = Queued | Running | Progress | Preview | Log | Succeeded | Failed | Cancelled
Final = Succeeded | Failed | Cancelled
