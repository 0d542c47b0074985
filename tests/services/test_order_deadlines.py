"""Orders that lie: re-routed, late, cancelled by the clock, and given up by stores that stop."""

from datetime import time, timedelta

import pytest

from sandbox_server.domain.events import DueKind
from sandbox_server.domain.orders import CancelledBy, CancelReason, OrderStatus
from sandbox_server.domain.stores import StoreStatus
from sandbox_server.services import stores
from tests.domain.builders import NINE_TO_NINE, NOW, SHUT
from tests.services.world import FAR, MIDDLE, NEAR, World, a_shop, parts

S = OrderStatus


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
    order = world.cancel(order, "1")
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
