"""What contributors read is so: the rooms, the places and the names that it mentions exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ipyimagegen as ig

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "ipyimagegen"
CONTRIBUTING = (ROOT / ".github" / "CONTRIBUTING.md").read_text("utf-8")
CHANGELOG = (ROOT / ".github" / "CHANGELOG.md").read_text("utf-8")


def test_its_rooms_are_the_rooms() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}
    assert rooms == set(re.findall(r"^\| `([a-z]+)` \|", CONTRIBUTING, re.MULTILINE))


def test_every_place_that_it_names_is_there() -> None:
    named = re.findall(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:py|toml|md))`", CONTRIBUTING)
    places = [name for name in named if "NAME" not in name and "TOPIC" not in name and name != "service/name"]
    assert len(places) > 10
    missing = [
        place
        for place in places
        if not any((folder / place).exists() for folder in (ROOT, PACKAGE, *PACKAGE.glob("services/*")))
    ]
    assert [] == [place for place in missing if place != "mine/plasma"]


@pytest.mark.parametrize("text", [CONTRIBUTING, CHANGELOG], ids=["contributing", "changelog"])
def test_every_name_of_the_package_exists(text: str) -> None:
    assert [] == [name for name in re.findall(r"\big\.([A-Za-z_]+)", text) if not hasattr(ig, name)]
