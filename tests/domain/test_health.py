"""Quarters, and what of an order was in time."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from sandbox_server.domain import health
from sandbox_server.domain.events import Change
from sandbox_server.domain.health import Quarter, Score
from sandbox_server.domain.orders import Order
from tests.domain.builders import NOW, an_order


def went(*states: str) -> tuple[Change, ...]:
    return tuple(Change(NOW, None, state, "req_1") for state in states)


def test_quarters_begin_at_the_marketplaces_midnight_on_either_side_of_a_change_of_clocks() -> None:
    since, until = datetime(2026, 12, 31, 23, tzinfo=UTC), datetime(2027, 4, 1, 4, tzinfo=UTC)
    assert list(health.quarters(since, until, "America/New_York")) == [
        Quarter("2026-Q4", datetime(2026, 10, 1, 4, tzinfo=UTC), datetime(2027, 1, 1, 5, tzinfo=UTC)),
        Quarter("2027-Q1", datetime(2027, 1, 1, 5, tzinfo=UTC), datetime(2027, 4, 1, 4, tzinfo=UTC)),
        Quarter("2027-Q2", datetime(2027, 4, 1, 4, tzinfo=UTC), datetime(2027, 7, 1, 4, tzinfo=UTC)),
    ]


def test_one_instant_lies_in_one_quarter() -> None:
    assert [quarter.name for quarter in health.quarters(NOW, NOW, "UTC")] == ["2026-Q4"]


@pytest.mark.parametrize(
    ("states", "rerouted", "known"),
    [
        (("NEW",), False, None),
        (("NEW", "CANCELLED"), False, None),
        (("NEW", "ACKNOWLEDGED"), False, True),
        (("NEW",), True, False),
        (("NEW", "ACKNOWLEDGED"), True, False),
    ],
)
def test_an_order_is_acknowledged_in_time_by_the_first_stores(
    states: tuple[str, ...], rerouted: bool, known: bool | None
) -> None:
    assert health.acknowledged(order(history=went(*states), rerouted=rerouted)) is known


@pytest.mark.parametrize(
    ("states", "late", "known"),
    [
        (("NEW", "ACKNOWLEDGED"), False, None),
        (("NEW", "ACKNOWLEDGED", "SHIPPED"), False, True),
        (("NEW", "ACKNOWLEDGED"), True, False),
        (("NEW", "ACKNOWLEDGED", "SHIPPED"), True, False),
    ],
)
def test_an_order_is_shipped_in_time_or_late(states: tuple[str, ...], late: bool, known: bool | None) -> None:
    assert health.shipped(order(history=went(*states), late=late)) is known


def test_what_is_not_known_is_not_counted() -> None:
    assert health.total([True, None, False, True]) == Score(3, 2)


def order(**changes: object) -> Order:
    return replace(an_order(), **changes)
