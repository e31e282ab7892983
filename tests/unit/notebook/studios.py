"""Studios whose messages are kept, and a second service to switch to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from ipyimagegen.core.cost import UNKNOWN
from ipyimagegen.core.models import ModelSpec
from ipyimagegen.core.schema import read_params
from ipyimagegen.notebook.widgets.studio.widget import Studio
from ipyimagegen.runtime import runtime
from ipyimagegen.services.local.service import Local

SMALL = {"width": 64, "height": 64, "num_inference_steps": 2}
SLOW = {"width": 64, "height": 64, "num_inference_steps": 100, "step_delay_s": 0.2}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c636060606000000005"
    "0001a5f645400000000049454e44ae426082"
)


class Other(Local):
    """A second service, with a model of its own, to switch to; it sends nothing."""

    name = "other"

    async def models(self) -> tuple[ModelSpec, ...]:
        schema = {"properties": {"text_prompt": {"type": "string"}, "n": {"type": "integer", "default": 1}}}
        params = read_params(schema)
        return (ModelSpec(service="other", name="painter", title="Painter", params=params, price=UNKNOWN),)


class Watched(Studio):
    """A studio whose messages to the page are kept."""

    def __init__(self, *args: Any, **params: Any) -> None:
        self.said: list[tuple[str, dict[str, Any], list[bytes]]] = []
        super().__init__(*args, **params)

    def say(self, kind: str, buffers: list[bytes] | None = None, **content: Any) -> None:
        self.said.append((kind, content, buffers or []))

    def hear(self, kind: str, buffers: list[bytes] | None = None, **content: Any) -> None:
        self._handle_custom_msg({"kind": kind, **content}, buffers or [])
        settle()

    def answers(self, kind: str) -> list[tuple[dict[str, Any], list[bytes]]]:
        return [(content, buffers) for one, content, buffers in self.said if one == kind]


def settle() -> None:
    """Let the background thread do what was posted to it, with what that started."""

    async def nothing() -> None:
        return None

    for _ in range(3):
        runtime().run(nothing())


def until(true: Callable[[], object]) -> None:
    """Wait until something is so: watched by the background thread, without a clock of our own."""
    turn = threading.Event()
    for _ in range(2_000):
        if true():
            return
        turn.wait(0.01)
    raise AssertionError("it did not come about within 20 s")
