"""Stock: what stores report, what is promised of it, and the ledger that tells it all."""

from collections import Counter
from datetime import datetime, timedelta

import pytest

from sandbox_server.domain.errors import InsufficientStock, NotFound
from sandbox_server.domain.inventory import Quantity, ReportRefusal, StockReport
from sandbox_server.services import inventory, stores
from sandbox_server.services.ports import Transaction
from tests.domain.builders import NOW
from tests.services.world import FAR, MIDDLE, NEAR, World, a_shop

ON_HAND, RESERVED = Quantity.ON_HAND, Quantity.RESERVED
LATER = NOW + timedelta(minutes=1)


def a_report(
    on_hand: int, sequence: int = 2, *, store_id: str = NEAR, sku: str = "SKU-1", as_of: datetime = NOW
) -> StockReport:
    return StockReport(store_id, sku, on_hand, sequence, as_of)


def reserve(tx: Transaction, store_id: str, sku: str, units: int) -> None:
    inventory.reserve(tx, stores.get(tx, store_id), sku, units, "ord_1")


def test_a_report_replaces_the_count_and_writes_the_difference() -> None:
    world = World()
    world.clock.move_to(LATER)
    assert world.do(inventory.report, [a_report(4, sequence=9, as_of=NOW)]) == [None]
    level = world.level()
    assert (level.on_hand, level.sequence, level.as_of, level.updated_at) == (4, 9, NOW, LATER)
    assert level.created_at == NOW
    assert world.movements("9") == [(NEAR, "SKU-1", ON_HAND, -6, "REPORT", "req_1")]


def test_a_report_of_what_is_known_moves_nothing_and_renews_the_sequence() -> None:
    world = World()
    before = len(world.ledger())
    assert world.do(inventory.report, [a_report(10, sequence=3)]) == [None]
    assert (world.level().sequence, len(world.ledger())) == (3, before)


def test_a_store_s_first_report_of_a_sku_opens_its_level() -> None:
    world = World()
    assert world.do(inventory.report, [a_report(3, sequence=0, store_id=FAR, sku="SKU-2")]) == [None]
    assert world.stock(FAR, "SKU-2") == (3, 0, 0)
    assert world.movements("0") == [(FAR, "SKU-2", ON_HAND, 3, "REPORT", "req_1")]


def test_what_is_promised_stays_promised_whatever_is_counted() -> None:
    world = World()
    world.place(("SKU-1", 4))
    world.do(inventory.report, [a_report(1)])
    assert world.stock() == (1, 4, 0)


@pytest.mark.parametrize(
    ("item", "refusal"),
    [
        (a_report(5, store_id="S9999"), ReportRefusal.UNKNOWN_STORE),
        (a_report(5, sku="SKU-9"), ReportRefusal.UNKNOWN_SKU),
        (a_report(5, store_id="S9999", sku="SKU-9"), ReportRefusal.UNKNOWN_STORE),
        (a_report(-1), ReportRefusal.NEGATIVE),
        (a_report(5, sequence=1), ReportRefusal.STALE_SEQUENCE),
        (a_report(5, as_of=NOW + timedelta(milliseconds=1)), ReportRefusal.AS_OF_IN_FUTURE),
        (a_report(-1, store_id=FAR), ReportRefusal.NEGATIVE),
        (a_report(5, store_id=FAR, as_of=NOW + timedelta(milliseconds=1)), ReportRefusal.AS_OF_IN_FUTURE),
    ],
)
def test_a_rejected_item_changes_nothing_and_holds_up_no_other(item: StockReport, refusal: ReportRefusal) -> None:
    world = World()
    before = world.everything()
    assert world.do(inventory.report, [item]) == [refusal]
    assert world.everything() == before
    other = a_report(7, store_id=MIDDLE)
    assert world.do(inventory.report, [item, other]) == [refusal, None]
    assert (world.stock(NEAR), world.stock(MIDDLE)) == ((10, 0, 0), (7, 0, 0))


def test_items_are_taken_in_their_order() -> None:
    world = World()
    results = world.do(inventory.report, [a_report(4, 2), a_report(5, 3), a_report(6, 3)])
    assert results == [None, None, ReportRefusal.STALE_SEQUENCE]
    assert world.stock() == (5, 0, 0)


def test_a_report_that_is_sent_again_is_stale_and_changes_nothing() -> None:
    world = World()
    world.do(inventory.report, [a_report(4)])
    before = world.everything()
    assert world.do(inventory.report, [a_report(4)]) == [ReportRefusal.STALE_SEQUENCE]
    assert world.everything() == before


def test_more_than_is_available_cannot_be_reserved() -> None:
    world = World(shops=[a_shop(NEAR, safety_stock=3), a_shop(MIDDLE)])
    world.do(reserve, NEAR, "SKU-1", 7)
    before = world.everything()
    with pytest.raises(InsufficientStock):
        world.do(reserve, NEAR, "SKU-1", 1)
    with pytest.raises(InsufficientStock):
        world.do(reserve, NEAR, "SKU-2", 1)
    assert world.everything() == before
    assert world.movements("ord_1") == [(NEAR, "SKU-1", RESERVED, 7, "RESERVATION", "req_1")]


def test_the_unified_view_has_every_store_that_has_reported_the_sku() -> None:
    world = World({(FAR, "SKU-1"): 1, (NEAR, "SKU-1"): 5, (MIDDLE, "SKU-2"): 9})
    shares = world.see(lambda tx: inventory.unified(tx, "SKU-1"))
    assert [(share.store.store_id, share.level.on_hand) for share in shares] == [(FAR, 1), (NEAR, 5)]


def test_a_sku_that_nobody_has_reported_is_nowhere_and_an_unknown_one_is_not_found() -> None:
    world = World()
    assert world.see(lambda tx: inventory.unified(tx, "SKU-2")) == []
    with pytest.raises(NotFound):
        world.see(lambda tx: inventory.unified(tx, "SKU-9"))


def test_a_store_that_there_is_not_promises_nothing_and_keeps_nothing_back() -> None:
    world = World(shops=[a_shop(NEAR, safety_stock=4), a_shop(MIDDLE)])
    assert world.see(lambda tx: [inventory.safety_stock(tx, store) for store in (NEAR, "S9999")]) == [4, 0]


def test_the_ledger_adds_up_to_the_levels() -> None:
    world = World()
    order = world.place(("SKU-1", 3))
    world.accept(order)
    world.ship(order, ("1", 2))
    world.do(inventory.report, [a_report(20)])
    moved = Counter[Quantity]()
    for movement in world.ledger():
        moved[movement.quantity] += movement.delta * ((movement.store_id, movement.sku) == (NEAR, "SKU-1"))
    assert tuple(moved[quantity] for quantity in Quantity) == world.stock() == (20, 0, 1)
    assert [movement.number for movement in world.ledger()] == list(range(1, len(world.ledger()) + 1))
