"""What can be read off an order, and the table of its life."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.domain.allocation import Demand
from sandbox_server.domain.errors import IllegalTransition
from sandbox_server.domain.events import Change
from sandbox_server.domain.orders import (
    TRANSITIONS,
    AllocationStatus,
    Cancellation,
    CancelledBy,
    CancelReason,
    Line,
    Order,
    OrderStatus,
    Promise,
    bumped,
    enter,
    line_total,
    promises,
    refused_by,
    settle,
    unassigned,
)
from sandbox_server.kernel.money import Money
from tests.domain.builders import (
    LATER,
    NOW,
    SHIP_BY,
    a_line,
    allocated,
    an_order,
    rejected,
    released,
    reserved,
    shipped,
)

S = OrderStatus
RESERVED, ALLOCATED, SHIPPED = AllocationStatus.RESERVED, AllocationStatus.ALLOCATED, AllocationStatus.SHIPPED
NO_STORE_LEFT = Cancellation(CancelledBy.MARKETPLACE, CancelReason.NO_STORE_LEFT, NOW)
BY_BUYER = Cancellation(CancelledBy.BUYER, CancelReason.BUYER_REQUEST, NOW)

MIXED = an_order(
    a_line("1", 9, rejected(5, "S0003"), allocated(4, "S0001", shipped=1), reserved(3, "S0002"), shipped(2, "S0004")),
    a_line("2", 2, reserved(2, "S0001")),
)


def test_an_order_can_be_cancelled_in_every_state_before_shipped() -> None:
    cancellable = {state for state, ways in TRANSITIONS.items() if S.CANCELLED in ways}
    assert cancellable == {S.NEW, S.ACKNOWLEDGED, S.PARTIALLY_SHIPPED}


@pytest.mark.parametrize("wanted", list(S))
@pytest.mark.parametrize("state", list(S))
def test_an_order_takes_the_steps_of_its_table_and_no_other(state: OrderStatus, wanted: OrderStatus) -> None:
    order = an_order(status=state)
    if wanted in TRANSITIONS[state]:
        entered = enter(order, wanted, LATER, "req_2")
        assert (entered.status, entered.updated_at) == (wanted, LATER)
        assert entered.history == (*order.history, Change(LATER, state, wanted, "req_2"))
    else:
        with pytest.raises(IllegalTransition, match=f"Order ord_1 is {state}; it cannot become {wanted}"):
            enter(order, wanted, LATER, "req_2")


def test_a_line_knows_what_is_kept_and_shipped_of_it() -> None:
    line = a_line("1", 9, allocated(4, shipped=1), shipped(2, "S0002"), released(3, "S0003"), cancelled=3)
    assert (line.kept, line.shipped) == (6, 3)
    assert [part.unshipped for part in line.allocations] == [3, 0, 3]


def test_promises_are_what_stores_still_owe() -> None:
    assert promises(MIXED, RESERVED) == [
        Promise("1", "SKU-1", "S0002", 3, RESERVED),
        Promise("2", "SKU-2", "S0001", 2, RESERVED),
    ]
    assert promises(MIXED, RESERVED, ALLOCATED, store_id="S0001") == [
        Promise("1", "SKU-1", "S0001", 3, ALLOCATED),
        Promise("2", "SKU-2", "S0001", 2, RESERVED),
    ]
    assert promises(MIXED, ALLOCATED, store_id="S0002") == []


def test_what_no_store_has_promised_is_unassigned() -> None:
    order = an_order(
        a_line("1", 9, rejected(5, "S0003"), allocated(2), reserved(1, "S0002"), shipped(1, "S0004"), cancelled=2),
        a_line("2", 2, reserved(2)),
        a_line("3", 1, released(1)),
        a_line("4", 1, released(1), cancelled=1),
    )
    assert unassigned(order) == [Demand("1", "SKU-1", 3), Demand("3", "SKU-3", 1)]


def test_a_line_is_not_offered_again_to_stores_that_refused_it_or_let_it_lie() -> None:
    line = a_line("1", 9, rejected(1, "S0001"), released(1, "S0002"), reserved(1, "S0003"), shipped(1, "S0004"))
    order = an_order(a_line("2", 1, rejected(1, "S0009")), line, a_line("3", 1, allocated(1)))
    assert refused_by(order, "1") == {"S0001", "S0002"}
    assert refused_by(order, "2") == {"S0009"}
    assert refused_by(order, "3") == set()


def test_an_order_names_every_store_that_has_or_had_a_part_in_it_once() -> None:
    assert MIXED.store_ids == ["S0003", "S0001", "S0002", "S0004"]


def test_an_order_was_created_when_it_was_placed() -> None:
    assert an_order(placed_at=NOW, updated_at=LATER).created_at == NOW


def test_the_order_is_due_when_the_first_open_part_is() -> None:
    hour = timedelta(hours=1)
    order = an_order(
        a_line("1", 4, shipped(1, ship_by=SHIP_BY - 3 * hour), rejected(1, ship_by=SHIP_BY - 2 * hour)),
        a_line("2", 4, allocated(1, ship_by=SHIP_BY), reserved(1, ship_by=SHIP_BY - hour)),
    )
    assert order.ship_by == SHIP_BY - hour
    assert an_order(a_line("1", 1, shipped(1))).ship_by is None


@pytest.mark.parametrize(
    ("status", "lines", "settled", "cancellation"),
    [
        (S.NEW, [a_line("1", 1, allocated(1)), a_line("2", 1, reserved(1))], S.NEW, None),
        (S.NEW, [a_line("1", 1, allocated(1)), a_line("2", 1, allocated(1))], S.ACKNOWLEDGED, None),
        (
            S.NEW,
            [a_line("1", 1, allocated(1)), a_line("2", 1, rejected(1), cancelled=1)],
            S.ACKNOWLEDGED,
            NO_STORE_LEFT,
        ),
        (S.NEW, [a_line("1", 1, rejected(1), cancelled=1)], S.UNFULFILLABLE, NO_STORE_LEFT),
        (S.NEW, [a_line("1", 1, released(1), cancelled=1)], S.CANCELLED, BY_BUYER),
        (S.NEW, [a_line("1", 1, released(1), cancelled=1)], S.CANCELLED, None),
        (S.ACKNOWLEDGED, [a_line("1", 2, allocated(2))], S.ACKNOWLEDGED, None),
        (S.ACKNOWLEDGED, [a_line("1", 2, allocated(2, shipped=1))], S.PARTIALLY_SHIPPED, None),
        (S.ACKNOWLEDGED, [a_line("1", 2, shipped(2)), a_line("2", 1, allocated(1))], S.PARTIALLY_SHIPPED, None),
        (S.ACKNOWLEDGED, [a_line("1", 2, shipped(2))], S.SHIPPED, None),
        (S.ACKNOWLEDGED, [a_line("1", 2, released(2), cancelled=2)], S.CANCELLED, BY_BUYER),
        (S.PARTIALLY_SHIPPED, [a_line("1", 2, shipped(1), cancelled=1)], S.SHIPPED, NO_STORE_LEFT),
    ],
)
def test_the_state_of_an_order_follows_from_its_lines(
    status: OrderStatus, lines: list[Line], settled: OrderStatus, cancellation: Cancellation | None
) -> None:
    order = an_order(*lines, status=status, cancellation=cancellation)
    after = settle(order, LATER, "req_2")
    assert after.status is settled
    if settled is status:
        assert after == order
    else:
        assert after.history[-1] == Change(LATER, status, settled, "req_2")


def test_a_version_is_one_higher_once_bumped() -> None:
    assert bumped(an_order(version=3)) == an_order(version=4)


def test_a_line_costs_what_is_not_cancelled_of_it() -> None:
    line = a_line("1", 3, unit_price=999, tax=100, cancelled=1)
    assert line_total(line, "USD") == (Money(1998, "USD"), Money(67, "USD"))
    assert line_total(a_line("1", 3, unit_price=999, tax=100), "JPY") == (Money(2997, "JPY"), Money(100, "JPY"))
    assert line_total(a_line("1", 3, cancelled=3), "USD") == (Money(0, "USD"), Money(0, "USD"))


def order_of(quantity: int, cancelled: int, price: int, tax: int) -> Order:
    return an_order(a_line("1", quantity, unit_price=price, tax=tax, cancelled=min(cancelled, quantity)))


@given(st.builds(order_of, st.integers(1, 20), st.integers(0, 20), st.integers(0, 10**6), st.integers(0, 10**6)))
def test_what_is_kept_never_costs_more_than_what_was_ordered(order: Order) -> None:
    line = order.lines[0]
    net, tax = line_total(line, "USD")
    assert 0 <= net.minor <= line.unit_price * line.quantity
    assert 0 <= tax.minor <= line.tax
    assert abs(tax.minor * line.quantity - line.tax * line.kept) * 2 <= line.quantity
