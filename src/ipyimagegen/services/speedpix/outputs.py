"""What a workflow made: files that can be read and saved, in the form in which the workflow gives them.

The documentation shows `output["images"]["url"].save(path)` and `output["images"].save(path)`; a workflow may give a
mapping, an address or a list, and all of these answer (PROTOCOL.md, 5.1 and 5.2).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import weakref
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ...core import forks
from ...core.errors import ImagegenError
from ...core.events import JSON, Output
from ...media.artifacts import Payload, check_payload
from ...media.display import MimeBundle, payload_bundle
from ...media.names import expanded
from ...media.saving import save_as_it_is
from ...media.sniff import check, media_type_of_suffix, sniff, suffix_of
from ...net.http import Http
from ...runtime import runtime
from ..kit.numbers import read_number
from .errors import SERVICE

MAX_DEPTH = 8
SHOWN_CHARS = 100
GENERIC = frozenset({"", "application/octet-stream", "binary/octet-stream"})


Fetch = Callable[[str], Awaitable[Payload]]
"""Gets the bytes at an address."""


class FileOutput:
    """One file that a workflow made. `str()` of it is its address.

    Its bytes are fetched when the job succeeds and kept, also in a copy or a pickle of it. `claim` is the media type
    that the service gives it, `name` its file name there.
    """

    def __init__(self, url: str, *, claim: str = "", fetch: Fetch | None = None) -> None:
        path = _path_of(url) if url[:4].lower() == "http" else ""
        self.url = url
        self.claim = claim or media_type_of_suffix(Path(path).suffix)
        self.name = unquote(path.rpartition("/")[2])
        self._fetch = fetch or _without_key
        self._payload: Payload | None = None
        self.after_fork_in_child()

    def read(self, size: int = -1) -> bytes:
        """The bytes, or the first `size` of them. Blocks where they were not fetched yet; costs nothing.

        So a file can be given wherever an open one is taken: as a picture for another model. Raises `ServiceError` or
        `MediaError`.
        """
        data = runtime().run(self._bytes())
        return data if size < 0 else data[:size]

    async def async_read(self) -> bytes:
        """`read` for coroutines."""
        return await runtime().bridge(self._bytes())

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the bytes to a file as they are, or into a folder under their own name, and return the path. Blocks.

        The file is written whole or not at all: one that exists stays as it was where anything goes wrong. Raises
        `MediaError` where the bytes are another medium than the service, or else the path's suffix, promises.
        """
        return runtime().run(self._save(path))

    async def async_save(self, path: str | os.PathLike[str]) -> Path:
        """`save` for coroutines."""
        return await runtime().bridge(self._save(path))

    async def hold(self) -> Payload:
        """Fetch the bytes, once, whoever asks at the same time. Runs on the background loop."""
        async with self._fetching:
            if self._payload is None:
                payload = await self._fetch(self.url)
                if payload.path is not None:
                    weakref.finalize(payload, payload.path.unlink, missing_ok=True).atexit = False
                claim = self.claim or ("" if payload.media_type in GENERIC else payload.media_type)
                await asyncio.to_thread(check_payload, payload, claim)
                self._payload = payload
            return self._payload

    @property
    def payload(self) -> Payload | None:
        """The bytes, where they were fetched already."""
        return self._payload

    async def _bytes(self) -> bytes:
        payload = await self.hold()
        return await asyncio.to_thread(payload.read)

    async def _save(self, path: str | os.PathLike[str]) -> Path:
        expanded(path)  # what is no path is told before anything is fetched
        payload = await self.hold()
        return await asyncio.to_thread(self._write, path, payload)

    def _write(self, path: str | os.PathLike[str], payload: Payload) -> Path:
        found = sniff(payload.head())
        if not self.claim:  # then the suffix is the only promise of what the bytes are
            check(payload.head(), media_type_of_suffix(Path(path).suffix))
        suffix = "" if Path(self.name).suffix else suffix_of(found or self.claim)
        return save_as_it_is(path, f"{self.name or 'file'}{suffix}", payload.path or payload.data)

    def after_fork_in_child(self) -> None:
        """Nobody is fetching it here: the parent's loop, which may, is not this process's."""
        self._fetching = asyncio.Lock()
        forks.renew(self)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_fetching"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.after_fork_in_child()

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> MimeBundle:
        return payload_bundle(self._payload, repr(self), include, exclude)

    def __str__(self) -> str:
        return self.url

    def __repr__(self) -> str:
        shown = self.url if len(self.url) <= SHOWN_CHARS else f"{self.url[:SHOWN_CHARS]}…"
        return f"FileOutput({shown!r})"


def _path_of(url: str) -> str:
    """The path of an address, which may be no good one: then fetching it says so."""
    return "".join(re.split(r"[?#]", url, maxsplit=1)[0].split("/", 3)[3:])


async def _without_key(url: str) -> Payload:
    """The way to a file that came from no client."""
    http = Http(SERVICE, url if url[:4].lower() == "http" else "https://localhost")
    try:
        return await http.download(url)
    finally:
        await http.aclose()


class _Answering:
    """What a mapping or a list with one file in it answers for that file."""

    file: FileOutput

    @property
    def url(self) -> str:
        """The file's address."""
        return self.file.url

    def read(self, size: int = -1) -> bytes:
        """`FileOutput.read`."""
        return self.file.read(size)

    async def async_read(self) -> bytes:
        """`FileOutput.async_read`."""
        return await self.file.async_read()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """`FileOutput.save`."""
        return self.file.save(path)

    async def async_save(self, path: str | os.PathLike[str]) -> Path:
        """`FileOutput.async_save`."""
        return await self.file.async_save(path)

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> MimeBundle:
        return payload_bundle(self.file.payload, repr(self), include, exclude)

    def __str__(self) -> str:
        return self.file.url


class FileMapping(_Answering, dict[str, Any]):
    """The facts of one file as the service gives them (`url`, `filename`, `width` …): a dict that is also the file."""

    def __init__(self, entries: Mapping[str, Any], file: FileOutput) -> None:
        super().__init__(entries)
        self.file = file


class FileList(_Answering, list[Any]):
    """A list of one file: a list that is also the file."""

    def __init__(self, entry: Any) -> None:
        super().__init__([entry])
        self.file = entry if isinstance(entry, FileOutput) else entry.file


Make = Callable[[str, str], FileOutput]
"""Makes a file from its address and the media type that it is said to have."""


def wrapped(value: Any, make: Make, *, claim: str = "", depth: int = 0) -> Any:
    """`value` with every address in it, at any depth, as a `FileOutput`."""
    if isinstance(value, str):
        return make(value, claim) if is_address(value) else value
    if depth >= MAX_DEPTH:
        return value
    if isinstance(value, list):
        entries = [wrapped(entry, make, claim=claim, depth=depth + 1) for entry in value]
        single = len(entries) == 1 and isinstance(entries[0], FileOutput | FileMapping)
        return FileList(entries[0]) if single else entries
    if isinstance(value, dict):
        said = _claim(value)
        inner = {name: wrapped(entry, make, claim=said, depth=depth + 1) for name, entry in value.items()}
        file, named = inner.get("url"), value.get("filename")
        if isinstance(file, FileOutput) and isinstance(named, str) and named:
            file.name = named
        if not isinstance(file, FileOutput) and depth > 0:
            file = next((entry for entry in inner.values() if isinstance(entry, FileOutput)), None)
        return FileMapping(inner, file) if isinstance(file, FileOutput) else inner
    return value


def files_in(output: Any) -> Iterator[FileOutput]:
    """The files of an output, each once; a preview beside its file is left out."""
    if isinstance(output, FileOutput):
        yield output
    elif isinstance(output, _Answering):
        yield output.file
    elif isinstance(output, Mapping):
        for entry in output.values():
            yield from files_in(entry)
    elif isinstance(output, list):
        for entry in output:
            yield from files_in(entry)


async def hold_all(output: Any) -> None:
    """Fetch every file of an output now, as addresses expire. One that fails is left for `read` to raise."""

    async def hold(file: FileOutput) -> None:
        with contextlib.suppress(ImagegenError):
            await file.hold()

    await asyncio.gather(*(hold(file) for file in files_in(output)))


def is_address(text: str) -> bool:
    """Whether a text is an http(s) address or a `data:` URI."""
    low = text[:8].lower()
    if low.startswith(("http://", "https://")):
        return not any(c.isspace() for c in text)
    return low.startswith("data:")


def outputs_of(result: JSON, images: tuple[str, ...] = ()) -> tuple[Output, ...]:
    """The files of a result as outputs, in its order; those of `images` where the result holds none."""
    found = tuple(_outputs(result, "image", 0))
    return found or tuple(Output(url=url) for url in images if is_address(url))


def _outputs(value: JSON, name: str, depth: int) -> Iterator[Output]:
    if isinstance(value, str) and is_address(value):
        yield Output(name=name, url=value)
    elif isinstance(value, list) and depth < MAX_DEPTH:
        for entry in value:
            yield from _outputs(entry, name, depth + 1)
    elif isinstance(value, dict) and depth < MAX_DEPTH:
        url = value.get("url")
        if isinstance(url, str) and is_address(url):
            yield _described(name, url, value)
            return
        for key, entry in value.items():
            yield from _outputs(entry, key if depth == 0 else name, depth + 1)


def _described(name: str, url: str, facts: Mapping[str, JSON]) -> Output:
    width, height = read_number(facts.get("width")), read_number(facts.get("height"))
    plain = {key: entry for key, entry in facts.items() if key != "url" and isinstance(entry, str | int | float | bool)}
    return Output(
        name=name,
        url=url,
        media_type=_claim(facts),
        width=int(width or 0),
        height=int(height or 0),
        facts=plain,
    )


def _claim(facts: Mapping[str, JSON]) -> str:
    """The media type that an entry's `format` (`png`) names."""
    said = facts.get("format")
    text = said.strip().lower() if isinstance(said, str) else ""
    return text if "/" in text else media_type_of_suffix(f".{text}")
