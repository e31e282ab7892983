"""What inference.sh needs to let somebody in, and where it is."""

from __future__ import annotations

from ...settings.keys import declare, with_one_key

KEYS = declare(
    with_one_key(
        "inferencesh",
        "inference.sh",
        "INFERENCE",
        "https://api.inference.sh",
        where="keys (they begin with inf_) are made at inference.sh under Settings → API Keys, see https://inference.sh/docs/api/authentication",
    )
)
