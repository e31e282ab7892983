"""Contact sheets: several pictures as one, plain, for the places that show one picture; and words, where it is none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..core.errors import ImagegenError, InvalidInput, capped
from .pixels import decode, encode, has_alpha, plain, scaled, upright

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

    from .artifacts import Artifact

MAX_CELLS = 400
MAX_SIDE_PX = 8_192
"""A sheet never grows beyond this: cells shrink first."""

_GAP_PX = 12
_FONT_PX = 13
_TITLE_PX = 16
_CAPTION_PX = 24
# Greys that sit well on a light page and do not glare on a dark one.
_PAPER = (238, 239, 241)
_CELL = (226, 228, 231)
_INK = (52, 56, 62)


def contact_sheet(
    artifacts: Sequence[Artifact],
    *,
    columns: int | None = None,
    cell_px: int = 256,
    captions: Sequence[str] | None = None,
) -> bytes:
    """The pictures in a grid, in order, row by row, as JPEG bytes.

    `cell_px` is a cell's side in pixels, 16 to 1024; it shrinks where the sheet would pass 8,192 pixels. `columns` is
    chosen for a sheet a little wider than high. `captions` stand under the pictures; by default the seeds, `""` for
    none. What cannot be decoded keeps an empty cell with its reason. Raises `InvalidInput` for no pictures, or more
    than 400.
    """
    if not artifacts or len(artifacts) > MAX_CELLS:
        raise InvalidInput(f"a contact sheet takes 1 to {MAX_CELLS} pictures, not {len(artifacts):,}")
    if captions is not None and len(captions) != len(artifacts):
        raise InvalidInput(f"{len(artifacts)} pictures need as many captions, not {len(captions)}")
    if columns is not None and columns < 1:
        raise InvalidInput(f"columns={columns} is not at least 1")
    texts = list(captions) if captions is not None else [_caption(artifact) for artifact in artifacts]
    across = min(columns or _columns(len(artifacts)), len(artifacts))
    rows = math.ceil(len(artifacts) / across)
    cell = max(16, min(cell_px, 1_024, MAX_SIDE_PX // max(across, rows) - _GAP_PX - _CAPTION_PX))
    return encode(_painted(artifacts, texts, across, rows, cell), "image/jpeg", quality=90)


def word_card(lines: Sequence[str], *, width_px: int = 560) -> bytes:
    """Lines of text as a picture, JPEG bytes: for where a picture stands and there is none yet.

    Each line is cut where it would be too wide. The first is the title. The font knows Latin letters alone.
    """
    from PIL import Image, ImageDraw, ImageFont

    card = Image.new("RGB", (width_px, 2 * _GAP_PX + len(lines) * _CAPTION_PX), _PAPER)
    draw = ImageDraw.Draw(card)
    for row, line in enumerate(lines):
        font = ImageFont.load_default(_FONT_PX if row else _TITLE_PX)
        text = _clipped(draw, line, font, width_px - 2 * _GAP_PX)
        middle = _GAP_PX + (row + 0.5) * _CAPTION_PX
        draw.text((_GAP_PX, middle), text, fill=_INK, font=font, anchor="lm")
    return encode(card, "image/jpeg", quality=90)


def _columns(count: int) -> int:
    return count if count <= 3 else math.ceil(math.sqrt(count))


def _caption(artifact: Artifact) -> str:
    return "" if artifact.seed is None else f"seed {artifact.seed}"


def _painted(artifacts: Sequence[Artifact], captions: Sequence[str], across: int, rows: int, cell: int) -> Image.Image:
    from PIL import Image, ImageDraw, ImageFont

    caption_px = _CAPTION_PX if any(captions) else 0
    step_x, step_y = cell + _GAP_PX, cell + caption_px + _GAP_PX
    sheet = Image.new("RGB", (across * step_x + _GAP_PX, rows * step_y + _GAP_PX), _PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(_FONT_PX)
    for position, (artifact, caption) in enumerate(zip(artifacts, captions, strict=True)):
        x, y = _GAP_PX + position % across * step_x, _GAP_PX + position // across * step_y
        try:
            picture = _cell_picture(artifact, cell)
        except ImagegenError as error:
            draw.rectangle((x, y, x + cell - 1, y + cell - 1), fill=_CELL)
            draw.text((x + 8, y + 8), _clipped(draw, str(error), font, cell - 16), fill=_INK, font=font)
        else:
            at = (x + (cell - picture.width) // 2, y + (cell - picture.height) // 2)
            sheet.paste(picture, at, picture if picture.mode == "RGBA" else None)
        if caption:
            text = _clipped(draw, caption, font, cell)
            draw.text((x + cell / 2, y + cell + caption_px / 2), text, fill=_INK, font=font, anchor="mm")
    return sheet


def _cell_picture(artifact: Artifact, cell: int) -> Image.Image:
    small = scaled(upright(decode(artifact.bytes, max_pixels=artifact.max_pixels, draft_px=cell * 2)), cell)
    return plain(small, alpha=has_alpha(small))


def _clipped(
    draw: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width_px: int
) -> str:
    """The first line of `text`, cut with an ellipsis where it would be wider than `width_px`."""
    line = capped(" ".join(text.split()), 200)
    while line and draw.textlength(line, font=font) > width_px:
        line = line.rstrip("…")[:-1].rstrip() + "…"
        if line == "…":
            break
    return line
