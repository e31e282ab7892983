"""`File`: a task's file by its documented name. It knows where the bytes are, and fetches them when somebody looks."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ...core import forks, scratch
from ...core.errors import InvalidInput, capped
from ...core.paths import is_address
from ...core.said import is_said
from ...media.artifacts import Payload, check_payload
from ...media.display import MimeBundle, payload_bundle
from ...media.filetypes import media_type_of_name
from ...media.names import expanded, safe_name
from ...media.saving import save_as_it_is, write_atomic
from ...media.sniff import suffix_of
from ...runtime import runtime
from .connect import http_for

OWN = "for a file of your own give File(Path(…))"


class File:
    """A file of a task, here or at inference.sh.

    Takes an address, a local path, or what a task's output holds (`{"uri": …}`): an address there, and never a path, as
    a service must not choose which local file is read. `path` is a local copy, fetched at first use: that blocks.
    `content_type`, `size` (bytes) and `filename` are `None` until they are known.
    """

    def __init__(
        self,
        source: str | os.PathLike[str] | Mapping[str, Any] | File | None = None,
        *,
        uri: str | None = None,
        path: str | os.PathLike[str] | None = None,
        content_type: str | None = None,
        size: int | None = None,
        filename: str | None = None,
    ) -> None:
        told = _told(source)
        self.uri: str | None = told.get("uri") or uri
        self.content_type: str | None = told.get("content_type") or content_type
        self.size: int | None = told.get("size") or size
        self.filename: str | None = told.get("filename") or filename
        local: str | os.PathLike[str] | None = source if isinstance(source, os.PathLike) else path
        if isinstance(source, File) and source.is_local:
            local = Path(source.path)
        if local is None and self.uri and not is_address(self.uri):
            if isinstance(source, Mapping):
                raise InvalidInput(f"{capped(self.uri, 200)!r}, the uri of this record, is no address; {OWN}")
            local, self.uri = self.uri, None
        if local is None and not self.uri:
            hint = f": a path in a record is never read; {OWN}" if isinstance(source, Mapping) else ""
            raise InvalidInput(f"a file needs a uri or a path{hint}")
        self._path: Path | None = _local(local) if local is not None else None
        self.after_fork_in_child()
        if self._path is not None:
            self._measure()

    @classmethod
    def from_path(cls, path: str | os.PathLike[str]) -> File:
        """A local file."""
        return cls(path=path)

    @property
    def is_local(self) -> bool:
        """Whether the bytes are on this machine."""
        return self._path is not None

    @property
    def path(self) -> str:
        """The local file. Fetches it at first use, into a folder for temporary files: blocks.

        Raises `ServiceError` where it cannot be had, `MediaError` where something else than the claimed medium came.
        """
        if self._path is None:
            runtime().run(self._hold())
        return str(self._path)

    def read(self, size: int = -1) -> bytes:
        """The bytes, or the first `size` of them. Blocks where they have to be fetched."""
        with Path(self.path).open("rb") as file:
            return file.read(size)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the bytes to a file, or into a folder under their own name, and return the path.

        Whole or not at all; in a folder no other file is replaced. Blocks where they have to be fetched. Raises
        `MediaError` where something else than the claimed medium came: a file that is there stays as it is.
        """
        expanded(path)  # what is no path is told before anything is fetched
        held = Path(self.path)
        return save_as_it_is(path, held.name, held)

    def exists(self) -> bool:
        """Whether there is a local file."""
        return self._path is not None and self._path.exists()

    def refresh_metadata(self) -> None:
        """Look at the local file again."""
        if self._path is not None:
            self.content_type = self.size = self.filename = None
            self._measure()

    def to_dict(self) -> dict[str, Any]:
        """What is known, as plain data."""
        known = {
            "uri": self.uri,
            "path": str(self._path) if self._path is not None else None,
            "content_type": self.content_type,
            "size": self.size,
            "filename": self.filename,
        }
        return {name: value for name, value in known.items() if value is not None}

    def _measure(self) -> None:
        if self._path is None:
            return
        self.filename = self.filename or self._path.name
        self.content_type = self.content_type or media_type_of_name(self._path.name) or None
        if self._path.is_file():
            self.size = self._path.stat().st_size

    async def _hold(self) -> None:
        """Fetch it, once, whoever asks at the same time. Runs on the background loop."""
        async with self._fetching:
            if self._path is None:
                payload = await http_for(self.uri or "").download(self.uri or "")
                self._path = await asyncio.to_thread(self._kept, payload)
                self._measure()

    def _kept(self, payload: Payload) -> Path:
        """Put it into a folder of its own."""
        try:
            claimed = self.content_type or payload.media_type
            media_type = check_payload(payload, claimed) or claimed
            return _put_away(payload, safe_name(self.filename or "") or f"file{suffix_of(media_type)}")
        finally:
            payload.drop()

    def after_fork_in_child(self) -> None:
        """Nobody is fetching it here: the parent's loop, which may, is not this process's."""
        self._fetching = asyncio.Lock()
        forks.renew(self)

    def __getstate__(self) -> dict[str, Any]:
        """A copy shares a file that was fetched; a pickle holds its bytes, as the file ends with this process."""
        state = {name: value for name, value in self.__dict__.items() if name != "_fetching"}
        if self._path is not None and self._path.is_relative_to(scratch.folder()):
            state["_path"] = Payload(path=self._path, filename=self._path.name)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        held = state["_path"]
        if isinstance(held, Payload):
            held = held.path or _put_away(held, held.filename)
        self.__dict__.update(state, _path=held)
        self.after_fork_in_child()

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> MimeBundle:
        held = Payload(path=self._path) if self._path is not None and self._path.is_file() else None
        return payload_bundle(held, repr(self), include, exclude)

    def __repr__(self) -> str:
        where = self._path.name if self._path is not None else (self.uri or "")[:120].partition("?")[0]
        return f"<File {where if not where.startswith('data:') else 'data: URI'}>"


def _put_away(payload: Payload, name: str) -> Path:
    """Keep a file until the process ends, in a folder of its own."""
    path = Path(tempfile.mkdtemp(dir=scratch.folder())) / name
    write_atomic(path, payload.path or payload.data)
    return path


def _local(path: str | os.PathLike[str]) -> Path:
    """A path that a user typed. Raises `InvalidInput` for one that a service named."""
    if isinstance(path, str) and is_said(path):
        raise InvalidInput(f"{capped(path, 200)!r} comes from a service's answer, and is no address; {OWN}")
    return Path(path).expanduser().absolute()


def _told(source: object) -> dict[str, Any]:
    """What a source tells of a file, each in its own type. A record's `path` is left out: it is not ours."""
    match source:
        case None | os.PathLike():
            return {}
        case File():
            return source.to_dict()
        case str():
            return {"uri": source}
        case Mapping():
            texts = {name: source.get(name) for name in ("uri", "content_type", "filename")}
            told: dict[str, Any] = {name: value for name, value in texts.items() if isinstance(value, str)}
            return told | ({"size": source["size"]} if type(source.get("size")) is int else {})
    raise InvalidInput(f"{type(source).__name__} is not a file: give a URL, a path, or a task's output")
