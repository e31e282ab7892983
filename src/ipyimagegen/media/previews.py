"""Frames on their way to a screen, over encoded bytes and over arrays; encoded only when somebody looks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from ..core import forks
from ..core.errors import MediaError
from .pixels import MAX_PIXELS, check_pixels, decode, from_array, open_picture, preview_jpeg
from .sniff import dimensions, sniff

if TYPE_CHECKING:
    from PIL import Image


class _CachedFrame(ABC):
    """Keeps the last encode: several views of one size cost one."""

    def __init__(self, width: int, height: int) -> None:
        self._size = (width, height)
        self._lock = forks.lock()
        self._last: tuple[int, bytes] = (0, b"")

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self._size[0]

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self._size[1]

    def jpeg(self, max_px: int) -> bytes:
        """A JPEG whose longer side is at most `max_px` pixels, never enlarged. May be called from any thread.

        Raises `MediaError` where the picture cannot be decoded after all.
        """
        max_px = max(1, min(max_px, max(self._size)))
        with self._lock:
            if self._last[0] != max_px:
                self._last = (max_px, self._encode(max_px))
            return self._last[1]

    @abstractmethod
    def _encode(self, max_px: int) -> bytes: ...

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.width}×{self.height}>"


class BytesFrame(_CachedFrame):
    """A frame that arrived as an encoded picture. Raises `MediaError` at once where it is none, or too large."""

    def __init__(self, data: bytes, *, max_pixels: int = MAX_PIXELS) -> None:
        size = dimensions(data)
        if size is None:
            size = open_picture(data, max_pixels=max_pixels).size
        check_pixels(size, max_pixels)
        super().__init__(*size)
        self._data = data
        self._max_pixels = max_pixels

    def _encode(self, max_px: int) -> bytes:
        if max_px >= max(self._size) and sniff(self._data) == "image/jpeg":
            return self._data
        return preview_jpeg(decode(self._data, max_pixels=self._max_pixels, draft_px=max_px), max_px)


class ArrayFrame(_CachedFrame):
    """A frame over pixels: H×W, H×W×3 or H×W×4 of uint8, bool, or float 0..1.

    A writable array is copied (0.1 ms at 512×512), so the painter may go on in its own. Raises `MediaError` for a
    wrong shape.
    """

    def __init__(self, pixels: Any) -> None:
        shape = tuple(getattr(pixels, "shape", ()))
        if len(shape) not in (2, 3) or 0 in shape:
            raise MediaError(f"an array of shape {'×'.join(map(str, shape)) or '()'} is not a frame")
        super().__init__(int(shape[1]), int(shape[0]))
        flags = getattr(pixels, "flags", None)
        self._pixels = pixels.copy() if flags is None or flags.writeable else pixels
        self._picture: Image.Image | None = None

    def _encode(self, max_px: int) -> bytes:
        if self._picture is None:
            self._picture = from_array(self._pixels)
        return preview_jpeg(self._picture, max_px)
