"""The magic's own options as data: the parser, the help and the completion read this one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Field = Literal[
    "var",
    "n",
    "extra",
    "sweep",
    "expand",
    "each",
    "bg",
    "dry_run",
    "max_cost",
    "assume_price",
    "sample",
    "save",
    "quiet",
]


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
    Option(
        "sweep",
        ("--sweep",),
        "NAME=VALUES",
        "a call for each value, as one sweep: 3,7,12 or 1,2,..,10 or 'oil||ink, wet' or a JSON list or {list}; "
        "repeatable: each with each; -o takes the Sweep",
    ),
    Option("expand", ("--expand",), "", "a call for each text that the body's {a|b|c} and __wildcards__ stand for"),
    Option("each", ("--each",), "", "a call for each entry of the list that {name} in the body is"),
    Option("sample", ("--sample",), "N", "of all these calls only so many, chosen by the seed"),
    Option("bg", ("--bg",), "", "run in the background: the cell ends at once, its output goes on"),
    Option("dry_run", ("--dry-run",), "", "show what would be sent and what it would cost; send nothing"),
    Option("max_cost", ("--max-cost",), "USD", "refuse, before sending, what costs more, all N together"),
    Option("assume_price", ("--assume-price",), "USD", "what a call of a sweep costs at most, where nobody says"),
    Option("save", ("--save",), "PATTERN", "save the pictures, for example 'out/{date}-{seed}.png' or a folder 'out/'"),
    Option("quiet", ("--quiet",), "", "show the pictures alone: no progress, no line of facts"),
)

BY_SPELLING = {spelling: option for option in OPTIONS for spelling in option.spellings}


def spelled(name: str) -> str:
    """A parameter's name as an option: `guidance_scale` becomes `--guidance-scale`."""
    return "--" + name.replace("_", "-")
