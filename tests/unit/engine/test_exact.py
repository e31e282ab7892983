"""The home-made functions are close to the real ones, and nothing inexact is used to paint."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

import ipyimagegen.engine
from ipyimagegen.engine.draw.exact import blur, double, fade, halve, smoothstep, wave
from ipyimagegen.engine.draw.noise import Dice, fbm, key_of, sample, tile, units

MODULES = sorted(Path(ipyimagegen.engine.__file__).parent.glob("*.py"))
INEXACT = frozenset(
    [
        "sin",
        "cos",
        "tan",
        "arctan",
        "arctan2",
        "exp",
        "exp2",
        "expm1",
        "log",
        "log2",
        "log10",
        "log1p",
        "power",
        "float_power",
        "cbrt",
        "hypot",
        "mean",
        "average",
        "std",
        "var",
        "dot",
        "matmul",
        "einsum",
        "inner",
        "vdot",
        "tensordot",
        "interp",
        "linspace",
        "random",
        "convolve",
        "gradient",
        "prod",
        "percentile",
        "quantile",
        "median",
    ]
)


def test_wave_is_a_sine_and_fade_falls() -> None:
    turns = np.linspace(-3.0, 3.0, 1001)
    assert np.abs(wave(turns) - np.sin(2 * np.pi * turns)).max() < 1e-3
    t = np.linspace(0.0, 3.0, 100)
    assert np.abs(fade(t) - np.exp(-t)).max() < 0.02
    assert smoothstep(0.0, 1.0, np.array([-1.0, 0.5, 2.0])).tolist() == [0.0, 0.5, 1.0]


def test_dice_are_even_and_children_are_independent_of_what_was_drawn() -> None:
    numbers = units(key_of("x"), 20_000)
    assert abs(float(numbers.mean()) - 0.5) < 0.01
    assert 0.0 <= float(numbers.min()) <= float(numbers.max()) < 1.0
    dice = Dice(1)
    before = dice.child("tree").unit()
    dice.unit()
    assert before == dice.child("tree").unit()
    assert {0, 1, 2} == {dice.whole(0, 2) for _ in range(60)}


def test_noise_is_centred_smooth_and_the_same_at_every_size() -> None:
    at = [np.arange(n, dtype=np.float32) / np.float32(n) for n in (64, 256)]
    small, large = (fbm(x[None, :], x[:, None], 5, frequency=3.0, octaves=3) for x in at)
    assert abs(float(large.mean())) < 0.5
    assert np.abs(np.diff(large, axis=1)).max() < 0.25
    assert np.array_equal(small, large[::4, ::4])


def test_a_tile_repeats_without_a_seam() -> None:
    patch = tile("seam", 4, 5)
    steps = np.abs(np.diff(patch, axis=1)).max()
    assert np.abs(patch[:, 0] - patch[:, -1]).max() <= steps * 1.5
    at = np.array([[0.25]], dtype=np.float32)
    assert sample(patch, at, at) == sample(patch, at + 1.0, at - 2.0)


@pytest.mark.parametrize("shape", [(3, 8, 8), (3, 7, 5), (2, 3), (1, 1), (3, 65, 33)])
def test_blur_keeps_shape_and_flat_colour(shape: tuple[int, ...]) -> None:
    flat = np.full(shape, 0.25, dtype=np.float32)
    assert np.array_equal(blur(flat, 4), flat)
    assert double(halve(flat), shape[-2], shape[-1]).shape == flat.shape


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_only_exactly_rounded_operations_are_used(module: Path) -> None:
    """See `ipyimagegen.engine.draw.exact`: these give other last bits on other processors."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        assert not isinstance(node, ast.MatMult)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "np":
            assert node.attr not in INEXACT, f"{module.name}:{node.lineno} np.{node.attr}"
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            assert isinstance(node.left, ast.Constant), f"{module.name}:{node.lineno} **"
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            assert not {"math", "random", "PIL"} & {name.split(".")[0] for name in names}, module.name
