"""Parcels: what leaves a store, how the carrier moves it, and what that does to the order."""

from datetime import timedelta
from typing import Any

import pytest

from sandbox_server.domain.errors import Duplicate, IllegalTransition, InsufficientStock, NotFound, Unprocessable
from sandbox_server.domain.events import DueKind
from sandbox_server.domain.inventory import Quantity, StockReport
from sandbox_server.domain.orders import Order, OrderStatus
from sandbox_server.domain.shipments import Shipment, ShipmentStatus, TrackingEvent
from sandbox_server.kernel.ids import make_id
from sandbox_server.services import inventory, shipments
from tests.domain.builders import NOW
from tests.services.world import MIDDLE, NEAR, SEED, World

ON_HAND, ALLOCATED = Quantity.ON_HAND, Quantity.ALLOCATED
P = ShipmentStatus


def see(world: World, shipment: Shipment) -> Shipment:
    return world.see(lambda tx: shipments.get(tx, shipment.shipment_id))


def track(world: World, shipment: Shipment, *statuses: ShipmentStatus) -> Shipment:
    """The client's own carrier says where the parcel is, at one instant."""
    for status in statuses:
        shipment = world.do(shipments.track, shipment.shipment_id, TrackingEvent(status, world.clock.now()))
    return shipment


def an_acknowledged_order(world: World, *basket: tuple[str, int]) -> Order:
    return world.accept(world.place(*basket))


def test_what_is_shipped_leaves_the_stock_of_its_store_and_the_carrier_is_awaited() -> None:
    world = World()
    order = an_acknowledged_order(world, ("SKU-1", 2))
    shipment = world.ship(order)
    assert see(world, shipment) == shipment
    assert shipment.shipment_id == make_id(SEED, "shp", 1)
    assert (shipment.status, shipment.order_id, shipment.store_id) == (P.LABELLED, order.order_id, NEAR)
    assert [(line.line_id, line.sku, line.quantity) for line in shipment.lines] == [("1", "SKU-1", 2)]
    assert shipment.tracking_events == (TrackingEvent(P.LABELLED, NOW),)
    assert (shipment.created_at, shipment.updated_at, shipment.version) == (NOW, NOW, 1)
    assert world.stock(NEAR) == (8, 0, 0)
    assert world.movements(shipment.shipment_id) == [
        (NEAR, "SKU-1", ON_HAND, -2, "SHIPMENT", "req_3"),
        (NEAR, "SKU-1", ALLOCATED, -2, "SHIPMENT", "req_3"),
    ]
    (due,) = world.due(shipment.shipment_id).items()
    assert due[0] is DueKind.CARRIER_STEP
    assert timedelta(hours=1) <= due[1] <= timedelta(hours=5)
    assert world.order(order).status is OrderStatus.SHIPPED


def test_a_part_can_be_shipped_and_the_rest_later() -> None:
    world = World()
    order = an_acknowledged_order(world, ("SKU-1", 3))
    first = world.ship(order, ("1", 1))
    assert world.order(order).status is OrderStatus.PARTIALLY_SHIPPED
    assert world.stock(NEAR) == (9, 0, 2)
    second = world.ship(world.order(order))
    assert (first.lines[0].quantity, second.lines[0].quantity) == (1, 2)
    assert world.order(order).status is OrderStatus.SHIPPED
    assert first.shipment_id != second.shipment_id


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"tracking_number": "12"}, "TRACKING_FORM"),
        ({"shipped_at": NOW + timedelta(milliseconds=1)}, "IN_FUTURE"),
        ({"shipped_at": NOW - timedelta(milliseconds=1)}, "BEFORE_ORDER"),
        ({"lines": [("1", 1), ("1", 1)]}, "REPEATED"),
        ({"lines": [("1", 3)]}, "MORE_THAN_ALLOCATED"),
        ({"store_id": MIDDLE}, "MORE_THAN_ALLOCATED"),
    ],
)
def test_a_dispatch_that_does_not_fit_is_refused_and_changes_nothing(changes: dict[str, Any], code: str) -> None:
    world = World()
    order = an_acknowledged_order(world)
    before = world.everything()
    with pytest.raises(Unprocessable) as refusal:
        world.do(shipments.create, world.dispatch(order)._replace(**changes))
    assert [fault.code for fault in refusal.value.faults] == [code]
    assert world.everything() == before


def test_the_repeated_line_is_the_one_that_is_pointed_at() -> None:
    world = World({(NEAR, "SKU-1"): 5, (NEAR, "SKU-2"): 5})
    order = an_acknowledged_order(world, ("SKU-1", 1), ("SKU-2", 1))
    with pytest.raises(Unprocessable) as refusal:
        world.do(shipments.create, world.dispatch(order, ("1", 1), ("2", 1), ("2", 1)))
    assert refusal.value.faults[0].pointer == "/lines/2/lineId"


def test_an_order_that_waits_for_its_stores_cannot_be_shipped() -> None:
    world = World()
    order = world.place()
    before = world.everything()
    with pytest.raises(IllegalTransition):
        world.ship(order)
    assert world.everything() == before


def test_an_order_that_there_is_not_cannot_be_shipped() -> None:
    world = World()
    order = an_acknowledged_order(world)
    with pytest.raises(NotFound):
        world.do(shipments.create, world.dispatch(order)._replace(order_id="ord_none"))


def test_a_tracking_number_ships_once_for_each_carrier() -> None:
    world = World()
    first, second = an_acknowledged_order(world), an_acknowledged_order(world)
    dispatch = world.dispatch(first)
    world.do(shipments.create, dispatch)
    before = world.everything()
    with pytest.raises(Duplicate):
        world.do(shipments.create, world.dispatch(second)._replace(tracking_number=dispatch.tracking_number))
    assert world.everything() == before


def test_a_store_that_has_counted_fewer_than_it_ships_is_refused() -> None:
    world = World()
    order = an_acknowledged_order(world, ("SKU-1", 2))
    world.do(inventory.report, [StockReport(NEAR, "SKU-1", 1, 2, NOW)])
    before = world.everything()
    with pytest.raises(InsufficientStock):
        world.ship(order)
    assert world.everything() == before
    assert world.ship(order, ("1", 1)).lines[0].quantity == 1


def test_the_simulated_carrier_delivers_and_with_the_last_parcel_the_order() -> None:
    world = World()
    order = world.a_shipped_order(("SKU-1", 1))
    (shipment,) = world.see(lambda tx: list(tx.shipments.select()))
    world.wait(days=7)
    arrived = see(world, shipment)
    assert [event.status for event in arrived.tracking_events] == [
        P.LABELLED,
        P.PICKED_UP,
        P.IN_TRANSIT,
        P.OUT_FOR_DELIVERY,
        P.DELIVERED,
    ]
    assert arrived.version == 5
    assert arrived.updated_at == arrived.tracking_events[-1].occurred_at < world.clock.now()
    assert world.due(shipment.shipment_id) == {}
    assert world.order(order).status is OrderStatus.DELIVERED
    assert world.events()[-1] == ("shipment.delivered", shipment.shipment_id)
    world.do(shipments.carrier_step, shipment.shipment_id)
    assert see(world, shipment) == arrived


def test_an_order_in_two_parcels_is_delivered_with_the_second() -> None:
    world = World()
    order = an_acknowledged_order(world, ("SKU-1", 2))
    first, second = world.ship(order, ("1", 1)), world.ship(order, ("1", 1))
    way = (P.PICKED_UP, P.IN_TRANSIT, P.OUT_FOR_DELIVERY, P.DELIVERED)
    track(world, first, *way)
    assert world.order(order).status is OrderStatus.SHIPPED
    track(world, second, *way)
    assert world.order(order).status is OrderStatus.DELIVERED


def test_a_parcel_that_is_not_delivered_is_told_and_the_order_stays_shipped() -> None:
    world = World()
    order = world.a_shipped_order()
    (shipment,) = world.see(lambda tx: list(tx.shipments.select()))
    track(world, shipment, P.PICKED_UP, P.IN_TRANSIT, P.OUT_FOR_DELIVERY, P.DELIVERY_FAILED)
    assert world.events()[-1] == ("shipment.failed", shipment.shipment_id)
    returned = track(world, shipment, P.RETURN_TO_SENDER)
    assert world.due(shipment.shipment_id) == {}
    assert world.events()[-1] == ("shipment.failed", shipment.shipment_id)
    assert (returned.status, world.order(order).status) == (P.RETURN_TO_SENDER, OrderStatus.SHIPPED)


def test_what_a_client_s_carrier_says_moves_the_simulated_one_s_next_step() -> None:
    world = World()
    world.a_shipped_order()
    (shipment,) = world.see(lambda tx: list(tx.shipments.select()))
    before = world.due(shipment.shipment_id)
    track(world, shipment, P.PICKED_UP)
    after = world.due(shipment.shipment_id)
    assert set(before) == set(after) == {DueKind.CARRIER_STEP}
    assert before != after
    assert after[DueKind.CARRIER_STEP] >= timedelta(hours=2)


def test_a_step_that_a_parcel_cannot_take_is_refused_and_changes_nothing() -> None:
    world = World()
    world.a_shipped_order()
    (shipment,) = world.see(lambda tx: list(tx.shipments.select()))
    before = world.everything()
    with pytest.raises(IllegalTransition):
        track(world, shipment, P.DELIVERED)
    with pytest.raises(NotFound):
        world.do(shipments.track, "shp_none", TrackingEvent(P.PICKED_UP, NOW))
    assert world.everything() == before
