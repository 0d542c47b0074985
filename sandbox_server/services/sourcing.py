"""Finding the stores that serve an order."""

from collections.abc import Callable, Collection, Sequence

from sandbox_server.domain import allocation, stores
from sandbox_server.domain.allocation import Demand, Share
from sandbox_server.domain.fulfilment import Deadlines
from sandbox_server.domain.inventory import available, level_key
from sandbox_server.domain.stores import ServiceLevel, Store, StoreLoad, load_key, local_day
from sandbox_server.kernel.geo import Location
from sandbox_server.services.ports import Transaction

_PLACES_KEPT = 50_000


class Network:
    """All stores, ranked by their distance from wherever orders come from; rankings are kept."""

    def __init__(self, all_stores: Sequence[Store]) -> None:
        self._stores = tuple(all_stores)
        self._ranked: dict[Location, tuple[Store, ...]] = {}

    def nearest_to(self, destination: Location) -> tuple[Store, ...]:
        """Return the stores, nearest first."""
        ranked = self._ranked.get(destination)
        if ranked is None:
            if len(self._ranked) >= _PLACES_KEPT:
                self._ranked.clear()
            ranked = self._ranked[destination] = allocation.rank(self._stores, destination)
        return ranked


def source(
    tx: Transaction,
    demands: Sequence[Demand],
    destination: Location,
    level: ServiceLevel,
    barred: Collection[str] = (),
    known: Collection[str] = (),
) -> list[Share] | None:
    """
    Return which stores serve what now, or None where they cannot.

    Args:
        barred: Codes of stores that are not to be asked.
        known: Codes of stores that have a part of the order already, whatever else they have to do today.
    """
    answers: dict[str, bool] = {}

    def serves(store: Store) -> bool:
        answer = answers.get(store.store_id)
        if answer is None:
            fit = store.store_id not in barred and stores.can_serve(store, level, tx.now)
            answer = answers[store.store_id] = fit and (store.store_id in known or _has_capacity(tx, store))
        return answer

    def availability(store: Store, sku: str) -> int:
        stock = tx.levels.get(level_key(store.store_id, sku))
        if stock is None:
            return 0
        units = available(stock, store.safety_stock)
        return units if units and serves(store) else 0

    return allocation.allocate(demands, tx.stores.derived(Network).nearest_to(destination), availability)


def deadlines(tx: Transaction, level: ServiceLevel) -> Callable[[Share], Deadlines]:
    """Return what tells the deadlines of a store that serves a share from now on."""

    def of(share: Share) -> Deadlines:
        ship_by = stores.ship_by(share.store, level, tx.now)
        assert ship_by is not None, "a store that cannot hand over was not chosen"
        return Deadlines(ship_by, stores.deliver_by(share.store, level, ship_by))

    return of


def count_order(tx: Transaction, store: Store) -> None:
    """Count one more order among those that the store was given today."""
    day = local_day(store, tx.now)
    tx.loads.put(StoreLoad(store.store_id, day, _orders_today(tx, store) + 1))


def _has_capacity(tx: Transaction, store: Store) -> bool:
    return _orders_today(tx, store) < store.daily_order_capacity


def _orders_today(tx: Transaction, store: Store) -> int:
    load = tx.loads.get(load_key(store.store_id, local_day(store, tx.now)))
    return load.orders if load is not None else 0
