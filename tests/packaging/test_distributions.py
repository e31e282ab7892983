"""The sdist and the wheel, made as a user's installer would make them: the wheel from the sdist."""

import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from configparser import ConfigParser
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WIDGETS = sorted(folder.name for folder in (ROOT / "js" / "src" / "widgets").iterdir() if folder.is_dir())
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
# In pieces, so that a search of the repository for these hosts finds nothing.
HOSTS = [b".".join(pieces) for pieces in ((b"registry", b"npmjs", b"org"), (b"files", b"pythonhosted", b"org"))]
HOME = re.compile(rb"(?<![\w.])/(?:home|root|Users)/\w")


@dataclass(frozen=True)
class Distribution:
    """The files of a package file: path inside it -> bytes."""

    name: str
    files: dict[str, bytes]

    def names(self) -> set[str]:
        return set(self.files)


def read_sdist(path: Path) -> Distribution:
    with tarfile.open(path) as archive:
        members = [member for member in archive.getmembers() if member.isfile()]
        files = {member.name.split("/", 1)[1]: archive.extractfile(member).read() for member in members}  # type: ignore[union-attr]
    return Distribution(path.name, files)


def read_wheel(path: Path) -> Distribution:
    with zipfile.ZipFile(path) as archive:
        return Distribution(path.name, {name: archive.read(name) for name in archive.namelist()})


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with both, built in this environment (it has hatchling and Node.js): nothing is fetched."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def sdist(built) -> Distribution:
    return read_sdist(next(built.glob("*.tar.gz")))


@pytest.fixture(scope="module")
def wheel(built) -> Distribution:
    return read_wheel(next(built.glob("*.whl")))


@pytest.fixture(params=["sdist", "wheel"])
def distribution(request):
    return request.getfixturevalue(request.param)


def test_the_wheel_runs_on_every_platform(wheel):
    assert wheel.name.endswith("-py3-none-any.whl")


@pytest.mark.parametrize("widget", WIDGETS)
def test_every_widget_has_its_bundle(sdist, wheel, widget):
    for extension in ("js", "css"):
        assert wheel.files[f"ipyimagegen/static/{widget}.{extension}"]
        assert sdist.files[f"src/ipyimagegen/static/{widget}.{extension}"]


def test_the_bundles_are_those_of_these_sources(wheel):
    budgets = json.loads((ROOT / "js" / "budgets.json").read_text(encoding="utf-8"))
    assert set(WIDGETS) == set(budgets)
    assert [] == [name for name in WIDGETS if len(wheel.files[f"ipyimagegen/static/{name}.js"]) > budgets[name]["js"]]


def test_the_wheel_is_typed_and_carries_the_contracts(wheel):
    folder = "ipyimagegen/notebook/widgets/contract"
    contracts = {f"{folder}/{path.name}" for path in (ROOT / "src" / folder).glob("*.json")}
    assert len(contracts) >= 4
    assert {"ipyimagegen/py.typed", *contracts} <= wheel.names()


def test_the_wheel_carries_the_example_notebooks(wheel):
    assert NOTEBOOKS
    assert {f"ipyimagegen/notebook/examples/{name}" for name in NOTEBOOKS} <= wheel.names()


def test_the_wheel_carries_the_help_and_the_protocols(wheel):
    pages = [path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src").rglob("*.md")]
    assert {"ipyimagegen/help/files.md", "ipyimagegen/services/segmind/PROTOCOL.md"} <= set(pages)
    assert [] == [page for page in pages if page not in wheel.names()]


def test_the_sdist_can_be_built_from(sdist):
    needed = {"pyproject.toml", "hatch_build.py", "LICENSE", "README.md", "js/build.mjs", "js/package-lock.json"}
    assert needed <= sdist.names()


def test_every_module_is_in_the_wheel(wheel):
    modules = (ROOT / "src" / "ipyimagegen").rglob("*.py")
    assert [] == [str(path) for path in modules if path.relative_to(ROOT / "src").as_posix() not in wheel.names()]


def test_nothing_comes_along_by_accident(distribution):
    strays = ("node_modules/", "__pycache__/", ".ipynb_checkpoints/", "/demo/dist/", ".venv/", ".egg-info/")
    assert [] == [name for name in distribution.names() if any(stray in f"/{name}" for stray in strays)]


def test_no_file_names_a_folder_of_the_machine_it_was_made_on(distribution):
    here = str(ROOT).encode() + b"/"
    assert [] == [name for name, data in distribution.files.items() if here in data or HOME.search(data)]


@pytest.mark.parametrize("host", HOSTS)
def test_no_file_names_a_package_host(distribution, host):
    assert [] == [name for name, data in distribution.files.items() if host in data]


def test_the_entry_points_lead_to_modules_of_the_wheel(wheel):
    text = next(data for name, data in wheel.files.items() if name.endswith(".dist-info/entry_points.txt"))
    entries = ConfigParser()
    entries.read_string(text.decode())
    targets = [value for section in entries.sections() for _, value in entries.items(section)]
    modules = [target.split(":")[0].replace(".", "/") for target in targets]
    assert modules
    assert [] == [module for module in modules if not {f"{module}.py", f"{module}/__init__.py"} & wheel.names()]


def test_the_metadata_says_what_the_package_is(wheel):
    text = next(data for name, data in wheel.files.items() if name.endswith(".dist-info/METADATA"))
    metadata = Parser().parsestr(text.decode())
    assert metadata["Name"] == "ipyimagegen"
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert metadata["Requires-Python"] == ">=3.11"
    assert {"lab", "gateway", "keyring", "test", "dev"} == set(metadata.get_all("Provides-Extra", []))
