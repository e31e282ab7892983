"""A sweep as a folder: its pictures, a table, the recipe, a sheet, and a page that needs no server.

What stands in such a folder may come from a stranger: names of files are read as names only, and a page shows text.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..core.cost import Cost
from ..core.errors import ImagegenError, StorageError, UnknownSweep, capped
from ..core.events import Output
from ..core.requests import InputFile
from ..history.sweeps import CellRow
from ..media.artifacts import Artifact, Payload, make_artifact, missing_artifact
from ..media.names import expanded, safe_name
from ..media.results import Result
from ..media.saving import save, suffix_for, write_atomic
from .axes import label
from .book import Book
from .cells import Outcome, SweepCell
from .identity import Contents
from .page import page
from .plan import Cell
from .recipe import from_row, to_rows

RECIPE = "sweep.json"
PICTURES = "pictures"
MAX_RECIPE_BYTES = 64_000_000


@dataclass(frozen=True, slots=True)
class Saved:
    """What a folder holds."""

    id: str
    name: str
    created: float
    recipe: Mapping[str, Any]
    cells: tuple[Cell, ...]
    outcomes: Mapping[str, Outcome]


class NoInputs:
    """Input files are named in a folder, and not kept in it."""

    def keep_input(self, file: InputFile, sha256: str) -> None:
        """Not kept."""

    def input_path(self, sha256: str, media_type: str) -> Path:  # noqa: ARG002 (the real one has use for it)
        """Nowhere."""
        return Path(f"input-{sha256[:12]}-that-is-not-in-the-folder")


def write(book: Book, folder: Path) -> Path:
    """Write it all; returns the folder. What was written before is replaced. Blocks. Raises `StorageError`."""
    folder = expanded(folder)
    table = book.table()
    files: dict[str, list[str]] = {}
    for number, cell in enumerate(table.cells):
        if cell.status == "succeeded" and cell.cell.identity not in files:
            files[cell.cell.identity] = _pictures(cell, folder / PICTURES, number, width=len(str(len(table))))
    rows = [{**cell.row(), "path": next(iter(files.get(cell.cell.identity, ())), None)} for cell in table.cells]
    write_atomic(folder / "sweep.csv", _csv(rows))
    write_atomic(folder / RECIPE, json.dumps(_as_json(book, files), indent=1, ensure_ascii=False).encode())
    if table.counts.get("succeeded"):
        write_atomic(folder / "sheet.jpg", table.contact_sheet().bytes)
    cells = [
        {
            "at": list(cell.cell.at),
            "files": files.get(cell.cell.identity, []),
            "status": cell.status,
            "why": cell.why,
            "words": [f"{name}: {label(value)}" for name, value in cell.cell.asked.items()],
        }
        for cell in table.cells
    ]
    axes = [{"name": axis.name, "labels": [axis.label(place) for place in range(len(axis))]} for axis in table.axes]
    write_atomic(
        folder / "index.html", page(book.name or book.id, replace(table, title="").summary, axes, cells).encode()
    )
    return folder


def read(folder: Path) -> Saved:
    """A folder that `write` made. Raises `UnknownSweep` where it holds none."""
    try:
        with (folder / RECIPE).open("rb") as file:
            data = json.loads(file.read(MAX_RECIPE_BYTES))
        rows = [_row(number, entry) for number, entry in enumerate(data["cells"])]
        cells = tuple(from_row(row, NoInputs()) for row in rows)
        outcomes = {
            cell.identity: _outcome(folder, cell, entry)
            for cell, entry in zip(cells, data["cells"], strict=True)
            if not cell.problem
        }
        return Saved(str(data["id"]), str(data["name"]), float(data["created"]), dict(data["recipe"]), cells, outcomes)
    except UnknownSweep:
        raise
    except OSError as error:
        raise StorageError(f"cannot read {str(folder)!r}: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnknownSweep(f"{RECIPE} in {str(folder)!r} is not a sweep's: {capped(repr(error), 200)}") from error


def _pictures(cell: SweepCell, folder: Path, number: int, *, width: int) -> list[str]:
    """Save a cell's pictures under names that say what they are; returns them, within the folder."""
    words = safe_name("-".join(f"{label(value)}" for value in cell.values.values()), limit_bytes=100)
    stem = f"{number:0{width}d}-{words}".rstrip("-")
    names = []
    for artifact in cell.result.artifacts:
        if artifact.error:
            continue
        name = f"{stem}{f'-{artifact.index + 1}' if artifact.index else ''}{suffix_for(artifact)}"
        save(artifact, folder / name)
        names.append(f"{folder.name}/{name}")
    return names


def _csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """As text that spreadsheets read as text: a prompt that begins like a formula is none (OWASP, CSV injection)."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    sink = io.StringIO()
    writer = csv.DictWriter(sink, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _field(value) for name, value in row.items()} for row in rows)
    return sink.getvalue().encode("utf-8", "replace")


def _field(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _as_json(book: Book, files: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    nowhere = Contents(NoInputs())
    rows = to_rows(book.plan.cells, 0, nowhere)
    cells = []
    for row in rows:
        outcome = book.outcomes.get(row.identity, Outcome(status="invalid"))
        cells.append(
            {
                "at": list(row.at),
                "values": dict(row.values),
                "model": row.model,
                "identity": row.identity,
                "request": row.request,
                "problem": row.problem,
                "status": outcome.status,
                "why": outcome.why,
                "cost": None if outcome.cost.amount is None else str(outcome.cost.amount),
                "currency": outcome.cost.currency,
                "cost_source": outcome.cost.source,
                "run_s": outcome.run_s,
                "total_s": outcome.total_s,
                "job": outcome.job_id,
                "files": list(files.get(row.identity, ())),
            }
        )
    return {"id": book.id, "name": book.name, "created": book.created, "recipe": book.recipe(nowhere), "cells": cells}


def _row(number: int, entry: Mapping[str, Any]) -> CellRow:
    return CellRow(
        place=number,
        at=tuple(int(place) for place in entry["at"]),
        values=dict(entry["values"]),
        model=str(entry["model"]),
        identity=f"folder {entry['identity']}",  # a stranger's word: never taken for one that the journal has
        request=entry["request"],
        problem=str(entry["problem"]),
    )


def _outcome(folder: Path, cell: Cell, entry: Mapping[str, Any]) -> Outcome:
    cost = Cost.read(entry.get("cost"), currency=str(entry.get("currency") or "USD"))
    if entry["status"] != "succeeded" or cell.request is None:
        return Outcome(why=capped(str(entry.get("why") or "")))
    artifacts = tuple(
        _picture(folder / PICTURES / Path(str(name)).name, index, cell) for index, name in enumerate(entry["files"])
    )
    held = Result(
        model=cell.model,
        prompt=cell.request.prompt,
        artifacts=artifacts,
        seed=cell.seed,
        cost=cost,
        asked=cell.request.asked,
        sent=cell.request.sent,
    )
    seconds = {name: entry.get(name) for name in ("run_s", "total_s")}
    times = {name: float(value) if isinstance(value, int | float) else None for name, value in seconds.items()}
    return Outcome(
        status="succeeded", cost=cost, run_s=times["run_s"], total_s=times["total_s"], held=held, earlier=True
    )


def _picture(path: Path, index: int, cell: Cell) -> Artifact:
    prompt = cell.request.prompt if cell.request else ""
    output = Output(name="image")
    try:
        return make_artifact(Payload(path=path), output, index=index, seed=cell.seed, alt=prompt)
    except (ImagegenError, OSError) as error:
        return missing_artifact(output, f"{path.name} in the sweep's folder: {error}", index=index, alt=prompt)
