"""Signed calls to SpeedPix, made by hand so that single headers can be wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from .web import web

if TYPE_CHECKING:
    import httpx

    from ipyimagegen.gateway import Gateway

JSON_TYPE = "application/json; charset=utf-8"


def signed_headers(
    gateway: Gateway, path: str, content: bytes, *, secret: str | None = None, **changes: str
) -> dict[str, str]:
    """Headers that the gateway accepts; `changes` (with `_` for `-`) are made before signing."""
    now = time.time()
    headers = {
        "date": time.strftime("%a, %d %b %Y %H:%M:%S GMT+00:00", time.gmtime(now)),
        "x-ca-key": gateway.keys.speedpix_app_key,
        "x-ca-timestamp": str(int(now * 1000)),
        "x-ca-nonce": str(uuid.uuid4()),
        "x-ca-signature-method": "HmacSHA256",
        "x-ca-signature-headers": "x-ca-timestamp,x-ca-key,x-ca-nonce,x-ca-signature-method",
        "content-type": JSON_TYPE,
        "accept": JSON_TYPE,
    }
    if content:
        headers["content-md5"] = base64.b64encode(hashlib.md5(content).digest()).decode()  # noqa: S324
    headers |= {name.replace("_", "-"): value for name, value in changes.items()}
    signed = ("x-ca-key", "x-ca-nonce", "x-ca-signature-method", "x-ca-timestamp")
    lines = ["POST", headers["accept"], headers.get("content-md5", ""), headers["content-type"], headers["date"]]
    text = "\n".join([*lines, *(f"{name}:{headers[name]}" for name in signed), path])
    key = gateway.keys.speedpix_app_secret if secret is None else secret
    headers["x-ca-signature"] = base64.b64encode(hmac.digest(key.encode(), text.encode(), "sha256")).decode()
    return headers


def call(gateway: Gateway, path: str, body: dict[str, Any], **extra: str) -> httpx.Response:
    """A signed call; `extra` headers are sent besides the signed ones."""
    content = json.dumps(body).encode()
    headers = signed_headers(gateway, path, content) | {name.replace("_", "-"): value for name, value in extra.items()}
    return web.post(gateway.url + path, content=content, headers=headers)
