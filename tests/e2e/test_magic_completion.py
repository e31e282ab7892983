"""Completion of the magic as JupyterLab shows it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import MakeNotebook
from .lab import cell, open_notebook, run

TYPED = [
    ("%%imagegen local/c", "local/cutout", "%%imagegen local/cutout"),
    ("%%imagegen local/sketch --s", "--strength", "%%imagegen local/sketch --strength"),
    ("%%imagegen --style wat", "watercolor", "%%imagegen --style watercolor"),
    ("%%imagegen\na {anim", "animal", "%%imagegena {animal"),
    ("%imagegen info local/s", "local/sketch", "%imagegen info local/sketch"),
]
"""What is typed, what is chosen from the list, and the cell's text after that (without its line breaks)."""


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_tab_offers_options_models_values_and_names(
    app: str, jupyter: str, page: Page, notebook: MakeNotebook, shots: Path
) -> None:
    name = notebook(f"completion_{app}.ipynb", ["%load_ext ipyimagegen\nanimal = 'fox'", *[""] * len(TYPED)])
    open_notebook(page, jupyter, name, app)
    run(page, 0)
    for index, (typed, chosen, expected) in enumerate(TYPED, start=1):
        editor = cell(page, index).locator(".cm-content")
        editor.click()
        page.keyboard.insert_text(typed)
        page.keyboard.press("Tab")
        offered = page.locator(".jp-Completer-item:visible", has_text=chosen).first
        expect(offered).to_be_visible()
        page.screenshot(path=shots / f"completion_{app}_{index}.png")
        offered.click()
        expect(editor).to_have_text(expected)
