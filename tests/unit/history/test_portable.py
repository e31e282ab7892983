"""What one machine exports another one reads; what anybody else wrote into an archive harms nobody."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import ipyimagegen as ig
from ipyimagegen.core.errors import InvalidInput, StorageError
from ipyimagegen.core.params import Change
from ipyimagegen.core.requests import InputFile
from ipyimagegen.history import portable
from ipyimagegen.history.recall import journal
from ipyimagegen.media.results import Result
from tests.unit.history.test_library import files, make
from tests.unit.media.samples import picture


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`here("b")`: from now on this is machine b."""

    def go(name: str) -> None:
        monkeypatch.setenv("IPYIMAGEGEN_HOME", str(tmp_path / name))

    go("a")
    return go


def fill() -> list[Result]:
    """Two results with everything that a result may have."""
    made = make("j1", "Eine Überraschung")
    changed = replace(made, changes=(Change(what="adjusted", name="steps", asked=400, sent=4, why="at most 4"),))
    journal().succeeded("j1", changed).result()
    make("j2", "a pier", replace(made.image, note="it is shy"), seed=8)
    edit = InputFile(filename="x.png", media_type="image/png", data=made.image.bytes, size=made.image.size)
    journal()._do(journal()._note_inputs, "j2", {"image": edit}).result()
    ig.history.star("j1")
    ig.history.tag("j1", "Meer")
    ig.history.note("j2", "for Zoë")
    return [journal().result("j2"), journal().result("j1")]


def test_another_machine_has_the_same_results_with_files_marks_and_records(
    here: Callable[[str], None], tmp_path: Path
) -> None:
    made = fill()
    path = ig.history.export(tmp_path / "folder" / "x.zip")
    here("b")
    assert ig.history.import_(path) == portable.Imported(jobs=2, files=2)
    assert ig.history.search() == made
    assert [result.image.bytes for result in ig.history.search()] == [result.image.bytes for result in made]
    assert [result.report for result in ig.history.search("uberraschung", tag="meer", starred=True)] == [made[1].report]
    assert [result.job_ids[0] for result in ig.history.search("zoe")] == ["j2"]
    assert [result.job_ids for result in ig.history.parents("j2")] == [("j1",)]
    assert ig.history.verify(contents=True).ok
    assert ig.history.import_(path) == portable.Imported(known=2)


def test_only_what_is_asked_for_is_exported(here: Callable[[str], None], tmp_path: Path) -> None:
    fill()
    path = ig.history.export(tmp_path / "x.zip", "pier")
    here("b")
    assert (ig.history.import_(path).jobs, ig.history.search()[0].prompt) == (1, "a pier")


def test_a_file_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    fill()
    (tmp_path / "x.zip").write_bytes(b"mine")
    with pytest.raises(StorageError, match="is there already"):
        ig.history.export(tmp_path / "x.zip")
    assert (tmp_path / "x.zip").read_bytes() == b"mine"


def test_no_receipt_goes_along(tmp_path: Path) -> None:
    fill()
    journal()._select("UPDATE jobs SET ticket = ?", json.dumps({"remote_id": "secret-id"}))
    with zipfile.ZipFile(ig.history.export(tmp_path / "x.zip")) as archive:
        assert b"secret-id" not in archive.read(portable.JOBS)


def rewritten(path: Path, change: Callable[[dict[str, Any]], Any], *, files: dict[str, bytes] | None = None) -> Path:
    """The archive with its first job changed, and files as given."""
    target = path.with_name("changed.zip")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as sink:
        for name in source.namelist():
            data = source.read(name)
            if name == portable.JOBS:
                lines = data.decode().splitlines()
                job = json.loads(lines[0])
                lines[0] = json.dumps(change(job) or job)
                data = "\n".join(lines).encode()
            sink.writestr(name, (files or {}).get(name, data))
    return target


def set_in(*places: Any) -> Callable[[dict[str, Any]], None]:
    *way, last, value = places

    def change(job: dict[str, Any]) -> None:
        inner: Any = job
        for place in way:
            inner = inner[place]
        inner[last] = value

    return change


HOSTILE = {
    "an id that is a path": set_in("row", "id", "../../x"),
    "an id that is none": set_in("row", "id", 3),
    "an open job": set_in("row", "phase", "queued"),
    "a time that is none": set_in("row", "created", "now"),
    "a time without end": set_in("row", "created", float("inf")),
    "a text that is none": set_in("row", "prompt", ["x"]),
    "parameters that are none": set_in("row", "sent", "[1]"),
    "a hash that is a path": set_in("outputs", 0, "sha256", "../" * 21 + "x"),
    "a size below nothing": set_in("outputs", 0, "size", -1),
    "outputs that are none": set_in("outputs", "x"),
    "inputs that are none": set_in("inputs", [3]),
    "an input whose hash is a path": set_in("inputs", 0, "sha256", "../x"),
    "no tags": lambda job: {key: value for key, value in job.items() if key != "tags"},
    "a list": lambda _: [1],
    "nested without end": set_in("row", "sent", "[" * 100_000),
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_a_job_that_is_not_as_it_should_be_is_left_out_and_named(
    here: Callable[[str], None], tmp_path: Path, change: Callable[[dict[str, Any]], Any]
) -> None:
    fill()
    path = rewritten(ig.history.export(tmp_path / "x.zip"), change)
    here("b")
    done = ig.history.import_(path)
    assert (done.jobs, len(done.problems)) == (1, 1)
    assert [result.job_ids for result in ig.history.search()] == [("j1",)]
    assert {entry.name for entry in tmp_path.iterdir()} == {"a", "b", "x.zip", "changed.zip"}


def test_a_file_that_is_another_or_missing_is_not_taken_in(here: Callable[[str], None], tmp_path: Path) -> None:
    (made, _) = fill()
    path = ig.history.export(tmp_path / "x.zip", "pier")
    name = f"files/{made.image.sha256[:2]}/{made.image.sha256}.png"
    for number, other in enumerate((picture(), made.image.bytes[:-1], made.image.bytes + b"x")):
        here(f"b{number}")
        done = ig.history.import_(rewritten(path, lambda _: None, files={name: other}))
        assert (done.jobs, done.files, len(done.problems)) == (1, 0, 1)
        assert ig.history.search()[0].image.error == "its file is not the one that it was"
        assert files() == set()


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"not a zip"])
def test_what_is_no_archive_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    with pytest.raises(InvalidInput, match="is no archive of a history"):
        ig.history.import_(path)


@pytest.mark.parametrize(
    ("about", "words"), [({}, "has no history.json"), ({"ipyimagegen_history": 99}, "newer version")]
)
def test_an_archive_of_another_kind_or_version_is_refused(tmp_path: Path, about: dict[str, Any], words: str) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(portable.MANIFEST, json.dumps(about))
    with pytest.raises(InvalidInput, match=words):
        ig.history.import_(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"cannot read .*missing\.zip"):
        ig.history.import_(tmp_path / "missing.zip")
