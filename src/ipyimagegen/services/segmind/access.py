"""What Segmind needs to let somebody in, and where it is."""

from __future__ import annotations

from ...settings.keys import declare, with_one_key

KEYS = declare(
    with_one_key(
        "segmind",
        "Segmind",
        "SEGMIND",
        "https://api.segmind.com",
        where="keys (they begin with SG_) are made in the Segmind console, https://cloud.segmind.com/console/api-keys",
    )
)
