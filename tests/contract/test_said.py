"""A service's answer names a local file: nothing reads it, and no later call uploads it."""

from __future__ import annotations

import base64
import copy
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ipyimagegen.core.errors import InvalidInput
from ipyimagegen.services import segmind
from ipyimagegen.services.inferencesh import File, inference
from ipyimagegen.services.openpixels import OpenPixels
from ipyimagegen.services.speedpix import Client
from tests.hostile import PNG, Act, Asked, Hostile, hostile, said

SECRET = PNG + b"the words of a private letter"
UPLOADS = ("sp_create_temp_file_upload_sign", "/upload-asset", "/files")
SERVICES = ("speedpix", "openpixels", "segmind", "inferencesh")
AGAIN: tuple[Callable[[Any], Any], ...] = (
    lambda output: output,
    copy.deepcopy,
    lambda output: pickle.loads(pickle.dumps(output)),  # noqa: S301
    lambda output: json.loads(json.dumps(output)),
)


def naming(value: Any) -> Callable[[Asked], Act | None]:
    """The four services, whose jobs are done at once and made `value`."""

    def script(asked: Asked) -> Act | None:
        done = {"id": "t", "request_id": "t", "status": "COMPLETED", "type": "result"}
        if asked.path.endswith("/stream"):
            return Act(200, json.dumps({**done, "status": 10, "output": value}).encode() + b"\n")
        if "/scc/comfy_get" in asked.path:
            return said({"status": 10, "data": {"taskId": "t", "status": "succeeded", "result": value}})
        if "/v2/poll" in asked.path:
            return said({**done, "status": "complete", "data": value})
        if asked.path.startswith(("/v2/requests", "/tasks/")):
            return said({**done, "status": 10 if "tasks" in asked.path else "COMPLETED", "output": value})
        return None

    return script


def made_by(service: str, url: str) -> Any:
    """What a job of the service made, by its documented call."""
    match service:
        case "speedpix":
            return Client("key", "secret", url).run("workflow", {"prompt": "t"})
        case "openpixels":
            return OpenPixels(api_key="key", base_url=url).run({"model": "flux-dev", "prompt": "t"})["data"]
        case "segmind":
            return segmind.SegmindClient("key", url).run("flux-dev", prompt="t")["output"]
    return inference("key", url).run({"app": "infsh/sdxl", "input": {"prompt": "t"}})["output"]


def given_to(service: str, url: str, image: Any) -> None:
    """The next call, with the output of the last one as its picture."""
    match service:
        case "speedpix":
            Client("key", "secret", url).run("workflow", {"image": image})
        case "segmind":
            segmind.SegmindClient("key", url).run("flux-dev", image=image)
        case _:
            inference("key", url).run({"app": "infsh/sdxl", "input": {"image": image}})


@pytest.fixture
def secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "letter.png").write_bytes(SECRET)
    return str(tmp_path / "letter.png")


def left_the_machine(server: Hostile) -> list[str]:
    """The requests with which the file, or the wish to upload one, left this machine."""
    coded = base64.b64encode(SECRET)[:40]
    return [
        asked.path
        for asked in server.asked
        if SECRET in asked.body or coded in asked.body or asked.path.endswith(UPLOADS)
    ]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("key", ["uri", "url", "image"])
def test_no_file_that_a_service_named_leaves_this_machine(secret: str, service: str, key: str) -> None:
    with hostile(naming({key: secret})) as server:
        made = made_by(service, server.url)
        for output in (again(made) for again in AGAIN):
            assert secret == output[key]
            for source in (output, output[key]):
                for consumer in ("speedpix", "segmind", "inferencesh"):
                    with pytest.raises(InvalidInput):
                        given_to(consumer, server.url, source)
                with pytest.raises(InvalidInput):
                    File(source)
        assert left_the_machine(server) == []
