"""A cell that asks for an earlier result again."""

from __future__ import annotations

import re
from typing import Any

from ...core.events import JSON
from ...core.params import Param, Params
from ...core.requests import InputFile
from ...media.results import Result
from ..widgets.studio.code import code_for

_FILE = re.compile(r"<(?:(?P<type>[\w.+-]+/[\w.+-]+|file) )?(?P<name>.+?)(?: [\d,]+ bytes)?>")
"""What `InputFile.describe` wrote into the journal, which holds no bytes of inputs."""


def code_of(result: Result, params: Params) -> str:
    """Code that sends what was sent for `result`; `params` are the model's.

    Input files are named; where they lay is not in the journal, and a comment says so.
    """
    values = {name: _with_files(value, params.get(name)) for name, value in result.sent.items()}
    return code_for(result.model, values, seed=params.seed.name if params.seed else "")


def _with_files(value: JSON, param: Param | None) -> Any:
    if param is None or not (param.is_media or (param.item is not None and param.item.is_media)):
        return value
    if isinstance(value, list):
        return [_file(entry) for entry in value]
    return _file(value)


def _file(value: JSON) -> Any:
    described = _FILE.fullmatch(value) if isinstance(value, str) else None
    if described is None:
        return value
    name = described["name"]
    url = name if name.startswith(("http://", "https://")) else ""
    return InputFile(filename=name, media_type=described["type"] or "", url=url)
