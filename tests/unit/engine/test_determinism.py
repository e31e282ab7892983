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
    "mountains": "238d351f530e91b0dc3f1d7207d10a2397ae8a855a30e18cef031c7f603bf367",
    "city": "04fce7200572046adde93dfbecae0b93150e616b56bcd715e2cd5468e3f6f688",
    "poppies": "e9db95f95bab1b6b57c556bd12bf68e5906023e00f8f7aa598947345af60a34d",
    "forest": "9b600ed08ffeed211a7f658b5ace3be30d937d53ef177025b3847a624f1471a7",
    "storm": "0624be32d3c0f88e05d5ed78f947dbf849fab07619c6a2cfbe81951940888869",
    "cat": "30095a0febdabd0276d82e85225135e39ca38442b4cbc980fa00f750a9f337ba",
    "fruit": "ef4d77c631344ca8bf6528d7e9e034ac4b6ccf8a5099368e4b3e028fc12a9111",
    "marble": "ab98d1d08e3ab00cfec85ec5eaee06087ce081801f42dac4bd9b7cd95bf366c9",
    "saturn": "6f2415310a96730669aa454893980d6560346f939d8e7c1bbe6873e2a18be946",
    "aurora": "5dddba10781ff9495ff79b900ac085b92d19c1d14d1892d85632571bc9f7cd76",
    "waterfall": "d52e5cd419fabf5af80d28db4cf10b4ca55c3eeea3dc37383d0863ccad3a7344",
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
