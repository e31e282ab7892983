"""The account's side: what is asked where, on Segmind's own hosts and behind one base URL."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import ipyimagegen
from ipyimagegen.core.errors import InvalidInput, MissingKey, SubmitUnknown
from ipyimagegen.net.http import Http
from ipyimagegen.net.secrets import Secret
from ipyimagegen.services import inferencesh, openpixels, segmind, speedpix
from ipyimagegen.services.segmind import SegmindClient, SegmindError
from tests.unit.net.virtual import EvenClock

BASE = "https://segmind.example"


@pytest.fixture
def asked() -> list[httpx.Request]:
    return []


@pytest.fixture
def client(asked: list[httpx.Request]) -> SegmindClient:
    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"ok": True})

    made = SegmindClient("SG_key", BASE)
    made._api.http = Http("segmind", BASE, transport=httpx.MockTransport(answer), clock=EvenClock())
    return made


CALLS: tuple[tuple[Callable[[SegmindClient], Any], str, str, Any], ...] = (
    (lambda c: c.accounts.current(), "GET", "/api/auth/authenticate", None),
    (lambda c: c.finetune.list(), "GET", "/finetune/request/list", None),
    (lambda c: c.finetune.details("r"), "GET", "/finetune/request/details", {"request_id": "r"}),
    (lambda c: c.finetune.upload_presigned_url("n"), "GET", "/finetune/request/upload/pre-signed-url", {"name": "n"}),
    (lambda c: c.finetune.access_update("r", segmind_public=True), "PUT", "/finetune/request/access-update", None),
    (lambda c: c.finetune.file_download("s3://x"), "GET", "/finetune/request/file/download", None),
    (
        lambda c: c.webhooks.add("https://h.example", "PIXELFLOW"),
        "POST",
        "/webhook/add",
        {"webhook_url": "https://h.example", "event": {"types": ["PIXELFLOW"]}},
    ),
    (
        lambda c: c.webhooks.update("w", "https://h.example", ("A", "B")),
        "POST",
        "/webhook/update",
        {"webhook_id": "w", "webhook_url": "https://h.example", "event": {"types": ["A", "B"]}},
    ),
)


@pytest.mark.parametrize(("call", "method", "path", "body"), CALLS)
def test_each_call_asks_what_is_documented(
    client: SegmindClient, asked: list[httpx.Request], call: Any, method: str, path: str, body: Any
) -> None:
    call(client)
    (request,) = asked
    assert (method, path) == (request.method, request.url.path)
    if body is not None:
        assert body == json.loads(request.content)


@pytest.mark.parametrize("events", [[], "", None, [""], [7], 7])
def test_a_webhook_without_events_is_refused(client: SegmindClient, asked: list[httpx.Request], events: Any) -> None:
    for call in (lambda: client.webhooks.add("https://h", events), lambda: client.webhooks.update("w", "h", events)):
        with pytest.raises(InvalidInput, match="event_types"):
            call()
    assert [] == asked


def test_a_training_is_submitted_once(client: SegmindClient) -> None:
    sent: list[httpx.Request] = []

    def lost(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        raise httpx.ReadError("gone")

    client._api.http = Http("segmind", BASE, transport=httpx.MockTransport(lost), clock=EvenClock())
    with pytest.raises(SubmitUnknown):
        client.finetune.submit("n", "s3://x", "p", "w", "b", "t", "m", theme="x")
    assert {"name": "n", "theme": "x"}.items() <= json.loads(sent[0].content).items()
    assert 1 == len(sent)


def test_keys_are_attributes_that_do_not_show_themselves() -> None:
    shown = SegmindClient("SG_key", BASE, timeout=12.0)
    other = speedpix.Client("app-key", "app-secret", BASE)
    assert (Secret("SG_key"), 12.0) == (shown.api_key, shown.timeout)
    assert (Secret("app-key"), Secret("app-secret")) == (other.app_key, other.app_secret)
    assert "SG_key" not in f"{shown.api_key}{shown.api_key!r}{shown!r}{other.app_key}{other!r}"


@pytest.mark.parametrize(
    ("surface", "body"),
    [
        (segmind, {"request_id": "r", "status": "COMPLETED", "output": "https://h.example/a.png"}),
        (speedpix, {"taskId": "r", "status": "succeeded", "result": {"images": "https://h.example/a.png"}}),
        (inferencesh, {"id": "r", "status": 9, "output": {"image": "https://h.example/a.png"}}),
        (openpixels, {"type": "result", "id": "r", "status": "complete", "data": {"url": "https://h.example/a.png"}}),
    ],
)
def test_every_surface_has_a_version_and_reads_its_webhooks(surface: Any, body: dict[str, Any]) -> None:
    assert ipyimagegen.__version__ == surface.__version__
    for parse in (surface.parse_webhook, ipyimagegen.parse_webhook):
        assert ("r", "succeeded", 1) == (parse(body).job_id, parse(body).status, len(parse(body).outputs))


def test_only_media_are_uploaded_and_by_the_type_of_their_name_where_bytes_do_not_tell(
    client: SegmindClient, asked: list[httpx.Request], tmp_path: Path
) -> None:
    for name in ("a.wmv", "a.svgz", "a.txt", "a.docx"):
        (tmp_path / name).write_bytes(b"\x1f\x8b\x08\0\1\2")
    with pytest.raises(SegmindError, match="no addresses"):
        client.files.upload([tmp_path / "a.wmv", str(tmp_path / "a.svgz")])
    (request,) = asked
    starts = [url.partition(";")[0] for url in json.loads(request.content)["data_urls"]]
    assert ["data:video/x-ms-wmv", "data:image/svg+xml"] == starts
    for wrong in ("a.txt", "a.docx"):
        with pytest.raises(ValueError, match="not a supported media format"):
            client.files.upload(str(tmp_path / wrong))
    with pytest.raises(FileNotFoundError):
        client.files.upload(str(tmp_path / "none.png"))
    with pytest.raises(ValueError, match="needs no upload"):
        client.files.upload("https://h.example/a.png")
    assert [request] == asked


@pytest.mark.parametrize("lacking", ["SPEEDPIX_APP_KEY", "SPEEDPIX_APP_SECRET"])
def test_a_missing_key_of_speedpix_is_a_value_error_too(lacking: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SPEEDPIX_APP_KEY", "SPEEDPIX_APP_SECRET"):
        monkeypatch.setenv(name, "known-1234")
    monkeypatch.delenv(lacking)
    for make in (speedpix.Client, lambda: speedpix.run("workflow")):
        with pytest.raises(ValueError, match=lacking) as caught:
            make()
        assert isinstance(caught.value, MissingKey)
