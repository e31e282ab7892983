"""Where things are kept on this machine: one reading of `IPYIMAGEGEN_HOME` for all who keep something."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from ..core.errors import StorageError, capped

VARIABLE = "IPYIMAGEGEN_HOME"
"""A folder for everything that this package keeps, instead of the user's folders."""

_read: dict[str, Path] = {}


def home() -> Path:
    """The folder of the journal and the files: `IPYIMAGEGEN_HOME`, else the user's data folder. Not created here.

    A relative path counts from the current folder at the first call, and stays that folder when the current one
    changes. Raises `StorageError` for a home folder of nobody (`~name`).
    """
    return _named() or Path(platformdirs.user_data_dir("ipyimagegen", appauthor=False))


def settings_home() -> Path:
    """The folder of what a user sets up: `IPYIMAGEGEN_HOME` too, else the user's settings folder. As `home`."""
    return _named() or Path(platformdirs.user_config_dir("ipyimagegen", appauthor=False))


def _named() -> Path | None:
    named = os.environ.get(VARIABLE, "")
    if named and named not in _read:
        _read[named] = _absolute(named)
    return _read[named] if named else None


def _absolute(named: str) -> Path:
    try:
        return Path(named).expanduser().absolute()
    except (RuntimeError, OSError) as error:  # no such user; a current folder that was deleted
        reason = "there is no such home folder" if isinstance(error, RuntimeError) else error.strerror or error
        raise StorageError(f"{VARIABLE}={capped(named, 200)!r}: {reason}; name a folder by its whole path") from error
