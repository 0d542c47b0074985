from collections import Counter
from datetime import timedelta

import pytest

from sandbox_server.domain.arrivals import Arrivals, Profile
from sandbox_server.domain.errors import Unprocessable
from sandbox_server.domain.events import DueKind
from sandbox_server.domain.orders import Order
from sandbox_server.domain.shipments import ShipmentStatus
from sandbox_server.domain.stores import Capability, ServiceLevel
from sandbox_server.services import actors, arrivals, tills
from tests.auditing import audit
from tests.domain.builders import NOW
from tests.services.world import BUYER, MIDDLE, NEAR, World, a_shop

PLENTY = {(store_id, sku): 10_000 for store_id in (NEAR, MIDDLE) for sku in ("SKU-1", "SKU-2")}
HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> World:
    """A world with goods for many."""
    world = World(PLENTY, [a_shop(NEAR, daily_order_capacity=100_000), a_shop(MIDDLE)])
    world.do(tills.open_doors)
    return world


def begin(world: World, profile: Profile = Profile.STEADY, per_minute: float = 1.0, seed: int = 5) -> Arrivals:
    return world.do(arrivals.begin, profile, per_minute, HOUR, seed)


def placed(world: World) -> list[Order]:
    return world.see(lambda tx: list(tx.orders.select()))


def now_due(world: World) -> int:
    return len(world.due(arrivals.SUBJECT))


def test_orders_arrive_while_time_passes_and_not_otherwise(world: World) -> None:
    begin(world)
    assert placed(world) == []
    world.wait(minutes=30)
    half = len(placed(world))
    world.wait(minutes=30)
    assert 10 < half < len(placed(world)) < 100


def test_each_order_is_placed_at_its_own_instant_and_owed_to_the_clock(world: World) -> None:
    begin(world)
    world.wait(hours=2)
    instants = [order.placed_at for order in placed(world)]
    assert instants == sorted(set(instants))
    assert NOW < instants[0] < instants[-1] < NOW + HOUR
    assert {order.history[0].cause for order in placed(world)} == {"arrival/arrivals"}


def test_one_arrival_is_due_at_a_time_and_none_when_all_have_come(world: World) -> None:
    begin(world)
    assert world.due(arrivals.SUBJECT).keys() == {DueKind.ARRIVAL}
    world.wait(minutes=20)
    assert now_due(world) == 1
    world.wait(hours=1)
    assert now_due(world) == 0


def test_arrivals_tell_how_far_they_are(world: World) -> None:
    begin(world)
    world.wait(minutes=20)
    wave = world.see(arrivals.get)
    assert wave is not None
    assert (wave.arrived, wave.ends_at) == (len(placed(world)), NOW + HOUR)
    assert wave.next_at is not None
    world.wait(hours=1)
    over = world.see(arrivals.get)
    assert over is not None
    assert (over.arrived, over.next_at) == (len(placed(world)), None)


def test_the_same_seed_makes_the_same_orders_at_the_same_times() -> None:
    def played(seed: int) -> list[tuple[object, ...]]:
        world = World(PLENTY)
        begin(world, seed=seed)
        world.wait(hours=1)
        return [(order.placed_at, order.buyer, [line.sku for line in order.lines]) for order in placed(world)]

    assert played(5) == played(5) != played(6)


def test_it_makes_no_difference_in_how_many_steps_time_passes() -> None:
    def played(steps: int) -> list[Order]:
        world = World(PLENTY)
        begin(world)
        for _ in range(steps):
            world.wait(minutes=60 / steps)
        return placed(world)

    assert played(1) == played(12)


def test_other_orders_do_not_shift_what_arrives() -> None:
    def played(*, interrupted: bool) -> list[tuple[object, ...]]:
        world = World(PLENTY)
        begin(world)
        world.wait(minutes=30)
        if interrupted:
            world.do(actors.order, BUYER, [("SKU-1", 1)], ServiceLevel.STANDARD)
        world.wait(minutes=30)
        return [(order.placed_at, order.buyer) for order in placed(world) if order.buyer != BUYER]

    assert played(interrupted=True) == played(interrupted=False)


def test_new_arrivals_replace_those_that_were_to_come(world: World) -> None:
    begin(world, per_minute=10)
    world.wait(minutes=1)
    before = len(placed(world))
    begin(world, per_minute=0.001)
    world.wait(hours=2)
    assert len(placed(world)) - before < 3
    assert now_due(world) == 0


def test_arrivals_that_are_ended_come_no_more_and_what_has_come_stays(world: World) -> None:
    begin(world)
    world.wait(minutes=30)
    before = placed(world)
    world.do(arrivals.end)
    world.do(arrivals.end)
    assert world.see(arrivals.get) is None
    world.wait(minutes=30)
    assert [order.order_id for order in placed(world)] == [order.order_id for order in before]


def test_so_few_that_nobody_comes_is_over_at_once(world: World) -> None:
    wave = world.do(arrivals.begin, Profile.STEADY, 0.001, timedelta(milliseconds=1), 5)
    assert wave.next_at is None
    assert now_due(world) == 0


def test_nobody_arrives_where_nothing_is_sold() -> None:
    world = World({}, products=[])
    with pytest.raises(Unprocessable):
        begin(world)
    assert now_due(world) == 0


def test_arrivals_go_on_in_a_fork(world: World) -> None:
    begin(world)
    world.wait(minutes=30)
    twin = World()
    twin.clock.move_to(world.clock.now())
    twin.tenant._persistence = twin.persistence = world.persistence.fork()
    for one in (world, twin):
        one.wait(minutes=30)
    assert placed(world) == placed(twin)


# A wave of returns


def deliver(world: World, orders: int) -> None:
    for _ in range(orders):
        parcel = world.ship(world.accept(world.place()))
        for status in (
            ShipmentStatus.PICKED_UP,
            ShipmentStatus.IN_TRANSIT,
            ShipmentStatus.OUT_FOR_DELIVERY,
            ShipmentStatus.DELIVERED,
        ):
            world.do(actors.move_parcel, parcel.shipment_id, status)


def test_a_wave_of_returns_brings_back_what_was_delivered_and_orders_nothing(world: World) -> None:
    deliver(world, 12)
    world.a_shipped_order()
    begin(world, Profile.RETURNS_WAVE)
    world.wait(hours=1)
    back = Counter(world.see(lambda tx: [rma.order_id for rma in tx.returns.select()]))
    assert len(back) == back.total() == 12
    assert len(placed(world)) == 13
    assert world.see(audit) == []


def test_buyers_who_have_nothing_to_bring_back_come_for_nothing(world: World) -> None:
    begin(world, Profile.RETURNS_WAVE)
    world.wait(hours=1)
    wave = world.see(arrivals.get)
    assert wave is not None
    assert wave.arrived > 0
    assert (world.see(lambda tx: tx.returns.count()), placed(world)) == (0, [])


def test_nobody_brings_anything_back_where_no_store_takes_it() -> None:
    world = World(PLENTY, [a_shop(NEAR, capabilities=(Capability.SHIP_FROM_STORE,)), a_shop(MIDDLE)])
    world.do(actors.close_store, MIDDLE)
    deliver(world, 1)
    begin(world, Profile.RETURNS_WAVE)
    world.wait(hours=1)
    assert world.see(lambda tx: tx.returns.count()) == 0
