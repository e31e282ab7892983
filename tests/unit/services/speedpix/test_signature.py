from __future__ import annotations

import base64
import hashlib
import hmac

from ipyimagegen.net.secrets import Secret
from ipyimagegen.net.wire import Outgoing
from ipyimagegen.services.speedpix.signature import JSON_TYPE, sign

BODY = '{"workflow_id":"w","inputs":{"prompt":"ein Café"}}'.encode()
AT = 1_700_000_000.25


def request(body: bytes = BODY) -> Outgoing:
    headers = {"accept": JSON_TYPE, "content-type": JSON_TYPE}
    return Outgoing(method="POST", target="/scc/comfy_prompt", headers=headers, body=body)


def test_the_text_that_is_signed_is_the_documented_one() -> None:
    md5 = base64.b64encode(hashlib.md5(BODY).digest()).decode()  # noqa: S324 - the protocol's digest
    text = (
        f"POST\n{JSON_TYPE}\n{md5}\n{JSON_TYPE}\nTue, 14 Nov 2023 22:13:20 GMT+00:00\n"
        "x-ca-key:the-key\nx-ca-nonce:once\nx-ca-signature-method:HmacSHA256\nx-ca-timestamp:1700000000250\n"
        "/scc/comfy_prompt"
    )
    headers = sign(request(), Secret("the-key"), Secret("the-secret"), at=AT, nonce="once")
    expected = base64.b64encode(hmac.digest(b"the-secret", text.encode(), "sha256")).decode()
    assert expected == headers["x-ca-signature"]
    assert (md5, "Tue, 14 Nov 2023 22:13:20 GMT+00:00") == (headers["content-md5"], headers["date"])


def test_without_a_body_there_is_no_digest() -> None:
    headers = sign(request(b""), Secret("the-key"), Secret("the-secret"), at=AT, nonce="once")
    assert "content-md5" not in headers


def test_neither_key_is_shown_by_the_headers() -> None:
    shown = repr(sign(request(), Secret("the-key"), Secret("the-secret"), at=AT, nonce="once"))
    assert ("the-key" in shown, "the-secret" in shown) == (False, False)
