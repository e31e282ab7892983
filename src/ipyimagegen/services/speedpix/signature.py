"""Signatures of Alibaba Cloud's API gateway ("digest authentication"), as a pure function (PROTOCOL.md, 1)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from email.utils import formatdate

from ...net.secrets import Secret
from ...net.wire import Outgoing

JSON_TYPE = "application/json; charset=utf-8"
"""Both `Content-Type` and `Accept` of every signed request; the gateway compares the text."""
METHOD = "HmacSHA256"
SIGNED = ("x-ca-key", "x-ca-nonce", "x-ca-signature-method", "x-ca-timestamp")
"""The headers that are signed, in the order in which they are."""


def sign(
    request: Outgoing, app_key: Secret, app_secret: Secret, *, at: float, nonce: str
) -> Mapping[str, str | Secret]:
    """The headers that prove who asks. `at` is Unix time in seconds; a `nonce` serves once, and for 15 minutes."""
    date = formatdate(at, usegmt=True) + "+00:00"
    md5 = base64.b64encode(hashlib.md5(request.body).digest()).decode() if request.body else ""  # noqa: S324 - a digest
    signed = {
        "x-ca-key": app_key.reveal(),
        "x-ca-nonce": nonce,
        "x-ca-signature-method": METHOD,
        "x-ca-timestamp": str(int(at * 1000)),
    }
    text = "\n".join(
        (
            request.method,
            request.headers.get("accept", ""),
            md5,
            request.headers.get("content-type", ""),
            date,
            *(f"{name}:{signed[name]}" for name in SIGNED),
            request.target,
        )
    )
    signature = base64.b64encode(hmac.digest(app_secret.reveal().encode(), text.encode(), "sha256")).decode()
    headers: dict[str, str | Secret] = {
        **signed,
        "date": date,
        "x-ca-key": app_key,
        "x-ca-signature-headers": "x-ca-timestamp,x-ca-key,x-ca-nonce,x-ca-signature-method",
        "x-ca-signature": signature,
    }
    return headers | ({"content-md5": md5} if md5 else {})
