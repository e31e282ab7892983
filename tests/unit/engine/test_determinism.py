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

GOLDEN: dict[str, str] = {
    "lighthouse": "3021ded6776cc63fd8553d18886fdea03b3ac1d9a2dcdc90cb0072fb820e9b5a",
    "mountains": "112d47e58848eb6fca8feaa587652324d819c4f8ce01b2e5e7a40c0ec0868d46",
    "city": "04fce7200572046adde93dfbecae0b93150e616b56bcd715e2cd5468e3f6f688",
    "poppies": "e9a92b0e8820200b31c82517fc6cb9bd976d39efb7b5f768857ed1073fb8dfa3",
    "forest": "1887ff829d3b61a2750c5f2ba518cf3d25fc50f49fff64566d0ea3222b3afdf7",
    "storm": "0624be32d3c0f88e05d5ed78f947dbf849fab07619c6a2cfbe81951940888869",
    "cat": "2717b2187289625cabbc68374ec8bbe8e920b2a1e5b257a0bbdc0066f51ee839",
    "fruit": "ef4d77c631344ca8bf6528d7e9e034ac4b6ccf8a5099368e4b3e028fc12a9111",
    "marble": "ab98d1d08e3ab00cfec85ec5eaee06087ce081801f42dac4bd9b7cd95bf366c9",
    "saturn": "6f2415310a96730669aa454893980d6560346f939d8e7c1bbe6873e2a18be946",
    "aurora": "9f808031530798934de66d77a4caccdac3709ba20955ed1e9ee7bb9d1a7ac0ae",
    "waterfall": "a8c65b935332506d090ab273359e678f83f9e24c853e4a469c03f5dfe5a27454",
    "cutout": "4795e9f0268da32aa8824b4ba50ea645754e16f4ec4317856a1e9da6472ed655",
}


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
