"""Every hosted service: pictures go in, in any form; words stay words."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ipyimagegen.core.errors import InvalidInput
from ipyimagegen.gateway import Gateway
from ipyimagegen.gateway.work import flat_png
from ipyimagegen.jobs.client import Client

from .worlds import World

PICTURE = flat_png(64, 64, grey=7)
SECRET = "the words of a private letter"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "castle.png").write_bytes(PICTURE)
    (tmp_path / "letter.txt").write_text(SECRET)
    return tmp_path


@pytest.mark.parametrize("form", ["text", "Path", "bytes", "file", "PIL"])
def test_a_picture_arrives_whole(pictured: World, client: Client, gateway: Gateway, here: Path, form: str) -> None:
    given: dict[str, Any] = {
        "text": "./castle.png",
        "Path": Path("castle.png"),
        "bytes": PICTURE,
        "file": io.BytesIO(PICTURE),
        "PIL": Image.open(io.BytesIO(PICTURE)),
    }
    client.run(f"{pictured.service}/{pictured.from_picture}", image=given[form], **pictured.params)
    sent = gateway.jobs()[0].order.image
    assert sent is not None
    pixels = Image.open(io.BytesIO(sent))
    assert ((64, 64), 7) == (pixels.size, pixels.convert("L").getpixel((0, 0)))
    assert form == "PIL" or sent == PICTURE


def test_a_picture_that_is_not_there_is_refused_before_anything_is_sent(
    pictured: World, client: Client, gateway: Gateway, here: Path
) -> None:
    with pytest.raises(InvalidInput, match="castel"):
        client.run(f"{pictured.service}/{pictured.from_picture}", image="./castel.png", **pictured.params)
    assert gateway.requests.of(pictured.service, pictured.submit) == []


@pytest.mark.parametrize(
    "prompt", ["castle.png", "./castle.png", "letter.txt", "./letter.txt", "~", "photorealistic12"]
)
def test_a_prompt_never_uploads_a_file(
    hosted: World, client: Client, gateway: Gateway, here: Path, prompt: str
) -> None:
    client.run(hosted.name, **{**hosted.params, "prompt": prompt})
    assert prompt == gateway.jobs()[0].order.prompt
    assert gateway.requests.of("files", "upload") == []
    assert all(SECRET.encode() not in record.body for record in gateway.requests)
