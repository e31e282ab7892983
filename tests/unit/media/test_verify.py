"""Half a picture is an error; a whole one that cannot be shown is kept and saved. Nothing that was paid is lost."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

from ipyimagegen.core.errors import MediaError
from ipyimagegen.core.events import Event, Output, Succeeded
from ipyimagegen.core.requests import Request, Ticket
from ipyimagegen.history import Journal
from ipyimagegen.media.artifacts import Payload, check_payload, make_artifact
from ipyimagegen.media.results import Result
from ipyimagegen.media.verify import is_whole
from tests.unit.history.test_journal import SMALL, Paid, client_with
from tests.unit.media.samples import picture, png_claiming, with_chunk

WHOLE_BY_ITSELF = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp")


def with_wrong_checksum(kind: bytes, png: bytes) -> bytes:
    at = png.index(kind) + 4 + int.from_bytes(png[png.index(kind) - 4 : png.index(kind)], "big")
    return png[:at] + bytes([png[at] ^ 1]) + png[at + 1 :]


LONG = with_chunk(picture(), b"zTXt", b"parameters\0\0" + zlib.compress(bytes(2_000_000)))
WRONG = with_wrong_checksum(b"tEXt", with_chunk(picture(), b"tEXt", b"Comment\0a lighthouse"))
UNSHOWN = {"too many pixels": png_claiming(12_000, 12_000), "a long text": LONG, "a wrong checksum": WRONG}


@pytest.mark.parametrize("data", UNSHOWN.values(), ids=UNSHOWN)
def test_a_whole_picture_that_cannot_be_opened_is_kept_as_it_is_and_says_why(data: bytes, tmp_path: Path) -> None:
    made = make_artifact(Payload(data=data), Output(data=data))
    assert (made.error, made.bytes, made.size, made.media_type) == ("", data, len(data), "image/png")
    assert made.note
    assert made.is_picture
    assert data == made.save(tmp_path / "x.png", metadata="none").read_bytes()
    (text,), _ = [list(part.values()) for part in made._repr_mimebundle_()]
    assert "cannot be shown: " in text
    with pytest.raises(MediaError):
        made.pil  # noqa: B018
    assert check_payload(Payload(data=data), "image/png") == "image/png"


def test_its_size_in_pixels_is_told_where_the_header_tells_it() -> None:
    for size, data in (((12_000, 12_000), UNSHOWN["too many pixels"]), ((24, 16), WRONG)):
        made = make_artifact(Payload(data=data), Output(data=data))
        assert size == (made.width, made.height)


def test_a_claim_is_not_unpacked_where_only_the_beginning_is_looked_at() -> None:
    data = png_claiming(12_000, 12_000)
    assert "12,000×12,000" in make_artifact(Payload(data=data), Output(data=data), verify=False).note


@pytest.mark.parametrize("media_type", WHOLE_BY_ITSELF)
def test_a_picture_is_whole_at_its_last_byte_and_at_none_before(media_type: str) -> None:
    data = picture(media_type)
    assert [] == [end for end in range(len(data) - 8) if is_whole(data[:end])]
    assert is_whole(data)
    assert is_whole(data + b"\0\0")


def test_pixels_with_a_wrong_checksum_are_no_whole_picture() -> None:
    assert not is_whole(with_wrong_checksum(b"IDAT", picture()))


def test_a_small_picture_within_a_jpeg_does_not_make_it_whole() -> None:
    inner = picture("image/jpeg", 8, 8)
    data = picture("image/jpeg")
    outer = data[:2] + b"\xff\xe1" + struct.pack(">H", len(inner) + 2) + inner + data[2:]
    assert (is_whole(outer), is_whole(outer[:-20])) == (True, False)


class Answering(Paid):
    """A service whose output is what the test says."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.data = data

    async def submit(self, request: Request) -> Ticket:
        return Ticket(service="local", model="sketch", remote_id="r1")

    async def follow(self, ticket: Ticket):
        event: Event = Succeeded(outputs=(Output(data=self.data, media_type="image/png"),))
        yield event

    async def fetch(self, output: Output) -> Payload:
        return Payload(data=output.data)


def ran(data: bytes, home: Path) -> tuple[Result, Result]:
    """The result of a paid call, and what another kernel finds of it."""
    made = client_with(Journal(home), Answering(data)).run("local/sketch", prompt="x", **SMALL)
    (found,) = Journal(home).results()
    return made, found


@pytest.mark.parametrize("data", UNSHOWN.values(), ids=UNSHOWN)
def test_one_that_was_paid_is_found_again_with_its_bytes_and_the_reason(data: bytes, tmp_path: Path) -> None:
    for result in ran(data, tmp_path / "home"):
        assert (result.image.bytes, bool(result.image.note)) == (data, True)
        assert "unshown " in result.report
        assert data == result.save(tmp_path / "out", metadata="none")[0].read_bytes()
        assert "cannot be shown" in result._repr_mimebundle_()[0]["text/plain"]


@pytest.mark.parametrize(
    "data", [picture()[:-40], b"\x8a\x91\x17 of a kind that nobody knows yet"], ids=["half", "new"]
)
def test_what_is_damaged_or_unknown_stays_an_error_and_is_kept_as_it_came(data: bytes, tmp_path: Path) -> None:
    for result in ran(data, tmp_path / "home"):
        artifact = result.artifacts[0]
        with pytest.raises(MediaError, match=r"artifact\.received is what came"):
            artifact.bytes  # noqa: B018
        assert (artifact.received, "damaged" in repr(artifact)) == (data, True)


def test_a_page_in_a_pictures_place_is_not_kept(tmp_path: Path) -> None:
    made, found = ran(b"<!doctype html><title>Sign in</title>", tmp_path / "home")
    assert [0, 0] == [made.artifacts[0].size, found.artifacts[0].size]
    with pytest.raises(MediaError):
        made.artifacts[0].received  # noqa: B018


def test_a_fault_of_ours_at_one_picture_costs_no_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr("ipyimagegen.services.kit.collect.make_artifact", fails)
    artifact = (
        client_with(Journal(tmp_path / "home"), Answering(picture()))
        .run("local/sketch", prompt="x", **SMALL)
        .artifacts[0]
    )
    assert (picture(), "too deep") == (artifact.received, artifact.error)
