"""Orders answered by stores and cancelled by anybody, and what that does to stock."""

from datetime import time, timedelta

import pytest

from sandbox_server.domain.errors import IllegalTransition, NotFound, Unprocessable
from sandbox_server.domain.events import DueKind
from sandbox_server.domain.fulfilment import Decision
from sandbox_server.domain.inventory import Quantity, StockReport
from sandbox_server.domain.orders import Cancellation, CancelledBy, CancelReason, OrderStatus, RejectReason
from sandbox_server.domain.stores import StoreStatus
from sandbox_server.services import inventory, orders, stores
from tests.domain.builders import NINE_TO_NINE, NOW, SHUT
from tests.services.world import FAR, MIDDLE, NEAR, World, a_shop, parts

ON_HAND, RESERVED, ALLOCATED = Quantity.ON_HAND, Quantity.RESERVED, Quantity.ALLOCATED
S = OrderStatus


# Acknowledging


def test_an_accepted_order_is_acknowledged_and_its_stock_is_bound() -> None:
    world = World()
    order = world.accept(world.place())
    assert world.order(order) == order
    assert (order.status, order.version) == (S.ACKNOWLEDGED, 2)
    assert parts(order) == [("1", NEAR, 2, "ALLOCATED")]
    assert world.stock(NEAR) == (10, 0, 2)
    assert world.movements(order.order_id)[1:] == [
        (NEAR, "SKU-1", RESERVED, -2, "ALLOCATION", "req_2"),
        (NEAR, "SKU-1", ALLOCATED, 2, "ALLOCATION", "req_2"),
    ]
    assert world.due(order.order_id) == {DueKind.SHIP_BY: timedelta(hours=6)}
    assert order.history[-1].cause == "req_2"


def test_an_order_waits_until_each_of_its_stores_has_answered() -> None:
    world = World({(NEAR, "SKU-1"): 5, (MIDDLE, "SKU-2"): 5})
    order = world.accept(world.place(("SKU-1", 2), ("SKU-2", 1)), "1")
    assert order.status is S.NEW
    assert set(world.due(order.order_id)) == {DueKind.ACKNOWLEDGE_BY, DueKind.SHIP_BY}
    assert world.accept(order, "2").status is S.ACKNOWLEDGED


def test_each_store_of_a_split_line_answers_for_itself() -> None:
    world = World({(NEAR, "SKU-1"): 2, (MIDDLE, "SKU-1"): 2, (FAR, "SKU-1"): 2})
    order = world.place(("SKU-1", 4))
    order = world.accept(order, "1", store_id=MIDDLE)
    assert parts(order) == [("1", NEAR, 2, "RESERVED"), ("1", MIDDLE, 2, "ALLOCATED")]
    order = world.reject(order, store_id=NEAR)
    assert parts(order)[-1] == ("1", FAR, 2, "RESERVED")
    assert world.accept(order, store_id=FAR).status is S.ACKNOWLEDGED


@pytest.mark.parametrize("reason", [RejectReason.DAMAGED, RejectReason.STORE_CLOSED, RejectReason.CAPACITY])
def test_a_rejected_line_goes_to_the_next_nearest_store(reason: RejectReason) -> None:
    world = World()
    order = world.place()
    world.wait(minutes=30)
    order = world.reject(order, reason)
    assert world.order(order) == order
    assert (order.status, order.version) == (S.NEW, 2)
    assert parts(order) == [("1", NEAR, 2, "REJECTED"), ("1", MIDDLE, 2, "RESERVED")]
    assert world.stock(NEAR) == (10, 0, 0)
    assert world.stock(MIDDLE) == (10, 2, 0)
    assert world.movements(order.order_id)[1:] == [
        (NEAR, "SKU-1", RESERVED, -2, "RELEASE", "req_2"),
        (MIDDLE, "SKU-1", RESERVED, 2, "RESERVATION", "req_2"),
    ]
    assert world.events()[1:] == [("order.reassigned", order.order_id)]
    assert world.due(order.order_id) == {
        DueKind.ACKNOWLEDGE_BY: timedelta(hours=2),
        DueKind.SHIP_BY: timedelta(hours=5, minutes=30),
    }


def test_out_of_stock_empties_the_shelf_of_the_store_that_says_so() -> None:
    world = World()
    other = world.accept(world.place(("SKU-1", 1)))
    order = world.reject(world.place(), RejectReason.OUT_OF_STOCK)
    assert world.stock(NEAR) == (0, 0, 1)
    assert world.movements(order.order_id)[1:3] == [
        (NEAR, "SKU-1", RESERVED, -2, "RELEASE", "req_4"),
        (NEAR, "SKU-1", ON_HAND, -10, "COUNT", "req_4"),
    ]
    assert world.order(other).status is S.ACKNOWLEDGED
    assert world.place().store_ids == [MIDDLE]


def test_a_line_that_every_store_has_turned_down_is_unfulfillable() -> None:
    world = World()
    order = world.reject(world.reject(world.place()))
    assert order.status is S.UNFULFILLABLE
    assert order.cancellation is not None
    assert order.cancellation.reason is CancelReason.NO_STORE_LEFT
    assert world.stock(MIDDLE) == (10, 0, 0)
    assert [kind for kind, _ in world.events()] == ["order.created", "order.reassigned", "order.cancelled"]
    assert world.due(order.order_id) == {}


def test_an_order_goes_on_without_a_line_that_nobody_can_serve() -> None:
    world = World({(NEAR, "SKU-1"): 5, (NEAR, "SKU-2"): 5})
    order = world.place(("SKU-1", 2), ("SKU-2", 1))
    answers = [Decision("1", False, RejectReason.DAMAGED), Decision("2", True)]
    order = world.do(orders.acknowledge, order.order_id, answers)
    assert order.status is S.ACKNOWLEDGED
    assert [line.kept for line in order.lines] == [0, 1]
    assert world.stock(NEAR, "SKU-1") == (5, 0, 0)
    assert world.stock(NEAR, "SKU-2") == (5, 0, 1)


def test_a_line_goes_to_a_store_that_serves_the_order_already_however_busy_it_is() -> None:
    shops = [a_shop(NEAR), a_shop(MIDDLE, daily_order_capacity=1), a_shop(FAR)]
    stock = {(NEAR, "SKU-1"): 3, (MIDDLE, "SKU-1"): 9, (FAR, "SKU-1"): 9, (MIDDLE, "SKU-2"): 9}
    world = World(stock, shops)
    order = world.place(("SKU-1", 11), ("SKU-2", 1))
    assert parts(order) == [("1", NEAR, 3, "RESERVED"), ("1", MIDDLE, 8, "RESERVED"), ("2", MIDDLE, 1, "RESERVED")]
    world.do(inventory.report, [StockReport(MIDDLE, "SKU-1", 20, 2, NOW)])
    assert parts(world.reject(order, store_id=NEAR))[2] == ("1", MIDDLE, 3, "RESERVED")
    assert world.place(("SKU-1", 1)).store_ids == [NEAR]
    assert world.place(("SKU-2", 1)).status is S.UNFULFILLABLE


def test_lines_that_move_to_one_store_together_are_one_order_there() -> None:
    shops = [a_shop(NEAR), a_shop(MIDDLE, daily_order_capacity=2)]
    world = World({(store, sku): 9 for store in (NEAR, MIDDLE) for sku in ("SKU-1", "SKU-2")}, shops)
    order = world.place(("SKU-1", 1), ("SKU-2", 1))
    world.do(stores.update, NEAR, {"status": StoreStatus.CLOSED}, None)
    assert world.order(order).store_ids == [NEAR, MIDDLE]
    assert world.place().store_ids == [MIDDLE]
    assert world.place().status is S.UNFULFILLABLE


def test_answers_that_do_not_fit_are_refused_and_change_nothing() -> None:
    world = World()
    order = world.place()
    taken = world.accept(world.place())
    before = world.everything()
    for order_id, decision, refusal in (
        ("ord_none", Decision("1", True), NotFound),
        (taken.order_id, Decision("1", True), IllegalTransition),
        (order.order_id, Decision("2", True), Unprocessable),
        (order.order_id, Decision("1", True, None, MIDDLE), Unprocessable),
        (order.order_id, Decision("1", False), Unprocessable),
    ):
        with pytest.raises(refusal):
            world.do(orders.acknowledge, order_id, [decision])
    assert world.everything() == before


# Cancelling


@pytest.mark.parametrize("accepted", [False, True])
@pytest.mark.parametrize("by", [CancelledBy.BUYER, CancelledBy.SELLER])
def test_a_cancelled_order_gives_its_stock_free(accepted: bool, by: CancelledBy) -> None:
    world = World()
    order = world.place()
    order = world.accept(order) if accepted else order
    cancelled = world.cancel(order, by=by)
    assert world.order(order) == cancelled
    assert (cancelled.status, cancelled.version) == (S.CANCELLED, order.version + 1)
    assert cancelled.cancellation == Cancellation(by, CancelReason.OTHER, NOW, "by hand")
    assert world.stock(NEAR) == (10, 0, 0)
    freed = ALLOCATED if accepted else RESERVED
    assert world.movements(order.order_id)[-1][2:5] == (freed, -2, "RELEASE")
    assert world.events()[-1] == ("order.cancelled", order.order_id)
    assert world.due(order.order_id) == {}


def test_a_line_is_cancelled_and_the_rest_goes_on() -> None:
    world = World({(NEAR, "SKU-1"): 5, (NEAR, "SKU-2"): 5})
    order = world.cancel(world.accept(world.place(("SKU-1", 2), ("SKU-2", 1))), "1")
    assert order.status is S.ACKNOWLEDGED
    assert world.stock(NEAR, "SKU-1") == (5, 0, 0)
    assert world.stock(NEAR, "SKU-2") == (5, 0, 1)
    assert world.due(order.order_id) == {DueKind.SHIP_BY: timedelta(hours=6)}
    assert world.cancel(order, "2").status is S.CANCELLED


def test_the_last_unshipped_line_cancelled_leaves_the_order_shipped_and_delivered_with_its_parcels() -> None:
    world = World({(NEAR, "SKU-1"): 5, (NEAR, "SKU-2"): 5})
    on_its_way = world.accept(world.place(("SKU-1", 2), ("SKU-2", 1)))
    world.ship(on_its_way, ("1", 2))
    assert world.cancel(on_its_way, "2").status is S.SHIPPED
    arrived = world.accept(world.place(("SKU-1", 2), ("SKU-2", 1)))
    world.ship(arrived, ("1", 2))
    world.wait(hours=47)
    world.wait(hours=5, minutes=59)
    assert world.order(on_its_way).status in (S.SHIPPED, S.DELIVERED)


def test_an_order_cancelled_whole_is_over_whatever_of_it_has_left() -> None:
    """Cancelling the order ends it; cancelling its last unshipped line leaves it to what was shipped."""
    world = World()
    order = world.accept(world.place(("SKU-1", 3)))
    parcel = world.ship(order, ("1", 1))
    order = world.cancel(world.order(order))
    (line,) = order.lines
    assert (order.status, line.shipped, line.cancelled) == (S.CANCELLED, 1, 2)
    assert world.stock(NEAR) == (9, 0, 0)
    world.wait(days=7)
    assert world.order(order) == order
    assert ("shipment.delivered", parcel.shipment_id) in world.events()


def test_a_line_cancelled_after_everything_else_has_arrived_leaves_the_order_delivered() -> None:
    shops = [a_shop(NEAR, opening_hours=(NINE_TO_NINE, *(SHUT,) * 6), cut_off=time(20))]
    world = World({(NEAR, "SKU-1"): 5, (NEAR, "SKU-2"): 5}, shops)
    order = world.accept(world.place(("SKU-1", 2), ("SKU-2", 1)))
    world.ship(order, ("1", 2))
    world.wait(days=5)  # past Monday's cut-off, and not yet 48 hours late
    assert world.order(order).status is S.PARTIALLY_SHIPPED
    assert ("shipment.delivered" in dict(world.events())) is True
    order = world.cancel(order, "2")
    assert [step.to for step in order.history[-2:]] == [S.SHIPPED, S.DELIVERED]
    assert world.order(order).status is S.DELIVERED


def test_cancellations_that_do_not_fit_are_refused_and_change_nothing() -> None:
    world = World()
    shipped, order = world.a_shipped_order(), world.place()
    before = world.everything()
    for order_id, lines, refusal in (
        ("ord_none", None, NotFound),
        (shipped.order_id, None, IllegalTransition),
        (order.order_id, ["2"], Unprocessable),
        (order.order_id, ["1", "1"], Unprocessable),
    ):
        with pytest.raises(refusal):
            world.do(orders.cancel, order_id, lines, CancelledBy.BUYER, CancelReason.BUYER_REQUEST)
    assert world.everything() == before
