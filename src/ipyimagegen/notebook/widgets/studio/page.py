"""What a studio's page says, and what it is answered. Runs on the background thread; pixels and files off it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ....core.errors import ImagegenError, InvalidInput, Problem, capped
from ....core.params import MAX_N
from ....core.requests import InputFile
from ....history.warn import watcher
from ....media.artifacts import Artifact
from ....media.inputs import as_input
from ....media.results import Result
from ...show import show
from ..base import STATIC
from .code import code_for
from .form import Form, Unreadable
from .inputs import kept_input, media_in
from .pictures import earlier_picture, file_of, picture_of
from .shelf import Piece
from .uploads import Arrived, Uploads

if TYPE_CHECKING:
    from .widget import Studio

MAX_WANTED = 64
MAX_PX = 8_192
MAX_VALUES = 500
KEPT = "Kept in the notebook, below the cell that made this studio."
NOT_KEPT = (
    "The page was loaded again since, and takes no output of that cell any more: "
    "keep it with studio.results[-1] in a cell of its own."
)


class Page:
    """Hears every view of one studio."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._uploads = Uploads()
        self._deleted: tuple[Piece, int] | None = None
        self._made = self._page_loaded = time.time()
        self._tasks: set[asyncio.Task[None]] = set()
        self._runs = asyncio.Lock()
        self._wishes: Counter[tuple[str, int]] = Counter()
        self.hears: dict[str, Callable[[dict[str, Any]], object]] = {
            "hello": self._hello,
            "shown": studio.screens.shown,
            "models": self._look_around,
            "choose": self._choose,
            "set": self._set,
            "count": self._count,
            "reset": lambda content: studio.undo_reset() if content.get("undo") is True else studio.reset(),
            "run": lambda _: self._do(self._run(studio.form, studio.n)),
            "cancel": self._cancel,
            "dismiss": self._dismiss,
            "use": self._use,
            "want": lambda content: self._do(self._want(content)),
            "act": lambda content: self._act(_text(content, "what"), _text(content, "key")),
            "fetch": lambda content: self._do(self._fetch(content)),
        }

    def take(self, kind: str, content: dict[str, Any], buffers: list[Any]) -> None:
        """One message. What it says is checked by who hears it; a wrong one is passed over."""
        if kind == "upload":
            self._do(self._upload(content, bytes(buffers[0]) if buffers else b""))
        elif (hear := self.hears.get(kind)) is not None:
            hear(content)

    # -- the view -------------------------------------------------------------------------------------------------

    def _hello(self, content: dict[str, Any]) -> None:
        self._studio.say("ack", of="hello", view=_text(content, "view"), n=_number(content, "n"))
        if _text(content, "view") not in self._studio.screens.views and self._studio.earlier:
            self._studio.send_state(["earlier", "newest"])  # what was put aside while this view came is not sent again
        self._studio.screens.hello(content)
        age_s = content.get("page_age_s")
        if isinstance(age_s, int | float):
            self._page_loaded = time.time() - age_s

    def _look_around(self, _: dict[str, Any]) -> None:
        self._do(self._studio.look_around())

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        """Start what takes time, in the context of this message."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- the form -------------------------------------------------------------------------------------------------

    def _choose(self, content: dict[str, Any]) -> None:
        if model := _text(content, "model"):
            self._studio.model = model

    def _count(self, content: dict[str, Any]) -> None:
        """More or fewer: by so many, since a page that is quick knows less than the kernel how many there are."""
        self._studio.n = min(MAX_N, max(1, self._studio.n + _number(content, "by")))

    def _set(self, content: dict[str, Any]) -> None:
        values = content.get("values")
        if isinstance(values, dict) and len(values) <= MAX_VALUES:
            for name in values:
                if values[name] is None and (name, 0) in self._wishes and not self._is_list(name):
                    self._wish((name, 0))  # taken away: also what is still being read for it
            self._studio.put({str(name): value for name, value in values.items()})
        self._studio.say("ack", of="set", view=_text(content, "view"), n=_number(content, "n"))

    def _use(self, content: dict[str, Any]) -> None:
        """An address, an earlier picture, or one that is an input already, as an input."""
        place, url = (_text(content, "name"), _number(content, "index")), _text(content, "url")
        key = _text(content, "key")
        medium = self._medium(key)
        wish = self._wish(place)
        if medium is not None:
            self._place(place, wish, medium)
        elif key and self._studio.shelf.find(key) is None:
            self._do(self._use_earlier(place, wish, key))
        elif url.startswith(("http://", "https://", "data:")):
            self._place(place, wish, url)
        elif url:
            self._place(place, wish, Unreadable(capped(url, 60), "write an address that begins with https://"))

    async def _use_earlier(self, place: tuple[str, int], wish: int, key: str) -> None:
        """A picture that another widget shows: of a job of this session, or of the journal."""
        try:
            found = await asyncio.to_thread(earlier_picture, self._studio.client, key)
        except ImagegenError as error:
            self._place(place, wish, Unreadable("the picture", capped(str(error), 500)))
        else:
            self._place(place, wish, found)

    def _is_list(self, name: str) -> bool:
        param = self._studio.form.spec.params.get(name)
        return param is not None and param.kind == "list"

    def _wish(self, place: tuple[str, int]) -> int:
        """The number of a new wish for a place: what an older one still reads is not put there any more."""
        self._wishes[place] += 1
        return self._wishes[place]

    def _place(self, place: tuple[str, int], wish: int, value: Any) -> None:
        """Put a medium in its parameter: at `index` of a list, or after its end."""
        if wish != self._wishes[place]:
            return
        studio, (name, index) = self._studio, place
        if name not in studio.form.spec.params:
            return
        if self._is_list(name):
            listed = list(studio.form.values.get(name) or ())
            value = [*listed[:index], value, *listed[index + 1 :]]
        studio.put({name: value})

    async def _upload(self, content: dict[str, Any], chunk: bytes) -> None:
        studio, held, problem = self._studio, 0, ""
        try:
            held, arrived = self._uploads.take(content, chunk)
            if arrived is not None:
                place = (arrived.name, arrived.index)
                wish = self._wish(place)
                self._place(place, wish, await asyncio.to_thread(self._read, arrived))
        except ValueError as error:
            problem = str(error)
        view, name = _text(content, "view"), _text(content, "id")
        studio.say("received", view=view, id=name, bytes=held, problem=problem)

    def _read(self, arrived: Arrived) -> InputFile | Unreadable:
        """The file, or why it cannot be used: shown at its control."""
        param = self._studio.form.spec.params.get(arrived.name)
        kind = "file" if param is None else param.item.kind if param.item is not None else param.kind
        try:
            as_input(arrived.data, kind=kind)
            return kept_input(arrived.data, arrived.filename)
        except InvalidInput as error:
            return Unreadable(arrived.filename, error.problems[0].message)
        except ImagegenError as error:
            return Unreadable(arrived.filename, capped(str(error), 500))

    # -- running --------------------------------------------------------------------------------------------------

    async def _run(self, form: Form, n: int) -> None:
        """Run a form as it was when the page asked, one after the other."""
        studio = self._studio
        try:
            async with self._runs:
                await asyncio.to_thread(studio.run_form, form, n)
        except InvalidInput as error:
            general = [problem for problem in error.problems if problem.name not in studio.problems]
            studio.fault = capped("; ".join(map(str, general)) or _together(error.problems))
        except ImagegenError as error:
            studio.fault = capped(str(error))

    def _cancel(self, content: dict[str, Any]) -> None:
        self._studio.say("ack", of="cancel", view="", n=0)
        self._studio.cancel(_text(content, "job"))

    def _dismiss(self, content: dict[str, Any]) -> None:
        self._studio.dismiss(_text(content, "job"))

    # -- pictures -------------------------------------------------------------------------------------------------

    def _medium(self, key: str) -> Artifact | InputFile | None:
        piece = self._studio.shelf.find(key)
        if piece is not None:
            return piece.artifact
        return dict(media_in(self._studio.form.values)).get(key)

    async def _want(self, content: dict[str, Any]) -> None:
        keys = content.get("keys")
        px = min(MAX_PX, max(0, _number(content, "px")))
        for key in keys[:MAX_WANTED] if isinstance(keys, list) else ():
            medium = self._medium(str(key))
            if medium is None:
                continue
            try:
                picture = await asyncio.to_thread(picture_of, medium, px)
            except (ImagegenError, OSError) as error:
                self._studio.say("picture", key=key, px=px, type="", problem=capped(str(error), 500))
            else:
                self._studio.say("picture", [picture.data], key=key, px=px, type=picture.media_type, problem="")

    async def _fetch(self, content: dict[str, Any]) -> None:
        """A file to download, a picture to copy, or the code that makes it again: for the one view that asked."""
        what, piece = _text(content, "what"), self._studio.shelf.find(_text(content, "key"))
        if what == "painter":
            code, styles = await asyncio.to_thread(_painter)
            self._answer(_text(content, "view"), what, "", data=styles, media_type="text/css", text=code)
            return
        if piece is None:
            return
        view, key = _text(content, "view"), piece.key
        if what == "code":
            seed = piece.spec.params.seed
            text = code_for(piece.result.model, piece.values, seed=seed.name if seed else "")
            self._answer(view, what, key, text=text)
            return
        try:
            if piece.artifact is None:
                raise InvalidInput("this is a text, not a file")
            if what == "copy":
                picture = await asyncio.to_thread(picture_of, piece.artifact, 0)
                name, media_type, data = "", picture.media_type, picture.data
            else:
                name, data = await asyncio.to_thread(file_of, piece.artifact)
                media_type = piece.artifact.media_type
        except (ImagegenError, OSError) as error:
            self._answer(view, what, key, problem=capped(str(error), 500))
        else:
            self._answer(view, what, key, data=data, name=name, media_type=media_type)

    def _answer(
        self,
        view: str,
        what: str,
        key: str,
        *,
        data: bytes | None = None,
        name: str = "",
        media_type: str = "",
        text: str = "",
        problem: str = "",
    ) -> None:
        facts = {"view": view, "what": what, "key": key, "name": name, "type": media_type, "text": text}
        self._studio.say("file", None if data is None else [data], problem=problem, **facts)

    def _act(self, what: str, key: str) -> None:
        studio = self._studio
        if what == "undelete" and self._deleted is not None:
            restored, position = self._deleted
            studio.reshelve(lambda shelf: shelf.restoring(restored, position))
            return
        piece = studio.shelf.find(key)
        if piece is None:
            return
        match what:
            case "star":
                studio.reshelve(lambda shelf: shelf.starring(key))
                self._note_star(piece.job)
            case "delete":
                self._deleted = (piece, studio.shelf.pieces.index(piece))
                studio.reshelve(lambda shelf: shelf.without(key))
            case "keep":
                self._do(self._keep(piece))
            case "prompt" | "seed":
                self._reuse_one(piece, what)
            case "reuse":
                self._do(self._reuse(piece))
            case "vary":
                self._do(self._run(_varied(piece), studio.n))

    def _note_star(self, job: str) -> None:
        """Keep it in the journal, where it outlives the kernel: a job has a star as long as one of its pieces has."""
        journal, pieces = self._studio.client.journal, self._studio.shelf.pieces
        if journal is not None:
            starred = any(piece.starred for piece in pieces if piece.job == job)
            journal.star(job, starred=starred).add_done_callback(watcher(journal.folder))

    def _reuse_one(self, piece: Piece, role: str) -> None:
        """The prompt, or the seed, of a picture, by whatever name the model on the screen has for it."""
        theirs, ours = piece.spec.params, self._studio.form.spec.params
        source, target = (theirs.prompt, ours.prompt) if role == "prompt" else (theirs.seed, ours.seed)
        if source is not None and target is not None and source.name in piece.values:
            self._studio.put({target.name: piece.values[source.name]})

    async def _reuse(self, piece: Piece) -> None:
        studio = self._studio
        if piece.spec.id != studio.form.spec.id:
            try:
                await studio.load(piece.spec.id)
            except ImagegenError:
                return  # shown as the studio's fault
        if piece.spec.id == studio.form.spec.id:  # else another was chosen meanwhile
            studio.fill(replace(studio.form, taken={}).having(piece.values))

    async def _keep(self, piece: Piece) -> None:
        """Publish one result as a plain output, under the cell that made this studio."""
        artifacts = () if piece.artifact is None else (piece.artifact,)
        result: Result = replace(piece.result, artifacts=artifacts)
        try:
            outputs = await asyncio.to_thread(show, result, facts=False)
        except ImagegenError as error:
            self._studio.say("said", text=capped(str(error), 500))
        else:
            kept = await self._studio.add_to_files(outputs) or self._page_loaded <= self._made
            self._studio.say("said", text=KEPT if kept else NOT_KEPT)


def _painter() -> tuple[str, bytes]:
    """The mask painter's code and styles: not in the widget's own bundle, which every instance carries."""
    return (STATIC / "painter.js").read_text("utf-8"), (STATIC / "painter.css").read_bytes()


def _varied(piece: Piece) -> Form:
    """The same again with another seed."""
    seed = piece.spec.params.seed
    values = {name: value for name, value in piece.values.items() if seed is None or name != seed.name}
    return Form(spec=piece.spec, values=values)


def _together(problems: tuple[Problem, ...]) -> str:
    names = ", ".join(dict.fromkeys(problem.name for problem in problems if problem.name))
    return f"Not sent: see {names}." if names else "; ".join(map(str, problems))


def _text(content: dict[str, Any], name: str) -> str:
    value = content.get(name)
    return value if isinstance(value, str) else ""


def _number(content: dict[str, Any], name: str) -> int:
    value = content.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
