"""Every hosted service: what a proxy says of a submit proves nothing. It is not sent again, and its row stays open."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ipyimagegen import history
from ipyimagegen.core.errors import ServiceError, SubmitUnknown
from ipyimagegen.history.journal import Journal
from ipyimagegen.history.rows import ENDED, Row
from ipyimagegen.jobs.client import Client
from ipyimagegen.services.base import Registry
from ipyimagegen.services.inferencesh import inference
from ipyimagegen.services.openpixels import OpenPixels
from ipyimagegen.services.segmind import SegmindClient
from ipyimagegen.services.speedpix import Client as SpeedPix
from ipyimagegen.settings.config import Settings
from tests.hostile import Act, Asked, Hostile, hostile, said

from .lost import ALL, UPSTREAM, Lost
from .worlds import World

KEYS = dict.fromkeys(
    ("SPEEDPIX_APP_KEY", "SPEEDPIX_APP_SECRET", "OPENPIXELS_API_KEY", "SEGMIND_API_KEY", "INFERENCE_API_KEY"),
    "a-key-of-the-tests",
)
DOCUMENTED: dict[str, Callable[[], Any]] = {
    "speedpix": lambda: SpeedPix().run("text-to-image", {"prompt": "a pier"}),
    "openpixels": lambda: OpenPixels().run(model="flux-dev", prompt="a pier"),
    "segmind": lambda: SegmindClient().run("flux-dev", prompt="a pier"),
    "inferencesh": lambda: inference().run({"app": "infsh/sdxl", "input": {"prompt": "a pier"}}),
}
OWN: dict[str, Any] = {
    "speedpix": {"status": 500, "errCode": "ModelError", "errMessage": "a bad value", "apiInvokeId": "7"},
    "openpixels": {"error": {"type": "provider", "code": "bad", "message": "a bad value", "params": {}}},
    "segmind": {"error": "a bad value"},
    "inferencesh": {"success": False, "error": {"code": "bad", "message": "a bad value"}},
}
"""A refusal in the very form that the service documents."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hostile]:
    with hostile() as server:
        for name, value in server.env(KEYS).items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def client(server: Hostile, registry: Registry, tmp_path: Path) -> Iterator[Client]:
    journal = Journal(tmp_path / "journal")
    yield Client(settings=Settings(), services=registry, journal=journal)
    journal.close()


def test_a_proxys_word_for_a_submit_leaves_it_open(hosted: World, client: Client, server: Hostile) -> None:
    told: list[tuple[str, str, int, bool]] = []
    for lost in ALL:
        server.sent.clear()
        server.script = _first(lost)
        error = "nothing"
        try:
            client.run(hosted.name, **hosted.params)
        except SubmitUnknown as raised:
            error = f"{'unknown' if 'may' in str(raised) else raised}"
        except Exception as raised:  # noqa: BLE001 (whatever it is goes into the list)
            error = repr(raised)
        told.append((str(lost), error, len(server.sent), _newest(client.journal).phase not in ENDED))
    assert [(str(lost), "unknown", 1, True) for lost in ALL] == told


@pytest.mark.parametrize("lost", [ALL[0], ALL[4]], ids=str)
def test_the_documented_calls_leave_it_open_too(hosted: World, server: Hostile, lost: Lost) -> None:
    server.script = _first(lost)
    with pytest.raises(SubmitUnknown):
        DOCUMENTED[hosted.service]()
    row = _newest(history.journal())
    assert (hosted.service, 1) == (row.service, len(server.sent))
    assert row.phase not in ENDED


@pytest.mark.parametrize("status", [500, 502, 504])
def test_what_the_service_itself_refuses_is_refused_unless_the_status_is_a_proxys(
    hosted: World, client: Client, server: Hostile, status: int
) -> None:
    server.script = lambda asked: said(OWN[hosted.service], status) if asked.submits else None
    expected = ServiceError if status == 500 else SubmitUnknown
    with pytest.raises(expected) as caught:
        client.run(hosted.name, **hosted.params)
    assert isinstance(caught.value, SubmitUnknown) is (status != 500)
    assert "a bad value" in str(caught.value)
    assert (_newest(client.journal).phase in ENDED) is (status == 500)
    assert len(server.sent) == (3 if (hosted.service, status) == ("segmind", 500) else 1)


def test_the_word_of_a_lost_connection_in_the_services_own_form_proves_nothing(
    hosted: World, client: Client, server: Hostile
) -> None:
    lost = json.dumps(OWN[hosted.service]).replace("a bad value", UPSTREAM)
    server.script = lambda asked: said(json.loads(lost), 500) if asked.submits else None
    with pytest.raises(SubmitUnknown):
        client.run(hosted.name, **hosted.params)
    assert len(server.sent) == 1


def _newest(journal: Journal | None) -> Row:
    """The newest row, once all that was noted before is written."""
    assert journal is not None
    journal.star("nobody").result(10)
    return journal.rows(limit=1)[0]


def _first(lost: Lost) -> Callable[[Asked], Act | None]:
    """The first submit is answered by the proxy, a second one would be taken in."""
    left = [lost]

    def script(asked: Asked) -> Act | None:
        if not asked.submits or not left:
            return None
        proxy = left.pop()
        return Act(proxy.status, proxy.body, {"content-type": proxy.media_type, **proxy.headers})

    return script
