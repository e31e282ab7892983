"""Try everything and write the table: `python -m tests.faults`."""

from __future__ import annotations

from .table import FILE, markdown
from .tried import try_all


def main() -> None:
    FILE.write_text(markdown(try_all()), encoding="utf-8")


if __name__ == "__main__":
    main()
