"""The cutout on made-up product photographs: gradients, noise and soft shadows behind a known outline."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from ipyimagegen.engine import SketchFailed, cut_out, cutting

SIZE = 256


def photograph(backdrop: str) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """A shaded egg on a ``backdrop``, and the truth."""
    y, x = np.mgrid[0:SIZE, 0:SIZE] / SIZE
    grounds = {
        "studio": np.stack([0.95 - 0.15 * y, 0.92 - 0.1 * y, 0.84 + 0.06 * x], -1),
        "blue": np.stack([0.2 + 0.2 * y, 0.45 + 0.1 * x, 0.6 + 0 * x], -1),
        "white": np.full((SIZE, SIZE, 3), 0.97),
        "dark": np.full((SIZE, SIZE, 3), 0.12),
    }
    shadow = np.exp(-(((x - 0.52) / 0.28) ** 2 + ((y - 0.8) / 0.05) ** 2)) * 0.3
    picture = grounds[backdrop] * (1 - shadow[..., None])
    r = np.hypot(x - 0.5, (y - 0.5) * 0.8)
    truth = r < 0.27
    light = np.clip(0.35 + 0.5 * np.sqrt(np.clip(1 - (r / 0.27) ** 2, 0, 1)) + (0.5 - x) * 0.8, 0.25, 1.1)
    picture[truth] = (np.array([0.85, 0.45, 0.12]) * light[..., None])[truth]
    grain = np.random.default_rng(1).normal(0, 0.01, picture.shape)
    return (np.clip(picture + grain, 0, 1) * 255).astype(np.uint8), truth


def overlap(mask: npt.NDArray[np.uint8], truth: npt.NDArray[np.bool_]) -> float:
    found = mask > 127
    return float((found & truth).sum() / (found | truth).sum())


@pytest.mark.parametrize("backdrop", ["studio", "blue", "white", "dark"])
def test_the_subject_is_found(backdrop: str) -> None:
    photo, truth = photograph(backdrop)
    assert overlap(cut_out(photo).mask, truth) > 0.96


def test_subject_mask_and_picture_agree() -> None:
    photo, truth = photograph("blue")
    cutout = cut_out(photo)
    assert (SIZE, SIZE, 4) == cutout.subject.shape
    assert np.array_equal(cutout.mask, cutout.subject[..., 3])
    assert (cutout.image[:20] == 255).all()
    inside = np.zeros_like(truth)
    inside[100:156, 100:156] = True
    assert np.abs(cutout.image[inside].astype(np.int16) - photo[inside]).max() <= 2


def test_holes_are_opened_on_request() -> None:
    photo, _ = photograph("white")
    photo[118:138, 118:138] = 247
    assert cut_out(photo).mask[128, 128] == 255
    assert cut_out(photo, holes=True).mask[128, 128] == 0


def test_a_feather_softens_the_edge() -> None:
    photo, _ = photograph("studio")
    soft = [int(((m := cut_out(photo, feather_px=px).mask) > 10).sum() - (m > 245).sum()) for px in (0.0, 1.0, 8.0)]
    assert soft == sorted(soft)
    assert soft[2] > soft[0]


def test_each_step_shows_its_cutout_and_the_last_is_the_result() -> None:
    photo, _ = photograph("studio")
    steps = list(cutting(photo, num_inference_steps=4))
    assert [(1, 4), (2, 4), (3, 4), (4, 4)] == [(frame.step, frame.steps) for frame, _ in steps]
    frame, cutout = steps[-1]
    assert np.array_equal(frame.pixels, cutout.image)
    assert np.array_equal(cutout.mask, cut_out(photo, num_inference_steps=4).mask)


def test_a_picture_of_background_alone_gives_an_empty_mask() -> None:
    assert not cut_out(np.full((64, 80, 3), 180, np.uint8)).mask.any()


def test_large_odd_pictures_work() -> None:
    photo, _ = photograph("studio")
    large = np.repeat(np.repeat(photo, 3, axis=0), 2, axis=1)[:701, :509]
    assert (701, 509) == cut_out(large, num_inference_steps=2).mask.shape


def test_it_fails_when_told_to_and_refuses_nonsense() -> None:
    photo, _ = photograph("white")
    with pytest.raises(SketchFailed, match="step 2"):
        list(cutting(photo, fail_at_step=2))
    with pytest.raises(ValueError, match=r"tolerance is 2\.0, must be 0\.0 to 1\.0"):
        cut_out(photo, tolerance=2.0)
    with pytest.raises(ValueError, match="must be a uint8 array"):
        cut_out(photo.astype(np.float32))
    with pytest.raises(ValueError, match="must be at least 8×8"):
        cut_out(photo[:4])
