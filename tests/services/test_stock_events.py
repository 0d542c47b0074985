"""Stock that runs low and stores that fall silent are told of while somebody has subscribed to that."""

from datetime import timedelta

import pytest

from sandbox_server.domain.events import DueKind, EventType
from sandbox_server.domain.inventory import StockReport
from sandbox_server.services import inventory, webhooks
from sandbox_server.services.destinations import Destinations
from sandbox_server.services.webhooks import Wanted
from tests.services.world import MIDDLE, NEAR, World, a_shop

LOW, STALE = EventType.INVENTORY_LOW, EventType.INVENTORY_STALE
MINUTE = timedelta(minutes=1)


@pytest.fixture
def world() -> World:
    """Two stores, of which the near one keeps two units back; ten of SKU-1 in each."""
    return World({(NEAR, "SKU-1"): 10, (MIDDLE, "SKU-1"): 10}, shops=[a_shop(NEAR, safety_stock=2), a_shop(MIDDLE)])


def subscribe(world: World, *kinds: EventType) -> str:
    return world.do(webhooks.subscribe, Wanted("https://hooks.example.com", kinds), Destinations()).subscription_id


def report(world: World, on_hand: int, sequence: int = 2, store_id: str = NEAR, age: timedelta = 0 * MINUTE) -> None:
    told = [StockReport(store_id, "SKU-1", on_hand, sequence, world.clock.now() - age)]
    assert world.do(inventory.report, told) == [None]


def told(world: World, kind: EventType) -> list[str]:
    return [subject for type_, subject in world.events() if type_ == kind]


@pytest.mark.parametrize(("on_hand", "low"), [(3, False), (2, True), (1, True), (0, True)])
def test_stock_is_low_when_only_the_safety_stock_is_left(world: World, on_hand: int, low: bool) -> None:
    subscribe(world, LOW)
    report(world, on_hand)
    assert told(world, LOW) == ([f"{NEAR}/SKU-1"] if low else [])


def test_stock_that_is_promised_runs_low_too(world: World) -> None:
    subscribe(world)
    world.place(("SKU-1", 7))
    assert told(world, LOW) == []
    world.place(("SKU-1", 1))
    assert told(world, LOW) == [f"{NEAR}/SKU-1"]


def test_what_is_low_already_is_told_again_only_after_it_was_not(world: World) -> None:
    subscribe(world, LOW)
    for sequence, on_hand in enumerate((2, 1, 9, 0), start=2):
        report(world, on_hand, sequence)
    assert told(world, LOW) == [f"{NEAR}/SKU-1"] * 2


def test_a_store_that_reports_no_more_is_told_of_when_its_newest_report_grows_stale(world: World) -> None:
    subscribe(world, STALE)
    report(world, 9)
    world.wait(minutes=10)
    report(world, 8, 3)
    world.wait(minutes=15)
    assert told(world, STALE) == []
    world.wait(milliseconds=1)
    assert told(world, STALE) == [NEAR]
    world.wait(hours=5)
    assert told(world, STALE) == [NEAR]


def test_a_store_is_as_fresh_as_its_newest_report(world: World) -> None:
    subscribe(world, STALE)
    report(world, 9, 2, age=1 * MINUTE)
    report(world, 8, 3, age=10 * MINUTE)
    assert world.due(NEAR) == {DueKind.STOCK_STALE: timedelta(minutes=14, milliseconds=1)}
    items = [StockReport(MIDDLE, "SKU-1", 1, 9 + n, world.clock.now() - n * MINUTE) for n in (3, 2)]
    world.do(inventory.report, [*items, StockReport(MIDDLE, "SKU-2", 1, 9, world.clock.now() - 5 * MINUTE)])
    assert world.due(MIDDLE) == {DueKind.STOCK_STALE: timedelta(minutes=12, milliseconds=1)}


def test_without_a_subscription_to_it_nothing_is_noted_and_nothing_is_due(world: World) -> None:
    subscribe(world, EventType.ORDER_CREATED)
    report(world, 0)
    assert (told(world, LOW), world.due(NEAR)) == ([], {})


def test_what_nobody_awaits_any_more_is_not_told(world: World) -> None:
    name = subscribe(world, LOW, STALE)
    report(world, 9)
    world.do(webhooks.unsubscribe, name)
    report(world, 0, 3)
    world.wait(hours=1)
    assert told(world, LOW) == told(world, STALE) == []
