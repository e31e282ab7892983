"""Completion: what is offered where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.core.models import ModelSpec
from ipyimagegen.core.params import Param, Params
from ipyimagegen.notebook.magic.commands import COMMANDS
from ipyimagegen.notebook.magic.complete import Sources, offer
from ipyimagegen.services.local.service import specs

SKETCH, CUTOUT = specs()


class Fixed:
    """Sources that know two models, three variables, two jobs, and what a journal and the services would add."""

    def models(self) -> Sequence[ModelSpec]:
        return (SKETCH, CUTOUT)

    def model(self, name: str) -> ModelSpec | None:
        return {"": SKETCH, SKETCH.id: SKETCH, CUTOUT.id: CUTOUT}.get(name)

    def names(self) -> Iterable[str]:
        return ("colour", "count", "photo")

    def pictures(self) -> Iterable[str]:
        return ("photo",)

    def jobs(self) -> Iterable[str]:
        return ("jabc", "jabd")

    def left(self) -> Iterable[str]:
        return ("jabd", "jold")

    def results(self) -> Iterable[str]:
        return ("jabc", "jpast")

    def services(self) -> Iterable[str]:
        return ("segmind", "speedpix")


def offered(text: str, sources: Sources | None = None) -> list[str] | None:
    """What is offered at the `|` in a cell."""
    before, _, after = text.partition("|")
    line, column = before.count("\n"), len(before) - before.rfind("\n") - 1
    found = offer(before + after, line, column, sources or Fixed())
    if found is None:
        return None
    assert before.endswith(found.fragment)
    return [name for name, _ in found.texts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%%imagegen |", ["local/sketch", "local/cutout"]),
        ("%%imagegen loc|", ["local/sketch", "local/cutout"]),
        ("%%imagegen local/s|\na fox", ["local/sketch"]),
        ("%%imagegen v << l|", ["local/sketch", "local/cutout"]),
        ("%%imagegen --bg |", ["local/sketch", "local/cutout"]),
        ("%%imagegen --seed 3 local/c|", ["local/cutout"]),
        ("%%imagegen local/sketch |", []),
        ("%%imagegen local/sketch --gui|", ["--guidance-scale"]),
        ("%%imagegen local/sketch --guidance_s|", ["--guidance-scale"]),
        ("%%imagegen --gui| local/sketch", ["--guidance-scale"]),
        ("%%imagegen --to| local/sketch", []),
        ("%%imagegen --to| local/cutout", ["--tolerance"]),
        ("%%imagegen --hol| local/cutout\n", ["--holes"]),
        ("%%imagegen --d|", ["--dry-run"]),
        ("%%imagegen local/sketch --style wat|", ["watercolor"]),
        ("%%imagegen local/sketch --style=wat|", ["watercolor"]),
        ("%%imagegen local/sketch --style WAT|", ["watercolor"]),
        ("%%imagegen local/cutout --holes=|", ["true", "false"]),
        ("%%imagegen local/sketch --seed |", []),
        ("%%imagegen local/sketch -o |", []),
        ("%%imagegen local/sketch -n |", []),
        ("%%imagegen local/sketch -p gui|", ["guidance_scale="]),
        ("%%imagegen local/sketch --prompt 'a |", []),
        ("%%imagegen local/sketch --sweep gui|", ["guidance_scale="]),
        ("%%imagegen local/sketch --sweep style=wat|", ["watercolor"]),
        ("%%imagegen local/sketch --sweep 'style=ink,wat|", ["watercolor"]),
        ("%%imagegen --sweep model=local/sketch,local/c|", ["local/cutout"]),
        ("%%imagegen --ex|", ["--expand"]),
        ("%%imagegen\na {co|", ["colour", "count"]),
        ("%%imagegen local/sketch --seed {co|", ["colour", "count"]),
        ("%%imagegen local/sketch -p {|", ["colour", "count", "photo"]),
        ("%%imagegen\na {|} b", ["colour", "count", "photo"]),
        ("%imagegen |", list(COMMANDS)),
        ("%imagegen mo|", ["models"]),
        ("%imagegen info local/c|", ["local/cutout"]),
        ("%imagegen cancel |", ["jabc", "jabd", "all"]),
        ("%imagegen config mod|", ["model="]),
        ("%imagegen jobs |", []),
        ("%imagegen jobs -|", []),
        ("%imagegen attach |", ["jabc", "jabd", "jold"]),
        ("%imagegen attach jo|", ["jold"]),
        ("%imagegen attach jold -|", ["-o", "--bg"]),
        ("%imagegen attach jold -o j|", []),
        ("%imagegen recall jp|", ["jpast"]),
        ("%imagegen recall jpast --|", ["--code", "--model"]),
        ("%imagegen recall jpast --code --model local/c|", ["local/cutout"]),
        ("%imagegen login s|", ["segmind", "speedpix"]),
        ("%imagegen login segmind --|", ["--keep"]),
        ("%imagegen logout se|", ["segmind"]),
        ("%imagegen xyz |", []),
        ("x = 1\n%imagegen inf|", ["info"]),
        ("for a in b:\n    %imagegen inf|", ["info"]),
    ],
)
def test_what_is_offered(text: str, expected: list[str]) -> None:
    assert offered(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "%%imagegen|",
        "%%imagege|",
        "%%imagegenx |",
        "import o|",
        "%%time\nimagegen lo|",
        "%%imagegen\na fo|",
        "%%imagegen\n{{co|",
        "%%imagegen\n{colour} |",
        "%imagegen|",
        "x = '%imagegen ' + |",
    ],
)
def test_other_places_are_left_to_ipython(text: str) -> None:
    assert offered(text) is None


def test_files_folders_and_variables_are_offered_for_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("fox.png", "fox two.JPG", "notes.txt", ".hidden.png"):
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "in.webp").touch()
    assert offered("%%imagegen --image |") == ["photo", "folder/", "'fox two.JPG'", "fox.png"]
    assert offered("%%imagegen --image=f|") == ["folder/", "'fox two.JPG'", "fox.png"]
    assert offered("%%imagegen --image folder/|") == ["folder/in.webp"]
    assert offered("%%imagegen --image nowhere/|") == []
    assert offered("%%imagegen --save |") == ["folder/"]


def test_choices_with_blanks_are_quoted() -> None:
    class Blank(Fixed):
        def model(self, name: str) -> ModelSpec | None:
            choice = Param(name="scheduler", kind="choice", choices=("DPM++ 2M", "Euler"))
            return ModelSpec(service="s", name="m", params=Params((choice,)))

    assert offered("%%imagegen s/m --scheduler |", Blank()) == ["'DPM++ 2M'", "Euler"]


def test_nothing_is_offered_while_the_model_is_not_known() -> None:
    assert offered("%%imagegen a/b --gui|") == []


@given(st.text(st.sampled_from("%imagegen -=lo/\n{}'\"\\<v"), max_size=30), st.booleans(), st.data())
def test_no_text_breaks_it(text: str, ours: bool, data: st.DataObject) -> None:  # noqa: FBT001 - drawn
    text = f"%%imagegen {text}" if ours else text
    lines = text.split("\n")
    line = data.draw(st.integers(0, len(lines) - 1))
    column = data.draw(st.integers(0, len(lines[line])))
    found = offer(text, line, column, Fixed())
    assert found is None or lines[line][:column].endswith(found.fragment)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%imagegen help prox|", ["proxies"]),
        ("%imagegen help hist|", ["history"]),
        ("%imagegen help local/sk|", ["local/sketch"]),
        ("%imagegen help ce|", ["cell"]),
    ],
)
def test_help_completes_pages_subcommands_and_models(text: str, expected: list[str]) -> None:
    assert expected == offered(text)
