"""What was found in a file: a value in one form for every tool, and what is in doubt about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ...core.errors import InvalidInput, capped
from ...core.events import JSON
from ...core.models import ModelSpec
from ...core.params import NEGATIVE_NAMES, PROMPT_NAMES
from .carry import Carried, carry
from .names import settings, text
from .record import KEYWORD, Record

MAX_DOUBTS = 20
_SHOWN_CHARS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a file says of its making; false where it says nothing that is known.

    `tool` is who wrote it (`"AUTOMATIC1111"`, `"ComfyUI"`, `"InvokeAI"`, `"SwarmUI"`, `"Fooocus"`, `"NovelAI"`,
    `"ipyimagegen"` …), `""` where nobody said. `params` have our names where there is one (`num_inference_steps`,
    `guidance_scale`, `seed`, `width` and `height` in pixels, `sampler`, `scheduler`, `strength`, `model`, `model_hash`,
    `loras`: each `{"name", "weight"}`), others in lower case; steps, guidance, seeds, sizes and strengths are numbers,
    all else is text. `doubts` are sentences: what the file does not say for certain, and what was left out for it.
    `raw` are the file's own texts by the names of their places, untrusted; `record` is set for our own files.
    """

    tool: str = ""
    prompt: str = ""
    negative_prompt: str = ""
    params: Mapping[str, JSON] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    raw: Mapping[str, str] = field(default_factory=dict, repr=False)
    record: Record | None = None
    find_model: Callable[[str], ModelSpec] | None = field(default=None, compare=False, repr=False)

    def __bool__(self) -> bool:
        return bool(self.tool or self.prompt or self.params)

    def __hash__(self) -> int:
        return hash((self.tool, self.prompt, self.negative_prompt))

    @property
    def model(self) -> str:
        """The model's name as the tool has it (a file's name, mostly), `""` where the file does not say."""
        return text(self.params.get("model"))

    @property
    def seed(self) -> int | None:
        """The seed, `None` where the file does not say."""
        seed = self.params.get("seed")
        return seed if isinstance(seed, int) and not isinstance(seed, bool) else None

    def to_record(self) -> Record:
        """This as one of our records: our own as it is, of another tool's file what it says, with the tool's name.

        A gallery of anybody's pictures shows them by it.
        """
        if self.record is not None:
            return self.record
        apart = ("model", "seed")
        sent = {name: value for name, value in self.params.items() if name not in apart}
        return Record(
            model=self.model,
            prompt=self.prompt,
            negative_prompt=self.negative_prompt,
            seed=self.seed,
            sent=sent,
            notes=tuple(f"in doubt: {doubt}" for doubt in self.doubts),
            software=self.tool,
        )

    def to_params(self, model: str | ModelSpec) -> Carried:
        """The parameters with which `model` makes such a picture, and what could not be carried over, with reasons.

        `params, left_out = found.to_params("local/sketch")`. Names, samplers and sizes are translated where they mean
        the same; nothing is guessed. Sends nothing. Raises `InvalidInput` or `UnknownModel` for a name of no model.
        """
        if isinstance(model, str):
            if self.find_model is None:
                raise InvalidInput(f"give the model {model!r} as a ModelSpec: ig.model({model!r})")
            model = self.find_model(model)
        return carry(self.prompt, self.negative_prompt, self.params, model, ours=self.tool == KEYWORD)

    def with_doubt(self, doubt: str) -> Found:
        """The same with one more doubt."""
        return self if doubt in self.doubts else replace(self, doubts=(*self.doubts, doubt)[:MAX_DOUBTS])

    def __repr__(self) -> str:
        """One fact a line."""
        if not self:
            lines = [
                "<Found nothing: the file does not say how it was made",
                *(f"  in doubt: {d}" for d in self.doubts),
            ]
            return "\n".join(lines) + ">"
        facts: dict[str, Any] = {"prompt": self.prompt}
        if self.negative_prompt:
            facts["negative_prompt"] = self.negative_prompt
        facts |= self.params
        width = min(24, max(map(len, facts)))
        lines = [f"<Found {self.tool or 'settings of an unnamed tool'}"]
        lines += [f"  {name:{width}}  {_shown(value)}" for name, value in facts.items()]
        return "\n".join([*lines, *(f"  in doubt: {capped(doubt, _SHOWN_CHARS)}" for doubt in self.doubts)]) + ">"


def _shown(value: object) -> str:
    return " ".join(capped(value if isinstance(value, str) else repr(value), _SHOWN_CHARS).split("\n"))


def made(
    tool: str,
    texts: Mapping[str, str],
    prompt: object,
    negative: object,
    pairs: Iterable[tuple[str, Any]],
    *,
    doubts: Iterable[str] = (),
) -> Found:
    """A value from what a reader found, its texts and settings made plain and capped."""
    return Found(
        tool=tool,
        prompt=text(prompt).strip(),
        negative_prompt=text(negative).strip(),
        params=settings(pairs),
        doubts=tuple(dict.fromkeys(capped(doubt, 1_000) for doubt in doubts))[:MAX_DOUBTS],
        raw=texts,
    )


def of_record(record: Record) -> Found:
    """Our record in the form of every other tool's."""
    facts = {"model": record.model, "seed": record.seed} | dict(record.sent)
    pairs = ((key, value) for key, value in facts.items() if key not in (*PROMPT_NAMES, *NEGATIVE_NAMES))
    return replace(made(KEYWORD, {}, record.prompt, record.negative_prompt, pairs), record=record)
