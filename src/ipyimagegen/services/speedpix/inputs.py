"""Files in a workflow's inputs: found, and turned into what the service takes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ...core.errors import InvalidInput, Problem
from ...core.requests import InputFile
from ..kit.inputs import Promise, data_uri, files_in, replaced, with_files
from .files import File
from .orders import Strategy
from .outputs import FileList, FileMapping, FileOutput

PROMISE = Promise(service="speedpix", paths=True, words=True)
"""The guide: local paths in the inputs are uploaded, wherever they stand and whatever they are."""
MAX_BASE64_BYTES = 1 << 20
"""What goes into the inputs themselves: PROTOCOL.md, 6.2."""

Upload = Callable[[InputFile], Awaitable[File]]


async def prepared(inputs: Mapping[str, Any], strategy: Strategy, upload: Upload) -> dict[str, Any]:
    """`inputs` as JSON can hold them: every file uploaded (`url`), or as a `data:` URI (`base64`).

    Reads files and uploads them, all at once. Raises one `InvalidInput` for everything that cannot be sent, before
    anything is uploaded, and what `upload` raises.
    """
    found = await asyncio.to_thread(lambda: with_files(inputs, PROMISE, own=address_of))
    files = files_in(found)
    if strategy == "base64" and (large := [file for file in files if file.size > MAX_BASE64_BYTES]):
        raise InvalidInput([_too_large(file) for file in large], model="speedpix")

    async def text(file: InputFile) -> str:
        if strategy == "base64":
            return await asyncio.to_thread(data_uri, file)
        return (await upload(file)).access_url

    texts = await asyncio.gather(*(text(file) for file in files))
    ready: dict[str, Any] = replaced(found, {id(file): ready for file, ready in zip(files, texts, strict=True)})
    return ready


def address_of(value: Any) -> str | None:
    """The address of an earlier output or upload."""
    if isinstance(value, FileOutput | FileMapping | FileList):
        return str(value)
    return value.access_url if isinstance(value, File) else None


def _too_large(file: InputFile) -> Problem:
    return Problem(
        file.filename,
        f"has {file.size:,} bytes; with file_encoding_strategy='base64' a file may have {MAX_BASE64_BYTES:,} at most: "
        "use 'url', which uploads it",
    )
