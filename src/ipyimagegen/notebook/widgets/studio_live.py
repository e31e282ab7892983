"""A dict whose changes in place are told: `studio.params["seed"] = 7` moves the control."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self


class Live(dict[str, Any]):
    """Every change is made on a copy, which is handed to `told`; the owner then holds another dict."""

    __slots__ = ("_told",)

    def __init__(self, values: Mapping[str, Any], told: Callable[[dict[str, Any]], object]) -> None:
        super().__init__(values)
        self._told = told

    def _change(self, values: dict[str, Any]) -> None:
        self._told(values)  # first: the owner compares what it gets with what this still is
        super().clear()
        super().update(values)

    def __setitem__(self, name: str, value: Any) -> None:
        self._change({**self, name: value})

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        self._change({key: value for key, value in self.items() if key != name})

    def __ior__(self, other: Any) -> Self:  # type: ignore[override,misc]
        self._change({**self, **dict(other)})
        return self

    def update(self, *others: Any, **values: Any) -> None:
        """As `dict.update`."""
        self._change({**self, **dict(*others), **values})

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
        self._change({})
