"""The apps that the local inference.sh offers, described by JSON Schema as the service describes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .orders import Task

Schema = dict[str, Any]

_PROMPT: Schema = {"type": "string", "title": "Prompt", "description": "What the picture shows"}
_SIDE: Schema = {"type": "integer", "minimum": 64, "maximum": 2048, "multipleOf": 8, "default": 1024}
_SEED: Schema = {"type": "integer", "title": "Seed", "default": -1, "minimum": -1, "description": "-1 draws one"}
_FILE: Schema = {"type": "string", "format": "uri", "contentMediaType": "image/*"}
_OUTPUT: Schema = {"type": "object", "properties": {"image": {**_FILE, "title": "Image"}}, "required": ["image"]}


def _input(required: tuple[str, ...], **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required)}


@dataclass(frozen=True, slots=True)
class App:
    """An app. `missing` are requirements that the account does not meet: running it is answered with 412."""

    name: str
    title: str
    description: str
    input_schema: Schema
    output_schema: Schema = field(default_factory=lambda: _OUTPUT)
    setup_schema: Schema = field(default_factory=lambda: {"type": "object", "properties": {}})
    task: Task = "picture"
    missing: tuple[Mapping[str, object], ...] = ()

    def as_json(self) -> dict[str, object]:
        """The app as the service shows it."""
        namespace, _, name = self.name.partition("/")
        return {
            "id": self.name,
            "namespace": namespace,
            "name": name,
            "title": self.title,
            "description": self.description,
            "version": {
                "id": "v1",
                "short_id": "local",
                "input_schema": self.input_schema,
                "output_schema": self.output_schema,
                "setup_schema": self.setup_schema,
            },
        }


_SKETCH: dict[str, Schema] = {
    "prompt": _PROMPT,
    "width": {**_SIDE, "title": "Width"},
    "height": {**_SIDE, "title": "Height"},
    "seed": _SEED,
}

APPS: Mapping[str, App] = {
    app.name: app
    for app in (
        App(
            "infsh/hidream-i1-fast",
            "HiDream I1 Fast",
            "Pictures from text in few steps",
            _input(
                ("prompt",),
                **_SKETCH,
                num_inference_steps={"type": "integer", "minimum": 1, "maximum": 150, "default": 16},
                guidance_scale={"type": "number", "minimum": 0, "maximum": 20, "default": 1.0},
                shift={"type": "number", "minimum": 0, "maximum": 10, "default": 3.0},
                scheduler={"type": "string", "enum": ["flash_flow", "euler", "unipc"], "default": "flash_flow"},
            ),
        ),
        App(
            "infsh/sdxl",
            "Stable Diffusion XL",
            "Pictures from text or from a picture, with custom models and LoRAs",
            _input(
                ("prompt",),
                **_SKETCH,
                negative_prompt={"type": "string", "default": ""},
                num_inference_steps={"type": "integer", "minimum": 1, "maximum": 150, "default": 30},
                guidance_scale={"type": "number", "minimum": 0, "maximum": 20, "default": 7.5},
                model={"type": "string", "description": "URL or Hugging Face path of a custom model"},
                loras={"type": "array", "items": {"type": "object"}, "default": []},
                image={**_FILE, "description": "A picture to start from"},
                mask={**_FILE, "description": "White is painted anew"},
                strength={"type": "number", "minimum": 0, "maximum": 1, "default": 0.75},
            ),
        ),
        App(
            "infsh/product-cutout",
            "Product cutout",
            "Cuts a product out onto a white background",
            _input(("image",), image=_FILE),
            task="cutout",
        ),
        App(
            "infsh/writer",
            "Writer",
            "A text model that answers piece by piece",
            _input(("prompt",), prompt={"type": "string"}),
            {"type": "object", "properties": {"response": {"type": "string"}}},
            task="chat",
        ),
        App(
            "infsh/gated-diffusion",
            "Gated diffusion",
            "Needs a secret and an integration that this account lacks",
            _input(("prompt",), prompt=_PROMPT),
            missing=(
                {
                    "type": "secret",
                    "key": "HF_TOKEN",
                    "message": "This app needs the secret HF_TOKEN",
                    "action": {"type": "add_secret"},
                },
                {
                    "type": "integration",
                    "key": "google.drive",
                    "message": "This app needs the integration Google Drive",
                    "action": {"type": "connect", "provider": "google"},
                },
            ),
        ),
    )
}


def find_app(apps: Mapping[str, App], reference: object) -> App | None:
    """The app of a reference `namespace/name[@version][:function]`."""
    if not isinstance(reference, str):
        return None
    return apps.get(reference.partition("@")[0].partition(":")[0])
