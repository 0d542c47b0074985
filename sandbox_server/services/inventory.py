"""Stock: reports from stores, and every change that an order, a shipment, a return or a transfer makes."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sandbox_server.domain import inventory as rules
from sandbox_server.domain.events import DueKind, EventType, due_key
from sandbox_server.domain.inventory import Cause, Move, ReportRefusal, StockLevel, StockReport
from sandbox_server.domain.orders import AllocationStatus, Promise
from sandbox_server.domain.stores import Store
from sandbox_server.services import catalogue, tills
from sandbox_server.services.happenings import awaited_types, emit, schedule
from sandbox_server.services.ports import Transaction


class StoreShare(NamedTuple):
    """One store's level of a SKU, with the store."""

    store: Store
    level: StockLevel


def report(tx: Transaction, reports: Sequence[StockReport]) -> list[ReportRefusal | None]:
    """Take absolute stock reports; return for each, in order, why it was rejected, or None where it was accepted."""
    now, keys = tx.now, rules.reported_keys(reports)
    levels = dict(zip(keys, tx.levels.get_all(keys), strict=True))
    refusals: list[ReportRefusal | None] = []
    moves: list[Move] = []
    for key, item in zip(keys, reports, strict=True):
        level = levels[key]
        refusal = rules.refuse_report(item, level, now) if level is not None else _refuse_new(tx, item)
        refusals.append(refusal)
        if refusal is None:
            before = level or rules.opening(item.store_id, item.sku, now)
            after = levels[key] = rules.reported(before, item, now)  # another item may be of the same position
            moves.append((key, before, after, str(item.sequence)))
    _book(tx, moves, Cause.REPORT)
    return refusals


def unified(tx: Transaction, sku: str) -> Sequence[StoreShare]:
    """
    Return the levels of a SKU in all stores.

    Raises:
        NotFound: The catalogue has no such SKU.
    """
    catalogue.get(tx, sku)
    levels = tx.levels.select(sku=sku)
    return [StoreShare(store, level) for level in levels if (store := tx.stores.get(level.store_id)) is not None]


def move(tx: Transaction, before: StockLevel, after: StockLevel, cause: Cause, reference: str) -> None:
    """Replace a level and write its movements."""
    _book(tx, [(after.key, before, after, reference)], cause)


def reserve(tx: Transaction, store: Store, sku: str, quantity: int, reference: str) -> None:
    """
    Promise units to an order.

    Raises:
        InsufficientStock: The store has fewer available.
    """
    before = level_of(tx, store.store_id, sku)
    after = rules.reserve(before, quantity, store.safety_stock, tx.now)
    move(tx, before, after, Cause.RESERVATION, reference)


def bind(tx: Transaction, promise: Promise, order_id: str) -> None:
    """Turn a reservation into an allocation: the store has acknowledged."""
    before = level_of(tx, promise.store_id, promise.sku)
    move(tx, before, rules.allocate(before, promise.quantity, tx.now), Cause.ALLOCATION, order_id)


def free(tx: Transaction, promises: Iterable[Promise], order_id: str) -> None:
    """Give up promises; their units are available again."""
    for promise in promises:
        before = level_of(tx, promise.store_id, promise.sku)
        reserved = promise.status is AllocationStatus.RESERVED
        release = rules.release_reservation if reserved else rules.release_allocation
        move(tx, before, release(before, promise.quantity, tx.now), Cause.RELEASE, order_id)


def empty(tx: Transaction, store_id: str, sku: str, order_id: str) -> None:
    """Believe a store that says it has none of a SKU left."""
    before = level_of(tx, store_id, sku)
    move(tx, before, rules.emptied(before, tx.now), Cause.COUNT, order_id)


def hand_over(tx: Transaction, store_id: str, sku: str, quantity: int, shipment_id: str) -> None:
    """
    Take shipped units out of a store's stock.

    Raises:
        InsufficientStock: The store has reported fewer on hand.
    """
    before = level_of(tx, store_id, sku)
    move(tx, before, rules.ship(before, quantity, tx.now), Cause.SHIPMENT, shipment_id)


def take_back(tx: Transaction, store_id: str, sku: str, quantity: int, return_id: str) -> None:
    """Put sellable goods back into a store's stock, which may never have carried them."""
    before = level_of(tx, store_id, sku)
    move(tx, before, rules.restock(before, quantity, tx.now), Cause.RETURN, return_id)


def send(tx: Transaction, store_id: str, sku: str, quantity: int, transfer_id: str) -> None:
    """
    Take units that go to another place out of a store's stock.

    Raises:
        InsufficientStock: The store has fewer that are not promised.
    """
    before = level_of(tx, store_id, sku)
    move(tx, before, rules.send(before, quantity, tx.now), Cause.TRANSFER, transfer_id)


def take_in(tx: Transaction, store_id: str, sku: str, quantity: int, transfer_id: str) -> None:
    """Put units that came from another place into a store's stock, which may never have carried them."""
    before = level_of(tx, store_id, sku)
    move(tx, before, rules.restock(before, quantity, tx.now), Cause.TRANSFER, transfer_id)


def stale(tx: Transaction, store_id: str) -> None:
    """Tell that a store has not reported for so long that nobody knows what it has."""
    if EventType.INVENTORY_STALE in awaited_types(tx):
        emit(tx, EventType.INVENTORY_STALE, store_id)


def safety_stock(tx: Transaction, store_id: str) -> int:
    """Return the units that a store never promises; none where there is no such store."""
    store = tx.stores.get(store_id)
    return store.safety_stock if store is not None else 0


def level_of(tx: Transaction, store_id: str, sku: str) -> StockLevel:
    """Return a store's level of a SKU; one with nothing in it where there is none."""
    return tx.levels.get(rules.level_key(store_id, sku)) or rules.opening(store_id, sku, tx.now)


def _refuse_new(tx: Transaction, item: StockReport) -> ReportRefusal | None:
    """Return why a report is rejected that is the first of a SKU in a store; None when it holds."""
    if not tx.stores.has(item.store_id):
        return ReportRefusal.UNKNOWN_STORE
    if not tx.products.has(item.sku):
        return ReportRefusal.UNKNOWN_SKU
    return rules.refuse_report(item, None, tx.now)


def _book(tx: Transaction, moves: Sequence[Move], cause: Cause) -> None:
    """Replace levels and write their movements: every change of stock comes by here."""
    tx.levels.put_all({key: after for key, _, after, _ in moves})
    tx.ledger.extend(rules.movements_of(moves, cause, tx.cause))
    tills.follow(tx, moves, cause)
    awaited = awaited_types(tx)
    if EventType.INVENTORY_LOW in awaited:
        _tell_of_what_runs_low(tx, moves)
    if cause is Cause.REPORT and EventType.INVENTORY_STALE in awaited:
        _await_next_report(tx, moves)


def _tell_of_what_runs_low(tx: Transaction, moves: Sequence[Move]) -> None:
    for key, before, after, _ in moves:
        if rules.runs_low(before, after, safety_stock(tx, after.store_id)):
            emit(tx, EventType.INVENTORY_LOW, key)


def _await_next_report(tx: Transaction, moves: Sequence[Move]) -> None:
    """Have it told of each store when its newest report grows stale."""
    newest: dict[str, datetime] = {}
    for _, _, after, _ in moves:
        newest[after.store_id] = max(after.as_of, newest.get(after.store_id, after.as_of))
    for store_id, as_of in newest.items():
        planned = tx.due.get(due_key(DueKind.STOCK_STALE, store_id))
        grows_stale = rules.stale_from(as_of)
        if planned is None or planned.due < grows_stale:
            schedule(tx, DueKind.STOCK_STALE, store_id, grows_stale)
