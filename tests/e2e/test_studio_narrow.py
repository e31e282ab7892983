"""The Studio's dialogs on a page as narrow as a telephone's."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, ViewportSize, expect

from .conftest import MakeNotebook
from .lab import open_notebook, run

NARROW = ViewportSize(width=320, height=640)
WIDE = ViewportSize(width=1280, height=1000)
MADE = "width=512, height=256, num_inference_steps=2, prompt='a boat'"


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (96, 64), "teal").save(made, "PNG")
    return made.getvalue()


def test_dialogs_fit_a_narrow_page_and_can_be_left(
    jupyter: str, page: Page, notebook: MakeNotebook, shots: Path
) -> None:
    name = notebook("narrow.ipynb", ["import ipyimagegen as ig", f"s = ig.Studio('local/sketch', {MADE})\ns"])
    open_notebook(page, jupyter, name)
    run(page, 0)
    studio = run(page, 1).locator(".ig-studio")
    studio.get_by_role("button", name="Run", exact=True).click()
    expect(studio.locator(".ig-place__look img")).to_be_visible()
    studio.locator("[data-param=image] input[type=file]").set_input_files(
        {"name": "in.png", "mimeType": "image/png", "buffer": picture()}
    )
    paint = studio.get_by_role("button", name="Paint mask")
    expect(paint).to_be_visible()

    studio.get_by_role("button", name="Enlarge", exact=True).click()
    page.set_viewport_size(NARROW)
    viewer = page.locator("dialog.ig-viewer")
    image = viewer.locator("img")
    expect(image).to_have_js_property("complete", value=True)
    expect(image).to_have_css("width", "320px")
    assert viewer.evaluate("el => el.scrollWidth") <= NARROW["width"]
    page.screenshot(path=shots / "studio_viewer_narrow.png")
    viewer.get_by_role("button", name="Close").click()
    expect(viewer).to_have_count(0)

    page.set_viewport_size(WIDE)  # JupyterLab's own panels leave no room for a cell on so narrow a page
    paint.click()
    page.set_viewport_size(NARROW)
    painter = page.locator("dialog.ig-paint")
    for dial in ("Size", "Softness", "Overlay"):
        expect(painter.get_by_role("slider", name=dial, exact=True)).to_be_visible()
    assert painter.evaluate("el => el.scrollWidth") <= NARROW["width"]
    page.screenshot(path=shots / "studio_painter_narrow.png")
    painter.get_by_role("button", name="Cancel").click()
    expect(painter).to_have_count(0)
