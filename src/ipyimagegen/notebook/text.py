"""Plain text for a cell's output: columns and paragraphs, at most 100 wide.

All that the magic prints is made here, and so whatever a service, a file or a name brings into it is clean text.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from datetime import datetime

from ..core.service_text import cleaned

WIDTH = 100


def paragraph(text: str, *, indent: int = 0, hanging: int | None = None, width: int = WIDTH) -> str:
    """`text` broken into lines of at most `width`, its own line breaks kept."""
    later = " " * (indent if hanging is None else hanging)
    made: list[str] = []
    for number, line in enumerate(cleaned(text).splitlines() or [""]):
        first = " " * indent if number == 0 else later
        wrapped = textwrap.wrap(line, width, initial_indent=first, subsequent_indent=later, break_on_hyphens=False)
        made += wrapped or [""]
    return "\n".join(made)


def rows(pairs: Iterable[tuple[str, str]], *, indent: int = 2, widest: int = 34) -> str:
    """Two columns; a name that is wider than `widest` stands on a line of its own."""
    listed = [(_cell(name), text) for name, text in pairs]
    column = min(widest, max((len(name) for name, _ in listed), default=0)) + 2
    lines: list[str] = []
    for name, text in listed:
        body = paragraph(text, indent=indent + column)
        if len(name) + 2 <= column:
            lines.append(" " * indent + name.ljust(column) + body[indent + column :])
        else:
            lines += [paragraph(name, indent=indent), body]
    return "\n".join(line.rstrip() for line in lines)


def table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Columns as wide as they need to be; the last one is cut where a line would pass 100 columns."""
    listed = [tuple(map(_cell, line)) for line in (header, *lines)]
    widths = [max(len(line[column]) for line in listed) for column in range(len(header))]
    made = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in listed]
    return "\n".join(line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…" for line in made)


def _cell(text: str) -> str:
    """`text` as it may stand in a column: on one line."""
    return cleaned(text).replace("\n", " ").replace("\t", " ")


def cut(text: str, width: int) -> str:
    """`text`, or its start and an ellipsis where it is longer than `width`."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def at(epoch_s: float) -> str:
    """A moment in local time: `2026-11-20 14:05`."""
    return datetime.fromtimestamp(epoch_s).astimezone().strftime("%Y-%m-%d %H:%M")
