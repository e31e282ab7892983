"""Whether two pictures look the same, whatever their size, format and metadata: by their shrunken copies.

A difference hash of brightness alone took a picture with a small thing added, or of other colours, for the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .artifacts import Artifact
from .pixels import decode, plain, upright

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE = 16
"""The copies have 16 × 16 spots."""
MOST = 12
"""No spot of the same picture differs by more, of 255, in any colour: WebP of quality 50 changes them by up to 6."""


def look(artifact: Artifact) -> NDArray[np.int16]:
    """A picture shrunken to 16×16×3, int16. Raises `MediaError`. CPU-bound, some milliseconds a megapixel."""
    import numpy as np
    from PIL import Image

    picture = plain(upright(decode(artifact.bytes, max_pixels=artifact.max_pixels, draft_px=256)), alpha=False)
    return np.asarray(picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.int16)


def same_look(one: NDArray[np.int16], other: NDArray[np.int16]) -> bool:
    """Whether two such copies are of pictures that look the same."""
    return int(abs(one - other).max()) <= MOST


def same_picture(one: Artifact, other: Artifact) -> bool:
    """Whether two pictures look the same, whatever their size, format and metadata. Raises `MediaError`.

    What changes less than a spot of 1/16 of the sides by 5 % is not seen.

    >>> same_picture(result.images[0], again.images[0])  # doctest: +SKIP
    True
    """
    if one.sha256 and one.sha256 == other.sha256:
        return True
    return same_look(look(one), look(other))
