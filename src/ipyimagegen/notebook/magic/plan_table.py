"""What `--dry-run` shows: the call as it would be sent, in plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...core.errors import BudgetExceeded, capped
from ...core.foreign import is_random
from ...core.params import Change, Param
from ...core.requests import InputFile, Request
from ...experiments.sweep import Sweep
from ...jobs.plan import Plan
from ..text import WIDTH, paragraph, rows


def plan_table(plan: Plan, *, sources: Mapping[str, str] | None = None, save: str = "") -> str:
    """A table of model, values, files, defaults, seeds and cost, at most 100 columns wide. Nothing was sent."""
    spec, requests, first = plan.spec, plan.requests, plan.requests[0]
    where = sources or {}
    changes = {change.name: change for change in first.changes}
    lines: list[tuple[str, str]] = [("model", spec.id)]
    seed = spec.params.seed
    for name, value in first.values.items():
        if seed is not None and name == seed.name:
            continue
        change = changes.get(name)
        adjusted = f"   (asked {change.asked!r}: {change.why})" if change and change.what == "adjusted" else ""
        note = f"   ({where[name]})" if name in where else ""
        lines.append((name, f"{_value(value)}{note}{adjusted}"))
    lines += [
        (change.name, f"{_value(change.sent)}   (default)") for change in first.changes if _is_default(change, seed)
    ]
    if seed is not None:
        lines.append((seed.name, _seeds(requests, drawn=is_random(first.asked.get(seed.name)))))
    lines += [("not sent", str(change)) for change in first.changes if change.what == "dropped"]
    lines.append(("pictures", f"{len(requests)} calls, one picture each" if len(requests) > 1 else "1 call"))
    lines.append(("cost", _cost(plan)))
    if save:
        lines.append(("save", save))
    return "Dry run: nothing was sent.\n" + rows(lines)


def sweep_table(sweep: Sweep) -> str:
    """The plan of a sweep: axes, how many calls, seed, price, time, and what cannot be sent. Nothing was sent."""
    lines = ["Dry run: nothing was sent.", *(f"  {line}" for line in repr(sweep.plan).splitlines())]
    try:
        sweep.refuse_over_cap()
    except BudgetExceeded as error:
        lines.append(f"  would be refused: {error}")
    return "\n".join(paragraph(line, hanging=4) for line in lines)


def _is_default(change: Change, seed: Param | None) -> bool:
    return change.what == "default" and change.sent != "" and (seed is None or change.name != seed.name)


def _value(value: object) -> str:
    if isinstance(value, InputFile):
        if value.url:
            return f"{capped(value.url, 200)}   (sent as an address)"
        return f"{value.filename}, {value.media_type}, {value.size:,} bytes"
    if isinstance(value, list) and any(isinstance(entry, InputFile) for entry in value):
        return "; ".join(_value(entry) for entry in value)
    return capped(value if isinstance(value, str) else repr(value), WIDTH * 6)


def _seeds(requests: Sequence[Request], *, drawn: bool) -> str:
    count = len(requests)
    if drawn:
        return "drawn when it is sent" + (f"; {count} consecutive ones" if count > 1 else "")
    return f"{requests[0].seed}" + (f" to {requests[-1].seed}" if count > 1 else "")


def _cost(plan: Plan) -> str:
    price, count, total = plan.spec.price, plan.pictures, str(plan.cost)
    if price.amount is not None and price.source != "free" and count > 1:
        total = f"{count} × {price} = {plan.cost}"
    try:
        plan.refuse_over_cap()
    except BudgetExceeded as error:
        return f"{total}; would be refused: {error}"
    return f"{total}; under the cap of ${plan.cap}" if plan.cap is not None else total
