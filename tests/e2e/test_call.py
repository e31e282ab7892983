"""A call in a notebook: live while it runs, plain pictures afterwards."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import MakeNotebook
from .lab import (
    cell,
    interrupt,
    open_notebook,
    output,
    ready,
    restart_kernel,
    run,
    save,
    saved_outputs,
    shut_down_kernel,
)

APPS = pytest.mark.parametrize("app", ["lab", "notebook"])
LOAD = "import ipyimagegen as ig\n%load_ext ipyimagegen"
SLOW = "--step_delay_s 0.25 --num_inference_steps 40 --width 256 --height 256"
LONG = "--step_delay_s 0.5 --num_inference_steps 140 --width 256 --height 256"
"""For calls that end by themselves, after 10 s, and for those that never come to it."""
FOREVER = "prompt='a boat', step_delay_s=0.5, num_inference_steps=140, width=256, height=256"
STEP = re.compile(r"step \d+ of \d+")


def test_the_pictures_of_the_file_are_the_plain_ones(
    jupyter: str, page: Page, notebook: MakeNotebook, work: Path, browser: Browser, shots: Path
) -> None:
    name = notebook("plain.ipynb", [LOAD, "%%imagegen --seed 7 -n 2\na lighthouse at dusk, <b>calm</b> sea"])
    open_notebook(page, jupyter, name)
    run(page, 0)
    done = run(page, 1)
    expect(done.locator(".jp-RenderedImage img")).to_have_count(2)
    expect(done.locator(".ig-call")).to_have_count(0)
    page.screenshot(path=shots / "finished.png")
    save(page)
    outputs = saved_outputs(work / name, 1)
    kinds = [sorted(entry["data"]) for entry in outputs]
    assert kinds == [["image/jpeg", "text/plain"], ["image/jpeg", "text/plain"], ["text/plain"]]
    assert [entry["metadata"]["ipyimagegen"]["seed"] for entry in outputs[:2]] == [7, 8]
    assert "a lighthouse at dusk, <b>calm</b> sea" in outputs[0]["data"]["text/plain"]
    shut_down_kernel(page)
    reader = browser.new_context().new_page()
    open_notebook(reader, jupyter, name)
    expect(cell(reader, 1).locator(".jp-RenderedImage img")).to_have_count(2)
    assert "Error displaying widget" not in output(reader, 1)
    reader.context.close()
    html = subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "html", "--stdout", str(work / name)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert len(re.findall(r'<img[^>]+src="data:image/jpeg;base64', html)) == 2
    assert "calm" in html
    assert "<b>calm</b>" not in html


@APPS
def test_progress_moves_and_previews_change_while_the_cell_runs(
    app: str, jupyter: str, page: Page, notebook: MakeNotebook, shots: Path
) -> None:
    name = notebook(f"live_{app}.ipynb", [LOAD, f"%%imagegen {SLOW}\na mountain lake at noon"])
    open_notebook(page, jupyter, name, app)
    run(page, 0)
    running = run(page, 1, wait=False)
    bar = running.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuetext", STEP)
    picture = running.locator(".ig-call img")
    expect(picture).to_be_visible()
    first, percent = picture.get_attribute("src"), float(bar.get_attribute("aria-valuenow") or 0)
    page.wait_for_function("first => document.querySelector('.ig-call img')?.getAttribute('src') !== first", arg=first)
    expect(bar).not_to_have_attribute("aria-valuenow", str(percent))
    page.screenshot(path=shots / f"running_{app}.png")
    expect(running.locator(".ig-call")).to_have_count(0)
    expect(running.locator(".jp-RenderedImage:visible img")).to_have_count(1)


@APPS
@pytest.mark.parametrize("call", ["magic", "run", "await"])
def test_cancel_ends_a_busy_cell(app: str, call: str, jupyter: str, page: Page, notebook: MakeNotebook) -> None:
    source = {
        "magic": f"%%imagegen {LONG}\na boat",
        "run": f"ig.run('local/sketch', {FOREVER})",
        "await": f"await ig.async_run('local/sketch', {FOREVER})",
    }[call]
    name = notebook(f"cancel_{call}_{app}.ipynb", [LOAD, source])
    open_notebook(page, jupyter, name, app)
    run(page, 0)
    running = run(page, 1, wait=False)
    expect(running.get_by_role("progressbar")).to_have_attribute("aria-valuetext", STEP)
    running.get_by_role("button", name="Cancel").click()
    expect(running.locator(".jp-OutputArea")).to_contain_text("JobCancelled")
    expect(running.locator(".jp-OutputArea")).to_contain_text("local/sketch: cancelled")
    expect(running.locator(".ig-call")).to_have_count(0)


@APPS
@pytest.mark.parametrize(("call", "error"), [("run", "KeyboardInterrupt"), ("await", "CancelledError")])
def test_interrupt_ends_a_busy_cell_and_cancels_the_job(
    app: str, call: str, error: str, jupyter: str, page: Page, notebook: MakeNotebook
) -> None:
    source = {"run": f"ig.run({FOREVER})", "await": f"await ig.async_run({FOREVER})"}[call]
    name = notebook(
        f"interrupt_{call}_{app}.ipynb",
        [LOAD, source, "import time\nwhile not ig.jobs()[-1].done: time.sleep(0.02)\nprint(ig.jobs()[-1].phase)"],
    )
    open_notebook(page, jupyter, name, app)
    run(page, 0)
    running = run(page, 1, wait=False)
    expect(running.get_by_role("progressbar")).to_have_attribute("aria-valuetext", STEP)
    interrupt(page)
    expect(running.locator(".jp-OutputArea")).to_contain_text(error)
    expect(run(page, 2).locator(".jp-OutputArea")).to_contain_text("cancelled")


def test_a_job_in_the_background_leaves_the_kernel_free_and_ends_in_its_own_cell(
    jupyter: str, page: Page, notebook: MakeNotebook
) -> None:
    name = notebook("background.ipynb", [LOAD, f"%%imagegen --bg -o job {SLOW}\na boat", "print('free', job.done)"])
    open_notebook(page, jupyter, name)
    run(page, 0)
    running = run(page, 1)
    expect(run(page, 2).locator(".jp-OutputArea")).to_contain_text("free False")
    expect(running.locator(".ig-call")).to_have_count(0)
    expect(running.locator(".jp-RenderedImage:visible img")).to_have_count(1)
    expect(cell(page, 2).locator("img")).to_have_count(0)


def test_a_page_reload_finds_the_running_job_again(
    jupyter: str, page: Page, notebook: MakeNotebook, work: Path
) -> None:
    name = notebook("reload.ipynb", [LOAD, f"%%imagegen --bg -o job {LONG}\na boat"])
    open_notebook(page, jupyter, name)
    run(page, 0)
    running = run(page, 1)
    expect(running.get_by_role("progressbar")).to_have_attribute("aria-valuetext", STEP)
    save(page)
    assert "Run the cell again." in "".join(saved_outputs(work / name, 1)[0]["data"]["text/plain"])
    page.reload()
    ready(page)
    view = cell(page, 1).locator(".ig-call")
    expect(view.locator("img")).to_be_visible()
    view.get_by_role("button", name="Cancel").click()
    expect(cell(page, 1)).to_contain_text("cancelled")


def test_a_failed_job_stops_run_all_and_says_why(jupyter: str, page: Page, notebook: MakeNotebook, shots: Path) -> None:
    name = notebook("failed.ipynb", [LOAD, "%%imagegen --fail_at_step 3\na boat", "print('not reached')"])
    open_notebook(page, jupyter, name)
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    expect(cell(page, 1).locator(".jp-OutputArea")).to_contain_text("JobFailed")
    page.screenshot(path=shots / "failed.png")
    assert "not reached" not in output(page, 2)


@APPS
def test_a_call_whose_kernel_is_restarted_says_so_and_stands_still(
    app: str, jupyter: str, page: Page, notebook: MakeNotebook, shots: Path
) -> None:
    name = notebook(f"restarted_{app}.ipynb", [LOAD, f"%%imagegen {LONG}\na boat"])
    open_notebook(page, jupyter, name, app)
    run(page, 0)
    running = run(page, 1, wait=False)
    expect(running.get_by_role("progressbar")).to_have_attribute("aria-valuetext", STEP)
    restart_kernel(page)
    expect(running.locator(".ig-gone")).to_have_text("The kernel has gone, or was restarted. Run this cell again.")
    expect(running.get_by_role("button", name="Cancel")).to_have_count(0)
    page.screenshot(path=shots / f"restarted_{app}.png")
