"""The most memory that this process has had since it was last asked to forget."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

KIB = 1024


def forget_peak() -> None:
    """Let the present size count as the peak, where the system can (Linux)."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_bytes() -> int:
    """The peak of the resident size. On Linux of this program alone; elsewhere since the process began."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * KIB
    try:
        import resource
    except ImportError:  # Windows
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else KIB)
