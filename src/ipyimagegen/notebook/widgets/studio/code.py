"""Copy as code: a cell that makes a picture again, its seed pinned."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from typing import Any

from ....core.requests import InputFile
from ....media.artifacts import Artifact
from .form import Unreadable

WIDE = 88
"""A call longer than this many characters gets a line for each argument."""


def code_for(model: str, values: Mapping[str, Any], *, seed: str = "") -> str:
    """A cell that runs `model` with `values` again. `seed` is the name of the model's seed, `""` where it takes none.

    Pictures from an earlier result are fetched by its job's id; files are named by their path.
    """
    arguments = [text(model), *(argument(name, value) for name, value in values.items())]
    lines = [] if seed in values else ["# This model takes no seed: it makes another picture each time."]
    lines += ["import ipyimagegen as ig", ""]
    return "\n".join([*lines, *call("result = ig.run", arguments, closing=_extra(values))])


def argument(name: str, value: Any) -> str:
    """`name=value` as source; a name that is no identifier comes in by `**`."""
    plain = name.isidentifier() and not keyword.iskeyword(name)
    return f"{name}={source(value)}" if plain else f"**{{{text(name)}: {source(value)}}}"


def source(value: Any) -> str:
    """An expression that gives `value` again."""
    match value:
        case str():
            return text(value)
        case Artifact() if value.record.job_id:
            return f"ig.attach({text(value.record.job_id)}).result().artifacts[{value.index}]"
        case InputFile() if value.url:
            return text(value.url)
        case InputFile() if value.path is not None:
            return text(str(value.path))
        case InputFile() | Artifact() | Unreadable():
            return text(value.given if isinstance(value, Unreadable) else value.filename)
        case list() | tuple():
            return f"[{', '.join(source(entry) for entry in value)}]"
        case Mapping():
            return "{" + ", ".join(f"{source(key)}: {source(entry)}" for key, entry in value.items()) + "}"
    return repr(value)


def text(value: str) -> str:
    """A string as source, in double quotes; what cannot be seen is escaped."""
    seen = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in _escaped(value))
    return f'"{seen}"'


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def call(head: str, arguments: list[str], *, closing: str = "") -> list[str]:
    """The lines of a call, on one line where it is short."""
    short = f"{head}({', '.join(arguments)}){closing}"
    if len(short) <= WIDE and "\n" not in short:
        return [short]
    return [f"{head}(", *(f"    {part}," for part in arguments), f"){closing}"]


def _extra(values: Mapping[str, Any]) -> str:
    """A note where a file came from the browser and has no path here."""
    lost = [
        name
        for name, value in values.items()
        for entry in (value if isinstance(value, list) else [value])
        if isinstance(entry, InputFile) and entry.path is None and not entry.url
    ]
    return f"  # put the file for {', '.join(dict.fromkeys(lost))} beside this notebook" if lost else ""
