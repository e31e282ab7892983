"""A user's own price table: first that applies, by unit and parameters, and one clear error for a wrong one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ipyimagegen.core.cost import FREE, Cost
from ipyimagegen.core.models import ModelSpec
from ipyimagegen.core.price_rules import read_rules, ruled
from ipyimagegen.core.prices import price_of

TABLE = {
    "openpixels/*": {"amount": 2, "currency": "credits", "per": "picture"},
    "segmind/flux-dev": 0.03,
    "far/away": [{"amount": "0.10", "when": {"steps": ">30", "quality": "high"}}, {"amount": 0.05, "per": "megapixel"}],
}


@pytest.mark.parametrize(
    ("model", "values", "cost"),
    [
        ("segmind/flux-dev", {"n": 3}, "about $0.09"),
        ("openpixels/flux", {}, "about 2 credits"),
        ("far/away", {"steps": 31, "quality": "high"}, "about $0.1"),
        ("far/away", {"steps": 30, "quality": "high", "width": 1000, "height": 2000}, "about $0.1"),
        ("far/away", {"width": 1000, "height": 1000, "n": 2}, "about $0.1"),
        ("elsewhere/x", {}, "None"),
    ],
)
def test_the_first_rule_that_applies_says_the_price(model: str, values: dict[str, Any], cost: str) -> None:
    assert cost == str(ruled(read_rules(TABLE), model, values))


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ([], "a model for each price"),
        ({"a/b": "much"}, "'much' is not an amount"),
        ({"a/b": -1}, "-1 is not an amount"),
        ({"a/b": True}, "True is not an amount"),
        ({"a/b": {"amount": 1, "pro": "picture"}}, "a price has amount"),
        ({"a/b": {"amount": 1, "per": "pixel"}}, "per is one of call, picture, megapixel"),
        ({"a/b": {"amount": 1, "when": "x"}}, "when is a table"),
    ],
)
def test_a_wrong_table_is_told(table: object, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_rules(table)


def test_the_users_word_goes_before_the_services_and_a_free_model_stays_free() -> None:
    rules = read_rules({"far/away": 0.5})
    quoted = ModelSpec(service="far", name="away", price=Cost(Decimal("0.2"), "USD", "quoted"))
    assert ("your price table", Decimal("0.5")) == (
        price_of(quoted, (), rules=rules).source,
        price_of(quoted, (), rules=rules).usual,
    )
    assert "free" == price_of(ModelSpec(service="far", name="away", price=FREE), (), rules=rules).source
