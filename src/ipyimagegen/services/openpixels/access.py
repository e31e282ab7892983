"""What OpenPixels needs to let somebody in, and where it is."""

from __future__ import annotations

from ...settings.keys import declare, with_one_key

KEYS = declare(
    with_one_key(
        "openpixels",
        "OpenPixels",
        "OPENPIXELS",
        "https://worker.openpixels.ai",
        where="keys (they begin with sk-op-) come with an account at https://openpixels.ai",
    )
)
