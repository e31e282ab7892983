"""The models that OpenPixels documents, and their parameters. There is no catalogue to ask."""

from __future__ import annotations

from typing import Any

from ...core.models import ModelSpec
from ...core.schema import read_params

CANNOT_CANCEL = "OpenPixels has no way to cancel: the job goes on there, and may be billed"
"""PROTOCOL.md, 1.2."""

TITLES = {
    "flux-schnell": ("FLUX.1 schnell", "The fast FLUX model: a few steps a picture."),
    "flux-dev": ("FLUX.1 dev", "The open FLUX model, for finer pictures."),
    "flux-pro-1.1": ("FLUX1.1 pro", "The largest FLUX model that OpenPixels runs."),
}

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["prompt"],
    "properties": {
        "prompt": {"type": "string", "description": "What the picture shows."},
        "width": {"type": "integer", "default": 1024, "minimum": 1, "x-unit": "px"},
        "height": {"type": "integer", "default": 1024, "minimum": 1, "x-unit": "px"},
        "config": {
            "type": "object",
            "x-advanced": True,
            "description": "Routing between providers: {'routing': {'ordering': [names], "
            "'strategy': 'best' or 'random', 'whitelist': [names]}}.",
        },
    },
}


def specs() -> tuple[ModelSpec, ...]:
    """The documented models."""
    return tuple(spec(name) for name in TITLES)


def spec(name: str) -> ModelSpec:
    """A model. Undocumented names are the service's to judge; they may take more parameters than are listed."""
    title, description = TITLES.get(name, (name, ""))
    return ModelSpec(
        service="openpixels",
        name=name,
        title=title,
        description=description,
        params=read_params(SCHEMA, open=name not in TITLES),
        cannot_cancel=CANNOT_CANCEL,
    )
