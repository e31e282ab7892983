"""The functions that users type, over one client that is made at first use."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from .core.arguments import number, whole
from .core.errors import InvalidInput
from .core.models import ModelSpec
from .core.prices import Bill, bills
from .jobs.again import params_again
from .jobs.batch import Batch
from .jobs.job import Job, Stream
from .jobs.money import LEDGER_COLUMNS, rows_of
from .jobs.plan import named_model, with_prompt
from .jobs.session import default_client
from .jobs.waiting import attended
from .media import metadata
from .media.metadata import Found
from .media.results import Result, merge
from .runtime import runtime
from .services.base import ADDED, SERVICE_PARTS, Service

if TYPE_CHECKING:  # a call that makes one picture does not wait for what makes many
    from .experiments.sweep import Sweep
    from .experiments.view import View
    from .history.sweeps import SweepRow

F = TypeVar("F", bound=Callable[..., Any])


def run(
    model: str | ModelSpec = "",
    prompt: str | None = None,
    /,
    *,
    n: int = 1,
    max_cost: Decimal | float | None = None,
    timeout_s: float | None = None,
    quiet: bool = False,
    **params: Any,
) -> Result:
    """Run a model and wait for its pictures, with progress shown: in a notebook, or as a line on a terminal.

    `model` is `service/name` or a `ModelSpec` (the setting `model` if left out), also as `model=`; `prompt` may stand
    second, or under the model's own name for it, beside its other parameters. `n` pictures take consecutive seeds;
    `max_cost` is in US dollars, for all of them together. Blocks; Interrupt (or what else a signal raises), Cancel and
    `timeout_s` end it and cancel the job. May cost money. Raises `InvalidInput`, `UnknownModel`, `BudgetExceeded`
    before anything is sent, and `JobFailed`, `JobCancelled`, `JobTimeout` or a `ServiceError` after.

    >>> result = run("local/sketch", "a lighthouse at dusk", seed=7)  # doctest: +SKIP
    """
    client = default_client()
    limit = client.settings.having("timeout_s", timeout_s)  # a wrong one is refused before anything is sent
    plan = client.planned(model, prompt, params, n=n, max_cost=max_cost)
    with attended() as attend:
        work = client.start(plan, watch=attend)
        with watching(work, quiet=quiet, blocking=True):
            result = client.finish(work, limit)
    keep(result)
    return result


async def async_run(
    model: str | ModelSpec = "",
    prompt: str | None = None,
    /,
    *,
    n: int = 1,
    max_cost: Decimal | float | None = None,
    timeout_s: float | None = None,
    quiet: bool = False,
    **params: Any,
) -> Result:
    """`run` for coroutines, on any event loop. Cancelling the awaiting task cancels the job."""
    limit = default_client().settings.having("timeout_s", timeout_s)
    work = await default_client().async_submit(model, prompt, n=n, max_cost=max_cost, **params)
    with attended(work), watching(work, quiet=quiet, blocking=True):
        result = await default_client().async_finish(work, limit)
    await runtime().bridge(asyncio.to_thread(keep, result))
    return result


def run_again(result: Result, changes: Mapping[str, Any]) -> Result:
    """`result.again(**changes)`: of a result of several jobs, each is made again."""
    client = default_client()
    spec = client.model(result.model)
    parts = [result]
    if len(result.job_ids) > 1:
        if client.journal is None:
            raise InvalidInput(f"{len(result.job_ids)} jobs made it, and this client keeps no journal of them")
        parts = [client.journal.result(job) for job in result.job_ids]
    calls = [params_again(part, spec, client.journal, changes) for part in parts]
    return merge([run(spec, **params) for params in calls])


def keep(result: Result) -> None:
    """Save a result where the setting `save` says so. Raises `StorageError`; the result is in the journal then."""
    settings = default_client().settings
    if settings.save:
        result.save(settings.save, metadata=settings.metadata)


def submit(
    model: str | ModelSpec = "",
    prompt: str | None = None,
    /,
    *,
    n: int = 1,
    max_cost: Decimal | float | None = None,
    **params: Any,
) -> Job | Batch:
    """Send a job and return at once with a handle on it. May cost money. `run` lists the errors."""
    return default_client().submit(model, prompt, n=n, max_cost=max_cost, **params)


def stream(
    model: str | ModelSpec = "",
    prompt: str | None = None,
    /,
    *,
    max_cost: Decimal | float | None = None,
    **params: Any,
) -> Stream:
    """Run a model and iterate over its events (`for` or `async for`). Leaving the loop early cancels the job."""
    return default_client().stream(model, prompt, max_cost=max_cost, **params)


def models(query: str = "") -> list[ModelSpec]:
    """All known models, or those that match every word of `query`. May read the services' catalogues."""
    return default_client().models(query)


def model(name: str = "") -> ModelSpec:
    """What is known of one model: its parameters, price and limits."""
    return default_client().model(name)


def estimate(
    model: str | ModelSpec = "",
    prompt: str | None = None,
    /,
    *,
    n: int = 1,
    assume_price: Decimal | float | None = None,
    **params: Any,
) -> Bill:
    """What a call would cost: at least, usually and at most, with who says so. Sends and costs nothing.

    By your own price table, the service's price list, your own earlier charges of the model, or `assume_price`, in US
    dollars. Looks into the journal. Raises `InvalidInput` for parameters that could not be sent.
    """
    client = default_client()
    model, params = named_model(model, params)
    spec = client.model(model)
    plan = client.plan(spec, with_prompt(spec, prompt, params), n=n)
    assumed = None if assume_price is None else Decimal(str(number(assume_price, "assume_price")))
    return bills(client.money.prices(spec, plan.requests, assumed=assumed))[0]


def ledger(days: float = 30) -> Any:
    """Every paid job of the last days as a pandas DataFrame, newest first, over all kernels.

    Columns: time, job, sweep, model, pictures, estimate, reserved, charge, currency, source, seconds, outcome. An
    amount that nobody knows is missing, never 0. Raises `InvalidInput` where pandas is not installed, or no journal is
    kept.
    """
    journal = default_client().journal
    if journal is None:
        raise InvalidInput("this session's client keeps no journal, and so no ledger")
    rows = rows_of(journal, since=time.time() - number(days, "days") * 86_400)
    try:
        pandas: Any = import_module("pandas")
    except ImportError:
        raise InvalidInput("ig.ledger needs pandas: pip install pandas; `%imagegen cost` shows the same") from None
    return pandas.DataFrame(rows, columns=list(LEDGER_COLUMNS))


def jobs() -> list[Job]:
    """The jobs of this session, oldest first."""
    return default_client().jobs()


def attach(job_id: str) -> Job:
    """A job by its id, or by the start of one: also one of an earlier session, which is then collected.

    Sends nothing and costs nothing. Raises `UnknownJob`.
    """
    return default_client().attach(job_id)


def sweep(
    models: str | ModelSpec | Sequence[str | ModelSpec] = "",
    prompt: object = None,
    /,
    *,
    n: int = 1,
    seed: object = None,
    zip_: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    rows: object = None,
    skip: Callable[[Mapping[str, Any]], object] | Sequence[Mapping[str, Any]] | None = None,
    sample: int | None = None,
    name: str = "",
    start: bool = True,
    save: str | os.PathLike[str] = "",
    max_cost: Decimal | float | None = None,
    assume_price: Decimal | float | None = None,
    raise_on: Literal["any", "all"] | None = None,
    parallel: int | None = None,
    quiet: bool = False,
    **params: Any,
) -> Sweep:
    """Make many pictures as one thing: every parameter that is given as a list is an axis. Returns at once.

    A list of models is an axis too. `zip_` pairs lists on one axis; `rows` are cells (dicts, or a DataFrame), no
    product; `n` repeats each with consecutive seeds; `sample` takes so many of the cells, `skip` leaves some out (a
    function of a cell's values, or dicts). All cells share one seed, drawn once and shown, unless `seed` is a number,
    a list, a range, `"cell"` or `"row"`. `start=False` plans only: `.plan` says how many calls, what they cost and
    which cells cannot be sent. `save` takes any axis or parameter: `"out/{prompt}-{seed}.png"`. `max_cost` is in US
    dollars, for the whole; `assume_price` what a call costs at most where nobody says. `raise_on` makes `.result()`
    raise where cells fail. What an equal call has made before is taken from the journal, and never paid twice.

    May cost money. Raises `InvalidInput` with every problem, `UnknownModel`, `BudgetExceeded`, before anything is sent.

    >>> s = sweep("local/sketch", ["a lighthouse", "a castle"], guidance_scale=[3, 7, 12], seed=7)  # doctest: +SKIP
    >>> s.result(); s.to_pandas(); s.contact_sheet(rows="prompt")  # doctest: +SKIP
    """
    from .experiments import opening
    from .experiments.view import NoView

    client = default_client()
    options = opening.options_of(
        max_cost=max_cost,
        assume_price=assume_price,
        save=save or client.settings.save,
        raise_on=raise_on,
        parallel=parallel,
    )
    if isinstance(models, str | ModelSpec):
        models, params = named_model(models, params)
    made = opening.create(
        client,
        models,
        params,
        prompt=prompt,
        n=n,
        seed=seed,
        zip_=zip_,
        rows=rows,
        skip=skip,
        sample=sample,
        name=name,
        options=options,
        view=NoView if quiet else sweep_view,
    )
    return made.start() if start else made


def load_sweep(which: str | os.PathLike[str]) -> Sweep:
    """A sweep by its id, its name (the newest of it) or the folder that `save` wrote; also one of another kernel.

    Sends nothing: `resume()` goes on with it, and takes what is finished from the journal. Raises `UnknownSweep`.
    """
    from .experiments import opening

    return opening.load(default_client(), which, view=sweep_view)


def sweeps(*, limit: int = 100) -> list[SweepRow]:
    """The sweeps in the journal, newest first: id, name, when, how many cells and how many have their picture."""
    from .experiments import opening

    return opening.listed(default_client(), limit=limit)


def sweep_view(line: str) -> View:
    """What shows a sweep where this is called: an output of the cell, a line of the terminal, or nothing.

    `line` is its first.
    """
    from .experiments.view import NoView, TerminalLine

    if default_client().settings.quiet:
        return NoView()
    if "IPython" in sys.modules:
        from .notebook import sweeps as in_notebook

        return in_notebook.sweep_view(line)
    return TerminalLine(sys.stderr) if sys.stderr.isatty() else NoView()


def register(model: str, /, *, title: str = "", parallel: int = 1, process: bool = False) -> Callable[[F], F]:
    """Make a function a model: in `run`, Studio, the magic, completion, sweeps and the history at once.

    Its parameters come from its signature: pictures by their type, ranges, choices and units by `ipyimagegen.Arg` in
    `Annotated[...]`. A `seed` in it is drawn where none is asked for, and recorded; `progress(step, steps, picture)` is
    given where it takes one. It may be a generator (each picture that it yields is a preview) or `async`; it returns an
    array (H×W, H×W×3 or H×W×4, uint8 or float 0..1), a PIL image, the bytes of a file, or a list of these. It runs on a
    thread, or with `process=True` each call in a process of its own, which a cancel kills (a function of the notebook
    needs `cloudpickle` for it); `parallel` of its jobs run side by side. The function itself stays what it is.
    Registering a name again replaces it. Raises `InvalidInput`.

    >>> @register("mine/plasma")  # doctest: +SKIP
    ... def plasma(prompt: str, freq: float = 5.0, *, seed: int):
    ...     return np.random.default_rng(seed).random((64, 64, 3))
    """
    from .services.functions.service import function_service

    if not isinstance(model, str):
        raise InvalidInput("name the model: @ig.register('mine/plasma')")
    count = whole(parallel, "parallel", least=1)

    def put(function: F) -> F:
        service, name = function_service(model, default_client().services)
        service.put(name, function, title=title, parallel=count, in_process=process)
        add_service(service)
        return function

    return put


def add_service(service: Service | type[Service]) -> None:
    """Add a service of one's own, for this process: an object with the `Service` protocol, or its class.

    Its models are `name/…`, where `name` is its attribute; one of the same name is replaced. With `keyless = True`
    nobody is asked for its key. Raises `InvalidInput` with what is missing.
    """
    made: Any = service() if isinstance(service, type) else service
    if not isinstance(made, Service):
        lacks = [name for name in SERVICE_PARTS if not hasattr(made, name)]
        raise InvalidInput(f"{type(made).__name__} is no service: it lacks {', '.join(lacks)}")
    ADDED[made.name] = made
    default_client().services.add(made)


def read_metadata(source: object) -> Found:
    """How a picture was made, as any tool wrote it into the file: prompts, parameters, model, and what is in doubt.

    Takes a path, bytes, a binary file object, an opened `PIL.Image`, an artifact or a result. Reads what ipyimagegen,
    AUTOMATIC1111 and its kin, ComfyUI, InvokeAI, SwarmUI, Fooocus, NovelAI and others write into PNG, JPEG, WebP, AVIF
    and TIFF files; a file that says nothing gives a `Found` that is false. Sends nothing. Raises `StorageError` for a
    file that cannot be read and `InvalidInput` for what is no picture at all.

    >>> params, left_out = read_metadata("picture.png").to_params("local/sketch")  # doctest: +SKIP
    """
    return replace(metadata.read_metadata(source), find_model=model)


def watching(work: Job | Batch, *, quiet: bool, blocking: bool) -> Any:
    """A context in which the progress of `work` is on the screen: a widget, a terminal line, or nothing."""
    from .jobs.terminal import Silent, TerminalView

    if quiet or default_client().settings.quiet:
        return Silent()
    if "IPython" in sys.modules:
        from .notebook.call_view import notebook_view

        view = notebook_view(work, blocking=blocking)
        if view is not None:
            return view
    return TerminalView(work, sys.stderr) if sys.stderr.isatty() else Silent()
