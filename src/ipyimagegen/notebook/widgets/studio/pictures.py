"""Pixels for the page, at the size at which they are shown; never more than it asks for."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from ....core import scratch
from ....core.errors import UnknownJob
from ....core.requests import InputFile
from ....jobs.client import Client
from ....media.artifacts import Artifact
from ....media.display import DisplaySettings, for_display, thumbnail
from ....media.names import prompt_name
from ....media.saving import suffix_for
from ....media.sniff import dimensions, sniff

SHOWN_BY_BROWSERS = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/avif", "video/mp4", "video/webm")
FULL = DisplaySettings(display_max_px=8_192, display_max_kb=24_000)
SMALL_ENOUGH = 1_500_000
"""Bytes up to which a picture that is not larger than asked goes as it is."""
MAX_DOWNLOAD_PROMPT_WORDS = 6


@dataclass(frozen=True, slots=True)
class Picture:
    """Encoded pixels."""

    media_type: str
    data: bytes


def picture_of(medium: Artifact | InputFile, px: int) -> Picture:
    """The picture, at most `px` pixels on its longer side; 0: all of them, in a format that browsers show.

    CPU-bound and blocking. Raises `MediaError`, `StorageError` or `OSError`.
    """
    data = medium.bytes if isinstance(medium, Artifact) else medium.read()
    media_type = sniff(data)
    if media_type in SHOWN_BY_BROWSERS:
        size = dimensions(data)
        fits = size is not None and max(size) <= px and len(data) <= SMALL_ENOUGH
        if px == 0 or fits or media_type.startswith("video/"):
            return Picture(media_type, data)
    if px == 0:
        shown = for_display(data, FULL)
        return Picture(shown.media_type, shown.data)
    small = thumbnail(data, px)
    return Picture(sniff(small), small)


def earlier_picture(client: Client, key: str) -> Artifact:
    """The output of `job.sha256`, as a gallery's page names it, of this session or of the journal.

    Blocks. Raises `UnknownJob`, or what the job raised.
    """
    job_id, _, sha256 = key.partition(".")
    for artifact in client.attach(job_id).result(0).artifacts:
        if artifact.sha256 == sha256:
            return artifact
    raise UnknownJob(f"job {job_id!r} has no such picture")


def file_of(artifact: Artifact) -> tuple[str, bytes]:
    """A good file name, and the file with its metadata. Blocks. Raises `MediaError` or `StorageError`."""
    prompt = prompt_name(artifact.record.prompt or artifact.alt, words=MAX_DOWNLOAD_PROMPT_WORDS)
    seed = "" if artifact.seed is None else f"-{artifact.seed}"
    name = f"{prompt}{seed}{suffix_for(artifact)}"
    with tempfile.TemporaryDirectory(dir=scratch.folder()) as folder:
        return name, artifact.save(Path(folder) / name).read_bytes()
