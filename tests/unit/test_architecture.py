"""The layout is the architecture: import-linter keeps direction and circles, and third-party packages in their rooms.

Its contracts stand in `pyproject.toml`.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

import ipyimagegen

ROOT = Path(__file__).parents[2]
CORE = ROOT / "src" / "ipyimagegen" / "core"


def test_imports_keep_every_contract(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert EXIT_STATUS_SUCCESS == lint_imports(no_cache=True), capsys.readouterr().out


def test_the_core_knows_the_standard_library_only() -> None:
    foreign = {
        module.split(".")[0]
        for path in CORE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for module in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom) and not node.level
            else []
        )
    }
    assert set() == foreign - sys.stdlib_module_names


@pytest.mark.parametrize("heavy", ["IPython", "anywidget", "PIL", "httpx", "numpy", "asyncio"])
def test_importing_the_package_loads_nothing_heavy(heavy: str) -> None:
    code = f"import ipyimagegen, sys; raise SystemExit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_version_is_the_packages() -> None:
    assert ipyimagegen.__version__ == metadata.version("ipyimagegen")


def test_every_public_name_exists() -> None:

    assert [name for name in ipyimagegen.__all__ if not hasattr(ipyimagegen, name)] == []
