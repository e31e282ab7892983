"""What came of a sweep, at one moment: a value with a row for each cell. A sweep that goes on makes newer ones."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from importlib import import_module
from operator import add
from typing import Any

from ..core.cost import FREE, Cost
from ..core.errors import InvalidInput, Problem, capped
from ..core.foreign import same
from ..media.artifacts import Artifact
from ..media.display import DisplaySettings, MimeBundle, bundle, chosen, for_display
from ..media.results import Result
from ..media.sameness import look, same_look
from . import sheet
from .axes import Axis, label
from .cells import Status, SweepCell

SHOWN = DisplaySettings(display_max_px=1_800, display_max_kb=600)
"""A sheet in a notebook may be larger than one picture: its headings are to be read."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Table:
    """The cells of a sweep, or some of them, with what became of each. Shows itself as a contact sheet."""

    axes: tuple[Axis, ...]
    cells: tuple[SweepCell, ...]
    title: str = ""

    @property
    def results(self) -> tuple[Result, ...]:
        """The results of the cells that succeeded, in the grid's order."""
        return tuple(cell.result for cell in self.cells if cell.status == "succeeded")

    @property
    def images(self) -> tuple[Artifact, ...]:
        """All their pictures."""
        return tuple(image for result in self.results for image in result.images)

    @property
    def counts(self) -> Mapping[Status, int]:
        """How many cells there are of each status."""
        return Counter(cell.status for cell in self.cells)

    @property
    def cost(self) -> Cost:
        """What the cells cost together, each job once; unknown where a part is."""
        jobs = {cell.outcome.job_id: cell.outcome for cell in self.cells if cell.outcome.job_id}
        ended = [one.cost for one in jobs.values() if one.status == "succeeded" or one.cost.known]
        return reduce(add, ended, FREE)

    def cell(self, **where: Any) -> SweepCell:
        """The one cell where each named axis has a value, or a place (0, 1, …) where its values are no numbers.

        Raises `InvalidInput` where there is none, or several.
        """
        found = self.sel(**where).cells
        if len(found) != 1:
            told = ", ".join(f"{name}={label(value)}" for name, value in where.items()) or "nothing"
            raise InvalidInput(f"{len(found)} cells have {told}; the axes are {_axes_in_words(self.axes)}")
        return found[0]

    def sel(self, **where: Any) -> Table:
        """The cells where each named axis, or any parameter, has a value or one of a list of values.

        A whole number is a place (0, 1, …) where an axis has no such value and none that is a number.
        """
        wanted = {name: self._wanted(name, value) for name, value in where.items()}
        kept = tuple(
            cell for cell in self.cells if all(_is_among(cell.of(name), values) for name, values in wanted.items())
        )
        return replace(self, cells=kept)

    def _wanted(self, name: str, value: Any) -> list[Any]:
        here = [cell.of(name) for cell in self.cells]
        if all(found is None for found in here):
            names = list(dict.fromkeys(key for cell in self.cells for key in cell.cell.asked))
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(names)}"
            raise InvalidInput([Problem(name, f"no cell has it{hint}")])
        values = list(value) if isinstance(value, list | tuple | range | set) else [value]
        points = [point[name] for axis in self.axes for point in axis.points if name in point]
        by_place = points and not any(isinstance(point, int | float) for point in points)
        return [
            points[one]
            if by_place and isinstance(one, int) and one not in points and -len(points) <= one < len(points)
            else one
            for one in values
        ]

    def __getitem__(self, where: int | slice | tuple[int | slice, ...]) -> Any:
        """The cell at a place on each axis, in the axes' order; slices, or fewer places, give a table."""
        places = where if isinstance(where, tuple) else (where,)
        if len(places) > len(self.axes) or not all(isinstance(place, int | slice) for place in places):
            raise InvalidInput(f"[{where!r}] is not a place on each of the axes {_axes_in_words(self.axes)}")
        ranges = [range(len(axis))[place] for axis, place in zip(self.axes, places, strict=False)]
        whole = len(places) == len(self.axes) and all(isinstance(place, int) for place in ranges)
        kept = tuple(
            cell
            for cell in self.cells
            if all(
                here == at if isinstance(here, int) else at in here
                for here, at in zip(ranges, cell.cell.at, strict=False)
            )
        )
        if not whole:
            return replace(self, cells=kept)
        if not kept:
            raise InvalidInput(f"[{where!r}] was skipped, or is not in the sample")
        return kept[0]

    def __len__(self) -> int:
        return len(self.cells)

    def __iter__(self) -> Iterator[SweepCell]:
        return iter(self.cells)

    def to_rows(self) -> list[dict[str, Any]]:
        """One dict for each cell: what the axes set, model, seed, status, cost, seconds, path, sha256, error, job.

        Reads the journal; no picture.
        """
        return [cell.row() for cell in self.cells]

    def to_pandas(self) -> Any:
        """`to_rows` as a DataFrame. Raises `ImportError` where pandas is not installed."""
        try:
            pandas = import_module("pandas")
        except ImportError as error:
            raise ImportError(
                "to_pandas needs pandas: pip install pandas; to_rows() gives the same as dicts"
            ) from error
        return pandas.DataFrame(self.to_rows())

    def contact_sheet(
        self,
        *,
        rows: sheet.Names = None,
        cols: sheet.Names = None,
        captions: sheet.Names = None,
        cell_px: int = 256,
        png: bool = False,
    ) -> Artifact:
        """One picture of all cells, with headings: an artifact that shows itself, and saves itself.

        `rows` and `cols` are axes by name, `captions` any parameters to stand under each picture (also `seed`, `model`,
        `status`, `cost`). By default the longest axis goes across, the others down. Cells without a picture say why.
        Reads every picture. Raises `InvalidInput`.
        """
        layout = sheet.Layout(rows=_names(rows), cols=_names(cols), captions=_names(captions), cell_px=cell_px, png=png)
        return sheet.contact_sheet(self.axes, self.cells, layout, title=self.title, alt=self.alt)

    def without_effect(self) -> tuple[str, ...]:
        """The axes that had no effect: whose values make the same picture wherever all else is equal, by its looks.

        What was paid for them was paid for nothing. Reads every picture. Axes of repeats and seeds are looked at too.
        """
        looks: dict[str, Any] = {}
        for cell in self.cells:
            if cell.status == "succeeded" and cell.cell.identity not in looks:
                image = next((image for image in cell.result.images if not image.error), None)
                if image is not None:
                    looks[cell.cell.identity] = look(image)
        return tuple(axis.name for place, axis in enumerate(self.axes) if self._is_idle(place, looks))

    def _is_idle(self, place: int, looks: Mapping[str, Any]) -> bool:
        groups: dict[tuple[int, ...], list[SweepCell]] = {}
        for cell in self.cells:
            if cell.cell.identity in looks:
                rest = (*cell.cell.at[:place], *cell.cell.at[place + 1 :])
                groups.setdefault(rest, []).append(cell)
        # Cells that ask for the same are one picture by themselves: they say nothing of the axis.
        asked = [{cell.cell.identity for cell in group} for group in groups.values()]
        several = [list(identities) for identities in asked if len(identities) > 1]
        return bool(several) and all(
            same_look(looks[group[0]], looks[other]) for group in several for other in group[1:]
        )

    @property
    def alt(self) -> str:
        """The table in words, for whoever cannot see its sheet."""
        axes = "; ".join(f"{axis.name}: {', '.join(axis.label(n) for n in range(len(axis)))}" for axis in self.axes)
        return capped(f"{self.summary}. {axes}", 1_000)

    @property
    def summary(self) -> str:
        """One line: `foxes · 6 cells: 5 succeeded, 1 failed · free`."""
        told = ", ".join(f"{count:,} {status}" for status, count in self.counts.items())
        parts = (
            self.title,
            f"{len(self.cells):,} cells: {told}",
            f"cost {self.cost}" if self.cost.known else "cost unknown",
        )
        return " · ".join(part for part in parts if part)

    def __repr__(self) -> str:
        return f"<Table {self.summary}>"

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> MimeBundle:
        if not self.counts.get("succeeded"):
            return chosen({"text/plain": repr(self)}, include, exclude), {}
        layout = sheet.Layout(width_px=SHOWN.display_max_px * 2 // 3)
        made = sheet.contact_sheet(self.axes, self.cells, layout, title=self.title, alt=self.alt)
        shown = for_display(made.bytes, SHOWN)
        return bundle(shown, self.alt, {"cells": len(self.cells)}, include=include, exclude=exclude)


def _is_among(value: Any, wanted: Sequence[Any]) -> bool:
    return any(value is one or same(value, one) for one in wanted)


def _names(given: sheet.Names) -> tuple[str, ...]:
    return () if given is None else (given,) if isinstance(given, str) else tuple(given)


def _axes_in_words(axes: Sequence[Axis]) -> str:
    return ", ".join(f"{axis.name} ({len(axis)})" for axis in axes) or "none"
