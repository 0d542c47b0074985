"""The figures of reports: what each record adds, that nothing is lost between stores, and the rows in their order."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.domain import figures, reports
from sandbox_server.domain.figures import Figures, Key, Row
from sandbox_server.domain.orders import AllocationStatus, Order, OrderStatus, line_total
from sandbox_server.domain.reports import Report, ReportFormat, ReportType, Wanted
from sandbox_server.domain.returns import ReturnReason
from sandbox_server.domain.shipments import ShipmentLine, ShipmentStatus, TrackingEvent
from sandbox_server.domain.stores import ServiceLevel
from sandbox_server.kernel.money import Money
from tests.domain.builders import (
    DELIVER_BY,
    NOW,
    SHIP_BY,
    a_level,
    a_line,
    a_part,
    a_return,
    a_return_line,
    a_shipment,
    allocated,
    an_order,
    rejected,
    released,
    reserved,
    shipped,
)

T = ReportType
TICK = timedelta(milliseconds=1)


def a_report(kind: ReportType, days: int = 7) -> Report:
    return reports.request("rpt_1", Wanted(kind, ReportFormat.JSON, NOW - timedelta(days=days), NOW), NOW, "req_1")


def rows(kind: ReportType, tally: dict[Key, Figures], currency: str = "USD") -> list[Row]:
    return figures.rows(a_report(kind), tally, currency)


def only(kind: ReportType, tally: dict[Key, Figures]) -> Row:
    (row,) = rows(kind, tally)
    return row


def usd(minor: int) -> Money:
    return Money(minor, "USD")


# Sales


def test_an_order_is_sold_by_each_store_that_has_a_part_in_it() -> None:
    order = an_order(a_line("1", 3, reserved(2), shipped(1, "S0002")), a_line("2", 1, allocated(1)))
    assert list(figures.sales(order)) == [
        (("S0001", "STANDARD"), (1, 3, 3000, 240)),
        (("S0002", "STANDARD"), (1, 1, 1000, 80)),
    ]


def test_what_is_cancelled_rejected_or_released_is_no_sale() -> None:
    line = a_line("1", 3, rejected(3), released(2, "S0002"), reserved(1, "S0003"), cancelled=2)
    assert list(figures.sales(an_order(line))) == [(("S0003", "STANDARD"), (1, 1, 1000, 80))]
    assert list(figures.sales(an_order(a_line("1", 3, released(3), cancelled=3)))) == []


def test_the_channel_is_how_the_buyer_ordered() -> None:
    order = an_order(service_level=ServiceLevel.SAME_DAY)
    assert [key for key, _ in figures.sales(order)] == [("S0001", "SAME_DAY")]


def test_a_row_of_sales_has_the_money_before_and_after_tax() -> None:
    tally: dict[Key, Figures] = {("S0001", "STANDARD"): (2, 5, 4999, 401)}
    assert only(T.SALES_BY_CHANNEL, tally) == {
        "storeId": "S0001",
        "channel": "STANDARD",
        "orders": 2,
        "units": 5,
        "netSales": usd(4999),
        "tax": usd(401),
        "grossSales": usd(5400),
    }
    (yen,) = rows(T.SALES_BY_CHANNEL, tally, "JPY")
    assert yen["grossSales"] == Money(5400, "JPY")


@st.composite
def split_orders(draw: st.DrawFn) -> Order:
    lines = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        units = draw(st.lists(st.integers(1, 7), min_size=1, max_size=4))
        cancelled = draw(st.integers(0, 3))
        parts = [
            a_part(
                f"S000{place}", quantity, draw(st.sampled_from([AllocationStatus.RESERVED, AllocationStatus.SHIPPED]))
            )
            for place, quantity in enumerate(units)
        ]
        price, tax = draw(st.integers(0, 9999)), draw(st.integers(0, 9999))
        line = a_line(str(number), sum(units) + cancelled, *parts, cancelled=cancelled, unit_price=price, tax=tax)
        lines.append(line)
    return an_order(*lines, currency=draw(st.sampled_from(["USD", "JPY", "KWD"])))


@given(split_orders())
def test_the_sales_of_all_stores_are_what_the_order_says_to_the_cent(order: Order) -> None:
    pieces = [numbers for _, numbers in figures.sales(order)]
    totals = [line_total(line, order.currency) for line in order.lines]
    assert sum(numbers[1] for numbers in pieces) == sum(line.kept for line in order.lines)
    assert sum(numbers[2] for numbers in pieces) == sum(net.minor for net, _ in totals)
    assert sum(numbers[3] for numbers in pieces) == sum(tax.minor for _, tax in totals)


# Stock


def test_a_level_counts_as_unavailable_when_nothing_is_left_to_promise_and_stale_when_it_is_old() -> None:
    (fresh,) = figures.stock(a_level(10, 2, 1), 3, NOW)
    assert fresh == (("S0001",), (1, 0, 0, 10, 2, 1, 4, 0))
    (old,) = figures.stock(a_level(3, as_of=NOW - timedelta(minutes=15) - TICK), 3, NOW)
    assert old == (("S0001",), (1, 1, 1, 3, 0, 0, 0, 0))


def test_stock_lasts_as_long_as_the_shipments_of_the_span_say() -> None:
    tally: dict[Key, Figures] = {}
    figures.add(tally, figures.stock(a_level(50), 0, NOW))
    assert only(T.STOCK_HEALTH, tally) == {
        "storeId": "S0001",
        "skus": 1,
        "skusUnavailable": 0,
        "skusStale": 0,
        "onHand": 50,
        "reserved": 0,
        "allocated": 0,
        "available": 50,
        "unitsShipped": 0,
    }
    lines = (ShipmentLine("1", "SKU-1", 3), ShipmentLine("2", "SKU-2", 5))
    figures.add(tally, figures.stock_shipped(a_shipment(lines=lines)))
    row = only(T.STOCK_HEALTH, tally)
    assert (row["unitsShipped"], row["daysOfCover"], row["available"]) == (8, 43, 50)  # 50 at 8 in 7 days: 43.75


# Fulfilment


def test_every_unit_that_a_store_was_given_is_told_of_once() -> None:
    order = an_order(
        a_line("1", 6, rejected(2), reserved(3, "S0002"), allocated(3, shipped=1)),
        a_line("2", 4, released(4, shipped=1), shipped(3, "S0002")),
        status=OrderStatus.PARTIALLY_SHIPPED,
    )
    tally: dict[Key, Figures] = {}
    figures.add(tally, figures.fulfilment(order, []))
    units = ("unitsAssigned", "unitsRejected", "unitsReleased", "unitsShipped", "unitsOutstanding")
    found = {row["storeId"]: [row[name] for name in units] for row in rows(T.FULFILMENT_PERFORMANCE, tally)}
    assert found == {"S0001": [9, 2, 3, 2, 2], "S0002": [6, 0, 0, 3, 3]}
    assert all("averageMinutesToShip" not in row for row in rows(T.FULFILMENT_PERFORMANCE, tally))


PARCELS = ("parcels", "parcelsLate", "parcelsDelivered", "parcelsDeliveredLate", "averageMinutesToShip")


def punctuality(order: Order, *parcels: object) -> list[object]:
    tally: dict[Key, Figures] = {}
    figures.add(tally, figures.fulfilment(order, parcels))  # type: ignore[arg-type]
    row = only(T.FULFILMENT_PERFORMANCE, tally)
    return [row[name] for name in PARCELS]


@pytest.mark.parametrize(("late", "found"), [(timedelta(0), 0), (TICK, 1)])
def test_a_parcel_is_late_after_its_deadline(late: timedelta, found: int) -> None:
    order = an_order(a_line("1", 3, shipped(3)))
    parcel = a_shipment(shipped_at=SHIP_BY + late)
    assert punctuality(order, parcel) == [1, found, 0, 0, 360]


def test_a_parcel_has_the_first_deadline_of_what_is_in_it() -> None:
    early = shipped(3, ship_by=SHIP_BY - timedelta(hours=1))
    order = an_order(a_line("1", 3, early), a_line("2", 3, shipped(3)))
    both = (ShipmentLine("1", "SKU-1", 3), ShipmentLine("2", "SKU-2", 3))
    assert punctuality(order, a_shipment(shipped_at=SHIP_BY, lines=both))[1] == 1
    assert punctuality(order, a_shipment(shipped_at=SHIP_BY, lines=both[1:]))[1] == 0


def test_the_deadlines_of_other_stores_and_of_what_has_not_left_count_for_nothing() -> None:
    early = SHIP_BY - timedelta(hours=1)
    parts = (shipped(1, "S0002", ship_by=early), rejected(3, ship_by=early), shipped(2))
    assert list(figures.fulfilment(an_order(a_line("1", 3, *parts)), [a_shipment(shipped_at=SHIP_BY)]))[-1] == (
        ("S0001",),
        (0, 0, 0, 0, 1, 0, 0, 0, 6 * 3_600_000),
    )


@pytest.mark.parametrize(("late", "found"), [(timedelta(0), 0), (TICK, 1)])
def test_a_parcel_is_delivered_late_after_what_the_buyer_was_promised(late: timedelta, found: int) -> None:
    arrival = TrackingEvent(ShipmentStatus.DELIVERED, DELIVER_BY + late)
    order = an_order(a_line("1", 3, shipped(3)), status=OrderStatus.DELIVERED)
    assert punctuality(order, a_shipment(arrival)) == [1, 0, 1, found, 0]


def test_where_nothing_was_promised_nothing_is_late() -> None:
    arrival = TrackingEvent(ShipmentStatus.DELIVERED, DELIVER_BY + TICK)
    order = an_order(a_line("1", 3, shipped(3)), status=OrderStatus.DELIVERED, deliver_by=None)
    assert punctuality(order, a_shipment(arrival)) == [1, 0, 1, 0, 0]


def test_minutes_to_ship_are_an_average_rounded_half_to_even() -> None:
    order = an_order(a_line("1", 3, shipped(3)))
    parcels = [a_shipment(shipped_at=NOW + timedelta(minutes=minutes)) for minutes in (2, 3)]
    assert punctuality(order, *parcels) == [2, 0, 0, 0, 2]


# Returns


def test_a_return_counts_once_for_each_reason() -> None:
    lines = [
        a_return_line("1", 2, received=2, refunded_quantity=1, refunded=1080),
        a_return_line("2", 1, received=1),
        a_return_line("3", 4, reason=ReturnReason.LATE),
    ]
    tally: dict[Key, Figures] = {}
    figures.add(tally, figures.returned(a_return(*lines)))
    assert rows(T.RETURNS_BY_REASON, tally) == [
        {
            "storeId": "S0001",
            "reason": "LATE",
            "returns": 1,
            "units": 4,
            "unitsReceived": 0,
            "unitsRefunded": 0,
            "refunded": usd(0),
        },
        {
            "storeId": "S0001",
            "reason": "NO_LONGER_WANTED",
            "returns": 1,
            "units": 3,
            "unitsReceived": 3,
            "unitsRefunded": 1,
            "refunded": usd(1080),
        },
    ]


# All


@given(
    st.lists(
        st.tuples(st.tuples(st.sampled_from(["S0001", "S0002"]), st.just("LATE")), st.tuples(*[st.integers(0, 9)] * 5))
    ),
    st.integers(0, 20),
)
def test_sums_do_not_depend_on_the_steps_in_which_they_are_made(
    pieces: Sequence[tuple[Key, Figures]], cut: int
) -> None:
    whole: dict[Key, Figures] = {}
    figures.add(whole, pieces)
    parts: dict[Key, Figures] = {}
    for some in (pieces[cut:], pieces[:cut]):
        figures.add(parts, some)
    assert parts == whole
    assert rows(T.RETURNS_BY_REASON, parts) == rows(T.RETURNS_BY_REASON, whole)


@pytest.mark.parametrize("kind", T)
def test_a_report_about_nothing_has_no_rows(kind: ReportType) -> None:
    assert rows(kind, {}) == []


def test_a_column_of_money_belongs_to_some_report() -> None:
    assert {name for columns in figures.COLUMNS.values() for name in columns} >= figures.MONEY
