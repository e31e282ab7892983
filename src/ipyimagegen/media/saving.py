"""Writing pictures to disk: whole or not at all, with their metadata, in the format that the suffix asks for."""

from __future__ import annotations

import filecmp
import os
import re
import secrets
import shutil
import stat
from pathlib import Path
from typing import Protocol

from ..core import scratch
from ..core.errors import InvalidInput, MediaError, StorageError
from .metadata import drop_sides, embed, has_c2pa, side_file, side_path
from .metadata.record import Level, Record
from .names import expanded, numbered, safe_name
from .pixels import decode, encode, is_moving, upright
from .sniff import RASTER, SUFFIXES, media_type_of_suffix, sniff

CONVERTIBLE = ("image/png", "image/jpeg", "image/webp")
WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
_MAX_NUMBER = 10_000
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,12}")
_Bytes = bytes


class Savable(Protocol):
    """What can be saved: an `Artifact`, whose module stands above this one."""

    @property
    def index(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def media_type(self) -> str: ...
    @property
    def filename(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def seed(self) -> int | None: ...
    @property
    def record(self) -> Record: ...
    @property
    def content(self) -> _Bytes | Path: ...
    @property
    def bytes(self) -> _Bytes: ...
    @property
    def head(self) -> _Bytes: ...
    @property
    def max_pixels(self) -> int: ...


def write_atomic(path: Path, data: bytes | Path) -> None:
    """Write a file so that it is whole, or as it was before: a temporary file beside it, then a rename.

    `data` may be another file, which is copied piece by piece. Makes missing folders. A symbolic link stays one: the
    file that it names is written. A file that nobody may write is not replaced, though a rename could: somebody has
    protected it. Raises `StorageError`.
    """
    path = _followed(path)
    if _is_protected(path):
        raise StorageError(f"{path} is read-only, and stays as it is; take another name, or make it writable first")
    try:
        partial = path.with_name(f".{path.name[:80]}.{secrets.token_hex(4)}{scratch.PART}")
        path.parent.mkdir(parents=True, exist_ok=True)
        with scratch.unfinished(partial):
            try:
                with partial.open("xb") as file:
                    if isinstance(data, bytes):
                        file.write(data)
                    else:
                        with data.open("rb") as source:
                            shutil.copyfileobj(source, file)
                    file.flush()
                    os.fsync(file.fileno())
                partial.replace(path)
            except BaseException:
                partial.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise InvalidInput(f"{str(path)!r} cannot be a file name: {error}") from error


def save(
    artifact: Savable,
    target: str | os.PathLike[str],
    *,
    metadata: Level = "full",
    overwrite: bool = True,
    taken: frozenset[Path] = frozenset(),
) -> Path:
    """Write one artifact to a file, or into a folder under a good name; returns the path.

    Into a folder, or with `overwrite=False`, a different file of that name stays and the new one is called `name-2`.
    `taken` are paths that are never overwritten. Raises `MediaError`, `InvalidInput` or `StorageError`.
    """
    path = expanded(target)
    into_folder = _means_folder(target, path)
    if into_folder:
        path = path / (default_name(artifact) + suffix_for(artifact))
    elif not media_type_of_suffix(path.suffix) and path.suffix != suffix_for(artifact):
        # A point inside a name, as in `flux-1.1`, is no suffix.
        path = path.with_name(path.name + suffix_for(artifact))
    data, beside = prepared(artifact, path.suffix, metadata)
    path = _free(path, data, taken, overwrite=overwrite and not into_folder)
    write_atomic(path, data)
    side = None if beside is None else side_path(path)
    if side is not None and beside is not None:
        write_atomic(side, side_file(beside, data, path.name))
    drop_sides(path, but=side)
    return path


def save_as_it_is(target: str | os.PathLike[str], name: str, content: bytes | Path) -> Path:
    """Write `content`, which may be another file, whole or not at all; returns the path.

    Into a folder it goes as `name`, and a different file of that name stays: the new one is called `name-2`. Raises
    `InvalidInput` or `StorageError`.
    """
    path = expanded(target)
    if _means_folder(target, path):
        path = _free(path / (safe_name(name) or "file"), content, frozenset(), overwrite=False)
    write_atomic(path, content)
    return path


def default_name(artifact: Savable) -> str:
    """A file name without suffix from what is known: the model, the seed, the output's name and index."""
    name = artifact.name if artifact.name not in ("", "image", "images") else ""
    seed = "" if artifact.seed is None else str(artifact.seed)
    number = str(artifact.index + 1) if artifact.index else ""
    parts = (artifact.record.model, name, seed, number)
    return safe_name("-".join(part for part in parts if part)) or "picture"


def suffix_for(artifact: Savable) -> str:
    """The suffix of an artifact's medium; of one that nobody knows, the one that its file had."""
    return SUFFIXES.get(artifact.media_type) or _own_suffix(artifact.filename)


def _own_suffix(filename: str) -> str:
    suffix = Path(filename).suffix
    return suffix if _SUFFIX.fullmatch(suffix) else ".bin"


def prepared(artifact: Savable, suffix: str, metadata: Level) -> tuple[bytes | Path, Record | None]:
    """The bytes for a file with `suffix`, or the file that has them, and the record that must stand beside it."""
    if metadata not in ("full", "minimal", "none"):
        raise InvalidInput(f"metadata={metadata!r} is neither 'full', 'minimal' nor 'none'")
    content = artifact.content
    by_path = isinstance(content, Path) and artifact.media_type not in RASTER  # nothing is put into such a file
    data, record = artifact.head if by_path else artifact.bytes, artifact.record
    media_type = sniff(data) or artifact.media_type
    if artifact.media_type and media_type != artifact.media_type:
        raise MediaError(f"the stored bytes are {media_type}, not {artifact.media_type}: they were changed")
    wanted = media_type_of_suffix(suffix)
    if wanted != media_type and suffix != suffix_for(artifact):
        if media_type not in RASTER or wanted not in CONVERTIBLE:
            good = dict.fromkeys((suffix_for(artifact), *((".png", ".jpg", ".webp") if media_type in RASTER else ())))
            what = media_type or "of an unknown type"
            raise InvalidInput(f"this is {what} and cannot be saved as {suffix!r}; use {' or '.join(good)}")
        data, record = _converted(artifact, data, media_type, wanted)
    embedded = embed(data, record, size=(artifact.width, artifact.height), level=metadata)
    return content if by_path else embedded.data, embedded.beside


def _converted(artifact: Savable, data: bytes, media_type: str, wanted: str) -> tuple[bytes, Record]:
    """The picture in another format, upright, and its record with a note of what became of it."""
    picture = decode(data, max_pixels=artifact.max_pixels)
    encoded = encode(upright(picture), wanted, quality=95)
    first = ", its first frame only" if is_moving(picture) else ""
    record = artifact.record.with_note(f"converted from {media_type}{first}")
    if has_c2pa(data):
        record = record.with_note("the C2PA signature of the original was not kept")
    return encoded, record


def _free(path: Path, data: bytes | Path, taken: frozenset[Path], *, overwrite: bool) -> Path:
    """`path`, or the first numbered name where nothing else would be lost."""
    for number in range(1, _MAX_NUMBER):
        candidate = numbered(path, number)
        if candidate in taken:
            continue
        if overwrite or _may_take(candidate, data):
            return candidate
    raise StorageError(f"{path} and {_MAX_NUMBER:,} numbered names beside it are taken")


def _followed(path: Path) -> Path:
    try:
        return Path(os.path.realpath(path)) if path.is_symlink() else path
    except (OSError, ValueError):
        return path  # a name that the system does not take: writing says so


def _means_folder(given: str | os.PathLike[str], path: Path) -> bool:
    """Whether a target is a folder: one that is there, or one that is to be made, by its slash at the end."""
    if os.fspath(given).endswith(("/", os.sep)):
        return True
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False  # a name that the system does not take: writing says so


def _is_protected(path: Path) -> bool:
    try:
        return path.is_file() and (not path.stat().st_mode & WRITABLE or not os.access(path, os.W_OK))
    except (OSError, ValueError):
        return False  # a name that the system does not take: writing says so


def _may_take(path: Path, data: bytes | Path) -> bool:
    try:
        if not path.exists():
            return True
        if _is_protected(path):
            return False
        if isinstance(data, Path):
            return filecmp.cmp(path, data, shallow=False)
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror or error}") from error
