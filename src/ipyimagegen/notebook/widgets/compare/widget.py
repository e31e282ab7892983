"""`Compare`: two to nine pictures against each other, with what set their calls apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import traitlets

from ....core.errors import ImagegenError, InvalidInput, capped
from ....media.artifacts import Artifact
from ..base import STATIC
from ..fallback import SheetWidget, sheet_of
from ..scaling import asked_size, scaler
from .diff import MAX_PROMPT_CHARS, in_words, parameter_diff, word_diff
from .inputs import MAX_LABEL_CHARS, as_artifacts, labels_of

Mode = Literal["slider", "side", "flicker", "difference"]
MODES: tuple[Mode, ...] = ("slider", "side", "flicker", "difference")


class Compare(SheetWidget):
    """Pictures under a slider, side by side, in turn, or as their difference: `Compare(a, b)`, `Compare(a, b, c, …)`.

    Takes results, artifacts, PIL images, arrays, bytes and paths; one result or list stands for all its pictures.
    `labels` are their names; `mode` is how they are shown first: `slider`, `side`, `flicker` or `difference` (by
    default a slider for two, else side by side). Zoom and shift are linked. Raises `InvalidInput` for fewer than two
    or more than nine pictures, and `MediaError` for one that cannot be decoded.

    >>> ig.Compare(*gallery.selected)  # doctest: +SKIP
    """

    _esm = STATIC / "compare.js"
    _css = STATIC / "compare.css"

    pictures = traitlets.List(traitlets.Dict()).tag(sync=True)
    mode = traitlets.Enum(MODES, default_value="slider").tag(sync=True)
    parameters = traitlets.List(traitlets.Dict()).tag(sync=True)
    prompts = traitlets.List(traitlets.List(traitlets.Dict())).tag(sync=True)

    def __init__(self, *pictures: object, labels: Sequence[str] | None = None, mode: Mode | None = None) -> None:
        self._artifacts = as_artifacts(pictures)
        names = labels_of(self._artifacts) if labels is None else [capped(one, MAX_LABEL_CHARS) for one in labels]
        if len(names) != len(self._artifacts):
            raise InvalidInput(f"{len(self._artifacts)} pictures need as many labels, not {len(names)}")
        if mode is not None and mode not in MODES:
            raise InvalidInput(f"no mode is called {mode!r}; there are {', '.join(MODES)}")
        self._labels = names
        texts = [artifact.record.prompt for artifact in self._artifacts]
        self._rows = parameter_diff([_call(artifact) for artifact in self._artifacts])
        self._runs = [word_diff(texts[0], text) for text in texts] if any(texts) else []
        super().__init__(
            pictures=[_described(one, name) for one, name in zip(self._artifacts, names, strict=True)],
            mode=mode or ("slider" if len(names) == 2 else "side"),
            parameters=[{"name": row.name, "values": list(row.values), "same": row.same} for row in self._rows],
            prompts=[[run._asdict() for run in runs] for runs in self._runs],
        )

    @property
    def artifacts(self) -> list[Artifact]:
        """The pictures, in order."""
        return list(self._artifacts)

    def take(self, kind: str, content: dict[str, Any], buffers: list[Any]) -> None:
        """A message of the page, see `contract/compare.json`."""
        del buffers
        view, index = capped(str(content.get("view")), 40), content.get("index")
        if kind == "hello":
            self.say("ack", of="hello")
        elif kind == "want" and type(index) is int and 0 <= index < len(self._artifacts):
            self.start(self._send_picture(view, index, asked_size(content.get("px"))))

    async def _send_picture(self, view: str, index: int, px: int) -> None:
        try:
            picture = await scaler().get(self._artifacts[index], px)
        except ImagegenError as error:
            self.say("failed", view=view, index=index, px=px, reason=capped(str(error), 300))
        else:
            self.say("picture", [picture.data], view=view, index=index, px=px, type=picture.media_type)

    def sheet(self) -> bytes:
        """The pictures side by side, a JPEG."""
        count = len(self._artifacts)
        columns = count if count <= 3 else (count + 1) // 2 if count <= 4 else 3
        return sheet_of(self._artifacts, self._labels, columns=columns, cell_px=480 if count <= 2 else 320)

    def sheet_text(self) -> str:
        """The comparison in words."""
        return in_words(self._labels, self._rows, self._runs)


def _described(artifact: Artifact, label: str) -> dict[str, Any]:
    return {
        "label": label,
        "alt": capped(artifact.alt or artifact.record.prompt, MAX_PROMPT_CHARS // 6),
        "width": artifact.width,
        "height": artifact.height,
    }


def _call(artifact: Artifact) -> dict[str, Any]:
    """The parameters of a call, with what a record knows beside them."""
    record = artifact.record
    call = {"model": record.model, **record.sent} if record.model else dict(record.sent)
    if artifact.seed is not None:
        call["seed"] = artifact.seed
    if artifact.width and "width" not in call:
        call["size"] = f"{artifact.width}×{artifact.height}"
    return call
