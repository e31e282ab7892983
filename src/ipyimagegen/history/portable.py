"""A part of the history as one zip file, for another machine: results with their files, marks and records.

An archive is foreign data: nothing in it is a path, an address to fetch from, or a job to collect. A file is taken in
under the hash of what it holds, never under a name from the archive, and no more is read of it than its row says.
"""

from __future__ import annotations

import json
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import IO, Any

from ..core.errors import ImagegenError, InvalidInput, StorageError, capped
from ..core.version import VERSION
from .database import Database
from .files import Files
from .rows import ENDED, writable
from .words import fold

FORMAT = 1
MANIFEST, JOBS, FILES = "history.json", "jobs.jsonl", "files"
MAX_LINE = 16 << 20
"""One job with its parameters, in bytes."""
CHUNK = 200
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TEXTS = ("service", "model", "prompt", "error", "text")
_MAPPINGS = ("asked", "sent", "facts")
_SECONDS = ("submitted", "ended", "queue_s", "run_s", "fetch_s", "total_s")
_OUTPUT_TEXTS = ("name", "media_type", "url", "filename", "error")
_INPUT = ("name", "place", "sha256", "media_type", "filename", "size")
_OUTPUT_SIZES = ("width", "height", "size")
_DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError)
"""What `zipfile` raises for files that are damaged, encrypted, or packed in a way that it does not know."""
NOT_IN_ARCHIVE = "its file was not in the archive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an archive has brought. `known` jobs were here already; `problems` says what could not be taken."""

    jobs: int = 0
    known: int = 0
    files: int = 0
    problems: tuple[str, ...] = field(default=())


class Moving(Database):
    """Export and import. Both block, for a read or a write of every file."""

    files: Files

    def export(self, target: Path, jobs: Sequence[str]) -> int:
        """Write these jobs with their files to a new zip file. Returns how many. Raises `StorageError`."""
        count = 0
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as sink:
                try:
                    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
                        count = self._export(archive, jobs)
                except BaseException:
                    target.unlink(missing_ok=True)
                    raise
        except FileExistsError as error:
            raise StorageError(f"{target} is there already; name another file") from error
        except OSError as error:
            if isinstance(error, StorageError):
                raise
            raise StorageError(f"cannot write {target}: {error.strerror or error}") from error
        return count

    def _export(self, archive: zipfile.ZipFile, jobs: Sequence[str]) -> int:
        about = {"ipyimagegen_history": FORMAT, "made": datetime.now(UTC).isoformat(), "software": VERSION}
        archive.writestr(MANIFEST, json.dumps(about))
        written: set[str] = set()
        lines: list[str] = []
        for start in range(0, len(jobs), CHUNK):
            for job in self._ask(self._portable, list(jobs[start : start + CHUNK])):
                lines.append(json.dumps(job))
                for output in job["outputs"]:
                    path = self.files.path(output["sha256"], output["media_type"])
                    if output["sha256"] and path.name not in written and path.is_file():
                        archive.write(path, f"{FILES}/{path.parent.name}/{path.name}")
                        written.add(path.name)
        archive.writestr(JOBS, "\n".join(lines), zipfile.ZIP_DEFLATED)
        return len(lines)

    def _portable(self, jobs: list[str]) -> list[dict[str, Any]]:
        """Jobs as plain data. Tickets stay here: they are for the account that sent the job."""
        among, values = "IN (SELECT value FROM json_each(?))", (json.dumps(jobs),)
        with self._open() as connection:
            found = {
                row["id"]: _of_job(row) for row in connection.execute(f"SELECT * FROM jobs WHERE id {among}", values)
            }
            outputs = (
                "SELECT outputs.*, coalesce(note, '') AS note FROM outputs LEFT JOIN output_notes USING (job, place)"
                f" WHERE outputs.job {among} ORDER BY place"
            )
            for row in connection.execute(outputs, values):
                found[row["job"]]["outputs"].append({key: row[key] for key in row.keys() if key != "job"})  # noqa: SIM118
            for row in connection.execute(f"SELECT job, tag FROM tags WHERE job {among} ORDER BY folded", values):
                found[row["job"]]["tags"].append(row["tag"])
            for row in connection.execute(f"SELECT job, text FROM notes WHERE job {among}", values):
                found[row["job"]]["note"] = row["text"]
            for row in connection.execute(f"SELECT * FROM job_inputs WHERE job {among} ORDER BY name, place", values):
                found[row["job"]]["inputs"].append({key: row[key] for key in _INPUT})
            for row in connection.execute(f"SELECT * FROM job_records WHERE job {among}", values):
                found[row["job"]] |= {"record": row["record"], "changes": row["changes"]}
        return [found[job] for job in jobs if job in found]

    def import_(self, source: Path) -> Imported:
        """Take in the jobs of an archive that are not here yet; what was taken in before an error stays.

        Raises `InvalidInput` for what is no archive of ours, and `StorageError`.
        """
        done = Imported()
        try:
            with zipfile.ZipFile(source) as archive:
                _check(archive, source)
                with archive.open(JOBS) as lines:
                    for line in _lines(lines):
                        done = self._take(archive, line, done)
        except (*_DAMAGED, KeyError) as error:
            if isinstance(error, ImagegenError):
                raise
            raise InvalidInput(f"{source} is no archive of a history: {capped(str(error), 200)}") from error
        except OSError as error:
            if isinstance(error, StorageError):
                raise
            raise StorageError(f"cannot read {source}: {error.strerror or error}") from error
        return done

    def _take(self, archive: zipfile.ZipFile, line: bytes, done: Imported) -> Imported:
        try:
            job = _read(line)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            return replace(done, problems=(*done.problems, f"a job that cannot be read: {capped(str(error), 200)}"))
        if self._ask(self._has, job["row"]["id"]):
            return replace(done, known=done.known + 1)
        files = 0
        for output in job["outputs"]:
            if output["sha256"]:
                problem = self._take_file(archive, output)
                files += not problem
                if problem:
                    output |= {"error": output["error"] or problem, "sha256": ""}
                    done = replace(done, problems=(*done.problems, f"{job['row']['id']}: {problem}"))
        self._do(self._add_job, job).result()
        return replace(done, jobs=done.jobs + 1, files=done.files + files)

    def _take_file(self, archive: zipfile.ZipFile, output: Mapping[str, Any]) -> str:
        """Why a file could not be taken in, `""` where it is here now."""
        path = self.files.path(output["sha256"], output["media_type"])
        try:
            source = archive.open(f"{FILES}/{path.parent.name}/{path.name}")
        except KeyError:
            return "" if path.is_file() else NOT_IN_ARCHIVE
        except _DAMAGED as error:
            return f"its file in the archive cannot be opened ({capped(str(error), 100)})"
        try:
            with source:
                return self.files.take(source, output["sha256"], output["media_type"], size=output["size"])
        except _DAMAGED as error:
            return f"its file in the archive is damaged ({capped(str(error), 100)})"

    def _has(self, job: str) -> bool:
        with self._open() as connection:
            return connection.execute("SELECT 1 FROM jobs WHERE id = ?", (job,)).fetchone() is not None

    def _add_job(self, job: Mapping[str, Any]) -> None:
        row, job_id = job["row"], job["row"]["id"]
        with self._open() as connection:
            names, marks = ", ".join(row), ", ".join("?" * len(row))
            connection.execute(f"INSERT INTO jobs ({names}) VALUES ({marks})", tuple(row.values()))
            for output in job["outputs"]:
                values = {key: value for key, value in output.items() if key != "note"}
                names, marks = ", ".join(values), ", ".join("?" * len(values))
                connection.execute(
                    f"INSERT INTO outputs (job, {names}) VALUES (?, {marks})", (job_id, *values.values())
                )
                if output["note"]:
                    stored = "INSERT INTO output_notes (job, place, note) VALUES (?, ?, ?)"
                    connection.execute(stored, (job_id, output["place"], output["note"]))
            _add_marks(connection, job_id, job)


def _add_marks(connection: sqlite3.Connection, job_id: str, job: Mapping[str, Any]) -> None:
    tags = {fold(tag): tag for tag in job["tags"]}
    rows = [(job_id, tag, folded) for folded, tag in tags.items()]
    connection.executemany("INSERT INTO tags (job, tag, folded) VALUES (?, ?, ?)", rows)
    if job["note"]:
        connection.execute("INSERT INTO notes (job, text) VALUES (?, ?)", (job_id, job["note"]))
    given = f"INSERT OR IGNORE INTO job_inputs (job, url, {', '.join(_INPUT)}) VALUES (?, '', ?, ?, ?, ?, ?, ?)"
    connection.executemany(given, [(job_id, *(entry[key] for key in _INPUT)) for entry in job["inputs"]])
    if job["record"]:
        stored = "INSERT INTO job_records (job, record, changes) VALUES (?, ?, ?)"
        connection.execute(stored, (job_id, job["record"], job["changes"]))


def _of_job(row: sqlite3.Row) -> dict[str, Any]:
    kept = {"id", "phase", "created", "seed", "work", "starred", "cost", "currency", "cost_source"}
    kept |= {*_TEXTS, *_MAPPINGS, *_SECONDS}
    plain = {key: row[key] for key in row.keys() if key in kept}  # noqa: SIM118
    return {"row": plain, "outputs": [], "inputs": [], "tags": [], "note": "", "record": "", "changes": "[]"}


def _check(archive: zipfile.ZipFile, source: Path) -> None:
    about: Any = None
    with suppress(ValueError, RecursionError), archive.open(MANIFEST) as file:
        about = json.loads(file.read(100_000))
    found = about.get("ipyimagegen_history") if isinstance(about, dict) else None
    if not isinstance(found, int):
        raise InvalidInput(f"{source} is no archive of a history: it has no {MANIFEST} of ours")
    if found > FORMAT:
        raise InvalidInput(f"{source} was written by a newer version of ipyimagegen: upgrade it to read the archive")


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    while line := file.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE:
            raise InvalidInput(f"a job in the archive takes more than {MAX_LINE >> 20} MB")
        if line.strip():
            yield line


def _read(line: bytes) -> dict[str, Any]:
    """A job of an archive, each value of the type that its column has. Raises `ValueError`, `TypeError`."""
    data = json.loads(line)
    row, outputs = data["row"], data["outputs"]
    if not (isinstance(row["id"], str) and _ID.fullmatch(row["id"])):
        raise ValueError("no id")
    if row["phase"] not in ENDED:
        raise ValueError(f"job {row['id']} has not ended")
    values: dict[str, Any] = {"id": row["id"], "phase": row["phase"], "created": _seconds(row["created"]) or 0.0}
    values |= {name: _text(row.get(name, "")) for name in _TEXTS}
    values |= {name: _mapping(row.get(name, "{}")) for name in _MAPPINGS}
    values |= {name: _seconds(row.get(name)) for name in _SECONDS}
    values |= {
        "work": _seconds(row.get("work")) or 1.0,
        "seed": _seed(row.get("seed")),
        "starred": int(bool(row["starred"])),
    }
    values |= _money(row)
    return {
        "row": values,
        "outputs": [_output(place, output) for place, output in enumerate(outputs)],
        "inputs": [_input(entry) for entry in data.get("inputs", [])],
        "tags": [_text(tag)[:100] for tag in data["tags"] if tag],
        "note": _text(data["note"])[:20_000],
        "record": _text(data["record"]),
        "changes": _text(data["changes"]),
    }


def _output(place: int, data: Mapping[str, Any]) -> dict[str, Any]:
    sha256 = data["sha256"]
    if sha256 and not _SHA256.fullmatch(sha256):
        raise ValueError("a file without a hash")
    sizes = {name: data[name] for name in _OUTPUT_SIZES}
    if any(type(size) is not int or not 0 <= size < 2**62 for size in sizes.values()):
        raise ValueError("a file without a size")
    texts = {name: _text(data[name]) for name in _OUTPUT_TEXTS}
    return {
        "place": place,
        **texts,
        **sizes,
        "sha256": sha256,
        "seed": _seed(data["seed"]),
        "note": _text(data["note"]),
    }


def _input(data: Mapping[str, Any]) -> dict[str, Any]:
    sha256, numbers = _text(data["sha256"]), {name: data[name] for name in ("place", "size")}
    if sha256 and not _SHA256.fullmatch(sha256):
        raise ValueError("an input without a hash")
    if any(type(number) is not int or not 0 <= number < 2**62 for number in numbers.values()):
        raise ValueError("an input without a size")
    return {**{name: _text(data[name]) for name in ("name", "media_type", "filename")}, **numbers, "sha256": sha256}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is none")
    return writable(value)


def _mapping(value: object) -> str:
    text = _text(value)
    if not isinstance(json.loads(text), dict):
        raise TypeError("parameters are none")
    return text


def _seconds(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
        raise TypeError("a time is none")
    return float(value)


def _seed(value: object) -> int | None:
    return value if type(value) is int and abs(value) < 2**63 else None


def _money(row: Mapping[str, Any]) -> dict[str, str | None]:
    source = row.get("cost_source")
    known = source if source in ("charged", "quoted", "estimated", "free") else None
    with suppress(InvalidOperation, TypeError):
        amount = None if row.get("cost") is None else Decimal(_text(row["cost"]))
        if amount is None or (amount.is_finite() and abs(amount) < 10**12):
            currency = _text(row.get("currency") or "USD")[:20]
            return {"cost": None if amount is None else str(amount), "currency": currency, "cost_source": known}
    return {"cost": None, "currency": "USD", "cost_source": None}
