"""One call of a user's function, on a thread of its own: what goes in, what is reported, what comes out."""

from __future__ import annotations

import asyncio
import enum
import inspect
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ...core.errors import ImagegenError, MediaError, capped
from ...core.events import Failed, Output, Preview, Progress
from ...core.requests import InputFile
from ...media.pixels import decode, encode, from_array, plain, upright
from ...media.previews import ArrayFrame, BytesFrame
from ...media.sniff import is_among, sniff
from .signature import Signature

Tell = Callable[[Progress | None, Preview | None], object]
MAX_OUTPUTS = 64


class Stopped(BaseException):
    """Ends a function between its steps. No `Exception`, so that the function's own `except` does not take it."""


class Thrown(Exception):
    """Carries what a function raised: no future can hold a `StopIteration`, and a `SystemExit` would end the loop."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(type(error).__name__)
        self.error = error


class Call:
    """One call. `__call__` blocks until the function has ended; `stop` may be called from any thread."""

    def __init__(
        self, function: Callable[..., Any], signature: Signature, values: Mapping[str, Any], tell: Tell
    ) -> None:
        self.seed = seed_in(signature, values)
        self._function = function
        self._signature = signature
        self._values = values
        self._tell = tell
        self._stopping = threading.Event()
        self._steps = 0
        self._async: tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]] | None = None

    def __call__(self) -> tuple[tuple[Output, ...], str]:
        """The outputs, and the text where the function made one. Raises `Thrown`, and `Stopped`."""
        try:
            return self._made()
        except Stopped:
            raise
        except BaseException as error:
            raise Thrown(error) from error

    def _made(self) -> tuple[tuple[Output, ...], str]:
        with ExitStack() as files:
            arguments = {
                name: argument(value, self._signature.wants.get(name), files) for name, value in self._values.items()
            }
            if "progress" in self._signature.takes:
                arguments["progress"] = self.progress
            self.check()
            made = self._function(**arguments)
            if inspect.isawaitable(made) or inspect.isasyncgen(made):
                made = asyncio.run(self._awaited(made))
            elif inspect.isgenerator(made):
                made = self._driven(made)
            self.check()
            return outputs(made, self.seed)

    def stop(self) -> None:
        """End it at its next step, or where it awaits something."""
        self._stopping.set()
        if self._async is not None:
            loop, task = self._async
            if not loop.is_closed():
                loop.call_soon_threadsafe(task.cancel)

    def check(self) -> None:
        """Raise `Stopped` where somebody has asked for an end."""
        if self._stopping.is_set():
            raise Stopped

    def progress(self, done: float, of: int | None = None, preview: Any = None, *, message: str = "") -> None:
        """What a function calls: `progress(3, 20)` for a step of so many, `progress(0.4)` for a fraction.

        A picture as the third argument is a preview. Ends the function here where the job was cancelled.
        """
        self.check()
        if of is None:
            told = Progress(fraction=min(1.0, max(0.0, float(done))), message=message)
        else:
            fraction = min(1.0, max(0.0, done / of)) if of > 0 else None
            told = Progress(fraction=fraction, step=int(done), steps=int(of), message=message)
            self._steps = int(done)
        self._tell(told, None if preview is None else Preview(frame=frame_of(preview), step=self._steps))

    def _shown(self, picture: Any) -> None:
        self._steps += 1
        self._tell(None, Preview(frame=frame_of(picture), step=self._steps))

    def _driven(self, steps: Iterator[Any]) -> Any:
        """The value that a generator returns, or else the last picture that it yielded."""
        last: Any = None
        try:
            while True:
                self.check()
                try:
                    last = next(steps)
                except StopIteration as end:
                    return last if end.value is None else end.value
                self._shown(last)
        finally:
            steps.close()  # type: ignore[attr-defined] # a generator

    async def _awaited(self, made: Any) -> Any:
        work = asyncio.ensure_future(self._iterated(made) if inspect.isasyncgen(made) else made)
        self._async = asyncio.get_running_loop(), work
        try:
            self.check()
            return await work
        except asyncio.CancelledError:
            if self._stopping.is_set():
                raise Stopped from None
            raise
        finally:
            work.cancel()

    async def _iterated(self, steps: Any) -> Any:
        last: Any = None
        try:
            async for last in steps:
                self._shown(last)
                self.check()
        finally:
            await steps.aclose()
        return last


def seed_in(signature: Signature, values: Mapping[str, Any]) -> int | None:
    """The seed that a function is given; `None` where it takes none."""
    seed = signature.params.seed
    given = None if seed is None else values.get(seed.name)
    return given if isinstance(given, int) and not isinstance(given, bool) else None


def argument(value: Any, wanted: Any, files: ExitStack) -> Any:
    """A value as the function's annotation wants it: a picture decoded, an array, bytes, a path, a member."""
    if isinstance(value, list) and any(isinstance(entry, InputFile) for entry in value):
        return [argument(entry, wanted, files) for entry in value]
    if isinstance(value, InputFile):
        return _medium(value, wanted, files)
    if isinstance(wanted, type) and issubclass(wanted, enum.Enum):
        return wanted(value)
    return value


def _medium(file: InputFile, wanted: Any, files: ExitStack) -> Any:
    if wanted is bytes:
        return file.read()
    if wanted is Path:
        if file.path is not None:
            return file.path
        path = Path(files.enter_context(tempfile.TemporaryDirectory())) / (Path(file.filename).name or "file")
        path.write_bytes(file.read())
        return path
    picture = upright(decode(file.read()))
    if getattr(wanted, "__module__", "") == "PIL.Image" or wanted is None:
        return picture
    import numpy as np

    return np.array(plain(picture, alpha=True))


def frame_of(picture: Any) -> ArrayFrame | BytesFrame:
    """A preview of a picture in any form. Raises `MediaError` for what is none."""
    if isinstance(picture, bytes):
        return BytesFrame(picture)
    return ArrayFrame(_pixels(picture))


def _pixels(picture: Any) -> Any:
    import numpy as np

    if type(picture).__module__.startswith("PIL."):
        return np.asarray(plain(picture, alpha=True))
    if callable(getattr(picture, "detach", None)):  # a tensor, perhaps on another device
        picture = picture.detach().cpu()
    if not hasattr(picture, "__array__"):
        raise MediaError(f"{type(picture).__name__} is no picture: give an array, a PIL image or the bytes of a file")
    return np.asarray(picture)


def outputs(made: Any, seed: int | None) -> tuple[tuple[Output, ...], str]:
    """What a function returned, as outputs: a picture, several, a mapping of names to them; or a text."""
    if isinstance(made, str):
        return (), made
    if isinstance(made, Mapping):
        named = [(str(name), picture) for name, picture in made.items()]
    else:
        named = [("image", picture) for picture in (made if isinstance(made, list | tuple) else [made])]
    if not named or made is None:
        raise MediaError("it returned nothing; return a picture: an array, a PIL image, the bytes of a file, or a list")
    if len(named) > MAX_OUTPUTS:
        raise MediaError(f"it returned {len(named):,} pictures, over {MAX_OUTPUTS}")
    return tuple(_output(name, picture, seed) for name, picture in named), ""


def _output(name: str, picture: Any, seed: int | None) -> Output:
    if isinstance(picture, Path):
        picture = picture.read_bytes()
    if isinstance(picture, bytes | bytearray):
        data, media_type = bytes(picture), sniff(bytes(picture))
        if not media_type or is_among(media_type, ("text", "application/json")):
            raise MediaError(f"it returned {len(data):,} bytes that are no picture")
        return Output(name=name, data=data, media_type=media_type, seed=seed)
    drawn = plain(picture, alpha=True) if type(picture).__module__.startswith("PIL.") else from_array(_pixels(picture))
    return Output(
        name=name,
        data=encode(drawn, "image/png"),
        media_type="image/png",
        width=drawn.width,
        height=drawn.height,
        seed=seed,
    )


def failure(error: BaseException, function: Callable[..., Any]) -> Failed:
    """What is said of an error of the function's own: what it is, and the function's line. All of it is in `raw`."""
    error = error.error if isinstance(error, Thrown) else error
    try:
        words = str(error)
    except Exception:  # noqa: BLE001 (whatever a class of the user's raises)
        words = ""
    what = words if isinstance(error, ImagegenError) else f"{type(error).__name__}: {words}".rstrip(": ")
    own = inspect.unwrap(function)
    code = getattr(own, "__code__", None)
    lines = [number for frame, number in traceback.walk_tb(error.__traceback__) if frame.f_code is code]
    where = f" (line {lines[-1]} of {getattr(own, '__name__', 'it')})" if lines else ""
    whole = "".join(traceback.format_exception(error))
    return Failed(message=f"{capped(what)}{where}", code=type(error).__name__, raw={"traceback": whole})
