"""`%imagegen history | recall | cost`: what the journal remembers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from decimal import Decimal

from IPython.core.error import UsageError

from ....core.cost import Cost
from ....core.errors import ImagegenError, UnknownJob
from ....core.params import Params
from ....history import Journal, Row
from ....media.results import Result
from ...text import at, cut, paragraph, table
from ..as_code import code_of
from ..parse import shown
from .table import Session, command, divided, job_id, only_one

NEWEST = 20
"""Results that one `%imagegen history` lists."""
DAYS = 30.0
DAY_S = 86_400.0


@command("history", "[WORDS]", f"the newest {NEWEST} results, or of those that have every word in model, prompt or id")
def history(session: Session, words: list[str]) -> str:
    """One line for each result."""
    rows = [row for row in _journal(session).rows(" ".join(words)) if row.phase == "succeeded"]
    if not rows:
        return f"No result has {' and '.join(map(repr, words))} in it." if words else "No results yet."
    lines = table(("job", "made", "model", "cost", "prompt"), map(_result_row, rows[:NEWEST]))
    more = f"{len(rows) - NEWEST} older ones; words narrow the list: %imagegen history lighthouse"
    shown_again = "Show one again: %imagegen recall JOB"
    return "\n".join([lines, "", *([more] if len(rows) > NEWEST else []), shown_again])


def _result_row(row: Row) -> tuple[str, ...]:
    prompt = cut(" ".join(row.prompt.split()), 40)
    return row.id, at(row.created), f"{row.service}/{row.model}", str(row.cost), prompt


@command(
    "recall",
    "JOB [-o VAR] [--code]",
    "show a result of the journal again; --code: put a cell that makes it again below, instead",
    subject="results",
    options=("-o", "--code"),
)
def recall(session: Session, words: list[str]) -> str:
    """Show an earlier result, or write the code that asks for the same again."""
    given = divided("recall", words)
    result = _result(session, job_id(session, only_one("recall", given)))
    if "--code" not in given.flags:
        session.notebook.show(result, var=given.var)
        return ""
    if given.var:
        raise UsageError("-o takes the result, --code writes a cell instead: one of the two")
    session.notebook.next_cell(code_of(result, _params(session, result)))
    return ""


def _result(session: Session, name: str) -> Result:
    """The result of a job of this session, or of the journal. Raises `UnknownJob`."""
    client = session.client
    try:
        job = client.job(name)
    except UnknownJob:
        return _journal(session).result(name)
    if not job.done or job.exception() is not None:
        raise UnknownJob(f"job {job.id} has no result: it is {job.phase}")
    return job.result()


def _params(session: Session, result: Result) -> Params:
    try:
        return session.client.model(result.model).params
    except ImagegenError:
        return Params(open=True)


@command("cost", "[DAYS]", f"what the results of the last DAYS ({DAYS:g}) cost, by model; unknown where nobody says")
def cost(session: Session, words: list[str]) -> str:
    """A table of models, and the sum of what is known."""
    days = _days(words)
    found = _journal(session).costs(since=time.time() - days * DAY_S)
    span = f"the last {days:g} days" if days != 1 else "the last day"
    if not found:
        return f"No results in {span}."
    lines = table(("model", "jobs", "cost"), ((model, str(count), str(cost)) for model, count, cost in found))
    return "\n".join([lines, "", paragraph(in_all(found, span))])


def in_all(found: Sequence[tuple[str, int, Cost]], span: str) -> str:
    """A sentence with the sum; what is not known is named, and makes it a lower bound."""
    unknown = [f"{model} ({_jobs(count)})" for model, count, cost in found if not cost.known]
    sums = _sums(cost for _, _, cost in found)
    known = " and ".join(map(str, sums)) or ("nothing" if not unknown else "")
    if not unknown:
        return f"In all, {span}: {known}."
    least = f"at least {known}; " if known else ""
    return f"In all, {span}: {least}what {', '.join(unknown)} cost is not known here."


def _sums(costs: Iterable[Cost]) -> list[Cost]:
    """One sum for each currency; what was free is left out."""
    sums: dict[str, Decimal] = {}
    for each in costs:
        if each.amount is not None and each.source != "free":
            sums[each.currency] = sums.get(each.currency, Decimal(0)) + each.amount
    return [Cost(amount, currency) for currency, amount in sums.items()]


def _jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count} jobs"


def _days(words: list[str]) -> float:
    if not words:
        return DAYS
    try:
        days = float(words[0])
    except ValueError:
        days = 0.0
    if len(words) > 1 or not 0 < days < 100_000:
        raise UsageError(f"%imagegen cost {shown(' '.join(words))}: DAYS is one number over 0, such as 7")
    return days


def _journal(session: Session) -> Journal:
    if session.client.journal is None:
        raise UsageError("this session's client keeps no journal")
    return session.client.journal
