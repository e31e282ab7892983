"""Searching a history of 100,000 results: ``python -m tests.benchmarks history``.

The prompts are made of 3,000 words of which some are frequent, as in a language; `p95` is over 20 searches of 100
results each, with other words or values each time. How long the index takes to make is what the first searches after an
upgrade have in their background.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import ipyimagegen as ig
from ipyimagegen.history import Journal
from ipyimagegen.history.library import LISTED
from ipyimagegen.history.query import asked

JOBS = 100_000
SEARCHES = 20
NOW = 1_790_000_000.0
FREQUENT = ("a", "of", "at", "the", "light", "detailed", "photo", "colourful")


def vocabulary(chance: random.Random) -> list[str]:
    letters = "aaabcdeeefghiijklmnooprstuuvwyzäöüéß"
    return ["".join(chance.choices(letters, k=chance.randint(4, 11))) for _ in range(3_000)]


def jobs(chance: random.Random, words: list[str]) -> Iterator[tuple[Any, ...]]:
    for number in range(JOBS):
        prompt = " ".join([*chance.choices(words, k=14), *chance.choices(FREQUENT, k=10)])
        seed = chance.randrange(2**32)
        sent = {
            "prompt": prompt,
            "seed": seed,
            "num_inference_steps": chance.choice((20, 30, 40)),
            "guidance_scale": chance.choice((5.0, 7.5)),
            "width": 1024,
            "height": 1024,
            "scheduler": f"sampler {chance.randrange(400)}",
        }
        asked_for = json.dumps({"prompt": prompt})
        model = f"model-{int(chance.paretovariate(0.7)) % 40}"
        cost = str(chance.choice((1, 2, 5))) if number % 500 == 0 else "0.02"
        at = NOW - (JOBS - number) * 300.0
        yield f"j{number:07}", model, at, prompt, seed, asked_for, json.dumps(sent), cost, int(number % 997 == 0)


def fill(folder: Path, words: list[str], chance: random.Random) -> None:
    Journal(folder).rows()
    with closing(sqlite3.connect(folder / "journal.sqlite")) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.executemany(
            "INSERT INTO jobs (id, service, model, phase, created, prompt, seed, asked, sent, cost, currency,"
            " cost_source, starred) VALUES (?, 'segmind', ?, 'succeeded', ?, ?, ?, ?, ?, ?, 'USD', 'charged', ?)",
            jobs(chance, words),
        )
        connection.execute(
            "INSERT INTO outputs SELECT id, 0, 'image', 'image/png', 1024, 1024, 1500000, id, seed, '', 'x.png', ''"
            " FROM jobs"
        )
        connection.execute("INSERT INTO tags SELECT id, 'sea', 'sea' FROM jobs WHERE rowid % 1500 = 0")
        connection.execute("INSERT INTO tags SELECT id, 'good', 'good' FROM jobs WHERE rowid % 3 = 0")
        connection.commit()


def settle(journal: Journal) -> float:
    began = time.perf_counter()
    journal._select("SELECT 1")  # everything that is open is done
    while journal._ask(journal._settled):
        pass
    return time.perf_counter() - began


def cases(words: list[str], chance: random.Random) -> dict[str, Callable[[], dict[str, Any]]]:
    def word() -> str:
        return chance.choice(words)

    return {
        "nothing: the newest": dict,
        "a word": lambda: {"query": word()},
        "two words": lambda: {"query": f"{word()} {word()}"},
        "a frequent word": lambda: {"query": chance.choice(FREQUENT[3:])},
        "a frequent word and a rare one": lambda: {"query": f"light {word()}"},
        "three letters": lambda: {"query": word()[:3]},
        "two letters": lambda: {"query": word()[:2]},
        "a word that nobody wrote": lambda: {"query": f"{word()[:4]}{word()[:4]}q"},
        "model": lambda: {"model": f"model-{chance.randrange(40)}"},
        "model, rare, with a frequent word": lambda: {"model": f"model-{chance.randrange(20, 40)}", "query": "photo"},
        "a week": lambda: {"since": NOW - 300 * chance.randrange(JOBS) - 604_800, "until": NOW},
        "cost, rare": lambda: {"cost": f">{chance.choice((1, 2, 4))}"},
        "star": lambda: {"starred": True},
        "tag, rare": lambda: {"tag": "sea"},
        "tag, frequent": lambda: {"tag": "good"},
        "seed": lambda: {"seed": chance.randrange(2**32)},
        "parameter, rare": lambda: {"params": {"scheduler": f"sampler {chance.randrange(400)}"}},
        "parameter, frequent": lambda: {"params": {"num_inference_steps": chance.choice((20, 30))}},
        "parameters and a word": lambda: {"params": {"num_inference_steps": 20, "guidance_scale": 5}, "query": word()},
        "dearest first": lambda: {"sort": "dearest"},
        "dearest with a frequent word": lambda: {"sort": "dearest", "query": "photo"},
    }


def main() -> None:
    chance = random.Random(7)  # noqa: S311 (the same history each time)
    words = vocabulary(chance)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["IPYIMAGEGEN_HOME"] = name
        fill(folder, words, chance)
        journal = Journal(folder)
        print(f"index of {JOBS:,} results: {settle(journal):.1f} s; {journal.file.stat().st_size / 1e6:.0f} MB in all")
        print(f"{'ms':36} {'median':>8} {'p95':>8} {'found':>8}")
        for label, make in cases(words, chance).items():
            times, found = [], 0
            for _ in range(SEARCHES):
                query = asked(**make())
                began = time.perf_counter()
                found += len(journal.results(query))
                times.append(time.perf_counter() - began)
            p95 = statistics.quantiles(times, n=20)[-1]
            print(f"{label:36} {statistics.median(times) * 1e3:8.1f} {p95 * 1e3:8.1f} {found // SEARCHES:8}")
        times = []
        for _ in range(SEARCHES):
            began = time.perf_counter()
            repr(ig.history)
            times.append(time.perf_counter() - began)
        p95 = statistics.quantiles(times, n=20)[-1]
        print(f"{'ig.history as a table':36} {statistics.median(times) * 1e3:8.1f} {p95 * 1e3:8.1f} {LISTED:8}")
        ig.history.journal().close()
        journal.close()


if __name__ == "__main__":
    main()
