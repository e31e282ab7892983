"""What a notebook file keeps of a call that its cell never saw the end of."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import MakeNotebook
from .lab import cell, open_notebook, output, ready, restart_kernel, run, save, saved_outputs

LOAD = "import ipyimagegen as ig\n%load_ext ipyimagegen"
LONG = "--step_delay_s 0.3 --num_inference_steps 140 --width 256 --height 256"
SMALL = "--width 128 --height 128"
CARD = ["local/sketch", "This call was at work when the notebook was saved.", "Run the cell again."]
APPS = pytest.mark.parametrize("app", ["lab", "notebook"])


@APPS
def test_a_notebook_saved_after_a_restart_in_mid_run_can_be_read(
    app: str, jupyter: str, page: Page, notebook: MakeNotebook, work: Path, browser: Browser, shots: Path
) -> None:
    name = notebook(f"kept_{app}.ipynb", [LOAD, f"%%imagegen {LONG}\na boat"])
    open_notebook(page, jupyter, name, app)
    run(page, 0)
    running = run(page, 1, wait=False)
    expect(running.locator(".ig-stage img")).to_be_visible()  # the page's own way to the busy kernel is open
    restart_kernel(page)
    expect(running.locator(".ig-gone")).to_be_visible()
    save(page)
    (kept,) = saved_outputs(work / name, 1)
    assert set(kept["data"]) == {"image/jpeg", "text/plain"}
    assert "".join(kept["data"]["text/plain"]).splitlines() == CARD
    reader = browser.new_context().new_page()
    open_notebook(reader, jupyter, name, app)
    expect(cell(reader, 1).locator(".jp-RenderedImage img")).to_be_visible()
    assert "model not found" not in output(reader, 1)
    reader.screenshot(path=shots / f"kept_{app}.png")
    reader.context.close()


@pytest.mark.parametrize(
    ("app", "way", "made"),
    [("lab", "--width 512 --height 512", ["image/jpeg"]), ("notebook", f"--bg -n 2 {SMALL}", ["image/png"] * 2)],
)
def test_a_call_that_ends_after_a_reload_leaves_its_plain_pictures(
    app: str, way: str, made: list[str], jupyter: str, page: Page, notebook: MakeNotebook, work: Path
) -> None:
    name = notebook(
        f"ended_{app}.ipynb", [LOAD, f"%%imagegen {way} --step_delay_s 0.3 --num_inference_steps 40\na boat"]
    )
    open_notebook(page, jupyter, name, app)
    run(page, 0)
    expect(run(page, 1, wait=False).locator(".ig-call")).to_be_visible()
    save(page)
    page.reload()
    ready(page)
    ended = cell(page, 1)
    if "--bg" in way:  # a kernel that is busy with the cell tells a new page of no widget before its end
        expect(ended.locator(".ig-call")).to_be_visible()
    expect(ended.get_by_text("· free")).to_be_visible(timeout=90_000)  # the call itself takes 18 s and more
    expect(ended.locator(".ig-call")).to_have_count(0)
    expect(ended.locator(".jp-RenderedImage:visible img")).to_have_count(len(made))
    save(page)
    kinds = [sorted(entry["data"]) for entry in saved_outputs(work / name, 1)]
    assert kinds == [*([kind, "text/plain"] for kind in made), ["text/plain"]]
