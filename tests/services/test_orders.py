"""Orders: placed by buyers, answered by stores, cancelled by anybody, and what that does to stock."""

from datetime import time, timedelta

import pytest

from sandbox_server.domain.errors import IllegalTransition, NotFound, Unprocessable
from sandbox_server.domain.events import DueKind
from sandbox_server.domain.fulfilment import Decision
from sandbox_server.domain.inventory import Quantity, StockReport
from sandbox_server.domain.orders import Cancellation, CancelledBy, CancelReason, Order, OrderStatus, RejectReason
from sandbox_server.domain.stores import Capability, ServiceLevel, StoreStatus
from sandbox_server.services import inventory, orders, stores
from tests.domain.builders import NINE_TO_NINE, NOW, SHIP_BY, SHUT
from tests.services.world import BUYER, FAR, MIDDLE, NEAR, PRICE, SEED, TAX, World, a_product, a_shop

ON_HAND, RESERVED, ALLOCATED = Quantity.ON_HAND, Quantity.RESERVED, Quantity.ALLOCATED
S = OrderStatus


def parts(order: Order) -> list[tuple[str, str, int, str]]:
    return [
        (line.line_id, part.store_id, part.quantity, part.status.value)
        for line in order.lines
        for part in line.allocations
    ]


def cancel(world: World, order: Order, *line_ids: str, by: CancelledBy = CancelledBy.SELLER) -> Order:
    return world.do(orders.cancel, order.order_id, line_ids or None, by, CancelReason.OTHER, "by hand")


# Placing


def test_a_placed_order_is_priced_promised_by_the_nearest_store_and_watched() -> None:
    world = World()
    order = world.place(("SKU-1", 2))
    assert world.order(order) == order
    assert order.status is S.NEW
    assert order.version == 1
    assert (order.buyer, order.currency, order.placed_at) == (BUYER, "USD", NOW)
    (line,) = order.lines
    assert (line.title, line.unit_price, line.tax) == ("Thing SKU-1", PRICE, 2 * TAX)
    assert parts(order) == [("1", NEAR, 2, "RESERVED")]
    assert (order.acknowledge_by, order.ship_by) == (NOW + timedelta(hours=2), SHIP_BY)
    assert world.stock(NEAR) == (10, 2, 0)
    assert world.stock(MIDDLE) == (10, 0, 0)
    assert world.movements(order.order_id) == [(NEAR, "SKU-1", RESERVED, 2, "RESERVATION", "req_1")]
    assert world.events() == [("order.created", order.order_id)]
    assert world.due(order.order_id) == {
        DueKind.ACKNOWLEDGE_BY: timedelta(hours=2),
        DueKind.SHIP_BY: timedelta(hours=6),
    }


def test_ids_follow_from_the_seed_and_never_come_twice() -> None:
    world, same = World(), World()
    placed = [world.place().order_id for _ in range(3)]
    assert placed == [same.place().order_id for _ in range(3)]
    assert len(set(placed)) == 3
    events = [event.event_id for event in world.all_events()]
    assert len(set(events)) == 3
    assert SEED == 7


def test_an_unknown_sku_is_refused_and_changes_nothing() -> None:
    world = World()
    before = world.everything()
    with pytest.raises(NotFound):
        world.place(("SKU-1", 1), ("SKU-9", 1))
    assert world.everything() == before


def test_what_no_store_can_serve_is_unfulfillable_from_the_beginning() -> None:
    world = World()
    order = world.place(("SKU-1", 25))
    assert order.status is S.UNFULFILLABLE
    assert order.cancellation == Cancellation(CancelledBy.MARKETPLACE, CancelReason.NO_STORE_LEFT, NOW)
    assert order.lines[0].kept == 0
    assert world.stock(NEAR) == (10, 0, 0)
    assert world.due(order.order_id) == {}
    assert world.events() == [("order.created", order.order_id)]


def test_an_order_is_split_only_where_no_store_can_serve_the_whole() -> None:
    world = World({(NEAR, "SKU-1"): 5, (MIDDLE, "SKU-1"): 9, (FAR, "SKU-2"): 1, (MIDDLE, "SKU-2"): 1})
    together = world.place(("SKU-1", 1), ("SKU-2", 1))
    assert parts(together) == [("1", MIDDLE, 1, "RESERVED"), ("2", MIDDLE, 1, "RESERVED")]
    apart = world.place(("SKU-1", 12), ("SKU-2", 1))
    assert parts(apart) == [("1", NEAR, 5, "RESERVED"), ("1", MIDDLE, 7, "RESERVED"), ("2", FAR, 1, "RESERVED")]
    assert world.stock(NEAR) == (5, 5, 0)
    assert world.stock(MIDDLE) == (9, 8, 0)


def test_one_sku_in_two_lines_is_promised_twice() -> None:
    world = World({(NEAR, "SKU-1"): 3, (MIDDLE, "SKU-1"): 9})
    order = world.place(("SKU-1", 2), ("SKU-1", 2))
    assert parts(order) == [("1", MIDDLE, 2, "RESERVED"), ("2", MIDDLE, 2, "RESERVED")]
    assert world.stock(MIDDLE) == (9, 4, 0)


def test_safety_stock_is_never_promised() -> None:
    world = World(shops=[a_shop(NEAR, safety_stock=9), a_shop(MIDDLE)])
    assert parts(world.place(("SKU-1", 2))) == [("1", MIDDLE, 2, "RESERVED")]
    assert parts(world.place(("SKU-1", 1))) == [("1", NEAR, 1, "RESERVED")]


@pytest.mark.parametrize(
    "changes",
    [
        {"status": StoreStatus.PAUSED},
        {"status": StoreStatus.CLOSED},
        {"capabilities": (Capability.SAME_DAY, Capability.RETURNS_DROP_OFF)},
        {"daily_order_capacity": 0},
        {"opening_hours": (SHUT,) * 7},
    ],
)
def test_a_store_that_cannot_take_orders_is_passed_over(changes: dict[str, object]) -> None:
    world = World(shops=[a_shop(NEAR, **changes), a_shop(MIDDLE)])
    assert parts(world.place()) == [("1", MIDDLE, 2, "RESERVED")]


def test_a_same_day_order_goes_to_a_store_that_can_still_hand_it_over_today() -> None:
    shops = [
        a_shop(NEAR, capabilities=(Capability.SHIP_FROM_STORE,)),
        a_shop(MIDDLE, cut_off=time(9, 30)),
        a_shop(FAR),
    ]
    world = World({(store, "SKU-1"): 5 for store in (NEAR, MIDDLE, FAR)}, shops)
    today = world.place(level=ServiceLevel.SAME_DAY)
    assert parts(today) == [("1", FAR, 2, "RESERVED")]
    assert today.ship_by == SHIP_BY
    assert today.deliver_by == NOW + timedelta(hours=12)  # 22:00 in New York
    world.wait(hours=6)
    assert world.place(level=ServiceLevel.SAME_DAY).status is S.UNFULFILLABLE


def test_capacity_is_counted_by_order_and_by_the_day_of_the_store() -> None:
    world = World(shops=[a_shop(NEAR, daily_order_capacity=2), a_shop(MIDDLE)])
    assert [world.place(("SKU-1", 1), ("SKU-1", 1)).store_ids for _ in range(3)] == [[NEAR], [NEAR], [MIDDLE]]
    world.wait(hours=13, minutes=59)  # 23:59 in New York
    assert world.place(("SKU-1", 1)).store_ids == [MIDDLE]
    world.wait(minutes=1)
    assert world.place(("SKU-1", 1)).store_ids == [NEAR]


def test_the_tax_of_an_order_is_that_of_its_product_and_currency() -> None:
    world = World({(NEAR, "SKU-1"): 5}, products=[a_product("SKU-1", "JPY", 106)], currency="JPY")
    order = world.place(("SKU-1", 3))
    assert (order.currency, order.lines[0].tax) == ("JPY", 25)


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
    cancelled = cancel(world, order, by=by)
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
    order = cancel(world, world.accept(world.place(("SKU-1", 2), ("SKU-2", 1))), "1")
    assert order.status is S.ACKNOWLEDGED
    assert world.stock(NEAR, "SKU-1") == (5, 0, 0)
    assert world.stock(NEAR, "SKU-2") == (5, 0, 1)
    assert world.due(order.order_id) == {DueKind.SHIP_BY: timedelta(hours=6)}
    assert cancel(world, order, "2").status is S.CANCELLED


def test_the_last_unshipped_line_cancelled_leaves_the_order_shipped_and_delivered_with_its_parcels() -> None:
    world = World({(NEAR, "SKU-1"): 5, (NEAR, "SKU-2"): 5})
    on_its_way = world.accept(world.place(("SKU-1", 2), ("SKU-2", 1)))
    world.ship(on_its_way, ("1", 2))
    assert cancel(world, on_its_way, "2").status is S.SHIPPED
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
    order = cancel(world, world.order(order))
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
    order = cancel(world, order, "2")
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


# Deadlines


def test_what_is_not_acknowledged_is_re_routed_once_and_then_cancelled() -> None:
    world = World({(store, "SKU-1"): 10 for store in (NEAR, MIDDLE, FAR)})
    order = world.place()
    assert world.wait(hours=1, minutes=59) == 0
    assert world.wait(minutes=1) == 1
    order = world.order(order)
    assert (order.status, order.rerouted, order.version) == (S.NEW, True, 2)
    assert parts(order) == [("1", NEAR, 2, "RELEASED"), ("1", MIDDLE, 2, "RESERVED")]
    assert order.lines[0].allocations[0].reason == "NOT_ACKNOWLEDGED"
    assert world.stock(NEAR) == (10, 0, 0)
    assert world.events()[-1] == ("order.reassigned", order.order_id)
    assert world.due(order.order_id) == {
        DueKind.ACKNOWLEDGE_BY: timedelta(hours=2),
        DueKind.SHIP_BY: timedelta(hours=4),
    }
    world.wait(hours=2)
    order = world.order(order)
    assert (order.status, order.version) == (S.CANCELLED, 3)
    assert order.cancellation is not None
    assert (order.cancellation.by, order.cancellation.reason) == (
        CancelledBy.MARKETPLACE,
        CancelReason.NOT_ACKNOWLEDGED,
    )
    assert order.history[-1].cause == f"acknowledge_by/{order.order_id}"
    assert world.stock(MIDDLE) == (10, 0, 0)
    assert world.stock(FAR) == (10, 0, 0)
    assert world.events()[-1] == ("order.cancelled", order.order_id)
    assert world.due(order.order_id) == {}


def test_a_part_that_moves_gives_every_store_that_has_not_answered_two_hours_anew() -> None:
    world = World({(NEAR, "SKU-1"): 5, (MIDDLE, "SKU-2"): 5, (FAR, "SKU-2"): 5})
    order = world.place(("SKU-1", 1), ("SKU-2", 1))
    world.wait(hours=1)
    order = world.reject(order, line_id="2")
    assert order.acknowledge_by == NOW + timedelta(hours=3)
    world.wait(hours=1)
    assert world.order(order) == order


def test_what_is_not_acknowledged_and_no_other_store_has_is_unfulfillable() -> None:
    world = World({(NEAR, "SKU-1"): 10})
    order = world.place()
    world.wait(hours=2)
    assert world.order(order).status is S.UNFULFILLABLE
    assert [kind for kind, _ in world.events()] == ["order.created", "order.cancelled"]


def test_only_what_was_let_lie_is_re_routed_and_cancelled() -> None:
    world = World({(NEAR, "SKU-1"): 5, (MIDDLE, "SKU-2"): 5, (FAR, "SKU-2"): 5})
    order = world.accept(world.place(("SKU-1", 1), ("SKU-2", 1)), "1")
    world.wait(hours=2)
    assert parts(world.order(order)) == [
        ("1", NEAR, 1, "ALLOCATED"),
        ("2", MIDDLE, 1, "RELEASED"),
        ("2", FAR, 1, "RESERVED"),
    ]
    world.wait(hours=2)
    order = world.order(order)
    assert order.status is S.ACKNOWLEDGED
    assert [line.kept for line in order.lines] == [1, 0]


def test_a_deadline_that_moved_is_not_kept_at_its_old_time() -> None:
    world = World({(store, "SKU-1"): 10 for store in (NEAR, MIDDLE, FAR)})
    order = world.place()
    world.wait(minutes=10)
    order = world.reject(order)
    world.wait(minutes=10)
    order = world.reject(order)
    assert order.store_ids == [NEAR, MIDDLE, FAR]
    world.wait(hours=1, minutes=50)  # two hours after the first rejection
    assert world.order(order) == order
    world.wait(minutes=10)
    assert world.order(order).status is S.UNFULFILLABLE


def test_what_is_not_shipped_in_time_is_late_and_cancelled_48_hours_later() -> None:
    world = World()
    order = world.accept(world.place())
    world.wait(hours=5, minutes=59)
    assert not world.order(order).late
    world.wait(minutes=1)
    order = world.order(order)
    assert (order.late, order.status, order.version) == (True, S.ACKNOWLEDGED, 3)
    assert world.events()[-1] == ("order.late", order.order_id)
    assert world.due(order.order_id) == {DueKind.CANCEL_LATE: timedelta(hours=48)}
    world.wait(hours=48)
    order = world.order(order)
    assert (order.status, order.version) == (S.CANCELLED, 4)
    assert order.cancellation is not None
    assert (order.cancellation.by, order.cancellation.reason) == (CancelledBy.MARKETPLACE, CancelReason.NOT_SHIPPED)
    assert world.stock(NEAR) == (10, 0, 0)
    assert world.events()[-1] == ("order.cancelled", order.order_id)
    assert world.due(order.order_id) == {}


def test_what_nobody_has_acknowledged_by_its_deadline_is_late_too() -> None:
    world = World(shops=[a_shop(NEAR, cut_off=time(11)), a_shop(MIDDLE)])
    order = world.place()
    assert order.ship_by == NOW + timedelta(hours=1)
    world.wait(hours=1)
    order = world.order(order)
    assert (order.late, order.status, order.version) == (True, S.NEW, 2)
    assert world.events()[-1] == ("order.late", order.order_id)
    world.wait(hours=1)
    order = world.accept(world.order(order), store_id=MIDDLE)
    assert (order.late, order.ship_by) == (True, NOW + timedelta(hours=6))
    assert world.due(order.order_id) == {DueKind.CANCEL_LATE: timedelta(hours=4 + 48)}
    assert [kind for kind, _ in world.events()].count("order.late") == 1


def test_a_late_order_that_ships_after_all_is_not_cancelled() -> None:
    world = World()
    order = world.accept(world.place())
    world.wait(hours=10)
    world.ship(order)
    assert world.due(order.order_id) == {}
    world.wait(days=10)
    assert (world.order(order).status, world.order(order).late) == (S.DELIVERED, True)


def test_a_late_order_is_watched_also_when_the_late_part_is_gone() -> None:
    """One store is late and its line is cancelled; another accepts the rest, and does not ship it either."""
    shops = [a_shop(NEAR, cut_off=time(11)), a_shop(MIDDLE, cut_off=time(11))]
    world = World({(NEAR, "SKU-1"): 5, (MIDDLE, "SKU-2"): 5}, shops)
    order = world.accept(world.place(("SKU-1", 1), ("SKU-2", 1)), "1")
    world.wait(hours=1)
    assert world.order(order).late
    order = cancel(world, order, "1")
    assert world.due(order.order_id) == {
        DueKind.ACKNOWLEDGE_BY: timedelta(hours=1),
        DueKind.CANCEL_LATE: timedelta(hours=48),
    }
    order = world.accept(order, "2")
    assert world.due(order.order_id) == {DueKind.CANCEL_LATE: timedelta(hours=48)}
    world.wait(hours=48)
    assert world.order(order).status is S.CANCELLED


def test_a_part_that_is_due_later_is_not_cancelled_for_the_lateness_of_another() -> None:
    shops = [a_shop(NEAR), a_shop(MIDDLE, opening_hours=(NINE_TO_NINE, *(SHUT,) * 6))]
    world = World({(NEAR, "SKU-1"): 5, (MIDDLE, "SKU-2"): 5}, shops)
    order = world.accept(world.place(("SKU-1", 1), ("SKU-2", 1)))
    world.wait(hours=7)
    assert world.due(order.order_id) == {DueKind.CANCEL_LATE: timedelta(hours=47)}
    world.ship(order, ("1", 1))
    monday_at_four = timedelta(days=3, hours=6)
    assert world.due(order.order_id) == {DueKind.CANCEL_LATE: monday_at_four + timedelta(hours=48 - 7)}


# Stores that stop


@pytest.mark.parametrize("status", [StoreStatus.PAUSED, StoreStatus.CLOSED])
def test_a_store_that_stops_gives_up_what_it_has_not_acknowledged_and_keeps_the_rest(status: StoreStatus) -> None:
    world = World({(NEAR, "SKU-1"): 10, (MIDDLE, "SKU-1"): 10, (NEAR, "SKU-2"): 5})
    taken, waiting, nowhere_else = world.accept(world.place()), world.place(), world.place(("SKU-2", 1))
    elsewhere = world.reject(world.place())
    world.do(stores.update, NEAR, {"status": status}, None)
    assert world.order(taken) == taken
    assert world.order(elsewhere) == elsewhere
    moved = world.order(waiting)
    assert parts(moved) == [("1", NEAR, 2, "RELEASED"), ("1", MIDDLE, 2, "RESERVED")]
    assert moved.lines[0].allocations[0].reason == "STORE_CLOSED"
    assert world.order(nowhere_else).status is S.UNFULFILLABLE
    assert world.stock(NEAR) == (10, 0, 2)
    assert world.stock(NEAR, "SKU-2") == (5, 0, 0)
    assert world.events()[-2:] == [
        ("order.reassigned", waiting.order_id),
        ("order.cancelled", nowhere_else.order_id),
    ]


def test_only_the_part_of_the_store_that_stops_is_re_routed() -> None:
    world = World({(NEAR, "SKU-1"): 2, (MIDDLE, "SKU-1"): 2, (FAR, "SKU-1"): 2})
    order = world.place(("SKU-1", 4))
    world.do(stores.update, MIDDLE, {"status": StoreStatus.PAUSED}, None)
    assert parts(world.order(order)) == [
        ("1", NEAR, 2, "RESERVED"),
        ("1", MIDDLE, 2, "RELEASED"),
        ("1", FAR, 2, "RESERVED"),
    ]
