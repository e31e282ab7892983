"""What may be compared: results, artifacts, pictures of other libraries, and files."""

from __future__ import annotations

from collections.abc import Sequence

from ....core.errors import InvalidInput, capped
from ....core.events import Output
from ....core.requests import InputFile
from ....media.artifacts import Artifact, Payload, make_artifact
from ....media.inputs import as_input
from ....media.results import Result

MIN_PICTURES, MAX_PICTURES = 2, 9
MAX_LABEL_CHARS = 80


def as_artifacts(given: Sequence[object]) -> list[Artifact]:
    """Two to nine pictures from what a caller has; one result or list stands for all that is in it.

    Files are read here. Raises `InvalidInput`, or `MediaError` for a picture that cannot be decoded.
    """
    if len(given) == 1 and isinstance(given[0], Result | list | tuple):
        given = list(given[0])
    if not MIN_PICTURES <= len(given) <= MAX_PICTURES:
        raise InvalidInput(f"a comparison takes {MIN_PICTURES} to {MAX_PICTURES} pictures, not {len(given)}")
    return [_as_artifact(one, index) for index, one in enumerate(given)]


def _as_artifact(value: object, index: int) -> Artifact:
    if isinstance(value, Result):
        return value.image
    if isinstance(value, Artifact):
        return value
    file = as_input(value, name=f"picture {index + 1}")
    if file.url:
        raise InvalidInput(f"picture {index + 1} is an address; fetch it first: {capped(file.url, 100)}")
    return make_artifact(_payload(file), Output(name="image", data=b"-"), index=index, alt=file.filename)


def _payload(file: InputFile) -> Payload:
    return Payload(data=file.data or b"", path=file.path, media_type=file.media_type, filename=file.filename)


def labels_of(artifacts: Sequence[Artifact]) -> list[str]:
    """A short name for each: what sets it apart, else its place. No two are the same."""
    records = [artifact.record for artifact in artifacts]
    models, seeds = {record.model for record in records}, {artifact.seed for artifact in artifacts}
    labels = []
    for artifact in artifacts:
        model = artifact.record.model if len(models) > 1 else ""
        seed = f"seed {artifact.seed}" if artifact.seed is not None and len(seeds) > 1 else ""
        name = artifact.filename if not artifact.record.model else ""
        labels.append(capped(" · ".join(part for part in (model, seed, name) if part), MAX_LABEL_CHARS))
    unique = len(set(labels)) == len(labels) and all(labels)
    return labels if unique else [_numbered(label, n) for n, label in enumerate(labels)]


def _numbered(label: str, number: int) -> str:
    letter = "ABCDEFGHI"[number]
    return f"{letter} · {label}" if label else letter
