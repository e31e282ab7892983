"""Axes and plans: which cells there are, who is who, seeds, what is refused and what is invalid, and the order."""

from __future__ import annotations

import io
import itertools
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ipyimagegen.core.cost import Cost
from ipyimagegen.core.errors import InvalidInput
from ipyimagegen.core.models import ModelSpec
from ipyimagegen.core.prices import bills, price_of
from ipyimagegen.core.requests import InputFile
from ipyimagegen.core.schema import read_params
from ipyimagegen.experiments.axes import read_grid
from ipyimagegen.experiments.identity import Contents
from ipyimagegen.experiments.plan import levels_of
from ipyimagegen.experiments.planning import make_plan
from ipyimagegen.experiments.recipe import to_rows
from ipyimagegen.experiments.template import Template
from tests.unit.experiments.specs import FLUX, PLAIN, SMALL, grid, plan


def sent(cells: Any, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(cell.request.values.get(name) for name in names) for cell in cells if cell.request]


def test_lists_are_axes_and_their_product_the_cells_last_axis_fastest() -> None:
    made = plan(prompt=["a, b", "{c}"], guidance=[3, 7], seed=7)
    assert [("a, b", 3, 7), ("a, b", 7, 7), ("{c}", 3, 7), ("{c}", 7, 7)] == sent(
        made.cells, "prompt", "guidance", "seed"
    )
    assert [(0, 0), (0, 1), (1, 0), (1, 1)] == [cell.at for cell in made.cells]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([3, 7], [3, 7]),
        ((3, 7), [3, 7]),
        (range(3, 5), [3, 4]),
        (iter([3, 7]), [3, 7]),
        (np.array([3, 7]), [3, 7]),
        (5, [5]),
    ],
)
def test_what_is_an_axis(value: object, expected: list[float]) -> None:
    assert expected == [guidance for (guidance,) in sent(plan(prompt="x", guidance=value).cells, "guidance")]


@pytest.mark.parametrize(
    "arguments",
    [
        {"guidance": [np.float32(2.5)]},
        {"guidance": np.float64(2.5)},
        {"rows": [{"guidance": np.float64(2.5)}]},
        {"zip_": {"guidance": [np.float64(2.5)], "steps": [np.int64(3)]}},
    ],
)
def test_numpy_s_numbers_are_python_s_own_in_headings_and_tables(arguments: dict[str, Any]) -> None:
    (cell,) = plan(prompt="x", **arguments).cells
    assert [2.5] == [value for name, value in cell.asked.items() if name == "guidance"]
    assert all(type(value) in (str, int, float) for value in cell.asked.values())


def test_a_template_is_an_axis_of_all_that_it_stands_for() -> None:
    made = plan(prompt=Template("a {fox|cat}"))
    assert [("a fox",), ("a cat",)] == sent(made.cells, "prompt")
    assert ["a {fox|cat}"] * 2 == [cell.request and cell.request.asked["prompt"] for cell in made.cells]


def test_a_list_parameter_takes_a_list_as_one_value_and_a_list_of_lists_as_an_axis() -> None:
    assert [(["a", "b"],)] == sent(plan(prompt="x", loras=["a", "b"]).cells, "loras")
    assert [(["a"],), (["a", "b"],)] == sent(plan(prompt="x", loras=[["a"], ["a", "b"]]).cells, "loras")


def test_zipped_values_are_one_axis() -> None:
    made = plan(prompt=["x", "y"], zip_={"width": [512, 640], "height": [640, 512]})
    assert [(512, 640), (640, 512)] * 2 == sent(made.cells, "width", "height")
    assert ["prompt", "width, height"] == [axis.name for axis in made.axes]
    assert "width=512, height=640" == made.axes[1].label(0)


class Frame:
    """As much of a DataFrame as is looked at."""

    columns = ("prompt", "guidance")

    def to_dict(self, orient: str) -> list[dict[str, object]]:
        assert orient == "records"
        return [{"prompt": "a", "guidance": np.float64(3)}, {"prompt": "b", "guidance": float("nan")}]


@pytest.mark.parametrize("rows", [[{"prompt": "a", "guidance": 3}, {"prompt": "b", "guidance": None}], Frame()])
def test_rows_are_cells_and_an_empty_field_is_not_given(rows: object) -> None:
    made = plan(rows=rows, steps=[10, 20])
    assert [("a", 3, 10), ("a", 3, 20), ("b", None, 10), ("b", None, 20)] == sent(
        made.cells, "prompt", "guidance", "steps"
    )


def test_models_are_the_outermost_axis_and_seeds_go_to_each_ones_own_parameter() -> None:
    made = plan([FLUX, SMALL], prompt="x", seed=[11, 12])
    assert [(11, None), (12, None), (None, 11), (None, 12)] == sent(made.cells, "seed", "noise_seed")
    assert ["made/flux", "made/flux", "made/small", "made/small"] == [cell.model for cell in made.cells]


def test_a_prompt_goes_to_each_model_under_its_own_name() -> None:
    other = ModelSpec(
        service="made",
        name="other",
        params=read_params({"required": ["text_prompt"], "properties": {"text_prompt": {"type": "string"}}}),
    )
    assert [("x", None), (None, "x")] == sent(plan([PLAIN, other], prompt="x").cells, "prompt", "text_prompt")
    assert [(None, "x")] == sent(plan([other], prompt="x").cells, "prompt", "text_prompt")


def test_rows_may_name_their_models() -> None:
    rows = [{"prompt": "x", "model": "made/small"}, {"prompt": "x", "model": "made/plain"}]
    specs = {spec.id: spec for spec in (PLAIN, SMALL)}
    made = make_plan(read_grid(["made/plain"], {}, lambda _: None, rows=rows), specs)
    assert ["made/small", "made/plain"] == [cell.model for cell in made.cells]


def test_one_drawn_seed_is_all_cells_seed_and_told() -> None:
    made = plan([FLUX, SMALL], prompt=["x", "y"])
    assert {made.seed} == {cell.seed for cell in made.cells}
    assert 10 <= made.seed <= 19
    assert f"seed: {made.seed} for all" in repr(made)
    assert "one seed for the whole sweep" in str(made.cells[0].request and made.cells[0].request.changes[-1])
    assert made.cells[0].request is not None
    assert "seed" not in made.cells[0].request.asked


def test_each_row_has_a_seed_of_its_own() -> None:
    made = make_plan(grid(seed="row", prompt=["x", "y"], guidance=[3, 7]), {FLUX.id: FLUX}, seed=5)
    seeds = [cell.seed for cell in made.cells]
    assert seeds[0] == seeds[1] != seeds[2] == seeds[3]


def test_the_seed_of_a_cell_does_not_depend_on_the_other_cells() -> None:
    def seeds(**arguments: Any) -> list[int | None]:
        made = make_plan(grid(seed="cell", prompt="x", **arguments), {FLUX.id: FLUX}, seed=5)
        return [cell.seed for cell in made.cells]

    assert seeds(guidance=[3, 7, 12])[:2] == seeds(guidance=[3, 7])
    assert seeds(guidance=3) == seeds(guidance=[3, 7])[:1]
    assert 2 == len(set(seeds(guidance=[3, 7])))


def test_repeats_take_consecutive_seeds_and_go_round_at_the_models_last() -> None:
    assert [98, 99, 0] == [cell.seed for cell in plan(prompt="x", seed=98, n=3).cells]


def test_repeats_of_a_model_without_seeds_are_sent_each() -> None:
    assert 3 == plan([PLAIN], prompt="x", n=3).count


def test_equal_requests_are_one_call_whatever_their_spelling() -> None:
    made = plan(prompt="x", guidance=[7, 7.0, "7", None], steps=[20, None], seed=1)
    assert (8, 1) == (len(made.cells), made.count)
    assert "7 cells ask for the same as another" in repr(made)
    assert plan(prompt="x", seed=1).cells[0].identity == made.cells[0].identity
    assert plan(prompt="y", seed=1).cells[0].identity != made.cells[0].identity


def test_files_are_known_by_their_content(tmp_path: Path) -> None:
    data = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(data, "PNG")
    (tmp_path / "one.png").write_bytes(data.getvalue())
    (tmp_path / "two.png").write_bytes(data.getvalue())
    made = plan(prompt="x", image=[tmp_path / "one.png", str(tmp_path / "two.png"), data.getvalue()], seed=1)
    assert (3, 1) == (len(made.cells), made.count)
    gone = plan(prompt="x", image=[tmp_path / "one.png", tmp_path / "three.png"], seed=1)
    assert "no file" in gone.cells[1].problem


def test_what_cannot_be_sent_is_invalid_with_its_reason_and_stops_nothing() -> None:
    made = plan([FLUX, PLAIN], prompt="x", guidance=[3, 99])
    assert 1 == made.count
    assert ["guidance: 99 is outside 0 to 20"] == [p.removeprefix("made/flux: ") for p in reasons(made.cells)[:1]]
    assert "made/plain: guidance: no such parameter; this model has prompt" == reasons(made.cells)[1]
    assert "1 invalid: made/flux: guidance: 99 is outside 0 to 20" in repr(made)


def reasons(cells: Any) -> list[str]:
    return [cell.problem for cell in cells if cell.problem]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"promt": ["x"]}, "promt: no such parameter; did you mean 'prompt'?"),
        ({"prompt": "x", "guidance": [99, 98]}, "no cell can be sent: made/flux: guidance: 99 is outside 0 to 20"),
        ({"prompt": []}, "prompt: an empty list has no cells"),
        ({"prompt": {"x"}}, "prompt: a set has no order"),
        ({"prompt": "x", "seed": "sel"}, "seed: 'sel' is no seed"),
        ({"prompt": "x", "seed": 1.5}, "seed: 1.5 is no seed"),
        ({"prompt": "x", "n": 0}, "n: 0 is not a whole number, 1 or more"),
        ({"prompt": "x", "zip_": {"width": [1, 2], "height": [1]}}, "width has 2, height has 1"),
        ({"prompt": "x", "rows": []}, "rows: [] is not a list of dicts"),
        ({"prompt": "x", "rows": [{"prompt": "y"}]}, "prompt: is given twice"),
        ({"prompt": "x", "steps": range(1, 40), "width": range(64, 2000)}, "= 75,504 cells, over 10,000; sample=200"),
        ({"prompt": "x", "steps": [1, 2], "skip": [{"stps": 1}]}, "skip: no cell has 'stps'; they have steps, prompt"),
        ({"prompt": "x", "steps": [1, 2], "skip": lambda _: True}, "skip: leaves no cell"),
        ({"prompt": "x", "sample": 0}, "sample: 0 is not a whole number, 1 or more"),
    ],
)
def test_a_wrong_call_is_refused_and_says_what_to_do(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        plan(**arguments)
    assert message in str(caught.value)


@pytest.mark.parametrize("skip", [[{"guidance": 3, "steps": 1}], lambda v: v["guidance"] == 3 and v["steps"] == 1])
def test_cells_may_be_skipped(skip: Any) -> None:
    assert [(3, 2), (7, 1), (7, 2)] == sent(
        plan(prompt="x", guidance=[3, 7], steps=[1, 2], skip=skip).cells, "guidance", "steps"
    )


def test_a_sample_is_as_many_different_cells_the_same_for_the_same_seed() -> None:
    arguments: dict[str, Any] = {"prompt": "x", "width": range(64, 2000), "height": range(64, 2000), "sample": 50}
    made = plan(**arguments, seed=3)
    assert 50 == made.count
    assert made.cells == plan(**arguments, seed=3).cells
    assert made.cells != plan(**arguments, seed=4).cells
    assert 4 == plan(prompt="x", width=[64, 128, 256], height=[64, 128], sample=4, skip=[{"width": 64}]).count


def test_corners_come_first_and_models_change_slowest() -> None:
    order = plan([SMALL, FLUX], prompt=["a", "b", "c"], seed=[11, 12, 13]).order
    assert ["made/small"] * 9 + ["made/flux"] * 9 == [cell.model for cell in order]
    corners = [(cell.values["prompt"], cell.seed) for cell in order[:4]]
    assert [("a", 11), ("a", 13), ("c", 11), ("c", 13)] == corners


@given(st.integers(1, 200))
def test_ends_come_before_middles_and_every_place_has_a_level(length: int) -> None:
    levels = levels_of(length)
    assert (0, 0) == (levels[0], levels[-1])
    assert length == len(levels)
    assert all(level > 0 for level in levels[1:-1])
    for level in range(1, max(levels) + 1):  # what is there after each level leaves gaps of at most half those before
        known = [place for place, here in enumerate(levels) if here <= level]
        assert max(b - a for a, b in itertools.pairwise(known)) <= -(-(length - 1) // 2**level)


def test_money_is_the_count_times_the_price_and_unknown_is_told() -> None:
    made = plan([FLUX, PLAIN], prompt=["x", "y"])
    assert "price: $0.04 (quoted), and unknown for 2 of 4" in repr(made)


@pytest.mark.parametrize(
    ("charges", "assumed", "expected"),
    [
        ([("0.02", 1), ("0.05", 3), ("0.03", 2)], None, "$0.04 to $0.1, usually $0.06 (own charges, 1970-01-04)"),
        ([], Decimal("0.5"), "$1 (assumed)"),
        ([], None, "unknown"),
    ],
)
def test_a_price_that_no_list_has_is_that_of_the_users_own_charges(
    charges: list[tuple[str, int]], assumed: Decimal | None, expected: str
) -> None:
    known = [(Cost(Decimal(amount), "USD", "charged"), day * 86_400.0) for amount, day in charges]
    price = price_of(PLAIN, known, assumed=assumed)
    assert expected == str(bills([price, price])[0])


def test_currencies_are_never_added() -> None:
    credit = price_of(PLAIN, [(Cost(Decimal(3), "CREDITS", "charged"), 0.0)])
    dollar = price_of(FLUX, [])
    assert ["3 credits (own charges, 1970-01-01)", "$0.02 (quoted)"] == [str(bill) for bill in bills([credit, dollar])]


def test_a_file_in_many_cells_is_read_and_kept_once(tmp_path: Path) -> None:
    data = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(data, "PNG")
    kept: list[str] = []

    class Inputs:
        def keep_input(self, file: InputFile, sha256: str) -> None:
            kept.append(sha256)

        def input_path(self, sha256: str, media_type: str) -> Path:
            return tmp_path

    contents = Contents(Inputs())
    rows = to_rows(plan(prompt=[str(n) for n in range(20)], image=data.getvalue(), seed=1).cells, 0, contents)
    assert 20 == len(rows)
    assert kept == list(contents.all())
    assert 1 == len(kept)
