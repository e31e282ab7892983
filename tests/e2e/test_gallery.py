"""A gallery in a notebook: live where there is a kernel, a plain picture where there is none."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from ipyimagegen.notebook.widgets.fallback import SHEET_CELL_PX

from .conftest import MakeNotebook
from .hosts import marimo, voila
from .lab import at_rest, cell, open_notebook, output, ready, run, save, saved_outputs, shut_down_kernel

AXE = Path(__file__).parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"
APPS = pytest.mark.parametrize("app", ["lab", "notebook"])
MAKE = """
import ipyimagegen as ig
from ipyimagegen.notebook.widgets.gallery.widget import Gallery
prompts = ["a lighthouse at dusk", "a mountain lake", "<img src=x onerror=alert(1)> a tulip"]
made = [ig.default_client().run("local/sketch", prompt=p, seed=s, width=128, height=96, num_inference_steps=2)
        for p in prompts for s in range(8)]
"""


def violations(page: Page, selector: str) -> list[str]:
    """What axe finds wrong within our part of the page."""
    at_rest(page)
    page.evaluate(AXE.read_text("utf-8"))
    found: list[str] = page.evaluate(
        "async (selector) => (await axe.run(selector)).violations.map(one => `${one.id}: ${one.nodes[0].html}`)",
        selector,
    )
    return found


def gallery(page: Page, jupyter: str, name: str, app: str = "lab", theme: str = "") -> Locator:
    """Open a notebook whose second cell is a gallery, and wait for its pictures."""
    open_notebook(page, jupyter, name, app, theme=theme)
    run(page, 0)
    shown = run(page, 1).locator(".ig-gallery")
    expect(shown.locator(".ig-gallery-cell__image").first).to_be_visible()
    return shown


def says(page: Page, index: int, text: str) -> None:
    """That a cell comes to print `text`: what a page sends goes another way than what its cells do."""
    for _ in range(80):
        if text in run(page, index).locator(".jp-OutputArea").inner_text():
            return
        page.wait_for_timeout(250)
    expect(cell(page, index).locator(".jp-OutputArea")).to_contain_text(text)


def sheet_is_made(page: Page, index: int) -> None:
    """Wait until the file's picture is the sheet, and no longer the card that says that it comes."""
    page.wait_for_function(
        """([cell, card]) => {
            const { complete, naturalWidth } = cell.querySelector('.jp-RenderedImage img') ?? {};
            return complete && naturalWidth > 0 && naturalWidth !== card;
        }""",
        arg=[cell(page, index).element_handle(), SHEET_CELL_PX + 2 * 12],
    )


@APPS
def test_pictures_are_selected_starred_and_looked_at_and_python_sees_it(
    app: str, jupyter: str, page: Page, notebook: MakeNotebook, shots: Path
) -> None:
    look = "print([one.seed for one in g.selected], [one.seed for one in g.starred])"
    name = notebook(f"gallery_{app}.ipynb", [MAKE, "g = Gallery(made)\ng", look, "g.add(made[0])"])
    shown = gallery(page, jupyter, name, app)
    expect(shown).to_contain_text("24 pictures")
    cells = shown.get_by_role("gridcell")
    cells.nth(0).click()
    cells.nth(2).click(modifiers=["Shift"])
    expect(shown).to_contain_text("3 selected")
    page.keyboard.press("s")
    expect(cells.nth(2).get_by_role("button", name="Star")).to_have_attribute("aria-pressed", "true")
    for key in ("d", "d", "x"):
        page.keyboard.press(key)
    assert cell(page, 3).count() == 1, "the notebook's own shortcuts must not delete cells"
    page.screenshot(path=shots / f"gallery_{app}.png")
    page.keyboard.press("Enter")
    dialog = shown.get_by_role("dialog")
    expect(dialog).to_contain_text("3 of 24")
    page.keyboard.press("ArrowRight")
    expect(dialog).to_contain_text("4 of 24")
    expect(dialog.locator("img")).to_have_js_property("complete", value=True)
    for _ in range(3):
        page.keyboard.press("+")
    expect(dialog.get_by_role("button", name="Fit to the page")).to_have_text("338 %")
    page.screenshot(path=shots / f"gallery_viewer_{app}.png")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(cells.nth(3)).to_be_focused()
    says(page, 2, "[7, 6, 5] [5]")
    run(page, 3)
    expect(shown).to_contain_text("25 pictures")


def test_search_filters_and_order(jupyter: str, page: Page, notebook: MakeNotebook) -> None:
    shown = gallery(page, jupyter, notebook("gallery_search.ipynb", [MAKE, "Gallery(made)"]))
    shown.get_by_role("searchbox").fill("LAKE 3")
    expect(shown.get_by_role("status")).to_have_text("1 of 24 pictures")
    shown.get_by_role("searchbox").fill("<img")
    expect(shown.get_by_role("status")).to_have_text("8 of 24 pictures")
    shown.get_by_label("Order").select_option("Seed")
    expect(shown.get_by_role("gridcell").first).to_contain_text("seed 0")
    shown.get_by_role("button", name="Starred").click()
    expect(shown).to_contain_text(re.compile("No picture"))


def test_the_file_keeps_a_plain_picture_and_a_live_gallery_comes_back_with_its_kernel(
    jupyter: str, page: Page, notebook: MakeNotebook, work: Path, browser: Browser, shots: Path
) -> None:
    name = notebook("gallery_kept.ipynb", [MAKE, "Gallery(made)"])
    shown = gallery(page, jupyter, name)
    sheet_is_made(page, 1)
    expect(shown).to_be_visible()
    save(page)
    (kept,) = saved_outputs(work / name, 1)
    assert sorted(kept["data"]) == ["image/jpeg", "text/plain"]
    assert "a lighthouse at dusk" in "".join(kept["data"]["text/plain"])
    assert 20_000 < len(json.dumps(kept)) < 200_000
    page.reload()
    ready(page)
    expect(cell(page, 1).locator(".ig-gallery-cell__image").first).to_be_visible()
    expect(cell(page, 1).locator(".jp-RenderedImage img")).to_be_hidden()
    shut_down_kernel(page)
    for reader in (page, browser.new_context().new_page()):
        open_notebook(reader, jupyter, name)
        expect(cell(reader, 1).locator(".jp-RenderedImage img")).to_be_visible()
        assert "Error displaying widget" not in output(reader, 1)
        reader.screenshot(path=shots / "gallery_kept.png")
    reader.context.close()
    html = subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "html", "--stdout", str(work / name)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert len(re.findall(r'<img[^>]+src="data:image/jpeg;base64', html)) == 1


@pytest.mark.parametrize("theme", ["", "JupyterLab Dark"])
def test_nothing_for_axe_to_find(theme: str, jupyter: str, page: Page, notebook: MakeNotebook, shots: Path) -> None:
    name = notebook(f"gallery_axe_{len(theme)}.ipynb", [MAKE, "Gallery(made, captions=['prompt', 'seed', 'size'])"])
    shown = gallery(page, jupyter, name, theme=theme)
    assert violations(page, ".ig-gallery") == []
    page.screenshot(path=shots / f"gallery_{'dark' if theme else 'light'}.png")
    shown.get_by_role("searchbox").fill("lighthouse")
    expect(shown.get_by_role("status")).to_have_text("8 of 24 pictures")
    assert violations(page, ".ig-gallery") == []
    shown.get_by_role("gridcell").first.dblclick()
    expect(shown.get_by_role("dialog")).to_be_visible()
    assert violations(page, ".ig-gallery-viewer") == []


def works_here(page: Page, shot: Path) -> None:
    """The main path: pictures, search, a selection, a star, and one picture enlarged."""
    shown = page.locator(".ig-gallery")
    cells = shown.get_by_role("gridcell")
    expect(cells.first.locator("img")).to_have_js_property("naturalWidth", 128, timeout=180_000)
    expect(shown.get_by_role("status")).to_have_text("24 pictures")
    shown.get_by_role("searchbox").fill("lake")
    expect(shown.get_by_role("status")).to_have_text("8 of 24 pictures")
    cells.nth(1).click()
    expect(shown.get_by_role("status")).to_have_text("8 of 24 pictures, 1 selected")
    page.keyboard.press("s")
    expect(cells.nth(1).get_by_role("button", name="Star")).to_have_attribute("aria-pressed", "true")
    page.screenshot(path=shot)
    page.keyboard.press("Enter")
    expect(shown.get_by_role("dialog")).to_contain_text("2 of 8")
    expect(shown.get_by_role("dialog").locator("img")).to_have_js_property("complete", value=True)
    page.keyboard.press("Escape")
    expect(shown.get_by_role("dialog")).to_have_count(0)


def test_it_works_in_marimo(page: Page, tmp_path: Path, shots: Path) -> None:
    with marimo(tmp_path, f"{MAKE}\nshown = Gallery(made)") as url:
        page.goto(url)
        works_here(page, shots / "gallery_marimo.png")


def test_it_works_in_voila(page: Page, tmp_path: Path, notebook: MakeNotebook, work: Path, shots: Path) -> None:
    name = notebook("gallery_voila.ipynb", [MAKE, "Gallery(made)"])
    with voila(tmp_path, work / name) as url:
        page.goto(url)
        works_here(page, shots / "gallery_voila.png")
