"""What a call costs on top of the engine: `client.run` beside the engine's own function, 512×512, 20 steps."""

from __future__ import annotations

import io

from PIL import Image

import ipyimagegen as ig
from ipyimagegen.engine import Frame, Sketch, paint
from ipyimagegen.services.local.work import PNG_LEVEL

from ._measure import in_turns, ratio, table

PROMPT = "a lighthouse at dusk, calm sea"
STEPS = 20


def bare() -> Frame:
    """The engine alone: pixels."""
    frame = None
    for step in paint(Sketch(prompt=PROMPT, seed=7, num_inference_steps=STEPS)):
        frame = step
    assert frame is not None
    return frame


def with_png() -> bytes:
    """The engine, and a PNG as every result needs one."""
    held = io.BytesIO()
    Image.fromarray(bare().pixels).save(held, "PNG", compress_level=PNG_LEVEL)
    return held.getvalue()


def called() -> None:
    """The whole call: checks, events, PNG, hash, journal."""
    ig.run("local/sketch", prompt=PROMPT, seed=7, num_inference_steps=STEPS, quiet=True)


def main() -> None:
    times = in_turns({"engine": bare, "engine and PNG": with_png, "ig.run": called}, rounds=25, warm=3)
    table(times)
    print(f"ig.run / engine:         {ratio(times, 'ig.run', 'engine'):.3f}")
    print(f"ig.run / engine and PNG: {ratio(times, 'ig.run', 'engine and PNG'):.3f}")
