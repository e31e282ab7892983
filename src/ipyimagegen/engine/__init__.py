"""The embedded engine: a procedural painter and a cutout, offline and deterministic to the byte on every machine.

It has no neural weights. Only exactly rounded float operations (``+ - * /`` and ``sqrt``), integer hashing and integer sums
are used in the way to a pixel (see `exact`): no ``np.random``, no ``sin``, ``exp`` or ``pow``, no float reductions and no
library resampling, whose last bits differ between processors. Prompts are hashed with SHA-256.
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
