import pytest

from sandbox_server.domain.errors import IllegalTransition, NotFound, Unprocessable
from sandbox_server.domain.events import DueKind
from sandbox_server.domain.orders import AllocationStatus, CancelledBy, OrderStatus, promises
from sandbox_server.domain.returns import ReturnReason
from sandbox_server.domain.shipments import ShipmentStatus
from sandbox_server.domain.stores import Capability, ServiceLevel, StoreStatus
from sandbox_server.services import actors, returns, stores
from tests.auditing import audit
from tests.domain.builders import faults_of
from tests.services.world import BUYER, FAR, MIDDLE, NEAR, World, a_shop

WAY = (
    ShipmentStatus.PICKED_UP,
    ShipmentStatus.IN_TRANSIT,
    ShipmentStatus.OUT_FOR_DELIVERY,
    ShipmentStatus.DELIVERED,
)


@pytest.fixture
def world() -> World:
    """Three stores in a row from the buyer."""
    return World()


# Buyers


def test_a_given_order_is_placed_as_it_is_given(world: World) -> None:
    order = world.do(actors.order, BUYER, [("SKU-1", 2)], ServiceLevel.SAME_DAY)
    assert (order.buyer, order.service_level) == (BUYER, ServiceLevel.SAME_DAY)
    assert [(line.sku, line.quantity) for line in order.lines] == [("SKU-1", 2)]


def test_what_is_given_of_an_order_is_not_drawn(world: World) -> None:
    assert world.do(actors.order, BUYER).buyer == BUYER
    assert world.do(actors.order, basket=[("SKU-2", 7)]).lines[0].quantity == 7
    assert world.do(actors.order, level=ServiceLevel.EXPEDITED).service_level is ServiceLevel.EXPEDITED


def test_the_same_seed_and_calls_draw_the_same_orders() -> None:
    def played() -> list[object]:
        world = World()
        return [world.do(actors.order) for _ in range(5)]

    assert played() == played()


def test_each_call_draws_anew(world: World) -> None:
    drawn = [world.do(actors.order).buyer for _ in range(5)]
    assert len(set(drawn)) == 5


def test_a_given_order_shifts_no_draw_of_its_own(world: World) -> None:
    other = World()
    other.do(actors.order, BUYER, [("SKU-1", 1)], ServiceLevel.STANDARD)
    world.do(actors.order)
    assert world.do(actors.order).buyer == other.do(actors.order).buyer


def test_a_buyer_cancels_a_line_or_everything(world: World) -> None:
    order = world.place(("SKU-1", 1), ("SKU-1", 2))
    part = world.do(actors.cancel, order.order_id, ["1"])
    assert [line.cancelled for line in part.lines] == [1, 0]
    whole = world.do(actors.cancel, order.order_id, None)
    assert whole.status is OrderStatus.CANCELLED
    assert whole.cancellation is not None
    assert whole.cancellation.by is CancelledBy.BUYER


def test_a_buyer_does_not_cancel_what_has_left(world: World) -> None:
    with pytest.raises(IllegalTransition):
        world.do(actors.cancel, world.a_shipped_order().order_id, None)


def test_a_buyer_brings_everything_back_to_the_store_that_shipped_it(world: World) -> None:
    order = world.accept(world.reject(world.place(("SKU-1", 2), ("SKU-1", 1)), line_id="1"))
    world.ship(order, ("1", 2), store_id=MIDDLE)
    rma = world.do(actors.bring_back, order.order_id)
    assert rma.store_id == MIDDLE
    assert [(line.line_id, line.quantity, line.reason) for line in rma.lines] == [
        ("1", 2, ReturnReason.NO_LONGER_WANTED)
    ]


def test_a_buyer_brings_back_what_where_and_why_it_is_said(world: World) -> None:
    order = world.a_shipped_order()
    rma = world.do(actors.bring_back, order.order_id, [("1", 1)], FAR, ReturnReason.LATE)
    assert rma.store_id == FAR
    assert [(line.quantity, line.reason) for line in rma.lines] == [(1, ReturnReason.LATE)]


def test_what_is_on_its_way_back_is_not_brought_back_again(world: World) -> None:
    order = world.a_shipped_order()
    world.do(actors.bring_back, order.order_id, [("1", 1)])
    assert world.do(actors.bring_back, order.order_id).lines[0].quantity == 1
    with pytest.raises(Unprocessable) as refused:
        world.do(actors.bring_back, order.order_id)
    assert faults_of(refused.value) == [("/orderId", "NOT_SHIPPED")]


def test_a_buyer_goes_to_the_nearest_store_where_the_shipper_takes_no_returns() -> None:
    shops = [a_shop(NEAR, capabilities=(Capability.SHIP_FROM_STORE,)), a_shop(MIDDLE), a_shop(FAR)]
    world = World(shops=shops)
    assert world.do(actors.bring_back, world.a_shipped_order().order_id).store_id == MIDDLE


def test_a_buyer_does_not_go_to_a_closed_store(world: World) -> None:
    order = world.a_shipped_order()
    world.do(actors.close_store, NEAR)
    assert world.do(actors.bring_back, order.order_id).store_id == MIDDLE


def test_nothing_comes_back_where_no_store_takes_returns() -> None:
    world = World(shops=[a_shop(NEAR, capabilities=(Capability.SHIP_FROM_STORE,))], stock={(NEAR, "SKU-1"): 9})
    order = world.a_shipped_order()
    assert not world.see(lambda tx: actors.can_bring_back(tx, order))
    with pytest.raises(Unprocessable) as refused:
        world.do(actors.bring_back, order.order_id)
    assert faults_of(refused.value) == [("/storeId", "NO_DROP_OFF")]


def test_there_must_be_an_order_to_cancel_or_bring_back(world: World) -> None:
    with pytest.raises(NotFound):
        world.do(actors.cancel, "ord_none", None)
    with pytest.raises(NotFound):
        world.do(actors.bring_back, "ord_none")


# The carrier


def a_parcel(world: World) -> str:
    return world.ship(world.accept(world.place())).shipment_id


def test_the_carrier_delivers_as_it_is_told_and_at_once(world: World) -> None:
    parcel = a_parcel(world)
    for status in WAY:
        assert world.do(actors.move_parcel, parcel, status).status is status
    assert world.see(lambda tx: next(tx.orders.select())).status is OrderStatus.DELIVERED


def test_the_carrier_does_not_take_steps_that_there_are_not(world: World) -> None:
    with pytest.raises(IllegalTransition):
        world.do(actors.move_parcel, a_parcel(world), ShipmentStatus.DELIVERED)


def test_nothing_more_is_heard_of_a_lost_parcel(world: World) -> None:
    parcel = a_parcel(world)
    world.do(actors.move_parcel, parcel, ShipmentStatus.PICKED_UP)
    lost = world.do(actors.lose_parcel, parcel)
    world.wait(days=60)
    assert world.see(lambda tx: tx.shipments.get(parcel)) == lost
    assert world.due(parcel) == {}
    assert world.see(audit) == []


def test_a_lost_parcel_that_is_seen_again_goes_on(world: World) -> None:
    parcel = a_parcel(world)
    world.do(actors.lose_parcel, parcel)
    world.do(actors.move_parcel, parcel, ShipmentStatus.PICKED_UP)
    assert set(world.due(parcel)) == {DueKind.CARRIER_STEP}


def test_a_damaged_parcel_goes_back_to_its_sender(world: World) -> None:
    parcel = a_parcel(world)
    damaged = world.do(actors.damage_parcel, parcel)
    assert damaged.status is ShipmentStatus.RETURN_TO_SENDER
    assert {event.description for event in damaged.tracking_events[1:]} == {"Damaged on its way."}
    assert ("shipment.failed", parcel) in world.events()
    assert world.due(parcel) == {}
    assert world.see(audit) == []


@pytest.mark.parametrize("mishap", [actors.lose_parcel, actors.damage_parcel])
def test_nothing_happens_to_a_parcel_that_has_arrived_or_never_was(world: World, mishap: object) -> None:
    assert callable(mishap)
    parcel = a_parcel(world)
    for status in WAY:
        world.do(actors.move_parcel, parcel, status)
    with pytest.raises(IllegalTransition):
        world.do(mishap, parcel)
    with pytest.raises(NotFound):
        world.do(mishap, "shp_none")


# Stores


def test_a_store_that_closes_gives_up_what_it_has_not_acknowledged(world: World) -> None:
    order = world.place()
    assert world.do(actors.close_store, NEAR).status is StoreStatus.CLOSED
    moved = promises(world.order(order), AllocationStatus.RESERVED)
    assert [promise.store_id for promise in moved] == [MIDDLE]


def test_a_store_that_opens_is_given_orders_again(world: World) -> None:
    world.do(actors.close_store, NEAR)
    assert world.place().store_ids == [MIDDLE]
    assert world.do(actors.open_store, NEAR).status is StoreStatus.ACTIVE
    assert world.place().store_ids == [NEAR]


@pytest.mark.parametrize("turn", [actors.close_store, actors.open_store])
def test_a_store_that_stays_as_it_is_has_not_changed(world: World, turn: object) -> None:
    assert callable(turn)
    once = world.do(turn, NEAR)
    world.wait(minutes=1)
    assert world.do(turn, NEAR) == once


def test_a_paused_store_opens(world: World) -> None:
    world.do(stores.update, NEAR, {"status": StoreStatus.PAUSED}, None)
    assert world.do(actors.open_store, NEAR).status is StoreStatus.ACTIVE


def test_what_came_back_can_be_received(world: World) -> None:
    rma = world.do(actors.bring_back, world.a_shipped_order().order_id)
    assert world.see(lambda tx: returns.get(tx, rma.return_id)) == rma
