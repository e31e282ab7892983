"""One client for all plain requests: making a new one each time costs more than the requests do."""

from __future__ import annotations

import httpx

web = httpx.Client(timeout=30)
