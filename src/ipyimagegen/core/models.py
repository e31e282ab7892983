"""What is known of a model before it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .cost import UNKNOWN, Cost
from .errors import InvalidInput
from .params import Params
from .service_text import address, capped, cleaned, one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureLimits:
    """What a model takes as a picture, as far as its service says; `None` and `()` where it does not.

    Sides and pixels are of the upright picture, `max_bytes` of its file. `media_types` are the forms it takes. `alpha`
    says whether transparency is sent on; else it is laid onto white. `follows`: without a width and a height, the model
    makes a picture of the input's size, which is then sent as such.
    """

    max_side_px: int | None = None
    max_pixels: int | None = None
    max_bytes: int | None = None
    media_types: tuple[str, ...] = ("image/png", "image/jpeg", "image/webp")
    alpha: bool = True
    follows: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """A model of a service: what it is called, what it takes, and what is known of its price and speed.

    `id` is `service/name`, what a user types. `price` is what one call costs, `UNKNOWN` where the service does not say;
    `pictures` are the limits of what it takes as an input;
    `cannot_cancel` is empty where a job can be cancelled at the service, and otherwise says what happens instead.
    """

    service: str
    name: str
    title: str = ""
    description: str = ""
    params: Params = field(default_factory=Params)
    price: Cost = UNKNOWN
    pictures: PictureLimits = PictureLimits()
    cannot_cancel: str = ""
    url: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        clean = {
            "name": cleaned(self.name),
            "title": one_line(self.title),
            "description": capped(self.description),
            "cannot_cancel": capped(self.cannot_cancel),
            "url": address(self.url),
        }
        for name, text in clean.items():
            object.__setattr__(self, name, text)

    @property
    def id(self) -> str:
        """`service/name`."""
        return f"{self.service}/{self.name}"

    def __str__(self) -> str:
        return self.id

    def __repr__(self) -> str:
        title = f": {self.title}" if self.title else ""
        return f"<ModelSpec {self.id}{title}; {len(self.params)} parameters; price {self.price}>"


def split_model(model: str) -> tuple[str, str]:
    """`("openpixels", "flux-dev")` for `"openpixels/flux-dev"`: the rest after the first slash belongs to the service.

    Raises `InvalidInput` for anything else.
    """
    service, slash, name = model.strip().partition("/")
    if not slash or not service or not name:
        told = f"{capped(repr(model), 80)} is not a model name; write service/model, for example 'local/sketch'"
        prompt = "" if not model.strip() or slash else "; a prompt stands second, or as prompt=…"
        raise InvalidInput(f"{told}{prompt}")
    return service.lower(), name
