"""OpenPixels: every call that its documentation and its library's page show."""

from __future__ import annotations

import asyncio
import base64
import logging
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import httpx
import numpy as np
import pytest

from ipyimagegen.core.errors import InvalidInput, MissingKey
from ipyimagegen.gateway import Fault, Gateway
from ipyimagegen.services.openpixels import AsyncOpenPixels, OpenPixels

from .rows import PICTURE, row

PAYLOAD = {"model": "flux-dev", "prompt": "a cat", "width": 64, "height": 64}


@pytest.fixture
def client(gateway: Gateway) -> Iterator[OpenPixels]:
    with OpenPixels(gateway.keys.openpixels, gateway.url) as made:
        yield made


@row("OpenPixels(api_key, base_url).run({model, prompt, width, height}); result.get('data', {}).get('url')")
def test_run(client: OpenPixels) -> None:
    result: Any = client.run({"model": "flux-dev", "prompt": "a cat", "width": 64, "height": 64})
    assert PICTURE == httpx.get(result.get("data", {}).get("url")).content


@row("base_url defaults to https://worker.openpixels.ai")
def test_base_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENPIXELS_BASE_URL", raising=False)
    assert OpenPixels("sk-op-made-up").base_url == "https://worker.openpixels.ai"


@row("api_key is required")
@pytest.mark.parametrize("kind", [OpenPixels, AsyncOpenPixels])
def test_api_key(kind: type[OpenPixels | AsyncOpenPixels], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENPIXELS_API_KEY", raising=False)
    for given in [(), (None,), ("",)]:
        with pytest.raises(MissingKey, match="OPENPIXELS_API_KEY"):
            kind(*given)
    monkeypatch.setenv("OPENPIXELS_API_KEY", "sk-op-made-up")
    assert "openpixels" in repr(kind())


@row("models flux-dev, flux-schnell, flux-pro-1.1")
def test_models(client: OpenPixels) -> None:
    for model in ("flux-dev", "flux-schnell", "flux-pro-1.1"):
        assert client.run({**PAYLOAD, "model": model})["status"] == "complete"


@row("final result has 'type': 'result'")
def test_type(client: OpenPixels) -> None:
    assert client.run(PAYLOAD)["type"] == "result"


@row("final result has 'status': 'complete' and data.url")
def test_status(client: OpenPixels) -> None:
    result: Any = client.run(PAYLOAD)
    assert (result["status"], result["data"]["url"][:4]) == ("complete", "http")


@row("result data as base64")
@pytest.mark.parametrize("form", ["data_url", "base64", "bare_base64"])
def test_base64(gateway: Gateway, client: OpenPixels, form: Literal["data_url", "base64", "bare_base64"]) -> None:
    gateway.openpixels.picture = form
    data: Any = client.run(PAYLOAD)["data"]
    text = data if isinstance(data, str) else data.get("base64") or data["url"].partition(",")[2]
    assert PICTURE == base64.b64decode(text)


@row("failed job: {'status': 'failed', 'error': {type, code, message, params}}")
def test_failed_job(gateway: Gateway, client: OpenPixels) -> None:
    gateway.faults.add(Fault("job_fails", service="openpixels", text="no luck"))
    result: Any = client.run(PAYLOAD)
    assert (result["status"], result["error"]["message"]) == ("failed", "no luck")
    assert set(result["error"]) == {"type", "code", "message", "params"}


@row("error response has 'type': 'result'")
def test_error_type(gateway: Gateway, client: OpenPixels) -> None:
    gateway.faults.add(Fault("job_fails", service="openpixels", text="no luck"))
    assert client.run(PAYLOAD)["type"] == "result"


@row("a rejected submit (wrong key) gives the documented error response, not a bare ValueError")
def test_wrong_key(gateway: Gateway) -> None:
    with OpenPixels("wrong", gateway.url) as client:
        assert client.run(PAYLOAD) == {
            "type": "result",
            "status": "failed",
            "error": {"type": "auth", "code": "invalid_key", "message": "invalid API key", "params": {}},
        }


@row("one client shared by threads")
def test_threads(client: OpenPixels) -> None:
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: client.run(PAYLOAD), range(16)))
    assert len({str(result["id"]) for result in results}) == 16


@row("AsyncOpenPixels(...).run(payload); close()")
def test_async(gateway: Gateway) -> None:
    async def scenario() -> Any:
        client = AsyncOpenPixels(gateway.keys.openpixels, gateway.url)
        try:
            return await client.run(PAYLOAD)
        finally:
            await client.close()

    assert asyncio.run(scenario())["status"] == "complete"


@row("PyPI readme: client.run(model='flux-dev', prompt='a cat')")
def test_keywords(client: OpenPixels) -> None:
    assert client.run(model="flux-dev", prompt="a cat")["status"] == "complete"


@row("importing it leaves the root logger alone")
def test_root_logger() -> None:
    code = (
        "import logging; root = logging.getLogger(); before = (root.level, len(root.handlers)); "
        "import ipyimagegen.services.openpixels; print(before == (root.level, len(root.handlers)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), logging.getLogger().level) == ("True", logging.WARNING)


@row("immediate result from submit (no poll)")
def test_immediate(gateway: Gateway, client: OpenPixels) -> None:
    gateway.openpixels.immediate = True
    assert client.run(PAYLOAD)["status"] == "complete"
    assert gateway.requests.of("openpixels", "poll") == []


@row("sense: a number of NumPy is a number, and what JSON cannot hold is told by its name")
def test_values(gateway: Gateway, client: OpenPixels) -> None:
    assert client.run({**PAYLOAD, "width": np.int64(128)})["status"] == "complete"
    assert b'"width":128' in gateway.requests.of("openpixels", "submit")[0].body
    for value in (b"bytes", Path("a.png"), float("nan")):
        with pytest.raises(InvalidInput, match=f"seed: {type(value).__name__}"):
            client.run(PAYLOAD, seed=value)
    assert len(gateway.requests.of("openpixels", "submit")) == 1
