"""Every keyword goes to the model as it is, but for pictures and files, which Segmind cannot reach here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ipyimagegen.core.errors import InvalidInput
from ipyimagegen.core.requests import InputFile
from ipyimagegen.gateway.work import flat_png
from ipyimagegen.services.kit.inputs import files_in, replaced, with_files
from ipyimagegen.services.segmind.api import PROMISE

PICTURE = flat_png(8, 8)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cat.png").write_bytes(PICTURE)
    (tmp_path / "notes.png").write_text("private")
    (tmp_path / "castle").mkdir()
    return tmp_path


def sent(params: dict[str, Any]) -> dict[str, Any]:
    """What is sent, with the names of files in place of their addresses."""
    body = with_files(params, PROMISE)
    sent: dict[str, Any] = replaced(body, {id(file): f"<{file.filename}>" for file in files_in(body)})
    return sent


@pytest.mark.parametrize("name", ["image", "mask", "init_image", "face_image", "IMAGE"])
@pytest.mark.parametrize("form", [str, "./{}".format, Path, lambda name: Path(name).absolute().as_uri()])
def test_a_path_under_a_pictures_name_is_that_picture(name: str, form: Any) -> None:
    assert sent({name: form("cat.png")}) == {name: "<cat.png>"}


def test_pictures_are_found_in_lists_and_objects() -> None:
    given = {"images": ["cat.png", PICTURE], "control": {"image": Path("cat.png"), "prompt": "cat.png"}}
    expected = {"images": ["<cat.png>", "<file.png>"], "control": {"image": "<cat.png>", "prompt": "cat.png"}}
    assert expected == sent(given)


@pytest.mark.parametrize("text", ["https://far.example/a.png", "data:image/png;base64,AAAA", "castle", "notes.png", ""])
def test_other_texts_stay_as_they_are_under_every_name(text: str) -> None:
    assert sent({"image": text, "prompt": text}) == {"image": text, "prompt": text}


@pytest.mark.parametrize("name", ["prompt", "negative_prompt", "text", "lora", "style"])
@pytest.mark.parametrize("text", ["cat.png", "./cat.png", "./no-such.png"])
def test_a_prompt_never_sends_a_file(name: str, text: str) -> None:
    assert sent({name: text}) == {name: text}


@pytest.mark.parametrize("text", ["./no-such.png", "cat-2.png", "file:///no/such.png"])
def test_a_picture_that_is_not_there_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="image: no file"):
        sent({"image": text})


def test_an_upload_goes_in_by_its_address() -> None:
    class Uploaded:
        url = "https://far.example/a.png"

    given = {"image": Uploaded(), "mask": InputFile(filename="a.png", media_type="", url=Uploaded.url)}
    assert sent(given) == {"image": Uploaded.url, "mask": Uploaded.url}
