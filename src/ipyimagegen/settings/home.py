"""Where things are kept on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """The folder of the journal and the files: `IPYIMAGEGEN_HOME`, else the user's data folder. Not created here."""
    named = os.environ.get("IPYIMAGEGEN_HOME")
    return Path(named).expanduser() if named else Path(platformdirs.user_data_dir("ipyimagegen", appauthor=False))
