"""What is sent: parameters as they stand, and pictures and files in them by the addresses of their uploads."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from ...core.errors import InvalidInput
from ...core.requests import InputFile
from ...media.inputs import as_input


def with_files(params: Mapping[str, Any]) -> tuple[dict[str, Any], list[InputFile]]:
    """The parameters with an `InputFile` for all that is neither text nor number, and those files in their order.

    Texts stay as they are: every keyword goes to the model. Reads files; raises `InvalidInput`.
    """
    files: list[InputFile] = []
    return {name: _found(name, value, files) for name, value in params.items()}, files


def _found(name: str, value: Any, files: list[InputFile]) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _found(str(key), entry, files) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_found(name, entry, files) for entry in value]
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        return value.item()  # a NumPy scalar
    file = value if isinstance(value, InputFile) else as_input(value, kind="file", name=name)
    if file.url:
        return file.url
    files.append(file)
    return file


def placed(value: Any, addresses: Mapping[int, str]) -> Any:
    """`value` with each file in it replaced by its address, found by the file's `id`."""
    if isinstance(value, InputFile):
        return addresses[id(value)]
    if isinstance(value, dict):
        return {key: placed(entry, addresses) for key, entry in value.items()}
    return [placed(entry, addresses) for entry in value] if isinstance(value, list) else value


def data_url(file: InputFile) -> str:
    """The file as a `data:` URI. Reads it; raises `InvalidInput` where it is gone."""
    try:
        data = file.read()
    except OSError as error:
        raise InvalidInput(f"{file.filename} cannot be read: {error.strerror}") from None
    return f"data:{file.media_type or 'application/octet-stream'};base64,{base64.b64encode(data).decode('ascii')}"
