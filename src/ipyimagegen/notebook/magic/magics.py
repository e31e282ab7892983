"""The class that IPython calls: `%%imagegen`, `%imagegen` and `%config ImageGen`."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand
from traitlets import Unicode

from ...core.errors import ImagegenError, InvalidInput, Problem, UnknownModel
from ...core.models import ModelSpec
from ...core.params import Param
from ...experiments import opening
from ...experiments.axes import MODEL
from ...jobs.client import Client
from ...jobs.session import default_client
from ...media.names import fill
from ..sweeps import sweep_view
from .body import read_body
from .commands import COMMANDS, Session, run_command
from .fields import SHELLS_OWN
from .help import cell_help, line_help
from .model_cache import Known
from .options import spelled
from .parse import Invocation, parse, usage_error
from .plan_table import plan_table, sweep_table
from .stage import Stage, write
from .sweeping import axis_values, sweep_call, together
from .traits import Setting
from .values import make_call
from .variables import Variables

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

F = TypeVar("F", bound=Callable[..., None])

# IPython's own annotations of these two cannot be solved by a type checker.
as_cell_magic = cast("Callable[[F], F]", cell_magic("imagegen"))
as_line_magic = cast("Callable[[F], F]", line_magic("imagegen"))


@magics_class
class ImageGen(Magics):
    """Defaults of `%%imagegen`, and of every call of this session."""

    negative_prompt = Unicode("", help="The negative prompt of cells that have none, for models that take one.").tag(
        config=True
    )

    model = Setting("model")
    max_cost = Setting("max_cost")
    session_cap = Setting("session_cap")
    daily_cap = Setting("daily_cap")
    monthly_cap = Setting("monthly_cap")
    unknown_price = Setting("unknown_price")
    prices = Setting("prices")
    timeout_s = Setting("timeout_s")
    save = Setting("save")
    metadata = Setting("metadata")
    keep_input_metadata = Setting("keep_input_metadata")
    display_max_px = Setting("display_max_px")
    display_max_kb = Setting("display_max_kb")
    history_days = Setting("history_days")
    history_gb = Setting("history_gb")
    quiet = Setting("quiet")

    def __init__(self, shell: InteractiveShell) -> None:
        self.known = Known(default_client)
        self._shell = shell
        self._stage = Stage(shell, default_client)
        super().__init__(shell=shell)

    @property
    def client(self) -> Client:
        """The client that `ig.run` uses too; made at first use."""
        return default_client()

    @property
    def names(self) -> Mapping[str, Any]:
        """The notebook's variables, without those that IPython itself put there.

        Its records of the session are left in: `fields` must know them under whatever other name.
        """
        hidden = self._shell.user_ns_hidden
        return {
            name: value
            for name, value in self._shell.user_ns.items()
            if name in SHELLS_OWN or not (name.startswith("__") or (name in hidden and hidden[name] is value))
        }

    @as_cell_magic
    @no_var_expand
    def cell(self, line: str, body: str) -> None:
        """Run a cell. Its docstring is the help, put in below."""
        try:
            self._run(line, body)
        except ImagegenError as error:
            raise _in_its_words(error) from error.__cause__

    def _run(self, line: str, body: str) -> None:
        names = self.names
        asked, spec = self._read(line, Variables(names))
        if asked.is_many:
            self._run_many(line, body, names)
            return
        call = make_call(spec, asked, read_body(body, names), names, negative_prompt=self.negative_prompt)
        problems = (*call.problems, *_wrong_pattern(asked.save or self.client.settings.save))
        if problems:
            raise usage_error(problems)
        try:
            plan = self.client.plan(spec, call.values, n=asked.n, max_cost=asked.max_cost)
            if asked.dry_run:
                write(plan_table(plan, sources=call.sources, save=asked.save or self.client.settings.save))
                return
            work = self.client.start(plan)
        except InvalidInput as error:
            raise usage_error([_as_typed(spec, problem) for problem in error.problems]) from error
        present = self._stage.follow if asked.bg else self._stage.wait
        present(work, var=asked.var, save=asked.save, quiet=asked.quiet)

    def _run_many(self, line: str, body: str, names: Mapping[str, Any]) -> None:
        asked, specs = self._read_many(line, names)
        call = sweep_call(specs, asked, body, names, negative_prompt=self.negative_prompt)
        if call.problems:
            raise usage_error(call.problems)
        quiet = asked.quiet or self.client.settings.quiet
        try:
            sweep = opening.create(
                self.client,
                call.models,
                call.params,
                n=asked.n,
                seed=call.seed,
                zip_=call.zip_,
                sample=asked.sample,
                options=opening.options_of(
                    max_cost=asked.max_cost,
                    assume_price=asked.assume_price,
                    save=asked.save or self.client.settings.save,
                ),
                view=partial(sweep_view, quiet=quiet),
            )
            if asked.dry_run:
                write(sweep_table(sweep))
                return
            sweep.start()
        except InvalidInput as error:
            raise usage_error([_as_typed(together(specs), problem) for problem in error.problems]) from error
        self._stage.sweep(sweep, var=asked.var, quiet=quiet, wait=not asked.bg)

    @as_line_magic
    @no_var_expand
    def line(self, line: str) -> None:
        """Run a subcommand. Its docstring is the help, put in below."""
        try:
            write(run_command(line, Session(self.client, self._stage, self.negative_prompt)))
        except ImagegenError as error:
            raise _in_its_words(error) from error.__cause__

    cell.__doc__ = cell_help()
    line.__doc__ = line_help(COMMANDS.values())

    def _read(self, line: str, variables: Variables) -> tuple[Invocation, ModelSpec]:
        """The line, read for the model that it names. The first look finds the model, the second knows its options."""
        spec = self._spec(parse(line, None, variables).model)
        asked = parse(line, spec.params, variables)
        if asked.model and asked.model != spec.id:
            other = self._spec(asked.model)
            if other.id != spec.id:
                return parse(line, other.params, variables), other
        return asked, spec

    def _read_many(self, line: str, names: Mapping[str, Any]) -> tuple[Invocation, Sequence[ModelSpec]]:
        """The line of a sweep, read for the models that it names: one, or those of `--sweep model=…`."""
        variables = Variables(names)
        asked, spec = self._read(line, variables)
        written = dict(asked.sweeps).get(MODEL)
        if written is None or MODEL in spec.params:
            return asked, [spec]
        if asked.model:
            told = f"is given beside the model {asked.model}; name all models in --sweep"
            raise usage_error([Problem("--sweep model", told)])
        try:
            # Names of models hold no commas: whatever stands between some is one of the choices.
            anything = Param(name=MODEL, kind="choice", choices=tuple(part.strip() for part in written.split(",")))
            specs = [self._spec(str(name)) for name in axis_values(anything, written, names)]
        except ValueError as error:
            raise usage_error([Problem("--sweep model", str(error))]) from error
        return parse(line, together(specs).params, variables), specs

    def _spec(self, model: str) -> ModelSpec:
        try:
            return self.client.model(model)
        except UnknownModel as error:
            raise usage_error([Problem("", str(error))]) from error
        except InvalidInput as error:
            raise usage_error([Problem("", f"{error}{self._model_hint(model)}")]) from error

    def _model_hint(self, word: str) -> str:
        by_name = {spec.name.lower(): spec.id for spec in self.known.models()}
        near = difflib.get_close_matches(word.lower(), by_name, n=1, cutoff=0.6)
        if near:
            return f"; did you mean {by_name[near[0]]!r}?"
        return "; the prompt goes into the lines below the first"


def _in_its_words(error: ImagegenError) -> ImagegenError:
    """`error`, shown by IPython as its words alone: the frames of this package would only bury them."""
    vars(error)["_render_traceback_"] = lambda: [f"{type(error).__name__}: {error}"]
    return error.with_traceback(None)


def _wrong_pattern(pattern: str) -> list[Problem]:
    """What is wrong with a pattern for files: to be known before the pictures are paid for."""
    try:
        fill(pattern, {"seed": 0, "index": 0, "n": 1}, texts=dict.fromkeys(("model", "prompt", "date"), "x"))
    except InvalidInput as error:
        return [Problem("--save", str(error))]
    return []


def _as_typed(spec: ModelSpec, problem: Problem) -> Problem:
    name = spelled(problem.name) if problem.name in spec.params else problem.name
    return replace(problem, name="-n" if name == "n" else name)
