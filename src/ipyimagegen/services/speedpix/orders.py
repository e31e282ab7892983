"""What is asked of SpeedPix: options as the documentation names them, and one job's order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict, cast

from ...core.arguments import seconds
from ...core.errors import InvalidInput, Problem

Strategy = Literal["url", "base64"]


class JobOptions(TypedDict, total=False):
    """Which version of a workflow runs, and how.

    `alias_id` (default `main`) or `version_id`, never both; `resource_config_id`: `default` is shared computing power,
    else a dedicated resource; `return_temp_files`: intermediate files come as outputs too; `randomise_seeds`: every
    seed of the workflow is drawn anew; `file_encoding_strategy`: files are uploaded (`url`), or put into the inputs
    (`base64`, up to 1 MiB each).
    """

    alias_id: str | None
    version_id: str | None
    randomise_seeds: bool | None
    return_temp_files: bool | None
    resource_config_id: str
    file_encoding_strategy: Strategy | None


class RunOptions(JobOptions, total=False):
    """`JobOptions`, and how to wait.

    `wait=False` returns at once; `polling_interval` in seconds is the longest time between two looks, and no more looks
    are taken than one each interval (`None`: as few as find the end soon).
    """

    wait: bool
    polling_interval: float | None


JOB_OPTIONS = frozenset(JobOptions.__annotations__)
RUN_OPTIONS = frozenset(RunOptions.__annotations__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One job: the workflow, its version, and inputs that may still hold files."""

    workflow_id: str
    inputs: Mapping[str, Any] = field(repr=False)
    alias_id: str | None = "main"
    version_id: str | None = None
    randomise_seeds: bool | None = None
    return_temp_files: bool | None = None
    resource_config_id: str = "default"
    strategy: Strategy = "url"

    @property
    def model(self) -> str:
        """The model's name here."""
        return f"{self.workflow_id}@{self.version_id if self.alias_id is None else self.alias_id}"

    def body(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The request, with inputs in which every file has become a text."""
        optional = {
            "alias_id": self.alias_id,
            "version_id": self.version_id,
            "randomise_seeds": self.randomise_seeds,
            "return_temp_files": self.return_temp_files,
        }
        given = {name: value for name, value in optional.items() if value is not None}
        return {"workflow_id": self.workflow_id, "inputs": dict(inputs), **given}


@dataclass(frozen=True, slots=True)
class Call:
    """A call of `run`: the job, and how to wait for it."""

    order: Order
    wait: bool = True
    polling_interval: float | None = None


def read_call(
    workflow_id: str,
    input: Mapping[str, Any] | None,
    options: Mapping[str, Any],
    *,
    known: frozenset[str] = RUN_OPTIONS,
) -> Call:
    """A call from both documented forms: options as keywords, or all together in the second argument.

    Raises `TypeError` for an option that does not exist, `InvalidInput` for inputs or options that cannot be.
    """
    if unknown := set(options) - known:
        raise TypeError(
            f"unexpected option {', '.join(map(repr, sorted(unknown)))}; there are {', '.join(sorted(known))}"
        )
    inputs: Mapping[str, Any] = {} if input is None else input
    if not isinstance(inputs, Mapping):
        raise InvalidInput([Problem("input", f"a dict of the workflow's inputs, not {type(inputs).__name__}")])
    if isinstance(inputs.get("input"), Mapping) and set(inputs) <= {"input", *RUN_OPTIONS}:
        options = {**{name: value for name, value in inputs.items() if name != "input"}, **options}
        inputs = inputs["input"]
    return Call(
        order=_order(workflow_id, inputs, options),
        wait=options.get("wait") is not False,
        polling_interval=seconds(options.get("polling_interval"), "polling_interval"),
    )


def _order(workflow_id: object, inputs: Mapping[str, Any], options: Mapping[str, Any]) -> Order:
    alias, version = options.get("alias_id"), options.get("version_id")
    strategy = options.get("file_encoding_strategy") or "url"
    problems = []
    if not isinstance(workflow_id, str) or not workflow_id:
        problems.append(Problem("workflow_id", f"{workflow_id!r} is not the id of a workflow"))
    if alias is not None and version is not None:
        problems.append(Problem("alias_id", "give alias_id or version_id, not both"))
    if strategy not in ("url", "base64"):
        problems.append(Problem("file_encoding_strategy", f"{strategy!r} is neither 'url' nor 'base64'"))
    if problems:
        raise InvalidInput(problems, model="speedpix")
    return Order(
        workflow_id=str(workflow_id),
        inputs=inputs,
        alias_id=None if version is not None else str(alias or "main"),
        version_id=None if version is None else str(version),
        randomise_seeds=options.get("randomise_seeds"),
        return_temp_files=options.get("return_temp_files"),
        resource_config_id=str(options.get("resource_config_id") or "default"),
        strategy=cast("Strategy", strategy),
    )
