"""Money as services write it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.core.cost import UNKNOWN, Cost

ODD = ["nan", "inf", "1e999999", "1e-999999", "-0", "1_0", "9" * 5_000, "0." + "1" * 5_000, "$"]
VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text(max_size=12) | st.lists(st.none())
)


@pytest.mark.parametrize(
    ("value", "text"), [(0.04, "$0.04"), ("0.0025", "$0.0025"), ("$3", "$3"), (0, "$0"), (12, "$12")]
)
def test_a_price_is_shown_as_it_was_written(value: object, text: str) -> None:
    assert text == str(Cost.read(value))


@pytest.mark.parametrize("value", [None, True, "", "free", "nan", -1, "-0.01", "1e999999", "1e-999999", [], {}])
def test_what_is_no_price_is_unknown(value: object) -> None:
    assert UNKNOWN == Cost.read(value)


@given(VALUES | st.sampled_from(ODD))
def test_whatever_a_service_writes_is_a_short_text_and_adds_up(value: object) -> None:
    cost = Cost.read(value)
    assert len(str(cost)) < 60
    assert len(str(cost + Cost(Decimal("0.01"), source="charged"))) < 60
