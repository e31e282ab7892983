"""Pictures made fit before they go out: upright, within a model's limits, in a form that it takes, its mask alike.

Services read pixels as they lie in the file: a phone's photo lies on its side, and a mask that a person painted on the
upright one would repaint the wrong place, which is paid. What is changed is said, one line for each picture.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from ..core.errors import InvalidInput, MediaError, Problem
from ..core.models import ModelSpec, PictureLimits
from ..core.params import Change, Param, Params
from ..core.requests import InputFile
from .metadata.strip import stripped
from .pixels import decode, encode, has_alpha, is_moving, open_picture, plain, upright
from .sniff import RASTER, suffix_of

if TYPE_CHECKING:
    from PIL import Image

Fit = Literal["crop", "pad", "stretch"]
FITS: tuple[Fit, ...] = ("crop", "pad", "stretch")
FIT = "fit"
Size = tuple[int, int]

MAX_PIXELS = 150_000_000
"""A camera's largest pictures. Pillow itself refuses more than 179 million."""
JPEG_QUALITY = 95
SMALLEST_QUALITY = 60
BLACK, WHITE, MIDDLE = 0, 255, 128
ORIENTATION = 0x0112
LYING = (5, 6, 7, 8)
SMALLER = "made smaller"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How pictures are to be made fit: `fit` to `size` where both are given; `keep_metadata` as it is."""

    size: Size | None = None
    fit: Fit | None = None
    keep_metadata: bool = False


@dataclass(frozen=True, slots=True)
class Fitted:
    """Values with every picture fit to be sent, and what was changed on the way."""

    values: Mapping[str, Any]
    changes: tuple[Change, ...] = ()


def fit_inputs(spec: ModelSpec, values: Mapping[str, Any], *, keep_metadata: bool = False) -> Fitted:
    """The pictures among `values` made fit for a model. Decodes them: CPU-bound, some 10 ms a megapixel.

    Our own `fit` (`with_fit`) is taken out of the values: it says how a picture takes the `width` and `height` among
    them. Addresses are not fetched, and pass as they are. Raises `InvalidInput` for what cannot be made fit, with the
    reason and the cure.
    """
    ready, changes, problems = dict(values), list[Change](), list[Problem]()
    own = spec.params.get(FIT)
    fit = ready.pop(FIT, None) if own is not None and own.ours else None
    wish = Wish(size=_asked_size(values), fit=fit, keep_metadata=keep_metadata)
    kinds = {name: _kind(spec.params.get(name)) for name in ready}
    main = next((name for name, kind in kinds.items() if kind == "image"), "")
    masks = [name for name, kind in kinds.items() if kind == "mask"]
    if masks and not main and any(_kind(param) == "image" for param in spec.params.values()):
        raise InvalidInput([Problem(masks[0], "says where to repaint a picture; give the picture too")], model=spec.id)
    geometry: Geometry | None = None
    for name in (name for name, kind in kinds.items() if kind == "image"):
        try:
            ready[name], told, found = _fit_value(name, ready[name], spec.pictures, wish)
        except (InvalidInput, MediaError) as error:
            problems += _problems(name, error)
            continue
        changes += told
        geometry = found if name == main else geometry
    for name in masks:
        try:
            ready[name], told = _fit_mask(name, ready[name], geometry)
            changes += told
        except (InvalidInput, MediaError) as error:
            problems += _problems(name, error)
    if problems:
        raise InvalidInput(problems, model=spec.id)
    if geometry is not None and spec.pictures.follows:
        changes += _cut_off(main, geometry.sent, wish)
        ready, sizes = _following(spec, ready, geometry.sent)
        changes += sizes
    return Fitted(ready, tuple(changes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """What was done to a picture's shape, for its mask: as it lay in the file, upright, and as it is sent."""

    stored: Size
    upright: Size
    sent: Size
    orientation: int = 1
    fit: Fit | None = None


def _kind(param: Param | None) -> str:
    if param is None:
        return ""
    return param.item.kind if param.kind == "list" and param.item is not None else param.kind


def _asked_size(values: Mapping[str, Any]) -> Size | None:
    width, height = values.get("width"), values.get("height")
    if isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0:
        return width, height
    return None


def _problems(name: str, error: InvalidInput | MediaError) -> list[Problem]:
    if isinstance(error, InvalidInput):
        return [Problem(name, problem.message) for problem in error.problems]
    return [Problem(name, f"cannot be read as a picture: {error}")]


def _fit_value(name: str, value: Any, limits: PictureLimits, wish: Wish) -> tuple[Any, list[Change], Geometry | None]:
    if isinstance(value, list | tuple):
        fitted = [_fit_value(name, entry, limits, wish) for entry in value]
        return [entry for entry, _, _ in fitted], [change for _, told, _ in fitted for change in told], None
    if not isinstance(value, InputFile) or value.url:
        return value, [], None
    return _fit_picture(name, value, limits, wish)


def _fit_picture(
    name: str, file: InputFile, limits: PictureLimits, wish: Wish
) -> tuple[InputFile, list[Change], Geometry | None]:
    if file.media_type not in RASTER:
        return file, [], None  # a drawing, say: there are no pixels to look at
    data, told = _bytes(file), list[str]()
    opened = open_picture(data, max_pixels=MAX_PIXELS)
    stored = opened.size
    if is_moving(opened):
        told.append(f"the first of {getattr(opened, 'n_frames', 'several')} frames")
    picture = decode(data, max_pixels=MAX_PIXELS, draft_px=_draft_px(opened, limits, wish))
    orientation = _orientation(picture)
    whole = (stored[1], stored[0]) if orientation in LYING else stored
    if orientation != 1:
        told.insert(0, "turned upright")
    ready = _shape(_colours(upright(picture), limits, told), whole, limits, wish, told)
    if file.media_type not in limits.media_types:
        told.append(f"{file.media_type.removeprefix('image/').upper()} converted")
    if told or _over(len(data), limits.max_bytes):
        if not wish.keep_metadata and len(picture.getexif()):
            told.append("EXIF removed")
        made = _encoded(file, ready, limits, told)
    elif wish.keep_metadata or (clean := stripped(data, file.media_type)) is data:
        made = file
    else:
        told.append("metadata removed")
        made = _made(file, clean, file.media_type)
    geometry = Geometry(
        stored=stored,
        orientation=orientation,
        upright=whole,
        sent=ready.size,
        fit=wish.fit if wish.size is not None else None,
    )
    return made, _line(name, stored, ready.size, told), geometry


def _orientation(picture: Image.Image) -> int:
    """How a picture lies in its file, 1 (upright) to 8: EXIF 3.0, tag 0x0112. What is none of these counts as 1."""
    found = picture.getexif().get(ORIENTATION, 1)
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _line(name: str, before: Size, after: Size, told: list[str]) -> list[Change]:
    if not told:
        return []
    told = [word for word in told if word != SMALLER] or told  # the sizes say it
    return [Change(what="fitted", name=name, asked=_text(before), sent=_text(after), why=", ".join(told))]


def _text(size: Size) -> str:
    return f"{size[0]}×{size[1]}"


def _bytes(file: InputFile) -> bytes:
    try:
        return file.read()
    except OSError as error:
        raise InvalidInput(f"{file.filename} cannot be read: {error.strerror or error}") from error


def _over(amount: int, limit: int | None) -> bool:
    return limit is not None and amount > limit


def _made(file: InputFile, data: bytes, media_type: str) -> InputFile:
    name = file.filename
    if media_type != file.media_type:
        name = f"{name.rpartition('.')[0] or name}{suffix_of(media_type)}"
    return InputFile(filename=name, media_type=media_type, data=data, size=len(data), origin=file.given)


def _draft_px(opened: Image.Image, limits: PictureLimits, wish: Wish) -> int:
    """The longer side that a large JPEG must keep to be scaled down from: it decodes at an eighth to a half as well."""
    if wish.fit is not None and wish.size is not None:
        share = max(wish.size[0] / min(opened.size), wish.size[1] / min(opened.size))
        return math.ceil(max(opened.size) * min(1.0, share))
    target = _within(opened.size, limits)
    return 0 if target == opened.size else max(target)


def _within(size: Size, limits: PictureLimits) -> Size:
    """`size` scaled down so far that it is within the limits."""
    scale = 1.0
    if limits.max_side_px is not None:
        scale = min(scale, limits.max_side_px / max(size))
    if limits.max_pixels is not None:
        scale = min(scale, math.sqrt(limits.max_pixels / (size[0] * size[1])))
    if scale >= 1.0:
        return size
    into = round if limits.max_pixels is None else math.floor
    return max(1, into(size[0] * scale)), max(1, into(size[1] * scale))


def _colours(picture: Image.Image, limits: PictureLimits, told: list[str]) -> Image.Image:
    """The picture in sRGB, 8 bits, L or RGB, with transparency only where the model takes it."""
    if (converted := _in_srgb(picture)) is not picture:
        told.append("colours converted to sRGB")
        picture = converted
    if has_alpha(picture):
        if limits.alpha:
            return picture if picture.mode in ("RGBA", "LA", "P") else picture.convert("RGBA")
        told.append("transparency laid onto white")
        return plain(picture, alpha=False)
    if picture.mode in ("L", "RGB"):
        return picture
    if picture.mode not in ("1", "P"):
        told.append("8 bits a channel" if picture.mode.startswith(("I", "F")) else f"{picture.mode} converted to RGB")
        return plain(picture, alpha=False)
    return picture


def _in_srgb(picture: Image.Image) -> Image.Image:
    """The picture with its colour profile carried out, the same object where it has none or is sRGB already."""
    profile = picture.info.get("icc_profile")
    if not profile or picture.mode not in ("RGB", "RGBA", "L", "CMYK"):
        return picture
    import io

    from PIL import ImageCms

    try:
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(given).lower():
            return picture
        mode = "RGBA" if picture.mode == "RGBA" else "RGB"
        made = ImageCms.profileToProfile(picture, given, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture  # a damaged profile says nothing of the colours
    if made is None:
        return picture
    made.info.pop("icc_profile", None)
    return made


def _shape(picture: Image.Image, whole: Size, limits: PictureLimits, wish: Wish, told: list[str]) -> Image.Image:
    if wish.fit is not None and wish.size is not None:
        if whole != wish.size:
            told.append({"crop": "cropped", "pad": "padded with white", "stretch": "stretched"}[wish.fit])
        return _placed(picture, wish.size, wish.fit, ground="white")
    target = _within(whole, limits)
    if target != whole:
        told.append(SMALLER)
    return _resized(picture, target)


def _resized(picture: Image.Image, size: Size) -> Image.Image:
    from PIL import Image

    if picture.size == size:
        return picture
    if picture.mode in ("P", "1"):
        picture = picture.convert("RGBA" if has_alpha(picture) else "RGB" if picture.mode == "P" else "L")
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _placed(picture: Image.Image, size: Size, fit: Fit, *, ground: Any, nearest: bool = False) -> Image.Image:
    """The picture at exactly `size`."""
    from PIL import Image

    def scaled(to: Size) -> Image.Image:
        return picture.resize(to, Image.Resampling.NEAREST) if nearest else _resized(picture, to)

    if fit == "stretch":
        return scaled(size)
    pick = max if fit == "crop" else min
    scale = pick(size[0] / picture.width, size[1] / picture.height)
    inner = scaled((max(1, round(picture.width * scale)), max(1, round(picture.height * scale))))
    left, top = (inner.width - size[0]) // 2, (inner.height - size[1]) // 2
    if fit == "crop":
        return inner.crop((left, top, left + size[0], top + size[1]))
    mode = inner.mode if inner.mode in ("L", "RGB", "RGBA") else "RGB"
    page = Image.new(mode, size, ground)
    page.paste(inner.convert(mode), (-left, -top))
    return page


def _best_type(limits: PictureLimits) -> str:
    wanted = ("image/png", "image/webp", "image/jpeg")
    return next((kind for kind in wanted if kind in limits.media_types), "image/png")


def _encoded(file: InputFile, picture: Image.Image, limits: PictureLimits, told: list[str]) -> InputFile:
    """The picture as a file within the limit in bytes: as JPEG of falling quality where it is too large otherwise."""
    media_type = file.media_type if file.media_type in limits.media_types else _best_type(limits)
    data = encode(picture, media_type, quality=JPEG_QUALITY)
    if not _over(len(data), limits.max_bytes):
        return _made(file, data, media_type)
    for quality in range(JPEG_QUALITY, SMALLEST_QUALITY - 1, -5) if "image/jpeg" in limits.media_types else ():
        data = encode(picture, "image/jpeg", quality=quality)
        if not _over(len(data), limits.max_bytes):
            told.append(f"JPEG of quality {quality}")
            return _made(file, data, "image/jpeg")
    most = (limits.max_bytes or 0) / 1e6
    raise InvalidInput(f"is {len(data) / 1e6:.1f} MB however it is encoded, and this model takes {most:.1f} MB at most")


def _fit_mask(name: str, value: Any, geometry: Geometry | None) -> tuple[Any, list[Change]]:
    """A mask as black and white, in the shape of its picture. Raises `InvalidInput` where it says nothing."""
    import numpy as np
    from PIL import Image

    if isinstance(value, list | tuple):
        fitted = [_fit_mask(name, entry, geometry) for entry in value]
        return [entry for entry, _ in fitted], [change for _, told in fitted for change in told]
    if not isinstance(value, InputFile) or value.url or value.media_type not in RASTER:
        return value, []
    data = _bytes(value)
    given = decode(data, max_pixels=MAX_PIXELS)
    told: list[str] = []
    mask = upright(given)
    if _orientation(given) != 1:
        told.append("turned upright")
    elif geometry is not None and geometry.orientation in LYING and _lies_as_stored(mask.size, geometry):
        mask = _turned(mask, geometry.orientation)
        told.append("turned as its picture")
    before = given.size
    grey = _grey(mask)
    levels = np.asarray(grey)
    if int(levels.max()) == 1:
        levels = levels * np.uint8(WHITE)
        told.append("0 and 1 read as black and white")
    black_white = np.where(levels >= MIDDLE, np.uint8(WHITE), np.uint8(BLACK))
    if not np.array_equal(black_white, levels):
        told.append("made black and white")
    if not black_white.any():
        raise InvalidInput("is all black, so nothing would be repainted; white is what is painted anew")
    made = Image.fromarray(black_white)
    if geometry is not None:
        made = _as_its_picture(made, geometry, told)
    if not told and grey is given and value.media_type == "image/png":
        return value, []
    ready = _made(value, encode(made, "image/png"), "image/png")
    return ready, _line(name, before, made.size, told)


def _grey(mask: Image.Image) -> Image.Image:
    """One channel: brightness, or, where all is of one colour, transparency is refused rather than guessed at."""
    if mask.mode == "L":
        return mask
    if has_alpha(mask):
        rgba = mask.convert("RGBA")
        faintest, _ = rgba.getchannel("A").getextrema()
        darkest, brightest = rgba.convert("RGB").convert("L").getextrema()
        if faintest != WHITE and darkest == brightest:
            raise InvalidInput("says nothing but by its transparency; give white where it is painted anew, else black")
    return plain(mask, alpha=False).convert("L")


def _lies_as_stored(size: Size, geometry: Geometry) -> bool:
    """Whether a mask was made from the picture's file as it lies there, and not as one sees it."""
    return size == geometry.stored and size != geometry.upright


def _turned(mask: Image.Image, orientation: int) -> Image.Image:
    held = mask.copy()
    held.getexif()[ORIENTATION] = orientation
    return upright(held)


def _as_its_picture(mask: Image.Image, geometry: Geometry, told: list[str]) -> Image.Image:
    from PIL import Image

    if mask.size != geometry.upright:
        ratio = (mask.width / mask.height) / (geometry.upright[0] / geometry.upright[1])
        if not 0.98 <= ratio <= 1.02:
            told.append(f"stretched from {_text(mask.size)}")
        elif geometry.sent == geometry.upright:
            told.append("scaled to its picture")
    if geometry.fit is None:
        if mask.size != geometry.sent and mask.size == geometry.upright:
            told.append("scaled along")
        return mask if mask.size == geometry.sent else mask.resize(geometry.sent, Image.Resampling.NEAREST)
    whole = mask if mask.size == geometry.upright else mask.resize(geometry.upright, Image.Resampling.NEAREST)
    if geometry.upright != geometry.sent:
        told.append({"crop": "cropped along", "pad": "padded along", "stretch": "stretched along"}[geometry.fit])
    return _placed(whole, geometry.sent, geometry.fit, ground=BLACK, nearest=True)


def _cut_off(name: str, size: Size, wish: Wish) -> list[Change]:
    """That a model fills the size that was asked for with a picture of other proportions."""
    if wish.size is None or wish.fit is not None or abs(size[0] * wish.size[1] - size[1] * wish.size[0]) < max(size):
        return []
    why = f"cropped by the model to the proportions of {_text(wish.size)}"
    return [Change(what="fitted", name=name, asked=_text(size), sent=_text(size), why=why)]


def _following(spec: ModelSpec, values: Mapping[str, Any], size: Size) -> tuple[dict[str, Any], list[Change]]:
    """A width and a height like the picture's, within what the model makes."""
    width, height = spec.params.get("width"), spec.params.get("height")
    if width is None or height is None or "width" in values or "height" in values:
        return dict(values), []
    scale = 1.0
    for side, param in zip(size, (width, height), strict=True):
        if param.maximum is not None:
            scale = min(scale, param.maximum / side)
    made = {param.name: _stepped(side * scale, param) for side, param in zip(size, (width, height), strict=True)}
    why = "follows the picture's size"
    return {**values, **made}, [Change(what="chosen", name=name, sent=side, why=why) for name, side in made.items()]


def _stepped(side: float, param: Param) -> int:
    step = int(param.step or 1)
    low, high = int(param.minimum or 1), int(param.maximum or side)
    return min(high, max(low, round(side / step) * step))


def with_fit(spec: ModelSpec) -> ModelSpec:
    """A model's description with our own parameter `fit`, where it takes a picture and a size and has none itself."""
    kinds = {_kind(param) for param in spec.params.values()}
    if "image" not in kinds or not {"width", "height"} <= set(spec.params) or FIT in spec.params:
        return spec
    param = Param(
        name=FIT,
        kind="choice",
        title="Fit",
        description="How the picture takes the width and height: crop fills them and cuts off what sticks out, pad "
        "keeps all of it on white, stretch distorts. Without it the picture is sent as large as it is.",
        choices=FITS,
        advanced=True,
        ours=True,
    )
    return replace(spec, params=Params((*spec.params.entries, param), spec.params.open))
