"""A function's signature as a model's parameters."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np  # noqa: TC002 (annotations that are read)
import pytest
from PIL import Image  # noqa: TC002

from ipyimagegen.core.errors import InvalidInput
from ipyimagegen.core.params import Param
from ipyimagegen.services.functions.signature import MAX_SEED, Arg, read_signature


class Style(enum.Enum):
    OIL = "oil"
    INK = "ink"


class Ge(NamedTuple):
    """As in `annotated_types`."""

    ge: float


class Lt(NamedTuple):
    lt: float


def plasma(
    prompt: str,
    freq: Annotated[float, Arg(minimum=1, maximum=20, step=0.5, unit="Hz", description="How fine")] = 5.0,
    steps: Annotated[int, range(1, 51)] = 20,
    amount: Annotated[float, (0, 1)] = 0.5,
    style: Literal["oil", "ink"] = "ink",
    paper: Style = Style.INK,
    mode: Annotated[str, ["a", "b"]] = "a",
    depth: Annotated[int, Ge(1), Lt(5)] = 2,
    size: Annotated[int, {"minimum": 64, "multipleOf": 8}, "px"] = 512,
    image: Image.Image | None = None,
    mask: np.ndarray[Any, Any] | None = None,
    extra: Path | None = None,
    tags: list[str] = [],  # noqa: B006
    tiling: bool = False,  # noqa: FBT001, FBT002
    untyped=3,
    anything: Any = None,
    *,
    seed: int,
    progress: Any,
) -> None:
    """Nothing."""


PARAMS = read_signature(plasma).params


def facts(name: str, *wanted: str) -> tuple[Any, ...]:
    return tuple(getattr(PARAMS[name], each) for each in wanted)


def test_types_become_kinds() -> None:
    assert {name: param.kind for name, param in PARAMS.items()} == {
        "prompt": "text",
        "freq": "number",
        "steps": "integer",
        "amount": "number",
        "style": "choice",
        "paper": "choice",
        "mode": "choice",
        "depth": "integer",
        "size": "integer",
        "image": "image",
        "mask": "mask",
        "extra": "file",
        "tags": "list",
        "tiling": "boolean",
        "untyped": "integer",
        "anything": "any",
        "seed": "integer",
    }


def test_annotated_says_ranges_choices_units_and_words() -> None:
    assert facts("freq", "minimum", "maximum", "step", "unit", "description") == (1, 20, 0.5, "Hz", "How fine")
    assert facts("steps", "minimum", "maximum", "step") == (1, 50, 1)
    assert facts("amount", "minimum", "maximum") == (0, 1)
    assert facts("depth", "minimum", "maximum") == (1, 4)
    assert facts("size", "minimum", "step", "unit") == (64, 8, "px")
    assert facts("style", "choices") == (("oil", "ink"),)
    assert facts("paper", "choices", "default") == (("oil", "ink"), "ink")
    assert facts("mode", "choices", "default") == (("a", "b"), "a")
    assert PARAMS["tags"].item == Param(name="tags", kind="text")


def test_what_has_no_default_is_required_but_for_the_seed_which_is_drawn() -> None:
    assert [name for name, param in PARAMS.items() if param.required] == ["prompt"]
    assert facts("seed", "minimum", "maximum", "default") == (0, MAX_SEED, None)
    assert "progress" not in PARAMS
    assert "progress" in read_signature(plasma).takes


def test_any_further_names_leave_the_model_open() -> None:
    def open_ended(prompt: str, **rest: object) -> None: ...

    assert read_signature(open_ended).params.open is True
    assert PARAMS.open is False


def test_annotations_that_cannot_be_read_say_nothing() -> None:
    def odd(prompt: NoSuchName, steps=3) -> None: ...  # type: ignore[name-defined] # noqa: F821

    assert {name: param.kind for name, param in read_signature(odd).params.items()} == {
        "prompt": "any",
        "steps": "integer",
    }


def test_what_cannot_be_called_by_names_is_refused() -> None:
    def by_place(prompt: str, /) -> None: ...

    with pytest.raises(InvalidInput, match="prompt: can only be given by its place"):
        read_signature(by_place)

    def empty(x: Annotated[int, (9, 1)]) -> None: ...

    with pytest.raises(InvalidInput, match="its least value 9 is over its greatest 1"):
        read_signature(empty)
