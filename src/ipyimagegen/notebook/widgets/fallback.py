"""A plain picture in a widget's place: what the notebook file keeps, and what every reader without a kernel shows.

In JupyterLab and Notebook 7 the output of such a widget *is* that picture. The widget's page code, which runs as soon
as the kernel opens the widget, looks for the picture by a mark in its first bytes and puts the live view in its place.
So no saved notebook ever says "model not found". Hosts known to show a widget only by its own media type get that
beside the picture.
"""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
import sys
from abc import abstractmethod
from collections.abc import Coroutine, Sequence
from functools import cache
from typing import Any

import traitlets
from IPython.display import DisplayHandle, display

from ...core.errors import ImagegenError
from ...core.events import Output
from ...media.artifacts import Artifact, missing_artifact
from ...media.display import DisplaySettings, MimeBundle, for_display
from ...media.sheets import contact_sheet
from ...runtime import runtime
from ..kernel import has_kernel
from .base import Widget
from .scaling import scaled_picture

SHEET = DisplaySettings(display_max_px=1024, display_max_kb=105)
"""About 140 kB in the notebook, as base64."""
SHEET_CELL_PX = 192
MIN_CELL_PX = 96
SETTLE_S = 1.2
"""Until the sheet is made: the live view's own pictures come first."""
_JFIF = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
_COMMENT = b"\xff\xfe"
_MARK_CHARS = 36


def marked(jpeg: bytes, mark: str) -> bytes:
    """A JPEG of ours with a comment right after its header; its first bytes are then known by the mark alone."""
    text = mark.encode("ascii")
    return _JFIF + _COMMENT + (len(text) + 2).to_bytes(2, "big") + text + jpeg[len(_JFIF) :]


def in_base64(mark: str) -> str:
    """How every JPEG with this mark begins in base64."""
    return base64.b64encode(marked(b"", mark)).decode("ascii")


def shows_widgets_only_by_type(environment: dict[str, str] | None = None) -> bool:
    """Whether the page is of a host whose widgets come to life in an output of their own type: VS Code, Colab, Voilà.

    A kernel of a Jupyter server has a session name; VS Code marks the ones that it makes there (vscode-jupyter,
    `kernels/helpers.ts`).
    """
    env = dict(os.environ) if environment is None else environment
    if "COLAB_RELEASE_TAG" in env or "google.colab" in sys.modules:
        return True
    session = env.get("JPY_SESSION_NAME")
    if session is not None:
        return "-jvsc-" in session
    return any(name.startswith("VSCODE_") for name in env) or env.get("SERVER_SOFTWARE", "").startswith("voila")


def is_on_a_server() -> bool:
    """Whether a page of JupyterLab or Notebook 7 is likely to show what this kernel displays, now."""
    return "JPY_SESSION_NAME" in os.environ and not shows_widgets_only_by_type()


def sheet_of(
    artifacts: list[Artifact],
    captions: list[str] | None = None,
    *,
    columns: int | None = None,
    cell_px: int = SHEET_CELL_PX,
) -> bytes:
    """A contact sheet small enough for a notebook. Blocks, some milliseconds a picture."""
    largest = max(max(artifact.width, artifact.height) for artifact in artifacts)
    side = min(cell_px, max(largest, MIN_CELL_PX))
    cells = [_small(artifact, side) for artifact in artifacts]
    sheet = contact_sheet(cells, columns=columns, cell_px=side, captions=captions)
    return for_display(sheet, SHEET).data


def _small(artifact: Artifact, px: int) -> Artifact:
    try:
        media_type, data = scaled_picture(artifact, px)
    except ImagegenError as error:
        return missing_artifact(Output(), str(error), seed=artifact.seed)
    return Artifact(media_type=media_type, data=data, size=len(data), seed=artifact.seed)


class FallbackWidget(Widget):
    """A widget with a picture for the file. `sheet` and `sheet_text` say what it is."""

    sheet_mark = traitlets.Unicode().tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        self._mark = secrets.token_hex(_MARK_CHARS // 2)
        self._reopened = False
        super().__init__(sheet_mark=in_base64(self._mark), **traits)

    @abstractmethod
    def sheet(self) -> bytes | None:
        """The picture, a JPEG; `None` where there is nothing to show. Blocks; called away from the loop."""

    @abstractmethod
    def sheet_text(self) -> str:
        """What stands for it where only text is shown."""

    def _repr_mimebundle_(self, **_: Any) -> MimeBundle:
        """The widget, and beside it the picture and the text for those who cannot show it."""
        widget = super()._repr_mimebundle_()
        return {**(widget[0] if widget is not None else {}), **self._plain(self.sheet())}, {}

    def _plain(self, jpeg: bytes | None) -> dict[str, Any]:
        data = {"text/plain": self.sheet_text()}
        if jpeg is None:
            return data
        return {"image/jpeg": base64.b64encode(marked(jpeg, self._mark)).decode("ascii"), **data}

    def _received(self, widget: object, content: object, buffers: list[Any]) -> None:
        if isinstance(content, dict) and content.get("kind") == "opened":
            self.post(self._opened)
        else:
            super()._received(widget, content, buffers)

    def _opened(self) -> None:
        """A page has found the picture in its file: it hears of no update of that output, and renews it by itself."""
        self._reopened = True

    def _renew_in_files(self, outputs: Sequence[MimeBundle]) -> None:
        """Let pages that were loaded since put other outputs in the picture's place."""
        if self._reopened:
            self.say("sheet", outputs=[{"data": data, "metadata": metadata} for data, metadata in outputs])


class SheetWidget(FallbackWidget):
    """A widget whose picture changes while it lives: made soon after each change, and put into the notebook."""

    def __init__(self, **traits: Any) -> None:
        self._handles: list[DisplayHandle] = []
        self._renewing: asyncio.TimerHandle | None = None
        self._turns = asyncio.Lock()
        self._work: set[asyncio.Task[None]] = set()
        super().__init__(**traits)

    def first_sheet(self) -> bytes | None:
        """What is in the file for the second before the sheet is made; there is no time for pictures."""
        return _coming()

    def ahead(self) -> None:
        """Send what the first view will want, before it is there: its page code hears it as soon as it runs."""

    def _ipython_display_(self) -> None:
        if not has_kernel():
            display({"text/plain": self.sheet_text()}, raw=True)
        elif shows_widgets_only_by_type():
            display(self._repr_mimebundle_()[0], raw=True)
        elif is_on_a_server():
            if not self._handles:
                self.ahead()
            handle = display(self._plain(self.first_sheet()), raw=True, display_id=True)
            if handle is not None:
                self._handles.append(handle)
            self.renew_sheet()
        else:
            display(self._plain(self.sheet()), raw=True)

    def renew_sheet(self) -> None:
        """Make the picture soon, anew where there is one, and put it into the notebook."""
        self.post(self._renew_later)

    def _renew_later(self) -> None:
        if self._handles and self._renewing is None:
            self._renewing = runtime().loop.call_later(SETTLE_S, lambda: self.start(self._renew()))

    async def add_to_files(self, outputs: Sequence[MimeBundle]) -> bool:
        """Let pages that were loaded since put `outputs` at the end of their cell; returns whether there are any."""
        if self._reopened:
            async with self._turns:
                self._renew_in_files([(self._plain(await asyncio.to_thread(self.sheet)), {}), *outputs])
        return self._reopened

    async def _renew(self) -> None:
        self._renewing = None
        async with self._turns:  # the newest comes last, however long the one before takes
            data = self._plain(await asyncio.to_thread(self.sheet))
            for handle in self._handles:
                handle.update(data, raw=True)
            self._renew_in_files([(data, {})])

    def _opened(self) -> None:
        super()._opened()
        self._renew_later()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` on the loop's thread until it ends or the widget does. Only from that thread."""
        task = runtime().loop.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    def close(self) -> None:
        """Take it off every page, where its picture stays, and end its work."""
        if self.comm is not None and not sys.is_finalizing():
            self.post(self.end)
        super().close()

    def end(self) -> None:
        """End what runs for it on the loop's thread."""
        if self._renewing is not None:
            self._renewing.cancel()
        for task in self._work:
            task.cancel()


_DOT = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGN49OQ5AAVZAq4yDGuZAAAAAElFTkSuQmCC")


@cache
def _coming() -> bytes:
    """An empty cell."""
    empty = Artifact(media_type="image/png", data=_DOT)
    return contact_sheet([empty], cell_px=SHEET_CELL_PX, captions=["on their way"])
