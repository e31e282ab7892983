"""What every test needs: a journal of its own, and no keys from outside."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from ipyimagegen.net.clock import hastened

# A job in a shell's background ignores Interrupt, and so does all that it starts: the tests send it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples in each run, on however slow a machine; HYPOTHESIS_PROFILE=explore looks for new ones, and for long.
SLOW = [HealthCheck.too_slow]
settings.register_profile("same", max_examples=25, derandomize=True, deadline=None, suppress_health_check=SLOW)
settings.register_profile("explore", max_examples=1_000, deadline=None, suppress_health_check=SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.fixture
def quick_waits(request: pytest.FixtureRequest) -> Iterator[None]:
    """Polls by the second and Retry-After take a tenth of their time, but for tests that are about time itself."""
    with nullcontext() if request.node.get_closest_marker("real_time") else hastened(10):
        yield


@pytest.fixture(scope="session", autouse=True)
def _apart_from_the_users_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test reads or writes the user's journal, nor finds a key in the environment."""
    home: Path = tmp_path_factory.mktemp("home")
    os.environ["IPYIMAGEGEN_HOME"] = str(home)
    for name in list(os.environ):
        if name.startswith(("SPEEDPIX_", "OPENPIXELS_", "SEGMIND_", "INFERENCE_")):
            del os.environ[name]
