"""The Studio in a real JupyterLab and Notebook 7: everything that a person does there, verb by verb."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from .conftest import MakeNotebook
from .lab import open_notebook, run

LOAD = "from ipyimagegen.notebook.widgets.studio import Studio\nimport ipyimagegen as ig"
SMALL = "width=128, height=128, num_inference_steps=4"


def test_a_picture_by_prompt_and_run(jupyter: str, page: Page, notebook: MakeNotebook, shots: Path) -> None:
    name = notebook("studio.ipynb", [LOAD, f"s = Studio('local/sketch', {SMALL})\ns", "print(s)"])
    open_notebook(page, jupyter, name)
    run(page, 0)
    studio = run(page, 1).locator(".ig-studio")
    expect(studio).to_be_visible()
    page.screenshot(path=shots / "studio_empty.png")
    studio.get_by_label("Prompt", exact=False).first.fill("a lighthouse at dusk")
    studio.get_by_role("button", name="Run", exact=True).click()
    expect(studio.locator(".ig-place__picture img")).to_be_visible()
    expect(studio.locator(".ig-tile")).to_have_count(1)
    page.screenshot(path=shots / "studio_done.png")
    expect(run(page, 2).locator(".jp-OutputArea")).to_contain_text("1 picture")
