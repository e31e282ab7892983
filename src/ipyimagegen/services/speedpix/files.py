"""Files at SpeedPix, as they are once they were uploaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...core.errors import ProtocolError
from ...core.events import JSON
from ...core.paths import is_address
from ..kit.numbers import read_number


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An uploaded file. Use `access_url` (`url` for short) in a workflow's inputs; it stops working at `expire_time`.

    `expire_time` is Unix seconds as text, as the service gives it; `size` is in bytes.
    """

    access_url: str
    path: str = ""
    expire_time: str | None = None
    upload_url: str = field(default="", repr=False)
    object_key: str = ""
    name: str | None = None
    content_type: str | None = None
    size: int | None = None

    @property
    def url(self) -> str:
        """`access_url`."""
        return self.access_url

    def __str__(self) -> str:
        return self.access_url


def read_place(data: Mapping[str, JSON] | None, *, name: str, content_type: str, size: int) -> File:
    """The place for an upload that the service signed. Raises `ProtocolError` where it names none."""
    known = data or {}
    upload_url, access_url = known.get("upload_url"), known.get("access_url")
    if not isinstance(upload_url, str) or not isinstance(access_url, str) or not is_address(access_url):
        raise ProtocolError("speedpix: no address to upload to in the answer", service="speedpix")
    expires = read_number(known.get("expire_time"))
    said = known.get("expire_time")
    return File(
        access_url=access_url,
        path=str(known.get("path") or ""),
        expire_time=str(said)
        if expires is None and said is not None
        else None
        if expires is None
        else f"{expires:.0f}",
        upload_url=upload_url,
        object_key=str(known.get("object_key") or ""),
        name=name,
        content_type=content_type,
        size=size,
    )
