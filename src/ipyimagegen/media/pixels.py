"""The only place that decodes and encodes pictures. Pillow is imported inside the functions.

Foreign bytes are opened with the one decoder that their content asks for, after their size was checked in the header;
whatever Pillow raises leaves as `MediaError`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..core.errors import MediaError, capped
from .sniff import RASTER, dimensions, sniff

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

MAX_PIXELS = 100_000_000
"""Pictures with more pixels than this are refused before they are decoded, unless a caller says otherwise.

Pillow itself refuses more than 179 million, whatever a caller says."""

PREVIEW_QUALITY = 75
"""JPEG quality of what moves: half a millisecond at 512×512."""

_FORMATS = {media_type: media_type.removeprefix("image/").upper() for media_type in RASTER}
_ICC_MODES = frozenset({"L", "LA", "P", "RGB", "RGBA"})  # a profile of another colour space is wrong after conversion
_ALPHA_MODES = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})


@contextmanager
def _mapped(what: str) -> Iterator[None]:
    """Turn everything that decoding foreign bytes can raise into `MediaError`."""
    try:
        yield
    except MediaError:
        raise
    except MemoryError as error:
        raise MediaError(f"{what}: not enough memory") from error
    except Exception as error:
        # Pillow's plug-ins raise OSError, SyntaxError, struct.error, zlib.error, IndexError, bomb errors and more.
        raise MediaError(f"{what}: {capped(str(error) or type(error).__name__, 200)}") from error


def check_pixels(size: tuple[int, int], max_pixels: int = MAX_PIXELS) -> None:
    """Raise `MediaError` for a picture that is too large to be decoded."""
    if size[0] * size[1] > max_pixels:
        limit = f"{max_pixels / 1e6:,.0f} million"
        raise MediaError(f"the picture claims {size[0]:,}×{size[1]:,} pixels; more than {limit} are refused")


def can_decode(media_type: str) -> bool:
    """Whether this Pillow can decode a medium: AVIF and WebP depend on how it was built."""
    from PIL import Image

    if media_type not in RASTER:
        return False
    Image.preinit()
    if _FORMATS[media_type] not in Image.OPEN:
        Image.init()
    return _FORMATS[media_type] in Image.OPEN


def open_picture(data: bytes, *, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """An opened, not yet decoded picture. Raises `MediaError` for anything else, and for too many pixels."""
    from PIL import Image, UnidentifiedImageError

    media_type = sniff(data)
    if media_type not in RASTER:
        raise MediaError(f"not a picture that can be decoded: {media_type or 'unknown bytes'}")
    size = dimensions(data)
    if size:
        check_pixels(size, max_pixels)
    with _mapped(f"cannot open this {media_type}"):
        try:
            picture = Image.open(io.BytesIO(data), formats=[_FORMATS[media_type]])
        except UnidentifiedImageError as error:  # its text names an object in memory, and not what is wrong
            raise MediaError(f"cannot open this {media_type}: what stands before its pixels is damaged") from error
    check_pixels(picture.size, max_pixels)
    return picture


def decode(data: bytes, *, max_pixels: int = MAX_PIXELS, draft_px: int = 0) -> Image.Image:
    """A decoded picture, the first frame of a moving one. Raises `MediaError`, also for a truncated file.

    `draft_px` lets a JPEG decode at an eighth to a half of its size, but not smaller than that many pixels on the
    longer side.
    """
    picture = open_picture(data, max_pixels=max_pixels)
    with _mapped(f"cannot decode this {sniff(data)}"):
        if draft_px and picture.format == "JPEG" and max(picture.size) > draft_px:
            scale = draft_px / max(picture.size)
            picture.draft(picture.mode, (max(1, round(picture.width * scale)), max(1, round(picture.height * scale))))
        picture.load()
    return picture


def upright(picture: Image.Image) -> Image.Image:
    """The picture with its EXIF orientation carried out, as browsers show it."""
    from PIL import ImageOps

    with _mapped("cannot turn this picture upright"):
        return ImageOps.exif_transpose(picture)


def is_moving(picture: Image.Image) -> bool:
    """Whether there are further frames, also such as cannot be read. May leave the picture at another frame."""
    try:
        with _mapped("cannot count the frames"):
            return int(getattr(picture, "n_frames", 1)) > 1
    except MediaError:
        return True


def has_alpha(picture: Image.Image) -> bool:
    """Whether a picture has transparency, also as one colour of a palette."""
    return picture.mode in _ALPHA_MODES or "transparency" in picture.info


def plain(picture: Image.Image, *, alpha: bool) -> Image.Image:
    """The picture as L or RGB; with `alpha`, as RGBA where it has transparency, otherwise laid onto white."""
    from PIL import Image

    with _mapped("cannot convert this picture"):
        if has_alpha(picture):
            rgba = picture.convert("RGBA")
            if alpha:
                return rgba
            white = Image.new("RGBA", rgba.size, "white")
            return Image.alpha_composite(white, rgba).convert("RGB")
        if picture.mode.startswith("I") or picture.mode == "F":
            return _eight_bits(picture)
        return picture if picture.mode in ("L", "RGB") else picture.convert("L" if picture.mode == "1" else "RGB")


def _eight_bits(picture: Image.Image) -> Image.Image:
    """A 16 or 32 bit grey picture in 8 bits: Pillow's own conversion would cut everything above 255 off.

    Numbers with a fraction that reach from 0 to 1 are shares of white, as image libraries save them.
    """
    import numpy as np
    from PIL import Image

    values = np.nan_to_num(np.asarray(picture, dtype=np.float64))
    if picture.mode == "F" and 0.0 < float(values.max()) <= 1.0:
        return Image.fromarray((values.clip(0, 1) * 255.0 + 0.5).astype(np.uint8))
    top = 65_535.0 if picture.mode.startswith("I") and values.max() > 255 else max(255.0, float(values.max()))
    return Image.fromarray((values.clip(0, top) * (255.0 / top)).astype(np.uint8))


def scaled(picture: Image.Image, max_px: int) -> Image.Image:
    """The picture with its longer side at most `max_px` pixels; never enlarged."""
    from PIL import Image

    size = fitted(picture.size, max_px)
    if size == picture.size:
        return picture
    with _mapped("cannot scale this picture"):
        return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def fitted(size: tuple[int, int], max_px: int) -> tuple[int, int]:
    """`size` scaled down to `max_px` on its longer side; each side at least 1."""
    longer = max(size)
    if longer <= max_px:
        return size
    return max(1, round(size[0] * max_px / longer)), max(1, round(size[1] * max_px / longer))


def encode(picture: Image.Image, media_type: str, *, quality: int = 92) -> bytes:
    """The picture as `image/png`, `image/jpeg` or `image/webp`; transparency goes onto white in a JPEG. CPU-bound."""
    buffer = io.BytesIO()
    extra: dict[str, Any] = {}
    if picture.info.get("icc_profile") and picture.mode in _ICC_MODES:
        extra["icc_profile"] = picture.info["icc_profile"]
    ready = plain(picture, alpha=media_type != "image/jpeg")
    with _mapped(f"cannot encode as {media_type}"):
        match media_type:
            case "image/jpeg":
                subsampling = 0 if quality >= 90 else 2
                ready.save(buffer, "JPEG", quality=quality, subsampling=subsampling, **extra)
            case "image/webp":
                ready.save(buffer, "WEBP", quality=quality, method=4, **extra)
            case "image/png":
                ready.save(buffer, "PNG", **extra)
            case _:
                raise MediaError(f"cannot encode as {media_type}; PNG, JPEG and WebP are possible")
    return buffer.getvalue()


def preview_jpeg(picture: Image.Image, max_px: int) -> bytes:
    """A small JPEG of a decoded picture, made as fast as can be: reduced by whole numbers first, quality 75."""
    from PIL import Image

    size = fitted(picture.size, max_px)
    buffer = io.BytesIO()
    with _mapped("cannot make a preview"):
        if size != picture.size:
            base = picture if picture.mode not in ("P", "1", "PA") else plain(picture, alpha=True)
            picture = base.resize(size, Image.Resampling.BILINEAR, reducing_gap=1.0)
        plain(picture, alpha=False).save(buffer, "JPEG", quality=PREVIEW_QUALITY)
    return buffer.getvalue()


def from_array(pixels: Any) -> Image.Image:
    """A picture from an array H×W, H×W×1, H×W×3 or H×W×4 of uint8, bool, or float 0..1. Raises `MediaError`."""
    import numpy as np
    from PIL import Image

    with _mapped("cannot read this array"):
        array = np.asarray(pixels)
        if array.ndim == 3 and array.shape[2] == 1:
            array = array[:, :, 0]
        _check_shape(array)
        return Image.fromarray(np.ascontiguousarray(_as_uint8(array)))


def _check_shape(array: np.ndarray[Any, Any]) -> None:
    shape = "×".join(map(str, array.shape)) or "a single number"
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        channels_first = array.ndim == 3 and array.shape[0] in (1, 3, 4)
        hint = "; put the channels last: array.transpose(1, 2, 0)" if channels_first else ""
        hint = "; give one picture of the batch: array[0]" if array.ndim == 4 else hint
        raise MediaError(f"an array of shape {shape} is not a picture: it must be H×W, H×W×1, H×W×3 or H×W×4{hint}")
    if 0 in array.shape:
        raise MediaError(f"an array of shape {shape} has no pixels")
    check_pixels((array.shape[1], array.shape[0]))


def _as_uint8(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    import numpy as np

    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind == "f":
        low, high = float(array.min()), float(array.max())
        # A hair outside is what resampling leaves; NaN fails both comparisons.
        if not (low >= -0.01 and high <= 1.01):
            raise MediaError(f"a float array must hold 0 to 1, this one holds {low:g} to {high:g}; divide by 255?")
        return (array.clip(0, 1) * 255 + 0.5).astype(np.uint8)
    raise MediaError(f"an array of {array.dtype} is not a picture: use uint8, bool, or float from 0 to 1")
