"""Other hosts of our widgets than a notebook page: marimo and Voila, each serving one app."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .server import end, free_port

MARIMO = """\
import marimo
app = marimo.App()

@app.cell
def _():
    import marimo as mo
{body}
    mo.ui.anywidget(shown)
    return

if __name__ == "__main__":
    app.run()
"""


@contextmanager
def marimo(folder: Path, body: str) -> Iterator[str]:
    """The address of an app that shows the widget which `body` calls `shown`."""
    (folder / "app.py").write_text(MARIMO.format(body=textwrap.indent(body, "    ")))
    port = free_port()
    command = [sys.executable, "-m", "marimo", "run", "app.py", "--headless", "--no-token", f"--port={port}"]
    with _serving(command, port, folder) as url:
        yield url


@contextmanager
def voila(folder: Path, notebook: Path) -> Iterator[str]:
    """The address of a notebook that is run and shown as a page."""
    port = free_port()
    command = [sys.executable, "-m", "voila", str(notebook), "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"]
    with _serving(command, port, folder) as url:
        yield url


@contextmanager
def _serving(command: list[str], port: int, folder: Path) -> Iterator[str]:
    env = {**os.environ, "IPYIMAGEGEN_HOME": str(folder / "home"), "JUPYTER_RUNTIME_DIR": str(folder / "run")}
    with (folder / "host.log").open("w") as sink:
        server = subprocess.Popen(command, env=env, cwd=folder, stdout=sink, stderr=sink)
        try:
            deadline = time.monotonic() + 120
            while not _listens(port):
                if server.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((folder / "host.log").read_text())
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            end(server)


def _listens(port: int) -> bool:
    with socket.socket() as knock:
        return knock.connect_ex(("127.0.0.1", port)) == 0
