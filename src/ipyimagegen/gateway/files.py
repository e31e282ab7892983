"""The files of the gateway: outputs served at `/files/…`, and uploads by signed PUT, as strict as object stores are."""

from __future__ import annotations

import mimetypes
import re
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape

from starlette.responses import Response

from .exchange import Call, Incoming
from .orders import BadOrder

if TYPE_CHECKING:
    from starlette.requests import Request

CAPACITY_BYTES = 512 * 1024 * 1024
MAX_SIGNED = 10_000
SAFE_NAME = re.compile(r"[^A-Za-z0-9._-]+")
EXTENSIONS = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that the gateway holds. Sizes in pixels, 0 where they are unknown."""

    token: str
    name: str
    content_type: str
    url: str
    data: bytes = field(repr=False)
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Signed:
    """A place for an upload: `PUT` the bytes to `upload_url` as exactly `content_type`, read them at `access_url`."""

    token: str
    name: str
    content_type: str
    upload_url: str
    access_url: str


class FileStore:
    """Holds files in memory; beyond `capacity_bytes` the oldest go. `base_url` is the gateway's own address."""

    def __init__(self, base_url: str, capacity_bytes: int = CAPACITY_BYTES) -> None:
        self.base_url = base_url
        self.capacity_bytes = capacity_bytes
        self._held_bytes = 0
        self._files: OrderedDict[str, StoredFile] = OrderedDict()
        self._signed: OrderedDict[str, Signed] = OrderedDict()

    def keep(self, data: bytes, content_type: str, name: str, width: int = 0, height: int = 0) -> StoredFile:
        """Hold these bytes under a name that cannot be guessed."""
        token = secrets.token_hex(16)
        safe = _safe_name(name, content_type)
        return self._hold(StoredFile(token, safe, content_type, self._address(token, safe), data, width, height))

    def sign(self, content_type: str, filename: str) -> Signed:
        """Give out a place for one upload."""
        token = secrets.token_hex(16)
        safe = _safe_name(filename or "upload", content_type)
        upload_url = f"{self.base_url}/uploads/{token}/{quote(safe)}?signature={secrets.token_hex(8)}"
        signed = Signed(token, safe, content_type, upload_url, self._address(token, safe))
        self._signed[token] = signed
        while len(self._signed) > MAX_SIGNED:
            self._signed.popitem(last=False)
        return signed

    def read(self, url: str) -> bytes:
        """The bytes behind one of our own addresses. Raises `BadOrder`: no other address is ever asked."""
        parts = urlsplit(url)
        token = parts.path.removeprefix("/files/").partition("/")[0]
        held = self._files.get(token)
        if f"{parts.scheme}://{parts.netloc}" != self.base_url:
            raise BadOrder("url", "this gateway reads only its own files: upload the picture first")
        if held is None:
            raise BadOrder("url", "no such file")
        return held.data

    def calls(self) -> list[Call]:
        """The routes: reading, and putting."""
        return [
            Call("files", "download", "GET", "/files/{token}/{name}", self._download),
            Call("files", "upload", "PUT", "/uploads/{token}/{name}", self._upload, self._refusal),
        ]

    async def _download(self, incoming: Incoming) -> Response:
        held = self._files.get(incoming.path_value("token"))
        if held is None:
            return _store_error(404, "NoSuchKey", "The specified key does not exist.")
        headers = {"ETag": f'"{held.token}"', "X-Content-Type-Options": "nosniff"}
        return Response(held.data, media_type=held.content_type, headers=headers)

    def _refusal(self, request: Request) -> Response | None:
        """What object stores refuse (services/PROTOCOL.md, 4.3)."""
        signed = self._signed.get(str(request.path_params["token"]))
        headers = request.headers
        asked = f"{self.base_url}{request.url.path}?{request.url.query}"
        if "authorization" in headers:
            return _store_error(400, "InvalidArgument", "Only one auth mechanism allowed: remove Authorization.")
        if signed is None or asked != signed.upload_url:
            return _store_error(403, "AccessDenied", "The signature is unknown or has expired.")
        if "content-length" not in headers:
            return _store_error(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
        if headers.get("content-type", "") != signed.content_type:
            return _store_error(403, "SignatureDoesNotMatch", f"Content-Type must be {signed.content_type}.")
        return None

    async def _upload(self, incoming: Incoming) -> Response:
        signed = self._signed.get(incoming.path_value("token"))
        if signed is None:  # forgotten while the bytes came
            return _store_error(403, "AccessDenied", "The signature is unknown or has expired.")
        address = signed.access_url
        self._hold(StoredFile(signed.token, signed.name, signed.content_type, address, incoming.body))
        return Response(status_code=200, headers={"ETag": f'"{signed.token}"'})

    def _hold(self, file: StoredFile) -> StoredFile:
        earlier = self._files.pop(file.token, None)
        self._held_bytes += len(file.data) - (len(earlier.data) if earlier else 0)
        self._files[file.token] = file
        while self._held_bytes > self.capacity_bytes and len(self._files) > 1:
            _, oldest = self._files.popitem(last=False)
            self._held_bytes -= len(oldest.data)
        return file

    def _address(self, token: str, name: str) -> str:
        return f"{self.base_url}/files/{token}/{quote(name)}"


def _safe_name(name: str, content_type: str) -> str:
    stem = SAFE_NAME.sub("_", name.rpartition("/")[2]).strip("._")[-80:] or "file"
    if "." in stem:
        return stem
    return stem + (EXTENSIONS.get(content_type) or mimetypes.guess_extension(content_type) or ".bin")


def _store_error(status: int, code: str, message: str) -> Response:
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>'
    return Response(body, status_code=status, media_type="application/xml")
