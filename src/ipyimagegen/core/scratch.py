"""Temporary files: in a folder of this process's own, which is gone at its end, or, where it was killed, soon after.

A large download is one, and so is a file that is not yet where it belongs. Each name says whose it is.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from . import forks
from .ending import at_end
from .processes import is_left_behind, tag

PREFIX = "ipyimagegen-"
PART = ".part"
"""How the name of a file ends that stands beside its place until it is whole."""
_OWNED = re.compile(r"[0-9a-f]{8}-[0-9]+-[0-9]*")

_lock = forks.lock()
_made: list[Path] = []


def folder() -> Path:
    """This process's own folder for temporary files, made at first use. Raises `OSError`."""
    with _lock:
        within = Path(tempfile.gettempdir())
        if not _made or _made[-1].parent != within or not _is_usable(_made[-1]):
            _made.append(Path(tempfile.mkdtemp(dir=within, prefix=f"{PREFIX}{tag()}-")))
        return _made[-1]


def _is_usable(path: Path) -> bool:
    """Not where somebody has tidied up, or this process has become another user's meanwhile."""
    return os.access(path, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids)


def begun(folder: Path, *, prefix: str, suffix: str = "") -> tuple[int, Path]:
    """A new file that is to be renamed once it is whole: open for writing, and its path. `left_in` finds it later."""
    handle, name = tempfile.mkstemp(dir=folder, prefix=f"{prefix}{tag()}-", suffix=suffix)
    return handle, Path(name)


@contextlib.contextmanager
def unfinished(path: Path) -> Iterator[None]:
    """While `path`, whose name ends in `PART`, is written beside its place in a folder of the user's.

    Where this process is killed meanwhile, the next one deletes it: a link in our own folder says where it is.
    """
    link: Path | None = None
    with contextlib.suppress(OSError, NotImplementedError):  # not everywhere may everybody make links
        link = folder() / f"{secrets.token_hex(8)}{PART}"
        link.symlink_to(path.absolute())
    try:
        yield
    finally:
        if link is not None:
            with contextlib.suppress(OSError):
                link.unlink()


def left_in(folder: Path, *, prefix: str) -> list[Path]:
    """What processes of this user and machine, which are gone, have left there under names with `prefix`."""
    found = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            owned = _OWNED.match(entry.name, len(prefix)) if entry.name.startswith(prefix) else None
            if owned is not None and is_left_behind(owned[0]) and _is_own(entry):
                found.append(Path(entry.path))
    return found


def _is_own(entry: os.DirEntry[str]) -> bool:
    try:
        return not hasattr(os, "getuid") or entry.stat(follow_symlinks=False).st_uid == os.getuid()
    except OSError:
        return False  # another kernel was quicker


def sweep(folder: Path, *, prefix: str) -> None:
    """Delete what `left_in` finds. Several processes may be at it at once."""
    for path in left_in(folder, prefix=prefix):
        if path.is_dir() and not path.is_symlink():
            for link in path.glob(f"*{PART}"):
                _delete_unfinished(link)
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink()


def _delete_unfinished(link: Path) -> None:
    with contextlib.suppress(OSError):
        meant = link.readlink()
        if meant.name.startswith(".") and meant.name.endswith(PART) and stat.S_ISREG(meant.lstat().st_mode):
            meant.unlink()


def sweep_temporary() -> None:
    """Delete the folders of processes that were killed."""
    sweep(Path(tempfile.gettempdir()), prefix=PREFIX)


def _drop() -> None:
    for path in _made:
        shutil.rmtree(path, ignore_errors=True)
    _made.clear()


at_end(_drop, last=True)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_made.clear)  # the parent's is not the child's to delete
