"""A cell that asks for an earlier result again, or for what a file says."""

from __future__ import annotations

import re
from typing import Any

from ...core.events import JSON
from ...core.models import ModelSpec
from ...core.params import Param, Params
from ...core.requests import InputFile
from ...core.service_text import one_line
from ...media.metadata import Found
from ...media.results import Result
from ..widgets.studio.code import argument, call, code_for, text

MAX_COMMENT_CHARS = 300

_FILE = re.compile(r"<(?:(?P<type>[\w.+-]+/[\w.+-]+|file) )?(?P<name>.+?)(?: [\d,]+ bytes)?>")
"""What `InputFile.describe` wrote into the journal, which holds no bytes of inputs."""


def code_of(result: Result, params: Params) -> str:
    """Code that sends what was sent for `result`; `params` are the model's.

    Input files are named; where they lay is not in the journal, and a comment says so.
    """
    values = {name: _with_files(value, params.get(name)) for name, value in result.sent.items()}
    return code_for(result.model, values, seed=params.seed.name if params.seed else "")


def code_of_found(found: Found, spec: ModelSpec, name: str) -> str:
    """Code that asks `spec` for what the file `name` says of its making; what it cannot be asked for is a comment."""
    params, left_out = found.to_params(spec)
    seed = spec.params.seed
    notes = [f"{name}: made with {found.tool or 'an unnamed tool'}" + (f", {found.model}" if found.model else "")]
    notes += [f"not carried over: {entry}" for entry in left_out]
    notes += [f"in doubt: {doubt}" for doubt in found.doubts]
    if seed is None:
        notes.append(f"{spec.id} takes no seed: it makes another picture each time")
    elif seed.name not in params:
        notes.append("without a seed: each run makes another picture")
    comments = [f"# {one_line(note, MAX_COMMENT_CHARS)}" for note in notes]
    arguments = [text(spec.id), *(argument(key, value) for key, value in params.items())]
    return "\n".join([*comments, "import ipyimagegen as ig", "", *call("result = ig.run", arguments)])


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
