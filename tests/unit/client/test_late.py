"""Pictures that are asked for after the main thread has ended: they are made, or one clear error comes at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import asyncio, atexit, sys, threading

def paint(who):
    try:
        print(who, len(ig.run("local/sketch", prompt=who, width=64, height=64, num_inference_steps=1).images))
    except BaseException as error:
        print(who, type(error).__name__)

async def paint_async():
    print("async", len((await ig.async_run("local/sketch", prompt="x", width=64, height=64)).images))

class Deleted:
    def __del__(self):
        paint("deleted")

atexit.register(paint, "handler before")
import ipyimagegen as ig
atexit.register(paint, "handler")
deleted = Deleted()
deleted.itself = deleted  # deleted by the end of the interpreter only

def after_main(work, *arguments):
    main_has_ended.wait()
    work(*arguments)

main_has_ended = threading.Event()
# What Python calls before it waits for threads; a thread pool is waited for from there too.
call_at_the_end = threading._register_atexit
"""
PLAIN = """
call_at_the_end(main_has_ended.set)
threading.Thread(target=after_main, args=(paint, "thread")).start()
threading.Thread(target=after_main, args=(asyncio.run, paint_async())).start()
"""
POOL = """
paint("main")
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(1)
pool.submit(after_main, paint, "pool")
pool.submit(paint, "pool, next")
call_at_the_end(main_has_ended.set)
"""


@pytest.mark.parametrize(
    ("script", "painted"),
    [(PLAIN, {"thread", "async"}), (POOL, {"main", "pool", "pool, next"})],
    ids=["threads that are the first to use it", "a pool"],
)
def test_python_waits_for_these_and_their_pictures_are_made(tmp_path: Path, script: str, painted: set[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", SCRIPT + script],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "IPYIMAGEGEN_HOME": str(tmp_path)},
    )
    assert "" == done.stderr
    *first, before, deleted = done.stdout.splitlines()
    assert {f"{who} 1" for who in {*painted, "handler"}} == set(first)
    assert ["handler before ShuttingDown", "deleted ShuttingDown"] == [before, deleted]
