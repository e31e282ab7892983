"""The magic's own options as data: the parser, the help and the completion read this one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Field = Literal["var", "n", "extra", "bg", "dry_run", "max_cost", "save", "quiet"]


@dataclass(frozen=True, slots=True)
class Option:
    """One option. `value` is what stands for its value in the help, `""` for a flag."""

    field: Field
    spellings: tuple[str, ...]
    value: str
    help: str

    @property
    def usage(self) -> str:
        """`-o VAR`, `--bg`."""
        return f"{self.spellings[0]} {self.value}".rstrip()


OPTIONS = (
    Option("var", ("-o",), "VAR", "put the Result (with --bg: the Job) into the variable VAR; `VAR <<` does too"),
    Option("n", ("-n", "--n"), "N", "how many pictures; they take consecutive seeds"),
    Option(
        "extra",
        ("-p",),
        "NAME=VALUE",
        "a parameter of the model, also one named like an option here; repeatable; -p {params}: a dict",
    ),
    Option("bg", ("--bg",), "", "run in the background: the cell ends at once, its output goes on"),
    Option("dry_run", ("--dry-run",), "", "show what would be sent and what it would cost; send nothing"),
    Option("max_cost", ("--max-cost",), "USD", "refuse, before sending, what costs more, all N together"),
    Option("save", ("--save",), "PATTERN", "save the pictures, for example 'out/{date}-{seed}.png' or a folder 'out/'"),
    Option("quiet", ("--quiet",), "", "show the pictures alone: no progress, no line of facts"),
)

BY_SPELLING = {spelling: option for option in OPTIONS for spelling in option.spellings}


def spelled(name: str) -> str:
    """A parameter's name as an option: `guidance_scale` becomes `--guidance-scale`."""
    return "--" + name.replace("_", "-")
