"""Lengths of time as ISO 8601 writes them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.kernel.durations import read_duration, write_duration


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("PT15M", timedelta(minutes=15)),
        ("P30D", timedelta(days=30)),
        ("P1W", timedelta(weeks=1)),
        ("P1DT12H", timedelta(hours=36)),
        ("PT0.250S", timedelta(milliseconds=250)),
        ("PT1H2M3S", timedelta(hours=1, minutes=2, seconds=3)),
        ("PT0S", timedelta()),
    ],
)
def test_a_duration_is_the_sum_of_its_parts(text: str, length: timedelta) -> None:
    assert read_duration(text) == length


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1DT", "15M", "P1M", "P1Y", "-PT1M", "PT1.5H", "pt1m", "PT1S\n", "PT\uff11S"]
)
def test_what_has_no_fixed_length_or_no_part_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration such as PT15M"):
        read_duration(text)


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(), "PT0S"),
        (timedelta(days=2), "P2D"),
        (timedelta(hours=25, seconds=10), "P1DT1H10S"),
        (timedelta(minutes=10), "PT10M"),
        (timedelta(milliseconds=50), "PT0.05S"),
    ],
)
def test_a_duration_is_written_without_empty_parts(length: timedelta, text: str) -> None:
    assert write_duration(length) == text


@given(st.timedeltas(timedelta(), timedelta(days=99_999)))
def test_what_is_written_is_read_as_the_same_to_the_millisecond(length: timedelta) -> None:
    assert read_duration(write_duration(length)) == length - length % timedelta(milliseconds=1)
