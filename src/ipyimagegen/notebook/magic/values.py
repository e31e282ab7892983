"""From text to values: the parameters say how a word is read, the notebook's variables may stand for pictures."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from ...core.errors import InvalidInput, Problem, capped
from ...core.models import ModelSpec
from ...core.params import NEGATIVE_NAMES, Kind, Param
from .body import Body
from .fields import NotFillable, first_name, is_path, look_up
from .options import spelled
from .parse import Invocation, Text
from .variables import Held


@dataclass(frozen=True, slots=True)
class Call:
    """A line and a body made into one call. `sources` says in words where a value is from, where that is not plain."""

    values: Mapping[str, Any]
    sources: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def make_call(
    spec: ModelSpec,
    asked: Invocation,
    body: Body,
    names: Mapping[str, Any],
    *,
    negative_prompt: str = "",
    check: bool = True,
) -> Call:
    """Everything that a cell says, as values for `spec`, with every problem that can be known before files are read.

    `negative_prompt` is the session's own, for calls that say nothing of one. Only the existence of files is looked at.
    `check=False` leaves it to whoever plans the call whether the model takes these values.
    """
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    problems = [*asked.problems, *body.problems]
    if asked.n != 1 and "n" in asked.values:
        problems.append(Problem("-n", "is given twice"))
    for name, text in asked.values.items():
        try:
            values[name] = read_value(spec.params.get(name), text, names, partial(sources.__setitem__, name))
        except ValueError as error:
            problems.append(Problem(spelled(name), str(error)))
    problems += _texts(spec, body, values)
    negative = negative_name(spec)
    if negative_prompt and negative and negative not in values:
        values[negative] = negative_prompt
        sources[negative] = "from %config ImageGen.negative_prompt"
    if not check:
        return Call(values, sources, tuple(problems))
    try:
        spec.params.check(values)
    except InvalidInput as error:
        wrong = {problem.name.removeprefix("--").replace("-", "_") for problem in problems}
        problems += [_as_option(spec, problem, body) for problem in error.problems if problem.name not in wrong]
    return Call(values, sources, tuple(problems))


def _texts(spec: ModelSpec, body: Body, values: dict[str, Any]) -> list[Problem]:
    """Put the body's two texts where the model takes them."""
    problems = []
    if not body.prompt:
        param = spec.params.prompt
        if param is not None and param.required and param.default is not None:
            values.setdefault(param.name, param.default)
    else:
        problems += _put(
            values, prompt_name(spec), body.prompt, f"{spec.id} takes no prompt; remove the lines below the first"
        )
    if body.negative is not None:
        what = f"{spec.id} takes no negative prompt; remove the line --- and what follows it"
        problems += _put(values, negative_name(spec), body.negative, what)
    return problems


def _put(values: dict[str, Any], name: str, text: str, if_none: str) -> list[Problem]:
    if not name:
        return [Problem("", if_none)]
    if name in values:
        return [Problem(spelled(name), "is given on the first line and in the body; write it once")]
    values[name] = text
    return []


def prompt_name(spec: ModelSpec) -> str:
    """The parameter that a body goes to, `""` where the model takes no prompt."""
    return spec.params.prompt.name if spec.params.prompt else "prompt" if spec.params.open else ""


def negative_name(spec: ModelSpec) -> str:
    """The parameter that what follows `---` goes to, `""` where the model takes none."""
    known = spec.params.negative
    return known.name if known is not None else NEGATIVE_NAMES[0] if spec.params.open else ""


def _as_option(spec: ModelSpec, problem: Problem, body: Body) -> Problem:
    prompt = spec.params.prompt
    if prompt is not None and problem.name == prompt.name and not body.prompt and "required" in problem.message:
        return Problem("", f"{spec.id} needs a prompt; write it in the lines below the first")
    return replace(problem, name=spelled(problem.name))


def read_value(param: Param | None, text: Text, names: Mapping[str, Any], note: Callable[[str], object]) -> Any:
    """What `text` means for `param` (`None`: a parameter that nobody described). Raises `ValueError` with the reason.

    Numbers are made numbers; ranges and choices are left to `Params.check`.
    """
    if isinstance(text, bool):
        return text
    if isinstance(text, Held):
        note(f"the variable {text.source} ({type(text.value).__name__})")
        # A text is read as if it had been typed, but for what it means as it stands.
        if not isinstance(text.value, str) or param is None or param.kind not in _READ_FROM_TEXT:
            return text.value
    if isinstance(text, tuple):
        return [read_value(param.item if param else None, part, names, note) for part in text]
    if param is not None and param.kind == "list":
        return _list(param, text, names, note)
    if param is not None and param.is_media:
        return _media(text, names, note)
    read = READERS.get(param.kind if param is not None else "any")
    return text if read is None else read(text)


def _number(text: str) -> int | float | str:
    found = json_or_text(text.removeprefix("+"))
    return found if isinstance(found, int | float) and not isinstance(found, bool) else text


def _object(text: str) -> dict[str, Any]:
    found = json_or_text(text)
    if not isinstance(found, dict):
        raise ValueError(  # noqa: TRY004 - the text is wrong, not the call
            f"{capped(text, 60)!r} is not a JSON object, such as '{{\"key\": 1}}'"
        )
    return found


def _list(param: Param, text: str, names: Mapping[str, Any], note: Callable[[str], object]) -> list[Any]:
    found = json_or_text(text)
    if isinstance(found, list):
        return found
    if param.item is not None and param.item.is_media:
        # A URL or a file name may hold commas: several files are several options.
        return [_media(text, names, note)]
    parts = [part.strip() for part in text.split(",")]
    return [read_value(param.item, part, names, note) for part in parts if part]


def _media(text: str, names: Mapping[str, Any], note: Callable[[str], object]) -> Any:
    """A file of that name where there is one; else the notebook's variable; else the text, as a path or URL."""
    name = first_name(text)
    if is_path(text) and name in names and not _exists(text):
        try:
            found = look_up(text, names)
        except NotFillable as error:
            raise ValueError(f"{capped(text, 60)!r}: {error}") from error
        except Exception as error:  # whatever a variable's own class raises
            raise ValueError(f"{capped(text, 60)!r}: the variable {name!r} has no such part ({error})") from error
        note(f"the variable {text} ({type(found).__name__})")
        return found
    return text


def _exists(text: str) -> bool:
    try:
        return Path(text).expanduser().exists()
    except (OSError, ValueError, RuntimeError):
        return False


def json_or_text(text: str) -> Any:
    """`4`, `0.5`, `true`, `null`, `[1, 2]` and `{"a": 1}` as JSON; all else as the text that it is."""
    try:
        return json.loads(text, parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError):
        return text


def _finite(word: str) -> float:
    """A number as JSON knows it: neither `NaN` nor one that is too large."""
    number = float(word)
    if not math.isfinite(number):
        raise ValueError(word)
    return number


READERS: Mapping[Kind, Callable[[str], Any]] = {
    "any": json_or_text,
    "object": _object,
    "integer": _number,
    "number": _number,
}
"""How the text of a parameter of that kind is read; all others stay text."""
_READ_FROM_TEXT: frozenset[Kind] = frozenset({"list", "object", "integer", "number"})
