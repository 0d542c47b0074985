"""Tills and shelves: what is really in the stores, and the log of how it changes, which is the chain's own feed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sandbox_server.domain import inventory
from sandbox_server.domain import tills as rules
from sandbox_server.domain.errors import Fault, InsufficientStock, NotFound, Unprocessable
from sandbox_server.domain.inventory import Cause, Move, StockLevel, level_key
from sandbox_server.domain.tills import CountChange, Opening, Shelf
from sandbox_server.services import catalogue
from sandbox_server.services.ports import Transaction


class Counted(NamedTuple):
    """A physical count before and after something."""

    sku: str
    before: int
    after: int


def open_doors(tx: Transaction) -> None:
    """Take what the marketplace believes for the truth, once: from here on the tills keep count."""
    if not are_open(tx):
        tx.openings.put(Opening(tx.now, tx.orders.count()))


def are_open(tx: Transaction) -> bool:
    """Whether the tills keep count."""
    return tx.openings.count() > 0


def follow(tx: Transaction, moves: Sequence[Move], cause: Cause) -> None:
    """Note what changes of what the marketplace believes say of the shelves: goods that moved, or words."""
    if not are_open(tx):
        return
    carried = cause in rules.CARRIED
    keys = [move[0] for move in moves]
    shelves = dict(zip(keys, tx.shelves.get_all(keys), strict=True))
    for key, before, after, reference in moves:
        if before.on_hand == after.on_hand:
            continue
        shelf = shelves[key]
        if shelf is not None and not carried and shelf.units != after.on_hand:
            continue  # words leave it as it was
        there = rules.physical(before, shelf)
        if carried:
            delta = after.on_hand - before.on_hand
            there += delta
            _log(tx, after, delta, there, cause, reference)
        shelves[key] = _keep(tx, after, shelf, there)  # another move may be of the same position


def sell(tx: Transaction, store_id: str, basket: Sequence[tuple[str, int]]) -> list[Counted]:
    """
    Sell to walk-in customers: the shelf empties, and nobody tells the marketplace.

    Args:
        basket: SKUs, with the units of each.

    Raises:
        NotFound: There is no such store.
        Unprocessable: The catalogue has no such SKU.
        InsufficientStock: Less is there.
    """
    wanted: Counter[str] = Counter()
    for sku, quantity in basket:
        wanted[sku] += quantity
    _check(tx, store_id, "lines", [sku for sku, _ in basket])
    for sku, quantity in wanted.items():
        there = units(tx, _level(tx, store_id, sku))
        if there < quantity:
            raise InsufficientStock(store_id, sku, requested=quantity, available=there)
    return [_change(tx, store_id, sku, -quantity, Cause.WALK_IN_SALE) for sku, quantity in wanted.items()]


def count(tx: Transaction, store_id: str, found: Sequence[tuple[str, int]]) -> list[Counted]:
    """
    Make the physical counts what was found on the shelf.

    Args:
        found: SKUs, with the units of each.

    Raises:
        NotFound: There is no such store.
        Unprocessable: The catalogue has no such SKU, or one is named twice.
    """
    skus = [sku for sku, _ in found]
    _check(tx, store_id, "counts", skus)
    repeated = [place for place, sku in enumerate(skus) if sku in skus[:place]]
    if repeated:
        faults = [Fault(f"/counts/{place}/sku", "REPEATED", f"{skus[place]} is counted above.") for place in repeated]
        raise Unprocessable("A SKU is counted twice.", faults)
    return [
        _change(tx, store_id, sku, there - units(tx, _level(tx, store_id, sku)), Cause.COUNT) for sku, there in found
    ]


def units(tx: Transaction, level: StockLevel) -> int:
    """Return what is really there, in units."""
    return rules.physical(level, tx.shelves.get(level.key))


def _check(tx: Transaction, store_id: str, member: str, skus: Iterable[str]) -> None:
    if not tx.stores.has(store_id):
        raise NotFound("store", store_id)
    catalogue.check_all(tx, member, skus)


def _level(tx: Transaction, store_id: str, sku: str) -> StockLevel:
    return tx.levels.get(level_key(store_id, sku)) or inventory.opening(store_id, sku, tx.now)


def _change(tx: Transaction, store_id: str, sku: str, delta: int, cause: Cause) -> Counted:
    """Change a count and nothing of what the marketplace believes; what it never heard of, it believes to be none."""
    open_doors(tx)
    level = _level(tx, store_id, sku)
    shelf = tx.shelves.get(level.key)
    before = rules.physical(level, shelf)
    if delta:
        if not tx.levels.has(level.key):
            tx.levels.put(level)
        _keep(tx, level, shelf, before + delta)
        _log(tx, level, delta, before + delta, cause, "")
    return Counted(sku, before, before + delta)


def _keep(tx: Transaction, level: StockLevel, shelf: Shelf | None, there: int) -> Shelf | None:
    """Keep what is there instead of what was kept; a count that is what the marketplace believes costs nothing."""
    if there == level.on_hand:
        if shelf is not None:
            tx.shelves.remove(shelf.key)
        return None
    if shelf is None or shelf.units != there:
        shelf = Shelf(level.store_id, level.sku, there)
        tx.shelves.put(shelf)
    return shelf


def _log(tx: Transaction, level: StockLevel, delta: int, there: int, cause: Cause, reference: str) -> None:
    number = tx.counts.count() + 1
    change = CountChange(number, tx.now, level.store_id, level.sku, delta, there, cause, reference, tx.cause)
    tx.counts.put(change)
