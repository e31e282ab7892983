"""A dict whose changes in place are told: `studio.params["seed"] = 7` moves the control; a list that is up to date."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

import traitlets

from ....media.results import Result

Change = Callable[[dict[str, Any]], dict[str, Any]]
"""What is to be, of what is."""


class Live(dict[str, Any]):
    """Every change is handed to `made`, which makes it on what its owner holds *now*, and says what came of it.

    So a dict that somebody kept, while others changed what it is of, changes nothing but what it is told to.
    """

    __slots__ = ("_made",)

    def __init__(self, values: Mapping[str, Any], made: Callable[[Change], dict[str, Any]]) -> None:
        super().__init__(values)
        self._made = made

    def _change(self, change: Change) -> None:
        values = self._made(change)  # first: the owner compares what it gets with what this still is
        super().clear()
        super().update(values)

    def __setitem__(self, name: str, value: Any) -> None:
        self._change(lambda now: {**now, name: value})

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        self._change(lambda now: {key: value for key, value in now.items() if key != name})

    def __ior__(self, other: Any) -> Self:  # type: ignore[override,misc]
        self.update(other)
        return self

    def update(self, *others: Any, **values: Any) -> None:
        """As `dict.update`."""
        given = {**dict(*others), **values}
        self._change(lambda now: {**now, **given})

    def setdefault(self, name: str, default: Any = None) -> Any:
        """As `dict.setdefault`."""
        if name not in self:
            self[name] = default
        return self[name]

    def pop(self, name: str, *default: Any) -> Any:
        """As `dict.pop`."""
        if name not in self:
            if default:
                return default[0]
            raise KeyError(name)
        value = self[name]
        del self[name]
        return value

    def popitem(self) -> tuple[str, Any]:
        """As `dict.popitem`."""
        name = next(reversed(self))
        return name, self.pop(name)

    def clear(self) -> None:
        """As `dict.clear`."""
        self._change(lambda _: {})


class Results(traitlets.List[Result]):
    """A studio's results, read when they are asked for.

    Whoever waited for a job may be awake before the background thread has told anyone else of its end: what has ended
    is taken in first, so that the result that was waited for is here.
    """

    def get(self, obj: Any, cls: Any = None) -> list[Result]:
        """The results up to now."""
        obj.take_in()
        return super().get(obj, cls) or []
