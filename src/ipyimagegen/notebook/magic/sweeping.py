"""`%%imagegen --sweep | --expand | --each`: what a cell says, made into the arguments of a sweep."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from ...core.errors import InvalidInput, Problem
from ...core.models import ModelSpec
from ...core.params import Param, Params
from ...experiments.axes import MODEL, PROMPT, SEED
from ...experiments.planning import MAX_CELLS
from ...experiments.template import Template
from .body import Body, lists_in, read_body
from .parse import Invocation, shown
from .values import json_or_text, make_call, negative_name, prompt_name, read_value
from .variables import Held

_EMPTY = "an empty list has no cells"
_NO_LIST = "this variable holds no list of values"
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepCall:
    """A cell as the arguments of a sweep: `models` are names, `params` hold lists where a parameter is an axis."""

    models: tuple[str, ...]
    params: Mapping[str, Any]
    seed: Any = None
    zip_: Mapping[str, Any] | None = None
    problems: tuple[Problem, ...] = ()


def sweep_call(
    specs: Sequence[ModelSpec], asked: Invocation, body: str, names: Mapping[str, Any], *, negative_prompt: str = ""
) -> SweepCall:
    """Everything that a cell says, for `specs`, with every problem of the line and the body."""
    spec = together(specs)
    bodies, problems = _bodies(asked, body, names)
    first = Body(bodies[0].prompt, bodies[0].negative)
    call = make_call(spec, asked, first, names, negative_prompt=negative_prompt, check=False)
    problems += call.problems
    prompts, negatives = [each.prompt for each in bodies], [each.negative or "" for each in bodies]
    texts = {prompt_name(spec): prompts, negative_name(spec): negatives}
    ordered = sorted(call.values, key=lambda name: name not in texts)  # the prompt is the outermost axis
    params = {name: _constant(call.values[name], spec.params.get(name)) for name in ordered}
    zip_: dict[str, Any] = {}
    for name, written in texts.items():
        if name not in params or not any(written):
            continue
        if asked.each:
            params[name] = zip_[name] = written
        else:
            params[name] = _template(params[name], problems)
    if len(specs) > 1 and (own := prompt_name(spec)) in params:  # each model has it under its own name
        params = {PROMPT if name == own else name: value for name, value in params.items()}
        zip_ = {PROMPT if name == own else name: value for name, value in zip_.items()}
    if len(zip_) > 1:  # a prompt and its negative prompt go together
        params = {name: value for name, value in params.items() if name not in zip_}
    else:
        zip_ = {}
    for name, values in asked.sweeps:
        if name == MODEL and MODEL not in spec.params:  # `specs` are these
            continue
        if name in params or name in zip_:
            problems.append(Problem(f"--sweep {name}", "is given beside --sweep too; write it once"))
            continue
        try:
            params[name] = axis_values(spec.params.get(name), values, names)
        except ValueError as error:
            problems.append(Problem(f"--sweep {name}", str(error)))
    seed = params.pop(SEED, None)
    return SweepCall(
        models=tuple(each.id for each in specs),
        params=params,
        seed=seed[0] if isinstance(seed, list) and len(seed) == 1 else seed,
        zip_=zip_ or None,
        problems=tuple(dict.fromkeys(problems)),
    )


def together(specs: Sequence[ModelSpec]) -> ModelSpec:
    """One description for several models: whatever any of them takes. A cell that one does not take is not sent."""
    params: dict[str, Param] = {}
    for param in (param for spec in specs for param in spec.params.entries):
        params.setdefault(param.name, param)
    return replace(specs[0], params=Params(tuple(params.values()), open=any(spec.params.open for spec in specs)))


def axis_values(param: Param | None, text: str, names: Mapping[str, Any]) -> list[Any]:
    """The values of `--sweep NAME=…`. Raises `ValueError` for what is only one.

    A variable that holds a list, a JSON list, `a||b`, numbers `3,7,12` and `1,2,..,10`, or choices of the model with
    commas between; all other commas belong to a value.
    """
    if isinstance(text, Held):
        if isinstance(text.value, list) and text.value:
            return list(text.value)
        if not isinstance(text.value, str):
            raise ValueError(_NO_LIST if text.value != [] else _EMPTY)  # noqa: TRY004 (what was typed is wrong)
        text = str(text)
    found = json_or_text(text)
    if isinstance(found, list):
        if not found:
            raise ValueError(_EMPTY)
        return found
    parts = [part.strip() for part in text.split("||")] if "||" in text else _by_comma(param, text)
    if len(parts) < 2 or not all(parts):
        raise ValueError(f"{shown(text)!r} is one value; put || between several, or give a JSON list")
    return [read_value(param, part, names, _ignore) for part in parts]


def _by_comma(param: Param | None, text: str) -> list[str]:
    parts = [part.strip() for part in text.split(",")]
    if ".." in parts:
        return _range(parts)
    if all(map(_NUMBER.fullmatch, parts)):
        return parts
    choices = {str(choice) for choice in param.choices} if param is not None else set()
    booleans = {"true", "false"} if param is not None and param.kind == "boolean" else set()
    return parts if text not in choices and all(part in choices | booleans for part in parts) else [text]


def _range(parts: Sequence[str]) -> list[str]:
    """`1,..,4` and `1,1.5,..,4`: from the first to the last, which is not passed. Raises `ValueError`."""
    told = "is no range; write its first, perhaps its second, two dots and its last number: 1,2,..,10"
    where = parts.index("..")
    try:
        numbers = [Decimal(part) for number, part in enumerate(parts) if number != where]
    except InvalidOperation:
        raise ValueError(f"{shown(','.join(parts))!r} {told}") from None
    if where not in (1, 2) or len(parts) != where + 2 or not all(number.is_finite() for number in numbers):
        raise ValueError(f"{shown(','.join(parts))!r} {told}")
    first, last = numbers[0], numbers[-1]
    step = numbers[1] - first if where == 2 else Decimal(1 if last >= first else -1)
    count = (last - first) / step if step else Decimal(-1)
    if not 0 <= count < MAX_CELLS:
        raise ValueError(f"{shown(','.join(parts))!r} {told}; at most {MAX_CELLS:,} values")
    return [f"{(first + number * step).normalize():f}" for number in range(int(count) + 1)]


def _bodies(asked: Invocation, body: str, names: Mapping[str, Any]) -> tuple[list[Body], list[Problem]]:
    """The body, once for each entry of its list where `--each` is given."""
    if not asked.each:
        read = read_body(body, names, as_template=True)
        return [read], list(read.problems)
    if asked.expand:
        return [Body("x")], [Problem("--each", "and --expand read the body in two ways; one of the two")]
    lists = lists_in(body, names)
    lengths = set(lists.values())
    if len(lists) != 1 or lengths == {0}:
        told = "the body names no list; write {name} for a variable that holds one"
        if len(lists) > 1:
            told = f"the body names {len(lists)} lists, {', '.join(lists)}; one of them can be taken entry by entry"
        elif lists:
            told = f"the list {next(iter(lists))} is empty"
        read = read_body(body, names, entry=0 if lengths and 0 not in lengths else None)
        return [read], [Problem("--each", told)]
    if max(lengths) > MAX_CELLS:
        return [Body("")], [Problem("--each", f"{max(lengths):,} entries are more than {MAX_CELLS:,}")]
    made = [read_body(body, names, entry=number) for number in range(max(lengths))]
    return made, [problem for each in made for problem in each.problems]


def _template(text: Any, problems: list[Problem]) -> Any:
    """The texts that `text` stands for, or the one that it is."""
    if not isinstance(text, str):
        return text
    try:
        template = Template(text)
    except InvalidInput as error:
        problems += [replace(problem, name="the body") for problem in error.problems]
        return text
    return template if template.count() > 1 else template.at(0)


def _constant(value: Any, param: Param | None) -> Any:
    """A value that all cells take, also where it is a list: an axis of one, as a list alone would be taken for many."""
    return [value] if isinstance(value, list) and (param is None or param.kind != "list") else value


def _ignore(source: str) -> None:
    """Where a value is from is not shown for axes, which have their own headings."""
