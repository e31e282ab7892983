"""The services that keep the contract, and what the tests must know of each: nothing but names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class World:
    """A service. `submit` is the gateway's name for the route that costs money, `reads` for those that follow a job.

    `unknown` is a model that does not exist, `slow` parameters of a job that takes some seconds by itself, and
    `from_picture` a model that takes an `image`.
    """

    service: str
    model: str
    unknown: str
    submit: str = "submit"
    reads: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=lambda: {"prompt": "a lighthouse at dusk"})
    slow: Mapping[str, Any] = field(default_factory=dict)
    from_picture: str = ""

    @property
    def name(self) -> str:
        """What a user types."""
        return f"{self.service}/{self.model}"

    def __str__(self) -> str:
        return self.service


LOCAL = World(
    service="local",
    model="sketch",
    unknown="no-such-model",
    params={"prompt": "a lighthouse at dusk", "width": 64, "height": 64, "num_inference_steps": 3, "seed": 7},
    slow={"step_delay_s": 2.0},
)
HOSTED = (
    World(
        service="speedpix",
        model="text-to-image@main",
        unknown="no-such-workflow",
        reads=("status", "result"),
        from_picture="image-to-image",
    ),
    World(service="openpixels", model="flux-dev", unknown="no-such-model", reads=("poll",)),
    World(
        service="segmind",
        model="flux-dev",
        unknown="no-such-model",
        reads=("status", "result"),
        from_picture="sdxl-img2img",
    ),
    World(
        service="inferencesh",
        model="infsh/sdxl",
        unknown="infsh/no-such-app",
        reads=("stream", "task"),
        from_picture="infsh/sdxl",
    ),
)
