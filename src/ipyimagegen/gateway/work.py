"""How a job is done: by the embedded engine, or by the clock alone (for tests and benchmarks)."""

from __future__ import annotations

import asyncio
import io
import struct
import threading
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from .orders import MAX_SIDE_PX, MIN_SIDE_PX

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from .orders import Order

PREVIEW_QUALITY = 75
MAX_INPUT_PIXELS = 4096 * 4096
# What the engine can do; a hosted model adjusts an order in the same way.
MAX_STEPS, MAX_GUIDANCE, SIDE_STEP_PX = 150, 20.0, 8


class WorkFailed(Exception):
    """The work ran and failed; the message is for the user."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture. `name` is the output's name (`images`, `subject_image`, `mask_image`); sizes in pixels."""

    name: str
    data: bytes
    content_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Step:
    """How far the work is: `done` of `of`, with the unfinished picture as a JPEG where there is one."""

    done: int
    of: int
    preview: bytes | None = None


Report = Callable[[Step], None]


class Work(Protocol):
    """Does orders. Runs on the server's loop, so it must never block it; a cancelled task must stop the work."""

    async def perform(self, order: Order, report: Report) -> Sequence[Picture]:
        """Do the order, calling `report` on the loop as it goes. Raises `WorkFailed`."""

    def close(self) -> None:
        """Give back threads and the like. Work under way may be abandoned."""


class TimedWork:
    """Takes `seconds` for every job and gives the same `picture` each time (a small PNG unless given).

    `steps` reports of progress are spread evenly over the time, none of them with a preview. Uses no threads: thousands
    of jobs may run at once.
    """

    def __init__(self, seconds: float = 0.0, picture: bytes | None = None, *, steps: int = 0) -> None:
        if seconds < 0 or steps < 0:
            raise ValueError(f"seconds and steps cannot be negative: {seconds}, {steps}")
        self.seconds = seconds
        self.steps = steps
        self.picture = picture if picture is not None else flat_png(64, 64)

    async def perform(self, order: Order, report: Report) -> Sequence[Picture]:
        """Wait, then give the picture; a cutout gets its three outputs from the same bytes."""
        for done in range(1, self.steps + 1):
            await asyncio.sleep(self.seconds / self.steps)
            report(Step(done, self.steps))
        if not self.steps and self.seconds:
            await asyncio.sleep(self.seconds)
        content_type, width, height = facts(self.picture)
        names = ("images", "subject_image", "mask_image") if order.task == "cutout" else ("images",)
        size = (width or order.width or 0, height or order.height or 0)
        return [Picture(name, self.picture, content_type, *size) for name in names]

    def close(self) -> None:
        """Nothing to give back."""


class EngineWork:
    """Paints with the embedded engine, in `threads` threads, with a JPEG preview at each step if `previews`."""

    def __init__(self, threads: int = 2, *, previews: bool = True) -> None:
        self.previews = previews
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="ipyimagegen-gateway-engine")

    async def perform(self, order: Order, report: Report) -> Sequence[Picture]:
        """Paint the order. Cancelling ends the painting at its next step."""
        loop = asyncio.get_running_loop()
        stop = threading.Event()

        def tell(step: Step) -> None:
            loop.call_soon_threadsafe(report, step)

        do = _cut_out if order.task == "cutout" else self._paint
        try:
            return await loop.run_in_executor(self._pool, do, order, tell, stop)
        except asyncio.CancelledError:
            stop.set()
            raise

    def close(self) -> None:
        """End the threads; painting under way goes on to the end of its picture in the background."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _paint(self, order: Order, tell: Report, stop: threading.Event) -> Sequence[Picture]:
        from ..engine import Sketch, SketchFailed, paint

        pixels: NDArray[np.uint8] | None = None
        start = None if order.image is None else _open(order.image)
        width = _fit(order.width or (start.width if start else 0))
        height = _fit(order.height or (start.height if start else 0))
        try:
            sketch = Sketch(
                prompt=order.prompt,
                negative_prompt=order.negative_prompt,
                width=width,
                height=height,
                num_inference_steps=min(order.num_inference_steps, MAX_STEPS),
                guidance_scale=min(order.guidance_scale, MAX_GUIDANCE),
                seed=order.seed,
                image=None if start is None else _pixels(start, "RGB", width, height),
                strength=order.strength,
                mask=None if order.mask is None else _pixels(_open(order.mask), "L", width, height),
            )
            for frame in paint(sketch):
                if stop.is_set():
                    return []
                pixels = frame.pixels
                wanted = self.previews and frame.step < frame.steps
                tell(Step(frame.step, frame.steps, _encode(pixels, "JPEG") if wanted else None))
        except (SketchFailed, ValueError) as error:
            raise WorkFailed(str(error)) from error
        if pixels is None:
            raise WorkFailed("the engine gave no picture")
        return [_png("images", pixels)]


def _cut_out(order: Order, tell: Report, stop: threading.Event) -> Sequence[Picture]:
    from ..engine import SketchFailed, cut_out

    if order.image is None:
        raise WorkFailed("a cutout needs a picture")
    if stop.is_set():
        return []
    try:
        picture = _open(order.image)
        done = cut_out(_pixels(picture, "RGB", picture.width, picture.height))
    except (SketchFailed, ValueError) as error:
        raise WorkFailed(str(error)) from error
    tell(Step(1, 1))
    return [_png("images", done.result), _png("subject_image", done.subject), _png("mask_image", done.mask)]


def _open(data: bytes) -> Image.Image:
    """Decode an uploaded picture. Raises `WorkFailed` for what is none, or has more pixels than can be meant."""
    from PIL import Image

    try:
        picture = Image.open(io.BytesIO(data))
        if picture.width * picture.height > MAX_INPUT_PIXELS:
            raise WorkFailed(f"the input picture is too large: {picture.width}×{picture.height} pixels")
        picture.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise WorkFailed("the input is not a picture that can be read") from error
    return picture


def _pixels(picture: Image.Image, mode: str, width: int, height: int) -> NDArray[np.uint8]:
    import numpy as np

    scaled = picture if picture.size == (width, height) else picture.resize((width, height))
    return np.asarray(scaled.convert(mode), dtype=np.uint8)


def _fit(side_px: int) -> int:
    """The nearest side that the engine can paint."""
    nearest = round(side_px / SIDE_STEP_PX) * SIDE_STEP_PX
    return max(MIN_SIDE_PX, min(MAX_SIDE_PX, nearest))


def _encode(pixels: NDArray[np.uint8], form: str) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, form, quality=PREVIEW_QUALITY)
    return buffer.getvalue()


def _png(name: str, pixels: NDArray[np.uint8]) -> Picture:
    height, width = pixels.shape[:2]
    return Picture(name, _encode(pixels, "PNG"), "image/png", int(width), int(height))


def flat_png(width: int, height: int, grey: int = 128) -> bytes:
    """A grey PNG of that size, made without Pillow."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = (b"\0" + bytes([grey]) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def facts(data: bytes) -> tuple[str, int, int]:
    """Content type, width and height of encoded bytes, by their first bytes; the size is 0 where it takes a decoder."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 24:  # noqa: PLR2004 - signature, length, "IHDR", two sizes
        width, height = struct.unpack(">II", data[16:24])
        return "image/png", width, height
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg", 0, 0
    if data.startswith(b"GIF8"):
        return "image/gif", *struct.unpack("<HH", data[6:10])
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp", 0, 0
    return "application/octet-stream", 0, 0
