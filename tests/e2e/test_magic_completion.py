"""Completion of the magic as JupyterLab shows it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import MakeNotebook
from .lab import cell, open_notebook, run

TYPED = [
    ("%%imagegen local/c", "", "%%imagegen local/cutout"),
    ("%%imagegen local/sketch --guidance-sc", "", "%%imagegen local/sketch --guidance-scale"),
    ("%%imagegen local/sketch --style wat", "", "%%imagegen local/sketch --style watercolor"),
    ("%%imagegen local/sketch --s", "--strength", "%%imagegen local/sketch --strength"),
    ("%%imagegen\na {anim", "", "%%imagegena {animal"),
    ("%imagegen info local/s", "", "%imagegen info local/sketch"),
]


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_tab_completes_options_models_values_and_names(
    app: str, jupyter: str, page: Page, notebook: MakeNotebook
) -> None:
    name = notebook(f"completion_{app}.ipynb", ["%load_ext ipyimagegen\nanimal = 'fox'", *[""] * len(TYPED)])
    open_notebook(page, jupyter, name, app)
    run(page, 0)
    for index, (typed, chosen, expected) in enumerate(TYPED, start=1):
        editor = cell(page, index).locator(".cm-content")
        editor.click()
        page.keyboard.insert_text(typed)
        page.keyboard.press("Tab")
        if chosen:
            page.locator(".jp-Completer-item", has_text=re.compile(f"^{chosen}")).click()
        expect(editor).to_have_text(re.compile(re.escape(expected) + r"\}?$"))
