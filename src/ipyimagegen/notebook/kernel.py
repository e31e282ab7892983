"""Whether there is a notebook at all."""

from __future__ import annotations

from IPython.core.getipython import get_ipython


def has_kernel() -> bool:
    """Whether this is a notebook's kernel, and not a script or a terminal."""
    shell = get_ipython()
    return shell is not None and getattr(shell, "kernel", None) is not None
