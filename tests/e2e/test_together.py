"""Widgets beside each other: what one brings along does not restyle another."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from .conftest import MakeNotebook
from .lab import open_notebook, run

MADE = """\
import ipyimagegen as ig
%load_ext ipyimagegen
made = ig.run('local/sketch', prompt='a boat', n=2, width=256, height=256, quiet=True)"""
LOOKS = """root => {
    const at = root.getBoundingClientRect();
    return [...root.querySelectorAll('*')].map(one => {
        const box = one.getBoundingClientRect(), style = getComputedStyle(one);
        const place = [box.x - at.x, box.y - at.y, box.width, box.height].map(Math.round);
        return [one.tagName, one.getAttribute('class'), ...place, style.color, style.font, style.padding].join(' ');
    });
}"""


def test_a_widget_looks_the_same_whatever_is_shown_after_it(jupyter: str, page: Page, notebook: MakeNotebook) -> None:
    shows = {
        ".ig-studio-root": ("ig.Studio(prompt='a boat', width=256, height=256)", ".ig-tile img"),
        ".ig-gallery-root": ("ig.Gallery(made)", ".ig-gallery-cell img"),
        ".ig-compare-root": ("ig.Compare(*made.images)", ".ig-compare-layer"),
    }
    codes = [code for code, _ in shows.values()]
    call = "%%imagegen --bg -o job --step_delay_s 0.5 --num_inference_steps 40\na castle"
    page.set_viewport_size({"width": 1280, "height": 4000})  # all of it in view: JupyterLab lets go of what is not
    open_notebook(page, jupyter, notebook("together.ipynb", [MADE, *codes, call, "job.cancel()"]))
    run(page, 0)
    shown, looks = {}, {}
    for index, (root, (_, pictures)) in enumerate(shows.items(), start=1):
        shown[root] = run(page, index).locator(root)
        if root == ".ig-studio-root":
            shown[root].get_by_role("button", name="Run", exact=True).click()
            expect(shown[root].locator(".ig-place__look img")).to_be_visible()
        expect(shown[root].locator(pictures)).to_have_count(1 if root == ".ig-studio-root" else 2)
        looks[root] = look(page, shown[root])
    expect(run(page, 4).locator(".ig-call")).to_be_visible()
    for root, before in looks.items():
        assert look(page, shown[root]) == before, root
    run(page, 5)


def look(page: Page, shown: Locator) -> list[str]:
    """How a widget looks once it stands still, its pictures among it."""
    before: list[str] = []
    while (now := shown.evaluate(LOOKS)) != before:
        before = now
        page.wait_for_timeout(300)
    return before
