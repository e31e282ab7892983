"""What stands for a studio where it is not live: a picture and words, in the notebook file."""

from __future__ import annotations

from collections.abc import Sequence

from ....jobs.job import Job
from ....media.results import Result
from ....media.sheets import word_card
from ..fallback import sheet_of

MAX_PICTURES = 12
ONE_PX, FEW_PX, MANY_PX = 512, 320, 192
"""Sides of a cell for one picture, up to four, and more."""
MAX_NAMED = 4
FEW = 4


def still(model: str, results: Sequence[Result]) -> bytes:
    """The latest pictures as one, a JPEG; a card of words where there are none. Blocks, some ms a picture."""
    images = [image for result in results for image in result.images if image.can_be_shown][-MAX_PICTURES:]
    if not images:
        return word_card([f"Studio · {model}" if model else "Studio", "No pictures yet. Run this cell to open it."])
    side = ONE_PX if len(images) == 1 else FEW_PX if len(images) <= FEW else MANY_PX
    return sheet_of(images, cell_px=side)


def how_to_collect(running: Sequence[Job]) -> str:
    """For a notebook that is saved while jobs run: how to get what they make. `""` where none does."""
    if not running:
        return ""
    calls = " and ".join(f"ig.attach({job.id!r})" for job in running[:MAX_NAMED])
    return f"{len(running)} at work when this was saved; collect with {calls}"
