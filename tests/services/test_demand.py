from collections import Counter
from collections.abc import Sequence
from random import Random

import pytest

from sandbox_server.domain.errors import Unprocessable
from sandbox_server.domain.orders import Buyer
from sandbox_server.domain.stores import Address, Capability, ServiceLevel
from sandbox_server.kernel.geo import Location, great_circle_km
from sandbox_server.services import demand, orders, tills
from sandbox_server.services.demand import Wish
from tests.services.world import BUYER, HOME, MIDDLE, NEAR, World, a_product, a_shop

ANNA = Buyer("Anna", "anna@example.com", Address("2 Main Street", "Hoboken", "US", location=Location(40.1, -74.0)))
PLENTY = {(NEAR, "SKU-1"): 1000, (NEAR, "SKU-2"): 1000}


def wishes(world: World, count: int = 200, buyer: Buyer | None = None) -> Sequence[Wish]:
    rng = Random(3)
    return world.see(lambda tx: [demand.draw(tx, rng, buyer) for _ in range(count)])


def a_past(world: World) -> World:
    """Three orders of BUYER's for one SKU-1 each, one of ANNA's for five SKU-2, fast; then the world opens."""
    for _ in range(3):
        world.place(("SKU-1", 1))
    world.do(orders.place, ANNA, [("SKU-2", 5), ("SKU-1", 1)], ServiceLevel.EXPEDITED)
    world.do(tills.open_doors)
    return world


def test_buyers_are_those_of_the_past_as_often_as_they_bought() -> None:
    found = Counter(wish.buyer for wish in wishes(a_past(World(PLENTY))))
    assert set(found) == {BUYER, ANNA}
    assert 0.6 < found[BUYER] / found.total() < 0.9


def test_baskets_hold_what_was_bought_as_often_as_it_was() -> None:
    found = Counter(thing for wish in wishes(a_past(World(PLENTY))) for thing in wish.basket)
    assert set(found) == {("SKU-1", 1), ("SKU-2", 5)}
    assert 0.75 < found["SKU-1", 1] / found.total() < 0.98


def test_baskets_have_as_many_lines_as_those_of_the_past() -> None:
    assert {len(wish.basket) for wish in wishes(a_past(World(PLENTY)))} == {1, 2}


def test_service_levels_are_those_of_the_past() -> None:
    found = Counter(wish.level for wish in wishes(a_past(World(PLENTY))))
    assert set(found) == {ServiceLevel.STANDARD, ServiceLevel.EXPEDITED}
    assert found[ServiceLevel.EXPEDITED] < found[ServiceLevel.STANDARD]


def test_what_is_ordered_after_the_first_moment_shifts_no_draw() -> None:
    world = a_past(World(PLENTY))
    before = wishes(world)
    world.do(orders.place, ANNA, [("SKU-2", 9)], ServiceLevel.STANDARD)
    assert wishes(world) == before


def test_who_is_given_shifts_no_other_draw() -> None:
    world = a_past(World(PLENTY))
    given = wishes(world, buyer=ANNA)
    assert {wish.buyer for wish in given} == {ANNA}
    assert [wish.basket for wish in given] == [wish.basket for wish in wishes(world)]


def test_buyers_look_for_what_a_store_nearby_has() -> None:
    world = World({(NEAR, "SKU-1"): 4, (NEAR, "SKU-2"): 1000})
    a_past(world)
    assert world.stock(NEAR, "SKU-1")[1] == 4
    rare, common = (sum("SKU-1" in dict(wish.basket) for wish in wishes(one)) for one in (world, a_past(World(PLENTY))))
    assert rare * 1.5 < common


def test_the_same_day_is_offered_where_a_store_nearby_can_do_it() -> None:
    world = World(PLENTY)
    world.place(level=ServiceLevel.SAME_DAY)
    world.do(tills.open_doors)
    assert {wish.level for wish in wishes(world, 5)} == {ServiceLevel.SAME_DAY}
    world.wait(hours=10)
    assert {wish.level for wish in wishes(world, 5)} == {ServiceLevel.STANDARD}


def test_buyers_want_the_same_day_of_what_is_in_stores_that_can_do_it() -> None:
    shops = [a_shop(NEAR, capabilities=(Capability.SHIP_FROM_STORE,)), a_shop(MIDDLE)]
    world = World({(NEAR, "SKU-1"): 1000, (MIDDLE, "SKU-1"): 5, (MIDDLE, "SKU-2"): 1000}, shops)
    world.place(("SKU-1", 3), ("SKU-2", 1), level=ServiceLevel.SAME_DAY)
    world.do(tills.open_doors)
    found = Counter(sku for wish in wishes(world) for sku, _ in wish.basket)
    assert found["SKU-1"] < found["SKU-2"] / 10


def test_a_world_without_a_past_has_strangers_who_live_near_its_stores() -> None:
    found = wishes(World({(NEAR, "SKU-1"): 1000}))
    places = [wish.buyer.address.location for wish in found]
    shops = [Location(HOME.latitude + number, HOME.longitude) for number in (1, 2, 3)]
    assert all(place and min(great_circle_km(place, shop) for shop in shops) < 10 for place in places)
    assert len({wish.buyer.name for wish in found}) > 3
    assert len({wish.buyer.email for wish in found}) > 150
    assert {(quantity, wish.level) for wish in found for _, quantity in wish.basket} == {(1, ServiceLevel.STANDARD)}
    assert {sku for wish in found for sku, _ in wish.basket} == {"SKU-1", "SKU-2"}


def test_strangers_do_not_live_beyond_the_poles_or_the_date_line() -> None:
    world = World({}, [a_shop("S0050", location=Location(90.0, 180.0))])
    for wish in wishes(world):
        place = wish.buyer.address.location
        assert place is not None
        assert place.latitude <= 90
        assert place.longitude <= 180


@pytest.mark.parametrize("world", [World({}, shops=[]), World({}, products=[])])
def test_nobody_buys_where_there_is_no_store_or_no_product(world: World) -> None:
    with pytest.raises(Unprocessable, match="without stores or products"):
        wishes(world, 1)


def test_every_product_of_a_world_without_a_past_sells() -> None:
    world = World({}, products=[a_product(f"SKU-{number}") for number in range(1, 6)])
    assert {sku for wish in wishes(world) for sku, _ in wish.basket} == {f"SKU-{number}" for number in range(1, 6)}
