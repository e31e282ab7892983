"""Contact sheets: several pictures as one, plain, for the places that show one picture; and words, where it is none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

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
_LINE_PX = 17
_HEAD_PX = 168
_LEAST_CELL_PX = 24
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


def labelled_sheet(
    cells: Sequence[Sequence[Artifact | str]],
    *,
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
    captions: Sequence[Sequence[str]] = (),
    title: str = "",
    corner: str = "",
    cell_px: int = 256,
    png: bool = False,
) -> bytes:
    """Pictures in rows and columns with their headings, as JPEG or PNG bytes.

    `cells` are rows of the same length; a text stands in a cell where there is no picture (`""` leaves it empty).
    `corner` stands above the rows' headings. Headings are broken into lines, not cut, as far as they have room.
    `cell_px` is a cell's width in pixels, 24 to 1024; it shrinks where the sheet would pass 8,192 pixels. Raises
    `InvalidInput` for a sheet that cannot fit.
    """
    from PIL import Image, ImageDraw, ImageFont

    across, down = max(map(len, cells), default=0), len(cells)
    if not across:
        raise InvalidInput("a contact sheet needs at least one cell")
    caption_px = _CAPTION_PX if any(map(any, captions)) else 0
    head_px = _HEAD_PX if any(row_labels) else 0
    shape = _shape(cells)
    room = min(
        (MAX_SIDE_PX - head_px) // across - _GAP_PX,
        round(((MAX_SIDE_PX - 2 * _HEAD_PX) // down - _GAP_PX - caption_px) / shape),
    )
    if room < _LEAST_CELL_PX:
        raise InvalidInput(
            f"{down:,} × {across:,} cells are too many for one sheet: choose some, or other axes as rows"
        )
    cell = max(_LEAST_CELL_PX, min(cell_px, 1_024, room))
    font = ImageFont.load_default(_FONT_PX)
    measure = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    columns = [_wrapped(measure, text, font, cell, lines=8) for text in column_labels]
    high = max(_LEAST_CELL_PX, round(cell * shape))
    step_x, step_y = cell + _GAP_PX, high + caption_px + _GAP_PX
    left = head_px + _GAP_PX
    top = _GAP_PX + (_CAPTION_PX if title else 0) + max(map(len, columns), default=1 if corner else 0) * _LINE_PX
    sheet = Image.new("RGB", (left + across * step_x, top + down * step_y), _PAPER)
    draw = ImageDraw.Draw(sheet)
    if title:
        large = ImageFont.load_default(_TITLE_PX)
        draw.text((_GAP_PX, _GAP_PX), _clipped(draw, title, large, sheet.width - 2 * _GAP_PX), fill=_INK, font=large)
    if corner and head_px:
        draw.text((_GAP_PX, top - 4), _clipped(draw, corner, font, head_px - 4), fill=_INK, font=font, anchor="lb")
    for place, lines in enumerate(columns):
        for row, line in enumerate(reversed(lines)):
            at = (left + place * step_x + cell / 2, top - 4 - row * _LINE_PX)
            draw.text(at, line, fill=_INK, font=font, anchor="mb")
    for row, artifacts in enumerate(cells):
        y = top + row * step_y
        if head_px and row < len(row_labels):
            for place, line in enumerate(
                _wrapped(draw, row_labels[row], font, head_px - 4, lines=max(1, high // _LINE_PX))
            ):
                draw.text((_GAP_PX, y + place * _LINE_PX), line, fill=_INK, font=font)
        for column, tile in enumerate(artifacts):
            _tile(sheet, draw, tile, (left + column * step_x, y), (cell, high), font)
            if caption_px and captions[row][column]:
                text = _clipped(draw, captions[row][column], font, cell)
                middle = (left + column * step_x + cell / 2, y + high + caption_px / 2)
                draw.text(middle, text, fill=_INK, font=font, anchor="mm")
    return encode(sheet, "image/png") if png else encode(sheet, "image/jpeg", quality=90)


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
        _tile(sheet, draw, artifact, (x, y), (cell, cell), font)
        if caption:
            text = _clipped(draw, caption, font, cell)
            draw.text((x + cell / 2, y + cell + caption_px / 2), text, fill=_INK, font=font, anchor="mm")
    return sheet


def _shape(cells: Sequence[Sequence[Artifact | str]]) -> float:
    """The height of a cell as a part of its width, so that all pictures fit and little stays empty; at most 1."""
    sizes = [(tile.width, tile.height) for line in cells for tile in line if not isinstance(tile, str)]
    return max((min(1.0, high / wide) if wide and high else 1.0 for wide, high in sizes), default=1.0)


_Font: TypeAlias = "ImageFont.FreeTypeFont | ImageFont.ImageFont"


def _tile(
    sheet: Image.Image,
    draw: ImageDraw.ImageDraw,
    tile: Artifact | str,
    at: tuple[int, int],
    size: tuple[int, int],
    font: _Font,
) -> None:
    """One picture in its cell; words where there is none."""
    (x, y), (wide, high) = at, size
    try:
        picture = _cell_picture(tile, wide) if not isinstance(tile, str) else None
    except ImagegenError as error:
        picture, tile = None, str(error)
    if picture is not None:
        place = (x + (wide - picture.width) // 2, y + (high - picture.height) // 2)
        sheet.paste(picture, place, picture if picture.mode == "RGBA" else None)
        return
    draw.rectangle((x, y, x + wide - 1, y + high - 1), fill=_CELL)
    if isinstance(tile, str) and high > 2 * _LINE_PX:
        for row, line in enumerate(_wrapped(draw, tile, font, wide - 16, lines=(high - 16) // _LINE_PX)):
            draw.text((x + 8, y + 8 + row * _LINE_PX), line, fill=_INK, font=font)


def _cell_picture(artifact: Artifact, cell: int) -> Image.Image:
    small = scaled(upright(decode(artifact.bytes, max_pixels=artifact.max_pixels, draft_px=cell * 2)), cell)
    return plain(small, alpha=has_alpha(small))


def _wrapped(draw: ImageDraw.ImageDraw, text: str, font: _Font, width_px: int, *, lines: int) -> list[str]:
    """`text` in at most `lines` lines, broken at spaces; the last is cut where more would follow."""
    words = capped(text, 400).split()
    made: list[str] = []
    while words and len(made) < lines - 1:
        taken = 1
        while taken < len(words) and draw.textlength(" ".join(words[: taken + 1]), font=font) <= width_px:
            taken += 1
        made.append(_clipped(draw, " ".join(words[:taken]), font, width_px))
        words = words[taken:]
    return [*made, _clipped(draw, " ".join(words), font, width_px)] if words else made


def _clipped(draw: ImageDraw.ImageDraw, text: str, font: _Font, width_px: int) -> str:
    """The first line of `text`, cut with an ellipsis where it would be wider than `width_px`."""
    line = capped(" ".join(text.split()), 200)
    while line and draw.textlength(line, font=font) > width_px:
        line = line.rstrip("…")[:-1].rstrip() + "…"
        if line == "…":
            break
    return line
