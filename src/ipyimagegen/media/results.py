"""`Result`: what a call returns. A value that says what was asked, what was sent, what came of it, and shows itself."""

from __future__ import annotations

import os
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import reduce
from importlib import import_module
from operator import add
from pathlib import Path
from typing import Any, overload

from ..core.cost import UNKNOWN, Cost
from ..core.errors import ImagegenError, InvalidInput, MediaError, capped
from ..core.events import JSON
from ..core.params import SEED_NAMES, Change
from .artifacts import Artifact
from .display import DEFAULT_DISPLAY, DisplaySettings, MimeBundle, bundle, chosen, for_display
from .metadata.record import Level
from .names import fill, prompt_name
from .saving import default_name, save, suffix_for
from .sheets import contact_sheet
from .sniff import media_type_of_suffix


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Seconds; `None` where unknown. `total_s` is from the call to the last byte."""

    queue_s: float | None = None
    run_s: float | None = None
    fetch_s: float | None = None
    total_s: float | None = None

    def to_json(self) -> dict[str, float]:
        """The times that are known, for a record."""
        every = (("queue_s", self.queue_s), ("run_s", self.run_s), ("fetch_s", self.fetch_s), ("total_s", self.total_s))
        return {name: round(value, 3) for name, value in every if value is not None}

    def beside(self, other: Timings) -> Timings:
        """The times of two jobs that ran side by side: the longer of each."""
        return Timings(
            queue_s=_longer(self.queue_s, other.queue_s),
            run_s=_longer(self.run_s, other.run_s),
            fetch_s=_longer(self.fetch_s, other.fetch_s),
            total_s=_longer(self.total_s, other.total_s),
        )


async def _at_once(result: Result) -> Result:
    return result


class Report(str):
    """A text that shows itself as it reads, without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Result:
    """What one call made: pictures, other outputs, and how it went.

    `artifacts` are all outputs in the service's order. `asked` is what the user wrote, `sent` what went out, `changes`
    the differences. `text` is the answer of a model that writes; `facts` what the service told of the run under its own
    names (credits left, seconds of work …); `raw` its whole answer, untrusted: the journal
    does not keep that, and results are equal without it.
    """

    model: str
    artifacts: tuple[Artifact, ...] = ()
    prompt: str = ""
    seed: int | None = None
    cost: Cost = UNKNOWN
    timings: Timings = field(default_factory=Timings)
    asked: Mapping[str, JSON] = field(default_factory=dict)
    sent: Mapping[str, JSON] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    job_ids: tuple[str, ...] = ()
    text: str = ""
    facts: Mapping[str, JSON] = field(default_factory=dict)
    raw: JSON = field(default=None, compare=False)
    display: DisplaySettings = field(default=DEFAULT_DISPLAY, compare=False)

    def __await__(self) -> Generator[None, None, Result]:
        """Itself: `await ig.run(...)`, written by habit, must not lose what was paid for."""
        return _at_once(self).__await__()

    @property
    def images(self) -> tuple[Artifact, ...]:
        """The pictures, also those that could not be fetched yet (`.error` says so)."""
        return tuple(artifact for artifact in self.artifacts if artifact.is_picture)

    @property
    def image(self) -> Artifact:
        """The first picture. Raises `MediaError` where the model made none."""
        if not self.images:
            raise MediaError(
                f"{self.model} made no picture ({len(self.artifacts)} other outputs: see .artifacts and .text)"
            )
        return self.images[0]

    @property
    def params(self) -> dict[str, JSON]:
        """The parameters as they were sent, and the seed that the service chose, where it told one.

        `ig.run(result.model, **result.params)` asks for the same; files are descriptions here, so that `again` is the
        way for edits.
        """
        known = any(name in self.sent for name in SEED_NAMES) or self.seed is None
        return dict(self.sent) if known else {**self.sent, SEED_NAMES[0]: self.seed}

    def again(self, **changes: Any) -> Result:
        """Make it again: the same model, parameters, seed and inputs, with `changes` in place of some.

        Blocks and may cost money, as `ig.run` does. Raises `InvalidInput` where it cannot be made again (the model has
        no seed, or the file that it was made from is not kept), before anything is sent.
        """
        api = import_module(f"{__package__.partition('.')[0]}.api")  # the one way up: by name, when it is called
        made: Result = api.run_again(self, changes)
        return made

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seed of each output that has one."""
        return tuple(artifact.seed for artifact in self.artifacts if artifact.seed is not None)

    @property
    def summary(self) -> str:
        """One line: `local/sketch · 512×512 · seed 7 · 1.2 s · free`."""
        total = self.timings.total_s
        parts = (
            self.model,
            self._what(),
            _seed_words(self.seeds or (() if self.seed is None else (self.seed,))),
            "" if total is None else f"{total:.1f} s",
            "cost unknown" if not self.cost.known else str(self.cost),
        )
        return " · ".join(part for part in parts if part)

    @property
    def report(self) -> Report:
        """What was asked, sent, dropped, adjusted and chosen, what it cost and how long it took."""
        lines = [self.summary]
        lines += [f"asked    {name} = {_short(value)}" for name, value in self.asked.items()]
        told = {change.name for change in self.changes if change.what != "fitted"}
        lines += [
            f"sent     {name} = {_short(value)}"
            for name, value in self.sent.items()
            if name not in told and self.asked.get(name) != value
        ]
        lines += [str(change) for change in self.changes if change.what == "fitted"]
        lines += [f"{change.what:<8} {change}" for change in self.changes if change.what not in ("default", "fitted")]
        if defaults := [change for change in self.changes if change.what == "default"]:
            lines.append("default  " + ", ".join(f"{change.name}={_short(change.sent)}" for change in defaults))
        lines += [f"missing  {artifact!r}: {artifact.error}" for artifact in self.artifacts if artifact.error]
        lines += [f"unshown  {artifact!r}: {artifact.note}" for artifact in self.artifacts if artifact.note]
        lines.append(
            f"cost     {self.cost}" + (f" ({self.cost.source})" if self.cost.source not in (None, "free") else "")
        )
        if times := self.timings.to_json():
            lines.append(
                "time     " + ", ".join(f"{name.removesuffix('_s')} {value:.2f} s" for name, value in times.items())
            )
        if self.facts:
            lines.append("service  " + ", ".join(f"{name}={_short(value)}" for name, value in self.facts.items()))
        if self.job_ids:
            lines.append(f"jobs     {', '.join(self.job_ids)}")
        return Report("\n".join(lines))

    def save(
        self, pattern: str | os.PathLike[str] = ".", *, metadata: Level | None = None, overwrite: bool = False
    ) -> list[Path]:
        """Write every output to disk and return the paths.

        `pattern` is a folder, which is made if need be, or a path with `{model} {seed} {index} {date} {prompt} {n}` in
        it: `index` counts from 0, `n` from 1, `{n:03d}` pads. A different file of that name is kept, and the new one
        is called `name-2`, unless `overwrite`. Outputs of one call never overwrite one another. Raises `MediaError`
        for outputs that were never fetched, after the others are written, `InvalidInput` and `StorageError`.
        """
        paths: list[Path] = []
        for artifact in self.artifacts:
            if artifact.error:
                continue
            target = self._target(os.fspath(pattern), artifact)
            level = metadata or artifact.metadata
            paths.append(save(artifact, target, metadata=level, overwrite=overwrite, taken=frozenset(paths)))
        missing = [artifact for artifact in self.artifacts if artifact.error]
        if missing:
            written = f"; written: {', '.join(map(str, paths))}" if paths else ""
            raise MediaError(
                f"{len(missing)} of {len(self.artifacts)} outputs were not fetched: {missing[0].error}{written}"
            )
        return paths

    def _target(self, pattern: str, artifact: Artifact) -> Path:
        if "{" not in pattern and not media_type_of_suffix(Path(pattern).suffix):
            return Path(pattern) / (default_name(artifact) + suffix_for(artifact))
        created = artifact.record.created[:10] or datetime.now().astimezone().date().isoformat()
        texts = {"model": self.model or "model", "prompt": prompt_name(self.prompt), "date": created}
        seed = self.seed if artifact.seed is None else artifact.seed
        values = {"seed": "noseed" if seed is None else seed, "index": artifact.index, "n": artifact.index + 1}
        path = Path(fill(pattern, values, texts=texts))
        wanted = media_type_of_suffix(path.suffix)
        if not artifact.is_picture and wanted.startswith("image/"):
            return path.with_suffix(suffix_for(artifact))
        return path

    def _what(self) -> str:
        if not self.artifacts:
            return "text" if self.text else "nothing"
        sizes = {(image.width, image.height) for image in self.images}
        size = f"{self.images[0].width}×{self.images[0].height}" if len(sizes) == 1 and (0, 0) not in sizes else ""
        if len(self.artifacts) == 1:
            return size or self.artifacts[0].media_type
        kind = "pictures" if len(self.images) == len(self.artifacts) else "outputs"
        return f"{len(self.artifacts)} {kind} {size}".rstrip()

    def __hash__(self) -> int:
        return hash((self.model, self.artifacts, self.job_ids))

    def __len__(self) -> int:
        return len(self.images)

    def __bool__(self) -> bool:
        """Always true: a result of a model that writes text has no pictures, and is a result."""
        return True

    def __iter__(self) -> Iterator[Artifact]:
        return iter(self.images)

    @overload
    def __getitem__(self, index: int) -> Artifact: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Artifact, ...]: ...
    def __getitem__(self, index: int | slice) -> Artifact | tuple[Artifact, ...]:
        return self.images[index]

    def __repr__(self) -> str:
        return f"<Result {self.summary}>"

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> MimeBundle:
        if len(self.images) == 1:
            return self.images[0]._repr_mimebundle_(include, exclude)
        alt = (
            self.text
            if self.text and not self.artifacts
            else f"{self.summary} · {capped(self.prompt, 300)}".rstrip(" ·")
        )
        shown = [image for image in self.images if image.can_be_shown]
        if shown:
            try:
                sheet = for_display(contact_sheet(shown), self.display)
            except ImagegenError as error:
                alt = f"{alt}\n(no contact sheet: {error})"
            else:
                return bundle(sheet, alt, self._facts(), include=include, exclude=exclude)
        return chosen({"text/plain": alt}, include, exclude), {"ipyimagegen": self._facts()}

    def _facts(self) -> dict[str, JSON]:
        seconds = self.timings.total_s
        facts: dict[str, JSON] = {"model": self.model, "seeds": list(self.seeds), "cost": str(self.cost)}
        return facts if seconds is None else facts | {"seconds": round(seconds, 3)}


def merge(results: Sequence[Result]) -> Result:
    """One result for several: artifacts renumbered in order, costs added, times of jobs side by side.

    Model, prompt and parameters are the first one's; each artifact's record keeps its own. Raises `InvalidInput` for
    none.
    """
    if not results:
        raise InvalidInput("there are no results to merge")
    if len(results) == 1:
        return results[0]
    artifacts = [artifact for result in results for artifact in result.artifacts]
    return replace(
        results[0],
        artifacts=tuple(replace(artifact, index=index) for index, artifact in enumerate(artifacts)),
        cost=reduce(add, (result.cost for result in results)),
        timings=reduce(Timings.beside, (result.timings for result in results)),
        changes=tuple({str(change): change for result in results for change in result.changes}.values()),
        job_ids=tuple(job_id for result in results for job_id in result.job_ids),
        text="\n\n".join(result.text for result in results if result.text),
        raw=[result.raw for result in results],
    )


def _longer(one: float | None, other: float | None) -> float | None:
    known = [value for value in (one, other) if value is not None]
    return max(known) if known else None


def _seed_words(seeds: Sequence[int]) -> str:
    distinct = sorted(set(seeds))
    if not distinct:
        return ""
    if len(distinct) == 1:
        return f"seed {distinct[0]}"
    if distinct[-1] - distinct[0] == len(distinct) - 1:
        return f"seeds {distinct[0]}–{distinct[-1]}"
    return f"{len(distinct)} seeds"


def _short(value: JSON) -> str:
    return capped(repr(value), 200)
