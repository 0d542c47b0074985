"""What moves the seller's money, in which fortnight, and what is held back of a return."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.domain.orders import Line
from sandbox_server.domain.returns import Condition, Receipt, ReceivedLine, RefundLine, ReturnStatus
from sandbox_server.domain.sales import Price, Sold, price_of
from sandbox_server.domain.settlements import (
    LineKind,
    Posting,
    Settlement,
    SettlementLine,
    Sum,
    add_up,
    commission,
    next_overdue,
    of_refund,
    of_sale,
    overdue,
    period_of,
    refunded,
)
from tests.domain.builders import NOW, a_line, a_return, a_return_line, an_order

K = LineKind
HOURS = timedelta(hours=1)
TICK = timedelta(milliseconds=1)
NEW_YORK, SHANGHAI, AUCKLAND = "America/New_York", "Asia/Shanghai", "Pacific/Auckland"


def utc(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)  # type: ignore[misc,arg-type]


# Periods


@pytest.mark.parametrize(
    ("zone", "inside", "starts_at", "ends_at"),
    [
        ("UTC", utc(2026, 1, 5), utc(2026, 1, 5), utc(2026, 1, 19)),
        ("UTC", utc(2026, 1, 4, 23, 59), utc(2025, 12, 22), utc(2026, 1, 5)),
        (NEW_YORK, utc(2026, 3, 8, 12), utc(2026, 3, 2, 5), utc(2026, 3, 16, 4)),  # clocks go forward on 8 March
        (NEW_YORK, utc(2026, 11, 1, 12), utc(2026, 10, 26, 4), utc(2026, 11, 9, 5)),  # and back on 1 November
        (SHANGHAI, utc(2026, 3, 8, 12), utc(2026, 3, 1, 16), utc(2026, 3, 15, 16)),
        (SHANGHAI, utc(2026, 11, 1, 12), utc(2026, 10, 25, 16), utc(2026, 11, 8, 16)),
        (AUCKLAND, utc(2026, 4, 5, 12), utc(2026, 3, 29, 11), utc(2026, 4, 12, 12)),  # back on 5 April
        (AUCKLAND, utc(2026, 9, 27, 12), utc(2026, 9, 13, 12), utc(2026, 9, 27, 11)),  # forward on 27 September
    ],
)
def test_a_period_lasts_from_midnight_to_midnight_where_the_marketplace_is(
    zone: str, inside: datetime, starts_at: datetime, ends_at: datetime
) -> None:
    inside = min(inside, ends_at - TICK)
    period = period_of(inside, zone)
    assert period[1:] == (starts_at, ends_at)
    assert period_of(starts_at, zone) == period_of(ends_at - TICK, zone) == period
    assert period_of(starts_at - TICK, zone).number == period.number - 1
    assert period_of(ends_at, zone).number == period.number + 1


@pytest.mark.parametrize(
    ("zone", "inside", "hours"),
    [
        (NEW_YORK, utc(2026, 3, 8), 335),
        (NEW_YORK, utc(2026, 11, 1), 337),
        (SHANGHAI, utc(2026, 3, 8), 336),
        (SHANGHAI, utc(2026, 11, 1), 336),
        (AUCKLAND, utc(2026, 4, 5), 337),
        (AUCKLAND, utc(2026, 9, 26), 335),
    ],
)
def test_a_fortnight_is_an_hour_shorter_or_longer_when_the_clocks_change(
    zone: str, inside: datetime, hours: int
) -> None:
    period = period_of(inside, zone)
    assert period.ends_at - period.starts_at == hours * HOURS


@given(
    at=st.integers(0, 15 * 365 * 24 * 60).map(lambda minutes: utc(2020, 1, 1) + timedelta(minutes=minutes)),
    zone=st.sampled_from(["UTC", NEW_YORK, SHANGHAI, AUCKLAND, "Pacific/Apia", "America/Havana"]),
)
def test_periods_follow_each_other_without_a_gap(at: datetime, zone: str) -> None:
    period = period_of(at, zone)
    assert period.starts_at <= at < period.ends_at
    assert period_of(period.ends_at, zone).starts_at == period.ends_at


# Sales, refunds and the commission on them


def test_a_sale_brings_what_it_cost_less_fifteen_percent_of_the_net_amount() -> None:
    line = a_line("1", 2)
    assert list(of_sale([Sold(line, 0, 2, Price(2000, 160))], "USD")) == [
        Posting(K.SALE, 2160, "1"),
        Posting(K.FEE, -300, "1"),
    ]


@pytest.mark.parametrize(("net", "fee"), [(10, 2), (30, 4), (50, 8), (3, 0), (4, 1), (0, 0)])
def test_the_commission_on_a_line_is_rounded_half_to_even(net: int, fee: int) -> None:
    assert commission(a_line("1", 1, unit_price=net, tax=0), net, "JPY") == fee


def test_a_part_bears_the_share_of_the_commission_that_it_is_of_the_line() -> None:
    line = a_line("1", 1, unit_price=10, tax=0)
    assert [commission(line, part, "JPY") for part in range(11)] == [0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2]


def test_a_refund_costs_what_is_paid_back_and_brings_its_part_of_the_commission() -> None:
    order = an_order(a_line("1", 2), a_line("2", 1))
    lines = [RefundLine("1", 1, 1080), RefundLine("2", 1, 540)]
    assert list(of_refund(order, lines, {"1": 1080})) == [
        Posting(K.REFUND, -1080, "1"),
        Posting(K.FEE, 150, "1"),
        Posting(K.REFUND, -540, "2"),
        Posting(K.FEE, 75, "2"),
    ]


LINES = st.builds(
    lambda quantity, price, tax: a_line("1", quantity, unit_price=price, tax=tax),
    st.integers(1, 12),
    st.integers(0, 50_000),
    st.integers(0, 50_000),
)


def parts(whole: int) -> st.SearchStrategy[list[tuple[int, int]]]:
    """Cut a whole into nine parts at the most; each is from where to where."""
    return st.sets(st.integers(0, whole), max_size=8).map(lambda cuts: list(pairwise(sorted({0, *cuts, whole}))))


@given(line=LINES, data=st.data())
def test_nothing_is_left_of_the_commission_where_all_is_paid_back_in_whatever_parts(
    line: Line, data: st.DataObject
) -> None:
    fees, back = [], []
    for left, until in data.draw(parts(line.quantity)):
        after, before = price_of(line, until, "USD"), price_of(line, left, "USD")
        part = Sold(line, left, until - left, Price(after.net - before.net, after.tax - before.tax))
        fees += [posting.amount for posting in of_sale([part], "USD") if posting.kind is K.FEE]
    for paid, until in data.draw(parts(price_of(line, line.quantity, "USD").gross)):
        postings = of_refund(an_order(line), [RefundLine("1", 1, until - paid)], {"1": paid})
        back += [posting.amount for posting in postings if posting.kind is K.FEE]
    assert sum(fees) + sum(back) == 0
    assert max(fees) <= 0 <= min(back, default=0)


# Holds


def a_receipt(hours: int, units: int, condition: Condition = Condition.SELLABLE) -> Receipt:
    """So many units that came so many hours before now."""
    return Receipt("S0001", NOW - hours * HOURS, (ReceivedLine("1", units, condition),))


@pytest.mark.parametrize(
    ("receipts", "line", "held"),
    [
        ([a_receipt(48, 2)], {"received": 2}, 2160),
        ([a_receipt(47, 2)], {"received": 2}, 0),
        ([a_receipt(50, 1), a_receipt(2, 1)], {"received": 2}, 1080),
        ([a_receipt(50, 1), a_receipt(49, 1)], {"received": 2}, 2160),
        ([a_receipt(50, 1), a_receipt(2, 1)], {"received": 2, "refunded_quantity": 1, "refunded": 1000}, 0),
        ([a_receipt(50, 2)], {"received": 2, "refunded_quantity": 1, "refunded": 1000}, 1160),
        ([a_receipt(50, 1, Condition.WRONG_ITEM), a_receipt(49, 1)], {"received": 2, "foreign": 1}, 1080),
        ([a_receipt(50, 1), a_receipt(2, 1)], {"received": 2, "refunded_quantity": 0, "refunded": 0}, 1080),
    ],
)
def test_what_came_48_hours_ago_and_is_not_paid_back_is_held(
    receipts: Sequence[Receipt], line: dict[str, Any], held: int
) -> None:
    rma = a_return(a_return_line(**line), status=ReturnStatus.RECEIVED, receipts=tuple(receipts))
    assert overdue(rma, NOW) == held


def test_what_is_paid_back_for_more_units_than_came_in_time_leaves_nothing_to_hold() -> None:
    rma = a_return(
        a_return_line(quantity=3, paid=3000, received=3, refunded_quantity=1, refunded=2500),
        status=ReturnStatus.RECEIVED,
        receipts=(a_receipt(50, 2), a_receipt(2, 1)),
    )
    assert overdue(rma, NOW) == 0


@pytest.mark.parametrize("status", sorted(set(ReturnStatus) - {ReturnStatus.RECEIVED, ReturnStatus.RECEIVED_IN_PART}))
def test_nothing_is_held_of_a_return_that_waits_for_no_refund(status: ReturnStatus) -> None:
    rma = a_return(a_return_line(received=2), status=status, receipts=(a_receipt(50, 2),))
    assert overdue(rma, NOW) == 0
    assert next_overdue(rma, NOW - 10 * HOURS) is None


def test_the_clock_looks_again_when_the_next_goods_have_lain_for_48_hours() -> None:
    rma = a_return(status=ReturnStatus.RECEIVED, receipts=(a_receipt(50, 1), a_receipt(40, 1), a_receipt(2, 1)))
    assert next_overdue(rma, NOW) == NOW + 8 * HOURS
    assert next_overdue(rma, NOW + 8 * HOURS) == NOW + 46 * HOURS
    assert next_overdue(rma, NOW + 46 * HOURS) is None


# Sums


def test_what_was_paid_back_is_added_up_over_the_returns_of_an_order() -> None:
    returns = [a_return(a_return_line(refunded=100)), a_return(a_return_line(refunded=20), a_return_line("2"))]
    assert refunded(returns) == {"1": 120, "2": 0}


def test_a_settlement_adds_its_lines_up_by_kind() -> None:
    lines = [
        SettlementLine(number, 3, kind, "ord_1", "shp_1", amount, "USD", NOW)
        for number, (kind, amount) in enumerate([(K.FEE, -10), (K.SALE, 100), (K.FEE, -5), (K.SALE, 50)], start=1)
    ]
    sums = add_up(lines)
    assert sums == (Sum(K.SALE, 2, 150), Sum(K.FEE, 2, -15))
    settlement = Settlement("stl_1", *period_of(NOW, "UTC"), "USD", sums, NOW, NOW)
    assert (settlement.total, settlement.lines) == (135, 4)
