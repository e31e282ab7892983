"""Tab shows what a person may want: no rooms of the package, and no machinery of a handle."""

from __future__ import annotations

import subprocess
import sys

import ipyimagegen as ig
from ipyimagegen.jobs.client import Client
from ipyimagegen.services.base import Registry
from ipyimagegen.services.local.service import Local
from ipyimagegen.settings.config import Settings


def public(thing: object) -> set[str]:
    return {name for name in dir(thing) if not name.startswith("_")}


def test_the_package_offers_its_public_names_alone() -> None:
    assert set(ig.__all__) == public(ig)


def test_handles_offer_what_they_have_for_people() -> None:
    registry = Registry()
    registry.add(Local())
    client = Client(settings=Settings(), services=registry, journal=None)
    job, batch = (client.submit("local/sketch", "x", n=n, width=64, height=64, num_inference_steps=1) for n in (1, 2))
    for work in (job, batch):
        work.result(20)
        assert {"result", "cancel", "progress", "on", "state"} <= public(work)
        assert not public(work) & {"become", "move", "watch", "stop", "outcome", "runtime", "finish_with"}
        assert [] == [name for name in public(work) if not hasattr(work, name)]


def test_every_error_is_there_by_its_name_and_stays_the_module_that_it_is() -> None:
    assert issubclass(ig.errors.JobFailed, ig.ImagegenError)
    code = "import ipyimagegen.errors, ipyimagegen.jobs, ipyimagegen as ig; ig.errors.JobFailed; ig.jobs()"
    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode
