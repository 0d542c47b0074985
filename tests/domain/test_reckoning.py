"""The seventh invariant names what settlements say otherwise than it was."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from random import Random

import pytest
from msgspec.structs import replace

from sandbox_server.domain.invariants import Breach
from sandbox_server.domain.orders import Order, Reduction
from sandbox_server.domain.reckoning import Account, Reckoning, account
from sandbox_server.domain.returns import RefundLine
from sandbox_server.domain.sales import price_of, sold, units_of
from sandbox_server.domain.settlements import (
    LineKind,
    Settlement,
    SettlementLine,
    add_up,
    of_refund,
    of_sale,
    period_of,
)
from sandbox_server.domain.shipments import ShipmentLine
from tests.domain.builders import NOW, a_line, a_return, a_return_line, a_shipment, an_order

K = LineKind
PERIOD = period_of(NOW, "UTC")
LINES = [
    SettlementLine(number, PERIOD.number, kind, "ord_1", "shp_1", amount, "USD", NOW)
    for number, (kind, amount) in enumerate(
        [(K.SALE, 2160), (K.FEE, -300), (K.REFUND, -1080), (K.FEE, 150), (K.HOLD, -900), (K.HOLD_RELEASE, 400)], start=1
    )
]
RIGHT = {"ord_1": Account(2160, -1080, -150, -500)}
CLOSED = Settlement("stl_1", *PERIOD, "USD", add_up(LINES), NOW, NOW)


def breaches(
    accounts: dict[str, Account] = RIGHT, lines: list[SettlementLine] = LINES, *settlements: Settlement
) -> list[Breach]:
    return differing(accounts, lines, settlements or (CLOSED,))


def differing(
    accounts: Mapping[str, Account], lines: Iterable[SettlementLine], settlements: Iterable[Settlement]
) -> list[Breach]:
    money = Reckoning(settlements)
    for order_id, moved in accounts.items():
        money.move(order_id, moved)
    for line in lines:
        money.tell(line)
    return [*(breach for order_id in money.orders for breach in money.check(order_id)), *money.closings()]


def test_an_account_is_made_of_what_left_what_was_paid_back_and_what_is_held() -> None:
    parcels = [a_shipment(lines=(ShipmentLine("1", "SKU-1", units),)) for units in (1, 1)]
    rma = a_return(a_return_line(received=2, refunded_quantity=1, refunded=1080))
    assert account(an_order(a_line("1", 3), a_line("2", 5)), parcels, [rma], 500) == RIGHT["ord_1"]


def test_lines_are_added_up_by_order() -> None:
    other = replace(LINES[0], order_id="ord_2", amount=1)
    money = Reckoning(())
    for line in (*LINES, other):
        money.tell(line)
    assert {order_id: money.told(order_id) for order_id in money.orders} == {**RIGHT, "ord_2": Account(1, 0, 0, 0)}


def test_what_is_right_breaks_nothing() -> None:
    assert breaches() == []
    assert differing(RIGHT, LINES, []) == []


def test_an_order_whose_money_is_told_otherwise_is_named_with_both_figures() -> None:
    assert breaches({"ord_1": Account(2161, -1080, -150, 0)}) == [
        Breach(7, "ord_1", "sales: the settlements say 2160, in minor units; it is 2161"),
        Breach(7, "ord_1", "held: the settlements say -500, in minor units; it is 0"),
    ]


def test_an_order_that_only_one_side_knows_is_named() -> None:
    assert [breach.subject for breach in breaches({**RIGHT, "ord_2": Account(1, 0, 0, 0)})] == ["ord_2"]
    assert {breach.subject for breach in breaches({})} == {"ord_1"}


def test_a_settlement_that_does_not_say_what_its_lines_do_is_named() -> None:
    wrong = replace(CLOSED, sums=CLOSED.sums[1:])
    assert breaches(RIGHT, LINES, wrong) == [Breach(7, "stl_1", "says -1730; its lines 430, in minor units")]


def test_a_settlement_with_lines_of_another_time_is_named() -> None:
    late = [*LINES[:-1], replace(LINES[-1], at=PERIOD.ends_at)]
    assert breaches(RIGHT, late) == [Breach(7, "stl_1", "has lines of another time: [6]")]


def test_a_settlement_without_lines_is_one_too_many() -> None:
    extra = replace(CLOSED, settlement_id="stl_2", period=7)
    assert breaches(RIGHT, LINES, CLOSED, extra) == [Breach(7, "stl_2", "says 430; its lines 0, in minor units")]


def test_only_the_last_period_may_be_open() -> None:
    newer = replace(LINES[0], number=7, period=PERIOD.number + 1, order_id="ord_2")
    accounts = {**RIGHT, "ord_2": Account(2160, 0, 0, 0)}
    assert differing(accounts, [*LINES, newer], []) == [
        Breach(7, f"period {PERIOD.number}", "6 lines, and no settlement")
    ]
    assert breaches(accounts, [*LINES, newer]) == []


def a_random_order(rng: Random, order_id: str, currency: str) -> Order:
    lines = []
    for line_id in ("1", "2")[: rng.randint(1, 2)]:
        quantity, unit_price = rng.randint(1, 6), rng.randrange(200_000)
        discount = rng.randrange(unit_price * quantity + 1) if rng.random() < 0.3 else 0
        reduction = Reduction(unit_price, discount, ("prm_1",)) if discount else None
        tax = (unit_price * quantity - discount) * 8 // 100
        lines.append(a_line(line_id, quantity, unit_price=unit_price, tax=tax, reduction=reduction))
    return an_order(*lines, order_id=order_id, currency=currency)


@pytest.mark.parametrize("currency", ["JPY", "KWD"])
def test_a_thousand_orders_shipped_and_paid_back_in_parts_are_settled_to_the_minor_unit(currency: str) -> None:
    rng = Random(currency)
    lines: list[SettlementLine] = []
    accounts, paid_in = {}, 0
    for number in range(1_000):
        order, now = a_random_order(rng, f"ord_{number}", currency), NOW + number * timedelta(hours=10)
        cuts = {line.line_id: sorted((0, rng.randint(0, line.quantity), line.quantity)) for line in order.lines}
        parts = [{line_id: cut[turn + 1] - cut[turn] for line_id, cut in cuts.items()} for turn in range(2)]
        parcels = [
            a_shipment(lines=tuple(ShipmentLine(line_id, "", units) for line_id, units in part.items() if units))
            for part in parts
        ]
        postings = [
            posting
            for turn, parcel in enumerate(parcels)
            for posting in of_sale(sold(order, units_of(parcels[:turn]), parcel), currency)
        ]
        owed, back = price_of(order.lines[0], order.lines[0].quantity, currency).gross, Counter[str]()
        for _ in range(rng.randint(0, 3)):
            amount = rng.randint(0, owed - back["1"])
            postings += of_refund(order, [RefundLine("1", 1, amount)], back)
            back["1"] += amount
        for kind, amount, line_id in postings:
            place, period = len(lines) + 1, period_of(now, "America/New_York").number
            lines.append(SettlementLine(place, period, kind, order.order_id, "", amount, currency, now, line_id))
        rmas = [a_return(a_return_line(refunded=back["1"]))]
        accounts[order.order_id] = account(order, parcels, rmas, 0)
        paid_in += sum(line.net + line.tax for line in order.lines) - back["1"]
    periods = [period_of(line.at, "America/New_York") for line in lines]
    closed = [
        Settlement("stl", *period, currency, add_up([line for line in lines if line.period == period.number]), NOW, NOW)
        for period in sorted(set(periods))[:-1]
    ]
    assert differing(accounts, lines, closed) == []
    assert sum(line.amount for line in lines if line.kind in (K.SALE, K.REFUND)) == paid_in
    assert len(closed) > 10
