"""Stores."""

from sandbox_server.api.acorn import intake, wire
from sandbox_server.api.acorn.replies import listing, one, require_store
from sandbox_server.api.operation import Call, Reply
from sandbox_server.services import stores
from sandbox_server.services.ports import Transaction


def list_stores(call: Call, tx: Transaction) -> Reply:
    """Answer GET /stores."""
    return listing(call, tx, tx.stores, wire.store, {"status": "status", "capability": "capability"})


def create_store(call: Call, tx: Transaction) -> Reply:
    """Answer POST /stores."""
    require_store(call, call.body["storeId"])
    store = stores.create(tx, intake.new_store(call.body, tx.now))
    return one(store, wire.store, 201, f"/v1/stores/{store.store_id}")


def get_store(call: Call, tx: Transaction) -> Reply:
    """Answer GET /stores/{storeId}."""
    return one(stores.get(tx, call.parameters["storeId"]), wire.store)


def update_store(call: Call, tx: Transaction) -> Reply:
    """Answer PATCH /stores/{storeId}."""
    store_id = call.parameters["storeId"]
    require_store(call, store_id)
    expected = intake.versions(call.headers.get("if-match"))
    return one(stores.update(tx, store_id, intake.store_changes(call.body), expected), wire.store)
