"""Inputs and the mask painter on a bare page: no Jupyter, no kernel, a real canvas."""

from __future__ import annotations

import base64
import functools
import io
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, CDPSession, FloatRect, Locator, Page, expect

from hatch_build import node_tools

from .lab import at_rest

JS = Path(__file__).parents[2] / "js"
BUNDLE = [
    "--bundle",
    "--format=iife",
    "--target=es2022",
    "--charset=utf8",
    "--jsx=automatic",
    "--jsx-import-source=preact",
    '--define:process.env.NODE_ENV="production"',
    "--log-level=warning",
]
COUNT = """
    window.counts = { listeners: 0, urls: 0, observers: 0 };
    const add = EventTarget.prototype.addEventListener, remove = EventTarget.prototype.removeEventListener;
    EventTarget.prototype.addEventListener = function (type, listener, options) {
        const signal = typeof options === 'object' ? options?.signal : undefined;
        if (signal) {
            counts.listeners += 1;
            add.call(signal, 'abort', () => { counts.listeners -= 1; }, { once: true });
        }
        return add.call(this, type, listener, options);
    };
    const make = URL.createObjectURL, end = URL.revokeObjectURL;
    URL.createObjectURL = blob => { counts.urls += 1; return make.call(URL, blob); };
    URL.revokeObjectURL = url => { counts.urls -= 1; end.call(URL, url); };
    const Resize = ResizeObserver;
    window.ResizeObserver = class extends Resize {
        observe(...all) { counts.observers += 1; super.observe(...all); }
        disconnect() { counts.observers -= 1; super.disconnect(); }
    };
"""

Open = Callable[..., None]
Mask = np.ndarray[Any, np.dtype[np.uint8]]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the demo page, bundled from the sources as they are."""
    folder = tmp_path_factory.mktemp("demo")
    tools = node_tools()
    esbuild = JS / "node_modules" / "esbuild" / "bin" / "esbuild"
    command = [*tools.node, str(esbuild), "demo/inputs.tsx", f"--outdir={folder / 'dist'}", *BUNDLE]
    subprocess.run(command, cwd=JS, env=tools.env(), check=True)
    shutil.copy(JS / "demo" / "inputs.html", folder)
    shutil.copy(JS / "node_modules" / "axe-core" / "axe.min.js", folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def open_demo(page: Page, base: str, **choices: str) -> None:
    query = "&".join(f"{name}={value}" for name, value in choices.items())
    page.goto(f"{base}/inputs.html?{query}")
    expect(page.locator(".ig-root").first).to_be_visible()


def stage_of(page: Page) -> tuple[Locator, FloatRect]:
    stage = page.get_by_role("application")
    expect(page.locator(".ig-mask__picture")).to_be_visible()
    box = stage.bounding_box()
    assert box is not None
    return stage, box


def stroke(page: Page, *places: tuple[float, float]) -> None:
    """With the mouse, at places of the stage in CSS pixels."""
    _, box = stage_of(page)
    for at, (x, y) in enumerate(places):
        page.mouse.move(box["x"] + x, box["y"] + y, steps=1 if at == 0 else 10)
        if at == 0:
            page.mouse.down()
    page.mouse.up()


def tool(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def dial(page: Page, label: str, place: int) -> None:
    """Set a slider, 0 to 1000."""
    page.get_by_label(label, exact=True).evaluate(
        "(slider, place) => { slider.value = place; slider.dispatchEvent(new Event('input', { bubbles: true })); }",
        place,
    )


def finish(page: Page) -> tuple[Mask, float]:
    """Use the mask; its pixels, and the coverage that came with it."""
    tool(page, "Use mask").click()
    shown = page.get_by_role("img", name="The mask")
    expect(shown).to_be_visible()
    encoded = shown.evaluate(
        """async image => {
            const bytes = new Uint8Array(await (await fetch(image.src)).arrayBuffer());
            return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''));
        }"""
    )
    with Image.open(io.BytesIO(base64.b64decode(encoded))) as image:
        assert (image.format, image.mode) == ("PNG", "L")
        pixels = np.asarray(image)
    coverage = float(shown.get_attribute("data-coverage") or "nan")
    assert coverage == pytest.approx(pixels.mean() / 255, abs=1e-6)
    return pixels, coverage


def violations(page: Page, base: str) -> list[str]:
    """What axe finds wrong within our part of the page."""
    at_rest(page)
    page.add_script_tag(url=f"{base}/axe.min.js")
    found = page.evaluate(
        "async () => (await axe.run('.ig-root')).violations.map(one => `${one.id}: ${one.nodes[0].html}`)"
    )
    return list(found)


def test_a_line_with_the_mouse_is_in_the_exported_mask_at_the_pictures_own_size(
    demo: str, page: Page, shots: Path
) -> None:
    open_demo(page, demo, scene="painter", size="1024x768")
    _, box = stage_of(page)
    scale = box["height"] / 768
    left = (box["width"] - 1024 * scale) / 2
    dial(page, "Softness", 0)
    stroke(page, (left + 200 * scale, 300 * scale), (left + 700 * scale, 300 * scale))
    page.screenshot(path=shots / "mask_painter.png")
    mask, coverage = finish(page)
    assert mask.shape == (768, 1024)
    assert (mask[300, 205:695] == 255).all()
    assert (mask[:270] == 0).all()
    assert (mask[330:] == 0).all()
    assert (mask[:, :170] == 0).all()
    assert (mask[:, 730:] == 0).all()
    width = int((mask[:, 450] > 127).sum())
    assert abs(width - 48) <= 1
    assert coverage == pytest.approx((500 * 48 + np.pi * 24**2) / (1024 * 768), rel=0.02)


def test_undo_redo_invert_eraser_and_clear(demo: str, page: Page) -> None:
    open_demo(page, demo, scene="painter", size="640x480")
    marked = page.locator(".ig-mask__facts")
    expect(tool(page, "Undo")).to_have_attribute("aria-disabled", "true")
    expect(tool(page, "Use mask")).to_have_attribute("aria-disabled", "true")
    stroke(page, (300, 200), (500, 200))
    expect(marked).not_to_have_text("0 % marked")
    once = marked.inner_text()
    stroke(page, (300, 350), (500, 350))
    expect(marked).not_to_have_text(once)
    tool(page, "Undo").click()
    expect(marked).to_have_text(once)
    tool(page, "Undo").click()
    expect(marked).to_have_text("0 % marked")
    tool(page, "Redo").click()
    expect(marked).to_have_text(once)
    tool(page, "Clear").click()
    expect(marked).to_have_text("0 % marked")
    tool(page, "Invert").click()
    expect(marked).to_have_text("100 % marked")
    tool(page, "Eraser").click()
    expect(tool(page, "Eraser")).to_have_attribute("aria-pressed", "true")
    dial(page, "Softness", 0)
    _, box = stage_of(page)
    stroke(page, (box["width"] / 2, box["height"] / 2))
    mask, _ = finish(page)
    assert mask[240, 320] == 0
    assert mask[0, 0] == mask[479, 639] == 255
    assert abs(int((mask == 0).sum()) - np.pi * 15**2) < 60


def test_feather_softens_and_a_mask_can_be_opened_again(demo: str, page: Page) -> None:
    open_demo(page, demo, scene="painter", size="640x480")
    _, box = stage_of(page)
    middle = (box["width"] / 2, box["height"] / 2)
    dial(page, "Softness", 0)
    stroke(page, middle)
    page.get_by_label("Feather by, pixels").fill("20")
    tool(page, "Feather").click()
    expect(page.locator(".ig-mask__facts")).to_contain_text("marked")
    mask, coverage = finish(page)
    assert len(np.unique(mask)) > 50
    assert coverage == pytest.approx(np.pi * 15**2 / (640 * 480), rel=0.03)
    tool(page, "Paint").click()
    expect(page.locator(".ig-mask__facts")).to_have_text("under 1 % marked")
    expect(tool(page, "Undo")).to_have_attribute("aria-disabled", "true")
    again, _ = finish(page)
    assert (again == mask).all()


def test_keys_alone_paint_a_mask(demo: str, page: Page, shots: Path) -> None:
    open_demo(page, demo, scene="painter", size="640x480", width="480", host="lab-dark")
    stage, _ = stage_of(page)
    for _ in range(40):
        page.keyboard.press("Tab")
        if stage.evaluate("stage => document.activeElement === stage"):
            break
    expect(stage).to_be_focused()
    for _ in range(30):
        page.keyboard.press("[")
    for key in "{{":
        page.keyboard.press(key)
    for _ in range(10):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.down(" ")
    for _ in range(40):
        page.keyboard.press("Shift+ArrowDown")
    page.keyboard.up(" ")
    page.screenshot(path=shots / "mask_painter_keys.png")
    said = page.locator("p[role=status]")
    expect(said).to_have_text("under 1 % marked")
    page.keyboard.press("Shift+ArrowUp")
    expect(said).to_have_text("330, 279, marked")
    page.keyboard.press("ArrowLeft")
    expect(said).to_have_text("329, 279")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+Shift+z")
    mask, _ = finish(page)
    rows, columns = np.nonzero(mask > 127)
    assert (rows.min(), rows.max()) == (240, 280)
    assert set(columns) == {330}


def test_fingers_paint_and_two_of_them_zoom_without_painting(demo: str, browser: Browser, shots: Path) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, device_scale_factor=2)
    page = context.new_page()
    open_demo(page, demo, scene="painter", width="320", size="1024x1024")
    stage, box = stage_of(page)
    touch = context.new_cdp_session(page)
    x, y = box["x"] + 60, box["y"] + 100
    touch_at(touch, "touchStart", (x, y))
    for step in range(1, 11):
        touch_at(touch, "touchMove", (x + 15 * step, y))
    touch_at(touch, "touchEnd")
    expect(page.locator(".ig-mask__facts")).not_to_have_text("0 % marked")
    painted = page.locator(".ig-mask__facts").inner_text()
    zoom = page.get_by_label("Zoom", exact=True)
    before = zoom.inner_text()
    touch_at(touch, "touchStart", (x + 40, y + 50))
    touch_at(touch, "touchStart", (x + 40, y + 50), (x + 80, y + 50))
    for step in range(1, 11):
        touch_at(touch, "touchMove", (x + 40 - 4 * step, y + 50), (x + 80 + 4 * step, y + 50))
    touch_at(touch, "touchEnd")
    expect(zoom).not_to_have_text(before)
    expect(page.locator(".ig-mask__facts")).to_have_text(painted)
    assert int(zoom.inner_text().split()[0]) > 2.5 * int(before.split()[0])
    page.screenshot(path=shots / "mask_painter_touch.png")
    assert stage.evaluate("stage => getComputedStyle(stage).touchAction") == "none"
    mask, _ = finish(page)
    rows, columns = np.nonzero(mask > 127)
    assert (columns.max() - columns.min()) * box["width"] / 1024 == pytest.approx(150, abs=30)
    assert rows.max() - rows.min() < 70
    context.close()


def touch_at(touch: CDPSession, kind: str, *places: tuple[float, float]) -> None:
    points = [{"x": x, "y": y, "id": at} for at, (x, y) in enumerate(places)]
    touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_the_wheel_zooms_once_the_stage_has_the_focus_and_space_carries(demo: str, page: Page) -> None:
    open_demo(page, demo, scene="painter", size="1024x768")
    _, box = stage_of(page)
    zoom, marked = page.get_by_label("Zoom", exact=True), page.locator(".ig-mask__facts")
    before = zoom.inner_text()
    page.mouse.move(box["x"] + 450, box["y"] + 300)
    page.mouse.wheel(0, -1)
    stroke(page, (450, 300))
    expect(marked).not_to_have_text("0 % marked")
    expect(zoom).to_have_text(before)
    painted = marked.inner_text()
    for _ in range(8):
        page.mouse.wheel(0, -120)
    expect(zoom).not_to_have_text(before)
    moved = page.locator(".ig-mask__picture").evaluate("image => image.style.transform")
    page.keyboard.down(" ")
    page.mouse.down()
    page.mouse.move(box["x"] + 380, box["y"] + 260, steps=5)
    page.mouse.up()
    page.keyboard.up(" ")
    assert page.locator(".ig-mask__picture").evaluate("image => image.style.transform") != moved
    expect(marked).to_have_text(painted)
    page.keyboard.press("0")
    expect(zoom).to_have_text(before)


def test_a_picture_of_4096_pixels_is_painted_without_freezing(demo: str, page: Page) -> None:
    open_demo(page, demo, scene="painter", size="4096x4096")
    stage_of(page)
    page.evaluate(
        """() => {
            window.longest = 0;
            const watch = list => {
                for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
            };
            new PerformanceObserver(watch).observe({ type: 'longtask' });
        }"""
    )
    assert held(page, lambda: stroke(page, (300, 100), (600, 400), (300, 450)), enough_ms=250) < 250
    expect(page.locator(".ig-mask__facts")).not_to_have_text("0 % marked")
    assert held(page, lambda: tool(page, "Feather").click(), enough_ms=1000) < 1000
    masks: list[Mask] = []

    def use() -> None:
        if masks:
            tool(page, "Paint").click()
            stage_of(page)
        masks.append(finish(page)[0])

    assert held(page, use, enough_ms=1000) < 1000
    assert masks[0].shape == (4096, 4096)


def held(page: Page, act: Callable[[], object], *, enough_ms: float) -> float:
    """The longest time, in ms, for which the page stood still while something was done.

    What holds it holds it every time, a busy machine does so once: it is done again while it took `enough_ms` or more.
    """
    times_ms: list[float] = []
    while len(times_ms) < 5 and min(times_ms, default=enough_ms) >= enough_ms:
        page.evaluate("() => { longest = 0; }")
        act()
        at_rest(page)
        times_ms.append(float(page.evaluate("longest")))
    return min(times_ms)


def test_fifty_painters_come_and_go_and_leave_nothing_behind(demo: str, page: Page) -> None:
    page.add_init_script(COUNT)
    open_demo(page, demo, scene="painter", size="320x240")
    stage_of(page)
    opened = page.evaluate("({ ...counts })")
    assert opened["observers"] == 1
    assert opened["listeners"] >= 10
    tool(page, "Cancel").click()
    closed = page.evaluate("({ ...counts })")
    for turn in range(50):
        tool(page, "Paint").click()
        if turn % 3:
            stage_of(page)
        if turn % 10 == 5:
            stroke(page, (100, 100), (120, 110))
            tool(page, "Feather").click()
        tool(page, "Cancel").click()
    expect(page.get_by_role("application")).to_have_count(0)
    page.wait_for_function("closed => JSON.stringify(counts) === JSON.stringify(closed)", arg=closed)
    assert closed == {"listeners": 0, "urls": 0, "observers": 0}


@pytest.mark.parametrize("host", ["lab-light", "lab-dark", "bare-light", "bare-dark"])
@pytest.mark.parametrize("width", ["320", "900"])
def test_nothing_for_axe_to_find_and_nothing_too_small_to_touch(
    host: str, width: str, demo: str, page: Page, shots: Path
) -> None:
    for scene in ("inputs", "painter"):
        open_demo(page, demo, scene=scene, host=host, width=width)
        if scene == "painter":
            stage_of(page)
            stroke(page, (100, 100), (200, 120))
        assert violations(page, demo) == []
        page.screenshot(path=shots / f"{scene}_{host}_{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        small = page.locator(".ig-root").evaluate(
            """root => [...root.querySelectorAll('button, label.ig-button, summary, input:not([type=file])')]
                .map(one => [one.outerHTML, one.getBoundingClientRect()])
                .filter(([, { width, height }]) => width < 24 || height < 24).map(([html]) => html)"""
        )
        assert small == []


def test_what_is_dropped_pasted_typed_or_chosen_arrives(demo: str, page: Page, tmp_path: Path) -> None:
    open_demo(page, demo, scene="inputs")
    group = page.get_by_role("group", name="Image", exact=True)
    picked = "() => window.picked.splice(0)"
    give = """(group, { kind, files, texts }) => {
        const data = new DataTransfer();
        for (const [name, type] of files) data.items.add(new File(['picture'], name, { type }));
        for (const [type, text] of Object.entries(texts)) data.setData(type, text);
        const init = { bubbles: true, cancelable: true, dataTransfer: data, clipboardData: data };
        group.dispatchEvent(kind === 'paste' ? new ClipboardEvent(kind, init) : new DragEvent(kind, init));
    }"""

    def send(kind: str, files: list[tuple[str, str]], texts: dict[str, str] | None = None) -> None:
        group.evaluate(give, {"kind": kind, "files": files, "texts": texts or {}})

    send("dragover", [("notes.txt", "text/plain")])
    expect(group.locator(".ig-media__drop")).to_have_text("Takes PNG, JPEG or WebP.")
    send("drop", [("notes.txt", "text/plain")])
    expect(group.get_by_role("alert")).to_have_text("Takes PNG, JPEG or WebP; notes.txt is text/plain.")
    assert page.evaluate(picked) == []
    address = group.get_by_label("Address of Image")
    address.fill("https://example.com/a.png")
    address.press("Enter")
    expect(group.get_by_role("alert")).to_have_text("")
    assert page.evaluate(picked) == [{"url": "https://example.com/a.png"}]
    send("paste", [("image.png", "image/png")])
    assert page.evaluate(picked) == [{"size": 7, "type": "image/png"}]
    send("drop", [], {"application/x-ipyimagegen-result": "job-7/0"})
    assert page.evaluate(picked) == [{"ref": "job-7/0"}]
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    group.get_by_label("Replace Image").set_input_files(tmp_path / "a.png")
    assert page.evaluate(picked)[0]["type"] == "image/png"
    group.get_by_role("button", name="Remove Image").click()
    expect(group.get_by_label("Browse for Image")).to_be_focused()


def test_our_own_picture_can_be_dragged_in(demo: str, page: Page) -> None:
    open_demo(page, demo, scene="inputs")
    page.get_by_text("Drag me").drag_to(page.get_by_role("group", name="Mask", exact=True))
    assert page.evaluate("window.picked") == [{"ref": "job-7/0"}]


def test_a_bitmap_will_do_and_a_damaged_picture_says_so(demo: str, page: Page) -> None:
    open_demo(page, demo, scene="painter", size="640x480", source="bitmap")
    expect(page.locator("canvas.ig-mask__picture")).to_be_visible()
    stroke(page, (300, 200), (400, 200))
    mask, _ = finish(page)
    assert mask.shape == (480, 640)
    open_demo(page, demo, scene="painter", source="damaged")
    expect(page.get_by_text("This picture cannot be shown")).to_be_visible()
    tool(page, "Cancel").click()
    expect(tool(page, "Paint")).to_be_visible()


def test_a_pen_draws_wider_where_it_presses_harder(demo: str, page: Page) -> None:
    open_demo(page, demo, scene="painter", size="640x480")
    _, box = stage_of(page)
    dial(page, "Softness", 0)
    pen = page.context.new_cdp_session(page)

    def press(kind: str, x: float, force: float) -> None:
        place = {"x": box["x"] + x, "y": box["y"] + box["height"] / 2, "pointerType": "pen", "force": force}
        pen.send("Input.dispatchMouseEvent", {"type": kind, "button": "left", "buttons": 1, "clickCount": 1, **place})

    middle = box["width"] / 2
    press("mousePressed", middle - 100, 0.1)
    for step in range(1, 21):
        press("mouseMoved", middle - 100 + 10 * step, 0.1 + 0.045 * step)
    press("mouseReleased", middle + 100, 0)
    mask, _ = finish(page)
    widths = (mask > 127).sum(axis=0)
    marked = np.nonzero(widths)[0]
    thin, thick = widths[marked[10]], widths[marked[-20]]
    assert thick > 2 * thin > 0


def test_a_mask_file_is_scaled_to_the_picture_and_said_to_be(demo: str, page: Page, tmp_path: Path) -> None:
    open_demo(page, demo, scene="painter", size="640x480")
    stage_of(page)
    half = Image.new("L", (320, 240))
    half.paste(255, (0, 0, 160, 240))
    half.save(tmp_path / "half.png")
    page.get_by_label("Open a mask").set_input_files(tmp_path / "half.png")
    expect(page.get_by_role("alert")).to_have_text("The mask has been scaled: it was 320 × 240 pixels.")
    expect(page.locator(".ig-mask__facts")).to_have_text("50 % marked")
    with page.expect_download() as saved:
        tool(page, "Save the mask as a file").click()
    with Image.open(saved.value.path()) as file:
        assert (file.format, file.mode, file.size) == ("PNG", "L", (640, 480))
    (tmp_path / "broken.png").write_bytes(b"not a picture")
    page.get_by_label("Open a mask").set_input_files(tmp_path / "broken.png")
    expect(page.get_by_role("alert")).to_contain_text("Opening the mask failed")
    tool(page, "Undo").click()
    expect(page.locator(".ig-mask__facts")).to_have_text("0 % marked")
