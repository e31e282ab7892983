"""The contact sheet of a sweep: all its cells as one picture, in rows and columns by its axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..core.arguments import whole
from ..core.errors import InvalidInput, Problem
from ..core.events import Output
from ..media.artifacts import Artifact, Payload, make_artifact
from ..media.sheets import labelled_sheet
from .axes import Axis, label
from .cells import SweepCell

MAX_ROWS = 60
"""More rows than this are shown as a plain grid with captions, unless somebody asked for these rows."""
_LEAST_PX = 72
_HEAD_PX, _GAP_PX = 180, 12
"""About what `media.sheets` leaves for headings and between cells."""
Names = str | Sequence[str] | None
"""One name, or several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a sheet is laid out: which axes go down and which across (by default the longest), and what stands below.

    With `width_px` the cells shrink, down to 72 pixels, so that it is about as wide at most.
    """

    rows: tuple[str, ...] = ()
    cols: tuple[str, ...] = ()
    captions: tuple[str, ...] = ()
    cell_px: int = 256
    png: bool = False
    width_px: int | None = None

    def cell_for(self, across: int, *, headed: bool) -> int:
        """A cell's side for so many columns, with a heading for each row or without."""
        if self.width_px is None:
            return self.cell_px
        return min(self.cell_px, max(_LEAST_PX, (self.width_px - (_HEAD_PX if headed else 0)) // across - _GAP_PX))


def contact_sheet(
    axes: Sequence[Axis], cells: Sequence[SweepCell], layout: Layout, *, title: str, alt: str
) -> Artifact:
    """The cells as one picture. Cells without one say why. Reads every picture. Raises `InvalidInput`."""
    whole(layout.cell_px, "cell_px", least=1)
    named = (*layout.rows, *layout.cols)
    by = {axis.name: place for place, axis in enumerate(axes) if len(axis) > 1 or axis.name in named}
    for name in named:
        if name not in by:
            told = ", ".join(axis.name for axis in axes) or "none"
            raise InvalidInput([Problem("rows", f"{name!r} is no axis; there are {told}")])
    free = [name for name in reversed(by) if name not in layout.rows]
    across = list(layout.cols) or sorted(free, key=lambda name: -len(axes[by[name]]))[:1]
    down = [*layout.rows, *(name for name in by if name not in layout.rows and name not in across)]
    grid = _pivot(cells, [by[name] for name in down], [by[name] for name in across])
    if not named and (len(grid.columns) == 1 or len(grid.rows) == 1 or len(grid.rows) > MAX_ROWS):
        return _artifact(_flat(axes, cells, layout, title), layout, alt)
    data = labelled_sheet(
        [[_tile(here) for here in line] for line in grid.cells],
        row_labels=[_heading([axes[by[name]] for name in down], row) for row in grid.rows],
        column_labels=[_heading([axes[by[name]] for name in across], column) for column in grid.columns],
        captions=[[_caption(here, layout.captions) for here in line] for line in grid.cells],
        title=" · ".join(filter(None, (title, f"across: {', '.join(across)}" if across else ""))),
        corner=", ".join(down),
        cell_px=layout.cell_for(len(grid.columns), headed=True),
        png=layout.png,
    )
    return _artifact(data, layout, alt)


@dataclass(frozen=True, slots=True)
class _Grid:
    rows: list[tuple[int, ...]]
    columns: list[tuple[int, ...]]
    cells: list[list[list[SweepCell]]]


def _pivot(cells: Sequence[SweepCell], down: Sequence[int], across: Sequence[int]) -> _Grid:
    where: dict[tuple[tuple[int, ...], tuple[int, ...]], list[SweepCell]] = {}
    for cell in cells:
        row = tuple(cell.cell.at[place] for place in down)
        column = tuple(cell.cell.at[place] for place in across)
        where.setdefault((row, column), []).append(cell)
    rows = sorted({row for row, _ in where})
    columns = sorted({column for _, column in where})
    return _Grid(rows, columns, [[where.get((row, column), []) for column in columns] for row in rows])


def _flat(axes: Sequence[Axis], cells: Sequence[SweepCell], layout: Layout, title: str) -> bytes:
    """All cells one after another, each with a caption: what varies, where nobody says what."""
    varying = [place for place, axis in enumerate(axes) if len(axis) > 1]
    across = min(len(cells), 4) if len(cells) <= 8 else round(len(cells) ** 0.5 + 0.49)
    tiles = [_tile([cell]) for cell in cells]
    captions = [
        _caption([cell], layout.captions)
        if layout.captions
        else ", ".join(axes[place].label(cell.cell.at[place]) for place in varying)
        for cell in cells
    ]
    tiles += [""] * (-len(tiles) % across)
    captions += [""] * (-len(captions) % across)
    starts = range(0, len(tiles), across)
    told = "" if layout.captions else ", ".join(axes[place].name for place in varying)
    return labelled_sheet(
        [tiles[start : start + across] for start in starts],
        captions=[captions[start : start + across] for start in starts],
        title=" · ".join(filter(None, (title, told))),
        cell_px=layout.cell_for(across, headed=False),
        png=layout.png,
    )


def _artifact(data: bytes, layout: Layout, alt: str) -> Artifact:
    media_type = "image/png" if layout.png else "image/jpeg"
    output = Output(name="sheet", data=data, media_type=media_type)
    return make_artifact(Payload(data=data, media_type=media_type), output, alt=alt)


def _heading(axes: Sequence[Axis], places: Sequence[int]) -> str:
    labels = [axis.label(place) for axis, place in zip(axes, places, strict=True)]
    if len(labels) == 1:
        return labels[0]
    return ", ".join(text if "=" in text else f"{axis.name}={text}" for axis, text in zip(axes, labels, strict=True))


def _tile(cells: Sequence[SweepCell]) -> Artifact | str:
    """What stands in a place: the first picture that there is, else why there is none."""
    for cell in cells:
        if cell.status == "succeeded":
            result = cell.result
            image = next((image for image in result.images if not image.error), None)
            return image if image is not None else result.text or "no picture"
    return f"{cells[0].status}: {cells[0].why}".removesuffix(": ") if cells else ""


def _caption(cells: Sequence[SweepCell], names: Sequence[str]) -> str:
    if not cells or not names:
        return ""
    cell = cells[0]
    known = {**cell.cell.asked, "status": cell.status, "cost": cell.outcome.cost, "job": cell.outcome.job_id}
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None and not cell.cell.problem:
        raise InvalidInput([Problem("captions", f"no cell has {unknown!r}; there are {', '.join(known)}")])
    told = {name: label(known[name]) for name in names if name in known}
    return next(iter(told.values())) if len(told) == 1 else ", ".join(f"{name} {text}" for name, text in told.items())
