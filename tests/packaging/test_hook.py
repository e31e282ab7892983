"""When the build hook builds, and with what."""

import os
import subprocess
from pathlib import Path

import pytest

from hatch_build import NODE_WHEEL, BundleHook, NodeTools, node_tools, system_node

WIDGET = "job_view"


@pytest.fixture
def project(tmp_path):
    """The files that the hook looks at; every source is older than the bundle."""
    sources = ["build.mjs", "budgets.json", "package.json", "package-lock.json", "tsconfig.json"]
    files = [f"js/{name}" for name in sources]
    files += [f"js/src/widgets/{WIDGET}/index.tsx", f"src/ipyimagegen/notebook/widgets/contract/{WIDGET}.json"]
    bundle = tmp_path / f"src/ipyimagegen/static/{WIDGET}.js"
    for at, path in [*((1_000, tmp_path / name) for name in files), (2_000, bundle)]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (at, at))
    return tmp_path


def hook(root: Path, target: str = "wheel") -> BundleHook:
    return BundleHook(str(root), {}, None, None, str(root / "dist"), target)  # type: ignore[arg-type]


@pytest.fixture
def no_node(monkeypatch):
    monkeypatch.setenv("IPYIMAGEGEN_NODE", "wheel")


def touch(path: Path) -> None:
    os.utime(path, (3_000, 3_000))


@pytest.mark.usefixtures("no_node")
class TestWithoutNode:
    def test_fresh_bundles_ask_for_nothing(self, project):
        assert [] == hook(project).dependencies()

    @pytest.mark.parametrize(
        "source",
        [
            f"js/src/widgets/{WIDGET}/index.tsx",
            "js/package-lock.json",
            f"src/ipyimagegen/notebook/widgets/contract/{WIDGET}.json",
        ],
    )
    def test_a_newer_source_asks_for_node(self, project, source):
        touch(project / source)
        assert [NODE_WHEEL] == hook(project).dependencies()

    def test_a_widget_without_a_bundle_asks_for_node(self, project):
        (project / "js/src/widgets/new").mkdir()
        assert [NODE_WHEEL] == hook(project).dependencies()

    def test_an_sdist_is_taken_as_it_is(self, project):
        touch(project / "js/build.mjs")
        (project / "PKG-INFO").touch()
        assert [] == hook(project).dependencies()

    def test_the_wheel_s_node_is_used(self):
        tools = node_tools()
        told = subprocess.run([*tools.npm, "--version"], capture_output=True, text=True, check=True, env=tools.env())
        assert told.stdout.strip()[0].isdigit()


@pytest.mark.parametrize(
    ("version", "usable"), [("v20.0.0", True), ("v24.1.0", True), ("v18.20.1", False), ("?", False)]
)
def test_a_node_on_path_must_be_recent(monkeypatch, version, usable):
    monkeypatch.delenv("IPYIMAGEGEN_NODE", raising=False)
    monkeypatch.setattr("hatch_build.shutil.which", lambda name: f"/bin/{name}")
    answer = subprocess.CompletedProcess([], 0, stdout=f"{version}\n")
    monkeypatch.setattr("hatch_build.subprocess.run", lambda *_, **__: answer)
    assert (NodeTools(("/bin/node",), ("/bin/npm",)) if usable else None) == system_node()


@pytest.mark.parametrize(
    ("target", "version", "packed"), [("wheel", "standard", 1), ("wheel", "editable", 0), ("sdist", "standard", 0)]
)
def test_only_a_standard_wheel_carries_the_notebooks(project, target, version, packed):
    (project / "notebooks").mkdir()
    for name in ("01-quickstart.ipynb", "left-by-a-run.png"):
        (project / "notebooks" / name).touch()
    data: dict[str, dict[str, str]] = {"force_include": {}}
    hook(project, target).initialize(version, data)
    assert packed == len(data["force_include"])
