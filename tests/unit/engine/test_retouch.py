"""Starting from a picture: strength, masks, and fitting pictures to a format."""

from __future__ import annotations

import numpy as np
import pytest

from ipyimagegen.engine import Sketch, fit_image, fit_mask, paint
from tests.unit.engine.pictures import distance, painted

BARN = painted("a red barn in a wheat field, summer day", seed=9)
GOAL = "a lighthouse at sunset"


def test_strength_leads_away_from_the_start_step_by_step() -> None:
    away = [distance(painted(GOAL, image=BARN, strength=n / 5), BARN) for n in range(6)]
    assert away[0] == 0.0
    assert away == sorted(away)
    assert away[1] < 0.15 * away[5]


def test_full_strength_is_the_prompts_own_picture() -> None:
    assert distance(painted(GOAL, image=BARN, strength=1.0), painted(GOAL)) < 1.0


def test_a_mask_keeps_the_rest_bit_for_bit_in_every_frame() -> None:
    mask = np.zeros((128, 128), np.uint8)
    mask[30:90, 40:100] = 255
    mask[100:110, 10:20] = 128
    for frame in paint(
        Sketch(prompt=GOAL, width=128, height=128, num_inference_steps=5, image=BARN, mask=mask, strength=0.9)
    ):
        assert np.array_equal(frame.pixels[mask == 0], BARN[mask == 0])
    assert distance(frame.pixels[45:75, 55:85], BARN[45:75, 55:85]) > 20.0


def test_the_edge_of_a_mask_is_blended_inside_it() -> None:
    mask = np.zeros((128, 128), np.uint8)
    mask[:, 64:] = 255
    grey = np.full((128, 128, 3), 20, np.uint8)
    picture = painted(GOAL, image=grey, mask=mask, strength=1.0).astype(np.int16)
    change = np.abs(picture - grey).mean(axis=(0, 2))
    assert change[:64].max() == 0.0
    assert change[64] < 0.6 * change[72:].mean()


def test_a_mask_of_nothing_keeps_everything() -> None:
    assert np.array_equal(painted(GOAL, image=BARN, mask=np.zeros((128, 128), np.uint8)), BARN)


@pytest.mark.parametrize("size", [(64, 64), (128, 64), (64, 128), (200, 136), (136, 520)])
def test_pictures_are_fitted_to_fill_a_format(size: tuple[int, int]) -> None:
    fitted = fit_image(BARN, *size)
    assert (size[1], size[0], 3) == fitted.shape
    assert abs(float(fitted.mean()) - float(BARN.mean())) < 25.0


def test_fitting_keeps_what_already_fits_and_flat_colours_flat() -> None:
    assert fit_image(BARN, 128, 128) is BARN
    flat = np.full((37, 53, 3), 201, np.uint8)
    assert np.array_equal(fit_image(flat, 96, 80), np.full((80, 96, 3), 201, np.uint8))
    assert np.array_equal(fit_mask(np.full((9, 9), 255, np.uint8), 64, 72), np.full((72, 64), 255, np.uint8))


def test_halving_is_the_mean_of_two_by_two() -> None:
    picture = np.arange(4 * 4 * 3, dtype=np.uint8).reshape(4, 4, 3)
    mean = picture.reshape(2, 2, 2, 2, 3).astype(np.float64).mean(axis=(1, 3))
    assert np.abs(fit_image(picture, 2, 2) - mean).max() <= 1.0
