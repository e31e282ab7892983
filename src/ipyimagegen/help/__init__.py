"""The help pages: short Markdown beside this file, one a topic, that `ipyimagegen help` and `%imagegen help` print.

A page's first line is its title: `# files: where things are`. Its Python is run by tests/unit/help.
"""

from __future__ import annotations

import difflib
from functools import cache
from pathlib import Path

from ..core.errors import InvalidInput, capped

FOLDER = Path(__file__).parent


@cache
def topics() -> dict[str, str]:
    """Every topic and what its page is about, in alphabetical order."""
    return {path.stem: _title(path) for path in sorted(FOLDER.glob("*.md"))}


def page(topic: str) -> str:
    """The Markdown of a page. Case does not count. Raises `InvalidInput` with the nearest topics for one there is not.

    >>> page("Files").splitlines()[0]
    '# files: where things are kept, how large they grow, how to move, clear and remove them'
    """
    name = topic.strip().lower()
    if name not in topics():
        near = difflib.get_close_matches(name, topics(), n=2, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(topics())}"
        raise InvalidInput(f"no help page {capped(topic, 60)!r}; {hint}")
    return (FOLDER / f"{name}.md").read_text("utf-8").rstrip()


def _title(path: Path) -> str:
    with path.open(encoding="utf-8") as lines:
        return lines.readline().partition(": ")[2].strip()
