"""From what a file says to a model's parameters: translated where it means the same, else left out with a reason."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ipyimagegen as ig
from ipyimagegen.core.errors import InvalidInput, UnknownModel
from ipyimagegen.core.models import ModelSpec
from ipyimagegen.core.params import Param, Params
from ipyimagegen.media.metadata import Found, Record, embed, read_metadata, samplers

from .foreign import INFOTEXT, png_with
from .samples import picture


def spec(*params: Param, open: bool = False) -> ModelSpec:
    return ModelSpec(service="a", name="b", params=Params((Param(name="prompt", kind="text"), *params), open))


def number(name: str, low: float | None = None, high: float | None = None, **more: Any) -> Param:
    return Param(name=name, kind="integer", minimum=low, maximum=high, **more)


def choice(name: str, *choices: str) -> Param:
    return Param(name=name, kind="choice", choices=choices)


SIZED = Found(tool="x", prompt="a cat", params={"width": 512, "height": 640})


def reasons(found: Found, model: ModelSpec) -> dict[str, str]:
    return {entry.name: entry.why for entry in found.to_params(model).left_out}


def test_the_local_painter_takes_what_the_web_ui_wrote():
    found = ig.read_metadata(png_with({"parameters": INFOTEXT + ", Model: x, Denoising strength: 1"}))
    params, left_out = found.to_params("local/sketch")
    assert params == {
        "prompt": "a lighthouse at dusk",
        "negative_prompt": "fog",
        "num_inference_steps": 20,
        "guidance_scale": 7,
        "seed": 42,
        "width": 512,
        "height": 640,
    }
    assert [entry.name for entry in left_out] == ["model", "sampler"]
    ig.model("local/sketch").params.check(params)


def test_names_of_one_meaning_are_translated():
    model = spec(number("steps"), number("noise_seed"), number("cfg"), Param(name="negative", kind="text"))
    found = read_metadata(png_with({"parameters": INFOTEXT}))
    assert found.to_params(model).params == {
        "prompt": "a lighthouse at dusk",
        "negative": "fog",
        "steps": 20,
        "noise_seed": 42,
        "cfg": 7,
    }


@pytest.mark.parametrize(
    ("param", "given"),
    [
        (choice("size", "512x512", "512x640"), {"size": "512x640"}),
        (choice("image_size", "512*640"), {"image_size": "512*640"}),
        (choice("aspect_ratio", "1:1", "4:5"), {"aspect_ratio": "4:5"}),
        (choice("aspect_ratio", "1:1", "3:4"), {}),
    ],
)
def test_a_size_is_given_in_the_models_own_form_or_not_at_all(param, given):
    assert SIZED.to_params(spec(param)).params == {"prompt": "a cat"} | given
    assert bool(reasons(SIZED, spec(param))) == (param.name == "aspect_ratio")


def test_a_size_that_the_model_does_not_take_is_left_out_whole():
    model = spec(number("width", 64, 1024), number("height", 64, 600))
    assert SIZED.to_params(model).params == {"prompt": "a cat"}
    assert "height" in reasons(SIZED, model)["width"]
    assert "64 to 600" in reasons(SIZED, model)["height"]


def test_a_size_that_is_rounded_is_said():
    model = spec(number("width", step=100, rounds=True), number("height", step=10, rounds=True))
    assert SIZED.to_params(model).params["width"] == 500
    assert "500" in reasons(SIZED, model)["width"]


@pytest.mark.parametrize(
    ("said", "schedule", "param", "given"),
    [
        ("Euler a", "", choice("sampler_name", "euler", "euler_ancestral"), "euler_ancestral"),
        ("euler_ancestral", "", choice("scheduler", "K_EULER", "K_EULER_ANCESTRAL"), "K_EULER_ANCESTRAL"),
        ("k_euler", "", choice("scheduler", "EulerDiscreteScheduler", "DDIMScheduler"), "EulerDiscreteScheduler"),
        ("DPM++ 2M Karras", "", choice("sampler", "dpmpp_2m", "dpmpp_2m_karras"), "dpmpp_2m_karras"),
        ("", "euler", choice("scheduler", "K_EULER"), "K_EULER"),
        ("DPM++ 2M Karras", "", choice("sampler", "dpmpp_2m"), None),
        ("res_multistep", "", choice("sampler", "euler"), None),
        ("Euler", "", Param(name="sampler", kind="text"), None),
    ],
)
def test_samplers_are_translated_where_they_are_the_same(said, schedule, param, given):
    found = Found(tool="x", params={"sampler": said, "scheduler": schedule})
    carried = found.to_params(spec(param))
    assert carried.params.get(param.name) == given
    assert bool(carried.left_out) == (given is None)


def test_sampler_and_schedule_go_to_a_parameter_each():
    model = spec(choice("sampler_name", "euler", "ddim"), choice("scheduler", "normal", "karras"))
    found = Found(tool="x", params={"sampler": "Euler", "scheduler": "Karras"})
    assert found.to_params(model).params == {"sampler_name": "euler", "scheduler": "karras"}


@given(st.text(max_size=30))
def test_any_name_of_a_sampler_is_known_or_not(name):
    known, schedule = samplers.sampler(name)
    assert known or not schedule
    assert samplers.sampler(known) == (known, "")


def test_guidance_of_distilled_models_is_not_guessed():
    found = Found(tool="ComfyUI", params={"guidance_scale": 1.0, "distilled_guidance_scale": 3.5})
    model = spec(Param(name="guidance_scale", kind="number"))
    assert found.to_params(model).params == {}
    assert set(reasons(found, model)) == {"guidance_scale", "distilled_guidance_scale"}


def test_strength_says_that_it_needs_a_picture():
    found = Found(tool="x", prompt="a cat", params={"strength": 0.4})
    model = spec(Param(name="strength", kind="number"), Param(name="image", kind="image"))
    assert found.to_params(model).params == {"prompt": "a cat", "strength": 0.4}
    assert "give image" in reasons(found, model)["start image"]


def test_our_own_parameters_come_back_and_pictures_are_named_as_missing():
    record = Record(
        model="local/sketch", prompt="a cat", seed=3, sent={"style": "ink", "image": "<image>", "strength": 0.5}
    )
    found = ig.read_metadata(embed(picture(), record).data)
    params, left_out = found.to_params("local/sketch")
    assert params == {"prompt": "a cat", "seed": 3, "style": "ink", "strength": 0.5}
    assert [entry.name for entry in left_out] == ["start image", "image"]


def test_the_same_name_with_another_tool_is_no_guess():
    found = Found(tool="Somebody's", prompt="a cat", params={"style": "ink"})
    assert "style" in reasons(found, spec(choice("style", "ink")))


def test_of_a_model_that_nobody_described_nothing_is_guessed():
    model = ModelSpec(service="a", name="b", params=Params(open=True))
    found = Found(tool="x", prompt="a cat", params={"num_inference_steps": 20})
    assert found.to_params(model).params == {"prompt": "a cat"}  # where a cell's text goes, too
    assert "nobody has described" in reasons(found, model)["num_inference_steps"]


def test_hashes_and_versions_are_not_reported_one_by_one():
    found = Found(tool="x", params={"model_hash": "aa", "version": "v1", "lora_hashes": "b", "hires_steps": 3})
    assert set(reasons(found, spec())) == {"hires_steps"}


def test_a_name_of_no_model_is_refused():
    found = ig.read_metadata(png_with({"parameters": INFOTEXT}))
    with pytest.raises((UnknownModel, InvalidInput)):
        found.to_params("local/skech")
    with pytest.raises(InvalidInput, match=r"ig\.model"):
        read_metadata(b"").to_params("local/sketch")


def test_it_shows_itself_in_lines_and_is_a_value():
    found = ig.read_metadata(png_with({"parameters": INFOTEXT}))
    assert repr(found).splitlines()[:3] == [
        "<Found AUTOMATIC1111",
        "  prompt               a lighthouse at dusk",
        "  negative_prompt      fog",
    ]
    assert "says nothing" not in repr(found)
    assert "does not say how it was made" in repr(ig.read_metadata(picture()))
    assert "left out: sampler='Euler'" in repr(found.to_params("local/sketch"))
    assert copy.deepcopy(found) == pickle.loads(pickle.dumps(found)) == found  # noqa: S301
    assert {found} == {copy.copy(found)}


def test_it_is_a_record_for_a_gallery_whoever_wrote_the_file():
    foreign = read_metadata(png_with({"parameters": INFOTEXT + ", Model: x"})).to_record()
    assert ("x", "a lighthouse at dusk", "fog", 42) == (
        foreign.model,
        foreign.prompt,
        foreign.negative_prompt,
        foreign.seed,
    )
    assert (foreign.software, foreign.sent["width"]) == ("AUTOMATIC1111", 512)
    record = Record(model="a/b", prompt="a cat", seed=3, sent={"style": "ink"})
    assert read_metadata(embed(picture(), record).data).to_record() == record


def test_what_a_file_says_is_shown_as_text_and_short():
    text = "\x1b[31m" + "x" * 100_000 + f"\nSteps: 20, Seed: 1, Note: {'y' * 5_000}"
    shown = repr(read_metadata(png_with({"parameters": text})))
    assert "\x1b" not in shown
    assert len(shown) < 2_000
