"""Run every check of the project: ``python -m tests [lint] [js] [unit] [gateway] [kernels] [package] [browser]``.

Without a name all parts run, several side by side, as many as the processor carries; what a check writes is shown when
it has ended. Needs the ``dev`` extra and nothing else: Node.js comes from its wheel, and Chromium is installed with
``apt-get`` where it is missing and the user may. Each check runs to its end whatever came before. The last line has the
sums, and the exit code is 1 if any check failed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from hatch_build import wheel_node

ROOT = Path(__file__).parent.parent
JS = ROOT / "js"
BIOME = "node_modules/@biomejs/biome/bin/biome"
SOME_FAILED = 1  # pytest's exit code when it ran and tests failed
CORES = os.cpu_count() or 2
AT_A_TIME = CORES + 1
"""Parts: most of them wait now and then, for a server, a kernel or a disk."""
GATEWAY = ("tests/gateway", "tests/contract", "tests/documented", "tests/faults")
KERNELS = ("tests/notebooks", "tests/unit/notebook/magic/test_kernel.py", "tests/unit/notebook/test_nested.py")
PACKAGE = ("tests/packaging",)
BROWSER = ("tests/e2e",)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one check went; a linter counts as one test."""

    passed: int
    failed: int
    skipped: int = 0


Run = Callable[["Shell"], Outcome]


@dataclass(frozen=True, slots=True)
class Check:
    """A named step of one part."""

    part: str
    name: str
    run: Run


@dataclass(frozen=True, slots=True)
class Part:
    """Checks that run one after another, beside those of other parts.

    `first`: names of preparations that must have run before. `python -m tests` starts its parts in the order in which
    they are written, the longest first, so that none is left alone at the end.
    """

    name: str
    checks: Sequence[Check]
    first: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the summary."""

    check: Check
    outcome: Outcome
    seconds: float


class Shell:
    """Runs the commands of one check. `file` takes what they write; without one it goes to the terminal as it comes."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file

    def say(self, text: str) -> None:
        """Write a line where the commands write."""
        if self._file is None:
            print(text, flush=True)
        else:
            with self._file.open("a", encoding="utf-8") as sink:
                sink.write(f"{text}\n")

    def call(self, *command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> int:
        """The exit code of a command."""
        words = [str(word) for word in command]
        if self._file is None:
            return subprocess.run(words, cwd=cwd, env=env, check=False).returncode
        with self._file.open("ab") as sink:
            done = subprocess.run(
                words, cwd=cwd, env=env, check=False, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT
            )
        return done.returncode


def _one(code: int) -> Outcome:
    return Outcome(passed=int(code == 0), failed=int(code != 0))


def _module(*words: str) -> Run:
    return lambda shell: _one(shell.call(sys.executable, "-m", *words))


def _pytest(*arguments: str, workers: int) -> Run:
    """Run pytest in processes of its own; a run that broke off counts as one failure more."""

    def run(shell: Shell) -> Outcome:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder, "report.xml")
            words = [*arguments, f"--numprocesses={workers}", "--dist=loadgroup", f"--junit-xml={report}", "--quiet"]
            code = shell.call(sys.executable, "-m", "pytest", *words)
            if not report.exists():
                return Outcome(0, 1)
            suite = ET.parse(report).getroot().find("testsuite")  # noqa: S314 - what pytest has just written
        counts = {} if suite is None else suite.attrib
        total, skipped = int(counts.get("tests", 0)), int(counts.get("skipped", 0))
        failed = int(counts.get("failures", 0)) + int(counts.get("errors", 0))
        broke_off = code not in (0, SOME_FAILED) or (code == SOME_FAILED and failed == 0)
        return Outcome(max(0, total - failed - skipped), failed + broke_off, skipped)

    return run


def _install_packages(shell: Shell) -> Outcome:
    """The JavaScript tools, from the lock; the present ones are kept where the lock has not changed since."""
    lock, installed = JS / "package-lock.json", JS / "node_modules" / ".package-lock.json"
    complete = (JS / "node_modules" / "vitest").exists() and installed.stat().st_mtime >= lock.stat().st_mtime
    if complete:
        return Outcome(1, 0)
    tools = wheel_node()
    return _one(shell.call(*tools.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=JS, env=tools.env()))


def _js(script: str, *arguments: str) -> Run:
    """Run a Node.js script; the wheel's node is new enough for every tool, PATH's may not be."""

    def run(shell: Shell) -> Outcome:
        tools = wheel_node()
        return _one(shell.call(*tools.node, script, *arguments, cwd=JS, env=tools.env()))

    return run


def _vitest(shell: Shell) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        words = ("run", "--reporter=default", "--reporter=json", f"--outputFile.json={report}")
        ran = _js("node_modules/vitest/vitest.mjs", *words)(shell)
        if not report.exists():
            return Outcome(0, 1)
        told = json.loads(report.read_text(encoding="utf-8"))
    failed = int(told["numFailedTests"])
    return Outcome(int(told["numPassedTests"]), failed or ran.failed)


def _chromium(shell: Shell) -> Outcome:
    """Make sure that there is a browser for the tests."""
    if shutil.which("chromium"):
        return Outcome(1, 0)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        shell.say("The browser tests need `chromium` on PATH; on Debian: apt-get install chromium")
        return Outcome(0, 1)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    shell.call("apt-get", "update", "-q", env=env)
    return _one(shell.call("apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium", env=env))


def _browser_tests(shell: Shell) -> Outcome:
    # Playwright leaves a loop running in its main thread, which pytest-asyncio cannot share: so, processes of its own.
    return _pytest(*BROWSER, workers=2)(shell) if shutil.which("chromium") else Outcome(0, 1)


def preparations() -> Sequence[Check]:
    """What several parts stand on. The bundles among them: nothing else may read them while they are written."""
    return (
        Check("js", "npm ci", _install_packages),
        Check("js", "bundles", _js("build.mjs")),
        Check("js", "demo page", _js("build.mjs", "--demo")),
        Check("browser", "chromium", _chromium),
    )


def parts() -> Sequence[Part]:
    """Every part. What is named in no other one belongs to `unit`."""
    elsewhere = [f"--ignore={path}" for path in (*GATEWAY, *KERNELS, *PACKAGE, *BROWSER, "tests/benchmarks")]
    javascript = (
        Check("js", "biome", _js(BIOME, "ci", "--error-on-warnings", ".")),
        Check("js", "tsc", _js("node_modules/typescript/bin/tsc", "--noEmit")),
        Check("js", "vitest", _vitest),
    )
    linters = (
        Check("lint", "ruff check", _module("ruff", "check", ".")),
        Check("lint", "ruff format", _module("ruff", "format", "--check", ".")),
        Check("lint", "mypy", _module("mypy")),
    )

    def tests(part: str, *arguments: str, workers: int) -> Sequence[Check]:
        return (Check(part, "pytest", _pytest(*arguments, workers=workers)),)

    return (
        Part("browser", (Check("browser", "pytest", _browser_tests),), ("npm ci", "chromium")),
        Part("gateway", tests("gateway", *GATEWAY, workers=CORES + 1)),  # one of them waits for hanging libraries
        Part("unit", tests("unit", "tests", *elsewhere, workers=CORES)),
        Part("lint", linters),
        Part("kernels", tests("kernels", *KERNELS, workers=CORES)),
        Part("js", javascript, ("npm ci", "bundles", "demo page")),
        Part("package", tests("package", *PACKAGE, workers=0), ("npm ci",)),
    )


@dataclass
class Report:
    """What has ended so far, told as it does, check by check and never mixed."""

    alone: bool
    """One thing at a time: what it writes is shown as it comes."""
    rows: list[Row] = field(default_factory=list)
    stopped: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, checks: Sequence[Check]) -> None:
        """One check after another."""
        for check in checks:
            if not self.stopped:
                self._run(check)

    def _run(self, check: Check) -> None:
        title, started = f"{check.part}: {check.name}", time.monotonic()
        if self.alone:
            print(f"\n=== {title} ===", flush=True)
            outcome = check.run(Shell())
            self.rows.append(Row(check, outcome, time.monotonic() - started))
            return
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder, "log")
            log.touch()
            with self._lock:
                print(f"--- {title} begins", flush=True)
            outcome = check.run(Shell(log))
            row = Row(check, outcome, time.monotonic() - started)
            with self._lock:
                self.rows.append(row)
                print(f"\n=== {title} ===\n{log.read_text(encoding='utf-8', errors='replace').rstrip()}\n", flush=True)

    def summary(self, seconds: float) -> str:
        """A line for each check, and the sums in the last one."""
        lines = [f"\n=== summary, after {seconds:.0f} s ==="]
        for row in self.rows:
            verdict = "FAILED" if row.outcome.failed else "ok"
            counts = f"{row.outcome.passed} passed, {row.outcome.failed} failed, {row.outcome.skipped} skipped"
            lines.append(f"{row.check.part:8} {row.check.name:12} {verdict:7} {counts:42} {row.seconds:6.1f} s")
        lines.append(f"{sum(row.outcome.passed for row in self.rows)} passed, {self.failed()} failed")
        return "\n".join(lines)

    def failed(self) -> int:
        return sum(row.outcome.failed for row in self.rows)


def main() -> int:
    """Run the parts that were asked for, print a table and one last line with the sums."""
    every = parts()
    names = [part.name for part in every]
    parser = argparse.ArgumentParser(prog="python -m tests", description="Run every check of the project.")
    parser.add_argument("parts", nargs="*", choices=[[], *names], metavar="|".join(names), help="default: all")
    asked = parser.parse_args().parts or names
    wanted = [part for part in every if part.name in asked]
    first = {name for part in wanted for name in part.first}
    started = time.monotonic()
    report = Report(alone=True)
    report.run([check for check in preparations() if check.name in first])
    report.alone = len(wanted) == 1
    with ThreadPoolExecutor(AT_A_TIME) as lanes:
        running = [lanes.submit(report.run, part.checks) for part in wanted]
        try:
            for lane in running:
                lane.result()
        except KeyboardInterrupt:
            report.stopped = True  # the commands were interrupted as well, by the same key
            raise
    print(report.summary(time.monotonic() - started), flush=True)
    return 1 if report.failed() else 0


if __name__ == "__main__":
    sys.exit(main())
