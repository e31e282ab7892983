"""The keys that a gateway accepts, and the environment variables that hand them to a client."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field


def _key(prefix: str) -> str:
    return f"{prefix}{secrets.token_hex(12)}"


@dataclass(frozen=True, slots=True)
class Keys:
    """One key per service; each is drawn anew unless it is given."""

    speedpix_app_key: str = field(default_factory=lambda: _key("app"), repr=False)
    speedpix_app_secret: str = field(default_factory=lambda: _key("secret"), repr=False)
    openpixels: str = field(default_factory=lambda: _key("sk-op-"), repr=False)
    segmind: str = field(default_factory=lambda: _key("SG_"), repr=False)
    inference: str = field(default_factory=lambda: _key("inf_"), repr=False)

    def env(self, url: str) -> dict[str, str]:
        """The variables that point each service's client at the gateway at `url`."""
        return {
            "SPEEDPIX_APP_KEY": self.speedpix_app_key,
            "SPEEDPIX_APP_SECRET": self.speedpix_app_secret,
            "SPEEDPIX_ENDPOINT": url,
            "OPENPIXELS_API_KEY": self.openpixels,
            "OPENPIXELS_BASE_URL": url,
            "SEGMIND_API_KEY": self.segmind,
            "SEGMIND_BASE_URL": f"{url}/v1",
            "INFERENCE_API_KEY": self.inference,
            "INFERENCE_BASE_URL": url,
        }


def shell_lines(env: dict[str, str]) -> str:
    """`export NAME=value` lines."""
    return "\n".join(f"export {name}={value}" for name, value in env.items())


def cell_lines(env: dict[str, str]) -> str:
    """`%env NAME=value` lines: the text of a notebook cell."""
    return "\n".join(f"%env {name}={value}" for name, value in env.items())
