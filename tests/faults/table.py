"""The table as Markdown: a row for each fault, a column for each official library, and one for ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from .cases import SERVICES, STAGES, TITLES, Case, Service
from .tried import Cell
from .verdicts import MEANINGS, Told, Verdict

FILE = Path(__file__).with_name("table.md")
NOTHING = "–"


def markdown(cells: Sequence[Cell]) -> str:
    """The whole fragment: heading row, rows by stage, what the words mean, and the sums."""
    names = [f"{TITLES[service]} (official)" for service in SERVICES]
    lines = [
        f"| What goes wrong | {' | '.join(names)} | ipyimagegen, all four |",
        "| --- |" + " --- |" * (len(names) + 1),
    ]
    for stage, title in STAGES.items():
        lines.append(f"| **{title}** |" + " |" * (len(names) + 1))
        lines += [_row(case, cells) for case in _cases(cells) if case.stage == stage]
    return "\n".join([*lines, "", *_meanings(cells), "", *_sums(cells), ""])


def _cases(cells: Iterable[Cell]) -> list[Case]:
    return list({cell.case.name: cell.case for cell in cells}.values())


def _row(case: Case, cells: Sequence[Cell]) -> str:
    mine = {cell.service: cell for cell in cells if cell.case == case}
    official = [_word(mine[service].official) if service in mine else NOTHING for service in SERVICES]
    return f"| {case.title} | {' | '.join(official)} | {_ours({name: cell.ours for name, cell in mine.items()})} |"


def _word(told: Told | None) -> str:
    if told is None:
        return NOTHING
    return f"**{told.verdict.value}**{str(told)[len(told.verdict.value) :]}" if told.verdict.bad else str(told)


def _ours(told: dict[Service, Told]) -> str:
    """One word where all services agree, otherwise who does what."""
    groups: dict[str, list[str]] = {}
    for service, one in told.items():
        groups.setdefault(_word(one), []).append(TITLES[service])
    if len(groups) == 1:
        return next(iter(groups))
    return "; ".join(f"{word}: {', '.join(names)}" for word, names in groups.items())


def _meanings(cells: Sequence[Cell]) -> Iterator[str]:
    met = {told.verdict for cell in cells for told in (cell.ours, cell.official) if told is not None}
    for verdict in Verdict:
        if verdict in met:
            yield f"- {'**' * verdict.bad}{verdict.value}{'**' * verdict.bad}: {MEANINGS[verdict]}"
    yield f"- {NOTHING}: cannot happen there, or the library does nothing of the kind (it gives out an address)"


def _sums(cells: Sequence[Cell]) -> Iterator[str]:
    for name, told in (
        ("Official libraries", [cell.official for cell in cells if cell.official is not None]),
        ("ipyimagegen", [cell.ours for cell in cells]),
    ):
        count = Counter(one.verdict for one in told)
        yield f"- {name}, of {len(told)}: " + ", ".join(
            f"{count[word]} {word.value}" for word in Verdict if count[word]
        )
