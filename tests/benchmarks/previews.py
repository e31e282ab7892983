"""From the kernel to the screen: previews of JobView beside `ipywidgets.Image`, 512×512, in JupyterLab.

Each frame carries its number as black and white blocks. The page reads them off the pictures on the screen, once every
animation frame, so that both methods are timed by what is seen. `screen`: from just before the frame is handed over in
the kernel to its being seen, at 20 frames a second; `flood`: the kernel hands over as fast as it can for three seconds;
`late`: how long after the last hand-over the last frame is seen; `drift`: median of the flood's last second by the
median of its first.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.e2e.lab import open_notebook, run
from tests.e2e.server import chromium, jupyter_server, write_notebook

if TYPE_CHECKING:
    from playwright.sync_api import Page

SETUP = """
import asyncio, io, json, time
import numpy as np
from IPython.display import display
from PIL import Image
import ipywidgets
from ipyimagegen.jobs.client import Client
from ipyimagegen.settings.config import Settings
from ipyimagegen.core.cost import FREE
from ipyimagegen.core.events import Output, Preview, Running, Succeeded
from ipyimagegen.core.models import ModelSpec
from ipyimagegen.core.params import Params
from ipyimagegen.core.requests import Ticket
from ipyimagegen.media.artifacts import Payload
from ipyimagegen.media.previews import ArrayFrame
from ipyimagegen.notebook.widgets.job_view.widget import JobView
from ipyimagegen.services.base import Registry

PAINTED = np.random.default_rng(1).integers(60, 200, (64, 64, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
SENT = {}

def numbered(n):
    pixels = PAINTED.copy()
    for bit in range(16):
        pixels[:32, bit * 32:bit * 32 + 32] = 255 if n >> bit & 1 else 0
    return pixels

async def frames(pace_s, seconds):
    began, n = time.time(), 0
    while time.time() - began < seconds:
        n += 1
        pixels = numbered(n)
        SENT[n] = time.time() * 1000
        yield pixels
        await asyncio.sleep(pace_s)

class Flood:
    name = title = "flood"
    async def models(self): return []
    async def model(self, name): return ModelSpec(service="flood", name=name, params=Params(open=True), price=FREE)
    async def submit(self, request):
        return Ticket(service="flood", model="x", remote_id="1", facts=dict(request.values))
    async def follow(self, ticket):
        yield Running()
        async for pixels in frames(ticket.facts["pace_s"], ticket.facts["seconds"]):
            yield Preview(frame=ArrayFrame(pixels))
        await asyncio.sleep(1.5)
        yield Succeeded(outputs=(Output(data=b"x", media_type="text/plain", name="x"),))
    async def cancel(self, ticket): return ""
    async def fetch(self, output): return Payload(data=b"done", media_type="text/plain")
    async def aclose(self): pass

services = Registry(); services.add(Flood())
client = Client(settings=Settings(), services=services, journal=None)

async def job_view(pace_s, seconds):
    SENT.clear()
    job = client.submit("flood/x", pace_s=pace_s, seconds=seconds)
    view = JobView(job)
    display(view)
    await job

async def image(pace_s, seconds):
    SENT.clear()
    shown = ipywidgets.Image(format="jpeg", width=512)
    display(shown)
    await asyncio.sleep(0.3)
    async for pixels in frames(pace_s, seconds):
        held = io.BytesIO()
        Image.fromarray(pixels).save(held, "JPEG", quality=75)
        shown.value = held.getvalue()
    await asyncio.sleep(1.5)
"""
WATCH = """([selector]) => {
    const seen = window.seen = {};
    const canvas = document.createElement('canvas'); canvas.width = 512; canvas.height = 32;
    const draw = canvas.getContext('2d', {willReadFrequently: true});
    window.watching = true;
    const look = () => {
        if (!window.watching) return;
        const all = document.querySelectorAll(selector), img = all[all.length - 1];
        if (img && img.complete && img.naturalWidth) {
            draw.drawImage(img, 0, 0, img.naturalWidth, img.naturalHeight / 16, 0, 0, 512, 32);
            const row = draw.getImageData(0, 16, 512, 1).data;
            let n = 0;
            for (let bit = 0; bit < 16; bit++) if (row[(bit * 32 + 16) * 4] > 127) n |= 1 << bit;
            if (n && !(n in seen)) seen[n] = Date.now();
        }
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""
METHODS = {
    "JobView (messages, paced)": ("job_view", ".ig-call img"),
    "ipywidgets.Image (trait)": ("image", ".jp-OutputArea img"),
}


def measured(page: Page, cell: int, selector: str) -> tuple[dict[int, float], dict[int, float]]:
    """Times (ms) at which each frame was handed over, and seen."""
    page.evaluate(WATCH, [selector])
    run(page, cell)
    page.wait_for_timeout(300)
    seen = page.evaluate("() => { window.watching = false; return window.seen; }")
    run(page, cell + 1)
    text = page.locator(".jp-CodeCell").nth(cell + 1).locator(".jp-OutputArea-output").inner_text()
    sent = json.loads(text)
    return {int(n): at for n, at in sent.items()}, {int(n): at for n, at in seen.items()}


def figures(sent: dict[int, float], seen: dict[int, float]) -> dict[str, Any]:
    times = {n: seen[n] - sent[n] for n in seen if n in sent}
    if not times:
        return {"frames/s": 0.0, "median ms": float("nan"), "late ms": float("nan"), "drift": float("nan")}
    first, last = min(sent.values()), max(sent.values())
    early = [late for n, late in times.items() if sent[n] < first + 1000]
    end = [late for n, late in times.items() if sent[n] > last - 1000]
    drift = statistics.median(end) / statistics.median(early) if early and end else float("nan")
    return {
        "frames/s": len(times) / max(1.0, (last - first) / 1000),
        "median ms": statistics.median(times.values()),
        "late ms": seen.get(max(sent), float("nan")) - last if max(sent) in seen else max(seen.values()) - last,
        "drift": drift,
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as name, jupyter_server(Path(name)) as base, chromium() as browser:
        rows = []
        for label, (call, selector) in METHODS.items():
            tell = "print(json.dumps(SENT))"
            cells = [SETUP, f"await {call}(0.05, 5)", tell, f"await {call}(0, 3)", tell]
            notebook = write_notebook(Path(name), f"{call}.ipynb", cells)
            page = browser.new_page(viewport={"width": 1280, "height": 1400})
            open_notebook(page, base, notebook)
            run(page, 0)
            steady = figures(*measured(page, 1, selector))
            flood = figures(*measured(page, 3, selector))
            rows.append((label, steady["median ms"], flood))
            page.close()
    print(f"{'':28}  {'screen':>9}  {'flood':>12}  {'late':>9}  {'drift':>6}")
    for label, screen, flood in rows:
        print(
            f"{label:28}  {screen:6.0f} ms  {flood['frames/s']:8.0f} fps  {flood['late ms']:6.0f} ms"
            f"  {flood['drift']:6.2f}"
        )
