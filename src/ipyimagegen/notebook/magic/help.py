"""Help as plain text, at most 100 columns wide, made from the tables that the parser reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ...core.errors import capped
from ...core.models import ModelSpec
from ...core.params import Param
from ..text import paragraph, rows
from .options import OPTIONS, spelled


class Documented(Protocol):
    """A subcommand, as far as the help is concerned."""

    @property
    def usage(self) -> str:
        """How it is typed."""

    @property
    def help(self) -> str:
        """What it does."""


def cell_help() -> str:
    """The help of `%%imagegen`."""
    options = " ".join(f"[{option.usage}]" for option in OPTIONS)
    usage = f"%%imagegen [MODEL] [VAR <<] [--parameter VALUE …] {options}"
    return "\n".join(
        [
            "Make pictures: the cell's body is the prompt.",
            "",
            paragraph(usage, indent=2, hanging=6),
            "  a lighthouse at dusk",
            "  ---",
            "  people, text",
            "",
            paragraph(
                "MODEL is service/name, or else the one of `%config ImageGen.model`. Every parameter of the model is "
                "an option, with hyphens or underscores: --guidance-scale 7.5, --no-tiling for a flag that is to be "
                "off; `%imagegen help MODEL` lists them. Options stand in any order."
            ),
            "",
            rows((", ".join(option.spellings) + f" {option.value}".rstrip(), option.help) for option in OPTIONS),
            "",
            paragraph(
                "Words with blanks, quotes or backslashes go into quotes, as in a shell; nothing else on the line has "
                "a meaning of its own. Lists are a,b,c or JSON. A picture is a path, a URL, or a variable that holds "
                "one, also a part such as result.images[0]; where a file has that name too, the file is taken."
            ),
            "",
            paragraph(
                "Values of options may be variables too, by the rules of the body: --seed {seed}, --save "
                "{folder}/{prompt}.png; {name} alone is the value itself, also a list, a picture or None (nothing "
                "given), and -p {params} a dict with several parameters."
            ),
            "",
            paragraph(
                "The body: a line --- starts the negative prompt. {name}, {name.attribute}, {name[key]} and {name:.2f} "
                "put in the notebook's variables (texts, numbers, paths and dates), without evaluating anything; "
                "braces around anything that is no variable stay as they are; {{name}} is {name} itself."
            ),
            "",
            paragraph(
                "Many calls as one thing: --sweep for each value of a parameter (or model=a/b||c/d, seed=1,2,3), "
                "--each for each entry of a list in the body, --expand for each text of a template such as a "
                "{red|blue} fox (templates count with --sweep too). Together they are each with each; --dry-run shows "
                "the plan with its price. All share one seed unless there is an axis of it. The sheet of all pictures "
                "is shown at the end; a call that fails says so there, and raises nothing."
            ),
            "",
            paragraph(
                "The pictures are shown, and stay in the saved notebook. A failed call raises, so that Run All stops; "
                "Stop cancels the job. Wrong arguments are refused before anything is sent."
            ),
            "",
            "Examples",
            "  %%imagegen local/sketch --width 768 --seed 7 -o lighthouse",
            "  %%imagegen variants << -n 4 --style watercolor",
            "  %%imagegen --image lighthouse --strength 0.4 --dry-run",
            "  %%imagegen --sweep guidance_scale=3,7,12 --sweep 'style=oil||ink' --max-cost 1.50 -o grid",
        ]
    )


def line_help(commands: Iterable[Documented]) -> str:
    """The help of `%imagegen`."""
    return "\n".join(
        [
            "Look after models, jobs and settings. Pictures are made by the cell form: %%imagegen?",
            "",
            rows((f"%imagegen {command.usage}", command.help) for command in commands),
        ]
    )


def model_help(spec: ModelSpec) -> str:
    """Every parameter of a model, with its limits, default and description."""
    head = [paragraph(f"{spec.id}   {capped(spec.title, 200)}".rstrip(), hanging=2)]
    if spec.description:
        head.append(paragraph(capped(spec.description), indent=2))
    head.append(f"  Price: {spec.price}" + (" a call" if spec.price.known and spec.price.source != "free" else ""))
    if spec.cannot_cancel:
        head.append(paragraph(f"Cancel: {capped(spec.cannot_cancel, 300)}", indent=2))
    if spec.url:
        head.append(f"  {capped(spec.url, 96)}")
    lines = [*head, "", rows(((_option(param, spec), _facts(param)) for param in spec.params.values()), widest=28)]
    if spec.params.open:
        lines += ["", paragraph("This list is incomplete: other parameters are sent as they are written.")]
    return "\n".join(lines)


def _option(param: Param, spec: ModelSpec) -> str:
    return f"{spelled(param.name)} (the body)" if param is spec.params.prompt else spelled(param.name)


def _facts(param: Param) -> str:
    limits = param.limits
    if param.kind == "list":
        limits = f"list of {param.item.limits}" if param.item else "list"
    elif param.max_length is not None:
        limits = f"text of at most {param.max_length:,} characters"
    facts = [capped(limits, 600)]
    if param.required and param.default is None:
        facts.append("required")
    if param.default not in (None, ""):
        facts.append(f"default {capped(repr(param.default), 200)}")
    return f"{', '.join(facts)}\n{capped(param.description)}".rstrip()
