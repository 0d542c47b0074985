"""Finding the stores that serve an order."""

from datetime import timedelta

import pytest

from sandbox_server.domain.allocation import Demand
from sandbox_server.domain.stores import ServiceLevel, StoreStatus
from sandbox_server.kernel.geo import Location
from sandbox_server.services import sourcing, stores
from sandbox_server.services.ports import Transaction
from sandbox_server.services.sourcing import Network
from tests.domain.builders import SHIP_BY
from tests.services.world import FAR, HOME, MIDDLE, NEAR, World, a_shop

STANDARD = ServiceLevel.STANDARD
EVERYWHERE = {(store, "SKU-1"): 5 for store in (NEAR, MIDDLE, FAR)}
ONE = [Demand("1", "SKU-1", 1)]
NORTH = Location(49.0, -74.0)


def sourced(
    world: World, *demands: Demand, barred: tuple[str, ...] = (), known: tuple[str, ...] = (), to: Location = HOME
) -> list[tuple[str, int]] | None:
    def look(tx: Transaction) -> list[tuple[str, int]] | None:
        shares = sourcing.source(tx, demands or ONE, to, STANDARD, barred, known)
        return None if shares is None else [(share.store.store_id, share.quantity) for share in shares]

    return world.see(look)


def test_the_nearest_store_serves() -> None:
    world = World(EVERYWHERE)
    assert sourced(world) == [(NEAR, 1)]
    assert sourced(world, to=NORTH) == [(FAR, 1)]


def test_the_ranking_of_a_place_is_kept_and_made_anew_when_a_store_changes() -> None:
    world = World(EVERYWHERE)
    first = world.see(lambda tx: tx.stores.derived(Network).nearest_to(HOME))
    assert world.see(lambda tx: tx.stores.derived(Network).nearest_to(HOME)) is first
    world.do(stores.update, NEAR, {"location": NORTH}, None)
    assert [store.store_id for store in world.see(lambda tx: tx.stores.derived(Network).nearest_to(HOME))] == [
        MIDDLE,
        FAR,
        NEAR,
    ]


def test_rankings_do_not_pile_up_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sourcing, "_PLACES_KEPT", 2)
    network = Network([a_shop(NEAR), a_shop(MIDDLE)])
    places = [Location(float(degree), -74.0) for degree in (40, 41, 42)]
    first = network.nearest_to(places[0])
    network.nearest_to(places[1])
    assert network.nearest_to(places[0]) is first
    network.nearest_to(places[2])
    again = network.nearest_to(places[0])
    assert again is not first
    assert again == first


def test_barred_stores_are_not_asked() -> None:
    world = World(EVERYWHERE)
    assert sourced(world, barred=(NEAR,)) == [(MIDDLE, 1)]
    assert sourced(world, barred=(NEAR, MIDDLE, FAR)) is None


def test_a_store_that_is_full_serves_only_an_order_that_it_knows() -> None:
    shops = [a_shop(NEAR, daily_order_capacity=0), a_shop(MIDDLE)]
    world = World({(NEAR, "SKU-1"): 5, (MIDDLE, "SKU-1"): 5}, shops)
    assert sourced(world) == [(MIDDLE, 1)]
    assert sourced(world, known=(NEAR,)) == [(NEAR, 1)]
    assert sourced(world, known=(NEAR,), barred=(NEAR,)) == [(MIDDLE, 1)]


def test_a_known_store_that_is_paused_serves_no_more() -> None:
    world = World(EVERYWHERE, [a_shop(NEAR, status=StoreStatus.PAUSED), a_shop(MIDDLE), a_shop(FAR)])
    assert sourced(world, known=(NEAR,)) == [(MIDDLE, 1)]


def test_capacity_is_reached_by_the_last_order_that_is_counted() -> None:
    world = World(EVERYWHERE, [a_shop(NEAR, daily_order_capacity=2), a_shop(MIDDLE), a_shop(FAR)])
    for served_by in (NEAR, NEAR, MIDDLE):
        assert sourced(world) == [(served_by, 1)]
        world.do(lambda tx: sourcing.count_order(tx, stores.get(tx, NEAR)))


def test_a_store_without_a_level_or_with_nothing_to_promise_is_passed_over() -> None:
    world = World(
        {(NEAR, "SKU-2"): 5, (MIDDLE, "SKU-1"): 2, (FAR, "SKU-1"): 5},
        [
            a_shop(NEAR),
            a_shop(MIDDLE, safety_stock=2),
            a_shop(FAR),
        ],
    )
    assert sourced(world) == [(FAR, 1)]


def test_what_all_stores_together_lack_is_not_served() -> None:
    world = World(EVERYWHERE)
    assert sourced(world, Demand("1", "SKU-1", 15)) == [(NEAR, 5), (MIDDLE, 5), (FAR, 5)]
    assert sourced(world, Demand("1", "SKU-1", 16)) is None


def test_a_share_s_deadlines_are_its_store_s() -> None:
    world = World(EVERYWHERE)

    def look(tx: Transaction) -> tuple[timedelta, timedelta]:
        shares = sourcing.source(tx, ONE, HOME, STANDARD)
        assert shares is not None
        found = sourcing.deadlines(tx, STANDARD)(shares[0])
        assert found.ship_by == SHIP_BY
        return found.ship_by - tx.now, found.deliver_by - found.ship_by

    assert world.see(look) == (timedelta(hours=6), timedelta(days=5))
