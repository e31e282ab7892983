"""`asyncio.run()` inside a cell, for those who ask for it. Nothing else in this package needs or does this."""

from __future__ import annotations

import asyncio
import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from ..core.errors import NestedLoopRefused

INSTALL = "pip install nest_asyncio2"


def allow_nested_asyncio() -> str:
    """Let `asyncio.run(main())` work in a cell, as it does in a script, and say what was applied.

    Changes asyncio for the whole process, for good. Applies `nest_asyncio2` where it is installed, otherwise
    `nest_asyncio`; returns its name and version. Calling it again changes nothing. While a nested loop runs the kernel
    takes no messages, so the Cancel button does not get through; `await main()`, which a cell may say too, has no such
    limit. Raises `NestedLoopRefused` where only `nest_asyncio` is there, on ipykernel 7.1 and later (it loses queued
    cells) and on Python 3.14 and later (it breaks timeouts).
    """
    applied = _applied()
    name = applied or next((name for name in ("nest_asyncio2", "nest_asyncio") if _importable(name)), "")
    if not name:
        raise NestedLoopRefused(f"neither nest_asyncio2 nor nest_asyncio is installed; run: {INSTALL}")
    reason = why_not(_version(name), _kernel_version(), sys.version_info[:2]) if name == "nest_asyncio" else ""
    if reason and applied:
        raise NestedLoopRefused(
            f"it is applied already: {reason}; restart the kernel, and for next time run: {INSTALL}"
        )
    if reason:
        raise NestedLoopRefused(f"{reason}; run: {INSTALL}")
    import_module(name).apply()
    return f"{name} {_version(name)}"


def why_not(nest_asyncio: str, ipykernel: str, python: tuple[int, ...]) -> str:
    """Why that version of `nest_asyncio` must not be applied, or `""`. `ipykernel` is `""` outside of a kernel."""
    if python >= (3, 14):
        return f"nest_asyncio {nest_asyncio} breaks timeouts and tasks on Python {'.'.join(map(str, python))}"
    if ipykernel and _numbers(ipykernel) >= (7, 1):
        return f"nest_asyncio {nest_asyncio} loses the cells queued behind a nested run on ipykernel {ipykernel}"
    return ""


def _applied() -> str:
    """Which of the two has patched asyncio already."""
    if not hasattr(asyncio, "_nest_patched"):
        return ""
    return "nest_asyncio2" if hasattr(asyncio, "_nest_asyncio2") else "nest_asyncio"


def _importable(name: str) -> bool:
    try:
        import_module(name)
    except ImportError:
        return False
    return True


def _kernel_version() -> str:
    """The version of the ipykernel that this process is, `""` where it is none."""
    application = sys.modules.get("ipykernel.kernelapp")
    if application is None or not application.IPKernelApp.initialized():
        return ""
    return _version("ipykernel")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "of unknown version"


def _numbers(text: str) -> tuple[int, ...]:
    """`(7, 1)` for `7.1.0`: the first two numbers of a version."""
    parts = text.split(".")[:2]
    return tuple(int(digits) for part in parts if (digits := "".join(c for c in part if c.isdigit())))
