"""What happens to an order: placed, answered by its stores, cancelled, shipped."""

from datetime import timedelta

import pytest

from sandbox_server.domain import fulfilment
from sandbox_server.domain.allocation import Demand, Share
from sandbox_server.domain.errors import IllegalTransition, Unprocessable
from sandbox_server.domain.events import Change
from sandbox_server.domain.fulfilment import Deadlines, Decision
from sandbox_server.domain.orders import (
    AllocationStatus,
    Cancellation,
    CancelledBy,
    CancelReason,
    Line,
    Order,
    OrderStatus,
    Promise,
    RejectReason,
    promises,
    settle,
    unassigned,
)
from tests.domain.builders import (
    DELIVER_BY,
    LATER,
    NOW,
    SHIP_BY,
    a_line,
    a_placed_order,
    a_placement,
    a_store,
    allocated,
    an_order,
    faults_of,
    rejected,
    released,
    reserved,
    shipped,
    steps,
    usual_deadlines,
)

S = OrderStatus
RESERVED, ALLOCATED = AllocationStatus.RESERVED, AllocationStatus.ALLOCATED
NEAR, FAR = a_store("S0001"), a_store("S0002")
BY_SELLER = Cancellation(CancelledBy.SELLER, CancelReason.DAMAGED, LATER, "the lift was out of order")


def accept(line_id: str, store_id: str | None = None) -> Decision:
    return Decision(line_id, accept=True, store_id=store_id)


def reject(line_id: str, reason: RejectReason | None = RejectReason.DAMAGED, store_id: str | None = None) -> Decision:
    return Decision(line_id, accept=False, reason=reason, store_id=store_id)


def parts_of(order: Order) -> list[tuple[str, str, int, int, str, str | None]]:
    return [
        (line.line_id, part.store_id, part.quantity, part.shipped, part.status.value, part.reason)
        for line in order.lines
        for part in line.allocations
    ]


# Placing


def test_a_placed_order_is_new_and_has_its_stock_reserved() -> None:
    placement = a_placement(a_line("1", 5), a_line("2", 1))
    shares = [Share("1", "SKU-1", 3, NEAR), Share("1", "SKU-1", 2, FAR), Share("2", "SKU-2", 1, FAR)]
    order = fulfilment.place(placement, shares, usual_deadlines, NOW, "req_1")
    assert order == an_order(a_line("1", 5, reserved(3), reserved(2, "S0002")), a_line("2", 1, reserved(1, "S0002")))
    assert order.acknowledge_by == NOW + timedelta(hours=2)
    assert unassigned(order) == []


def test_each_store_has_its_own_deadline_and_the_buyer_the_last_of_them() -> None:
    hour = timedelta(hours=1)

    def deadlines(share: Share) -> Deadlines:
        return Deadlines(SHIP_BY, DELIVER_BY) if share.store is NEAR else Deadlines(SHIP_BY + hour, DELIVER_BY - hour)

    shares = [Share("1", "SKU-1", 3, FAR), Share("1", "SKU-1", 2, NEAR)]
    order = fulfilment.place(a_placement(a_line("1", 5)), shares, deadlines, NOW, "req_1")
    assert [part.ship_by for part in order.lines[0].allocations] == [SHIP_BY + hour, SHIP_BY]
    assert (order.ship_by, order.deliver_by) == (SHIP_BY, DELIVER_BY)


def test_an_order_that_no_store_can_serve_is_unfulfillable_and_given_up() -> None:
    order = fulfilment.place(a_placement(a_line("1", 5), a_line("2", 1)), None, usual_deadlines, NOW, "req_1")
    assert (order.status, order.history) == (S.UNFULFILLABLE, steps(S.UNFULFILLABLE))
    assert [line.cancelled for line in order.lines] == [5, 1]
    assert order.cancellation == Cancellation(CancelledBy.MARKETPLACE, CancelReason.NO_STORE_LEFT, NOW)
    assert (order.acknowledge_by, order.ship_by, order.deliver_by) == (None, None, None)
    assert unassigned(order) == []


def test_a_store_that_takes_over_has_two_hours_of_its_own_and_the_promise_is_not_brought_forward() -> None:
    order = an_order(a_line("1", 3, rejected(3)), deliver_by=DELIVER_BY + timedelta(days=1))
    again = fulfilment.assign(order, [Share("1", "SKU-1", 3, FAR)], usual_deadlines, LATER)
    assert parts_of(again) == [
        ("1", "S0001", 3, 0, "REJECTED", "DAMAGED"),
        ("1", "S0002", 3, 0, "RESERVED", None),
    ]
    assert again.acknowledge_by == LATER + timedelta(hours=2)
    assert again.deliver_by == DELIVER_BY + timedelta(days=1)
    assert again.updated_at == LATER


# Acknowledging


def two_stores() -> Order:
    return a_placed_order(
        Share("1", "SKU-1", 3, NEAR),
        Share("1", "SKU-1", 2, FAR),
        Share("2", "SKU-2", 1, NEAR),
        Share("3", "SKU-3", 4, FAR),
    )


def test_an_acceptance_binds_the_stock_of_every_store_that_the_line_waits_for() -> None:
    order, accepted, turned_down = fulfilment.acknowledge(two_stores(), [accept("1")], LATER)
    assert accepted == [
        Promise("1", "SKU-1", "S0001", 3, RESERVED),
        Promise("1", "SKU-1", "S0002", 2, RESERVED),
    ]
    assert turned_down == []
    assert [part[4] for part in parts_of(order)] == ["ALLOCATED", "ALLOCATED", "RESERVED", "RESERVED"]
    assert order.updated_at == LATER
    assert settle(order, LATER, "req_2").status is S.NEW


def test_a_rejection_frees_the_stock_of_the_store_that_it_speaks_for_and_keeps_the_reason() -> None:
    decisions = [reject("1", RejectReason.CAPACITY, "S0002"), accept("1", "S0001"), accept("2"), accept("3")]
    order, accepted, turned_down = fulfilment.acknowledge(two_stores(), decisions, LATER)
    assert turned_down == [(Promise("1", "SKU-1", "S0002", 2, RESERVED), RejectReason.CAPACITY)]
    assert [(promise.line_id, promise.store_id) for promise in accepted] == [
        ("1", "S0001"),
        ("2", "S0001"),
        ("3", "S0002"),
    ]
    assert parts_of(order)[:2] == [
        ("1", "S0001", 3, 0, "ALLOCATED", None),
        ("1", "S0002", 2, 0, "REJECTED", "CAPACITY"),
    ]
    assert unassigned(order) == [Demand("1", "SKU-1", 2)]


def test_one_store_is_decided_apart_and_the_others_of_the_line_together() -> None:
    order, accepted, turned_down = fulfilment.acknowledge(
        two_stores(), [reject("1", store_id="S0001"), accept("1")], NOW
    )
    assert [part[4] for part in parts_of(order)[:2]] == ["REJECTED", "ALLOCATED"]
    assert (len(accepted), len(turned_down)) == (1, 1)


def test_what_a_store_has_answered_already_is_left_as_it_is() -> None:
    order = an_order(a_line("1", 5, allocated(3), reserved(2, "S0001"), rejected(4, "S0001")))
    after, accepted, turned_down = fulfilment.acknowledge(order, [reject("1")], LATER)
    assert parts_of(after) == [
        ("1", "S0001", 3, 0, "ALLOCATED", None),
        ("1", "S0001", 2, 0, "REJECTED", "DAMAGED"),
        ("1", "S0001", 4, 0, "REJECTED", "DAMAGED"),
    ]
    assert (accepted, [promise.quantity for promise, _ in turned_down]) == ([], [2])


def test_an_order_is_acknowledged_when_the_last_line_is() -> None:
    order, _, _ = fulfilment.acknowledge(two_stores(), [accept("1"), accept("2"), accept("3")], LATER)
    after = settle(order, LATER, "req_2")
    assert (after.status, after.history[-1]) == (S.ACKNOWLEDGED, Change(LATER, S.NEW, S.ACKNOWLEDGED, "req_2"))


@pytest.mark.parametrize("status", [status for status in S if status is not S.NEW])
def test_only_a_new_order_waits_for_an_acknowledgement(status: OrderStatus) -> None:
    with pytest.raises(IllegalTransition, match=f"is {status}; it cannot become ACKNOWLEDGED"):
        fulfilment.acknowledge(an_order(status=status), [accept("1")], LATER)


@pytest.mark.parametrize(
    ("decisions", "faults", "message"),
    [
        ([accept("9")], [("/lines/0/lineId", "UNKNOWN_LINE")], "The order has no line 9."),
        ([accept("2"), reject("2")], [("/lines/1/lineId", "REPEATED")], "Line 2 is decided above already."),
        (
            [accept("1", "S0002"), accept("1", "S0002")],
            [("/lines/1/lineId", "REPEATED")],
            "Line 1 is decided above already.",
        ),
        ([accept("2", "S0002")], [("/lines/0", "NOT_AWAITED")], "Line 2 waits for no answer of store S0002."),
        ([reject("2", None)], [("/lines/0/reason", "REASON_MISSING")], "Say why the line is rejected."),
    ],
)
def test_a_decision_that_does_not_fit_is_refused(
    decisions: list[Decision], faults: list[tuple[str, str]], message: str
) -> None:
    with pytest.raises(Unprocessable, match=r"^Some of the decisions do not fit the order\.$") as refusal:
        fulfilment.acknowledge(two_stores(), decisions, LATER)
    assert faults_of(refusal.value) == faults
    assert refusal.value.faults[0].message == message


def test_a_line_that_is_answered_waits_for_no_store() -> None:
    order = an_order(a_line("1", 3, allocated(3)), a_line("2", 1, reserved(1)))
    with pytest.raises(Unprocessable) as refusal:
        fulfilment.acknowledge(order, [accept("1"), accept("9"), accept("2")], LATER)
    assert faults_of(refusal.value) == [("/lines/0", "NOT_AWAITED"), ("/lines/1/lineId", "UNKNOWN_LINE")]
    assert refusal.value.faults[0].message == "Line 1 waits for no answer of any store."


# Releasing and giving up


@pytest.mark.parametrize(
    ("store_id", "freed", "left"),
    [
        (None, [("1", "S0001", 3), ("1", "S0002", 2), ("2", "S0001", 1)], []),
        ("S0001", [("1", "S0001", 3), ("2", "S0001", 1)], [("1", "S0002", 2)]),
        ("S0003", [], [("1", "S0001", 3), ("1", "S0002", 2), ("2", "S0001", 1)]),
    ],
)
def test_reservations_are_released_at_one_store_or_at_all_and_nothing_else_is(
    store_id: str | None, freed: list[tuple[str, str, int]], left: list[tuple[str, str, int]]
) -> None:
    order = an_order(
        a_line("1", 5, reserved(3), reserved(2, "S0002")), a_line("2", 2, reserved(1), allocated(1, "S0001"))
    )
    after, given_up = fulfilment.release(order, store_id, "NOT_ACKNOWLEDGED", LATER)
    assert [(promise.line_id, promise.store_id, promise.quantity) for promise in given_up] == freed
    assert [(waiting.line_id, waiting.store_id, waiting.quantity) for waiting in promises(after, RESERVED)] == left
    assert [part[5] for part in parts_of(after) if part[4] == "RELEASED"] == ["NOT_ACKNOWLEDGED"] * len(freed)
    assert parts_of(after)[-1] == ("2", "S0001", 1, 0, "ALLOCATED", None)
    assert after.updated_at == LATER


def test_units_that_nobody_promised_are_cancelled_when_they_are_given_up() -> None:
    order = an_order(a_line("1", 5, rejected(2), reserved(2)), a_line("2", 1, reserved(1)), a_line("3", 4, cancelled=1))
    after = fulfilment.give_up(order, [Demand("1", "SKU-1", 3), Demand("3", "SKU-3", 2)], BY_SELLER)
    assert [line.cancelled for line in after.lines] == [3, 0, 3]
    assert (after.cancellation, after.updated_at, after.status) == (BY_SELLER, LATER, S.NEW)


# Cancelling


def half_shipped() -> Order:
    return an_order(
        a_line("1", 5, shipped(2), allocated(3, "S0002", shipped=1)),
        a_line("2", 4, rejected(4, "S0003"), allocated(4)),
        a_line("3", 1, shipped(1)),
        status=S.PARTIALLY_SHIPPED,
    )


def test_cancelling_an_order_releases_precisely_what_is_unshipped() -> None:
    order, freed = fulfilment.cancel(half_shipped(), None, BY_SELLER, "req_2")
    assert freed == [Promise("1", "SKU-1", "S0002", 2, ALLOCATED), Promise("2", "SKU-2", "S0001", 4, ALLOCATED)]
    assert [line.cancelled for line in order.lines] == [2, 4, 0]
    assert parts_of(order) == [
        ("1", "S0001", 2, 2, "SHIPPED", None),
        ("1", "S0002", 1, 1, "SHIPPED", None),
        ("2", "S0003", 4, 0, "REJECTED", "DAMAGED"),
        ("2", "S0001", 4, 0, "RELEASED", "CANCELLED"),
        ("3", "S0001", 1, 1, "SHIPPED", None),
    ]
    assert (order.status, order.cancellation, order.updated_at) == (S.CANCELLED, BY_SELLER, LATER)
    assert order.history[-1] == Change(LATER, S.PARTIALLY_SHIPPED, S.CANCELLED, "req_2")


def test_cancelling_what_nobody_has_promised_counts_as_cancelled_too() -> None:
    order = an_order(a_line("1", 5, released(3), reserved(2, "S0002")), a_line("2", 1, released(1)))
    after, freed = fulfilment.cancel(order, None, BY_SELLER, "req_2")
    assert [(promise.store_id, promise.quantity) for promise in freed] == [("S0002", 2)]
    assert [line.cancelled for line in after.lines] == [5, 1]


def test_cancelling_a_line_leaves_the_others() -> None:
    order, freed = fulfilment.cancel(half_shipped(), ["2"], BY_SELLER, "req_2")
    assert [(promise.line_id, promise.quantity) for promise in freed] == [("2", 4)]
    assert [line.cancelled for line in order.lines] == [0, 4, 0]
    assert (order.status, order.cancellation, order.updated_at) == (S.PARTIALLY_SHIPPED, BY_SELLER, LATER)
    assert order.lines[0] == half_shipped().lines[0]


@pytest.mark.parametrize(
    ("lines", "status", "line_ids", "after"),
    [
        ([a_line("1", 1, reserved(1)), a_line("2", 1, reserved(1))], S.NEW, ["1"], S.NEW),
        ([a_line("1", 1, reserved(1)), a_line("2", 1, allocated(1))], S.NEW, ["1"], S.ACKNOWLEDGED),
        ([a_line("1", 1, reserved(1)), a_line("2", 1, reserved(1))], S.NEW, ["2", "1"], S.CANCELLED),
        ([a_line("1", 1, allocated(1)), a_line("2", 1, allocated(1))], S.ACKNOWLEDGED, ["1"], S.ACKNOWLEDGED),
        ([a_line("1", 1, shipped(1)), a_line("2", 1, allocated(1))], S.PARTIALLY_SHIPPED, ["2"], S.SHIPPED),
        ([a_line("1", 1, shipped(1)), a_line("2", 1, allocated(1))], S.PARTIALLY_SHIPPED, None, S.CANCELLED),
    ],
)
def test_an_order_stands_where_the_lines_that_are_left_say(
    lines: list[Line], status: OrderStatus, line_ids: list[str] | None, after: OrderStatus
) -> None:
    order, _ = fulfilment.cancel(an_order(*lines, status=status), line_ids, BY_SELLER, "req_2")
    assert order.status is after


@pytest.mark.parametrize("line_ids", [None, ["1"]])
@pytest.mark.parametrize("status", [S.SHIPPED, S.DELIVERED, S.CANCELLED, S.UNFULFILLABLE])
def test_an_order_that_is_over_or_under_way_is_not_cancelled(status: OrderStatus, line_ids: list[str] | None) -> None:
    with pytest.raises(IllegalTransition, match=f"is {status}; it cannot become CANCELLED"):
        fulfilment.cancel(an_order(status=status), line_ids, BY_SELLER, "req_2")


def test_lines_that_cannot_be_cancelled_are_named() -> None:
    with pytest.raises(Unprocessable, match=r"^Some of the lines cannot be cancelled\.$") as refusal:
        fulfilment.cancel(half_shipped(), ["2", "9", "2", "3"], BY_SELLER, "req_2")
    assert [tuple(fault) for fault in refusal.value.faults] == [
        ("/lines/1/lineId", "UNKNOWN_LINE", "The order has no line 9."),
        ("/lines/2/lineId", "REPEATED", "Line 2 is named above already."),
        ("/lines/3/lineId", "NOTHING_LEFT", "Line 3 has nothing left to cancel."),
    ]


# Shipping


def acknowledged() -> Order:
    return an_order(
        a_line("1", 5, allocated(3), allocated(2, "S0002")), a_line("2", 4, allocated(4)), status=S.ACKNOWLEDGED
    )


def test_a_store_ships_a_part_of_what_it_holds() -> None:
    order = fulfilment.ship(acknowledged(), "S0001", {"1": 2}, LATER, "req_2")
    assert parts_of(order) == [
        ("1", "S0001", 3, 2, "ALLOCATED", None),
        ("1", "S0002", 2, 0, "ALLOCATED", None),
        ("2", "S0001", 4, 0, "ALLOCATED", None),
    ]
    assert (order.status, order.updated_at) == (S.PARTIALLY_SHIPPED, LATER)


def test_an_order_is_shipped_when_the_last_store_has_handed_over_the_rest() -> None:
    order = fulfilment.ship(acknowledged(), "S0001", {"2": 4, "1": 3}, LATER, "req_2")
    assert [part[4] for part in parts_of(order)] == ["SHIPPED", "ALLOCATED", "SHIPPED"]
    order = fulfilment.ship(order, "S0002", {"1": 1}, LATER, "req_3")
    order = fulfilment.ship(order, "S0002", {"1": 1}, LATER, "req_4")
    assert [(step.to, step.cause) for step in order.history] == [
        (S.NEW, "req_1"),
        (S.ACKNOWLEDGED, "req_1"),
        (S.PARTIALLY_SHIPPED, "req_2"),
        (S.SHIPPED, "req_4"),
    ]
    assert [line.shipped for line in order.lines] == [5, 4]


def test_a_store_with_two_parts_of_a_line_ships_from_the_first_on() -> None:
    order = an_order(
        a_line("1", 7, allocated(2), rejected(1), reserved(9, "S0002"), allocated(3), shipped(2)), status=S.ACKNOWLEDGED
    )
    after = fulfilment.ship(order, "S0001", {"1": 4}, LATER, "req_2")
    assert [(part[3], part[4]) for part in parts_of(after)] == [
        (2, "SHIPPED"),
        (0, "REJECTED"),
        (0, "RESERVED"),
        (2, "ALLOCATED"),
        (2, "SHIPPED"),
    ]


@pytest.mark.parametrize("status", [S.NEW, S.SHIPPED, S.DELIVERED, S.CANCELLED, S.UNFULFILLABLE])
def test_an_order_that_is_not_acknowledged_or_is_over_is_not_shipped(status: OrderStatus) -> None:
    with pytest.raises(IllegalTransition, match=f"is {status}; it cannot become SHIPPED"):
        fulfilment.ship(an_order(status=status), "S0001", {"1": 1}, LATER, "req_2")


def test_a_store_ships_no_more_than_it_holds_for_the_order() -> None:
    order = fulfilment.ship(acknowledged(), "S0001", {"1": 1}, LATER, "req_2")
    with pytest.raises(Unprocessable, match=r"^The shipment does not fit what is allocated\.$") as refusal:
        fulfilment.ship(order, "S0001", {"2": 4, "1": 3, "9": 1}, LATER, "req_3")
    assert [tuple(fault) for fault in refusal.value.faults] == [
        ("/lines/1/quantity", "MORE_THAN_ALLOCATED", "Store S0001 holds 2 of line 1 for this order, not 3."),
        ("/lines/2/lineId", "UNKNOWN_LINE", "The order has no line 9."),
    ]


def test_a_store_that_holds_nothing_of_a_line_does_not_ship_it() -> None:
    with pytest.raises(Unprocessable) as refusal:
        fulfilment.ship(acknowledged(), "S0002", {"2": 1}, LATER, "req_2")
    assert refusal.value.faults[0].message == "Store S0002 holds 0 of line 2 for this order, not 1."


# Marks of the clock


def test_the_clock_marks_what_is_late_and_what_was_rerouted() -> None:
    order = an_order()
    assert fulfilment.marked_late(order, LATER) == an_order(late=True, updated_at=LATER)
    assert fulfilment.marked_rerouted(order, LATER) == an_order(rerouted=True, updated_at=LATER)
