"""Every spelling in which a service says when to come back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.net.retry_after import MAX_WAIT_S, RESET_HEADER, retry_after_s

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (0.0, "0"),
        (7.0, " 7 "),
        (1.5, "1.5"),
        (90.0, "Fri, 20 Nov 2026 12:01:30 GMT"),
        (90.0, "Friday, 20-Nov-26 12:01:30 GMT"),
        (0.0, "Fri, 20 Nov 2026 11:59:00 GMT"),
        (MAX_WAIT_S, "86400"),
        (MAX_WAIT_S, "Sat, 21 Nov 2026 12:00:00 GMT"),
        (None, ""),
        (None, "soon"),
        (None, "-5"),
        (None, "٣"),
        (None, "nan"),
        (None, "inf"),
    ],
)
def test_retry_after_in_seconds_and_as_a_date(expected, text):
    assert expected == retry_after_s({"retry-after": text}, wall_s=NOW)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T12:00:30Z",
        "2026-11-20T12:00:30",
        "2026-11-20 12:00:30",
        "2026-11-20 12:00:30 UTC",
        "2026-11-20T12:00:30.000000+00:00",
        "2026-11-20T14:00:30+02:00",
        "Fri, 20 Nov 2026 12:00:30 GMT",
        str(int(NOW) + 30),
        str(int(NOW + 30) * 1000),
        "30",
    ],
)
def test_the_end_of_a_rate_limit_window_in_any_spelling(text):
    assert retry_after_s({RESET_HEADER: text}, wall_s=NOW) == pytest.approx(30.0)


def test_of_two_times_the_later_one_counts():
    assert 60.0 == retry_after_s({"retry-after": "5", RESET_HEADER: "2026-11-20T12:01:00Z"}, wall_s=NOW)


def test_a_clock_that_is_wrong_here_does_no_harm():
    headers = {"date": "Fri, 20 Nov 2026 12:00:00 GMT", "retry-after": "Fri, 20 Nov 2026 12:00:20 GMT"}
    assert 20.0 == retry_after_s(headers, wall_s=NOW + 5000)


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_no_text_is_believed_beyond_the_limit_or_breaks_it(asked, reset, date):
    wait = retry_after_s({"retry-after": asked, RESET_HEADER: reset, "date": date}, wall_s=NOW)
    assert wait is None or 0 <= wait <= MAX_WAIT_S
