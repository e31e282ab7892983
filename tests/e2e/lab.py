"""What a test does to a notebook page; the same code serves JupyterLab 4 and Notebook 7.

The page's own application object tells when the kernel is ready and runs cells by index: no waiting on the look of the
page, no focus races.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .server import TOKEN

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

NOTEBOOK = "const nb = window.jupyterapp.shell.currentWidget;"
RUN = (
    NOTEBOOK
    + """
    const runs = async () => {
        nb.content.activeCellIndex = i; nb.content.deselectAll(); nb.content.mode = 'command';
        await window.jupyterapp.commands.execute('notebook:run-cell');
    };
    const first = runs();
    if (wait) {
        await first;
        // After a cell that failed, the kernel turns away for a moment what comes next: such a cell has no number.
        for (let tries = 0; nb.content.widgets[i].model.executionCount === null && tries < 50; tries++) {
            await new Promise(r => setTimeout(r, 20));
            await runs();
        }
        await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)));
    }
"""
)

IS_FREE = """base => {
    const shell = location.href.startsWith(`${base}/lab`) ? window.jupyterapp?.shell : null;
    return Boolean(shell) && [...shell.widgets('main')].every(widget => !widget.sessionContext);
}"""
OPEN = """async name => {
    const opened = await window.jupyterapp.commands.execute('docmanager:open', {path: name});
    await opened.context.ready;
    await opened.revealed;
    window.jupyterapp.shell.activateById(opened.id);
}"""
LEAVE = """async () => {
    const app = window.jupyterapp;
    if (!app?.shell || !location.pathname.startsWith('/lab')) return false;
    if (document.querySelector('.jp-Dialog, dialog[open]')) return false;
    for (const widget of [...app.shell.widgets('main')]) {
        widget.sessionContext?.shutdown().catch(() => null);  // a busy kernel takes its time
        widget.dispose();
    }
    return true;
}"""


def open_notebook(page: Page, base: str, name: str, app: str = "lab", *, theme: str = "") -> None:
    """Show a notebook; where the page has JupyterLab without one, it is not loaded anew."""
    if app == "lab" and page.evaluate(IS_FREE, base):
        page.evaluate(OPEN, name)
    else:
        path = {"lab": f"/lab/tree/{name}?reset", "notebook": f"/notebooks/{name}?"}[app]
        page.goto(f"{base}{path}&token={TOKEN}")
    ready(page)
    wanted = theme or ("JupyterLab Light" if app == "lab" else "")
    if wanted and wanted != page.evaluate("() => document.body.dataset.jpThemeName"):
        page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", wanted)
        page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=wanted)


def leave_no_notebook(page: Page) -> bool:
    """Close what is open in JupyterLab, without its asking, and end the kernels; `False` where that cannot be done."""
    return bool(page.evaluate(LEAVE))


def ready(page: Page) -> None:
    """Wait for the notebook and its kernel (also after a reload)."""
    page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.content?.widgets?.length")
    page.evaluate(
        "async () => {"
        + NOTEBOOK
        + """await window.jupyterapp.restored; await nb.context.ready; await nb.revealed; await nb.sessionContext.ready;
        await nb.sessionContext.session.kernel.info; }"""
    )


def cell(page: Page, index: int) -> Locator:
    return page.locator(".jp-NotebookPanel:visible .jp-CodeCell").nth(index)


def run(page: Page, index: int, *, wait: bool = True) -> Locator:
    page.evaluate("async ([i, wait]) => {" + RUN + "}", [index, wait])
    return cell(page, index)


def has_way_around(page: Page) -> None:
    """Wait until what widgets say can pass a busy cell: JupyterLab opens that way by itself, and tells nobody."""
    page.evaluate(
        "async () => {"
        + NOTEBOOK
        + """const kernel = nb.sessionContext.session.kernel; await kernel.info;
        const ways = kernel.supportsSubshells ? [...kernel._comms.values()].map(comm => comm.subshellStarted) : [];
        await Promise.all(ways); }"""
    )


def at_rest(page: Page) -> None:
    """Wait until nothing on the page is on its way to another look."""
    page.evaluate(
        """async () => {
            await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)));
            const ends = one => one.playState === 'running' && one.effect?.getComputedTiming().endTime < Infinity;
            await Promise.all(document.getAnimations().filter(ends).map(one => one.finished.catch(() => null)));
        }"""
    )


def restart_kernel(page: Page) -> None:
    page.evaluate("async () => {" + NOTEBOOK + " await nb.sessionContext.session.kernel.restart(); }")


def save(page: Page) -> None:
    page.evaluate("async () => {" + NOTEBOOK + " await nb.context.save(); }")


def interrupt(page: Page) -> None:
    page.evaluate("() => {" + NOTEBOOK + " return nb.sessionContext.session.kernel.interrupt(); }")


def shut_down_kernel(page: Page) -> None:
    page.evaluate("() => {" + NOTEBOOK + " return nb.sessionContext.shutdown(); }")


def output(page: Page, index: int) -> str:
    return cell(page, index).locator(".jp-Cell-outputArea").inner_text()


def saved_outputs(file: Path, index: int) -> list[dict[str, Any]]:
    """The outputs of one cell in the file on disk."""
    outputs: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))["cells"][index]["outputs"]
    return outputs
