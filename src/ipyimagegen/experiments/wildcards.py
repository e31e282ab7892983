"""Wildcard folders: what `__name__` in a template may stand for, in the files that other tools keep.

`colours.txt` has an option a line (`#` begins a comment line); YAML and JSON files have lists under keys, and
`artists: {dutch: […]}` is `__artists/dutch__`. A file is only read when a template names something in it.
"""

from __future__ import annotations

import difflib
import fnmatch
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from ..core.errors import InvalidInput, capped
from ..core.foreign import shown
from ..media.names import expanded
from ..settings.home import home

Wildcards = Mapping[str, Sequence[str]] | str | os.PathLike[str] | None
"""A folder, or the options by name; `None`: the folder `wildcards` here or, where there is none, in the home folder."""

MAX_FILES = 10_000
MAX_FILE_BYTES = 16_000_000
MAX_ENTRIES = 200_000
MAX_DEPTH = 32
SUFFIXES = (".txt", ".json", ".yaml", ".yml")
_GLOB = frozenset("*?")


@dataclass(frozen=True, slots=True)
class Entry:
    """One option, and where it stands, for messages."""

    text: str
    place: str = ""


@dataclass(slots=True)
class Library:
    """The options by name, read when they are asked for."""

    given: Mapping[str, Sequence[str]] | None = None
    folder: Path | None = None
    _files: dict[str, Path] = field(default_factory=dict)
    _lists: dict[str, list[Entry]] = field(default_factory=dict)
    _all_read: bool = False

    def __post_init__(self) -> None:
        if self.given is not None:
            for name, texts in self.given.items():
                if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
                    raise InvalidInput(f"wildcards: {shown(name)} is not a list of texts")
                self._lists[str(name)] = [Entry(text) for text in texts]
        elif self.folder is not None:
            for path in _files(self.folder):
                self._files.setdefault(path.relative_to(self.folder).with_suffix("").as_posix(), path)

    def find(self, name: str) -> list[Entry]:
        """The options of a wildcard, or of all that its `*` stands for; `[]` where there is none of that name."""
        path = self._files.get(name)
        if name not in self._lists and path is not None and path.suffix.lower() == ".txt":
            self._lists[name] = _lines(path)
        if name in self._lists:
            return self._lists[name]
        self._read_all()
        if not _GLOB & set(name):
            return self._lists.get(name, [])
        found = sorted(other for other in self._lists if _matches(other, name))
        return [entry for other in found for entry in self._lists[other]]

    def missing(self, name: str) -> str:
        """Why there is no wildcard of that name, and what to do."""
        self._read_all()
        near = difflib.get_close_matches(name, self._lists, n=1, cutoff=0.6)
        hint = f"; did you mean __{near[0]}__?" if near else ""
        if self.given is not None:
            return f"no wildcard {name!r} among those given{hint}"
        if self.folder is None:
            return f"no wildcard {name!r}: there is no folder 'wildcards' here; give one with wildcards='folder'"
        unread = [path.name for path in self._files.values() if path.suffix.lower() in (".yaml", ".yml")]
        if unread and _yaml() is None:
            hint += f"; {unread[0]} was not read, as PyYAML is not installed: pip install pyyaml"
        return f"no wildcard {name!r} in {str(self.folder)!r}{hint}"

    def _read_all(self) -> None:
        if self._all_read:
            return
        self._all_read = True
        for name, path in self._files.items():
            if path.suffix.lower() == ".txt":
                self._lists.setdefault(name, _lines(path))
            else:
                for inner, entries in _structured(path, name):
                    self._lists.setdefault(inner, []).extend(entries)


def library(source: Wildcards) -> Library:
    """The wildcards in a folder, or those given. Raises `InvalidInput` for a folder that is not there."""
    if isinstance(source, Mapping):
        return Library(given=source)
    if source is None:
        places = (Path("wildcards"), home() / "wildcards")
        return Library(folder=next((place for place in places if place.is_dir()), None))
    folder = expanded(source)
    if not folder.is_dir():
        raise InvalidInput(f"wildcards: {str(folder)!r} is no folder")
    return Library(folder=folder)


def _matches(name: str, pattern: str) -> bool:
    """As a path: `*` stays within a folder, `**` goes on into those below."""
    wanted, parts = pattern.split("/"), name.split("/")
    if wanted[-1] == "**":
        wanted, parts = wanted[:-1], parts[: len(wanted) - 1] if len(parts) >= len(wanted) else []
        if not wanted:
            return True
    return len(wanted) == len(parts) and all(map(fnmatch.fnmatchcase, parts, wanted))


def _files(folder: Path) -> Iterator[Path]:
    found = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES and path.is_file())
    for number, path in enumerate(found):
        if number == MAX_FILES:
            raise InvalidInput(f"wildcards: {str(folder)!r} has more than {MAX_FILES:,} files")
        yield path


def _lines(path: Path) -> list[Entry]:
    return [
        Entry(line.strip(), f"{path.name}, line {number}")
        for number, line in enumerate(_text(path).splitlines(), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InvalidInput(f"wildcards: {path.name} is larger than {MAX_FILE_BYTES / 1e6:.0f} MB")
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"wildcards: {path.name} is not UTF-8 text ({error.reason} at byte {error.start:,})"
        ) from error
    except OSError as error:
        raise InvalidInput(f"wildcards: cannot read {path.name}: {error.strerror or error}") from error


def _yaml() -> Any:
    try:
        return import_module("yaml")
    except ImportError:
        return None


def _structured(path: Path, name: str) -> Iterator[tuple[str, list[Entry]]]:
    """The lists in a YAML or JSON file, by their keys, and under the file's name too, where they may stand as well."""
    text = _text(path)
    if path.suffix.lower() == ".json":
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InvalidInput(f"wildcards: {path.name} is not JSON: {capped(str(error), 200)}") from error
    else:
        yaml = _yaml()
        if yaml is None:
            return
        try:
            data = yaml.safe_load(text)
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            raise InvalidInput(f"wildcards: {path.name} is not YAML: {capped(str(error), 300)}") from error
    left = MAX_ENTRIES
    for keys, texts in _walk(data, ()):
        left -= len(texts)
        if left < 0:
            raise InvalidInput(f"wildcards: {path.name} has more than {MAX_ENTRIES:,} options")
        entries = [Entry(text, f"{path.name}, {'/'.join(keys) or 'list'}") for text in texts]
        yield "/".join((name, *keys)), entries
        if keys:
            yield "/".join(keys), entries


def _walk(data: Any, keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Lists of texts or numbers; whatever else stands there is not for templates, and passed over."""
    if isinstance(data, list):
        texts = [str(value).strip() for value in data if isinstance(value, str | int | float)]
        if texts:
            yield keys, texts
    elif isinstance(data, dict) and len(keys) < MAX_DEPTH:
        for key, value in data.items():
            yield from _walk(value, (*keys, str(key)))
