"""What other tools wrote into files, read into one form. Every text in a file is data: capped, and never evaluated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ...core.errors import MediaError
from ...core.events import JSON
from ..sniff import sniff
from . import a1111, comfyui, exif, jpeg, png, webp
from .record import KEYWORD, Record, read_json

MAX_PROMPT_CHARS = 100_000
MAX_PARAMS = 200
MAX_VALUE_CHARS = 2_000

_OURS = {
    "steps": "num_inference_steps",
    "cfg_scale": "guidance_scale",
    "cfgscale": "guidance_scale",
    "cfg": "guidance_scale",
    "scale": "guidance_scale",
    "sampler_name": "sampler",
    "schedule_type": "scheduler",
    "denoising_strength": "strength",
    "denoise": "strength",
    "noise_seed": "seed",
    "base_model": "model",
    "ckpt_name": "model",
    "unet_name": "model",
}
"""Other tools' names, in lower case with underscores, and ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMetadata:
    """What a file says of its making. `tool` is `""` where it says nothing that is known.

    `params` have our names where there is one (`num_inference_steps`, `guidance_scale`, `seed`, `width` …), numbers as
    numbers. `raw` are the file's own texts by name, untrusted. `record` is set for our own files.
    """

    tool: str = ""
    prompt: str = ""
    negative_prompt: str = ""
    params: Mapping[str, JSON] = field(default_factory=dict)
    raw: Mapping[str, str] = field(default_factory=dict, repr=False)
    record: Record | None = None

    def __bool__(self) -> bool:
        return bool(self.tool)


def read_metadata(data: bytes) -> FileMetadata:
    """What a PNG, JPEG or WebP file says of its making. Never raises: what cannot be read is not there.

    Knows our own record, AUTOMATIC1111's text (also of Forge, SD.Next and others), ComfyUI, InvokeAI, SwarmUI, Fooocus
    and NovelAI's text chunks; not what NovelAI hides in the lowest bits of the alpha channel.
    """
    texts = _texts(data)
    for reader in (_ipyimagegen, _swarmui, _fooocus, _invokeai, _novelai, _comfyui, _a1111):
        try:
            found = reader(texts)
        except MediaError:
            continue
        if found:
            return found
    return FileMetadata(raw=texts)


def _texts(data: bytes) -> dict[str, str]:
    """The texts of a file by PNG keyword; an EXIF UserComment counts as `parameters`, as the tools that write it do."""
    try:
        match sniff(data):
            case "image/png":
                return png.read_texts(data)
            case "image/jpeg":
                block = jpeg.read_exif(data)
            case "image/webp":
                block = webp.read_exif(data)
            case _:
                return {}
        texts = exif.read(block) if block else {}
    except MediaError:
        return {}
    if "UserComment" in texts:
        texts["parameters"] = texts.pop("UserComment")
    # ComfyUI writes `prompt:{...}` and `workflow:{...}` into EXIF fields of WebP files (its SaveAnimatedWEBP node).
    for value in list(texts.values()):
        for name in ("prompt", "workflow"):
            if value[: len(name) + 1].lower() == f"{name}:" and value[len(name) + 1 :].lstrip().startswith("{"):
                texts[name] = value[len(name) + 1 :]
    return texts


def _made(
    tool: str, texts: Mapping[str, str], prompt: object, negative: object, params: Iterator[tuple[str, Any]]
) -> FileMetadata:
    clean: dict[str, JSON] = {}
    for key, value in params:
        name = "_".join(key.lower().replace("-", " ").split())
        name = _OURS.get(name, name)
        if len(clean) < MAX_PARAMS and name not in clean and (plain := _plain(value)) is not None:
            clean[name] = plain
    return FileMetadata(tool=tool, prompt=_text(prompt), negative_prompt=_text(negative), params=clean, raw=texts)


def _text(value: object) -> str:
    return value[:MAX_PROMPT_CHARS] if isinstance(value, str) else ""


def _plain(value: object) -> JSON:
    """A number, truth or short text; a list of such as a text; `None` for the rest."""
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return value[:MAX_VALUE_CHARS]
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return ", ".join(value)[:MAX_VALUE_CHARS]
    return None


def _object(text: str | None) -> dict[str, Any]:
    """The JSON object in a text. Raises `MediaError` where there is none."""
    value = read_json(text or "", limit=png.MAX_TEXT_BYTES)
    if not isinstance(value, dict):
        raise MediaError("not a JSON object")
    return value


def _rest(data: Mapping[str, Any], *without: str) -> Iterator[tuple[str, Any]]:
    return ((key, value) for key, value in data.items() if key not in without)


def _ipyimagegen(texts: Mapping[str, str]) -> FileMetadata | None:
    if KEYWORD not in texts:
        return None
    return replace(of_record(Record.from_text(texts[KEYWORD])), raw=texts)


def of_record(record: Record) -> FileMetadata:
    """Our record in the form of every other tool's."""
    facts = {"model": record.model, "seed": record.seed} | dict(record.sent)
    found = _made(KEYWORD, {}, record.prompt, record.negative_prompt, _rest(facts, "prompt", "negative_prompt"))
    return replace(found, record=record)


def _swarmui(texts: Mapping[str, str]) -> FileMetadata | None:
    """https://github.com/mcmonkeyprojects/SwarmUI/blob/master/docs/Image%20Metadata%20Format.md."""
    data = _object(texts.get("parameters")).get("sui_image_params")
    if not isinstance(data, dict):
        return None
    rest = _rest(data, "prompt", "negativeprompt")
    return _made("SwarmUI", texts, data.get("prompt"), data.get("negativeprompt"), rest)


def _fooocus(texts: Mapping[str, str]) -> FileMetadata | None:
    """Its own scheme is one flat JSON object (github.com/lllyasviel/Fooocus, modules/meta_parser.py)."""
    text = texts.get("parameters") or texts.get("Comment")
    data = _object(text)
    scheme = texts.get("fooocus_scheme") or texts.get("MakerNote")
    if scheme != "fooocus" and not {"base_model", "full_prompt"} & data.keys():
        return None
    rest = dict(_rest(data, "prompt", "negative_prompt", "full_prompt", "full_negative_prompt"))
    if numbers := _size_in(rest.get("resolution")):
        rest |= numbers
    return _made("Fooocus", texts, data.get("prompt"), data.get("negative_prompt"), iter(rest.items()))


def _size_in(value: object) -> dict[str, int]:
    """Width and height in texts such as `(1152, 896)` and `512x768`."""
    digits = (
        "".join(c if c.isascii() and c.isdigit() else " " for c in value[:40]).split() if isinstance(value, str) else []
    )
    return {"width": int(digits[0]), "height": int(digits[1])} if len(digits) == 2 else {}


def _invokeai(texts: Mapping[str, str]) -> FileMetadata | None:
    """`invokeai_metadata` since version 3, `sd-metadata` before (github.com/invoke-ai/InvokeAI)."""
    if "invokeai_metadata" in texts:
        data = _object(texts["invokeai_metadata"])
        model = data.get("model")
        if isinstance(model, dict):
            data["model"] = model.get("name") or model.get("model_name")
        rest = _rest(data, "positive_prompt", "negative_prompt")
        return _made("InvokeAI", texts, data.get("positive_prompt"), data.get("negative_prompt"), rest)
    if "sd-metadata" not in texts:
        return None
    whole = _object(texts["sd-metadata"])
    image = whole.get("image")
    if not isinstance(image, dict):
        return None
    prompt = image.get("prompt")
    if isinstance(prompt, list):
        prompt = prompt[0].get("prompt") if prompt and isinstance(prompt[0], dict) else None
    rest = _rest(image | {"model": whole.get("model_weights")}, "prompt")
    return _made("InvokeAI", texts, prompt, "", rest)


def _novelai(texts: Mapping[str, str]) -> FileMetadata | None:
    """Software `NovelAI`, the prompt in Description, the rest as JSON in Comment with the negative prompt as `uc`."""
    if not texts.get("Software", "").startswith("NovelAI"):
        return None
    data = _object(texts.get("Comment"))
    prompt = data.get("prompt") or texts.get("Description")
    return _made("NovelAI", texts, prompt, data.get("uc"), _rest(data, "prompt", "uc"))


def _comfyui(texts: Mapping[str, str]) -> FileMetadata | None:
    """The graph that ran is in `prompt`; `workflow` is the editor's drawing of it."""
    if "prompt" not in texts:
        return None
    graph = comfyui.read_graph(_object(texts["prompt"]))
    if graph is None:
        return None
    return _made("ComfyUI", texts, graph.prompt, graph.negative_prompt, iter(graph.params.items()))


def _a1111(texts: Mapping[str, str]) -> FileMetadata | None:
    text = texts.get("parameters", "")
    info = a1111.parse(text)
    if not info.params:
        return None
    numbers: dict[str, JSON] = {key: _number(value) for key, value in info.params.items() if key != "Size"}
    numbers |= _size_in(info.params.get("Size"))
    tool = "Fooocus" if texts.get("fooocus_scheme") == "a1111" else "AUTOMATIC1111"
    return _made(tool, texts, info.prompt, info.negative_prompt, iter(numbers.items()))


def _number(text: str) -> JSON:
    """A text as the number that it writes, where it writes one."""
    if len(text) > 24:
        return text
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
