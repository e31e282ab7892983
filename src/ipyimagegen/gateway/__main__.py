"""`python -m ipyimagegen.gateway`."""

from __future__ import annotations

from .terminal import main

raise SystemExit(main())
