from typing import Any

import pytest

from sandbox_server.domain.errors import InsufficientStock, NotFound, Unprocessable
from sandbox_server.domain.inventory import Cause, StockReport
from sandbox_server.domain.orders import RejectReason
from sandbox_server.domain.returns import Condition, ReceivedLine, ReturnReason, Wanted
from sandbox_server.domain.tills import Shelf
from sandbox_server.services import inventory, returns, tills
from sandbox_server.services.tills import Counted
from tests.auditing import audit
from tests.domain.builders import faults_of
from tests.services.world import FAR, MIDDLE, NEAR, World


@pytest.fixture
def world() -> World:
    """A world whose first moment has come: 10 of SKU-1 in each of two stores."""
    world = World()
    world.do(tills.open_doors)
    return world


def there(world: World, store_id: str = NEAR, sku: str = "SKU-1") -> int:
    return world.see(lambda tx: tills.units(tx, inventory.level_of(tx, store_id, sku)))


def phantom(world: World, store_id: str = NEAR, sku: str = "SKU-1") -> int:
    return world.level(store_id, sku).on_hand - there(world, store_id, sku)


def rows_kept(world: World) -> int:
    return world.see(lambda tx: len(list(tx.shelves.select())))


def changes(world: World) -> list[tuple[str, str, int, int, Cause]]:
    found = world.see(lambda tx: list(tx.counts.select()))
    return [(change.store_id, change.sku, change.delta, change.count, change.cause) for change in found]


def report(world: World, on_hand: int, store_id: str = NEAR, sku: str = "SKU-1") -> None:
    sequence = world.level(store_id, sku).sequence + 1
    refusals = world.do(inventory.report, [StockReport(store_id, sku, on_hand, sequence, world.clock.now())])
    assert refusals == [None]


def come_back(world: World, condition: Condition, store_id: str = NEAR) -> str:
    """Two of SKU-1 are bought, shipped and brought back."""
    order = world.a_shipped_order()
    rma = world.do(returns.authorise, order.order_id, store_id, [Wanted("1", 2, ReturnReason.DAMAGED)])
    world.do(returns.receive, rma.return_id, store_id, [ReceivedLine("1", 2, condition)])
    return rma.return_id


def test_reports_of_one_position_at_once_leave_the_shelf_as_it_was(world: World) -> None:
    reports = [
        StockReport(NEAR, "SKU-1", on_hand, sequence, world.clock.now()) for sequence, on_hand in ((2, 7), (3, 4))
    ]
    assert world.do(inventory.report, reports) == [None, None]
    assert (there(world), phantom(world)) == (10, -6)


# Before the first moment


def test_until_a_world_opens_what_stores_report_is_the_truth() -> None:
    world = World()
    report(world, 4)
    world.a_shipped_order()
    assert there(world) == world.level().on_hand == 2
    assert (changes(world), rows_kept(world)) == ([], 0)


def test_a_world_opens_once() -> None:
    world = World()
    world.do(tills.open_doors)
    opened = world.see(lambda tx: list(tx.openings.select()))
    world.wait(hours=1)
    world.do(tills.open_doors)
    assert world.see(lambda tx: list(tx.openings.select())) == opened


def test_the_first_sale_opens_a_world_that_nobody_opened() -> None:
    world = World()
    assert not world.see(tills.are_open)
    world.do(tills.sell, NEAR, [("SKU-1", 1)])
    assert world.see(tills.are_open)


# At the till


def test_a_sale_at_the_till_empties_the_shelf_and_tells_the_marketplace_nothing(world: World) -> None:
    before = world.level()
    assert world.do(tills.sell, NEAR, [("SKU-1", 3)]) == [Counted("SKU-1", 10, 7)]
    assert (there(world), phantom(world)) == (7, 3)
    assert world.level() == before
    assert world.events() == []


def test_lines_of_one_sku_are_sold_together(world: World) -> None:
    assert world.do(tills.sell, NEAR, [("SKU-1", 3), ("SKU-1", 2)]) == [Counted("SKU-1", 10, 5)]


def test_more_than_is_there_is_not_sold(world: World) -> None:
    with pytest.raises(InsufficientStock, match="10 of SKU-1; 11"):
        world.do(tills.sell, NEAR, [("SKU-1", 6), ("SKU-1", 5)])
    assert (there(world), changes(world)) == (10, [])


def test_what_the_marketplace_has_promised_can_be_sold_at_the_till_all_the_same(world: World) -> None:
    world.accept(world.place(("SKU-1", 10)))
    assert world.do(tills.sell, NEAR, [("SKU-1", 10)]) == [Counted("SKU-1", 10, 0)]
    assert phantom(world) == 10


@pytest.mark.parametrize("act", [tills.sell, tills.count])
def test_there_is_no_till_in_a_store_that_there_is_not(world: World, act: Any) -> None:
    with pytest.raises(NotFound, match="store 'S0009'"):
        world.do(act, "S0009", [("SKU-1", 1)])


@pytest.mark.parametrize(("act", "member"), [(tills.sell, "lines"), (tills.count, "counts")])
def test_a_till_knows_the_skus_of_the_catalogue_alone(world: World, act: Any, member: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        world.do(act, NEAR, [("SKU-1", 1), ("SKU-9", 1)])
    assert faults_of(refused.value) == [(f"/{member}/1/sku", "UNKNOWN_SKU")]


# Counting


def test_a_count_makes_the_shelf_what_was_found(world: World) -> None:
    assert world.do(tills.count, NEAR, [("SKU-1", 12)]) == [Counted("SKU-1", 10, 12)]
    assert (there(world), phantom(world)) == (12, -2)


def test_a_count_that_finds_what_is_expected_changes_nothing(world: World) -> None:
    assert world.do(tills.count, NEAR, [("SKU-1", 10)]) == [Counted("SKU-1", 10, 10)]
    assert (changes(world), rows_kept(world)) == ([], 0)


def test_nothing_is_counted_twice_at_once(world: World) -> None:
    with pytest.raises(Unprocessable) as refused:
        world.do(tills.count, NEAR, [("SKU-1", 3), ("SKU-2", 1), ("SKU-1", 4)])
    assert faults_of(refused.value) == [("/counts/2/sku", "REPEATED")]
    assert there(world) == 10


def test_what_a_store_never_had_can_be_found_there_and_the_marketplace_believes_in_none_of_it(world: World) -> None:
    world.do(tills.count, FAR, [("SKU-2", 4)])
    assert there(world, FAR, "SKU-2") == 4
    assert world.stock(FAR, "SKU-2") == (0, 0, 0)
    assert world.see(audit) == []


# What clients say, and what they do


def test_a_report_of_the_truth_ends_phantom_stock_and_costs_nothing_any_more(world: World) -> None:
    world.do(tills.sell, NEAR, [("SKU-1", 3)])
    assert rows_kept(world) == 1
    report(world, 7)
    assert (there(world), phantom(world), rows_kept(world)) == (7, 0, 0)


def test_a_wrong_report_does_not_change_what_is_there(world: World) -> None:
    report(world, 25)
    assert (there(world), phantom(world)) == (10, 15)
    report(world, 0)
    assert (there(world), phantom(world)) == (10, -10)


def test_reports_of_a_position_that_nobody_had_are_of_nothing(world: World) -> None:
    report(world, 5, FAR, "SKU-2")
    assert (there(world, FAR, "SKU-2"), phantom(world, FAR, "SKU-2")) == (0, 5)


def test_a_store_that_says_it_has_none_left_keeps_what_it_has(world: World) -> None:
    world.reject(world.place(), RejectReason.OUT_OF_STOCK)
    assert world.level().on_hand == 0
    assert there(world) == 10


def test_shipped_goods_leave_the_shelf(world: World) -> None:
    world.do(tills.sell, NEAR, [("SKU-1", 1)])
    order = world.accept(world.place())
    shipment = world.ship(order)
    assert (there(world), phantom(world)) == (7, 1)
    last = world.see(lambda tx: list(tx.counts.select())[-1])
    assert (last.reference, last.source) == (shipment.shipment_id, world.ledger()[-1].source)


def test_goods_that_are_not_there_and_are_said_to_be_shipped_leave_less_than_nothing(world: World) -> None:
    order = world.accept(world.place())
    world.do(tills.sell, NEAR, [("SKU-1", 9)])
    world.ship(order)
    assert there(world) == -1


def test_sellable_goods_go_back_on_the_shelf(world: World) -> None:
    return_id = come_back(world, Condition.SELLABLE, MIDDLE)
    assert (there(world), there(world, MIDDLE)) == (8, 12)
    assert world.see(lambda tx: list(tx.counts.select())[-1].reference) == return_id


@pytest.mark.parametrize("condition", [Condition.DAMAGED, Condition.WRONG_ITEM])
def test_other_goods_do_not(world: World, condition: Condition) -> None:
    come_back(world, condition)
    assert there(world) == 8


def test_promises_do_not_move_goods(world: World) -> None:
    world.accept(world.place())
    assert (there(world), changes(world)) == (10, [])


# The log


def test_every_change_of_a_count_is_logged_in_order(world: World) -> None:
    world.do(tills.sell, NEAR, [("SKU-1", 1)])
    world.a_shipped_order()
    report(world, 5)
    world.do(tills.count, NEAR, [("SKU-1", 5)])
    assert changes(world) == [
        (NEAR, "SKU-1", -1, 9, Cause.WALK_IN_SALE),
        (NEAR, "SKU-1", -2, 7, Cause.SHIPMENT),
        (NEAR, "SKU-1", -2, 5, Cause.COUNT),
    ]
    assert world.see(lambda tx: [change.number for change in tx.counts.select()]) == [1, 2, 3]


def test_a_refused_sale_logs_nothing(world: World) -> None:
    before = world.everything()
    with pytest.raises(InsufficientStock):
        world.do(tills.sell, NEAR, [("SKU-1", 1), ("SKU-2", 1)])
    assert world.everything() == before


def test_the_audit_finds_a_count_that_does_not_follow_from_its_changes(world: World) -> None:
    world.do(tills.sell, NEAR, [("SKU-1", 1)])
    assert world.see(audit) == []
    world.do(lambda tx: tx.shelves.put(Shelf(NEAR, "SKU-1", 6)))
    assert [(breach.invariant, breach.subject) for breach in world.see(audit)] == [(1, f"{NEAR}/SKU-1")]


def test_a_fork_has_shelves_of_its_own(world: World) -> None:
    world.do(tills.sell, NEAR, [("SKU-1", 1)])
    twin = world.persistence.fork()
    world.do(tills.sell, NEAR, [("SKU-1", 1)])
    with twin.read(world.clock.now()) as tx:
        assert tills.units(tx, inventory.level_of(tx, NEAR, "SKU-1")) == 9
        assert tx.counts.count() == 1
