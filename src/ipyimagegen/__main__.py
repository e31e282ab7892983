"""`python -m ipyimagegen` is the command `ipyimagegen`."""

from .cli import main

raise SystemExit(main())
