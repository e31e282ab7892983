"""What every widget of ours shares: traits that are set from any thread."""

from __future__ import annotations

from typing import Any

import traitlets

from ipyimagegen.notebook.widgets.base import Widget
from tests.doors import Door


class Told(Widget):
    """A widget whose updates of the page are kept."""

    _esm = "export default {}"
    first = traitlets.Int().tag(sync=True)
    second = traitlets.Int().tag(sync=True)

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.between: list[Any] = []
        super().__init__()
        self.told.clear()
        self._sending = Door()  # type: ignore[assignment]

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> Any:  # noqa: FBT001, FBT002 (ipywidgets' own)
        state = super().get_state(key, drop_defaults)
        while self.between:
            self._sending.meanwhile(self.between.pop())  # type: ignore[attr-defined]
        return state

    def _send(self, msg: dict[str, Any], buffers: Any = None) -> None:
        del buffers
        self.told.append(msg["state"])


def test_what_a_page_has_last_is_what_was_set_last() -> None:
    widget = Told()
    widget.between = [lambda: setattr(widget, "first", 2)]
    widget.first = 1
    widget._sending.join()  # type: ignore[attr-defined]
    assert {"first": 2} == widget.told[-1]


def test_what_is_set_while_held_changes_go_out_is_sent_too() -> None:
    widget = Told()

    class Slow(set[str]):
        """Held changes, of which the second is noted while the others go out."""

        def add(self, name: str) -> None:
            if name == "second":
                widget._sending.meanwhile(held.__exit__.__get__(held))  # type: ignore[attr-defined]
            super().add(name)

    held = Leaving(widget)
    widget._trait_values["_states_to_send"] = Slow()
    held.__enter__()
    widget.first = 1
    widget.second = 2
    widget._sending.join()  # type: ignore[attr-defined]
    assert {"first": 1, "second": 2} == {name: value for state in widget.told for name, value in state.items()}


class Leaving:
    """`hold_sync` that is left on another thread than the one that came in."""

    def __init__(self, widget: Widget) -> None:
        self._block = widget.hold_sync()

    def __enter__(self) -> None:
        self._block.__enter__()

    def __exit__(self, *_: object) -> None:
        self._block.__exit__(None, None, None)
