"""`%imagegen jobs | attach | cancel`."""

from __future__ import annotations

from IPython.core.error import UsageError

from ....core.errors import capped
from ....core.jobs import in_words
from ....history import Row
from ....jobs.job import Job
from ....jobs.terminal import seconds_in_words
from ...text import at, cut, paragraph, table
from ..parse import shown
from .table import Session, command, divided, job_id, only_one


@command("jobs", "", "the jobs of this session, and those of earlier ones that were not collected")
def jobs(session: Session, words: list[str]) -> str:
    """Two tables: this session's jobs, and the open ones of the journal with the line that collects each."""
    if words:
        raise UsageError(f"%imagegen jobs takes no {shown(words[0])!r}")
    own = session.client.jobs()
    parts = [
        table(("job", "model", "after", "prompt", "state"), map(_job_row, own))
        if own
        else "No jobs in this session yet."
    ]
    if found := left_open(session):
        head = "Sent by other sessions, or by a service's own functions, not collected; collecting costs nothing:"
        parts += ["", head, table(("line to run", "model", "sent", "prompt"), map(_open_row, found[:MAX_LISTED]))]
        if len(found) > MAX_LISTED:
            parts.append(f"… and {len(found) - MAX_LISTED} more, the oldest; `ipyimagegen jobs --open` lists them all")
    if unsure := _unsure(session):
        head = "May be running, and may be billed: nobody noted whether the service took them in. Look there:"
        parts += ["", head, table(("job", "model", "sent", "prompt"), map(_unsure_row, unsure))]
        services = dict.fromkeys(row.service for row in unsure)
        parts += [paragraph(look, hanging=2) for name in services if (look := session.client.where_to_look(name))]
    return "\n".join(parts)


MAX_LISTED = 20
"""Open jobs of other sessions that are listed; the rest are counted."""


def left_open(session: Session) -> list[Row]:
    """The journal's open jobs that are none of this session, newest first."""
    client = session.client
    if client.journal is None:
        return []
    own = {job.id for job in client.jobs()}
    return [row for row in client.journal.rows(open_only=True) if row.id not in own]


def _unsure(session: Session) -> list[Row]:
    """Of other sessions, the newest few."""
    client = session.client
    own = {job.id for job in client.jobs()}
    found = [] if client.journal is None else client.journal.unsure(limit=MAX_LISTED)
    return [row for row in found if row.id not in own]


def _unsure_row(row: Row) -> tuple[str, ...]:
    return row.id, f"{row.service}/{row.model}", at(row.created), cut(" ".join(row.prompt.split()), 28)


def _job_row(job: Job) -> tuple[str, ...]:
    prompt = " ".join(job.request.prompt.split())
    return job.id, job.model, seconds_in_words(job.elapsed_s), cut(prompt, 28), in_words(job.state)


def _open_row(row: Row) -> tuple[str, ...]:
    prompt = " ".join(row.prompt.split())
    return f"%imagegen attach {row.id}", f"{row.service}/{row.model}", at(row.created), cut(prompt, 28)


@command(
    "attach",
    "JOB [-o VAR] [--bg]",
    "go on with a job, also of an earlier session, by a variable or (the start of) its id: live, then its pictures",
    subject="attachable",
    options=("-o", "--bg"),
)
def attach(session: Session, words: list[str]) -> str:
    """Show a job: live until it has ended, or its result at once."""
    given = divided("attach", words)
    job = session.client.attach(job_id(session, only_one("attach", given)))
    if "--bg" in given.flags:
        session.notebook.follow(job, var=given.var)
    else:
        session.notebook.wait(job, var=given.var)
    return ""


@command(
    "cancel", "[JOB … | all]", "cancel jobs by (the start of) an id; without one, the job that runs", subject="jobs"
)
def cancel(session: Session, words: list[str]) -> str:
    """Cancel jobs, and say what that does at the service."""
    running = [job for job in session.client.jobs() if not job.done]
    if words == ["all"]:
        chosen = running
    elif words:
        chosen = [session.client.job(job_id(session, word)) for word in words]
    elif len(running) > 1:
        raise UsageError(f"{len(running)} jobs run; name one of {', '.join(job.id for job in running)}, or all")
    else:
        chosen = running
    return "\n".join(map(_cancelled, chosen)) or "No job is running."


def _cancelled(job: Job) -> str:
    if not job.cancel():
        return f"{job.id} {job.model}: {in_words(job.state)} before"
    note = f"; {capped(job.spec.cannot_cancel, 300)}" if job.spec.cannot_cancel else ""
    return paragraph(f"{job.id} {job.model}: cancelling{note}", hanging=2)
