"""The world that everybody starts with has one of everything, and a day's work waiting."""

import unicodedata
from collections import Counter
from datetime import timedelta

from sandbox_server.domain.catalogue import gtin_check_digit
from sandbox_server.domain.inventory import is_stale
from sandbox_server.domain.orders import HELD, AllocationStatus, CancelledBy, Order, OrderStatus, RejectReason
from sandbox_server.domain.returns import ReturnStatus
from sandbox_server.domain.shipments import ShipmentStatus
from sandbox_server.domain.stores import Capability, ServiceLevel
from sandbox_server.services.ports import Transaction
from sandbox_server.worlds import World

OPEN_ORDERS = (OrderStatus.NEW, OrderStatus.ACKNOWLEDGED, OrderStatus.PARTIALLY_SHIPPED)


def test_every_status_of_an_order_is_there(tx: Transaction) -> None:
    assert {order.status for order in tx.orders.select()} == set(OrderStatus)


def test_every_state_of_a_return_is_there(tx: Transaction) -> None:
    assert {rma.status for rma in tx.returns.select()} == set(ReturnStatus)


def test_parcels_are_at_the_store_on_their_way_delivered_and_going_back(tx: Transaction) -> None:
    assert {shipment.status for shipment in tx.shipments.select()} >= {
        ShipmentStatus.PICKED_UP,
        ShipmentStatus.IN_TRANSIT,
        ShipmentStatus.DELIVERED,
        ShipmentStatus.RETURN_TO_SENDER,
    }


def test_every_way_of_allocation_is_there(tx: Transaction) -> None:
    orders = list(tx.orders.select())
    assert any(len(_stores(order)) > 1 for order in orders), "split over stores"
    assert any(_split_line(order) for order in orders), "a line split over stores"
    assert any(len(order.lines) > 1 and len(_stores(order)) == 1 for order in orders), "many lines of one store"
    assert any(_rejected(order) and order.status is OrderStatus.DELIVERED for order in orders), "rejected, re-routed"
    assert any(_rejected(order) and order.status is OrderStatus.NEW for order in orders), "waiting at the next store"
    assert any(order.rerouted for order in orders), "let lie, re-routed"
    assert any(order.late and order.status is OrderStatus.ACKNOWLEDGED for order in orders), "late"
    assert any(order.service_level is ServiceLevel.SAME_DAY for order in orders), "same day"


def test_stores_have_rejected_for_several_reasons(tx: Transaction) -> None:
    parts = [part for order in tx.orders.select() for line in order.lines for part in line.allocations]
    reasons = {part.reason for part in parts if part.status is AllocationStatus.REJECTED}
    assert RejectReason.OUT_OF_STOCK in reasons
    assert len(reasons) > 1


def test_buyers_sellers_and_the_marketplace_have_cancelled(tx: Transaction) -> None:
    assert {order.cancellation.by for order in tx.orders.select() if order.cancellation} == set(CancelledBy)


def test_a_client_has_a_days_work(small_chain: World, tx: Transaction) -> None:
    waiting = [order for order in tx.orders.select() if order.status in OPEN_ORDERS]
    assert len(waiting) >= 40
    for order in waiting:
        if order.status is OrderStatus.NEW:
            assert order.acknowledge_by is not None
            assert order.acknowledge_by > small_chain.now
        elif not order.late:
            assert order.ship_by is not None
            assert order.ship_by > small_chain.now
    returns = Counter(rma.status for rma in tx.returns.select())
    assert returns[ReturnStatus.AUTHORISED] >= 3
    assert returns[ReturnStatus.RECEIVED] >= 3


def test_what_is_owed_lies_in_the_stores(tx: Transaction) -> None:
    assert all(level.on_hand >= level.reserved + level.allocated for level in tx.levels.select())


def test_the_first_store_can_do_everything_and_others_less(tx: Transaction) -> None:
    stores = list(tx.stores.select())
    assert [store.store_id for store in stores] == ["S0001", "S0002", "S0003", "S0004", "S0005"]
    assert set(stores[0].capabilities) == set(Capability)
    assert any(set(store.capabilities) < set(Capability) for store in stores)


def test_stores_have_names_of_their_own(tx: Transaction) -> None:
    names = [store.name for store in tx.stores.select()]
    assert len(set(names)) == len(names)


def test_most_levels_are_fresh_and_some_are_stale(small_chain: World, tx: Transaction) -> None:
    stale = [is_stale(level, small_chain.now) for level in tx.levels.select()]
    assert 0 < sum(stale) < 0.25 * len(stale)


def test_every_gtin_has_a_right_check_digit_and_is_there_once(tx: Transaction) -> None:
    gtins = [product.gtin for product in tx.products.select()]
    assert all(len(gtin) == 13 and gtin[-1] == gtin_check_digit(gtin[:-1]) for gtin in gtins)
    assert len(set(gtins)) == 60


def test_some_products_are_in_no_store(tx: Transaction) -> None:
    carried = {level.sku for level in tx.levels.select()}
    assert len({product.sku for product in tx.products.select()} - carried) >= 3


def test_every_buyer_has_an_address_on_the_globe(tx: Transaction) -> None:
    for order in tx.orders.select():
        address = order.buyer.address
        assert address.location is not None
        assert address.country == "US"
        assert address.region is not None
        assert address.postal_code is not None


def test_buyers_have_names_in_many_scripts_and_mailboxes_in_one(tx: Transaction) -> None:
    buyers = [order.buyer for order in tx.orders.select()]
    scripts = {unicodedata.name(letter).split()[0] for buyer in buyers for letter in buyer.name if letter.isalpha()}
    assert len(scripts) >= 5
    assert all(buyer.email.isascii() and buyer.email.endswith("@example.com") for buyer in buyers)


def test_some_names_run_from_right_to_left(tx: Transaction) -> None:
    names = [order.buyer.name for order in tx.orders.select()]
    assert any(unicodedata.bidirectional(name[0]) in {"R", "AL"} for name in names)


def test_the_history_reaches_back_far_enough_for_returns_to_expire(small_chain: World, tx: Transaction) -> None:
    first = next(iter(tx.orders.select()))
    assert small_chain.now - first.placed_at > timedelta(days=40)


def test_everything_that_was_done_names_who_did_it(tx: Transaction) -> None:
    sources = {change.cause.partition("/")[0] for order in tx.orders.select() for change in order.history}
    assert sources >= {"world:buyers", "world:stores", "carrier_step", "acknowledge_by", "cancel_late"}
    assert "" not in sources


def _stores(order: Order) -> set[str]:
    return {part.store_id for line in order.lines for part in line.allocations if part.status in HELD}


def _split_line(order: Order) -> bool:
    return any(sum(part.status in HELD for part in line.allocations) > 1 for line in order.lines)


def _rejected(order: Order) -> bool:
    return any(part.status is AllocationStatus.REJECTED for line in order.lines for part in line.allocations)
