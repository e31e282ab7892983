"""The end of the process while jobs are under way: nothing paid for is lost, and nobody reads a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ipyimagegen.history import Journal

SCRIPT = """
import asyncio, sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from ipyimagegen.jobs.client import Client
from ipyimagegen.settings.config import Settings
from ipyimagegen.core.cost import Cost
from ipyimagegen.history import Journal
from ipyimagegen.services.base import Registry
from ipyimagegen.services.local.service import Local

class Paid(Local):
    async def model(self, name):
        return replace(await super().model(name), price=Cost(Decimal("0.01"), "USD", "quoted"))

    async def submit(self, request):
        await asyncio.sleep(0.3)
        return await super().submit(request)

registry = Registry()
registry.add({service}())
client = Client(settings=Settings(), services=registry, journal=Journal(Path(sys.argv[1])))
job = client.submit("local/sketch", prompt="x", width=256, height=256, num_inference_steps=150, step_delay_s=0.1)
{then}
"""


def ended(folder: Path, *, service: str = "Paid", then: str = "") -> str:
    """What a script that ends with its job under way writes to stderr."""
    script = SCRIPT.format(service=service, then=then)
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", script, str(folder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_a_paid_job_is_sent_and_written_down_before_the_process_ends(tmp_path: Path) -> None:
    assert ended(tmp_path) == ""
    (row,) = Journal(tmp_path).rows()
    assert (row.phase, row.is_open) == ("queued", True)


@pytest.mark.parametrize("then", ["", "while job.progress is None: pass", "next(iter(job.events()))"])
def test_free_work_ends_with_the_process_without_a_word(tmp_path: Path, then: str) -> None:
    assert ended(tmp_path, service="Local", then=then) == ""


def test_a_cancel_just_before_the_end_is_carried_out(tmp_path: Path) -> None:
    assert ended(tmp_path, then="job.cancel()") == ""
    (row,) = Journal(tmp_path).rows()
    assert (row.phase, row.is_open) == ("cancelled", False)
