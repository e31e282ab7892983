"""Our side of a case: `ig.run` by a client of its own, and the way back to a job that was taken in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ipyimagegen.core import errors
from ipyimagegen.core.errors import ImagegenError, JobTimeout, SubmitUnknown
from ipyimagegen.gateway import Gateway
from ipyimagegen.history.journal import Journal
from ipyimagegen.jobs.client import Client
from ipyimagegen.media.results import Result
from ipyimagegen.runtime import runtime
from ipyimagegen.services.base import Registry
from ipyimagegen.settings.config import Settings

from .cases import LOCAL_FILE, Case, Service
from .memory import forget_peak, peak_bytes
from .official import PROMPT
from .verdicts import Seen, acts, paid, started_blind

MODELS: dict[Service, str] = {
    "speedpix": "speedpix/text-to-image@main",
    "openpixels": "openpixels/flux-dev",
    "segmind": "segmind/flux-dev",
    "inferencesh": "inferencesh/infsh/sdxl",
}
FROM_PICTURES: dict[Service, str] = {
    "speedpix": "speedpix/image-to-image@main",
    "segmind": "segmind/sdxl-img2img",
    "inferencesh": "inferencesh/infsh/sdxl",
}
BACK_S = 10.0


@contextmanager
def client(folder: Path) -> Iterator[Client]:
    """A client with a journal in `folder`, as a session that begins."""
    registry, journal = Registry.discover(), Journal(folder)
    yield Client(settings=Settings(quiet=True), services=registry, journal=journal)
    for service in registry.made():
        runtime().run(service.aclose())
    journal.close()


def run(case: Case, service: Service, gateway: Gateway, picture: bytes, folder: Path, given: Path | None) -> Seen:
    """Run one case against a gateway whose address is in the environment; `given` is a picture to start from."""
    if case.alone:
        forget_peak()
    before = peak_bytes()
    path = folder / "picture.png"
    error: BaseException | None = None
    result: Result | None = None
    with client(folder / "journal") as ours:
        try:
            image: dict[str, Any] = {"image": given} if given else {}
            model = FROM_PICTURES[service] if given else MODELS[service]
            result = ours.run(model, prompt=PROMPT, timeout_s=case.wait_s or case.deadline_s, **image)
            result.image.save(path, metadata="none")
        except Exception as raised:  # noqa: BLE001 (whatever it raises is what is measured)
            error = raised
        memory = peak_bytes() - before
        gateway.faults.clear()
        _settled(ours)
        jobs = gateway.jobs()
        job_id = ours.jobs()[-1].id if ours.jobs() else ""
    way_back = (
        isinstance(error, SubmitUnknown)
        or result is not None
        or (error is not None and _attached(job_id, picture, folder))
    )
    held = path.read_bytes() if path.exists() else None
    return Seen(
        hung=isinstance(error, JobTimeout) and case.wait_s is None,
        error=_name(error) if error is not None else "",
        own=isinstance(error, ImagegenError),
        right=held == picture,
        left=held is not None and held != picture,
        way_back=way_back,
        jobs=paid(jobs),
        blind=started_blind(jobs, given),
        local=held == LOCAL_FILE.read_bytes(),
        acts=error is not None and acts(str(error)),
        memory=memory if case.alone else 0,
    )


def _settled(ours: Client) -> None:
    """Wait until a job that was cancelled has ended here."""
    for job in ours.jobs():
        with suppress(Exception):
            job.result(BACK_S)


def _attached(job_id: str, picture: bytes, folder: Path) -> bool:
    """Whether another session finds the job in the journal, and its picture."""
    with client(folder / "journal") as later, suppress(ImagegenError):
        return later.attach(job_id).result(BACK_S).image.bytes == picture
    return False


def _name(error: BaseException) -> str:
    """The nearest class in our error tree, the most telling one: a service's own exception is one of those."""
    kinds = [kind for kind in type(error).__mro__ if kind.__module__ == errors.__name__]
    telling = [kind for kind in kinds if kind is not errors.ServiceError] if len(kinds) > 2 else kinds
    return telling[0].__name__ if telling else f"<{error!r}>"
