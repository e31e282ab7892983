"""`Gallery("folder/*.png")`: files of any tool with what they say, and what cannot be read said in its place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ipyimagegen.core.errors import InvalidInput
from ipyimagegen.media.results import Result
from ipyimagegen.notebook.widgets.gallery.files import means_files
from ipyimagegen.notebook.widgets.gallery.items import described, entries
from ipyimagegen.notebook.widgets.gallery.widget import Gallery
from tests.unit.media.foreign import INFOTEXT, png_with


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a picture of the web UI, an older one that says nothing, a damaged one and a text."""
    monkeypatch.chdir(tmp_path)
    made = tmp_path / "out"
    made.mkdir()
    (made / "told.png").write_bytes(png_with({"parameters": INFOTEXT}))
    (made / "plain.png").write_bytes(png_with({}))
    (made / "broken.png").write_bytes(b"<html>not found</html>")
    (made / "notes.txt").write_text("no picture")
    for number, name in enumerate(("plain.png", "broken.png", "told.png")):
        os.utime(made / name, (1_700_000_000 + number, 1_700_000_000 + number))
    return made


def names(gallery: Gallery) -> list[str]:
    return [one.filename for result in gallery.results for one in result.artifacts]


@pytest.mark.parametrize("given", ["out/", "out/*", "**/*.png"])
def test_folders_and_patterns_show_their_pictures(folder: Path, given: str) -> None:
    assert names(Gallery(given)) == ["plain.png", "broken.png", "told.png"]
    assert names(Gallery(folder)) == ["plain.png", "broken.png", "told.png"]


def test_a_list_of_paths_keeps_its_order_and_may_hold_results(folder: Path) -> None:
    first = Gallery(folder / "told.png").results[0]
    assert names(Gallery([folder / "plain.png", first, "out/told.png"])) == ["plain.png", "told.png", "told.png"]


def test_pictures_carry_what_their_files_say(folder: Path) -> None:
    artifact = Gallery("out/told.png").results[0].artifacts[0]
    told = described(entries([artifact], now=0)[0], starred=False)
    assert (told["prompt"], told["seed"], told["key"]) == ("a lighthouse at dusk", "42", "")
    assert artifact.record.sent["num_inference_steps"] == 20
    assert artifact.save(folder.parent / "copy.png").read_bytes() == (folder / "told.png").read_bytes()


def test_what_cannot_be_read_is_said_in_its_place(folder: Path) -> None:
    errors = [result.artifacts[0].error for result in Gallery(["out/broken.png", "out/gone.png"]).results]
    assert errors[0].startswith("broken.png: ")
    assert "text/html" in errors[0]
    assert errors[1] == "gone.png: there is no such file"


def test_a_place_without_pictures_is_refused(folder: Path) -> None:
    (folder / "empty").mkdir()
    for given in ("out/empty/", "out/*.tiff", folder / "empty"):
        with pytest.raises(InvalidInput, match="there is no picture"):
            Gallery(given)


def test_words_are_looked_for_in_the_history(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def search(query: str, *, limit: int) -> list[Result]:
        asked.append(query)
        return []

    monkeypatch.setattr("ipyimagegen.notebook.widgets.gallery.widget.search", search)
    for query in ("out", "a red fox", "local/sketch", ""):
        Gallery(query)
    assert asked == ["out", "a red fox", "local/sketch", ""]
    assert means_files("./out")
    assert means_files("out/empty") is False
