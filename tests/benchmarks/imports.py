"""What `import ipyimagegen` costs, beside an empty interpreter and `import segmind`."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

from ._measure import in_turns, ratio, table

CODE = {
    "python -c pass": "pass",
    "import ipyimagegen": "import ipyimagegen",
    "import segmind": "import segmind",
    "the first local picture": "import ipyimagegen as ig; ig.run('local/sketch', prompt='x', width=64, height=64)",
}


def python(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True, stderr=subprocess.DEVNULL)


def main() -> None:
    times = in_turns({name: partial(python, code) for name, code in CODE.items()}, rounds=15)
    table(times)
    print(f"import ipyimagegen / pass:    {ratio(times, 'import ipyimagegen', 'python -c pass'):.2f}")
    print(f"import ipyimagegen / segmind: {ratio(times, 'import ipyimagegen', 'import segmind'):.2f}")
