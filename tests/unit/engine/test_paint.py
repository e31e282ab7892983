"""Every parameter does to the picture what it promises."""

from __future__ import annotations

import numpy as np
import pytest

from ipyimagegen.engine import STYLES, Frame, Sketch, SketchFailed, paint
from tests.unit.engine.pictures import Picture, colourfulness, distance, painted, share_of

PROMPTS = (
    "a lighthouse at dusk",
    "misty mountains at dawn with a lake",
    "a field of red poppies, summer noon",
    "northern lights over a frozen lake",
    "tokyo skyline at night in the rain",
    "a small house on a hill in autumn",
    "desert dunes at sunset",
    "a sailboat on a calm sea, golden hour",
    "bowl of fruit, still life",
    "a black cat looking at the full moon",
    "birch forest in snow",
    "abstract marble, teal and gold",
    "hot air balloons over green hills at sunrise",
    "a medieval castle in fog",
    "stormy sea with lightning",
    "the milky way over a desert",
    "watercolor of a river and a bridge in spring",
    "tropical beach with an island",
    "portrait of a woman in red",
    "lavender field with a windmill",
    "saturn and a pink nebula",
    "a waterfall in the forest",
    "ukiyo-e woodblock of mount fuji and waves",
    "ein Weg durch den Wald im Herbst 🍂",
)


def frames(**parameters: object) -> list[Frame]:
    values = {"prompt": "hills and a river", "width": 96, "height": 96, "num_inference_steps": 10, **parameters}
    return list(paint(Sketch(**values)))  # type: ignore[arg-type]


def test_two_dozen_prompts_give_clearly_different_pictures() -> None:
    pictures = [painted(prompt, width=64, height=64, num_inference_steps=4) for prompt in PROMPTS]
    closest = min(distance(a, b) for n, a in enumerate(pictures) for b in pictures[:n])
    assert closest > 8.0


def test_a_frame_a_step_from_noise_to_picture() -> None:
    painting = frames()
    assert [(n, 10) for n in range(1, 11)] == [(frame.step, frame.steps) for frame in painting]
    away = [distance(frame.pixels, painting[-1].pixels) for frame in painting]
    assert away == sorted(away, reverse=True)
    assert away[0] > 30.0


@pytest.mark.parametrize("style", STYLES)
def test_more_steps_come_closer_to_the_hundred_step_picture(style: str) -> None:
    goal = painted(style=style, num_inference_steps=100, width=64, height=64)
    away = [
        distance(painted(style=style, num_inference_steps=steps, width=64, height=64), goal) for steps in (1, 4, 20, 50)
    ]
    assert away == sorted(away, reverse=True)
    assert away[-1] > 0.0


def test_more_steps_draw_finer_detail() -> None:
    def detail(steps: int) -> float:
        grey = painted(num_inference_steps=steps).astype(np.int32).sum(axis=2)
        return float(np.abs(np.diff(np.diff(grey, axis=0), axis=1)).mean())

    assert detail(1) < detail(3) < detail(12)


def test_guidance_goes_from_a_wash_to_vivid_colour() -> None:
    colour = [colourfulness(painted(guidance_scale=scale)) for scale in (0.0, 1.5, 4.0, 7.5, 12.0, 20.0)]
    assert colour == sorted(colour)
    assert colour[-1] > 2.0 * colour[0]


def test_every_style_is_another_picture() -> None:
    pictures = {style: painted(style=style, width=64, height=64) for style in STYLES}
    for n, style in enumerate(STYLES):
        for other in STYLES[:n]:
            assert distance(pictures[style], pictures[other]) > 1.0, (style, other)


def test_a_style_word_in_the_prompt_is_heard_by_auto_only() -> None:
    prompt = "a watercolor of a forest by a lake"
    assert painted(prompt).tobytes() == painted(prompt, style="watercolor").tobytes()
    assert painted(prompt).tobytes() != painted(prompt, style="oil").tobytes()


def test_a_negative_prompt_takes_motifs_and_colours_out() -> None:
    def woods(**parameters: str) -> float:
        picture = painted("a pine forest by a lake, day", **parameters)
        return share_of(np.where(picture.max(axis=2, keepdims=True) < 90, picture, 0).astype(np.uint8), 1)

    assert woods(negative_prompt="trees") < 0.3 * woods()
    poppies = "a field of red poppies under a red sky"
    assert share_of(painted(poppies, negative_prompt="red"), 0, 30) < 0.2 * share_of(painted(poppies), 0, 30)


def test_a_negative_prompt_steers_away_from_faults() -> None:
    plain = painted()
    assert painted(negative_prompt="too dark").mean() > plain.mean() + 5.0
    assert painted(negative_prompt="overexposed").mean() < plain.mean() - 5.0
    assert colourfulness(painted(negative_prompt="oversaturated")) < colourfulness(plain) - 5.0
    assert colourfulness(painted(negative_prompt="dull")) > colourfulness(plain) + 5.0

    def roughness(picture: Picture) -> float:
        return float(np.abs(np.diff(picture.astype(np.int16), axis=1)).mean())

    assert roughness(painted(negative_prompt="blurry")) > 1.1 * roughness(plain)


def test_a_negative_prompt_ends_the_weather_and_the_night() -> None:
    assert painted("hills at night", negative_prompt="night").mean() > 1.5 * painted("hills at night").mean()
    assert painted("hills in the fog", negative_prompt="fog").std() > painted("hills in the fog").std()


def test_hour_season_and_weather_change_the_light() -> None:
    assert painted("hills at night").mean() < 0.6 * painted("hills at noon").mean()
    assert painted("hills and forest, snow, day").mean() > painted("hills and forest, day").mean() + 10.0
    assert colourfulness(painted("hills at noon, fog")) < colourfulness(painted("hills at noon"))


def test_the_night_style_darkens() -> None:
    assert painted("a beach at noon", style="night").mean() < 0.7 * painted("a beach at noon").mean()


def test_a_colour_word_colours_what_it_stands_before() -> None:
    purple, green = painted("a purple sky over hills, day"), painted("a green sky over hills, day")
    assert share_of(purple[:50], 1) < 0.1 * share_of(green[:50], 1)
    blue, red = painted("a blue house in a field, day"), painted("a red house in a field, day")
    assert share_of(red, 0, 40) > share_of(blue, 0, 40)


@pytest.mark.parametrize("size", [(64, 64), (72, 200), (200, 72), (2048, 64), (64, 2048), (264, 136)])
def test_every_format_is_painted_to_its_size(size: tuple[int, int]) -> None:
    width, height = size
    picture = painted("a lighthouse and a cat, balloons, birds", width=width, height=height, num_inference_steps=2)
    assert (height, width, 3) == picture.shape
    assert picture.dtype == np.uint8
    assert picture.std() > 5.0


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "   ",
        "富士山と湖",
        "🌊🌙⛵",
        "горы и озеро",
        "\x00\ud800",
        "a" * 10_000,
        "lake " * 2_000,
        "%s {x} <b>",
        "12 34",
    ],
)
def test_any_text_is_painted(prompt: str) -> None:
    assert painted(prompt, width=64, height=64, num_inference_steps=2).std() > 3.0


def test_signs_and_other_tongues_mean_what_words_mean() -> None:
    night = painted("🌙", width=64, height=64)
    assert night.mean() < 100.0
    assert share_of(painted("ein Wald im Sommer, day"), 1) > 0.05


def test_it_fails_when_told_to() -> None:
    painting = paint(Sketch(prompt="a lake", width=64, height=64, fail_at_step=3))
    assert [1, 2] == [next(painting).step, next(painting).step]
    with pytest.raises(SketchFailed, match="step 3") as failure:
        next(painting)
    assert failure.value.step == 3


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"prompt": 5}, "prompt is 5"),
        ({"width": 60}, "width is 60, must be 64 to 2048"),
        ({"width": 100}, "multiple of 8"),
        ({"height": 2056}, "height is 2056"),
        ({"height": 512.0}, "whole number"),
        ({"num_inference_steps": 0}, "num_inference_steps is 0"),
        ({"num_inference_steps": True}, "num_inference_steps is True"),
        ({"guidance_scale": 21.0}, "guidance_scale is 21.0"),
        ({"guidance_scale": float("nan")}, "guidance_scale is nan"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 2**32}, "seed is 4294967296"),
        ({"strength": 1.5}, "strength is 1.5"),
        ({"style": "cubist"}, "style is 'cubist', must be one of auto"),
        ({"fail_at_step": 0}, "fail_at_step is 0"),
        ({"step_delay_s": 6.0}, "step_delay_s is 6.0"),
        ({"image": np.zeros((64, 64, 3), np.uint8)}, r"image has shape \(64, 64, 3\), must be \(512, 512, 3\)"),
        ({"image": np.zeros((512, 512, 3))}, "image is ndarray float64"),
        ({"mask": np.zeros((512, 512), np.uint8)}, "mask needs an image"),
    ],
)
def test_nonsense_is_refused_with_value_and_limit(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Sketch(**{"prompt": "x", **wrong})  # type: ignore[arg-type]
