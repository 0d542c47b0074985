"""Orders as buyers place them: priced, promised by the nearest stores, reserved and watched."""

from datetime import time, timedelta

import pytest

from sandbox_server.domain.errors import NotFound
from sandbox_server.domain.events import DueKind
from sandbox_server.domain.inventory import Quantity
from sandbox_server.domain.orders import Cancellation, CancelledBy, CancelReason, OrderStatus
from sandbox_server.domain.stores import Capability, ServiceLevel, StoreStatus
from sandbox_server.kernel.ids import make_id
from tests.domain.builders import NOW, SHIP_BY, SHUT
from tests.services.world import BUYER, FAR, MIDDLE, NEAR, PRICE, SEED, TAX, World, a_product, a_shop, parts

S = OrderStatus


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
    assert world.movements(order.order_id) == [(NEAR, "SKU-1", Quantity.RESERVED, 2, "RESERVATION", "req_1")]
    assert world.events() == [("order.created", order.order_id)]
    assert world.due(order.order_id) == {
        DueKind.ACKNOWLEDGE_BY: timedelta(hours=2),
        DueKind.SHIP_BY: timedelta(hours=6),
    }


def test_ids_follow_from_the_seed_and_never_come_twice() -> None:
    world, same = World(), World()
    placed = [world.place().order_id for _ in range(3)]
    assert placed == [make_id(SEED, "ord", number) for number in (1, 2, 3)]
    assert placed == [same.place().order_id for _ in range(3)]
    assert len(set(placed)) == 3
    events = [event.event_id for event in world.all_events()]
    assert len(set(events)) == 3


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
