"""From what a file says to what a model takes: names, samplers and sizes translated, the rest left out."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ...core.errors import capped
from ...core.events import JSON
from ...core.models import ModelSpec
from ...core.params import NEGATIVE_NAMES, PROMPT_NAMES, Param, examine
from . import samplers

_SAME = {
    "num_inference_steps": ("num_inference_steps", "steps", "num_steps", "inference_steps", "sampling_steps"),
    "guidance_scale": ("guidance_scale", "cfg_scale", "cfg", "guidance", "prompt_guidance", "text_guidance_scale"),
    "distilled_guidance_scale": ("distilled_guidance_scale", "distilled_cfg_scale"),
    "strength": ("strength", "denoising_strength", "denoise", "prompt_strength"),
    "clip_skip": ("clip_skip",),
}
"""Names of one meaning. `image_strength` is none of them: with some services it is the opposite of `strength`."""
_SIZE_NAMES = ("size", "image_size", "resolution", "dimensions")
_RATIO_NAMES = ("aspect_ratio", "ratio")
_SAMPLER_NAMES = ("sampler", "sampler_name", "scheduler", "scheduler_name")
_SCHEDULE_NAMES = ("scheduler", "schedule", "schedule_type", "noise_schedule")
_MODEL_NAMES = ("model", "model_name", "checkpoint", "base_model")
_PICTURES = ("image", "input_image", "init_image", "image_url", "start_image")
_OTHERS_SHARE = frozenset({"clip_skip"})
_FACTS = re.compile(r"(^|_)(hash|hashes|version|generator|format|software|date|created|time|user|app|tool|vae)(_|$)")
"""Names of facts that no model takes: they are not reported one by one."""


class LeftOut(NamedTuple):
    """One thing that a file says and that the model does not get, and why."""

    name: str
    value: JSON
    why: str

    def __str__(self) -> str:
        return f"{self.name}={capped(repr(self.value), 100)}: {self.why}"


class Carried(NamedTuple):
    """`params` as `ig.run(model, **params)` takes them, and what was `left_out`."""

    params: dict[str, Any]
    left_out: tuple[LeftOut, ...]

    def __repr__(self) -> str:
        lines = [f"  {name}={capped(repr(value), 200)}" for name, value in self.params.items()]
        return "\n".join(["<Carried", *lines, *(f"  left out: {entry}" for entry in self.left_out)]) + ">"


@dataclass(slots=True)
class _Carrying:
    spec: ModelSpec
    found: dict[str, JSON]
    params: dict[str, Any] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)

    def named(self, names: Iterable[str]) -> Param | None:
        return next((self.spec.params[name] for name in names if name in self.spec.params), None)

    def drop(self, name: str, why: str, value: JSON = None) -> None:
        self.left_out.append(LeftOut(name, self.found.pop(name, value), why))

    def give(self, name: str, param: Param, value: Any) -> bool:
        """Take `value` for `param` if the model takes it as it is; else say why not."""
        sent, findings = examine(param, value)
        if findings.problems:
            self.drop(name, f"{self.spec.id}: {findings.problems[0]}", value)
            return False
        if findings.changes:
            self.left_out.append(LeftOut(name, value, f"is given as {sent!r}: {findings.changes[0].why}"))
        self.params[param.name] = sent
        self.found.pop(name, None)
        return True

    def absent(self, name: str, value: JSON = None) -> None:
        nobody = "nobody has described its parameters" if self.spec.params.open else "has no parameter of that meaning"
        self.drop(name, f"{self.spec.id}: {nobody}", value)


def carry(
    prompt: str, negative_prompt: str, params: Mapping[str, JSON], spec: ModelSpec, *, ours: bool = False
) -> Carried:
    """What `spec` takes of this, and the rest. `ours` are our own names, which mean the same for every model."""
    work = _Carrying(spec, {name: value for name, value in params.items() if value not in (None, "")})
    for name, text, param, usual in (
        ("prompt", prompt, spec.params.prompt, PROMPT_NAMES[0]),
        ("negative_prompt", negative_prompt, spec.params.negative, NEGATIVE_NAMES[0]),
        ("seed", work.found.get("seed"), spec.params.seed, ""),
    ):
        if text in (None, ""):
            continue
        if param is not None:
            work.give(name, param, text)
        elif usual and spec.params.open:  # where a cell's text goes, too
            work.params[usual] = text
        else:
            work.absent(name, text)
    if "<lora:" in prompt and spec.params.prompt is not None:
        work.left_out.append(LeftOut("loras in the prompt", None, "<lora:…> is the web UI's; others read it as words"))
    _model(work)
    _size(work)
    _guidance(work)
    _sampler(work)
    _strength(work)
    for name in list(work.found):
        _other(work, name, ours=ours)
    return Carried(work.params, tuple(work.left_out))


def _model(work: _Carrying) -> None:
    name = work.found.get("model")
    if name is None or name == work.spec.id:
        work.found.pop("model", None)
        return
    param = work.named(_MODEL_NAMES)
    if param is not None and param.choices and any(str(choice) == str(name) for choice in param.choices):
        work.give("model", param, name)
    else:
        work.drop("model", f"{work.spec.id} is another model, and paints another picture")


def _size(work: _Carrying) -> None:
    width, height = work.found.get("width"), work.found.get("height")
    if not (isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0):
        return
    wide, high = work.spec.params.get("width"), work.spec.params.get("height")
    if wide is not None and high is not None:
        wrong = [(p, examine(p, value)[1].problems) for p, value in ((wide, width), (high, height))]
        problem = next((f"{work.spec.id}: {param.name} {found[0].message}" for param, found in wrong if found), "")
        if problem:
            work.drop("width", problem)
            work.drop("height", problem)
        else:
            work.give("width", wide, width)
            work.give("height", high, height)
        return
    said, ratio = work.named(_SIZE_NAMES), work.named(_RATIO_NAMES)
    if said is not None and (choice := _among(said, (f"{width}{mark}{height}" for mark in "x*×:"))) is not None:
        _sized(work, said, choice)
    elif ratio is not None and (choice := _among(ratio, _ratios(width, height))) is not None:
        _sized(work, ratio, choice)
        work.left_out.append(LeftOut("size", f"{width}x{height}", f"only its ratio {choice} is given"))
    else:
        work.absent("width")
        work.absent("height")


def _sized(work: _Carrying, param: Param, value: JSON) -> None:
    work.params[param.name] = value
    for side in ("width", "height"):
        work.found.pop(side)


def _among(param: Param, texts: Iterable[str]) -> JSON:
    possible = set(texts)
    return next((choice for choice in param.choices if str(choice).replace(" ", "").lower() in possible), None)


def _ratios(width: int, height: int) -> Iterator[str]:
    shared = math.gcd(width, height)
    for mark in ":x/":
        yield f"{width // shared}{mark}{height // shared}"
    if width == height:
        yield "square"


def _guidance(work: _Carrying) -> None:
    """Models distilled for guidance run with cfg 1 and another number; which of the two a service means differs."""
    distilled, name = "distilled_guidance_scale", "guidance_scale"
    if distilled in work.found and work.named(_SAME[distilled]) is None and work.found.get(name, 1) == 1:
        why = "services differ in whether guidance means cfg or the distilled model's own number: set it yourself"
        work.drop(distilled, why)
        if name in work.found:
            work.drop(name, why)


def _sampler(work: _Carrying) -> None:
    name, schedule = str(work.found.get("sampler", "")), str(work.found.get("scheduler", ""))
    wanted, inside = samplers.sampler(name)
    taken: Param | None = None
    if not name and samplers.sampler(schedule)[0]:  # diffusers, and InvokeAI, call the sampler a scheduler
        name, (wanted, inside) = schedule, samplers.sampler(schedule)
        work.found["sampler"] = work.found.pop("scheduler")
        schedule = ""
    if name:
        taken = _same_sampler(work, name, wanted, inside)
    if schedule:
        params = [work.spec.params[key] for key in _SCHEDULE_NAMES if key in work.spec.params]
        known = samplers.schedule(schedule)
        for param in params:
            same = (choice for choice in param.choices if choice == schedule or _means(known, str(choice)))
            if param is not taken and (choice := next(same, None)) is not None:
                work.give("scheduler", param, choice)
                return
        work.absent("scheduler")


def _means(schedule: str, choice: str) -> bool:
    return bool(schedule) and samplers.schedule(choice) == schedule


def _same_sampler(work: _Carrying, name: str, wanted: str, inside: str) -> Param | None:
    params = [work.spec.params[key] for key in _SAMPLER_NAMES if key in work.spec.params]
    for param in params:
        for choice in param.choices:
            if choice == name or (wanted and samplers.sampler(str(choice)) == (wanted, inside)):
                work.give("sampler", param, choice)
                return param
    if not params:
        work.absent("sampler")
    elif not any(param.choices for param in params):
        work.drop("sampler", f"{work.spec.id} does not say which names its {params[0].name} takes")
    else:
        work.drop("sampler", f"none of {work.spec.id}'s: {capped(params[0].limits, 200)}")
    return None


def _strength(work: _Carrying) -> None:
    if work.found.get("strength") == 1:
        work.found.pop("strength")  # no start image had a say in the picture
    elif "strength" in work.found and (param := work.named(_SAME["strength"])) is not None:
        kept = work.found["strength"]
        if work.give("strength", param, kept):
            picture = work.named(_PICTURES)
            needs = picture.name if picture is not None else "a start image"
            work.left_out.append(LeftOut("start image", None, f"is not in the file; strength needs it: give {needs}"))


def _other(work: _Carrying, name: str, *, ours: bool) -> None:
    value = work.found.get(name)
    param = work.named(_SAME.get(name, (name,) if ours or name in _OTHERS_SHARE else ()))
    if param is not None and param.is_media:
        work.drop(name, "is a file, which is not in this one")
    elif param is not None:
        work.give(name, param, value)
    elif name == "loras":
        work.drop(name, "which files these are for another model, nobody can tell")
    elif _FACTS.search(name):
        work.found.pop(name)
    else:
        work.absent(name)
