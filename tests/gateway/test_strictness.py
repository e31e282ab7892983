"""What the gateway refuses, because the services do."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any, Literal

import pytest

from .signing import call, signed_headers
from .web import web

if TYPE_CHECKING:
    import httpx

    from ipyimagegen.gateway import Gateway

PROMPT_PATH = "/scc/comfy_prompt"
BODY: dict[str, Any] = {"workflow_id": "text-to-image", "inputs": {"prompt": "t"}}
CONTENT = json.dumps(BODY).encode()


def post(gateway: Gateway, headers: dict[str, str], content: bytes = CONTENT) -> httpx.Response:
    return web.post(gateway.url + PROMPT_PATH, content=content, headers=headers)


def test_a_signed_call_is_taken(gateway: Gateway) -> None:
    answer = call(gateway, PROMPT_PATH, BODY)
    assert (answer.status_code, answer.json()["errCode"]) == (200, None)


def test_a_wrong_signature_is_answered_with_what_should_have_been_signed(gateway: Gateway) -> None:
    answer = post(gateway, signed_headers(gateway, PROMPT_PATH, CONTENT, secret="wrong"))
    reason = answer.headers["x-ca-error-message"]
    assert answer.status_code == 403
    assert reason.startswith("Invalid Signature, Server StringToSign:`POST#application/json; charset=utf-8#")
    assert gateway.keys.speedpix_app_secret not in reason


def test_a_nonce_counts_once(gateway: Gateway) -> None:
    headers = signed_headers(gateway, PROMPT_PATH, CONTENT)
    assert post(gateway, headers).status_code == 200
    replayed = post(gateway, headers)
    assert (replayed.status_code, replayed.headers["x-ca-error-message"]) == (403, "Nonce Used")


def test_a_refused_call_leaves_its_nonce_unused(gateway: Gateway) -> None:
    nonce = str(uuid.uuid4())
    post(gateway, signed_headers(gateway, PROMPT_PATH, CONTENT, secret="wrong", x_ca_nonce=nonce))
    assert post(gateway, signed_headers(gateway, PROMPT_PATH, CONTENT, x_ca_nonce=nonce)).status_code == 200


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_clock_that_is_wrong_by_more_than_a_quarter_of_an_hour(gateway: Gateway, minutes: int) -> None:
    stamp = str(int((time.time() + minutes * 60) * 1000))
    answer = post(gateway, signed_headers(gateway, PROMPT_PATH, CONTENT, x_ca_timestamp=stamp))
    assert (answer.status_code, answer.headers["x-ca-error-message"]) == (403, "Timestamp Expired")


@pytest.mark.parametrize(
    "name", ["date", "x-ca-key", "x-ca-timestamp", "x-ca-nonce", "x-ca-signature-method", "x-ca-signature-headers"]
)
def test_every_header_of_the_signature_is_required(gateway: Gateway, name: str) -> None:
    headers = signed_headers(gateway, PROMPT_PATH, CONTENT)
    del headers[name]
    answer = post(gateway, headers)
    assert (answer.status_code, answer.headers["x-ca-error-message"]) == (400, f"Header `{name}` is Required")


def test_without_any_signature(gateway: Gateway) -> None:
    headers = signed_headers(gateway, PROMPT_PATH, CONTENT)
    del headers["x-ca-signature"]
    assert post(gateway, headers).headers["x-ca-error-message"] == "Empty Signature"


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({"x_ca_key": "someone"}, 403, "Invalid AppKey"),
        ({"content_md5": "AAAAAAAAAAAAAAAAAAAAAA=="}, 403, "Invalid Content-MD5"),
        ({"x_ca_timestamp": "soon"}, 400, "Invalid Timestamp"),
        ({"x_ca_signature_method": "HmacSHA1"}, 400, "Invalid Header `x-ca-signature-method`"),
        ({"x_ca_signature_headers": "x-ca-key"}, 400, "Invalid Header `x-ca-signature-headers`"),
        ({"date": "Fri, 20 Nov 2026 11:00:00 GMT"}, 400, "Invalid Header `date`"),
        ({"accept": "*/*"}, 400, "Invalid Header `accept`"),
        ({"content_type": "application/json"}, 400, "Invalid Header `content-type`"),
    ],
)
def test_headers_that_are_signed_but_wrong(gateway: Gateway, changes: dict[str, str], status: int, reason: str) -> None:
    answer = post(gateway, signed_headers(gateway, PROMPT_PATH, CONTENT, **changes))
    assert answer.status_code == status
    assert answer.headers["x-ca-error-message"].startswith(reason)


def test_a_body_that_was_not_the_signed_one(gateway: Gateway) -> None:
    answer = post(gateway, signed_headers(gateway, PROMPT_PATH, CONTENT), content=CONTENT.replace(b":", b" : ", 1))
    assert answer.headers["x-ca-error-message"] == "Invalid Content-MD5"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"workflow_id": "nothing"}, "workflow does not exist"),
        ({"alias_id": "nothing"}, "alias does not exist: nothing"),
        ({"alias_id": "main", "version_id": "1"}, "alias_id and version_id exclude each other"),
        ({"inputs": {"prompt": "t", "width": "wide"}}, "width: must be a number"),
        ({"inputs": {}}, "prompt: a prompt is required"),
        (
            {"inputs": {"prompt": "t", "image": "https://example.org/a.png"}},
            "url: this gateway reads only its own files",
        ),
    ],
)
def test_what_speedpix_itself_rejects_comes_in_an_envelope(
    gateway: Gateway, change: dict[str, Any], message: str
) -> None:
    answer = call(gateway, PROMPT_PATH, BODY | change)
    assert (answer.status_code, answer.json()["errCode"]) == (200, "BizError")
    assert answer.json()["subErrMessage"].startswith(message)
    assert answer.json()["apiInvokeId"]


def test_an_unknown_resource_is_rejected(gateway: Gateway) -> None:
    answer = call(gateway, PROMPT_PATH, BODY, x_sp_resource_config_id="nobody")
    assert answer.json()["subErrCode"] == "RESOURCE_NOT_FOUND"


class TestUploads:
    def sign(self, gateway: Gateway, content_type: str = "image/png") -> dict[str, str]:
        body = {"contentType": content_type, "originalFilename": "a.png"}
        data: dict[str, str] = call(gateway, "/scc/sp_create_temp_file_upload_sign", body).json()["data"]
        return data

    def test_a_put_as_signed(self, gateway: Gateway) -> None:
        signed = self.sign(gateway)
        assert web.get(signed["accessUrl"]).status_code == 404
        assert web.put(signed["uploadUrl"], content=b"x", headers={"Content-Type": "image/png"}).status_code == 200
        held = web.get(signed["accessUrl"])
        assert (held.content, held.headers["content-type"]) == (b"x", "image/png")

    @pytest.mark.parametrize("content_type", ["image/jpeg", "image/png; charset=utf-8", ""])
    def test_another_content_type(self, gateway: Gateway, content_type: str) -> None:
        headers = {"Content-Type": content_type}
        answer = web.put(self.sign(gateway)["uploadUrl"], content=b"x", headers=headers)
        assert answer.status_code == 403
        assert "SignatureDoesNotMatch" in answer.text

    @pytest.mark.parametrize("value", ["Bearer x", "Key x"])
    def test_a_key_is_not_for_the_store(self, gateway: Gateway, value: str) -> None:
        headers = {"Content-Type": "image/png", "Authorization": value}
        answer = web.put(self.sign(gateway)["uploadUrl"], content=b"x", headers=headers)
        assert answer.status_code == 400
        assert "Only one auth mechanism allowed" in answer.text

    def test_a_length_is_needed(self, gateway: Gateway) -> None:
        headers = {"Content-Type": "image/png"}
        answer = web.put(self.sign(gateway)["uploadUrl"], content=iter([b"x"]), headers=headers)
        assert answer.status_code == 411

    def test_another_signature(self, gateway: Gateway) -> None:
        url = self.sign(gateway)["uploadUrl"] + "0"
        assert web.put(url, content=b"x", headers={"Content-Type": "image/png"}).status_code == 403


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Key wrong"}, {"Authorization": "Bearer right"}])
def test_openpixels_wants_its_key(gateway: Gateway, headers: dict[str, str]) -> None:
    answer = web.post(f"{gateway.url}/v2/submit", json={"model": "flux-dev", "prompt": "t"}, headers=headers)
    assert (answer.status_code, answer.json()["error"]["type"]) == (401, "auth")


@pytest.mark.parametrize(
    "change",
    [
        {"model": "dall-e"},
        {"prompt": ""},
        {"width": 0},
        {"config": {"routing": {"strategy": "cheapest"}}},
        {"config": {"routing": {"ordering": "fal"}}},
        {"config": {"routing": {"ordering": ["a"], "whitelist": ["b"]}}},
    ],
)
def test_openpixels_validates(gateway: Gateway, change: dict[str, Any]) -> None:
    payload = {"model": "flux-dev", "prompt": "t"} | change
    headers = {"Authorization": f"Key {gateway.keys.openpixels}"}
    answer = web.post(f"{gateway.url}/v2/submit", json=payload, headers=headers)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "validation")


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("plain", {"error": "Missing Authorization or x-api-key in header"}),
        (
            "oauth",
            {
                "error": "unauthorized",
                "error_description": "Missing Authorization or x-api-key in header",
                "status_code": 401,
            },
        ),
    ],
)
def test_segmind_refuses_a_bearer_token(
    gateway: Gateway, shape: Literal["plain", "oauth"], expected: dict[str, Any]
) -> None:
    gateway.segmind.auth_errors = shape
    headers = {"Authorization": f"Bearer {gateway.keys.segmind}"}
    answer = web.post(f"{gateway.url}/v2/flux-dev", json={"prompt": "t"}, headers=headers)
    assert (answer.status_code, answer.json()) == (401, expected)


def segmind(gateway: Gateway, method: str, path: str, **arguments: Any) -> httpx.Response:
    headers = {"x-api-key": gateway.keys.segmind} | arguments.pop("headers", {})
    return web.request(method, gateway.url + path, headers=headers, **arguments)


def test_segmind_wants_json(gateway: Gateway) -> None:
    answer = segmind(gateway, "POST", "/v2/flux-dev", content=b"{}", headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["error"]) == (406, "Invalid content type")


def test_segmind_knows_two_more_reasons_for_406(gateway: Gateway) -> None:
    gateway.segmind.wallet.spend_limit_usd = 0.01
    limited = segmind(gateway, "POST", "/v2/flux-dev", json={"prompt": "t"})
    gateway.segmind.wallet.credits_usd = 0.0
    broke = segmind(gateway, "POST", "/v2/flux-dev", json={"prompt": "t"})
    assert [limited.status_code, broke.status_code] == [406, 406]
    assert [limited.json()["error"], broke.json()["error"]] == ["Team spend limit reached", "Insufficient credits"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_segmind_answers_the_wrong_method_with_a_page(gateway: Gateway, method: str) -> None:
    answer = segmind(gateway, method, "/v2/flux-dev")
    assert (answer.status_code, answer.headers["content-type"]) == (405, "text/html; charset=utf-8")


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"prompt": 3}', b"{}"])
def test_segmind_names_a_bad_body(gateway: Gateway, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert segmind(gateway, "POST", "/v2/flux-dev", content=content, headers=headers).status_code == 400


def inference(gateway: Gateway, method: str, path: str, **arguments: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {gateway.keys.inference}"}
    return web.request(method, gateway.url + path, headers=headers, **arguments)


def test_inference_describes_a_problem_in_two_shapes(gateway: Gateway) -> None:
    problem = inference(gateway, "GET", "/tasks/none")
    gateway.inferencesh.errors = "success"
    older = inference(gateway, "GET", "/tasks/none")
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json() == {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "task not found"}
    assert older.json() == {"success": False, "error": {"code": "not_found", "message": "task not found"}}


@pytest.mark.parametrize("body", [{"files": []}, {"files": [{"size": 1}]}, {"files": [{"content_type": "a/b"}]}])
def test_inference_wants_to_know_what_will_be_uploaded(gateway: Gateway, body: dict[str, Any]) -> None:
    assert inference(gateway, "POST", "/files", json=body).status_code == 400


def test_jobs_of_one_service_are_unknown_to_the_others(gateway: Gateway) -> None:
    call(gateway, PROMPT_PATH, BODY)
    job = gateway.jobs()[0].id
    assert inference(gateway, "GET", f"/tasks/{job}").status_code == 404
    assert segmind(gateway, "GET", f"/v2/requests/{job}").status_code == 404


def test_only_this_machine_is_spoken_to(gateway: Gateway) -> None:
    assert web.get(gateway.url, headers={"Host": "rebound.example.org"}).status_code == 400


def test_an_unknown_address_is_recorded(gateway: Gateway) -> None:
    assert web.post(f"{gateway.url}/nowhere", json={}).status_code == 404
    assert [(row.service, row.route, row.status) for row in gateway.requests] == [("page", "unknown", 404)]
