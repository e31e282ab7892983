"""Results as rows: for a data frame, as plain text, and as a table for a notebook in which every text is only text."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..core.service_text import one_line
from ..media.results import Result
from .marks import Marks

COLUMNS = ("job", "made", "model", "cost", "prompt")
WIDTH = 100
PROMPT_CHARS = 60
_LEFT = "text-align: left"
_WHOLE = f"{_LEFT}; white-space: nowrap"


def row_of(result: Result, marks: Marks) -> dict[str, Any]:
    """A result as one flat row; its parameters as `param.NAME`, as they were sent."""
    record = result.artifacts[0].record if result.artifacts else None
    row: dict[str, Any] = {
        "job": result.job_ids[0] if result.job_ids else "",
        "made": None if record is None or not record.created else datetime.fromisoformat(record.created),
        "model": result.model,
        "prompt": result.prompt,
        "seed": result.seed,
        "cost": None if result.cost.amount is None else float(result.cost.amount),
        "currency": result.cost.currency if result.cost.known else "",
        "run_s": result.timings.run_s,
        "total_s": result.timings.total_s,
        "pictures": len(result.images),
        "width": result.images[0].width if result.images else None,
        "height": result.images[0].height if result.images else None,
        "starred": marks.starred,
        "tags": list(marks.tags),
        "note": marks.note,
        "files": [str(artifact.path) for artifact in result.artifacts if artifact.path is not None],
    }
    return row | {f"param.{name}": value for name, value in result.sent.items()}


def cells_of(result: Result, marks: Marks) -> tuple[str, ...]:
    """A result in the columns of `COLUMNS`."""
    row = row_of(result, marks)
    made = "" if row["made"] is None else row["made"].astimezone().strftime("%Y-%m-%d %H:%M")
    words = " ".join(
        [*(["★"] if marks.starred else []), *(f"#{tag}" for tag in marks.tags), result.prompt or result.text]
    )
    return row["job"], made, result.model, str(result.cost), _cut(one_line(words, 4 * PROMPT_CHARS))


def _cut(text: str) -> str:
    return text if len(text) <= PROMPT_CHARS else f"{text[: PROMPT_CHARS - 1]}…"


def as_text(lines: Iterable[Sequence[str]], *, header: Sequence[str] = COLUMNS) -> str:
    """Columns as wide as they need to be, at most `WIDTH` in all."""
    listed = [tuple(header), *(tuple(line) for line in lines)]
    widths = [max(len(line[column]) for line in listed) for column in range(len(header))]
    made = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in listed]
    return "\n".join(line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…" for line in made)


def as_html(lines: Iterable[Sequence[str]], footer: str, *, header: Sequence[str] = COLUMNS) -> str:
    """The same for a notebook: no script, and nothing that a service or a prompt wrote is markup.

    Notebooks set numbers in tables to the right, and these are texts.
    """
    head, *body = (_html_row(line, tag) for line, tag in [(header, "th"), *((line, "td") for line in lines)])
    return f"<table><thead>{head}</thead><tbody>{''.join(body)}</tbody></table><p>{html.escape(footer)}</p>"


def _html_row(cells: Sequence[str], tag: str) -> str:
    """A row of which all but the last cell stay on one line."""
    styles = [*[_WHOLE] * (len(cells) - 1), _LEFT]
    made = (f'<{tag} style="{style}">{html.escape(cell)}</{tag}>' for cell, style in zip(cells, styles, strict=True))
    return f"<tr>{''.join(made)}</tr>"


def data_frame(rows: Sequence[Mapping[str, Any]]) -> Any:
    """A pandas `DataFrame`. Raises `ImportError` that says what to install."""
    try:
        import pandas as pd  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ImportError as error:
        raise ImportError(
            "to_pandas needs pandas: pip install pandas. Without it: ig.history.to_rows(…) gives plain dictionaries"
        ) from error
    return pd.DataFrame(list(rows))
