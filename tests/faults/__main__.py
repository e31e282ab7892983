"""Try everything and write the table, also into the README: `python -m tests.faults`."""

from __future__ import annotations

import re
from pathlib import Path

from .table import FILE, markdown
from .tried import try_all

README = Path(__file__).parents[2] / "README.md"


def main() -> None:
    FILE.write_text(markdown(try_all()), encoding="utf-8")
    put_into_the_readme()


def put_into_the_readme() -> None:
    """The table as it stands on disk, in place of the README's."""
    table = FILE.read_text(encoding="utf-8").strip()
    text = README.read_text(encoding="utf-8")
    shown = re.sub(
        r"(<!-- faults -->\n).*(<!-- /faults -->)", lambda at: f"{at[1]}{table}\n{at[2]}", text, flags=re.DOTALL
    )
    README.write_text(shown, encoding="utf-8")


if __name__ == "__main__":
    main()
