"""Settings: defaults, the nearest `pyproject.toml` (`[tool.ipyimagegen]`), and what is set in the session."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal, get_args

from ..core.errors import InvalidInput, Problem

Metadata = Literal["full", "minimal", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What calls use where they say nothing.

    `model` is called where none is named; `max_cost` (US dollars) refuses dearer calls before sending, `None` for
    no cap; `timeout_s` ends a waiting call and cancels its job, `None` to wait for as long as it takes; `save` is
    a pattern under which every result is kept (`""`: none); `metadata` is how much is written into files;
    `display_max_px` and `display_max_kb` bound what one picture adds to a notebook (in kB before base64, which
    adds a third): files keep every pixel; `quiet` shows no progress.
    """

    model: str = "local/sketch"
    max_cost: Decimal | None = None
    timeout_s: float | None = None
    save: str = ""
    metadata: Metadata = "full"
    display_max_px: int = 1024
    display_max_kb: int = 215
    quiet: bool = False

    def having(self, name: str, value: Any) -> Any:
        """One setting for one call: `value`, or this setting's where it is `None`. Raises `InvalidInput`."""
        return getattr(self if value is None else self.with_({name: value}, source="call"), name)

    def with_(self, values: Mapping[str, Any], *, source: str = "") -> Settings:
        """These settings with others in place. Raises one `InvalidInput` that names every wrong one."""
        problems: list[Problem] = []
        good: dict[str, Any] = {}
        for name, value in values.items():
            key = name.replace("-", "_")
            reader = READERS.get(key)
            if reader is None:
                near = difflib.get_close_matches(key, READERS, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(READERS)}"
                problems.append(Problem(name, f"no such setting; {hint}"))
                continue
            try:
                good[key] = reader(value)
            except (TypeError, ValueError, InvalidOperation):
                problems.append(Problem(name, f"{value!r} is not {WANTED[key]}"))
        if problems:
            raise InvalidInput(problems, model=source or "settings")
        return replace(self, **good)


def _amount(value: Any) -> Decimal | None:
    if value is None or value == "":
        return None
    amount = Decimal(str(value))
    if not amount.is_finite() or amount < 0:
        raise ValueError(value)
    return amount


def _seconds(value: Any) -> float | None:
    if value is None or value == "":
        return None
    seconds = float(value)
    if not 0 < seconds < float("inf"):
        raise ValueError(value)
    return seconds


def _text(value: Any) -> str:
    if not isinstance(value, str | Path):
        raise TypeError(value)
    return str(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or int(value) != float(value) or int(value) < 16:
        raise ValueError(value)
    return int(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def _metadata(value: Any) -> str:
    if value not in get_args(Metadata):
        raise ValueError(value)
    return str(value)


READERS = {
    "model": _text,
    "max_cost": _amount,
    "timeout_s": _seconds,
    "save": _text,
    "metadata": _metadata,
    "display_max_px": _whole,
    "display_max_kb": _whole,
    "quiet": _flag,
}
WANTED = {
    "model": "a model name such as 'local/sketch'",
    "max_cost": "an amount in US dollars, 0 or more",
    "timeout_s": "a number of seconds over 0",
    "save": "a path or a pattern such as 'pictures/{date}-{seed}.png'",
    "metadata": "one of 'full', 'minimal', 'none'",
    "display_max_px": "a whole number of pixels, 16 or more",
    "display_max_kb": "a whole number of kilobytes, 16 or more",
    "quiet": "true or false",
}
if set(READERS) != {item.name for item in fields(Settings)}:
    raise AssertionError("every setting needs a reader")


def load(folder: Path | None = None) -> Settings:
    """The settings for work in `folder` (the current one): those of the nearest `pyproject.toml` that has some."""
    here = (folder or Path.cwd()).resolve()
    for place in (here, *here.parents):
        file = place / "pyproject.toml"
        if not file.is_file():
            continue
        try:
            table = tomllib.loads(file.read_text("utf-8")).get("tool", {}).get("ipyimagegen")
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
            return Settings()  # somebody else's broken file is not ours to complain about
        if isinstance(table, Mapping):
            return Settings().with_(table, source=f"[tool.ipyimagegen] in {file.name}")
    return Settings()
