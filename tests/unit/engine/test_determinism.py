"""The same sketch gives the same bytes: twice, in a fresh process, with other CPU features, on any machine."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from ipyimagegen.engine import Sketch, cut_out, paint
from tests.unit.engine.pictures import painted

SKETCHES: dict[str, dict[str, Any]] = {
    "lighthouse": {"prompt": "a lighthouse at dusk", "seed": 7},
    "mountains": {"prompt": "misty mountains and a lake at dawn", "seed": 1, "width": 136, "height": 96},
    "city": {"prompt": "tokyo at night in the rain", "style": "oil", "guidance_scale": 12.0},
    "poppies": {"prompt": "a field of red poppies", "style": "watercolor", "negative_prompt": "clouds, blue"},
    "forest": {"prompt": "path through the autumn forest", "style": "pastel"},
    "storm": {"prompt": "stormy sea with lightning", "style": "woodblock", "seed": 2**32 - 1},
    "cat": {"prompt": "a black cat under the moon", "style": "ink"},
    "fruit": {"prompt": "a bowl of fruit", "style": "pointillist"},
    "marble": {"prompt": "abstract marble, teal and gold", "style": "flat"},
    "saturn": {"prompt": "saturn and a nebula"},
    "aurora": {"prompt": "northern lights over a frozen lake"},
    "waterfall": {"prompt": "waterfall and a castle in the snow"},
}

GOLDEN: dict[str, str] = {}


def fingerprint(name: str) -> str:
    *_, last = paint(Sketch(**{"width": 96, "height": 96, "num_inference_steps": 6, **SKETCHES[name]}))
    return hashlib.sha256(last.pixels.tobytes()).hexdigest()


def cutout_fingerprint() -> str:
    cutout = cut_out(painted("a bowl of fruit"), num_inference_steps=2)
    return hashlib.sha256(cutout.subject.tobytes() + cutout.image.tobytes()).hexdigest()


def fingerprints() -> dict[str, str]:
    return {**{name: fingerprint(name) for name in SKETCHES}, "cutout": cutout_fingerprint()}


@pytest.mark.parametrize("name", SKETCHES)
def test_pictures_have_the_bytes_they_always_had(name: str) -> None:
    assert GOLDEN[name] == fingerprint(name)


def test_a_cutout_has_the_bytes_it_always_had() -> None:
    assert GOLDEN["cutout"] == cutout_fingerprint()


def _optional_cpu_features() -> str:
    """Every feature above numpy's baseline that this machine has, to be switched off."""
    config = np.show_config(mode="dicts")
    found: list[str] = config["SIMD Extensions"].get("found", [])
    return " ".join(found)


@pytest.mark.parametrize("hash_seed", ["0", "4711"])
def test_another_process_without_simd_paints_the_same_bytes(hash_seed: str) -> None:
    program = (
        "import json; from tests.unit.engine.test_determinism import fingerprints; print(json.dumps(fingerprints()))"
    )
    environment = {
        **os.environ,
        "PYTHONHASHSEED": hash_seed,
        "NPY_DISABLE_CPU_FEATURES": _optional_cpu_features() if hash_seed != "0" else "",
        "PYTHONPATH": os.pathsep.join(["src", ".", os.environ.get("PYTHONPATH", "")]),
    }
    run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert GOLDEN == json.loads(run.stdout)


def test_the_seed_and_every_word_change_the_picture() -> None:
    variants = [
        painted(),
        painted(seed=4),
        painted("a forest by a lake, summer day, zorgle"),
        painted("a forest by a lake, summer day, blarf"),
        painted("summer day, a forest by a lake"),
        painted(negative_prompt="zorgle"),
    ]
    assert len(variants) == len({picture.tobytes() for picture in variants})
