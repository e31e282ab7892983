"""The gateway on the command line: prints how to point clients at it, then one line per request."""

from __future__ import annotations

import argparse
import logging
import sys
from typing import TYPE_CHECKING

from .engine_work import EngineWork
from .keys import Keys, cell_lines, shell_lines
from .server import serve
from .work import TimedWork, Work

if TYPE_CHECKING:
    from collections.abc import Sequence

LINE = "%(asctime)s %(message)s"


def run(
    host: str = "127.0.0.1",
    port: int = 8790,
    *,
    work: Work | None = None,
    keys: Keys | None = None,
    slots: int = 2,
    queue_limit: int = 100,
) -> None:
    """Serve until interrupted, writing to the terminal. Blocks. Raises what `serve` raises."""
    with serve(work=work, host=host, port=port, keys=keys, slots=slots, queue_limit=queue_limit) as gateway:
        env = gateway.env()
        sys.stdout.write(
            f"ipyimagegen gateway at {gateway.url} (help page: {gateway.url}/)\n\n"
            f"# in a shell\n{shell_lines(env)}\n\n# in a notebook cell\n{cell_lines(env)}\n\n"
        )
        sys.stdout.flush()
        try:
            gateway.wait()
        except KeyboardInterrupt:
            sys.stdout.write("stopped\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Read the command line and serve. Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="ipyimagegen gateway",
        description="A local server that speaks the protocols of SpeedPix, OpenPixels, Segmind and inference.sh.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="an address of this machine (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8790, help="0 takes any free one (default: %(default)s)")
    parser.add_argument("--slots", type=int, default=2, help="jobs at a time per service (default: %(default)s)")
    parser.add_argument("--queue-limit", type=int, default=100, help="jobs that may wait (default: %(default)s)")
    parser.add_argument(
        "--seconds", type=float, help="do not paint: every job takes this long, and gives a grey picture"
    )
    parser.add_argument("--quiet", action="store_true", help="no line per request")
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format=LINE, datefmt="%H:%M:%S")
    logging.getLogger("ipyimagegen.gateway").setLevel(logging.WARNING if options.quiet else logging.INFO)
    try:
        work: Work = EngineWork() if options.seconds is None else TimedWork(options.seconds)
        run(options.host, options.port, work=work, slots=options.slots, queue_limit=options.queue_limit)
    except (ValueError, OSError) as error:
        sys.stderr.write(f"ipyimagegen gateway: {error}\n")
        return 1
    return 0
