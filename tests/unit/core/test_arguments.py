"""A value of the wrong kind is one error that names it and says what is wanted; what people hand over is taken."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from ipyimagegen.core.arguments import number, seconds, text, whole
from ipyimagegen.core.errors import InvalidInput


@pytest.mark.parametrize(
    ("given", "expected"),
    [(3, 3.0), (0.5, 0.5), (0, 0.0), (np.float32(2), 2.0), (np.int64(2), 2.0), (Fraction(1, 2), 0.5)],
)
def test_numbers_of_every_kind_are_times(given: object, expected: float) -> None:
    assert expected == seconds(given)


@pytest.mark.parametrize("given", [None, math.inf, 1e300])
def test_longer_than_a_thread_can_wait_is_as_long_as_it_takes(given: object) -> None:
    assert seconds(given) is None


@pytest.mark.parametrize("given", ["3", "", -1, math.nan, True, [], b"3"])
def test_what_is_no_time_is_named(given: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        seconds(given)
    assert str(caught.value).startswith(f"timeout: {given!r} is not a number of seconds, 0 or more, or None")


@pytest.mark.parametrize("given", [None, "1", -0.5, math.nan, False])
def test_a_number_has_to_be_there(given: object) -> None:
    with pytest.raises(InvalidInput, match=r"days: .* is not a number, 0 or more"):
        number(given, "days")


def test_whole_numbers() -> None:
    assert (7, 7) == (whole(7, "limit"), whole(np.uint8(7), "limit"))
    for given in (7.0, "7", None, True, -1):
        with pytest.raises(InvalidInput, match=r"limit: .* is not a whole number, 0 or more"):
            whole(given, "limit")


def test_a_long_value_is_cut_in_the_error() -> None:
    with pytest.raises(InvalidInput) as caught:
        text(["x" * 10_000], "query", "words")
    assert len(str(caught.value)) < 200
