"""The command `ipyimagegen`."""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .core.errors import ImagegenError
from .core.version import VERSION
from .media.artifacts import in_bytes
from .notebook.text import at, cut, rows, table

if TYPE_CHECKING:
    from .history import Row
    from .history.keeping import Check, Size
    from .history.portable import Imported

EXAMPLES = Path(__file__).parent / "notebook" / "examples"
"""Where the wheel carries the notebooks."""
CHECKOUT = Path(__file__).parents[2] / "notebooks"
"""Where an editable install finds them."""
QUICKSTART = "01-quickstart.ipynb"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. Errors of ours are one line on stderr."""
    parser = argparse.ArgumentParser(
        prog="ipyimagegen", description="The notebook's workbench for image generation.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"ipyimagegen {VERSION}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    lab = commands.add_parser("lab", help="open JupyterLab on the quickstart notebook", allow_abbrev=False)
    lab.add_argument("--folder", type=Path, help="where the notebooks are put (default: ./ipyimagegen-notebooks)")
    lab.add_argument("--no-browser", action="store_true", help="do not open a browser; print the address")
    lab.add_argument("--port", type=int, help="the port of the server (default: a free one from 8888 on)")
    lab.set_defaults(call=_lab)

    models = commands.add_parser("models", help="list the models that are known", allow_abbrev=False)
    models.add_argument("query", nargs="*", help="words that the name or description must have")
    models.set_defaults(call=_models)

    jobs = commands.add_parser("jobs", help="list the jobs in the journal, newest first", allow_abbrev=False)
    jobs.add_argument("query", nargs="*", help="words that the model, the prompt or the id must have")
    jobs.add_argument("--open", action="store_true", help="only those that were sent and not collected")
    jobs.add_argument("--limit", type=count, default=20, help="how many (default: %(default)s)")
    jobs.set_defaults(call=_jobs)

    _add_history(commands)

    attach = commands.add_parser(
        "attach",
        help="wait for a job of any session, and save its pictures",
        description="Wait for a job of any session, and save its pictures. Sends nothing; Ctrl+C cancels the job.",
        allow_abbrev=False,
    )
    attach.add_argument("job", help="its id, or the start of one")
    attach.add_argument("--save", default=".", metavar="PATTERN", help="a folder, or a path such as 'out/{seed}.png'")
    attach.add_argument("--quiet", action="store_true", help="show no progress")
    attach.set_defaults(call=_attach)

    pages = commands.add_parser("help", help="print a help page; alone: which there are", allow_abbrev=False)
    pages.add_argument("topic", nargs="?", default="", help="such as files, keys, proxies, money")
    pages.set_defaults(call=_help)

    gateway = commands.add_parser(
        "gateway", help="serve the four services' protocols over the embedded engine", add_help=False
    )
    gateway.set_defaults(call=_gateway)

    options, rest = parser.parse_known_args(argv)
    if rest and options.command != "gateway":
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    options.rest = rest
    try:
        status: int = options.call(options)
    except ImagegenError as error:
        print(f"ipyimagegen: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return status


def _lab(options: argparse.Namespace) -> int:
    if importlib.util.find_spec("jupyterlab") is None:
        print("ipyimagegen: JupyterLab is not installed; run: pip install 'ipyimagegen[lab]'", file=sys.stderr)
        return 1
    folder = place_notebooks(options.folder)
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"]
    command += [f"--LabApp.default_url=/lab/tree/{QUICKSTART}"]
    command += ["--no-browser"] if options.no_browser else []
    command += [f"--port={options.port}"] if options.port else []
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    print(f"notebooks: {folder}", flush=True)
    if os.name != "nt":
        os.execv(sys.executable, command)  # noqa: S606 (JupyterLab takes this process's place, and its signals)
    return subprocess.call(command)


def place_notebooks(folder: Path | None = None) -> Path:
    """The folder with the notebooks: a checkout's own, else a copy that the user may change. Overwrites nothing."""
    if folder is None and (CHECKOUT / QUICKSTART).is_file():
        return CHECKOUT
    source = EXAMPLES if (EXAMPLES / QUICKSTART).is_file() else CHECKOUT
    target = (folder or Path("ipyimagegen-notebooks")).expanduser().resolve()
    target.mkdir(parents=True, exist_ok=True)
    for notebook in sorted(source.glob("*.ipynb")):
        if not (target / notebook.name).exists():
            shutil.copyfile(notebook, target / notebook.name)
    return target


def _models(options: argparse.Namespace) -> int:
    from .api import models

    found = models(" ".join(options.query))
    width = max((len(spec.id) for spec in found), default=0)
    for spec in found:
        print(f"{spec.id:<{width}}  {spec.title or spec.description}".rstrip())
    if not found:
        print("no model matches; run `ipyimagegen models` for all of them", file=sys.stderr)
    return 0 if found else 1


def count(text: str) -> int:
    """A whole number, 1 or more. Raises `ValueError`."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _jobs(options: argparse.Namespace) -> int:
    from .history import journal

    found = journal().rows(" ".join(options.query), limit=options.limit, open_only=options.open)
    if not found:
        print("no job matches" if options.query else "no open jobs" if options.open else "no jobs yet", file=sys.stderr)
        return 1
    print(table(("job", "made", "model", "state", "prompt"), map(_job_row, found)))
    if any(row.is_open for row in found):
        print("\ncollect an open one: ipyimagegen attach JOB")
    return 0


def _job_row(row: Row) -> tuple[str, ...]:
    state = "open" if row.is_open else "not known to be sent" if row.phase == "preparing" else row.phase
    return row.id, at(row.created), f"{row.service}/{row.model}", state, cut(" ".join(row.prompt.split()), 40)


def _add_history(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    history = commands.add_parser(
        "history",
        help="find what was made; export, import, check and clear it",
        description="List the results that have every word, newest first; or do one thing with the history.",
        allow_abbrev=False,
    )
    history.add_argument("query", nargs="*", help="words of the prompt, model, id, tags or note; accents do not count")
    history.add_argument("--model", help="a part of the model's name")
    history.add_argument("--since", help="such as 7d, monday, 2026-11-28")
    history.add_argument("--until", help="as --since; a day is meant to its end")
    history.add_argument("--cost", help="in US dollars, such as '>0.1', free, unknown")
    history.add_argument("--tag", action="append", help="a tag that they must have")
    history.add_argument("--star", action="store_const", const=True, help="only those with a star")
    history.add_argument("--sort", choices=("newest", "oldest", "cheapest", "dearest", "model"), default="newest")
    history.add_argument("--limit", type=count, help="how many (default: 20 are listed, all are exported)")
    act = history.add_mutually_exclusive_group()
    act.add_argument("--size", action="store_true", help="where the history is, and what it takes")
    act.add_argument("--verify", action="store_true", help="whether all files are as they came; reads every one")
    act.add_argument("--export", metavar="FILE", type=Path, help="write what is found, or all, to a new zip file")
    act.add_argument("--import", metavar="FILE", type=Path, dest="archive", help="take in what another one exported")
    act.add_argument("--clear", metavar="AGE", help="forget what is older, such as 30d, and has no star; for good")
    act.add_argument("--close", metavar="JOB", help="call a job failed that nobody will collect")
    act.add_argument("--delete", metavar="JOB", help="forget one job with its files; for good")
    history.set_defaults(call=_history)


def _history(options: argparse.Namespace) -> int:
    from .history.library import EVERY, history

    names = ("model", "since", "until", "cost", "tag", "sort")
    filters = {name: getattr(options, name) for name in names} | {"starred": options.star}
    words = " ".join(options.query)
    if options.export is not None:
        path = history.export(options.export, words, limit=options.limit or EVERY, **filters)
        print(f"{path}: {in_bytes(path.stat().st_size)}")
    elif options.archive is not None:
        return _imported(history.import_(options.archive))
    elif options.size:
        print(_size(history.size(), history.folder))
    elif options.verify:
        return _verified(history.verify(contents=True))
    elif options.clear is not None:
        before = history.size().bytes
        jobs = history.clear(older_than=options.clear)
        freed = in_bytes(max(0, before - history.size().bytes))
        print(f"{jobs} {'job' if jobs == 1 else 'jobs'} forgotten, {freed} freed")
    elif options.close is not None:
        print("closed" if history.close(options.close) else "it had an end already")
    elif options.delete is not None:
        print(f"{history.delete(options.delete)} job forgotten")
    else:
        found = history.listed(words, limit=options.limit or 20, **filters)
        if not found:
            print("no result matches" if words or options.limit else "no results yet", file=sys.stderr)
            return 1
        print(table(("job", "made", "model", "cost", "prompt"), found))
    return 0


def _imported(done: Imported) -> int:
    print(f"{done.jobs} results with {done.files} files taken in; {done.known} were here already")
    for problem in done.problems:
        print(problem, file=sys.stderr)
    return 1 if done.problems else 0


def _size(size: Size, folder: Path) -> str:
    parts = {
        "results": f"{size.results:,} of {size.jobs:,} jobs",
        "files": f"{size.files:,}, {in_bytes(size.files_bytes)}",
        "database": in_bytes(size.database_bytes),
        "inputs of forms": in_bytes(size.inputs_bytes),
        "earlier copies": in_bytes(size.copies_bytes),
        "in all": in_bytes(size.bytes),
        "in": str(folder),
    }
    return rows(parts.items(), indent=0)


def _verified(check: Check) -> int:
    for what, files in (("missing", check.missing), ("changed", check.changed)):
        for job, path in files:
            print(f"{what}  {job}  {path}")
    for path in check.unknown:
        print(f"of no job  {path}")
    for fault in check.database:
        print(f"database  {fault}")
    print("every file is as it came" if check.ok else "not all is as it came")
    return 0 if check.ok else 1


def _attach(options: argparse.Namespace) -> int:
    from .api import watching
    from .jobs.session import default_client

    client = default_client()
    job = client.attach(options.job)
    with watching(job, quiet=options.quiet, blocking=True):
        result = client.finish(job)
    if result.text:
        print(result.text)
    print(result.summary)
    for path in result.save(options.save, metadata=client.settings.metadata):
        print(path)
    return 0


def _help(options: argparse.Namespace) -> int:
    from .help import page, topics

    print(page(options.topic) if options.topic else f"{rows(topics().items())}\n\nread one: ipyimagegen help TOPIC")
    return 0


def _gateway(options: argparse.Namespace) -> int:
    if importlib.util.find_spec("starlette") is None or importlib.util.find_spec("uvicorn") is None:
        print("ipyimagegen: the gateway is an extra; run: pip install 'ipyimagegen[gateway]'", file=sys.stderr)
        return 1
    from .gateway import main as gateway_main

    status: int = gateway_main(options.rest)
    return status


if __name__ == "__main__":
    raise SystemExit(main())
