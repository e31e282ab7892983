"""Jobs done by the embedded engine, in threads of its own."""

from __future__ import annotations

import asyncio
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from .orders import MAX_SIDE_PX, MIN_SIDE_PX
from .work import Picture, Report, Step, WorkFailed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ..engine import Frame
    from .orders import Order

PREVIEW_QUALITY = 75
MAX_INPUT_PIXELS = 4096 * 4096
# What the engine can do; a hosted model adjusts an order in the same way.
MAX_STEPS, MAX_GUIDANCE, SIDE_STEP_PX = 150, 20.0, 8
WORD_S, MAX_SPOKEN_WORDS = 0.03, 50


class EngineWork:
    """Paints with the embedded engine, in `threads` threads, with a JPEG preview at each step if `previews`."""

    def __init__(self, threads: int = 2, *, previews: bool = True) -> None:
        self.previews = previews
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="ipyimagegen-gateway-engine")

    async def perform(self, order: Order, report: Report) -> Sequence[Picture]:
        """Paint the order. Cancelling ends the painting at its next step."""
        if order.task == "chat":
            return await _speak(order, report)
        loop = asyncio.get_running_loop()
        stop = threading.Event()

        def tell(step: Step) -> None:
            if not stop.is_set():
                loop.call_soon_threadsafe(report, step)

        try:
            return await loop.run_in_executor(self._pool, self._do, order, tell, stop)
        finally:
            stop.set()

    def close(self) -> None:
        """End the threads, each at the next step of what it paints."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _do(self, order: Order, tell: Report, stop: threading.Event) -> Sequence[Picture]:
        from ..engine import SketchFailed

        done: Sequence[Picture] = []
        try:
            for frame, pictures in _cut(order) if order.task == "cutout" else _paint(order):
                if stop.is_set():
                    return []
                done = pictures
                unfinished = self.previews and frame.step < frame.steps
                tell(Step(frame.step, frame.steps, _encode(frame.pixels, "JPEG") if unfinished else None))
        except (SketchFailed, ValueError) as error:
            raise WorkFailed(str(error)) from error
        return done


async def _speak(order: Order, report: Report) -> Sequence[Picture]:
    """Take the time that a text model takes for its words."""
    words = min(len(order.prompt.split()), MAX_SPOKEN_WORDS)
    for word in range(1, words + 1):
        await asyncio.sleep(WORD_S)
        report(Step(word, words))
    return []


def _paint(order: Order) -> Iterator[tuple[Frame, Sequence[Picture]]]:
    from ..engine import Sketch, fit_image, fit_mask, paint

    start = None if order.image is None else _decode(order.image, "RGB")
    width = _fit(order.width or (0 if start is None else start.shape[1]))
    height = _fit(order.height or (0 if start is None else start.shape[0]))
    sketch = Sketch(
        prompt=order.prompt,
        negative_prompt=order.negative_prompt,
        width=width,
        height=height,
        num_inference_steps=min(order.num_inference_steps, MAX_STEPS),
        guidance_scale=min(order.guidance_scale, MAX_GUIDANCE),
        seed=order.seed,
        image=None if start is None else fit_image(start, width, height),
        strength=order.strength,
        mask=None if order.mask is None else fit_mask(_decode(order.mask, "L"), width, height),
    )
    for frame in paint(sketch):
        yield frame, [_png("images", frame.pixels)] if frame.step == frame.steps else []


def _cut(order: Order) -> Iterator[tuple[Frame, Sequence[Picture]]]:
    from ..engine import cutting

    if order.image is None:
        raise WorkFailed("a cutout needs a picture")
    for frame, cut in cutting(_decode(order.image, "RGB")):
        last = frame.step == frame.steps
        names = {"images": cut.image, "subject_image": cut.subject, "mask_image": cut.mask} if last else {}
        yield frame, [_png(name, pixels) for name, pixels in names.items()]


def _decode(data: bytes, mode: str) -> NDArray[np.uint8]:
    """Pixels of an uploaded picture. Raises `WorkFailed` for what is none, or has more of them than can be meant."""
    import numpy as np
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.width * picture.height > MAX_INPUT_PIXELS:
                raise WorkFailed(f"the input picture is too large: {picture.width}×{picture.height} pixels")
            return np.asarray(picture.convert(mode), dtype=np.uint8)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise WorkFailed("the input is not a picture that can be read") from error


def _encode(pixels: NDArray[np.uint8], form: str) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, form, quality=PREVIEW_QUALITY)
    return buffer.getvalue()


def _png(name: str, pixels: NDArray[np.uint8]) -> Picture:
    height, width = pixels.shape[:2]
    return Picture(name, _encode(pixels, "PNG"), "image/png", int(width), int(height))


def _fit(side_px: int) -> int:
    """The nearest side that the engine can paint."""
    nearest = round(side_px / SIDE_STEP_PX) * SIDE_STEP_PX
    return max(MIN_SIDE_PX, min(MAX_SIDE_PX, nearest))
