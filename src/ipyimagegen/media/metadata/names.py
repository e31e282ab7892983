"""Other tools' names of settings, and ours; what is a number; texts and values of files made plain and short."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ...core.events import JSON

MAX_PROMPT_CHARS = 100_000
MAX_PARAMS = 200
MAX_VALUE_CHARS = 2_000
MAX_ENTRIES = 100
MAX_BITS = 128
"""JSON has integers of any length; one of thousands of digits is no setting, and cannot even be shown."""

OURS = {
    "steps": "num_inference_steps",
    "num_steps": "num_inference_steps",
    "sampling_steps": "num_inference_steps",
    "inference_steps": "num_inference_steps",
    "cfg_scale": "guidance_scale",
    "cfgscale": "guidance_scale",
    "cfg": "guidance_scale",
    "guidance": "guidance_scale",
    "guidancescale": "guidance_scale",
    "sampler_name": "sampler",
    "samplername": "sampler",
    "sampling_method": "sampler",
    "comfyuisampler": "sampler",
    "comfyuischeduler": "scheduler",
    "scheduler_name": "scheduler",
    "schedule_type": "scheduler",
    "noise_schedule": "scheduler",
    "denoising_strength": "strength",
    "denoise": "strength",
    "noise_seed": "seed",
    "base_model": "model",
    "base_model_name": "model",
    "model_name": "model",
    "checkpoint": "model",
    "ckpt": "model",
    "ckpt_name": "model",
    "unet_name": "model",
    "sd_model_name": "model",
    "use_stable_diffusion_model": "model",
    "base_model_hash": "model_hash",
    "distilled_cfg_scale": "distilled_guidance_scale",
    "fluxguidancescale": "distilled_guidance_scale",
}
"""Other tools' names, in lower case with underscores, and ours."""

_NUMBERS = frozenset({"steps", "cfg", "guidance", "seed", "subseed", "strength", "width", "height"})
_COUNTS = frozenset({"steps", "seed", "subseed", "width", "height"})
_NUMBER = re.compile(r"[+-]?(\d{1,20}|\d{1,20}\.\d{1,20})")
_SIZE = re.compile(r"\D{0,3}(\d{1,6})\s{0,3}[x×X*,]\s{0,3}(\d{1,6})\D{0,3}")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def our_name(key: str) -> str:
    """`CFG scale`, `cfgScale`, `cfg-scale`: `guidance_scale`; others in our spelling."""
    name = spelled(key)
    return OURS.get(name, name)


def spelled(key: str) -> str:
    """A name in lower case with underscores: `cfg_scale`."""
    return "_".join(_CAMEL.sub(" ", key[:100]).lower().replace("-", " ").replace("_", " ").split())


def is_number_name(name: str) -> bool:
    """Whether it is a number: steps, cfg, seeds, sizes and strengths are. A hash or a model may look like one."""
    return not _NUMBERS.isdisjoint(name.split("_"))


def number(text: str) -> int | float | str:
    """The number that a text writes, without exponents; else the text."""
    clean = text.strip()
    if not clean.isascii() or not _NUMBER.fullmatch(clean):
        return text
    return float(clean) if "." in clean else int(clean)


def size_in(value: object) -> dict[str, JSON]:
    """Width and height in texts such as `(1152, 896)` and `512x768`."""
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) and len(value) < 40 else None
    return {"width": int(found[1]), "height": int(found[2])} if found else {}


def settings(pairs: Iterable[tuple[str, Any]]) -> dict[str, JSON]:
    """Settings under our names, plain and capped; the first of each name counts, and a `size` becomes two numbers."""
    clean: dict[str, JSON] = {}
    named = [(spelled(str(key)), value) for key, value in pairs]
    # Where there is a cfg as well, `guidance` is the number that a distilled model was taught.
    has_cfg = any(OURS.get(name) == "guidance_scale" and name != "guidance" for name, _ in named)
    for key, value in named:
        name = "distilled_guidance_scale" if has_cfg and key == "guidance" else OURS.get(key, key)
        if name in ("size", "resolution", "image_size") and (size := size_in(value)):
            for side, pixels in size.items():
                clean.setdefault(side, pixels)
            continue
        if len(clean) >= MAX_PARAMS or name in clean or not name:
            continue
        if (plain := _plain(name, value)) is not None:
            clean[name] = plain
    return clean


def _plain(name: str, value: object) -> JSON:
    """A number, truth or short text; a list of such, one level deep; `None` for the rest."""
    if isinstance(value, str):
        text = value[:MAX_VALUE_CHARS]
        return _whole(name, number(text)) if is_number_name(name) else text or None
    if isinstance(value, bool):
        return value
    if isinstance(value, float) or (isinstance(value, int) and value.bit_length() <= MAX_BITS):
        return _whole(name, value)
    if name in ("loras", "characters", "regional_prompts") and isinstance(value, list):
        return [_flat(entry) for entry in value[:MAX_ENTRIES]] or None
    if isinstance(value, list) and value and all(isinstance(entry, str) for entry in value):
        return ", ".join(value[:MAX_ENTRIES])[:MAX_VALUE_CHARS]
    return None


def _whole(name: str, value: float | str) -> JSON:
    """Counts without a fraction, which some tools write with one."""
    counts = not _COUNTS.isdisjoint(name.split("_"))
    return int(value) if counts and isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def _flat(entry: object) -> JSON:
    if isinstance(entry, dict):
        return {
            str(key)[:100]: value[:MAX_PROMPT_CHARS] if isinstance(value, str) else value
            for key, value in list(entry.items())[:20]
            if isinstance(value, str | bool | float) or (isinstance(value, int) and value.bit_length() <= MAX_BITS)
        }
    return text(entry)


def text(value: object) -> str:
    """A text as far as a prompt is read, `""` for anything else."""
    return value[:MAX_PROMPT_CHARS] if isinstance(value, str) else ""
