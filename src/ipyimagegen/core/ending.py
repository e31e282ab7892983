"""The end of the process. Loaded with the package: handlers of `atexit` that a program registers later run before it.

They may still make a picture then. What ends here is loaded at its first use, which may come long after them.
"""

import atexit

TYPE_CHECKING = False  # importing typing would cost more than the rest of `import ipyimagegen`
if TYPE_CHECKING:
    from collections.abc import Callable

_steps: "list[Callable[[], object]]" = []


def at_end(step: "Callable[[], object]", *, last: bool = False) -> None:
    """Call `step` when the process ends; the one that was given last is called first, but for `last` ones."""
    _steps.insert(0 if last else len(_steps), step)


def _end() -> None:
    while _steps:
        _steps.pop()()


atexit.register(_end)
