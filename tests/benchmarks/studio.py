"""How soon a Studio is there, and how soon it answers: ``python -m tests.benchmarks.studio [--quick]``.

JupyterLab and Chromium on one machine, times in ms. `first paint`: from running the cell to the frame after the form's
prompt is in the page, in a fresh kernel that has imported the package, and of the second Studio there. `round trip`:
until the kernel's judgement of a value is in the page, from a key `typed` in a number's field (the page waits 120 ms
for more keys before it sends), and from its Reset button `pressed`. At rest, and while eight jobs show 30 previews of
512×512 a second each in the same Studio.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.lab import open_notebook, run, shut_down_kernel
from tests.e2e.server import chromium, jupyter_server, write_notebook

if TYPE_CHECKING:
    from playwright.sync_api import Page

SETUP = """
import asyncio
import numpy as np
from ipyimagegen.jobs.client import Client
from ipyimagegen.settings.config import Settings
from ipyimagegen.core.cost import FREE
from ipyimagegen.core.events import Preview, Running
from ipyimagegen.core.models import ModelSpec
from ipyimagegen.core.requests import Ticket
from ipyimagegen.core.schema import read_params
from ipyimagegen.media.previews import ArrayFrame
from ipyimagegen.notebook.widgets.studio.widget import Studio
from ipyimagegen.services.base import Registry

noise = np.random.default_rng(1).integers(0, 255, (8, 64, 64, 3), dtype=np.uint8)
FRAMES = [ArrayFrame(one.repeat(8, 0).repeat(8, 1)) for one in noise]
SPEC = ModelSpec(service='stream', name='x', price=FREE, params=read_params({'properties': {
    'prompt': {'type': 'string'}, 'steps': {'type': 'integer', 'default': 20, 'minimum': 1, 'maximum': 100}}}))

class Streaming:
    name = title = 'stream'
    async def models(self): return [SPEC]
    async def model(self, name): return SPEC
    async def submit(self, request): return Ticket(service='stream', model='x', remote_id='1')
    async def follow(self, ticket):
        yield Running()
        for step in range(100_000):
            yield Preview(frame=FRAMES[step % 8], step=step)
            await asyncio.sleep(1 / 30)
    async def cancel(self, ticket): return ''
    async def aclose(self): pass

services = Registry(); services.add(Streaming())
client = Client(settings=Settings(), services=services, journal=None)
"""
MAKE = "s = Studio('stream/x', prompt='a', n=8, client=client)\ns"
PAINT = """async ([cell, count]) => {
    const nb = window.jupyterapp.shell.currentWidget;
    nb.content.activeCellIndex = cell; nb.content.deselectAll(); nb.content.mode = 'command';
    const start = performance.now();
    window.jupyterapp.commands.execute('notebook:run-cell');
    for (;;) {
        await new Promise(requestAnimationFrame);
        const shown = document.querySelectorAll('.ig-studio [data-param=prompt] textarea');
        if (shown.length === count && shown[count - 1].value) {
            await new Promise(requestAnimationFrame);
            return performance.now() - start;
        }
        if (performance.now() - start > 60000) throw new Error('no studio');
    }
}"""
ROUND_TRIPS = """async ([rounds]) => {
    const studio = document.querySelector('.ig-studio');
    const field = studio.querySelector('[data-param=steps]');
    const input = field.querySelector('input[type=text]');
    const put = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
    const wrong = () => field.querySelector('.ig-field__problem') !== null;
    const settled = async (value) => {
        const start = performance.now();
        while (wrong() !== value) {
            if (performance.now() - start > 20000) throw new Error('no answer');
            await new Promise(resolve => setTimeout(resolve));
        }
        return performance.now() - start;
    };
    const times = [];
    for (let i = 0; i < rounds; i++) {
        put.call(input, '900');
        input.dispatchEvent(new InputEvent('input', {bubbles: true}));
        const typed = await settled(true);
        await new Promise(resolve => setTimeout(resolve, 50 + 40 * Math.random()));
        field.querySelector('button[aria-label^=Reset]').click();
        const pressed = await settled(false);
        times.push([typed, pressed]);
        await new Promise(resolve => setTimeout(resolve, 50 + 40 * Math.random()));
    }
    return times;
}"""


def painted(page: Page, base: str, folder: Path, turn: int) -> tuple[float, float]:
    """First paint in a fresh kernel, and of the second Studio there."""
    open_notebook(page, base, write_notebook(folder, f"paint_{turn}.ipynb", [SETUP, MAKE, MAKE]))
    run(page, 0)
    times = [page.evaluate(PAINT, [cell, cell]) for cell in (1, 2)]
    shut_down_kernel(page)
    return times[0], times[1]


def answered(page: Page, base: str, folder: Path, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Round trips `(typed, pressed)` at rest, and while eight jobs stream."""
    open_notebook(page, base, write_notebook(folder, "answers.ipynb", [SETUP, MAKE, "s.run();", "s.cancel();"]))
    for cell in (0, 1):
        run(page, cell)
    studio = page.locator(".ig-studio")
    studio.locator("[data-param=steps] input[type=text]").wait_for()
    page.wait_for_timeout(1_000)
    found = {"at rest": page.evaluate(ROUND_TRIPS, [rounds])}
    run(page, 2)
    page.wait_for_function("() => document.querySelectorAll('.ig-stage img').length === 8")
    page.wait_for_timeout(2_000)
    found["eight jobs stream"] = page.evaluate(ROUND_TRIPS, [rounds])
    run(page, 3)
    shut_down_kernel(page)
    return found


def p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20, method="inclusive")[-1]


def main(arguments: Sequence[str] = ()) -> None:
    """Measure and print two tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.studio", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a third of the runs")
    quick = parser.parse_args(arguments).quick
    with tempfile.TemporaryDirectory() as name, jupyter_server(Path(name)) as base, chromium() as browser:
        paints = []
        for turn in range(2 if quick else 5):
            page = browser.new_page(viewport={"width": 1280, "height": 1400})
            paints.append(painted(page, base, Path(name), turn))
            page.close()
        print(f"{'first paint (ms)':28} {'median':>8} {'most':>8}")
        for label, column in zip(("first Studio of a kernel", "second"), zip(*paints, strict=True), strict=True):
            print(f"{label:28} {statistics.median(column):8.0f} {max(column):8.0f}")
        page = browser.new_page(viewport={"width": 1280, "height": 1400})
        found = answered(page, base, Path(name), 20 if quick else 60)
    print(f"{'round trip (ms)':28} {'typed':>8} {'p95':>8} {'pressed':>8} {'p95':>8}")
    for label, trips in found.items():
        typed, pressed = ([trip[at] for trip in trips] for at in (0, 1))
        figures = (statistics.median(typed), p95(typed), statistics.median(pressed), p95(pressed))
        print(f"{label:28} " + " ".join(f"{figure:8.0f}" for figure in figures))


if __name__ == "__main__":
    main(sys.argv[1:])
