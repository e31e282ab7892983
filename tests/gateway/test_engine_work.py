"""Jobs that the embedded engine does, seen through the services."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from ipyimagegen.gateway import EngineWork, Gateway, serve

from .signing import call
from .web import web

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx


@pytest.fixture(scope="module")
def engine() -> Iterator[Gateway]:
    with serve(work=EngineWork(threads=1)) as running:
        yield running


def picture(url: str) -> Image.Image:
    answer = web.get(url)
    opened = Image.open(io.BytesIO(answer.content))
    assert answer.headers["content-type"] == Image.MIME[opened.format or ""]
    opened.load()
    return opened


def segmind(gateway: Gateway, slug: str, **inputs: Any) -> httpx.Response:
    headers = {"x-api-key": gateway.keys.segmind}
    return web.post(f"{gateway.url}/v1/{slug}", json=inputs, headers=headers, timeout=60)


def test_the_same_seed_gives_the_same_picture_at_every_service(engine: Gateway) -> None:
    inputs = {"prompt": "a lighthouse", "width": 64, "height": 96, "num_inference_steps": 2, "seed": 5}
    direct = segmind(engine, "flux-dev", **inputs)
    engine.openpixels.immediate = True
    headers = {"Authorization": f"Key {engine.keys.openpixels}"}
    payload = inputs | {"model": "flux-dev"}
    routed = web.post(f"{engine.url}/v2/submit", json=payload, headers=headers, timeout=60).json()
    assert Image.open(io.BytesIO(direct.content)).size == (64, 96)
    assert direct.content == web.get(routed["data"]["url"]).content


def test_sides_are_brought_to_the_nearest_multiple_of_eight(engine: Gateway) -> None:
    answer = segmind(engine, "flux-dev", prompt="t", width=67, height=69, num_inference_steps=1)
    assert Image.open(io.BytesIO(answer.content)).size == (64, 72)


def test_previews_come_as_partial_outputs(engine: Gateway) -> None:
    headers = {"Authorization": f"Bearer {engine.keys.inference}", "Accept": "application/x-ndjson"}
    inputs = {"prompt": "a sea", "width": 256, "height": 256, "num_inference_steps": 6}
    task = web.post(f"{engine.url}/apps/run", json={"app": "infsh/sdxl", "input": inputs}, headers=headers).json()
    with web.stream("GET", f"{engine.url}/tasks/{task['data']['id']}/stream", headers=headers, timeout=60) as answer:
        updates = [json.loads(line) for line in answer.iter_lines()]
    addresses = [update["output"]["image"]["uri"] for update in updates if update["output"]]
    assert len(set(addresses)) > 2
    assert picture(addresses[0]).format == "JPEG"
    assert picture(addresses[-1]).format == "PNG"


def test_a_product_is_cut_out(engine: Gateway) -> None:
    scene = Image.new("RGB", (96, 80), "white")
    scene.paste((200, 30, 30), (30, 20, 66, 60))
    buffer = io.BytesIO()
    scene.save(buffer, "PNG")
    url = _uploaded(engine, buffer.getvalue())
    body = {"workflow_id": "product-cutout", "inputs": {"image": url}, "return_temp_files": True}
    task = call(engine, "/scc/comfy_prompt", body).json()["data"]["taskId"]
    result = _result(engine, task)
    mask = picture(result["mask_image"]["url"])
    assert (mask.mode, mask.size) == ("L", (96, 80))
    assert (mask.getpixel((48, 40)), mask.getpixel((3, 3))) == (255, 0)
    assert picture(result["subject_image"]["url"]).mode == "RGBA"
    assert picture(result["images"]["url"]).size == (96, 80)


@pytest.mark.parametrize("content", [b"no picture", b"\x89PNG\r\n\x1a\n"])
def test_an_input_that_is_no_picture_fails_the_job(engine: Gateway, content: bytes) -> None:
    url = _uploaded(engine, content)
    answer = segmind(engine, "sdxl-img2img", prompt="t", image=url)
    assert (answer.status_code, answer.json()["error"]) == (500, "the input is not a picture that can be read")


def test_the_engines_own_refusal_is_the_jobs_error(engine: Gateway) -> None:
    url = _uploaded(engine, segmind(engine, "flux-dev", prompt="t", width=64, height=64).content)
    answer = segmind(engine, "flux-dev", prompt="t", width=64, height=64, mask=url)
    assert answer.status_code == 500
    assert "mask needs an image" in answer.json()["error"]


def test_a_job_can_be_cancelled_while_it_is_painted(engine: Gateway) -> None:
    headers = {"Authorization": f"Bearer {engine.keys.inference}"}
    inputs = {"prompt": "a city", "width": 1024, "height": 1024, "num_inference_steps": 100}
    task = web.post(f"{engine.url}/apps/run", json={"app": "infsh/sdxl", "input": inputs}, headers=headers).json()
    answer = web.post(f"{engine.url}/tasks/{task['data']['id']}/cancel", headers=headers)
    assert answer.json()["data"]["status"] == 12


def _uploaded(gateway: Gateway, content: bytes) -> str:
    body = {"contentType": "image/png", "originalFilename": "in.png"}
    signed = call(gateway, "/scc/sp_create_temp_file_upload_sign", body).json()["data"]
    web.put(signed["uploadUrl"], content=content, headers={"Content-Type": "image/png"}).raise_for_status()
    url: str = signed["accessUrl"]
    return url


def _result(gateway: Gateway, task: str) -> Any:
    while True:
        data = call(gateway, "/scc/comfy_get_result", {"taskId": task}).json()["data"]
        if data["status"] == "succeeded":
            return data["result"]
