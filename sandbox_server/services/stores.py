"""The chain's shops."""

from collections.abc import Collection, Mapping

from sandbox_server.domain import stores as rules
from sandbox_server.domain.errors import Duplicate, NotFound, StaleVersion
from sandbox_server.domain.stores import Store, StoreStatus
from sandbox_server.services import orders
from sandbox_server.services.ports import Transaction


def get(tx: Transaction, store_id: str) -> Store:
    """
    Return a store.

    Raises:
        NotFound: There is none with this code.
    """
    store = tx.stores.get(store_id)
    if store is None:
        raise NotFound("store", store_id)
    return store


def create(tx: Transaction, store: Store) -> Store:
    """
    Open a store.

    Raises:
        Duplicate: There is one with this code.
    """
    if tx.stores.has(store.store_id):
        raise Duplicate(f"There is a store {store.store_id} already.")
    tx.stores.put(store)
    return store


def update(tx: Transaction, store_id: str, changes: Mapping[str, object], versions: Collection[int] | None) -> Store:
    """
    Change some of a store's fields; one that is paused or closed gives up what it has not acknowledged.

    Args:
        changes: New values by field name.
        versions: Those that the caller means to change; None to change whichever it is.

    Raises:
        NotFound: There is none with this code.
        StaleVersion: The store has changed since.
    """
    store = get(tx, store_id)
    if versions is not None and store.version not in versions:
        raise StaleVersion("store", store_id, store.version)
    changed = rules.with_changes(store, changes, tx.now)
    tx.stores.put(changed)
    if store.status is StoreStatus.ACTIVE and changed.status is not StoreStatus.ACTIVE:
        orders.reroute_from(tx, changed)
    return changed
