"""The forms in which the same answer may come, which official clients do not all read: ours must."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Literal

import pytest

from ipyimagegen.gateway import Gateway, serve
from ipyimagegen.gateway.work import flat_png

from .signing import call
from .stepped import SteppedWork
from .web import web

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from .receiver import Receiver

PICTURE = flat_png(64, 64)


@pytest.fixture
def work() -> SteppedWork:
    return SteppedWork()


@pytest.fixture
def stepping(work: SteppedWork) -> Iterator[Gateway]:
    with serve(work=work) as running:
        yield running


class TestSpeedPix:
    def result(self, gateway: Gateway) -> Any:
        body = {"workflow_id": "text-to-image", "inputs": {"prompt": "t"}}
        task = call(gateway, "/scc/comfy_prompt", body).json()["data"]["taskId"]
        return call(gateway, "/scc/comfy_get_result", {"taskId": task}).json()

    def test_success_is_ten(self, gateway: Gateway) -> None:
        answer = self.result(gateway)
        assert (answer["status"], answer["data"]["status"]) == (10, "succeeded")

    @pytest.mark.parametrize("form", ["url", "list"])
    def test_outputs(self, gateway: Gateway, form: Literal["url", "list"]) -> None:
        gateway.speedpix.outputs = form
        images = self.result(gateway)["data"]["result"]["images"]
        assert PICTURE == web.get(images if form == "url" else images[0]["url"]).content

    def test_the_expiry_of_an_upload_as_a_string(self, gateway: Gateway) -> None:
        gateway.speedpix.expire_time_as = "string"
        body = {"contentType": "image/png", "originalFilename": "a.png"}
        data = call(gateway, "/scc/sp_create_temp_file_upload_sign", body).json()["data"]
        assert data["expireTime"].isdigit()

    def test_progress_moves_and_tells_what_remains(self, stepping: Gateway, work: SteppedWork) -> None:
        work.holds_end = True
        body = {"workflow_id": "text-to-image", "inputs": {"prompt": "t"}}
        task = call(stepping, "/scc/comfy_prompt", body).json()["data"]["taskId"]
        seen: list[tuple[float, str, str]] = []
        while not seen or seen[-1][2] != "succeeded":
            data = call(stepping, "/scc/comfy_get_progress", {"taskId": task}).json()["data"]
            now = (data["progress"], data["message"], data["status"])
            if now not in seen:
                seen.append(now)
                work.release()
        assert seen == [
            (0, "", "running"),
            *((step / 4, f"step {step} of 4", "running") for step in (1, 2, 3, 4)),
            (1, "step 4 of 4", "succeeded"),
        ]


def segmind(gateway: Gateway, method: str, path: str, **arguments: Any) -> httpx.Response:
    return web.request(method, gateway.url + path, headers={"x-api-key": gateway.keys.segmind}, **arguments)


class TestSegmind:
    def output(self, gateway: Gateway) -> Any:
        submitted = segmind(gateway, "POST", "/v2/flux-dev", json={"prompt": "t"}).json()
        assert submitted["status"] == "QUEUED"
        path = submitted["response_url"].removeprefix(gateway.url)
        return segmind(gateway, "GET", path).json()["output"]

    def test_outputs(self, gateway: Gateway) -> None:
        seen = {}
        for form in ("url", "base64", "list", "object"):
            gateway.segmind.output = form
            seen[form] = self.output(gateway)
        assert base64.b64decode(seen["base64"]) == PICTURE
        assert [PICTURE] * 3 == [
            web.get(url).content for url in (seen["url"], seen["list"][0], seen["object"]["image"])
        ]

    def test_a_chat_reply_is_json_in_a_string(self, gateway: Gateway) -> None:
        submitted = segmind(gateway, "POST", "/v2/gpt-5.5", json={"prompt": "hi"}).json()
        body = segmind(gateway, "GET", f"/v2/requests/{submitted['request_id']}").json()
        assert json.loads(body["output"])["choices"][0]["message"]["content"] == "You said: hi"

    def test_only_a_success_is_billed(self, gateway: Gateway) -> None:
        segmind(gateway, "POST", "/v1/flux-dev", json={"prompt": "t"})
        segmind(gateway, "POST", "/v1/flux-dev", json={"prompt": ""})
        assert segmind(gateway, "GET", "/v1/get-user-credits").json() == {"credits": 99.975}

    def test_a_webhook_elsewhere_is_logged_and_not_called(self, gateway: Gateway, receiver: Receiver) -> None:
        body = {"webhook_url": "https://example.org/hook", "event": {"types": ["INFERENCE"]}}
        hook = segmind(gateway, "POST", "/webhook/add", json=body).json()["webhook_id"]
        segmind(gateway, "POST", "/v1/flux-dev", json={"prompt": "t"})
        path = f"/webhook/dispatch-logs?webhook_id={hook}"
        receiver.until(lambda: segmind(gateway, "GET", path).json()["logs"])
        entry = segmind(gateway, "GET", path).json()["logs"][0]
        assert entry["status_code"] == 0
        assert "only to http addresses of this machine" in entry["error"]


def inference(gateway: Gateway, method: str, path: str, **arguments: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {gateway.keys.inference}"}
    return web.request(method, gateway.url + path, headers=headers, **arguments)


def start(gateway: Gateway, app: str = "infsh/sdxl") -> str:
    task: str = inference(gateway, "POST", "/apps/run", json={"app": app, "input": {"prompt": "a b"}}).json()["data"][
        "id"
    ]
    return task


def events(
    gateway: Gateway,
    task: str,
    work: SteppedWork | None = None,
    *,
    accept: str = "application/x-ndjson",
    until: object = None,
) -> list[Any]:
    """All events of a stream; the work goes on when the first, or the one that is waited for, has arrived."""
    headers = {"Authorization": f"Bearer {gateway.keys.inference}", "Accept": accept}
    with web.stream("GET", f"{gateway.url}/tasks/{task}/stream", headers=headers) as answer:
        kind = answer.headers["content-type"]
        assert kind.startswith("application/x-ndjson" if "ndjson" in accept else "text/event-stream")
        seen = []
        for line in filter(None, answer.iter_lines()):
            seen.append(json.loads(line.removeprefix("data: ")))
            if work and (len(seen) == 1 if until is None else seen.count(until) == 1):
                work.release(work.steps)
        return seen


class TestInference:
    def test_ndjson_only_when_asked_for(self, stepping: Gateway, work: SteppedWork) -> None:
        task = start(stepping)
        statuses = [event["status"] for event in events(stepping, task, work, accept="*/*")]
        assert statuses[-1] == 10

    def test_the_status_before_the_end_is_nine_and_not_the_end(self, stepping: Gateway, work: SteppedWork) -> None:
        statuses = [event["status"] for event in events(stepping, start(stepping), work)]
        assert statuses[-2:] == [9, 10]

    def test_partial_updates_name_what_has_changed(self, stepping: Gateway, work: SteppedWork) -> None:
        stepping.inferencesh.updates = "partial"
        first, *rest = events(stepping, start(stepping), work)
        known = dict(first)
        for update in rest:
            assert set(update["data"]) == {"id", *update["fields"]}
            known |= update["data"]
        assert known == inference(stepping, "GET", f"/tasks/{known['id']}").json()["data"]

    def test_output_and_status_may_come_apart(self, stepping: Gateway, work: SteppedWork) -> None:
        stepping.inferencesh.updates = "split"
        *_, output, status = events(stepping, start(stepping), work)
        assert "output" in output["fields"]
        assert "status" not in output["fields"]
        assert status["data"]["status"] == 10
        assert "output" not in status["fields"]

    def test_progress_is_in_percent(self, stepping: Gateway, work: SteppedWork) -> None:
        progress = [event["progress"] for event in events(stepping, start(stepping), work)]
        assert progress == sorted(progress)
        assert {25, 50, 75, 100} <= set(progress)

    def test_a_finished_task_streams_its_end_at_once(self, gateway: Gateway) -> None:
        assert [event["status"] for event in events(gateway, start(gateway))] == [10]

    def test_heartbeats_fill_a_silence(self) -> None:
        work = SteppedWork(steps=1)
        with serve(work=work) as gateway:
            gateway.inferencesh.heartbeat_s = 0.02
            seen = events(gateway, start(gateway), work, until={"type": "heartbeat"})
            assert {"type": "heartbeat"} in seen
            assert seen[-1]["status"] == 10

    def test_deltas_add_up_to_the_answer(self, stepping: Gateway, work: SteppedWork) -> None:
        seen = events(stepping, start(stepping, "infsh/writer"), work)
        deltas = [event["data"]["delta"]["response"] for event in seen if event.get("event") == "delta"]
        assert len(deltas) > 1
        assert "".join(deltas) == seen[-1]["output"]["response"] == "You said: a b"

    def test_a_file_as_a_string(self, gateway: Gateway) -> None:
        gateway.inferencesh.output_file = "string"
        task = inference(gateway, "GET", f"/tasks/{start(gateway)}").json()["data"]
        assert PICTURE == web.get(task["output"]["image"]).content

    def test_the_three_envelopes(self, gateway: Gateway) -> None:
        task = start(gateway)
        seen: dict[str, Any] = {}
        for form in ("data", "bare", "success"):
            gateway.inferencesh.envelope = form
            seen[form] = inference(gateway, "GET", f"/tasks/{task}/status").json()
        bare = {"id": task, "status": 10}
        assert seen == {
            "data": {"data": bare, "messages": []},
            "bare": bare,
            "success": {"success": True, "status": 200, "data": bare},
        }

    def test_an_app_is_described_by_its_schemas(self, gateway: Gateway) -> None:
        app = inference(gateway, "GET", "/apps/infsh/hidream-i1-fast").json()["data"]
        properties = app["version"]["input_schema"]["properties"]
        assert (properties["num_inference_steps"]["default"], properties["shift"]["default"]) == (16, 3.0)
        assert app["version"]["output_schema"]["required"] == ["image"]

    def test_tasks_are_listed_newest_first(self, gateway: Gateway) -> None:
        tasks = [start(gateway) for _ in range(3)]
        items = inference(gateway, "POST", "/tasks/list", json={}).json()["data"]["items"]
        assert tasks[::-1] == [item["id"] for item in items]

    @pytest.mark.parametrize("reference", ["infsh/sdxl@abc1", "infsh/sdxl@abc1:run", "infsh/sdxl:run"])
    def test_versions_and_functions_of_an_app(self, gateway: Gateway, reference: str) -> None:
        assert start(gateway, reference)


class TestOpenPixels:
    def test_the_provider_follows_the_routing(self, gateway: Gateway) -> None:
        gateway.openpixels.immediate = True
        routing = {"ordering": ["a", "b"], "whitelist": ["b", "c"], "strategy": "random"}
        payload = {"model": "blackforestlabs/flux-dev", "prompt": "t", "config": {"routing": routing}}
        headers = {"Authorization": f"Key {gateway.keys.openpixels}"}
        answer = web.post(f"{gateway.url}/v2/submit", json=payload, headers=headers).json()
        assert (answer["type"], answer["meta"]["provider"]) == ("result", "b")

    def test_health_needs_no_key(self, gateway: Gateway) -> None:
        assert web.get(f"{gateway.url}/status").json() == {"status": "ok"}
