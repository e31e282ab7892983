"""Every hosted service: no key is seen anywhere, whatever happens."""

from __future__ import annotations

import base64
import io
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from ipyimagegen.core.errors import AuthenticationFailed, ImagegenError
from ipyimagegen.gateway import Fault, Gateway
from ipyimagegen.jobs.client import Client
from ipyimagegen.jobs.job import Job
from ipyimagegen.services.base import Registry
from ipyimagegen.services.inferencesh import async_inference, inference
from ipyimagegen.services.openpixels import AsyncOpenPixels, OpenPixels
from ipyimagegen.services.segmind import SegmindClient
from ipyimagegen.services.speedpix import Client as SpeedPix
from ipyimagegen.settings import keys

from .worlds import World


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Everything that is logged at DEBUG, by a handler of the user's."""
    root = logging.getLogger()
    level = root.level
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    others = [found for found in root.handlers if not type(found).__module__.startswith("_pytest")]
    assert (logging.DEBUG, [handler]) == (root.level, others)
    root.removeHandler(handler)
    root.setLevel(level)


def _secrets(gateway: Gateway) -> list[str]:
    keys = gateway.keys
    plain = [keys.speedpix_app_key, keys.speedpix_app_secret, keys.openpixels, keys.segmind, keys.inference]
    coded = [base64.b64encode(key.encode()).decode().rstrip("=") for key in plain]
    return [*plain, *coded, *(quote(key, safe="") for key in plain)]


def _seen(gateway: Gateway, *texts: str) -> list[str]:
    return [key for key in _secrets(gateway) for text in texts if key in text]


def _traceback(error: BaseException) -> str:
    """A traceback as tools show it that print every local variable."""
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


def _set_wrong_keys(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a function of its own: the tracebacks below show the test's variables."""
    for name, value in gateway.env().items():
        if name.endswith(("KEY", "SECRET")):
            monkeypatch.setenv(name, f"{value}-but-wrong")


def test_a_refused_key_is_not_repeated(
    hosted: World, client: Client, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set_wrong_keys(gateway, monkeypatch)
    with pytest.raises(AuthenticationFailed) as caught:
        client.run(hosted.name, **hosted.params)
    texts = (str(caught.value), caught.value.detail, _traceback(caught.value))
    assert _seen(gateway, *texts) == []


FAULTS = (
    None,
    Fault("job_fails", text="failed"),
    Fault("lost_answer"),
    Fault("status", status=401),
    Fault("status", status=500, body="json"),
    Fault("html"),
    Fault("redirect"),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.kind}-{fault.status}" if fault else "success")
def test_no_key_is_shown(
    hosted: World,
    client: Client,
    registry: Registry,
    gateway: Gateway,
    lines: io.StringIO,
    tmp_path: Path,
    fault: Fault | None,
) -> None:
    if fault is not None:
        gateway.faults.add(replace(fault, service=hosted.service, route=hosted.submit))
    job = client.submit(hosted.name, **hosted.params)
    assert isinstance(job, Job)
    texts = [repr(job), repr(client)]
    try:
        result = job.result(timeout=30)
    except ImagegenError as error:
        texts += [_traceback(error), repr(error), str(error)]
    else:
        result.save(tmp_path / "saved.png")
        texts += [repr(result), result.report, json.dumps(result.raw, default=repr), repr(result.images[0])]
        texts += [json.dumps(result.images[0].record.to_json(), default=repr)]
    service = registry.get(hosted.service)
    texts += [repr(service), repr(vars(service)), repr(job.request), repr(job.state), lines.getvalue()]
    if job.ticket is not None:
        texts += [json.dumps(job.ticket.to_json()), repr(job.ticket)]
    assert client.journal is not None
    client.journal.close()
    files = [path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert _seen(gateway, *texts, *files) == []


MARKER = "SG_marker-key-7f3a9c52d1e84b06"
WRONG = f"{MARKER} with a blank"
REFUSED: dict[str, Callable[[], object]] = {
    "segmind key": lambda: SegmindClient(WRONG),
    "segmind address": lambda: SegmindClient(MARKER, "no address"),
    "segmind timeout": lambda: SegmindClient(MARKER, timeout="soon"),  # type: ignore[arg-type]
    "segmind key for address": lambda: SegmindClient("k", f"x {MARKER}"),
    "openpixels key": lambda: OpenPixels(WRONG),
    "openpixels address": lambda: OpenPixels(MARKER, "no address"),
    "openpixels async": lambda: AsyncOpenPixels(WRONG),
    "speedpix keys": lambda: SpeedPix(WRONG, WRONG),
    "speedpix timeout": lambda: SpeedPix(MARKER, MARKER, timeout=-1),
    "speedpix misspelt": lambda: SpeedPix(api_key=MARKER, app_secret=MARKER),
    "speedpix too many": lambda: SpeedPix(MARKER, MARKER, None, 1.0, "agent", MARKER),
    "inferencesh key": lambda: inference(WRONG),
    "inferencesh address": lambda: inference(MARKER, "no address"),
    "inferencesh async": lambda: async_inference(api_key=WRONG),
    "key of no text": lambda: keys.key("segmind", [MARKER]),  # type: ignore[arg-type]
    "login": lambda: keys.login("segmind", lambda _: WRONG),
    "login of two": lambda: keys.login("speedpix", lambda _: WRONG),
    "a fifth service": lambda: keys.key("fifth", WRONG),
}


@pytest.mark.parametrize("refused", REFUSED.values(), ids=REFUSED)
def test_no_frame_of_what_refuses_a_key_shows_it(refused: Callable[[], object]) -> None:
    with pytest.raises((ImagegenError, TypeError)) as caught:
        refused()
    error: BaseException | None = caught.value
    while error is not None:
        assert MARKER not in _traceback(error)
        error = error.__context__
