"""The Studio in a real JupyterLab and Notebook 7: everything that a person does there, verb by verb."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from .conftest import MakeNotebook
from .hosts import marimo, voila
from .lab import at_rest, cell, has_way_around, open_notebook, output, ready, run, save, saved_outputs, shut_down_kernel

LOAD = "import json, ipyimagegen as ig\nfrom ipyimagegen.notebook.widgets.studio.widget import Studio"
SMALL = "width=128, height=128, num_inference_steps=3"
SLOW = "width=128, height=128, num_inference_steps=140, step_delay_s=0.5"
"""Never comes to its end."""
Open = Callable[..., Locator]
THEMES = pytest.mark.parametrize(("theme", "shot"), [("JupyterLab Light", "light"), ("JupyterLab Dark", "dark")])
AXE = Path(__file__).parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture
def studio(jupyter: str, page: Page, notebook: MakeNotebook) -> Open:
    """Opens a notebook with a Studio in its second cell, and cells to look at it from Python."""

    def begin(name: str, made: str, *cells: str, app: str = "lab", theme: str = "") -> Locator:
        file = notebook(f"{name}.ipynb", [LOAD, f"s = Studio({made})\ns", *cells])
        open_notebook(page, jupyter, file, app, theme=theme)
        run(page, 0)
        shown = run(page, 1).locator(".ig-studio")
        expect(shown).to_be_visible()
        return shown

    return begin


def prompt(studio: Locator) -> Locator:
    return studio.locator("[data-param=prompt] textarea")


def press_run(studio: Locator) -> None:
    studio.get_by_role("button", name="Run", exact=True).or_(
        studio.get_by_role("button", name="Run again", exact=True)
    ).click()


def picture(studio: Locator) -> Locator:
    return studio.locator(".ig-place__look img")


def verb(studio: Locator, name: str) -> Locator:
    return studio.get_by_role("toolbar").get_by_role("button", name=name, exact=True)


def ask(page: Page, index: int) -> Any:
    """What a cell prints, as JSON."""
    told = run(page, index).locator(".jp-OutputArea-output").last
    expect(told).to_be_visible()
    return json.loads(told.inner_text())


def give_width(studio: Locator, width_px: int) -> None:
    """As if the output were so wide, whatever the host makes of it."""
    root = studio.locator("..")
    root.evaluate("(el, width) => { el.style.cssText = `flex: none; width: ${width}px`; }", width_px)
    expect(root).to_have_js_property("offsetWidth", width_px)


def tells(page: Page, index: int, expected: Any) -> None:
    """That a cell comes to print `expected`: what a page sends goes another way than what its cells do."""
    for _ in range(80):
        said = ask(page, index)
        if said == expected:
            return
        page.wait_for_timeout(250)
    assert said == expected


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_prompt_run_preview_picture(app: str, studio: Open, page: Page, shots: Path) -> None:
    made = "'local/sketch', width=256, height=256, num_inference_steps=24, step_delay_s=0.25"
    tell = "print(json.dumps([s.params['prompt'], len(s.results), s.results[0].prompt, repr(s)]))"
    shown = studio(f"first_{app}", made, tell, app=app)
    page.screenshot(path=shots / f"studio_empty_{app}.png")
    prompt(shown).fill("a lighthouse at dusk")
    prompt(shown).press("Control+Enter")
    expect(shown.get_by_role("progressbar")).to_have_attribute("aria-valuetext", re.compile(r"step \d+ of 24"))
    expect(shown.locator(".ig-stage img")).to_be_visible()
    page.screenshot(path=shots / f"studio_running_{app}.png")
    expect(picture(shown)).to_be_visible()
    expect(shown.locator(".ig-tile")).to_have_count(1)
    expect(shown.locator(".ig-facts__line")).to_contain_text(re.compile(r"seed \d+ · 256×256 · .* · ran .* · free"))
    page.screenshot(path=shots / f"studio_done_{app}.png")
    said = ask(page, 2)
    assert said[:3] == ["a lighthouse at dusk", 1, "a lighthouse at dusk"]
    assert said[3].startswith("<Studio local/sketch: prompt='a lighthouse at dusk', width=256")


def test_the_kernel_judges_each_value_at_its_control(studio: Open, page: Page, shots: Path) -> None:
    shown = studio("invalid", f"'local/sketch', {SMALL}", "print(json.dumps([s.params, s.problems]))")
    guidance = shown.locator("[data-param=guidance_scale]")
    guidance.locator("input[type=text]").fill("200")
    expect(guidance.locator(".ig-field__problem")).to_have_text("200 is outside 0 to 20")
    expect(guidance.locator("input[type=text]")).to_have_attribute("aria-invalid", "true")
    press_run(shown)
    expect(guidance.locator("input[type=text]")).to_be_focused()
    expect(shown.get_by_role("alert").filter(has_text="Not sent")).to_contain_text("guidance_scale")
    page.screenshot(path=shots / "studio_invalid.png")
    expect(shown.locator(".ig-tile")).to_have_count(0)
    assert ask(page, 2)[1] == {"guidance_scale": "200 is outside 0 to 20"}
    guidance.get_by_role("button", name="Reset Guidance").click()
    expect(guidance.locator("input[type=text]")).to_have_value("7.5")
    expect(guidance.locator(".ig-field__problem")).to_have_count(0)


def test_python_moves_the_controls_and_hears_them(studio: Open, page: Page) -> None:
    heard = "seen = []\ns.observe(lambda change: seen.append(change.new.get('num_inference_steps')), 'params')"
    set_it = "s.params['num_inference_steps'] = 11\ns.params = {**s.params, 'prompt': 'a fox'}\ns.n = 3"
    shown = studio(
        "python", f"'local/sketch', {SMALL}", heard, set_it, "print(json.dumps([seen[-1], s.params['prompt']]))"
    )
    run(page, 2)
    run(page, 3)
    expect(shown.locator("[data-param=num_inference_steps] input[type=text]")).to_have_value("11")
    expect(prompt(shown)).to_have_value("a fox")
    expect(shown.locator(".ig-count__n")).to_have_text("× 3")
    slider = shown.locator("[data-param=num_inference_steps] input[type=range]")
    slider.focus()
    slider.press("ArrowRight")
    prompt(shown).fill("a fox\nin snow")
    tells(page, 4, [12, "a fox\nin snow"])


def test_everything_is_reset_at_once_and_brought_back(studio: Open, page: Page, shots: Path) -> None:
    made = "'local/sketch', prompt='a fox', negative_prompt='trees', width=256, style='oil'"
    shown = studio("reset", made, "print(json.dumps(s.params))", "s.reset()")
    give_width(shown, 320)
    style = shown.locator("[data-param=style] option:checked")
    shown.get_by_role("button", name="Reset all").press("Enter")
    expect(style).to_have_text("auto")
    undo = shown.get_by_role("button", name="Undo reset")
    expect(undo).to_be_focused()
    expect(shown.get_by_role("button", name="Reset all")).to_have_count(0)
    page.screenshot(path=shots / "studio_reset.png")
    tells(page, 2, {"prompt": "a fox"})
    undo.press("Enter")
    expect(style).to_have_text("oil")
    tells(page, 2, {"prompt": "a fox", "negative_prompt": "trees", "width": 256, "style": "oil"})
    run(page, 3)
    expect(style).to_have_text("auto")


def test_switching_models_keeps_what_both_have_and_says_what_it_dropped(studio: Open, page: Page, shots: Path) -> None:
    shown = studio(
        "switch", "'local/sketch', prompt='a fox', width=256, style='oil'", "print(json.dumps([s.model, s.params]))"
    )
    shown.get_by_role("button", name=re.compile("^Model: .*local.sketch")).click()
    search = shown.get_by_role("combobox", name="Search models")
    expect(search).to_be_focused()
    page.screenshot(path=shots / "studio_models.png")
    search.fill("flux dev")
    expect(shown.locator(".ig-models__row").first).to_contain_text("openpixels/flux-dev")
    search.press("Enter")
    expect(shown.locator(".ig-studio__notice")).to_contain_text("style")
    expect(prompt(shown)).to_have_value("a fox")
    expect(shown.locator("[data-param=style]")).to_have_count(0)
    expect(shown.locator(".ig-run__cost")).to_contain_text("cost unknown")
    tells(page, 2, ["openpixels/flux-dev", {"prompt": "a fox", "width": 256}])
    shown.get_by_role("button", name=re.compile("^Model: .*openpixels")).click()
    shown.get_by_role("combobox", name="Search models").fill("sketch")
    shown.get_by_role("combobox", name="Search models").press("Enter")
    expect(shown.locator("[data-param=style] select")).to_be_visible()
    tells(page, 2, ["local/sketch", {"prompt": "a fox", "width": 256, "style": "oil"}])


def test_run_again_makes_a_queue_and_cancel_ends_it(studio: Open, page: Page, shots: Path) -> None:
    shown = studio(
        "queue", f"'local/sketch', prompt='a boat', {SLOW}", "print(json.dumps([j.phase for j in ig.jobs()]))"
    )
    press_run(shown)
    expect(shown.get_by_role("progressbar")).to_have_attribute("aria-valuetext", re.compile(r"step \d+"))
    shown.get_by_role("button", name="One picture more").click()
    expect(shown.locator(".ig-count__n")).to_have_text("× 2")
    press_run(shown)
    expect(shown.locator(".ig-tile")).to_have_count(3)
    page.screenshot(path=shots / "studio_queue.png")
    shown.locator(".ig-tile").first.click()
    expect(shown.locator(".ig-place__job")).to_have_count(2)
    shown.get_by_role("button", name="Cancel all 3").click()
    expect(shown.get_by_text("cancelled").first).to_be_visible()
    tells(page, 2, ["cancelled"] * 3)
    shown.get_by_role("button", name="Dismiss").click()
    expect(shown.locator(".ig-tile")).to_have_count(1)


def test_a_failure_says_why_and_the_next_run_works(studio: Open, page: Page, shots: Path) -> None:
    shown = studio("failed", f"'local/sketch', prompt='a boat', fail_at_step=2, {SMALL}")
    press_run(shown)
    expect(shown.locator(".ig-stage__error")).to_contain_text("step 2")
    page.screenshot(path=shots / "studio_failed.png")
    shown.locator("summary", has_text="Advanced").click()
    shown.get_by_role("button", name="Reset Fail at step").click()
    press_run(shown)
    expect(picture(shown)).to_be_visible()
    expect(shown.locator(".ig-tile")).to_have_count(1)


def test_n_pictures_stand_side_by_side_and_then_in_the_strip(studio: Open, page: Page, shots: Path) -> None:
    shown = studio(
        "several",
        "'local/sketch', n=4, prompt='a forest', width=192, height=128, num_inference_steps=12, step_delay_s=0.6",
        "print(json.dumps([len(s.results), len(s.results[0]), s.results[0].seeds]))",
    )
    press_run(shown)
    expect(shown.locator(".ig-place__job")).to_have_count(4)
    expect(shown.locator(".ig-place__job img")).to_have_count(4)
    page.screenshot(path=shots / "studio_four.png")
    expect(picture(shown)).to_be_visible()
    expect(shown.locator(".ig-tile")).to_have_count(4)
    results, count, seeds = ask(page, 2)
    assert (results, count) == (1, 4)
    assert seeds == list(range(seeds[0], seeds[0] + 4))


def test_seed_random_fixed_and_reuse_last(studio: Open, page: Page) -> None:
    shown = studio(
        "seed",
        f"'local/sketch', prompt='a boat', {SMALL}",
        "print(json.dumps([s.params.get('seed'), s.results[-1].seed]))",
    )
    press_run(shown)
    expect(picture(shown)).to_be_visible()
    shown.get_by_role("button", name="Reuse last").click()
    expect(shown.get_by_role("textbox", name="Seed value")).not_to_have_value("")
    last = ask(page, 2)[1]
    tells(page, 2, [last, last])
    shown.get_by_role("textbox", name="Seed value").fill("7")
    press_run(shown)
    expect(shown.locator(".ig-facts__line")).to_contain_text("seed 7")
    shown.get_by_role("button", name="Random", exact=True).click()
    expect(shown.get_by_role("textbox", name="Seed value")).to_have_value("")
    tells(page, 2, [None, 7])


def test_sizes_have_presets_a_swap_and_a_lock(studio: Open, page: Page) -> None:
    shown = studio("sizes", "'local/sketch', prompt='a boat'", "print(json.dumps(s.params))")
    shown.get_by_role("combobox", name="Proportions").select_option(label="16:9 – 680×384")
    expect(shown.get_by_role("textbox", name="Width")).to_have_value("680")
    shown.get_by_role("button", name="Swap width and height").click()
    expect(shown.get_by_role("textbox", name="Height")).to_have_value("680")
    shown.get_by_role("button", name="Swap width and height").click()
    shown.get_by_role("combobox", name="Proportions").select_option(label="1:1 – 512×512")
    shown.get_by_role("button", name="Lock proportions").click()
    shown.get_by_role("textbox", name="Width").fill("256")
    expect(shown.get_by_role("textbox", name="Height")).to_have_value("256")
    shown.get_by_role("textbox", name="Width").fill("250")
    expect(shown.locator("[data-param=width] .ig-field__note")).to_contain_text("sent as 248")
    tells(page, 2, {"prompt": "a boat", "width": 250, "height": 248})


def test_the_prompts_history(studio: Open, page: Page) -> None:
    shown = studio("history", f"'local/sketch', {SMALL}")
    for text in ("one boat", "two boats"):
        prompt(shown).fill(text)
        press_run(shown)
        expect(shown.locator(".ig-tile").first).to_have_attribute("aria-label", re.compile(text))
    prompt(shown).fill("a draft")
    expect(shown.locator(".ig-meter")).to_have_count(0)
    for text in ("two boats", "one boat"):
        prompt(shown).press("Alt+ArrowUp")
        expect(prompt(shown)).to_have_value(text)
    prompt(shown).press("Alt+ArrowDown")
    prompt(shown).press("Alt+ArrowDown")
    expect(prompt(shown)).to_have_value("a draft")


def test_what_can_be_done_with_a_picture(studio: Open, page: Page, shots: Path) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown = studio("verbs", f"'local/sketch', prompt='a boat', seed=7, {SMALL}")
    press_run(shown)
    expect(picture(shown)).to_be_visible()

    verb(shown, "Star").click()
    expect(verb(shown, "Take the star off")).to_have_attribute("aria-pressed", "true")

    with page.expect_download() as waiting:
        verb(shown, "Download").click()
    assert waiting.value.suggested_filename == "a-boat-7.png"
    data = Path(waiting.value.path()).read_bytes()
    assert data.startswith(b"\x89PNG")
    assert b"ipyimagegen" in data

    verb(shown, "Copy as code").click()
    expect(shown.locator(".ig-code__text")).to_contain_text("seed=7")
    expect(shown.get_by_text("Code copied.").first).to_be_attached()
    code = page.evaluate("() => navigator.clipboard.readText()")
    assert code == shown.locator(".ig-code__text").inner_text()
    page.screenshot(path=shots / "studio_code.png")

    verb(shown, "Copy the picture").click()
    expect(shown.get_by_text("Picture copied.").first).to_be_attached()
    types = page.evaluate("async () => (await navigator.clipboard.read()).flatMap(item => item.types)")
    assert "image/png" in types

    prompt(shown).fill("something else")
    verb(shown, "Reuse the prompt").click()
    expect(prompt(shown)).to_have_value("a boat")
    shown.get_by_role("button", name="Random", exact=True).click()
    verb(shown, "Reuse the seed").click()
    expect(shown.get_by_role("textbox", name="Seed value")).to_have_value("7")
    prompt(shown).fill("something else")
    verb(shown, "Reuse all of this picture").click()
    expect(prompt(shown)).to_have_value("a boat")


def test_what_can_be_made_of_a_picture(studio: Open, page: Page, work: Path) -> None:
    tell = "print(json.dumps([s.params['prompt'], len(s.pictures)]))"
    shown = studio("made_of", f"'local/sketch', prompt='a boat', seed=7, {SMALL}", tell, "")
    press_run(shown)
    expect(picture(shown)).to_be_visible()
    verb(shown, "Vary: the same with another seed").click()
    expect(shown.locator(".ig-tile")).to_have_count(2)
    expect(shown.locator(".ig-facts__line")).not_to_contain_text("seed 7 ")

    verb(shown, "Use as input: Start image").click()
    expect(shown.locator("[data-param=image] .ig-media__thumb")).to_be_visible()
    press_run(shown)
    expect(shown.locator(".ig-tile")).to_have_count(3)
    expect(picture(shown)).to_be_visible()
    verb(shown, "Copy as code").click()
    expect(shown.locator(".ig-code__text")).to_contain_text(re.compile(r"image=ig\.attach\(\"j\w+\"\)"))

    verb(shown, "Keep in the notebook, as a plain output").click()
    # Visible: the one that the studio itself stands in for is there from the beginning.
    expect(cell(page, 1).locator(".jp-RenderedImage:visible img")).to_have_count(1)
    save(page)
    kinds = [sorted(entry["data"]) for entry in saved_outputs(work / "made_of.ipynb", 1)]
    assert kinds == [["image/jpeg", "text/plain"], ["image/png", "text/plain"]]
    assert b"iVBOR" not in json.dumps(kinds).encode()

    verb(shown, "Delete").click()
    expect(shown.locator(".ig-tile")).to_have_count(2)
    tells(page, 2, ["a boat", 2])


def test_the_copied_code_makes_the_same_picture(studio: Open, page: Page) -> None:
    again = "exec(code)\nprint(json.dumps(result.images[0].sha256 == s.results[0].images[0].sha256))"
    code = (
        "from ipyimagegen.notebook.widgets.studio.code import code_for\n"
        "p = s.shelf.pieces[0]\ncode = code_for(p.spec.id, p.values, seed='seed')"
    )
    shown = studio("again", f"'local/sketch', prompt='a \"quoted\" boat', {SMALL}", code, again)
    press_run(shown)
    expect(picture(shown)).to_be_visible()
    run(page, 2)
    assert ask(page, 3) is True


def test_the_viewer_zooms_pans_and_goes_on(studio: Open, page: Page, shots: Path) -> None:
    shown = studio("viewer", f"'local/sketch', n=2, prompt='a boat', {SMALL}")
    press_run(shown)
    expect(picture(shown)).to_be_visible()
    shown.get_by_role("button", name="Enlarge the picture").click()
    viewer = page.locator("dialog.ig-viewer")
    expect(viewer).to_be_visible()
    image = viewer.locator("img")
    viewer.press("+")
    expect(image).to_have_css("transform", re.compile(r"matrix\(1\.5"))
    page.mouse.move(600, 400)
    page.mouse.down()
    page.mouse.move(650, 430)
    page.mouse.up()
    expect(image).to_have_css("transform", re.compile(r"matrix\(1\.5, 0, 0, 1\.5, (49\.9|50)[\d.]*, (29\.9|30)"))
    page.mouse.wheel(0, -200)
    page.screenshot(path=shots / "studio_viewer.png")
    viewer.press("0")
    expect(image).to_have_css("transform", re.compile(r"matrix\(1, "))
    first = image.get_attribute("src")
    viewer.press("ArrowLeft")
    page.wait_for_function("first => document.querySelector('.ig-viewer img').getAttribute('src') !== first", arg=first)
    viewer.press("Escape")
    expect(viewer).to_have_count(0)


def test_everything_is_done_by_keyboard(studio: Open, page: Page) -> None:
    shown = studio("keys", f"'local/sketch', {SMALL}", "print(json.dumps([s.model, s.n, len(s.pictures)]))")
    prompt(shown).click()
    page.keyboard.type("a boat")
    for _ in range(2):  # over the negative prompt, to Run
        page.keyboard.press("Tab")
    expect(shown.get_by_role("button", name="Run", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(picture(shown)).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(shown.locator(".ig-count__n")).to_have_text("× 2")
    page.keyboard.press("Control+Enter")
    expect(shown.locator(".ig-tile img")).to_have_count(3)  # pictures: no tile waits any more
    expect(shown.locator(".ig-tile").nth(1)).to_have_attribute("aria-selected", "true")  # the first of the two
    shown.locator(".ig-tile[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    expect(shown.locator(".ig-tile").nth(2)).to_be_focused()
    page.keyboard.press("s")
    expect(shown.locator(".ig-tile").nth(2).locator(".ig-is-filled")).to_be_visible()
    page.keyboard.press("Delete")
    expect(shown.locator(".ig-tile")).to_have_count(2)
    page.keyboard.press("Enter")
    expect(page.locator("dialog.ig-viewer")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog.ig-viewer")).to_have_count(0)
    tells(page, 2, ["local/sketch", 2, 2])


LORAS = """
from ipyimagegen.jobs.client import Client
from ipyimagegen.core.models import ModelSpec
from ipyimagegen.core.schema import read_params
from ipyimagegen.services.base import Registry
from ipyimagegen.services.local.service import Local

class Painters(Local):
    name = "painters"
    async def models(self):
        fields = {"path": {"type": "string"}, "scale": {"type": "number", "minimum": 0, "maximum": 2, "default": 1},
                  "mode": {"enum": ["add", "replace"], "default": "add"}, "locked": {"type": "boolean"}}
        lora = {"type": "object", "required": ["path"], "properties": fields}
        crop = {"type": "object", "properties": {"left": {"type": "integer"}, "top": {"type": "integer"}}}
        loras = {"type": "array", "title": "LoRAs", "items": lora}
        schema = {"properties": {"prompt": {"type": "string"}, "loras": loras, "crop": crop}}
        return (ModelSpec(service="painters", name="oil", title="Oil", params=read_params(schema)),)

services = Registry()
services.add(Painters())
"""


@THEMES
def test_a_list_of_objects_is_edited_field_by_field(
    theme: str, shot: str, page: Page, notebook: MakeNotebook, jupyter: str, shots: Path
) -> None:
    made = "s = Studio('painters/oil', client=Client(services=services, journal=None))\ns"
    tell = "print(json.dumps([s.params.get('loras'), s.problems]))"
    open_notebook(page, jupyter, notebook(f"loras_{shot}.ipynb", [LOAD + LORAS, made, tell]), theme=theme)
    run(page, 0)
    shown = run(page, 1).locator(".ig-studio")
    shown.get_by_role("button", name="Add to LoRAs").click()
    first = shown.get_by_role("group", name="LoRAs 1", exact=True)
    expect(first.get_by_role("textbox", name="Path")).to_be_focused()
    page.keyboard.type("styles/ink")
    first.get_by_role("textbox", name="Scale").fill("3")
    expect(first.locator(".ig-field__problem")).to_have_text("3 is outside 0 to 2")
    first.get_by_role("combobox", name="Mode").select_option("replace")
    shown.get_by_role("button", name="Add to LoRAs").click()
    second = shown.get_by_role("group", name="LoRAs 2", exact=True)
    prompt(shown).fill("a fox")
    press_run(shown)
    expect(first.get_by_role("textbox", name="Scale")).to_be_focused()
    expect(second.locator(".ig-field__problem")).to_have_text("is required (text)")
    wrong = {"loras[0].scale": "3 is outside 0 to 2", "loras[1].path": "is required (text)"}
    tells(page, 2, [[{"path": "styles/ink", "scale": 3, "mode": "replace"}, {}], wrong])
    page.add_script_tag(path=AXE)
    page.set_viewport_size({"width": 1600, "height": 1400})
    for width_px in (320, 1200):
        give_width(shown, width_px)
        shown.screenshot(path=shots / f"studio_loras_{shot}_{width_px}.png")
        assert not shown.evaluate("el => el.scrollWidth > el.clientWidth + 1"), f"wider than {width_px} px"
        report = page.evaluate("async () => (await axe.run('.ig-studio')).violations")
        assert [(found["id"], [node["html"][:200] for node in found["nodes"]]) for found in report] == []
    second.get_by_role("button", name="Remove LoRAs 2").click()
    first.get_by_role("slider", name="Scale").fill("0.5")
    first.get_by_role("switch", name="Locked").check()
    tells(page, 2, [[{"path": "styles/ink", "scale": 0.5, "mode": "replace", "locked": True}], {}])


def test_files_travel_once_in_chunks_and_not_into_the_notebook(studio: Open, page: Page, work: Path) -> None:
    from PIL import Image

    noise = Image.effect_noise((1500, 1500), 100).convert("RGB")
    noise.save(work / "noise.png")
    size = (work / "noise.png").stat().st_size
    assert size > 2 << 20
    tell = "image = s.params['image']\nprint(json.dumps([image.size, image.filename, image.path is not None]))"
    shown = studio("upload", f"'local/sketch', prompt='a boat', {SMALL}", tell)
    media = shown.locator("[data-param=image]")
    media.locator("input[type=file]").set_input_files(work / "noise.png")
    expect(media.locator(".ig-media__facts")).to_contain_text("1500 × 1500")
    expect(media.locator(".ig-media__thumb")).to_be_visible()
    tells(page, 2, [size, "noise.png", True])
    press_run(shown)
    expect(picture(shown)).to_be_visible()
    save(page)
    assert (work / "upload.ipynb").stat().st_size < 60_000
    media.get_by_role("button", name="Remove Start image").click()
    expect(media.locator(".ig-media__thumb")).to_have_count(0)
    (work / "words.png").write_text("<html>not a picture</html>")
    media.locator("input[type=file]").set_input_files(work / "words.png")
    expect(media.locator(".ig-media__error")).to_contain_text("not a picture")


def test_a_mask_is_painted_on_the_picture_that_it_is_for(studio: Open, page: Page, shots: Path) -> None:
    tell = "mask = s.params['mask']\nprint(json.dumps([mask.media_type, mask.path is not None, s.problems]))"
    shown = studio("mask", f"'local/sketch', prompt='a boat', {SMALL}", tell)
    press_run(shown)
    expect(picture(shown)).to_be_visible()
    mask = shown.locator("[data-param=mask]")
    expect(mask.get_by_role("button", name="Paint mask, Mask")).to_have_count(0)
    verb(shown, "Use as input: Start image").click()
    mask.get_by_role("button", name="Paint mask, Mask").click()
    painter = shown.locator("dialog.ig-paint .ig-mask")
    expect(painter.locator("canvas").first).to_be_visible()
    box = painter.locator("canvas").last.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.5, steps=5)
    page.mouse.up()
    page.screenshot(path=shots / "studio_mask.png")
    painter.get_by_role("button", name="Use mask").click()
    expect(painter).to_have_count(0)
    expect(mask.locator(".ig-media__facts")).to_contain_text("128 × 128")
    tells(page, 2, ["image/png", True, {}])
    press_run(shown)
    expect(shown.locator(".ig-tile img")).to_have_count(2)
    mask.get_by_role("button", name="Remove Mask").click()
    expect(mask.locator(".ig-media__facts")).to_have_count(0)
    shown.get_by_role("button", name="Use as mask, Start image").click()
    expect(mask.locator(".ig-media__facts")).to_contain_text("128 × 128")
    page.screenshot(path=shots / "studio_use_as_mask.png")
    press_run(shown)
    expect(shown.locator(".ig-tile img")).to_have_count(3)


def test_a_picture_is_dragged_from_a_gallery_into_an_input(studio: Open, page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 1600})  # both are in sight
    make = f"made = ig.run('local/sketch', prompt='a fox', {SMALL})"
    look = "print(json.dumps(s.params['image'] == made.images[0]))"
    shown = studio("drag", f"'local/sketch', prompt='a boat', {SMALL}", make, "ig.Gallery(made)", look)
    run(page, 2)
    found = run(page, 3).locator(".ig-gallery-cell")
    expect(found.locator("img")).to_be_visible()
    found.drag_to(shown.locator("[data-param=image] .ig-media__box"))
    expect(shown.locator("[data-param=image] .ig-media__facts")).to_contain_text("128 × 128")
    tells(page, 4, expected=True)


def test_a_reload_finds_the_running_job_and_the_form(studio: Open, page: Page) -> None:
    shown = studio("reload", f"'local/sketch', prompt='a boat', {SLOW}")
    press_run(shown)
    expect(shown.get_by_role("progressbar")).to_have_attribute("aria-valuetext", re.compile(r"step \d+"))
    save(page)
    page.reload()
    ready(page)
    again = cell(page, 1).locator(".ig-studio")
    expect(again.get_by_role("progressbar")).to_have_attribute("aria-valuetext", re.compile(r"step \d+"))
    expect(again.locator(".ig-stage img")).to_be_visible()
    expect(prompt(again)).to_have_value("a boat")
    again.get_by_role("button", name="Cancel", exact=True).first.click()
    expect(again.get_by_text("cancelled").first).to_be_visible()


def test_it_shows_twice_and_stands_in_a_box(studio: Open, page: Page) -> None:
    shown = studio(
        "twice",
        f"'local/sketch', prompt='a boat', {SMALL}",
        "import ipywidgets\nipywidgets.VBox([s, ipywidgets.Label('below')])",
    )
    other = run(page, 2).locator(".ig-studio")
    prompt(shown).fill("a fox")
    expect(prompt(other)).to_have_value("a fox")
    other.get_by_role("button", name="Run", exact=True).click()
    for one in (shown, other):
        expect(picture(one)).to_be_visible()


def test_many_pictures_are_all_there_in_a_second_view_and_after_a_reload(studio: Open, page: Page) -> None:
    made = "'local/sketch', prompt='a boat', n=40, width=64, height=64, num_inference_steps=1"
    shown = studio("many", made, "s", "print(json.dumps([len(s.earlier) > 0, len(s.pictures)]))")
    press_run(shown)
    expect(shown.locator(".ig-tile img")).to_have_count(40)
    shown.locator(".ig-tile").last.focus()
    page.keyboard.press("Home")
    page.keyboard.press("Delete")
    expect(shown.locator(".ig-tile")).to_have_count(39)
    tells(page, 3, [True, 39])
    expect(run(page, 2).locator(".ig-studio .ig-tile img")).to_have_count(39)
    save(page)
    page.reload()
    ready(page)
    expect(cell(page, 1).locator(".ig-studio .ig-tile img")).to_have_count(39)


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_a_saved_notebook_has_the_latest_pictures_and_words_and_is_live_with_its_kernel(
    app: str, studio: Open, page: Page, work: Path, jupyter: str, browser: Browser, shots: Path
) -> None:
    name = f"saved_{app}"
    shown = studio(name, f"'local/sketch', prompt='a boat', {SMALL}", app=app)
    press_run(shown)
    stand_in = cell(page, 1).locator(".jp-RenderedImage img")
    expect(stand_in).to_have_js_property("naturalWidth", 128 + 24)
    prompt(shown).fill("a boat at dusk")
    prompt(shown).press("Control+Enter")
    expect(stand_in).to_have_js_property("naturalWidth", 2 * (128 + 12) + 12)
    expect(stand_in).to_be_hidden()
    expect(prompt(shown)).to_be_focused()
    save(page)
    (kept,) = saved_outputs(work / f"{name}.ipynb", 1)
    assert sorted(kept["data"]) == ["image/jpeg", "text/plain"]
    assert "<Studio local/sketch: prompt='a boat" in "".join(kept["data"]["text/plain"])
    assert len(json.dumps(kept)) < 200_000
    page.reload()
    ready(page)
    again = cell(page, 1).locator(".ig-studio")
    expect(prompt(again)).to_have_value("a boat at dusk")
    expect(again.locator(".ig-tile")).to_have_count(2)
    press_run(again)
    expect(again.locator(".ig-tile")).to_have_count(3)
    expect(stand_in).to_have_js_property("naturalWidth", 3 * (128 + 12) + 12)
    expect(again.locator(".ig-tile")).to_have_count(3)
    save(page)
    (renewed,) = saved_outputs(work / f"{name}.ipynb", 1)
    assert sorted(renewed) == sorted(kept)
    assert renewed["data"]["image/jpeg"] != kept["data"]["image/jpeg"]
    assert "3 pictures" in "".join(renewed["data"]["text/plain"])
    shut_down_kernel(page)
    reader = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
    open_notebook(reader, jupyter, f"{name}.ipynb", app)
    expect(cell(reader, 1).locator(".jp-RenderedImage img")).to_be_visible()
    assert "Error displaying widget" not in output(reader, 1)
    reader.screenshot(path=shots / f"studio_kept_{app}.png")
    reader.context.close()


def test_a_studio_that_made_nothing_leaves_words(studio: Open, page: Page, jupyter: str, shots: Path) -> None:
    studio("unused", f"'local/sketch', prompt='a boat', {SMALL}")
    stand_in = cell(page, 1).locator(".jp-RenderedImage img")
    expect(stand_in).to_have_js_property("naturalWidth", 560)
    save(page)
    shut_down_kernel(page)
    open_notebook(page, jupyter, "unused.ipynb")
    expect(stand_in).to_be_visible()
    page.screenshot(path=shots / "studio_kept_unused.png")


def test_a_busy_kernel_still_hears_the_form_and_cancel(studio: Open, page: Page, work: Path) -> None:
    busy = "import pathlib, time\nwhile not pathlib.Path('enough').exists(): time.sleep(0.05)\nprint('awake')"
    shown = studio("busy", f"'local/sketch', prompt='a boat', {SLOW}", busy)
    expect(prompt(shown)).to_have_value("a boat")
    has_way_around(page)
    run(page, 2, wait=False)
    press_run(shown)
    expect(shown.get_by_role("progressbar")).to_have_attribute("aria-valuetext", re.compile(r"step \d+"))
    shown.get_by_role("button", name="Cancel", exact=True).first.click()
    expect(shown.get_by_text("cancelled").first).to_be_visible()
    assert "awake" not in output(page, 2)
    (work / "enough").touch()
    expect(cell(page, 2).locator(".jp-OutputArea-output")).to_have_text("awake\n")


def test_foreign_words_are_text(studio: Open, page: Page) -> None:
    evil = "<img src=x onerror=alert(1)>\\u202e<script>alert(2)</script>\\x00"
    shown = studio("evil", f"'local/sketch', prompt='{evil}' * 3, {SMALL}")
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    press_run(shown)
    expect(picture(shown)).to_be_visible()
    assert shown.locator("img[src=x], script").count() == 0
    prompt(shown).fill("x" * 100_000)
    expect(shown.locator("[data-param=prompt] .ig-field__problem")).to_contain_text("100,000 characters")


@THEMES
def test_looks_and_axe(theme: str, shot: str, studio: Open, page: Page, shots: Path) -> None:
    shown = studio(f"looks_{shot}", f"'local/sketch', prompt='a lighthouse at dusk', {SMALL}", theme=theme)
    press_run(shown)
    expect(picture(shown)).to_be_visible()
    page.set_viewport_size({"width": 2000, "height": 1600})
    page.add_script_tag(path=AXE)
    for width_px in (320, 700, 1200):
        give_width(shown, width_px)
        shown.evaluate("el => el.scrollIntoView()")
        at_rest(page)
        shown.screenshot(path=shots / f"studio_{shot}_{width_px}.png")
        assert not shown.evaluate("el => el.scrollWidth > el.clientWidth + 1"), f"wider than {width_px} px"
        report = page.evaluate("async () => (await axe.run('.ig-studio')).violations")
        assert [(found["id"], [node["html"][:200] for node in found["nodes"]]) for found in report] == []


def clean(page: Page, shot: Path, selector: str = ".ig-studio") -> None:
    """Nothing for axe to find in this state; its picture is kept."""
    at_rest(page)
    page.screenshot(path=shot)
    page.add_script_tag(path=AXE)
    report = page.evaluate("async part => (await axe.run(part)).violations", selector)
    assert [(found["id"], [node["html"][:200] for node in found["nodes"]]) for found in report] == [], shot.name


@THEMES
def test_nothing_for_axe_to_find_before_there_are_pictures(
    theme: str, shot: str, studio: Open, page: Page, shots: Path
) -> None:
    made = f"'local/sketch', {SLOW}"
    shown = studio(f"states_{shot}", made, theme=theme)
    clean(page, shots / f"studio_state_empty_{shot}.png")
    shown.get_by_role("button", name=re.compile("^Model: .*local.sketch")).click()
    expect(shown.get_by_role("option").first).to_be_visible()
    clean(page, shots / f"studio_state_models_{shot}.png")
    shown.get_by_role("combobox", name="Search models").press("Escape")
    shown.locator("summary", has_text="Advanced").click()
    guidance = shown.locator("[data-param=guidance_scale]")
    guidance.locator("input[type=text]").fill("200")
    press_run(shown)
    expect(shown.get_by_role("alert").filter(has_text="Not sent")).to_be_visible()
    clean(page, shots / f"studio_state_invalid_{shot}.png")
    guidance.get_by_role("button", name="Reset Guidance").click()
    prompt(shown).fill("a boat")
    expect(shown.locator(".ig-field__problem")).to_have_count(0)
    press_run(shown)
    expect(shown.locator(".ig-stage img")).to_be_visible()
    clean(page, shots / f"studio_state_running_{shot}.png")
    shown.get_by_role("button", name="Cancel", exact=True).first.click()
    expect(shown.get_by_text("cancelled").first).to_be_visible()
    clean(page, shots / f"studio_state_cancelled_{shot}.png")
    shown.locator("[data-param=fail_at_step] input[type=text]").fill("2")
    press_run(shown)
    expect(shown.locator(".ig-stage__error")).to_contain_text("step 2")
    clean(page, shots / f"studio_state_failed_{shot}.png")


@THEMES
def test_nothing_for_axe_to_find_with_a_picture(theme: str, shot: str, studio: Open, page: Page, shots: Path) -> None:
    shown = studio(f"verbs_{shot}", f"'local/sketch', prompt='a boat', {SMALL}", theme=theme)
    press_run(shown)
    expect(picture(shown)).to_be_visible()
    verb(shown, "Copy as code").click()
    expect(shown.locator(".ig-code__text")).to_be_visible()
    clean(page, shots / f"studio_state_code_{shot}.png")
    verb(shown, "Use as input: Start image").click()
    expect(shown.locator("[data-param=image] .ig-media__thumb")).to_be_visible()
    clean(page, shots / f"studio_state_input_{shot}.png")
    shown.get_by_role("button", name="Paint mask, Mask").click()
    painter = page.locator("dialog.ig-paint")
    expect(painter.locator(".ig-mask canvas").first).to_be_visible()
    clean(page, shots / f"studio_state_painter_{shot}.png", "dialog.ig-paint")
    page.keyboard.press("Escape")
    expect(painter).to_have_count(0)
    shown.get_by_role("button", name="Enlarge the picture").click()
    expect(page.locator("dialog.ig-viewer img")).to_be_visible()
    clean(page, shots / f"studio_state_viewer_{shot}.png", "dialog.ig-viewer")
    page.keyboard.press("Escape")
    expect(page.locator("dialog.ig-viewer")).to_have_count(0)
    verb(shown, "Delete").click()
    expect(shown.get_by_role("button", name="Undo")).to_be_visible()
    clean(page, shots / f"studio_state_deleted_{shot}.png")


def works_here(page: Page, shot: Path) -> None:
    """The main path: edit, run, see the picture and its facts."""
    shown = page.locator(".ig-studio")
    expect(shown).to_be_visible(timeout=180_000)
    prompt(shown).fill("a fox")
    press_run(shown)
    expect(picture(shown)).to_be_visible(timeout=180_000)
    expect(shown.locator(".ig-tile")).to_have_attribute("aria-label", re.compile("a fox"))
    page.screenshot(path=shot)


def test_it_works_in_marimo(page: Page, tmp_path: Path, shots: Path) -> None:
    body = f"from ipyimagegen.notebook.widgets.studio.widget import Studio\nshown = Studio('local/sketch', {SMALL})"
    with marimo(tmp_path, body) as url:
        page.goto(url)
        works_here(page, shots / "studio_marimo.png")


def test_it_works_in_voila(page: Page, tmp_path: Path, notebook: MakeNotebook, work: Path, shots: Path) -> None:
    name = notebook("voila.ipynb", [LOAD, f"Studio('local/sketch', prompt='a boat', {SMALL})"])
    with voila(tmp_path, work / name) as url:
        page.goto(url)
        works_here(page, shots / "studio_voila.png")
