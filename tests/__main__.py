"""Run every check of the project, in order: ``python -m tests [lint] [js] [unit] [e2e]`` (no name: all of them).

Needs the ``dev`` extra and nothing else: Node.js comes from its wheel, and Chromium is installed with ``apt-get`` where
it is missing and the user may. Each check runs to its end whatever came before; the exit code is 1 if any failed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hatch_build import wheel_node

ROOT = Path(__file__).parent.parent
JS = ROOT / "js"
BIOME = "node_modules/@biomejs/biome/bin/biome"
SOME_FAILED = 1  # pytest's exit code when it ran and tests failed


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one check went; a linter counts as one test."""

    passed: int
    failed: int
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """A named step of one part."""

    part: str
    name: str
    run: Callable[[], Outcome]


def _call(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> int:
    """The exit code of a command whose output goes to the terminal."""
    return subprocess.run([str(word) for word in command], cwd=cwd, env=env, check=False).returncode


def _one(code: int) -> Outcome:
    return Outcome(passed=int(code == 0), failed=int(code != 0))


def _module(*words: str) -> Outcome:
    return _one(_call(sys.executable, "-m", *words))


def _pytest(*arguments: str) -> Outcome:
    """Run pytest in a process of its own; a run that broke off counts as one failure more."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        code = _call(sys.executable, "-m", "pytest", *arguments, f"--junit-xml={report}")
        if not report.exists():
            return Outcome(0, 1)
        suite = ET.parse(report).getroot().find("testsuite")  # noqa: S314 - what pytest has just written
    counts = {} if suite is None else suite.attrib
    total, skipped = int(counts.get("tests", 0)), int(counts.get("skipped", 0))
    failed = int(counts.get("failures", 0)) + int(counts.get("errors", 0))
    broke_off = code not in (0, SOME_FAILED) or (code == SOME_FAILED and failed == 0)
    return Outcome(max(0, total - failed - skipped), failed + broke_off, skipped)


def _install_packages() -> Outcome:
    """The JavaScript tools, from the lock; the present ones are kept where the lock has not changed since."""
    lock, installed = JS / "package-lock.json", JS / "node_modules" / ".package-lock.json"
    complete = (JS / "node_modules" / "vitest").exists() and installed.stat().st_mtime >= lock.stat().st_mtime
    if complete:
        return Outcome(1, 0)
    tools = wheel_node()
    return _one(_call(*tools.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=JS, env=tools.env()))


def _js(script: str, *arguments: str) -> Outcome:
    """Run a Node.js script; the wheel's node is new enough for every tool, PATH's may not be."""
    tools = wheel_node()
    return _one(_call(*tools.node, script, *arguments, cwd=JS, env=tools.env()))


def _vitest() -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        words = ("run", "--reporter=default", "--reporter=json", f"--outputFile.json={report}")
        ran = _js("node_modules/vitest/vitest.mjs", *words)
        if not report.exists():
            return Outcome(0, 1)
        told = json.loads(report.read_text(encoding="utf-8"))
    failed = int(told["numFailedTests"])
    return Outcome(int(told["numPassedTests"]), failed or ran.failed)


def _chromium() -> Outcome:
    """Make sure that there is a browser for the tests."""
    if shutil.which("chromium"):
        return Outcome(1, 0)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print("The browser tests need `chromium` on PATH; on Debian: apt-get install chromium")
        return Outcome(0, 1)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    _call("apt-get", "update", "-q", env=env)
    return _one(_call("apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium", env=env))


def _browser_tests() -> Outcome:
    # Playwright leaves a loop running in its main thread, which pytest-asyncio cannot share: so, a process of its own.
    return _pytest("tests/e2e") if shutil.which("chromium") else Outcome(0, 1)


def checks() -> Iterator[Check]:
    """Every check, in the order in which they run."""
    yield Check("lint", "ruff check", lambda: _module("ruff", "check", "."))
    yield Check("lint", "ruff format", lambda: _module("ruff", "format", "--check", "."))
    yield Check("lint", "mypy", lambda: _module("mypy"))
    yield Check("js", "npm ci", _install_packages)
    yield Check("js", "biome", lambda: _js(BIOME, "ci", "--error-on-warnings", "."))
    yield Check("js", "tsc", lambda: _js("node_modules/typescript/bin/tsc", "--noEmit"))
    yield Check("js", "vitest", _vitest)
    yield Check("js", "bundles", lambda: _js("build.mjs"))
    yield Check("js", "demo page", lambda: _js("build.mjs", "--demo"))
    yield Check("unit", "pytest", lambda: _pytest("tests", "--ignore=tests/e2e", "--ignore=tests/benchmarks"))
    yield Check("e2e", "chromium", _chromium)
    yield Check("e2e", "pytest tests/e2e", _browser_tests)


def main() -> int:
    """Run the parts that were asked for, print a table and one last line with the sums."""
    parts = list(dict.fromkeys(check.part for check in checks()))
    parser = argparse.ArgumentParser(prog="python -m tests", description="Run every check of the project, in order.")
    parser.add_argument("parts", nargs="*", choices=[[], *parts], metavar="|".join(parts), help="default: all")
    wanted = parser.parse_args().parts or parts
    table: list[tuple[Check, Outcome, float]] = []
    for check in checks():
        if check.part not in wanted:
            continue
        print(f"\n=== {check.part}: {check.name} ===", flush=True)
        started = time.monotonic()
        outcome = check.run()
        table.append((check, outcome, time.monotonic() - started))
    print("\n=== summary ===")
    for check, outcome, seconds in table:
        verdict = "FAILED" if outcome.failed else "ok"
        counts = f"{outcome.passed} passed, {outcome.failed} failed, {outcome.skipped} skipped"
        print(f"{check.part:5} {check.name:18} {verdict:7} {counts:42} {seconds:6.1f} s")
    failed = sum(outcome.failed for _, outcome, _ in table)
    print(f"{sum(outcome.passed for _, outcome, _ in table)} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
