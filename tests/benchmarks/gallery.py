"""A gallery against a grid of image widgets, in the same browser: ``python -m tests.benchmarks.gallery [--quick]``.

Starts JupyterLab and Chromium, and prints one line a case. `first` is from running the cell to the first picture on
the screen, `all` to every picture in view; `frames/s` while scrolling by 2,400 px a second for three seconds, `blank`
the part of cells in view without a picture meanwhile, `sent` what came to the page. Medians of three runs.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.lab import open_notebook, run, shut_down_kernel
from tests.e2e.server import chromium, jupyter_server, write_notebook

if TYPE_CHECKING:
    from playwright.sync_api import Page

SETUP = """
import io, ipywidgets
import numpy as np
from dataclasses import replace
from PIL import Image
from ipyimagegen.core.events import Output
from ipyimagegen.media.artifacts import Payload, make_artifact
from ipyimagegen.notebook.widgets.gallery.widget import Gallery

def encoded(seed, side, form):
    noise = np.random.default_rng(seed).integers(0, 255, (side // 16, side // 16, 3), dtype=np.uint8)
    picture = Image.fromarray(noise).resize((side, side), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    picture.save(buffer, form, quality=80)
    return buffer.getvalue()

def pictures(count, side, form):
    made = [make_artifact(Payload(data=encoded(seed, side, form)), Output(data=b'-')) for seed in range(40)]
    return [replace(made[n % 40], sha256=f'{form} {side} {n}', seed=n) for n in range(count)]

small = pictures(5000, 256, 'JPEG')
large = pictures(5000, 1024, 'PNG')
grid = ipywidgets.Layout(grid_template_columns='repeat(auto-fill, 176px)', height='560px', overflow='auto')
"""
OPEN = """
async ([cell, selector, scroller]) => {
    const nb = window.jupyterapp.shell.currentWidget;
    nb.content.activeCellIndex = cell; nb.content.deselectAll(); nb.content.mode = 'command';
    const start = performance.now();
    window.jupyterapp.commands.execute('notebook:run-cell');
    let first = 0;
    for (;;) {
        await new Promise(requestAnimationFrame);
        const box = document.querySelector(scroller)?.getBoundingClientRect();
        const now = performance.now() - start;
        const images = [...document.querySelectorAll(selector)].filter(image => image.complete && image.naturalWidth);
        if (images.length && !first) first = now;
        const last = images.filter(image => image.getBoundingClientRect().bottom > box.bottom - 120);
        if (first && last.length > 2) return [first, now];
        if (now > 60000) return null;
    }
}
"""
SCROLL = """
async ([scroller, cells]) => {
    const box = document.querySelector(scroller);
    let frames = 0, seen = 0, blank = 0;
    const start = performance.now();
    for (let now = start; now < start + 3000; frames += 1) {
        box.scrollTop = (now - start) * 2.4;
        now = await new Promise(requestAnimationFrame);
        if (cells && frames % 3 === 0) {
            const {top, bottom} = box.getBoundingClientRect();
            for (const cell of box.querySelectorAll(cells)) {
                const at = cell.getBoundingClientRect();
                if (at.bottom < top || at.top > bottom) continue;
                seen += 1;
                if (!cell.querySelector('img')) blank += 1;
            }
        }
    }
    return [frames / 3, seen ? blank / seen : 0];
}
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One way of showing `count` pictures."""

    name: str
    count: int
    source: str
    selector: str
    scroller: str
    cells: str = ""


def gallery(count: int, what: str, name: str) -> Case:
    source = f"Gallery({what}[:{count}])"
    return Case(name, count, source, ".ig-gallery-cell__image", ".ig-gallery-grid", ".ig-gallery-cell")


def grid_box(count: int) -> Case:
    source = (
        f"ipywidgets.GridBox([ipywidgets.Image(value=one.data, format='jpeg') for one in small[:{count}]], layout=grid)"
    )
    return Case("GridBox of Images", count, source, ".widget-gridbox img", ".widget-gridbox")


CASES = (
    *(gallery(count, "small", "Gallery, 256 px JPEG") for count in (200, 1_000, 5_000)),
    *(gallery(count, "large", "Gallery, 1024 px PNG") for count in (200, 5_000)),
    *(grid_box(count) for count in (200, 1_000)),
)


def measured(page: Page, base: str, folder: Path, case: Case) -> tuple[float, ...] | None:
    """First and full paint in ms, frames a second, part of blank cells, and MB sent; the notebook is a fresh one.

    `None`: the pictures were not all there after a minute (two thousand messages at once may be too many for a page).
    """
    name = write_notebook(folder, f"run_{time.monotonic_ns()}.ipynb", [SETUP, case.source])
    sent: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: sent.append(len(data))))
    open_notebook(page, base, name)
    run(page, 0)
    page.wait_for_timeout(300)
    sent.clear()
    painted = page.evaluate(OPEN, [1, case.selector, case.scroller])
    if painted is None:
        shut_down_kernel(page)
        return None
    page.wait_for_timeout(1_500)
    megabytes = sum(sent) / 1e6
    frames, blank = page.evaluate(SCROLL, [case.scroller, case.cells])
    shut_down_kernel(page)
    return *painted, frames, blank, megabytes


def main(arguments: Sequence[str] = ()) -> None:
    """Measure every case and print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.gallery", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one run of each instead of three")
    runs = 1 if parser.parse_args(arguments).quick else 3
    print(f"{'':22} {'pictures':>8} {'first (ms)':>11} {'all (ms)':>9} {'frames/s':>9} {'blank':>6} {'sent (MB)':>10}")
    with tempfile.TemporaryDirectory() as name, jupyter_server(Path(name)) as base, chromium() as browser:
        for case in CASES:
            rows = []
            for _ in range(runs):
                page = browser.new_page(viewport={"width": 1280, "height": 1000})
                rows.append(measured(page, base, Path(name), case))
                page.close()
            shown = [row for row in rows if row is not None]
            tried = "" if len(shown) == runs else f"  shown in {len(shown)} of {runs} runs"
            first, full, frames, blank, megabytes = (
                statistics.median(column) for column in zip(*shown or [(math.nan,) * 5], strict=True)
            )
            times = f"{first:11.0f} {full:9.0f} {frames:9.0f}"
            print(f"{case.name:22} {case.count:8,} {times} {blank:6.1%} {megabytes:10.2f}{tried}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
