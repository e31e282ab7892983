"""The embedded engine: a procedural painter and a cutout, offline and deterministic to the byte on every machine.

It has no neural weights. On the way to a pixel only exactly rounded float operations are used (``+ - * /`` and
``sqrt``), integer hashing and integer sums (see `exact`): no ``np.random``, no ``sin``, ``exp`` or ``pow``, no float
reductions and no library resampling, whose last bits differ between processors. Prompts are hashed with SHA-256.

    >>> *_, last = paint(Sketch(prompt="a lighthouse at dusk", width=64, height=64, seed=7))
    >>> last.step, last.pixels.shape
    (20, (64, 64, 3))
"""

from .cutout import Cutout, cut_out, cutting
from .fit import fit_image, fit_mask
from .painter import paint
from .schema import CUTOUT_SCHEMA, SKETCH_SCHEMA
from .sketch import STYLES, Frame, Sketch, SketchFailed

__all__ = [
    "CUTOUT_SCHEMA",
    "SKETCH_SCHEMA",
    "STYLES",
    "Cutout",
    "Frame",
    "Sketch",
    "SketchFailed",
    "cut_out",
    "cutting",
    "fit_image",
    "fit_mask",
    "paint",
]
