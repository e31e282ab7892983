"""What every test needs: a journal of its own, and no keys from outside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def _apart_from_the_users_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test reads or writes the user's journal, nor finds a key in the environment."""
    home: Path = tmp_path_factory.mktemp("home")
    os.environ["IPYIMAGEGEN_HOME"] = str(home)
    for name in list(os.environ):
        if name.startswith(("SPEEDPIX_", "OPENPIXELS_", "SEGMIND_", "INFERENCE_")):
            del os.environ[name]
