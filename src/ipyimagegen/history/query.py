"""What can be asked of the history, as one value: parsed and checked, with one error for all that is wrong. Pure."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from numbers import Real
from typing import Any, Literal, get_args

from ..core.arguments import text, whole
from ..core.errors import InvalidInput, Problem
from ..core.foreign import as_json, scalar, shown
from .words import fold, param_key, words_of

Sort = Literal["newest", "oldest", "cheapest", "dearest", "model"]
Moment = str | float | date | None
Price = str | float | Decimal | tuple[float | Decimal | None, float | Decimal | None] | None
Bounds = tuple[float | None, float | None]
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
UNITS_S = {"m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400}
TIMES = "a time such as '7d', '12h', 'monday', 'yesterday', '2026-11-28', a date or datetime"
COSTS = "a cost in US dollars such as '<0.05', '>=1', 'free', 'unknown', a number, or (least, most)"
_AGO = re.compile(r"(\d{1,6}(?:\.\d+)?)\s*([mhdw])[a-z]*(?:\s+ago)?")
_COMPARED = re.compile(r"(<=|>=|<|>|=)?\s*\$?\s*(\d{1,12}(?:\.\d+)?)")
_HAIR = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Everything that is set must hold.

    `words` and `tags` are folded; `since` and `until` epoch seconds, the second one excluded; `cost` the least and the
    most, both included; `params` keys of `words.param_key`.
    """

    words: tuple[str, ...] = ()
    model: str = ""
    since: float | None = None
    until: float | None = None
    cost: Bounds | Literal["unknown"] | None = None
    starred: bool | None = None
    tags: tuple[str, ...] = ()
    seed: int | None = None
    params: tuple[int, ...] = ()
    phase: Literal["succeeded", "open", "any"] = "succeeded"
    sort: Sort = "newest"
    limit: int = 100


def asked(
    query: object = "",
    *,
    model: object = None,
    since: object = None,
    until: object = None,
    cost: object = None,
    starred: object = None,
    tag: object = None,
    seed: object = None,
    sort: object = "newest",
    limit: object = 100,
    params: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> Query:
    """A query from what a user typed. Raises one `InvalidInput` with every problem."""
    problems: list[Problem] = []
    moment = now or datetime.now().astimezone()

    def taken(name: str, parse: Any, value: object, *, unset: object = None) -> Any:
        try:
            return None if value is unset else parse(value)
        except InvalidInput as error:
            problems.extend(error.problems)
        except ValueError as error:
            problems.append(Problem(name, str(error)))
        return None

    words = taken("query", lambda value: tuple(words_of(text(value, "query", "words to look for"))), query, unset="")
    found = Query(
        words=words or (),
        model=taken("model", _model, model) or "",
        since=taken("since", lambda value: moment_of(value, moment, end=False), since),
        until=taken("until", lambda value: moment_of(value, moment, end=True), until),
        cost=taken("cost", cost_of, cost),
        starred=taken("starred", _flag, starred),
        tags=taken("tag", tags_of, tag) or (),
        seed=taken("seed", lambda value: whole(scalar(value), "seed", least=-(2**63)), seed),
        params=taken("params", _params, params) or (),
        sort=taken("sort", _sort, sort) or "newest",
        limit=taken("limit", lambda value: whole(value, "limit"), limit) or 0,
    )
    if problems:
        raise InvalidInput(problems)
    return found


FILTERS = ("model", "since", "until", "cost", "tag", "seed", "sort", "starred")


def named(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Parameters to look for by their own names. Raises `InvalidInput` for one that was meant to be a filter.

    Otherwise `search(modle="flux")` would find nothing, and say nothing.
    """
    problems = [
        Problem(name, f"did you mean {near!r}? A parameter of that name is looked for with params={{{name!r}: ...}}")
        for name in params
        if (near := _nearly(name))
    ]
    if problems:
        raise InvalidInput(problems)
    return params


def _nearly(name: str) -> str:
    """The filter that a name nearly is, `""` for none."""
    close = difflib.get_close_matches(name, (*FILTERS, "limit", "query"), n=1, cutoff=0.8)
    return "starred" if name == "star" else close[0] if close else ""


def typed(words: Iterable[str], *, limit: int) -> Query:
    """A query from the words of a line: `fox since=7d tag=winter steps=20`. Other names are parameters.

    Raises `InvalidInput` with every problem.
    """
    plain: list[str] = []
    filters: dict[str, Any] = {}
    params: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.isidentifier():
            plain.append(word)
        elif name == "tag":
            filters.setdefault("tag", []).append(value)
        elif name in FILTERS:
            filters[name] = _as_typed(value) if name in ("seed", "starred") else value
        else:
            params[name] = _as_typed(value)
    return asked(" ".join(plain), limit=limit, params=named(params), **filters)


def _as_typed(value: str) -> Any:
    """A number, true or false where it reads so, else the text."""
    try:
        found = json.loads(value.lower() if value.lower() in ("true", "false") else value)
    except (ValueError, RecursionError):
        return value
    return found if isinstance(found, bool | int | float) else value


def _model(value: object) -> str:
    return fold(text(value, "model", "a part of a model's name").strip())


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{shown(value)} is neither True nor False")  # noqa: TRY004 (it becomes our InvalidInput)
    return value


def _sort(value: object) -> Sort:
    for known in get_args(Sort):
        if value == known:
            return known  # type: ignore[no-any-return]
    raise ValueError(f"{shown(value)} is not one of {', '.join(map(repr, get_args(Sort)))}")


def tags_of(value: object) -> tuple[str, ...]:
    """One tag or several, folded. Raises `ValueError`."""
    given = [value] if isinstance(value, str) or not isinstance(value, Iterable) else [*value]
    tags = [fold(" ".join(tag.split())) for tag in given if isinstance(tag, str)]
    if len(tags) != len(given) or not all(tags):
        raise ValueError(f"{shown(value)} is no tag, and no list of tags")
    return tuple(dict.fromkeys(tags))


def _params(value: Mapping[str, Any]) -> tuple[int, ...]:
    keys = {name: param_key(name, as_json(entry)) for name, entry in value.items()}
    long = [name for name, key in keys.items() if key is None]
    if long:
        raise ValueError(f"{', '.join(long)}: values this long are found by their words")
    return tuple(key for key in keys.values() if key is not None)


def moment_of(value: object, now: datetime, *, end: bool) -> float:
    """A time in epoch seconds. Of a day, its beginning, or with `end` its end. Raises `ValueError`."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.astimezone()).timestamp()
    if isinstance(value, date):
        return _of_day(value, end=end)
    if _is_number(value):
        return float(value)  # type: ignore[arg-type]
    words = value.strip().casefold() if isinstance(value, str) else ""
    if (ago := _AGO.fullmatch(words)) is not None:
        return now.timestamp() - float(ago[1]) * UNITS_S[ago[2]]
    today = now.date()
    named = {"today": today, "yesterday": today - timedelta(days=1)}
    named |= {day: today - timedelta(days=(today.weekday() - place) % 7) for place, day in enumerate(DAYS)}
    if words in named:
        return _of_day(named[words], end=end)
    try:
        if len(words) <= 10:
            return _of_day(date.fromisoformat(words), end=end)
        exact = datetime.fromisoformat(words)
        return (exact if exact.tzinfo else exact.astimezone()).timestamp()
    except (ValueError, OverflowError):
        raise ValueError(f"{shown(value)} is not {TIMES}") from None


def _of_day(day: date, *, end: bool) -> float:
    return datetime.combine(day + timedelta(days=1) if end else day, time()).astimezone().timestamp()


def cost_of(value: object) -> Bounds | Literal["unknown"]:
    """The least and the most. Raises `ValueError`."""
    wrong = ValueError(f"{shown(value)} is not {COSTS}")
    if isinstance(value, tuple | list):
        if len(value) != 2 or not all(end is None or _is_number(end) for end in value):
            raise wrong
        return (None if value[0] is None else float(value[0])), (None if value[1] is None else float(value[1]))
    if _is_number(value):
        return float(value) - _HAIR, float(value) + _HAIR  # type: ignore[arg-type]
    if value == "unknown":
        return "unknown"
    if value == "free":
        return None, 0.0
    match = _COMPARED.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise wrong
    amount = float(match[2])
    return {
        "<": (None, amount - _HAIR),
        "<=": (None, amount + _HAIR),
        ">": (amount + _HAIR, None),
        ">=": (amount - _HAIR, None),
    }.get(match[1] or "=", (amount - _HAIR, amount + _HAIR))


def _is_number(value: object) -> bool:
    return (isinstance(value, Real | int) and not isinstance(value, bool)) or type(value).__name__ == "Decimal"
