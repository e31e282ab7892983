"""To ask for a result once more: with its seed and its inputs, or a reason why that cannot be."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from ..core.errors import InvalidInput
from ..core.models import ModelSpec
from ..core.params import SEED_NAMES
from ..core.requests import InputFile
from ..history import Journal
from ..media.results import Result

_DESCRIBED = re.compile(r"<[\w.+-]+/[\w.+-]+ [^\n]+ [\d,]+ bytes>")


def params_again(
    result: Result, spec: ModelSpec, journal: Journal | None, changes: Mapping[str, Any]
) -> dict[str, Any]:
    """The parameters of a call that makes the same again, with `changes` in place of some.

    Raises `InvalidInput` where the model takes no seed, nobody knows the one that was used, or an input is not kept.
    """
    files = {name for name, value in result.sent.items() if name not in changes and _is_file(spec, name, value)}
    params = {**result.sent, **_inputs(result, journal, files), **changes}
    if any(name in changes for name in SEED_NAMES):
        return params
    name = spec.params.seed.name if spec.params.seed is not None else SEED_NAMES[0] if spec.params.open else ""
    anew = "ig.run(result.model, **result.params) makes another one"
    if not name:
        raise InvalidInput(f"a model without a seed cannot be made again, and {spec.id} takes none; {anew}")
    if name not in params:
        if result.seed is None:
            raise InvalidInput(f"{spec.id} did not tell the seed that it used, so it cannot be made again; {anew}")
        params[name] = result.seed
    return {key: value for key, value in params.items() if key == name or key not in SEED_NAMES}


def _inputs(result: Result, journal: Journal | None, files: Collection[str]) -> dict[str, Any]:
    """The files that it was made from, by parameter: from the history, where their content is kept."""
    if not files:
        return {}
    found = journal.inputs_of(result.job_ids[0]) if journal is not None and result.job_ids else []
    ready: dict[str, Any] = {}
    for name in sorted(files):
        kept = [entry for entry in found if entry.name == name]
        missing = next((entry.filename for entry in kept if entry.path is None), "" if kept else str(result.sent[name]))
        if missing or not kept:
            raise InvalidInput(
                f"the file that it was made from is not kept here: {name} = {missing}; "
                f"give it again: result.again({name}=...)"
            )
        given = [
            InputFile(filename=entry.filename, media_type=entry.media_type, path=entry.path, size=entry.size)
            for entry in kept
        ]
        ready[name] = given if isinstance(result.sent[name], list) else given[0]
    return ready


def _is_file(spec: ModelSpec, name: str, value: object) -> bool:
    """Whether a value as it was noted stands for a file (`InputFile.describe`); by its form where no schema says so."""
    if isinstance(value, list):
        return any(_is_file(spec, name, entry) for entry in value)
    param = spec.params.get(name)
    if not isinstance(value, str) or (param is not None and not param.is_media):
        return False
    return param is not None or _DESCRIBED.fullmatch(value) is not None
