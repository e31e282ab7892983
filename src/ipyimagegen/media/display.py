"""How a picture is shown: which bytes go into a notebook, and how much of them."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..core.errors import ImagegenError
from .pixels import MAX_PIXELS, decode, encode, has_alpha, plain, scaled, upright
from .sniff import RASTER, dimensions, sniff

if TYPE_CHECKING:
    from PIL import Image

    from .payload import Payload

MimeBundle = tuple[dict[str, Any], dict[str, Any]]
"""What `_repr_mimebundle_` returns: data by media type, and metadata."""

SHOWN_BYTES = 32 << 20
"""A larger file is told of by its text: showing something must not take long."""
_QUALITIES = (92, 85, 75)
_CHEAP_PNG_PIXELS = 512 * 512  # 18 ms to encode; a photo of 1024×1024 takes 260 ms


@dataclass(frozen=True, slots=True)
class DisplaySettings:
    """How large a picture may be in a notebook. The file on disk keeps every pixel.

    `display_max_px` bounds the longer side in pixels; `display_max_kb` the bytes in kB (1,000 bytes) before base64,
    which adds a third: the default leaves about 290 kB in the notebook for one result.
    """

    display_max_px: int = 1024
    display_max_kb: int = 215


DEFAULT_DISPLAY = DisplaySettings()


@dataclass(frozen=True, slots=True)
class Shown:
    """An encoded picture for the screen: PNG or JPEG, and its size in CSS pixels."""

    media_type: str
    data: bytes
    width_px: int
    height_px: int
    reduced: bool = False


def for_display(data: bytes, settings: DisplaySettings = DEFAULT_DISPLAY, *, max_pixels: int = MAX_PIXELS) -> Shown:
    """The picture as the notebook gets it: its own bytes where they are PNG or JPEG and small enough.

    Otherwise scaled, then PNG where that is small enough (graphics, transparency), else a JPEG of falling quality, at
    last of fewer pixels shown at the same size. WebP, AVIF and the first frame of a GIF are converted. Raises
    `MediaError`.
    """
    media_type, size = sniff(data), dimensions(data)
    limit, max_px = settings.display_max_kb * 1_000, settings.display_max_px
    fits = size is not None and max(size) <= max_px
    if size and fits and media_type in ("image/png", "image/jpeg") and len(data) <= limit:
        return Shown(media_type, data, *size)
    picture = scaled(upright(decode(data, max_pixels=max_pixels, draft_px=max_px)), max_px)
    return _within(picture, limit, png=not (fits and media_type == "image/png"))


def _within(picture: Image.Image, limit: int, *, png: bool) -> Shown:
    """The best encoding of `picture` in at most `limit` bytes; `png` where that may still be smaller than before."""
    graphic = has_alpha(picture) or picture.mode in ("1", "P", "L")
    if png and (graphic or picture.width * picture.height <= _CHEAP_PNG_PIXELS):
        data = encode(picture, "image/png")
        if len(data) <= limit:
            return Shown("image/png", data, *picture.size)
    opaque = plain(picture, alpha=False)
    for quality in _QUALITIES:
        data = encode(opaque, "image/jpeg", quality=quality)
        if len(data) <= limit:
            return Shown("image/jpeg", data, *picture.size)
    longer = max(opaque.size)
    while len(data) > limit and longer > 64:
        longer = longer * 3 // 4
        data = encode(scaled(opaque, longer), "image/jpeg", quality=_QUALITIES[-1])
    return Shown("image/jpeg", data, *picture.size, reduced=True)


def thumbnail(data: bytes, max_px: int, *, max_pixels: int = MAX_PIXELS) -> bytes:
    """A small JPEG, or PNG where the picture has transparency, at most `max_px` pixels on its longer side.

    Without metadata. Raises `MediaError`.
    """
    picture = scaled(upright(decode(data, max_pixels=max_pixels, draft_px=max_px * 2)), max(1, max_px))
    return encode(picture, "image/png" if has_alpha(picture) else "image/jpeg", quality=85)


def bundle(
    shown: Shown,
    alt: str,
    facts: Mapping[str, Any],
    *,
    include: Collection[str] | None = None,
    exclude: Collection[str] | None = None,
) -> MimeBundle:
    """The picture as a MIME bundle: one picture type and the text that stands for it, never HTML."""
    data = {shown.media_type: base64.b64encode(shown.data).decode("ascii"), "text/plain": alt}
    metadata: dict[str, Any] = {"ipyimagegen": dict(facts)} if facts else {}
    if shown.reduced:
        metadata[shown.media_type] = {"width": shown.width_px, "height": shown.height_px}
    return chosen(data, include, exclude), metadata


def payload_bundle(
    payload: Payload | None,
    text: str,
    include: Collection[str] | None = None,
    exclude: Collection[str] | None = None,
) -> MimeBundle:
    """A file as a MIME bundle: the picture, where it is one and here; otherwise `text`. Fetches nothing, never raises.

    `payload` is `None` for what was not fetched yet: looking at an address must not cost a download.
    """
    with suppress(ImagegenError):
        if payload is not None and sniff(payload.head()) in RASTER and payload.size <= SHOWN_BYTES:
            return bundle(for_display(payload.read()), text, {}, include=include, exclude=exclude)
    return chosen({"text/plain": text}, include, exclude), {}


def chosen(data: dict[str, Any], include: Collection[str] | None, exclude: Collection[str] | None) -> dict[str, Any]:
    """`data` as IPython asks for it: only `include`, where given, and without `exclude`."""
    return {key: value for key, value in data.items() if (not include or key in include) and key not in (exclude or ())}
