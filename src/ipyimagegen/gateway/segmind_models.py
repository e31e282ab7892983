"""What the local Segmind offers: its models, with their prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .chat import Shape
    from .orders import Task

Access = Literal["open", "retired", "forbidden"]


@dataclass(frozen=True, slots=True)
class Model:
    """A model of the catalogue. `price` is US dollars a request; `chat` is the shape of a chat model's replies."""

    slug: str
    title: str
    price: float
    task: Task = "picture"
    needs_image: bool = False
    chat: Shape | None = None
    access: Access = "open"


MODELS: Mapping[str, Model] = {
    model.slug: model
    for model in (
        Model("seedream-4.5", "Seedream 4.5", 0.04),
        Model("flux-dev", "Flux Dev", 0.025),
        Model("flux-schnell", "Flux Schnell", 0.003),
        Model("sdxl1.0-txt2img", "Stable Diffusion XL", 0.006),
        Model("sdxl-img2img", "Stable Diffusion XL, image to image", 0.007, needs_image=True),
        Model("sdxl-inpaint", "Stable Diffusion XL, inpainting", 0.008, needs_image=True),
        Model("bg-removal", "Background removal", 0.001, task="cutout", needs_image=True),
        Model("gpt-5.5", "GPT 5.5", 0.002, chat="openai"),
        Model("claude-4.5-sonnet", "Claude 4.5 Sonnet", 0.003, chat="anthropic"),
        Model("gemini-3-pro", "Gemini 3 Pro", 0.002, chat="gemini"),
        Model("sd1.5-txt2img", "Stable Diffusion 1.5", 0.004, access="retired"),
        Model("enterprise-diffusion", "Enterprise Diffusion", 0.5, access="forbidden"),
    )
}


def catalogue(models: Mapping[str, Model]) -> list[dict[str, object]]:
    """The catalogue as the service lists it: what can be called."""
    return [
        {
            "slug": model.slug,
            "name": model.title,
            "type": "chat" if model.chat else "image",
            "price": model.price,
            "currency": "USD",
        }
        for model in models.values()
        if model.access == "open"
    ]
