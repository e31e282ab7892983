"""What is sent: parameters as they stand, and pictures and files in them by the addresses of their uploads."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from ...core.errors import InvalidInput
from ...core.requests import InputFile
from ...media.inputs import as_input, is_file_uri, is_missing_path, is_picture_name, looks_like_media_path


def with_files(params: Mapping[str, Any]) -> tuple[dict[str, Any], list[InputFile]]:
    """The parameters with an `InputFile` for all that is neither text nor number, and those files in their order.

    Texts stay as they are, as every keyword goes to the model; but under a picture's name (`image`, `mask`) the path of
    a picture is that picture, since Segmind could do nothing with it. Reads files; raises `InvalidInput`.
    """
    files: list[InputFile] = []
    return {name: _found(name, value, files) for name, value in params.items()}, files


def _found(name: str, value: Any, files: list[InputFile]) -> Any:
    if value is None or isinstance(value, int | float) or (isinstance(value, str) and not _is_path(name, value)):
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


def _is_path(name: str, text: str) -> bool:
    """Whether a text names a local picture, or plainly means one that is not there."""
    return is_picture_name(name) and (is_file_uri(text) or looks_like_media_path(text) or is_missing_path(text))


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
