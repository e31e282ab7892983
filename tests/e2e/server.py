"""A Jupyter server and a Chromium, for the browser tests and the benchmarks."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from playwright.sync_api import Browser, sync_playwright

CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TOKEN = "e2e"
FOREIGN_ERRORS = re.compile(r"reading 'schema'|filebrowser:open-path")
"""What Notebook 7 logs by itself."""


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


@contextmanager
def jupyter_server(folder: Path) -> Iterator[str]:
    """The address of a `jupyter lab` server on `folder`; it serves Notebook 7 pages as well (`/notebooks/…`)."""
    port, home = free_port(), folder / ".home"
    env = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "run"),
        "IPYTHONDIR": str(home / "ipython"),
        "IPYIMAGEGEN_HOME": str(home / "ipyimagegen"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"]
    command += ["--ServerApp.ip=127.0.0.1", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder}"]
    command += ["--LabApp.expose_app_in_browser=True", "--JupyterNotebookApp.expose_app_in_browser=True"]
    command += ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    command += ["--LabApp.extension_manager=readonly", "--ServerApp.disable_check_xsrf=True"]
    # The kernel of a test that has ended goes soon: with all of them alive at once, they would take gigabytes.
    command += ["--MappingKernelManager.cull_idle_timeout=60", "--MappingKernelManager.cull_interval=20"]
    quiet = home / "settings" / "@jupyterlab" / "apputils-extension"
    quiet.mkdir(parents=True, exist_ok=True)
    (quiet / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}', "utf-8")
    patient = home / "settings" / "@jupyterlab" / "completer-extension"
    patient.mkdir(parents=True, exist_ok=True)  # the kernel's first completion may take longer than its second
    (patient / "manager.jupyterlab-settings").write_text('{"providerTimeout": 30000}', "utf-8")
    look = home / "config" / "labconfig"
    look.mkdir(parents=True, exist_ok=True)  # or each page starts Node.js, to ask whether JupyterLab can be built anew
    (look / "page_config.json").write_text('{"buildCheck": false, "buildAvailable": false}', "utf-8")
    log = folder / "server.log"
    with log.open("w") as sink:
        server = subprocess.Popen(command, env=env, stdout=sink, stderr=sink)
        base = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 60
        while not answers(f"{base}/api?token={TOKEN}"):
            if server.poll() is not None or time.monotonic() > deadline:
                server.kill()
                raise RuntimeError(log.read_text())
            time.sleep(0.1)
        try:
            yield base
        finally:
            end(server)


def end(server: subprocess.Popen[bytes]) -> None:
    """Let a server end its kernels; those of one that takes too long end by themselves when it is gone."""
    server.terminate()
    try:
        server.wait(30)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):  # noqa: S310 (our own server)
            return True
    except (OSError, urllib.error.URLError):
        return False


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, headless, driven by Playwright."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), headless=True, args=CHROMIUM_ARGS
        )
        yield browser
        browser.close()


def write_notebook(folder: Path, name: str, cells: list[str]) -> str:
    """A notebook with these code cells; returns its name."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(made, folder / name)
    return name
