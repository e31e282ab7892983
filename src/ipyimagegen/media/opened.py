"""Picture files of the user's own, whoever made them, as artifacts: with what their metadata says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from ..core.errors import ImagegenError, MediaError, StorageError
from ..core.events import Output
from .artifacts import Artifact, Payload, make_artifact, missing_artifact
from .metadata import Found, read_metadata
from .metadata.record import Record

_PICTURE = Output(name="image", media_type="image")


def opened(path: Path) -> Artifact:
    """The picture in a file, not decoded, and not copied: saving it elsewhere keeps its bytes and metadata as they are.

    `record` is what the file says of its making, in our names, without a job: the journal holds other bytes than a file
    that was saved. `record.created` is when the file was changed where it does not say. A file that cannot be read, or
    is no picture, becomes an artifact whose `error` says so. Blocks: the file is read once, for its hash.
    """
    try:
        if not path.is_file():
            raise StorageError("is no file" if path.exists() else "there is no such file")
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")
        found = read_metadata(path)
        made = make_artifact(Payload(path=path, filename=path.name), _PICTURE, verify=False)
        if not made.is_picture:
            raise MediaError(f"{made.media_type} cannot be shown")
    except (ImagegenError, OSError, ValueError) as error:
        return replace(missing_artifact(Output(name="image"), f"{path.name}: {error}"), filename=path.name)
    record = _record(found, changed)
    alt = record.prompt or path.name
    return replace(made, filename=path.name, seed=record.seed, alt=alt, record=record, metadata="none")


def _record(found: Found, changed: str) -> Record:
    known = found.record or Record(
        model=found.model,
        prompt=found.prompt,
        negative_prompt=found.negative_prompt,
        seed=found.seed,
        sent=found.params,
        software=found.tool,
    )
    return replace(known, created=known.created or changed, job_id="")
