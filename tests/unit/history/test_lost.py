"""Jobs whose process ended while it sent them: named once, kept until they are cleared."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ipyimagegen.core import processes
from ipyimagegen.core.cost import FREE
from ipyimagegen.core.requests import Request
from ipyimagegen.history import Journal

REQUEST = Request(service="hosted", model="m", values={"prompt": "a fox"})
GONE = f"{processes.machine()}:{2**22 + 1}:"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A journal of a process that is gone: a job that it was about to send, a free one, and one that was refused."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules[Journal.__module__], "owner", lambda: GONE)
        journal = Journal(tmp_path)
        journal.prepared("jlost", REQUEST)
        journal.prepared("jfree", REQUEST, cost=FREE)
        journal.prepared("jrefused", REQUEST)
        journal.ended("jrefused", "failed", "no").result()
        journal.close()
    return tmp_path


def test_they_are_named_once(folder: Path) -> None:
    with pytest.warns(RuntimeWarning, match=r"ended: jlost \(hosted/m\)\. It may be running") as told:
        assert ["jlost"] == [row.id for row in Journal(folder).unsure()]
    assert len(told) == 1
    again = Journal(folder)
    again.prepared("jmine", REQUEST).result()
    assert ["jlost"] == [row.id for row in Journal(folder).unsure()]


@pytest.mark.filterwarnings("ignore:a job was being sent:RuntimeWarning")
def test_they_can_be_cleared_and_what_a_living_process_sends_cannot(folder: Path) -> None:
    journal = Journal(folder)
    journal.prepared("jmine", REQUEST).result()
    assert journal.clear(before=4e9) == 3
    assert ["jmine"] == [row.id for row in journal.rows()]
