"""Orders."""

from sandbox_server.api.acorn import intake, wire
from sandbox_server.api.acorn.replies import listing, one, require_store
from sandbox_server.api.operation import Call, Reply
from sandbox_server.domain.orders import OPEN, AllocationStatus, CancelledBy, CancelReason, promises
from sandbox_server.services import orders
from sandbox_server.services.ports import Transaction

_FILTERS = {"status": "status", "storeId": "store_id", "serviceLevel": "service_level"}


def list_orders(call: Call, tx: Transaction) -> Reply:
    """Answer GET /orders."""
    return listing(call, tx, tx.orders, wire.order, _FILTERS)


def get_order(call: Call, tx: Transaction) -> Reply:
    """Answer GET /orders/{orderId}."""
    return one(orders.get(tx, call.parameters["orderId"]), wire.order)


def acknowledge_order(call: Call, tx: Transaction) -> Reply:
    """Answer POST /orders/{orderId}/acknowledgements."""
    order_id = call.parameters["orderId"]
    decisions = intake.decisions(call.body)
    waiting = promises(orders.get(tx, order_id), AllocationStatus.RESERVED)
    for decision in decisions:
        asked = [promise.store_id for promise in waiting if promise.line_id == decision.line_id]
        require_store(call, *([decision.store_id] if decision.store_id is not None else asked))
    return one(orders.acknowledge(tx, order_id, decisions), wire.order)


def cancel_order(call: Call, tx: Transaction) -> Reply:
    """Answer POST /orders/{orderId}/cancellations."""
    order_id, body = call.parameters["orderId"], call.body
    lines = [line["lineId"] for line in body["lines"]] if "lines" in body else None
    held = promises(orders.get(tx, order_id), *OPEN)
    require_store(call, *(promise.store_id for promise in held if lines is None or promise.line_id in lines))
    reason = CancelReason(body["reason"])
    return one(orders.cancel(tx, order_id, lines, CancelledBy.SELLER, reason, body.get("note")), wire.order)
