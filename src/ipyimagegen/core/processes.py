"""Which process something belongs to, and whether it is still there: for what a killed one has left behind."""

from __future__ import annotations

import functools
import hashlib
import os
import socket
import sys
from pathlib import Path


def machine() -> str:
    """This machine's name, or this container's."""
    return socket.gethostname().replace(":", "_")


def owner() -> str:
    """This process, as it stands beside what belongs to it: machine, number, and when it began, where that is known.

    Numbers are used again, and containers that share a folder have the same ones.
    """
    return _named(os.getpid())


@functools.lru_cache(maxsize=4)  # a forked child has a number of its own
def _named(pid: int) -> str:
    return ":".join((machine(), str(pid), _began(pid)))


def _began(pid: int) -> str:
    """When a process began, in the kernel's ticks since the machine's start; `""` where that cannot be read."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return ""
    fields = stat.rpartition(b")")[2].split()  # the program's name, in parentheses, may hold anything
    return fields[19].decode() if len(fields) > 19 else ""  # proc_pid_stat(5), field 22


def is_at_work(owner: str) -> bool:
    """Whether a process may still be there: one of another machine may, as nobody can tell."""
    host, _, numbers = owner.partition(":")
    pid, _, began = numbers.partition(":")
    if not pid.isdecimal():
        return False
    if host != machine() or sys.platform == "win32":
        return True
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        pass  # another user's process
    now = _began(int(pid))
    return not (began and now) or began == now


def tag() -> str:
    """`owner`, short and fit for a file's name: `4f1c02ab-1234-567`."""
    host, pid, began = owner().split(":")
    return f"{_short(host)}-{pid}-{began}"


def is_left_behind(tag: str) -> bool:
    """Whether a file with this `tag` in its name belongs to a process of this machine that is gone."""
    host, *numbers = tag.split("-")
    here = machine()
    return host == _short(here) and len(numbers) == 2 and not is_at_work(f"{here}:{numbers[0]}:{numbers[1]}")


def _short(host: str) -> str:
    return hashlib.sha256(host.encode()).hexdigest()[:8]
