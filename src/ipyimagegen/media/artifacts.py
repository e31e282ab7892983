"""What we hold: the bytes of a picture, sniffed and hashed. It knows how to save and to show itself."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import ImagegenError, MediaError, capped
from ..core.events import Output
from .display import DEFAULT_DISPLAY, DisplaySettings, MimeBundle, bundle, chosen, for_display, thumbnail
from .encoded import data_uri
from .metadata.record import Level, Record
from .payload import NOTHING, Payload, read_file
from .pixels import MAX_PIXELS, can_decode, decode, plain
from .saving import save
from .sniff import HEAD_BYTES, RASTER, TEXTS, check, dimensions, is_among, sniff, suffix_of
from .verify import verified, why_not_shown

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

__all__ = ["NOTHING", "Artifact", "Payload", "check_payload", "in_bytes", "make_artifact", "missing_artifact"]

_Bytes = bytes
MAX_ALT_CHARS = 1_000
_PICTURE_NAMES = ("image", "images", "mask")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Artifact:
    """One output that we hold: a picture, or another medium, in memory or in a file.

    `media_type` was read from the content; `width` and `height` are pixels, 0 where unknown; `size` is bytes; `sha256`
    hexadecimal. `url` is where it was fetched from, `alt` the text that stands for the picture. `note` says why a
    picture that came whole cannot be shown: its bytes are here, and it can be saved. With `error` set there are none,
    or not all (`received`): `fetch()` tries again where the client left a way.
    """

    index: int = 0
    name: str = "image"
    media_type: str = ""
    width: int = 0
    height: int = 0
    size: int = 0
    sha256: str = ""
    seed: int | None = None
    url: str = ""
    filename: str = ""
    alt: str = ""
    record: Record = field(default_factory=Record)
    note: str = ""
    error: str = ""
    data: _Bytes = field(default=b"", compare=False)  # the hash says what they are, wherever they lie
    path: Path | None = field(default=None, compare=False)
    refetch: Callable[[], Payload] | None = field(default=None, compare=False)
    display: DisplaySettings = field(default=DEFAULT_DISPLAY, compare=False)
    metadata: Level = field(default="full", compare=False)

    def __hash__(self) -> int:
        return hash((self.sha256, self.index, self.url))

    def __copy__(self) -> Artifact:
        return self

    def __deepcopy__(self, memo: object) -> Artifact:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """What is held, without the way to fetch it again: that belongs to this process."""
        return _artifact, (
            {entry.name: getattr(self, entry.name) for entry in fields(self) if entry.name != "refetch"},
        )

    @property
    def is_picture(self) -> bool:
        """Whether this is a picture that can be shown, or would be one had it been fetched."""
        if self.error:
            return self.media_type.startswith("image/") or not self.media_type
        return self.media_type in RASTER

    @property
    def can_be_shown(self) -> bool:
        """Whether it is a picture that came whole, and that can be decoded here."""
        return self.is_picture and not self.error and not self.note

    @property
    def bytes(self) -> _Bytes:
        """The bytes as the service sent them.

        Raises `MediaError` where they could not be fetched, `StorageError` where the file is gone.
        """
        content = self.content
        return read_file(content) if isinstance(content, Path) else content

    @property
    def content(self) -> _Bytes | Path:
        """The bytes where they are in memory, else the file that has them. Raises `MediaError` as `bytes` does."""
        if self.error:
            again = "artifact.fetch() tries again" if self.refetch else "collect the job again with ig.attach(job_id)"
            came = f"; artifact.received is what came ({in_bytes(self.size)})" if self.size else ""
            raise MediaError(f"{self.name} {self.index} could not be fetched: {self.error}; {again}{came}")
        return self._held

    @property
    def received(self) -> _Bytes:
        """What came, also of a file that is cut off or damaged. Raises as `bytes` does where nothing came."""
        held = self._held if self.size else self.content
        return read_file(held) if isinstance(held, Path) else held

    @property
    def _held(self) -> _Bytes | Path:
        return self.data if self.path is None else self.path

    @property
    def head(self) -> _Bytes:
        """The first bytes, by which the medium is told. Raises as `bytes` does."""
        content = self.content
        return read_file(content, HEAD_BYTES) if isinstance(content, Path) else content[:HEAD_BYTES]

    def fetch(self) -> Artifact:
        """Fetch an output again that could not be had before, and return it complete. Blocks; costs nothing.

        An artifact that has its bytes is returned as it is. Raises `ServiceError` or `MediaError`.
        """
        if not self.error:
            return self
        if self.refetch is None:
            raise MediaError(f"{self.name} {self.index} cannot be fetched again from here")
        output = Output(name=self.name, url=self.url, media_type=self.media_type)
        made = make_artifact(
            self.refetch(),
            output,
            index=self.index,
            seed=self.seed,
            alt=self.alt,
            record=self.record,
            display=self.display,
        )
        return replace(made, filename=made.filename or self.filename)

    @property
    def pil(self) -> Image.Image:
        """A fresh, decoded `PIL.Image`, its EXIF orientation not carried out. Raises `MediaError` for other media."""
        return decode(self.bytes, max_pixels=self.max_pixels)

    @property
    def array(self) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """The pixels, H×W×3 or with transparency H×W×4, uint8."""
        import numpy as np

        picture = plain(self.pil, alpha=True)
        return np.array(picture.convert("RGB") if picture.mode == "L" else picture, dtype=np.uint8)

    @property
    def data_uri(self) -> str:
        """The bytes as a `data:` URI."""
        return data_uri(self.bytes, self.media_type)

    def save(self, path: str | os.PathLike[str], *, metadata: Level | None = None) -> Path:
        """Write it to a file, or into a folder under a good name, and return the path.

        The file is written whole or not at all; a file that exists is replaced, in a folder none is. The suffix `.png`,
        `.jpg` or `.webp` converts where it differs from the medium; the medium's own keeps the service's bytes and adds
        `metadata`. Raises `MediaError`, `InvalidInput` or `StorageError`.
        """
        return save(self, path, metadata=metadata or self.metadata)

    def thumbnail(self, max_px: int = 256) -> _Bytes:
        """A small JPEG, PNG where there is transparency, at most `max_px` pixels on its longer side."""
        return thumbnail(self.bytes, max_px, max_pixels=self.max_pixels)

    @property
    def summary(self) -> str:
        """One line: `image/png · 512×512 · 183 kB · seed 7`."""
        return " · ".join(self._parts())

    @property
    def facts(self) -> dict[str, Any]:
        """What the notebook keeps beside the picture: model, seed, size, seconds, cost."""
        timings = self.record.timings
        seconds = timings.get("total_s", timings.get("run_s"))
        known = {
            "model": self.record.model,
            "seed": self.seed,
            "size": [self.width, self.height] if self.width else None,
            "seconds": None if seconds is None else round(seconds, 3),
            "cost": str(self.record.cost) if self.record.model else None,
            "sha256": self.sha256,
        }
        return {key: value for key, value in known.items() if value not in (None, "")}

    @property
    def max_pixels(self) -> int:
        """The cap for decoding this one: what was let in once may be looked at again."""
        return MAX_PIXELS if self.note else max(MAX_PIXELS, self.width * self.height)

    def _parts(self) -> list[str]:
        size = f"{self.width}×{self.height}" if self.width else ""
        seed = "" if self.seed is None else f"seed {self.seed}"
        lacking = "damaged" if self.size else "not fetched"
        state = lacking if self.error else in_bytes(self.size)
        return [part for part in (capped(self.media_type, 60) or "unknown", size, state, seed) if part]

    def __repr__(self) -> str:
        return f"<{' '.join(self._parts())}>"

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> MimeBundle:
        alt = capped(self.alt, MAX_ALT_CHARS) or repr(self)
        if self.note:
            alt = f"{self!r} cannot be shown: {self.note}"
        elif self.is_picture and not self.error:
            try:
                shown = for_display(self.bytes, self.display, max_pixels=self.max_pixels)
            except ImagegenError as error:
                alt = f"{self!r} cannot be shown: {error}"
            else:
                return bundle(shown, alt, self.facts, include=include, exclude=exclude)
        elif self.error:
            alt = f"{self!r} {self.error}"
        elif self.alt:
            alt = f"{self!r} {alt}"
        return chosen({"text/plain": alt}, include, exclude), {"ipyimagegen": self.facts} if self.facts else {}


def make_artifact(
    payload: Payload,
    output: Output,
    *,
    index: int = 0,
    seed: int | None = None,
    alt: str = "",
    record: Record | None = None,
    display: DisplaySettings = DEFAULT_DISPLAY,
    metadata: Level = "full",
    max_pixels: int = MAX_PIXELS,
    verify: bool = True,
) -> Artifact:
    """An artifact from the bytes that came for `output`: sniffed, checked, measured and hashed.

    A picture that came whole and cannot be decoded has its `note`. Raises `MediaError` for a page or an error in a
    picture's place, and for half a picture. A picture is held in memory meanwhile, another medium is not, nor
    is one that is taken without decoding it (`verify=False`: only its beginning is looked at). CPU-bound (a few to some
    tens of milliseconds for a megapixel): call it away from the event loop.
    """
    head = payload.head()
    media_type = check(head, _expected(output, payload, head)) or payload.media_type or "application/octet-stream"
    told = dimensions(head) or (0, 0)
    if verify and can_decode(media_type):
        (width, height), note = verified(payload, told, max_pixels=max_pixels)
    else:
        (width, height), note = told, why_not_shown(told, max_pixels)
    return Artifact(
        index=index,
        name=output.name,
        media_type=media_type,
        width=width,
        height=height,
        size=payload.size,
        sha256=payload.sha256,
        seed=output.seed if output.seed is not None else seed,
        url=output.url if not output.url.startswith("data:") else "",
        filename=payload.filename or f"{output.name}{suffix_of(media_type)}",
        alt=alt,
        record=record or Record(),
        note=note,
        data=payload.data if payload.path is None else b"",
        path=payload.path,
        display=display,
        metadata=metadata,
    )


def check_payload(payload: Payload, claim: str = "") -> str:
    """The media type of a file that arrived, `""` for unknown content, where `claim` says what should have.

    A picture in memory is decoded to its end; of a file, which may be of any size, the beginning is looked at. Raises
    `MediaError` for another medium or half a picture. CPU-bound, as `make_artifact`.
    """
    media_type = check(payload.head(), claim)
    if payload.path is None and can_decode(media_type):
        verified(payload, dimensions(payload.data) or (0, 0))
    return media_type


def _expected(output: Output, payload: Payload, head: bytes) -> str:
    """What should have come: what the service says, else what its server said.

    A page or an error with status 200 is believed only where the service itself announced a text.
    """
    if output.media_type:
        return output.media_type
    found = sniff(head)
    if found == "text/html" or (output.name in _PICTURE_NAMES and is_among(found, TEXTS)):
        return "image"
    return payload.media_type


def missing_artifact(
    output: Output,
    error: str,
    *,
    index: int = 0,
    seed: int | None = None,
    alt: str = "",
    record: Record | None = None,
    refetch: Callable[[], Payload] | None = None,
    received: Payload = NOTHING,
) -> Artifact:
    """An artifact that stands for an output which could not be fetched: it keeps its address, and says why.

    `received` is what came of it all the same: half a picture may be all that there will ever be.
    """
    size = received.size
    return Artifact(
        index=index,
        name=output.name,
        media_type=(sniff(received.head()) if size else "") or output.media_type,
        width=output.width,
        height=output.height,
        size=size,
        sha256=received.sha256 if size else "",
        data=received.data,
        path=received.path,
        seed=output.seed if output.seed is not None else seed,
        url=output.url,
        alt=alt,
        record=record or Record(),
        error=capped(error, 500) or "unknown reason",
        refetch=refetch,
    )


def in_bytes(size: int) -> str:
    """A number of bytes in words: `183 kB`, `1.2 MB`."""
    if size < 1_000:
        return f"{size} B"
    return f"{size / 1e3:.0f} kB" if size < 999_500 else f"{size / 1e6:.1f} MB"


def _artifact(held: dict[str, Any]) -> Artifact:
    return Artifact(**held)
