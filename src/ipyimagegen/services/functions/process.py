"""A call of a user's function in a process of its own: what crashes there, or never ends, leaves the notebook alone.

One process for each call: a fresh interpreter with this one's `sys.path`, told by its standard input what to do. It
costs some tenths of a second, and what the function imports. Cancelling kills it, steps or none.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from ...core.errors import InvalidInput
from ...core.events import Failed, Output, Preview, Progress
from ...media.previews import BytesFrame
from .running import Stopped, Tell, seed_in
from .signature import Signature

_BEGIN = (
    "import sys, pickle; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from ipyimagegen.services.functions.child import main; main()"
)


class FailedThere(Exception):
    """The function failed in its process. `failed` says how."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.message)
        self.failed = failed


class ProcessCall:
    """As `running.Call`, in another process."""

    def __init__(
        self, function: Callable[..., Any], signature: Signature, values: Mapping[str, Any], tell: Tell
    ) -> None:
        self.seed = seed_in(signature, values)
        self._function = function
        self._values = dict(values)
        self._tell = tell
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    def __call__(self) -> tuple[tuple[Output, ...], str]:
        """The outputs, and the text where the function made one. Raises `FailedThere`, and `Stopped`."""
        work = pickle.dumps(sys.path) + pickle.dumps((packed(self._function), self._values))
        process = self._process = subprocess.Popen(
            [sys.executable, "-c", _BEGIN], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        try:
            if self._stopping.is_set():
                raise Stopped
            return self._followed(process, work)
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            if self._stopping.is_set():
                raise Stopped from None
            code = process.wait()
            raise FailedThere(Failed(message=f"its process ended without a word (exit code {code})")) from error
        finally:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    _close(stream)

    def _followed(self, process: subprocess.Popen[bytes], work: bytes) -> tuple[tuple[Output, ...], str]:
        stdin, stdout = process.stdin, process.stdout
        if stdin is None or stdout is None:
            raise EOFError
        stdin.write(work)
        stdin.flush()  # left open: its end tells the process that this one is gone
        while True:
            match pickle.load(stdout):  # noqa: S301 (what our own process has written)
                case ("tell", progress, frame, step):
                    self._told(progress, frame, step)
                case ("made", outputs, text):
                    return outputs, text
                case ("failed", failed):
                    raise FailedThere(failed)

    def _told(self, progress: Progress | None, frame: bytes | None, step: int) -> None:
        self._tell(progress, None if frame is None else Preview(frame=BytesFrame(frame), step=step))

    def stop(self) -> None:
        """Kill the process."""
        self._stopping.set()
        if self._process is not None:
            self._process.kill()


def packed(function: Callable[..., Any]) -> bytes:
    """The function for another process: by its module's name, or whole where `cloudpickle` is installed."""
    cloudpickle = _cloudpickle()
    return bytes((cloudpickle or pickle).dumps(function))


def check_packable(function: Callable[..., Any], model: str) -> None:
    """Raise `InvalidInput` for a function of the notebook, or within another, where nothing can carry it over."""
    where = getattr(function, "__module__", "__main__")
    by_name = where != "__main__" and "<" not in getattr(function, "__qualname__", "<")
    if not by_name and _cloudpickle() is None:
        told = f"{model}: a process of its own cannot import a function of the notebook"
        raise InvalidInput(f"{told}; put it into a file beside it and import that, or: pip install cloudpickle")


def _cloudpickle() -> Any:
    try:
        return import_module("cloudpickle")
    except ImportError:
        return None


def _close(stream: Any) -> None:
    try:
        stream.close()
    except OSError:  # what was not written any more
        return
