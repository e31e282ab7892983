"""The first line of a cell."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.error import UsageError

from ipyimagegen.core.params import Param, Params
from ipyimagegen.notebook.magic.options import OPTIONS
from ipyimagegen.notebook.magic.parse import Invocation, parse

PARAMS = Params(
    (
        Param(name="prompt", kind="text"),
        Param(name="guidance_scale", kind="number", minimum=0, maximum=20),
        Param(name="seed", kind="integer"),
        Param(name="tiling", kind="boolean"),
        Param(name="save", kind="text"),
        Param(name="loras", kind="list", item=Param(name="loras", kind="text")),
        Param(name="num-frames", kind="integer"),
    )
)
PIECES = (
    *("a/b", "x <<", "<<", "v", "4", "-1", "0.2", "true", "'", '"', "\\", "=", "--", "-", "---"),
    *("-o", "-n", "-n4", "-p", "a=b", "--bg", "--bg=maybe", "--tiling", "--no-tiling", "--seed", "--loras"),
    *("--max-cost", "--save", "--x=y"),
)
LINES = st.one_of(st.text(max_size=80), st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join))


def problems(line: str, params: Params | None = PARAMS) -> list[str]:
    return [str(problem) for problem in parse(line, params).problems]


def test_an_empty_line_asks_for_nothing() -> None:
    assert parse("", PARAMS) == Invocation()


def test_every_part_of_the_line_is_read_in_any_order() -> None:
    expected = Invocation(
        model="a/b",
        var="v",
        n=4,
        values={"guidance_scale": "7.5", "seed": "-1", "tiling": True, "save": "x=y z"},
        bg=True,
        dry_run=True,
        quiet=True,
        max_cost=Decimal("0.20"),
        save="out/",
    )
    front = "a/b -o v -n 4 --guidance-scale 7.5 --seed -1 --tiling -p 'save=x=y z' --bg --dry-run --quiet"
    assert parse(f"{front} --max-cost 0.20 --save out/", PARAMS) == expected
    back = "--save=out/ --max-cost $0.20 --quiet --dry_run --bg -p save='x=y z' --tiling --seed=-1 --guidance_scale=7.5"
    assert parse(f"v << {back} -n4 a/b", PARAMS) == expected


@pytest.mark.parametrize(
    "line", ["v << a/b", "v<<a/b", "v <<a/b", "  v <<  a/b", "a/b -o v", "-o v a/b", "-ov a/b", "v << -o v a/b"]
)
def test_the_variable_is_named_in_front_or_by_an_option(line: str) -> None:
    assert parse(line, PARAMS) == Invocation(model="a/b", var="v")


def test_flags_are_told_from_values_by_the_models_parameters() -> None:
    assert parse("--tiling a/b", PARAMS) == Invocation(model="a/b", values={"tiling": True})
    assert parse("--no-tiling a/b", PARAMS).values == {"tiling": False}
    assert parse("--tiling false", PARAMS).values == {"tiling": "false"}
    assert parse("--tiling=no", PARAMS).values == {"tiling": "no"}


def test_a_list_option_may_be_repeated_and_others_may_not() -> None:
    assert parse("--loras a --loras b --loras c", PARAMS).values == {"loras": ("a", "b", "c")}
    assert problems("--seed 1 --seed 2") == ["--seed: is given twice"]
    assert problems("--tiling --no-tiling") == ["--no-tiling: is given twice"]


def test_odd_names_are_spelled_with_hyphens_or_underscores() -> None:
    assert parse("--num-frames 1", PARAMS).values == parse("--num_frames 1", PARAMS).values == {"num-frames": "1"}


def test_a_cost_keeps_its_digits() -> None:
    assert parse("--max-cost 0.10", PARAMS).max_cost == Decimal("0.10")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("--guid 3", "--guid: no such option; did you mean --guidance-scale?"),
        ("--guidance-scal 3", "--guidance-scal: no such option; did you mean --guidance-scale?"),
        ("--sed 3", "--sed: no such option; did you mean --seed?"),
        ("--dry", "--dry: no such option; did you mean --dry-run?"),
        ("--max 3", "--max: no such option; did you mean --max-cost?"),
        ("--help", "--help: no such option; help is shown by %%imagegen? and by %imagegen help MODEL"),
        ("-p sed=3", "-p sed: no such option; did you mean --seed?"),
        ("-p seed", "-p: 'seed' is not NAME=VALUE"),
        ("--seed", "--seed: needs a value (integer)"),
        ("--seed --bg", "--seed: needs a value (integer)"),
        ("-o", "-o: needs a value: -o VAR"),
        ("-o 1x", "'1x' cannot be the name of a variable; write -o NAME or NAME <<"),
        ("-o class", "'class' cannot be the name of a variable; write -o NAME or NAME <<"),
        ("a << -o b", "two variables are named, 'b' and 'a'; one result goes into one"),
        ("-n 0", "-n: '0' is not a number of pictures, 1 or more"),
        ("-n four", "-n: 'four' is not a number of pictures, 1 or more"),
        ("--max-cost -1", "--max-cost: '-1' is not an amount in US dollars, such as 0.20"),
        ("--bg=maybe", "--bg: is a flag and takes no value; 'maybe' is neither true nor false"),
        (
            "a/b a cat",
            "'a' is one word too many after the model 'a/b'",
        ),
    ],
)
def test_what_is_wrong_is_said_with_a_suggestion(line: str, expected: str) -> None:
    assert problems(line)[0].startswith(expected)


def test_unlike_names_are_answered_with_the_list() -> None:
    assert problems("--xyzzy 3")[0].startswith("--xyzzy: no such option; this model has --prompt, --guidance-scale")
    assert problems("-x 3")[0].startswith("-x: no such option; there are -o VAR, -n N")


def test_every_problem_is_found() -> None:
    assert len(problems("--sed 3 --guid 4 -n x a/b c")) == 4


def test_an_open_model_takes_any_name() -> None:
    found = parse("a/b --what-ever 4 --flag -p x-y=1", Params(open=True))
    assert (found.values, found.problems) == ({"what_ever": "4", "flag": True, "x-y": "1"}, ())


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("--prompt It's a cat", "It▸'s a cat"),
        ('--prompt "a cat', 'prompt ▸"a cat'),
        ("v << --prompt 'x' --style 'y", "--style ▸'y"),
        ('--prompt "a \\" b', 'prompt ▸"a'),
    ],
)
def test_an_open_quotation_is_shown_where_it_opens(line: str, shown: str) -> None:
    with pytest.raises(UsageError, match="is never closed") as caught:
        parse(line)
    assert shown in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_last_backslash_is_explained() -> None:
    with pytest.raises(UsageError, match="ends in a backslash"):
        parse("--save C:\\")


def test_nothing_on_the_line_is_expanded() -> None:
    assert parse("--prompt '{x} $HOME `id` ~ * # not a comment'", PARAMS).values == {
        "prompt": "{x} $HOME `id` ~ * # not a comment"
    }


@given(LINES, st.sampled_from([None, PARAMS, Params(open=True)]))
def test_a_line_is_read_or_refused_in_words_whatever_it_is(line: str, params: Params | None) -> None:
    try:
        found = parse(line, params)
    except UsageError as error:
        assert "\n" not in str(error)  # noqa: PT017 - what is allowed to happen
    else:
        assert found.n >= 1
        assert not found.var or found.var.isidentifier()


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.field)
def test_the_parser_knows_every_option_of_the_table(option) -> None:
    value = {"N": "2", "USD": "1", "NAME=VALUE": "seed=1", "NAME=VALUES": "seed=1"}.get(option.value, "x")
    for spelling in option.spellings:
        found = parse(f"{spelling} {value}" if option.value else spelling, PARAMS)
        assert found != Invocation()
        assert found.problems == ()
