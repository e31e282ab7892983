"""The embedded engine: a procedural painter and a cutout, offline and deterministic to the byte on every machine.

It has no neural weights. Only exactly rounded float operations (``+ - * /`` and ``sqrt``), integer hashing and integer sums
are used in the way to a pixel (see `exact`): no ``np.random``, no ``sin``, ``exp`` or ``pow``, no float reductions and no
library resampling, whose last bits differ between processors. Prompts are hashed with SHA-256.
"""

from .painter import paint
from .schema import SKETCH_SCHEMA
from .sketch import STYLES, Frame, Sketch, SketchFailed

__all__ = ["SKETCH_SCHEMA", "STYLES", "Frame", "Sketch", "SketchFailed", "paint"]
