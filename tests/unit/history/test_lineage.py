"""A result knows what it was made from and what was made from it, and is made again from the same, or says why not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import ipyimagegen as ig
from ipyimagegen.core.errors import InvalidInput
from ipyimagegen.core.models import ModelSpec
from ipyimagegen.core.params import Param, Params
from ipyimagegen.history.recall import journal
from ipyimagegen.jobs import session
from ipyimagegen.jobs.again import params_again
from ipyimagegen.media.results import Result

SMALL: dict[str, Any] = {"width": 64, "height": 64, "num_inference_steps": 2}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYIMAGEGEN_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(session, "_clients", [])


def sketch(prompt: str, **params: Any) -> Result:
    return ig.run("local/sketch", prompt, quiet=True, **{**SMALL, **params})


def settled() -> None:
    """Everything that was to be noted is."""
    journal().rows()


def test_edits_know_their_parents_and_these_their_children_however_the_picture_came_there(tmp_path: Path) -> None:
    first = sketch("a pier", seed=1)
    edited = sketch("at night", image=first.image, seed=2)
    settled()
    saved = tmp_path / "renamed.png"
    saved.write_bytes(ig.history.search("night")[0].image.bytes)
    again = sketch("in fog", image=saved, seed=3)
    settled()
    assert [result.job_ids for result in ig.history.parents(edited)] == [first.job_ids]
    assert [result.job_ids for result in ig.history.parents(again.job_ids[0])] == [edited.job_ids]
    assert [result.job_ids for result in ig.history.children(first)] == [edited.job_ids]
    assert (ig.history.parents(first), ig.history.children(again)) == ([], [])


def test_a_picture_that_was_made_fit_is_known_as_the_one_that_it_was() -> None:
    first = sketch("a pier", seed=1, width=128)
    edited = sketch("at night", image=first.image, fit="crop", seed=2)
    settled()
    assert [change.what for change in edited.changes if change.name == "image"] == ["fitted"]
    assert [result.job_ids for result in ig.history.parents(edited)] == [first.job_ids]


def test_a_result_is_made_again_byte_for_byte_live_and_recalled_with_its_input() -> None:
    first = sketch("a pier")
    made = sketch("at night", image=first.image, strength=0.5)
    settled()
    (recalled,) = ig.history.search("night")
    assert made.again().image.sha256 == made.image.sha256
    settled()
    assert recalled.again().image.sha256 == made.image.sha256
    changed = made.again(prompt="at noon")
    assert (changed.prompt, changed.seed) == ("at noon", made.seed)


def test_several_pictures_of_one_call_are_made_again_each_by_its_seed() -> None:
    made = sketch("a pier", n=2)
    settled()
    assert [image.sha256 for image in made.again().images] == [image.sha256 for image in made.images]


def test_an_input_that_is_not_kept_is_named(tmp_path: Path) -> None:
    picture = sketch("a pier").image.save(tmp_path / "boat.jpg")
    made = sketch("at night", image=picture)
    settled()
    with pytest.raises(
        InvalidInput, match=r"is not kept here: image = boat\.jpg; give it again: result\.again\(image="
    ):
        made.again()
    assert made.again(image=picture).image.sha256 == made.image.sha256


def spec(*params: Param, is_open: bool = False) -> ModelSpec:
    return ModelSpec(service="far", name="away", params=Params(params, open=is_open))


PROMPT = Param(name="prompt", kind="text")
SEED, NOISE = (Param(name=name, kind="integer") for name in ("seed", "noise_seed"))
MADE = Result(model="far/away", prompt="x", seed=7, sent={"prompt": "x"})


@pytest.mark.parametrize(
    ("model", "seed"),
    [(spec(PROMPT, SEED), {"seed": 7}), (spec(PROMPT, NOISE), {"noise_seed": 7}), (spec(is_open=True), {"seed": 7})],
)
def test_a_seed_that_the_service_chose_is_sent_the_next_time(model: ModelSpec, seed: dict[str, int]) -> None:
    assert {"prompt": "x", **seed} == params_again(MADE, model, None, {})
    assert {"prompt": "x", "seed": 7} == MADE.params


@pytest.mark.parametrize(
    ("model", "result", "words"),
    [
        (spec(PROMPT), MADE, "a model without a seed cannot be made again, and far/away takes none"),
        (spec(PROMPT, SEED), replace(MADE, seed=None), "did not tell the seed"),
    ],
)
def test_what_cannot_be_made_again_says_why(model: ModelSpec, result: Result, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        params_again(result, model, None, {})


def test_a_text_in_angle_brackets_is_no_file_where_it_was_none() -> None:
    made = sketch("<b> a pier </b>")
    settled()
    assert made.again().prompt == "<b> a pier </b>"
