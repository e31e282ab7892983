"""Variables in the options: `--seed {seed}`, `-p {params}`, `--image {photo}`."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ipyimagegen.core.errors import Problem
from ipyimagegen.core.models import ModelSpec
from ipyimagegen.core.params import Param, Params
from ipyimagegen.notebook.magic.body import Body
from ipyimagegen.notebook.magic.parse import Invocation, parse
from ipyimagegen.notebook.magic.values import make_call
from ipyimagegen.notebook.magic.variables import Variables

from .conftest import TINY, Ran

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

Run = Callable[[str], Ran]
PARAMS = Params(
    (
        Param(name="prompt", kind="text", required=True),
        Param(name="steps", kind="integer", minimum=1, maximum=50),
        Param(name="seed", kind="integer"),
        Param(name="style", kind="choice", choices=("oil", "ink")),
        Param(name="image", kind="image"),
        Param(name="loras", kind="list", item=Param(name="loras", kind="text")),
        Param(name="extra", kind="object"),
        Param(name="tiling", kind="boolean"),
    )
)
SPEC = ModelSpec(service="s", name="m", params=PARAMS)


def read(line: str, **names: Any) -> Invocation:
    return parse(line, PARAMS, Variables(names))


def values(line: str, **names: Any) -> dict[str, Any]:
    call = make_call(SPEC, read(line, **names), Body("a fox"), names)
    assert call.problems == ()
    return {name: value for name, value in call.values.items() if name != "prompt"}


def problems(line: str, **names: Any) -> list[str]:
    return [str(problem) for problem in read(line, **names).problems]


@pytest.mark.parametrize(
    ("line", "names", "expected"),
    [
        ("--steps {s}", {"s": 20}, {"steps": 20}),
        ("--steps={s}", {"s": np.int64(20)}, {"steps": 20}),
        ("--steps {s}", {"s": "20"}, {"steps": 20}),
        ("--steps 1{s}", {"s": 2}, {"steps": 12}),
        ("--seed {run.seed}", {"run": type("Run", (), {"seed": 7, "__module__": "__main__"})()}, {"seed": 7}),
        ("--seed {seeds[1]}", {"seeds": [4, 5]}, {"seed": 5}),
        ("--seed {seed}", {"seed": None}, {"seed": None}),
        ("--style {style}", {"style": "ink"}, {"style": "ink"}),
        ("--loras {loras}", {"loras": ["a,b", "c"]}, {"loras": ["a,b", "c"]}),
        ("--loras {loras}", {"loras": "a,b"}, {"loras": ["a", "b"]}),
        ("--loras {a} --loras {b}", {"a": "x", "b": "y"}, {"loras": ["x", "y"]}),
        ("--extra {extra}", {"extra": {"k": [1, 0.5]}}, {"extra": {"k": [1, 0.5]}}),
        ("--tiling {flag}", {"flag": False}, {"tiling": False}),
        ("-p steps={s}", {"s": 20}, {"steps": 20}),
        ("-p {params}", {"params": {"steps": 20, "style": "oil"}}, {"steps": 20, "style": "oil"}),
        ("--image {path}", {"path": Path("a b.png")}, {"image": Path("a b.png")}),
        ("--steps 20", {"steps": 3}, {"steps": 20}),
        ("--style '{{ink}}'", {"ink": 3}, {"style": "{ink}"}),
    ],
)
def test_variables_stand_for_their_values(line: str, names: dict[str, Any], expected: dict[str, Any]) -> None:
    if expected == {"style": "{ink}"}:
        assert read(line, **names).values == expected
    else:
        assert values(line, **names) == expected


def test_the_model_the_count_and_the_cap_may_be_variables() -> None:
    asked = read("{model} -n {n} --max-cost {cap}", model="local/sketch", n=3, cap=0.25)
    assert (asked.model, asked.n, asked.max_cost, asked.problems) == ("local/sketch", 3, Decimal("0.25"), ())


def test_what_a_variable_holds_is_never_an_option() -> None:
    assert values("--loras {x} --steps 3", x=["--bg"]) == {"loras": ["--bg"], "steps": 3}
    asked = read("--style {x} {y}", x="--bg", y="--dry-run")
    assert (asked.bg, asked.dry_run, asked.model) == (False, False, "--dry-run")


def test_braces_that_name_no_variable_stay() -> None:
    assert read("--style {ink|oil} --loras '{\"a\": 1}'", ink=1).values == {"style": "{ink|oil}", "loras": '{"a": 1}'}


def test_a_pattern_for_files_keeps_its_own_names() -> None:
    assert read("--save {folder}/{prompt}-{seed}-{steps}.png", folder="o{u}t", seed=3, steps=4).save == (
        "o{{u}}t/{prompt}-{seed}-{steps}.png"
    )


@pytest.mark.parametrize(
    ("line", "names", "message"),
    [
        ("--seed {client}", {"client": object()}, "{client}: is a object, not a text or a number"),
        ("--seed {os.sep}", {"os": __import__("os")}, "os is a module"),
        ("--seed {d[k]}", {"d": {}}, "no key 'k'"),
        ("--seed {_x}", {"_x": 1}, "private"),
        ("-p {x}", {"x": 3}, "-p: '{x}' is not NAME=VALUE, nor a dict of the notebook"),
        ("-p {params}", {"params": {"stps": 3}}, "did you mean --steps?"),
        ("-p {params} --steps 3", {"params": {"steps": 3}}, "--steps: is given twice"),
        ("--extra {x}", {"x": {"a": object()}}, "not a text or a number"),
    ],
)
def test_closed_values_are_refused_by_name(line: str, names: dict[str, Any], message: str) -> None:
    assert message in " ".join(problems(line, **names))


def test_a_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "sk-op-0123456789abcdef")
    for held in ("sk-op-0123456789abcdef", ["a", "sk-op-0123456789abcdef"], {"a": "sk-op-0123456789abcdef"}):
        assert "holds a key" in " ".join(problems("--loras {x}", x=held))


def test_a_property_is_asked_once() -> None:
    asked: list[int] = []

    class Lazy:
        __module__ = "__main__"

        @property
        def seed(self) -> int:
            asked.append(1)
            return 7

    variables, found = Variables({"x": Lazy()}), list[Problem]()
    assert [variables.fill("{x.seed}", found) for _ in range(3)] == ["7"] * 3
    assert (asked, found) == ([1], [])


def test_a_loop_over_values_runs_the_magic(run: Run, shell: InteractiveShell) -> None:
    shell.user_ns |= {"seed": 11, "size": {"width": 64, "height": 64}, "steps": 2}
    assert run("%%imagegen --seed {seed} -p {size} --num-inference-steps {steps} -o fox\na fox").error is None
    fox = shell.user_ns["fox"]
    assert (fox.seed, fox.image.width, fox.sent["num_inference_steps"]) == (11, 64, 2)


def test_a_dry_run_names_the_variable(run: Run, shell: InteractiveShell) -> None:
    shell.user_ns |= {"steps": 3}
    told = run(f"%%imagegen {TINY.rpartition('--')[0]} --num-inference-steps {{steps}} --dry-run\na fox").text
    assert "3   (the variable steps (int))" in told
