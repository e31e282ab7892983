"""All that a user, or a tool that sends tracebacks somewhere, sees of a run; and what must not be in it."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from ipyimagegen.core.service_text import MAX_MESSAGE_CHARS
from ipyimagegen.history.journal import Journal
from ipyimagegen.history.rows import Row
from ipyimagegen.jobs.client import Client
from ipyimagegen.jobs.job import Job
from ipyimagegen.media.results import Result

from .worlds import World

MARKER = "SG_marker-key-7f3a9c52d1e84b06"
KEYS = dict.fromkeys(
    ("SPEEDPIX_APP_KEY", "SPEEDPIX_APP_SECRET", "OPENPIXELS_API_KEY", "SEGMIND_API_KEY", "INFERENCE_API_KEY"), MARKER
)
EVIL = f"\x1b[31m\x1b]0;owned\x07{MARKER} \u202egnp.exe\u202c\u200b\x00\x9b2J \u2066x\u2069 {quote(MARKER)}\r\nline"
LONG = EVIL + "x" * 300_000
ACTING = tuple("\x1b\x07\x00\x9b\u202e\u202c\u200b\u2066\u2069\r")
ROOM = MAX_MESSAGE_CHARS + 100
"""An error's text, and the note of what was cut off."""


def run_once(client: Client, world: World) -> tuple[Result | None, BaseException | None, Job | None]:
    """One call, as a user makes it. No variable here holds what the server said."""
    job = client.submit(world.name, **world.params)
    assert isinstance(job, Job)
    try:
        return job.result(30), None, job
    except Exception as error:  # noqa: BLE001 (whatever it is is looked at)
        return None, error, job


def frames_of(error: BaseException) -> Iterator[str]:
    """The variables of every frame of ours, as tools show them that send a traceback somewhere."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        for frame, _ in traceback.walk_tb(link.__traceback__):
            if "ipyimagegen" in frame.f_globals.get("__name__", ""):
                yield from (f"{name} = {value!r}" for name, value in frame.f_locals.items())
        link = link.__cause__ or link.__context__


def texts_of(value: Any) -> Iterator[str]:
    """Every text in an error's attributes, a result's facts, and the like."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from texts_of(name)
            yield from texts_of(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from texts_of(one)
    elif isinstance(value, BaseException):
        yield str(value)
        yield from texts_of(vars(value))
        yield from texts_of(value.args)


def seen_of(result: Result | None, error: BaseException | None, job: Job | None) -> list[str]:
    """All that a user sees of a run."""
    seen = list(texts_of(error)) if error is not None else []
    if result is not None:
        seen += [repr(result), str(result.report), result.text, *texts_of(dict(result.facts)), *texts_of(result.raw)]
        for one in result.artifacts:
            seen += [repr(one), one.name, one.url, one.filename, one.error, *texts_of(one.record.to_json())]
    if job is not None:
        seen += [repr(job), *texts_of([job.state.message, job.state.error, *job.state.logs]), repr(job.state)]
        seen += [repr(job.ticket)]
    return seen


def newest(journal: Journal | None) -> Row:
    """The newest row, once all that was noted before is written."""
    assert journal is not None
    journal.star("nobody").result(10)
    return journal.rows(limit=1)[0]
