"""A comparison in a notebook."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import MakeNotebook
from .hosts import marimo, voila
from .lab import cell, open_notebook, output, run, save, saved_outputs, shut_down_kernel
from .test_gallery import APPS, sheet_is_made, violations

MAKE = """
import ipyimagegen as ig
from ipyimagegen.notebook.widgets.compare.widget import Compare
client, small = ig.default_client(), {"width": 256, "height": 160, "seed": 7}
prompts = [f"a boat at {word}, <b>calm</b> sea" for word in ("dawn", "noon", "dusk")]
made = [client.run("local/sketch", prompt=one, num_inference_steps=2 + n, **small) for n, one in enumerate(prompts)]
"""


def comparison(page: Page, jupyter: str, name: str, app: str = "lab", theme: str = "") -> Locator:
    open_notebook(page, jupyter, name, app, theme=theme)
    run(page, 0)
    shown = run(page, 1).locator(".ig-compare")
    expect(shown.locator(".ig-compare-layer").first).to_be_visible()
    expect(shown.locator(".ig-compare-layer__blank")).to_have_count(0)
    return shown


@APPS
def test_two_pictures_lie_under_a_slider_that_follows_pointer_and_keys(
    app: str, jupyter: str, page: Page, notebook: MakeNotebook, shots: Path
) -> None:
    shown = comparison(page, jupyter, notebook(f"compare_{app}.ipynb", [MAKE, "Compare(made[0], made[1])"]), app)
    handle = shown.get_by_role("slider")
    box = shown.locator(".ig-compare-slider").bounding_box()
    grip = handle.bounding_box()
    assert box is not None
    assert grip is not None
    page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] - 40, steps=4)
    page.mouse.up()
    expect(handle).to_have_attribute("aria-valuenow", "25")
    handle.press("ArrowRight")
    expect(handle).to_have_attribute("aria-valuenow", "27")
    page.mouse.click(box["x"] + box["width"] * 0.6, box["y"] + 20)
    expect(handle).to_have_attribute("aria-valuenow", "60")
    expect(handle).to_be_focused()
    page.screenshot(path=shots / f"compare_{app}.png")
    page.keyboard.press("ArrowLeft")
    expect(handle).to_have_attribute("aria-valuenow", "58")
    page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 90, steps=4)
    page.mouse.up()
    expect(handle).to_have_attribute("aria-valuenow", "80")
    shown.locator(".ig-compare__stage").press("+")
    pictures = shown.locator(".ig-compare-slider img")
    before = pictures.first.evaluate("image => image.style.transform")
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 20, steps=4)
    page.mouse.up()  # what is zoomed is shifted by a drag, and the divider stays
    expect(pictures.first).not_to_have_attribute("style", re.compile(re.escape(before)))
    expect(handle).to_have_attribute("aria-valuenow", "80")
    page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + 20)
    expect(handle).to_have_attribute("aria-valuenow", "30")
    shown.get_by_role("button", name="Difference").click()
    expect(shown.get_by_role("status")).to_contain_text("% of the pixels differ")
    expect(shown.locator("ins")).to_have_text("noon")
    expect(shown.locator("del")).to_have_text("dawn")
    assert shown.locator("b").count() == 0
    expect(shown.get_by_role("row", name="num_inference_steps")).to_contain_text("23")


def test_zoom_is_linked_and_brings_every_pixel(jupyter: str, page: Page, notebook: MakeNotebook, shots: Path) -> None:
    shown = comparison(page, jupyter, notebook("compare_side.ipynb", [MAKE, "Compare(*made)"]))
    stage = shown.locator(".ig-compare__stage")
    stage.press("+")
    stage.press("+")
    stage.press("ArrowLeft")
    transforms = shown.locator(".ig-compare-layer").evaluate_all("all => all.map(one => one.style.transform)")
    assert len(transforms) == 3
    assert len(set(transforms)) == 1
    assert "scale(2.25" in transforms[0]
    stage.press("0")
    shown.get_by_role("button", name="Loupe").click()
    shown.locator(".ig-compare-pane").nth(1).hover()
    expect(shown.locator(".ig-compare-loupe")).to_have_count(3)
    page.screenshot(path=shots / "compare_loupe.png")


def test_the_file_keeps_the_pictures_side_by_side_and_the_differences_as_text(
    jupyter: str, page: Page, notebook: MakeNotebook, work: Path, shots: Path
) -> None:
    name = notebook("compare_kept.ipynb", [MAKE, "Compare(made[0], made[1])"])
    comparison(page, jupyter, name)
    sheet_is_made(page, 1)
    save(page)
    (kept,) = saved_outputs(work / name, 1)
    assert sorted(kept["data"]) == ["image/jpeg", "text/plain"]
    assert "[-dawn-]{+noon+}" in "".join(kept["data"]["text/plain"])
    assert len(json.dumps(kept)) < 200_000
    shut_down_kernel(page)
    open_notebook(page, jupyter, name)
    expect(cell(page, 1).locator(".jp-RenderedImage img")).to_be_visible()
    assert "Error displaying widget" not in output(page, 1)
    page.screenshot(path=shots / "compare_kept.png")


@pytest.mark.parametrize("theme", ["", "JupyterLab Dark"])
def test_nothing_for_axe_to_find_in_any_way_of_comparing(
    theme: str, jupyter: str, page: Page, notebook: MakeNotebook, shots: Path
) -> None:
    shown = comparison(
        page, jupyter, notebook(f"compare_axe_{len(theme)}.ipynb", [MAKE, "Compare(*made)"]), theme=theme
    )
    for way in ("Side by side", "Slider", "Flicker", "Difference"):
        shown.get_by_role("button", name=way).click()
        assert violations(page, ".ig-compare") == []
        page.screenshot(path=shots / f"compare_{way.lower().replace(' ', '_')}_{'dark' if theme else 'light'}.png")


def works_here(page: Page, shot: Path) -> None:
    """The main path: both pictures under the slider, then how they differ."""
    shown = page.locator(".ig-compare")
    pictures = shown.locator(".ig-compare-slider img")
    expect(pictures).to_have_count(2, timeout=180_000)
    for at in range(2):
        expect(pictures.nth(at)).to_have_js_property("naturalWidth", 256)
    box = shown.locator(".ig-compare-slider").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + 20)
    expect(shown.get_by_role("slider")).to_have_attribute("aria-valuenow", "25")
    page.keyboard.press("ArrowRight")
    expect(shown.get_by_role("slider")).to_have_attribute("aria-valuenow", "27")
    page.screenshot(path=shot)
    shown.get_by_role("button", name="Difference").click()
    expect(shown.get_by_role("status")).to_contain_text("% of the pixels differ")
    expect(shown.locator("ins")).to_have_text("noon")


def test_it_works_in_marimo(page: Page, tmp_path: Path, shots: Path) -> None:
    with marimo(tmp_path, f"{MAKE}\nshown = Compare(*made[:2])") as url:
        page.goto(url)
        works_here(page, shots / "compare_marimo.png")


def test_it_works_in_voila(page: Page, tmp_path: Path, notebook: MakeNotebook, work: Path, shots: Path) -> None:
    name = notebook("compare_voila.ipynb", [MAKE, "Compare(*made[:2])"])
    with voila(tmp_path, work / name) as url:
        page.goto(url)
        works_here(page, shots / "compare_voila.png")
