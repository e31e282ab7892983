"""The layout is the architecture: imports run one way, and third-party packages stay in their rooms."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib import metadata
from pathlib import Path

import pytest

import ipyimagegen

SRC = Path(__file__).parents[2] / "src" / "ipyimagegen"
FLOORS = [
    {"core"},
    {"media", "runtime"},
    {"net", "engine"},
    {"settings"},
    {"history"},
    {"services"},
    {"jobs"},
    {"experiments"},
    {"notebook", "gateway"},
    {"api"},
    {"cli"},
    {"__main__", "__init__"},
]
"""From the ground up: a room may import from its own floor's own room, and from every floor below."""
UPWARD = {("api", "notebook")}
ROOMS = {
    "httpx": {"net", "services"},
    "PIL": {"media", "engine", "services", "gateway"},
    "numpy": {"media", "experiments", "engine", "services", "gateway"},
    "IPython": {"notebook"},
    "anywidget": {"notebook"},
    "ipywidgets": {"notebook"},
    "traitlets": {"notebook"},
    "nest_asyncio": {"notebook"},
    "starlette": {"gateway"},
    "uvicorn": {"gateway"},
}
"""Where each third-party package may be imported."""
WITHOUT_CIRCLES = ("core", "net", "settings", "engine", "history", "services", "jobs", "experiments", "gateway")
"""Rooms in which imports run one way from module to module too, those for types included."""


def room(path: Path) -> str:
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, absolute; relative ones resolved within the package."""
    package = ("ipyimagegen", *path.relative_to(SRC).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *(node.module.split(".") if node.module else ())))
            yield from (f"{module}.{alias.name}" for alias in node.names)


FILES = sorted(SRC.rglob("*.py"))


def test_every_room_stands_on_a_floor() -> None:
    assert {room(path) for path in FILES} - set().union(*FLOORS) == set()


def test_imports_run_down_only() -> None:
    floor = {name: level for level, names in enumerate(FLOORS) for name in names}
    wrong = []
    for path in FILES:
        here = room(path)
        for module in imports(path):
            parts = module.split(".")
            if parts[0] != "ipyimagegen" or here == "__init__":
                continue
            there = parts[1] if len(parts) > 1 and parts[1] in floor else "__init__"
            if there != here and floor[there] >= floor[here] and (here, there) not in UPWARD:
                wrong.append(f"{path.relative_to(SRC)} imports {module}")
    assert wrong == []


def modules(path: Path) -> set[Path]:
    """The files of this package that a file imports."""
    found = set()
    for module in imports(path):
        parts = module.split(".")[1:] if module.startswith("ipyimagegen.") else []
        places = [SRC.joinpath(*parts), SRC.joinpath(*parts[:-1])] if parts else []
        files = (file for place in places for file in (place.with_suffix(".py"), place / "__init__.py"))
        found.add(next((file for file in files if file in FILES), path))
    return found - {path}


@pytest.mark.parametrize("name", WITHOUT_CIRCLES)
def test_modules_of_a_room_import_each_other_one_way(name: str) -> None:
    order = TopologicalSorter({path: modules(path) for path in FILES if room(path) == name})
    try:
        order.prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(str(path.relative_to(SRC)) for path in error.args[1]))


def test_third_party_packages_stay_in_their_rooms() -> None:
    wrong = [
        f"{path.relative_to(SRC)} imports {module}"
        for path in FILES
        for module in imports(path)
        if (allowed := ROOMS.get(module.split(".")[0])) is not None and room(path) not in allowed
    ]
    assert wrong == []


def test_the_core_knows_the_standard_library_only() -> None:
    foreign = {
        module.split(".")[0]
        for path in FILES
        if room(path) == "core"
        for module in imports(path)
        if module.split(".")[0] not in sys.stdlib_module_names
    }
    assert foreign == {"ipyimagegen"}


@pytest.mark.parametrize("heavy", ["IPython", "anywidget", "PIL", "httpx", "numpy", "asyncio"])
def test_importing_the_package_loads_nothing_heavy(heavy: str) -> None:
    code = f"import ipyimagegen, sys; raise SystemExit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_version_is_the_packages() -> None:
    assert ipyimagegen.__version__ == metadata.version("ipyimagegen")


def test_every_public_name_exists() -> None:

    assert [name for name in ipyimagegen.__all__ if not hasattr(ipyimagegen, name)] == []
