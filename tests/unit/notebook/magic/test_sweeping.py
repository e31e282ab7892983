"""`%%imagegen --sweep | --expand | --each`: many calls as one thing, written in a cell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ipyimagegen.core.models import ModelSpec
from ipyimagegen.core.params import Param, Params
from ipyimagegen.experiments.sweep import Sweep
from ipyimagegen.experiments.template import Template
from ipyimagegen.jobs.client import Client
from ipyimagegen.notebook.magic.parse import parse
from ipyimagegen.notebook.magic.sweeping import SweepCall, sweep_call, together
from ipyimagegen.notebook.magic.variables import Variables

from .conftest import TINY, Ran

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

Run = Callable[[str], Ran]
PARAMS = Params(
    (
        Param(name="prompt", kind="text", required=True),
        Param(name="negative_prompt", kind="text"),
        Param(name="steps", kind="integer", minimum=1, maximum=50),
        Param(name="guidance_scale", kind="number"),
        Param(name="seed", kind="integer"),
        Param(name="style", kind="choice", choices=("oil", "ink", "ink, wet")),
        Param(name="caption", kind="text"),
        Param(name="loras", kind="list", item=Param(name="loras", kind="text")),
        Param(name="tiling", kind="boolean"),
    )
)
SPEC = ModelSpec(service="s", name="m", params=PARAMS)


def call(line: str, body: str = "a fox", **names: Any) -> SweepCall:
    return sweep_call([SPEC], parse(line, PARAMS, Variables(names)), body, names)


def axis(written: str, **names: Any) -> Any:
    made = call(f"--sweep {written}", **names)
    assert made.problems == ()
    (name,) = set(made.params) - {"prompt"}
    return made.params[name]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("guidance_scale=3,7,12", [3, 7, 12]),
        ("guidance-scale=3,7.5", [3, 7.5]),
        ("steps=1,2,..,5", [1, 2, 3, 4, 5]),
        ("steps=10,8,..,3", [10, 8, 6, 4]),
        ("steps=3,..,1", [3, 2, 1]),
        ("guidance_scale=0,0.1,..,0.3", [0, 0.1, 0.2, 0.3]),
        ("'guidance_scale=[3, 7]'", [3, 7]),
        ("'style=oil||ink, wet'", ["oil", "ink, wet"]),
        ("style=oil,ink", ["oil", "ink"]),
        ("'caption=a: {b}, c||d'", ["a: {b}, c", "d"]),
        ("""'caption=["a||b", "c"]'""", ["a||b", "c"]),
        ("'loras=a,b||c'", [["a", "b"], ["c"]]),
        ("tiling=true,false", ["true", "false"]),
        ("steps={held}", [4, 5]),
        ("caption={held[0]},{held[1]}", ["4", "5"]),
    ],
)
def test_the_values_of_an_axis(written: str, expected: list[Any]) -> None:
    assert axis(written, held=(4, 5)) == expected


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--sweep steps", "'steps' is not NAME=VALUES"),
        ("--sweep stps=1,2", "--sweep stps: no such option; did you mean --steps?"),
        ("--sweep 'caption=a, b'", "'a, b' is one value; put || between several"),
        ("--sweep steps=7", "'7' is one value"),
        ("--sweep steps=1,..", "is no range"),
        ("--sweep steps=1,1,..,3", "is no range"),
        ("--sweep steps=1,..,99999", "at most 10,000 values"),
        ("--sweep steps=[]", "an empty list has no cells"),
        ("--sweep steps={empty}", "an empty list has no cells"),
        ("--sweep steps={one}", "this variable holds no list of values"),
        ("--sweep steps=1,2 --steps 3", "is given beside --sweep too"),
        ("--sweep steps=1,2 --sweep steps=3,4", "is given twice"),
        ("--each --expand", "one of the two"),
        ("--each", "the body names no list"),
    ],
)
def test_what_is_wrong_is_said(line: str, message: str) -> None:
    assert message in " ".join(map(str, call(line, empty=[], one=1).problems))


def test_templates_count_only_where_they_are_asked_for() -> None:
    made = call("--expand", "a {red|blue} fox\n---\n{fog|rain}").params
    assert isinstance(made["prompt"], Template)
    assert list(made["prompt"]) == ["a red fox", "a blue fox"]
    assert made["negative_prompt"].count() == 2
    assert call("--sweep steps=1,2", "a fox").params["prompt"] == "a fox"


def test_values_and_doubled_braces_stay_themselves_in_a_template() -> None:
    made = call("--expand", "{x} {a|b} {{c|d}}", x="{1|2} __no__").params["prompt"]
    assert list(made) == ["{1|2} __no__ a {c|d}", "{1|2} __no__ b {c|d}"]


def test_a_wrong_template_names_its_column() -> None:
    assert "column 3: this '{' begins a choice" in str(call("--expand", "a {red|blue").problems[0])


@pytest.mark.parametrize("prompts", [["a", "b"], ("a", "b"), np.array(["a", "b"])])
def test_each_entry_of_a_list_is_a_call(prompts: Any) -> None:
    made = call("--each --steps 3", "{prompts} at dusk, {{x}} {light}", prompts=prompts, light="low")
    assert made.problems == ()
    assert made.params == {"prompt": ["a at dusk, {x} low", "b at dusk, {x} low"], "steps": 3}


def test_a_list_in_both_prompts_goes_together() -> None:
    made = call("--each", "{words[0]}{p}\n---\nno {p}", p=["a", "b"], words="xy")
    assert made.zip_ == {"prompt": ["xa", "xb"], "negative_prompt": ["no a", "no b"]}
    assert made.params == {}


def test_several_lists_are_refused_and_one_without_each_is_told_of_it() -> None:
    assert "names 2 lists, p, q" in str(call("--each", "{p} {q}", p=["a"], q=["b"]).problems[0])
    assert "make a call of each with --each" in str(call("--sweep steps=1,2", "{p}", p=["a"]).problems[0])


def test_a_list_for_one_call_is_no_axis() -> None:
    assert call('--expand -p loras=\'["a","b"]\'').params["loras"] == ["a", "b"]
    open_spec = ModelSpec(service="s", name="w", params=Params(open=True))
    made = sweep_call([open_spec], parse("--sweep x=1,2 -p sizes=[1,2]", open_spec.params), "", {})
    assert made.params == {"sizes": [[1, 2]], "x": [1, 2]}


def test_models_together_take_what_any_of_them_takes() -> None:
    other = ModelSpec(service="s", name="o", params=Params((Param(name="prompt"), Param(name="eta", kind="number"))))
    assert list(together([SPEC, other]).params) == [*PARAMS, "eta"]


def test_a_sweep_runs_shows_one_sheet_and_stays_in_the_variable(run: Run, shell: InteractiveShell) -> None:
    ran = run(f'%%imagegen {TINY} --seed 7 --sweep guidance_scale=3,7 --sweep "style=ink||oil" -o grid\na fox')
    assert ran.error is None
    grid = shell.user_ns["grid"]
    assert isinstance(grid, Sweep)
    assert [axis.name for axis in grid.plan.axes] == ["guidance_scale", "style"]
    assert [row["status"] for row in grid.to_rows()] == ["succeeded"] * 4
    assert {row["seed"] for row in grid.to_rows()} == {7}
    assert len(ran.pictures) == 1


def test_variables_make_one_call_each_with_their_files(run: Run, shell: InteractiveShell, tmp_path: Path) -> None:
    shell.user_ns["animals"] = ["fox", "bear"]
    ran = run(f"%%imagegen {TINY} --each --save 'out/{{prompt}}.png' -o grid --quiet\na {{animals}}")
    assert ran.error is None
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a-bear.png", "a-fox.png"]


def test_a_dry_run_shows_the_plan_and_sends_nothing(run: Run, client: Client) -> None:
    told = run(f"%%imagegen {TINY} --sweep guidance_scale=3,7 --expand -n 2 --dry-run\na {{fox|bear}}").text
    assert "Dry run: nothing was sent." in told
    assert "8 cells, 8 calls to send" in told
    assert client.jobs() == []


def test_a_sample_is_some_of_the_cells(run: Run, client: Client) -> None:
    told = run(f"%%imagegen {TINY} --sweep guidance_scale=1,2,..,9 --expand --sample 4 --dry-run\na {{fox|bear}}").text
    assert "4 cells, 4 calls to send" in told
    assert "--sample: '0' is not a number" in run("%%imagegen --sweep seed=1,2 --sample 0\nx").message


def test_a_sweep_in_the_background_is_there_at_once(run: Run, shell: InteractiveShell) -> None:
    assert run(f"%%imagegen {TINY} --sweep seed=1,2 --bg -o grid\na fox").error is None
    grid = shell.user_ns["grid"]
    grid.result(30)
    assert [row["seed"] for row in grid.to_rows()] == [1, 2]


def test_models_are_an_axis(run: Run, shell: InteractiveShell) -> None:
    told = run("%%imagegen --sweep model=local/sketch,local/cutout --sweep seed=1,2 --dry-run\na fox").text
    assert "2 model × 2 seed: 4 cells, 2 calls to send" in told
    assert "image" in told
    assert "beside the model" in run("%%imagegen local/sketch --sweep model=local/sketch||local/cutout\na").message


def test_wrong_values_are_refused_before_anything_is_sent(run: Run, client: Client) -> None:
    assert "width" in run("%%imagegen --sweep width=1,2\na fox").message
    assert "no model 'local/nope'" in run("%%imagegen --sweep model=local/sketch||local/nope\na fox").message
    assert client.jobs() == []


def test_models_with_other_names_for_the_prompt_get_the_body_all_the_same() -> None:
    other = ModelSpec(service="s", name="o", params=Params((Param(name="text_prompt", kind="text"),)))
    third = ModelSpec(service="s", name="t", params=Params((Param(name="text", kind="text"),)))
    line = parse("--expand", together([other, third]).params)
    assert list(sweep_call([other, third], line, "a {red|blue} fox", {}).params["prompt"]) == [
        "a red fox",
        "a blue fox",
    ]
