"""Settings: defaults, the nearest `pyproject.toml` (`[tool.ipyimagegen]`), and what is set in the session."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

from ..core.caps import Cap, read_caps
from ..core.errors import InvalidInput, Problem
from ..core.price_rules import PriceRule, amount_of, read_rules

Metadata = Literal["full", "minimal", "none"]
UnknownPrice = Literal["", "refuse", "allow"] | Decimal
CAPS = "an amount in US dollars, or several such as '5, segmind 2, openpixels 300 credits'"
CAPPED = "Refuse calls that would spend more than this in one"


def _amount(value: Any) -> Decimal | None:
    if value is None or value == "":
        return None
    amount = Decimal(str(value))
    if not amount.is_finite() or amount < 0:
        raise ValueError(value)
    return amount


def _unknown_price(value: Any) -> str | Decimal:
    if value in ("", "refuse", "allow"):
        return str(value)
    return amount_of(value)


def _seconds(value: Any) -> float | None:
    if value is None or value == "":
        return None
    seconds = float(value)
    if not 0 < seconds < float("inf"):
        raise ValueError(value)
    return seconds


def _amount_or_none(value: Any) -> float | None:
    amount = _amount(value)
    return None if amount is None else float(amount)


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


def _setting(*, default: Any, read: Callable[[Any], Any], wanted: str, help: str) -> Any:
    """A field of `Settings`: how a value is read, what is wanted where it cannot be, and what it does."""
    return field(default=default, metadata={"read": read, "wanted": wanted, "help": help})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What calls use where they say nothing. `HELP` says what each of them does."""

    model: str = _setting(
        default="local/sketch",
        read=_text,
        wanted="a model name such as 'local/sketch'",
        help="The model that is called where none is named.",
    )
    max_cost: Decimal | None = _setting(
        default=None,
        read=_amount,
        wanted="an amount in US dollars, 0 or more",
        help="Refuse calls that cost more than this many US dollars; None for no cap.",
    )
    session_cap: tuple[Cap, ...] = _setting(
        default=(), read=partial(read_caps, period="session"), wanted=CAPS, help=f"{CAPPED} session."
    )
    daily_cap: tuple[Cap, ...] = _setting(
        default=(), read=partial(read_caps, period="day"), wanted=CAPS, help=f"{CAPPED} day, in all kernels together."
    )
    monthly_cap: tuple[Cap, ...] = _setting(
        default=(),
        read=partial(read_caps, period="month"),
        wanted=CAPS,
        help=f"{CAPPED} month, in all kernels together.",
    )
    unknown_price: UnknownPrice = _setting(
        default="",
        read=_unknown_price,
        wanted="'refuse', 'allow', or what a call is assumed to cost at most, in US dollars",
        help="What to do with a call whose price nobody knows: '' refuses it under a cap, and allows it without one.",
    )
    prices: tuple[PriceRule, ...] = _setting(
        default=(),
        read=read_rules,
        wanted="a table of prices by model, such as {'segmind/flux-dev': 0.03}",
        help="What models cost, by your own word; %imagegen price MODEL AMOUNT names one.",
    )
    timeout_s: float | None = _setting(
        default=None,
        read=_seconds,
        wanted="a number of seconds over 0",
        help="End a waiting call, and cancel its job, after this many seconds; None to wait.",
    )
    save: str = _setting(
        default="",
        read=_text,
        wanted="a path or a pattern such as 'pictures/{date}-{seed}.png'",
        help="A folder or a pattern under which every result is saved.",
    )
    metadata: Metadata = _setting(
        default="full",
        read=_metadata,
        wanted="one of 'full', 'minimal', 'none'",
        help="How much is written into files: 'full', 'minimal' or 'none'.",
    )
    keep_input_metadata: bool = _setting(
        default=False,
        read=_flag,
        wanted="true or false",
        help="Leave EXIF (place, camera, time) and other metadata in the pictures that are sent to a service.",
    )
    display_max_px: int = _setting(
        default=1024,
        read=_whole,
        wanted="a whole number of pixels, 16 or more",
        help="The longer side, in pixels, of a picture in the notebook; files keep every pixel.",
    )
    display_max_kb: int = _setting(
        default=215,
        read=_whole,
        wanted="a whole number of kilobytes, 16 or more",
        help="How much one picture may add to the notebook, in kilobytes (before base64, which adds a third).",
    )
    history_days: float | None = _setting(
        default=None,
        read=_amount_or_none,
        wanted="a number of days, 0 or more",
        help="Forget results without a star after so many days, with their files; None to keep them.",
    )
    history_gb: float | None = _setting(
        default=None,
        read=_amount_or_none,
        wanted="a number of gigabytes, 0 or more",
        help="Forget the oldest results without a star beyond so many gigabytes of files; None for no limit.",
    )
    quiet: bool = _setting(default=False, read=_flag, wanted="true or false", help="Show no progress.")

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


READERS: dict[str, Callable[[Any], Any]] = {item.name: item.metadata["read"] for item in fields(Settings)}
WANTED: dict[str, str] = {item.name: item.metadata["wanted"] for item in fields(Settings)}
HELP: dict[str, str] = {item.name: item.metadata["help"] for item in fields(Settings)}


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
