"""What stands for a studio where no widget can: in a saved notebook, beside the view."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from ...core.errors import ImagegenError
from ...media.display import for_display
from ...media.results import Result
from ...media.sheets import contact_sheet

MAX_PICTURES = 12


def still(results: Sequence[Result]) -> dict[str, Any]:
    """The latest pictures as one `image/jpeg` (one picture as it is, where it is a PNG); `{}` where there are none."""
    images = [image for result in results for image in result.images if not image.error][-MAX_PICTURES:]
    if not images:
        return {}
    try:
        data = images[0].bytes if len(images) == 1 else contact_sheet(images)
        shown = for_display(data, images[0].display)
    except ImagegenError:
        return {}  # what cannot be decoded has its words beside the view
    return {shown.media_type: base64.b64encode(shown.data).decode("ascii")}
