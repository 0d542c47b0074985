"""Returns."""

from sandbox_server.api.acorn import intake, wire
from sandbox_server.api.acorn.replies import listing, one, require_store
from sandbox_server.api.operation import Call, Reply
from sandbox_server.services import returns
from sandbox_server.services.ports import Transaction

_FILTERS = {"orderId": "order_id", "storeId": "store_id", "status": "status"}


def list_returns(call: Call, tx: Transaction) -> Reply:
    """Answer GET /returns."""
    return listing(call, tx, tx.returns, wire.rma, _FILTERS)


def open_return(call: Call, tx: Transaction) -> Reply:
    """Answer POST /returns."""
    body = call.body
    require_store(call, body["storeId"])
    rma = returns.authorise(tx, body["orderId"], body["storeId"], intake.wanted_back(body))
    return one(rma, wire.rma, 201, f"/v1/returns/{rma.return_id}")


def get_return(call: Call, tx: Transaction) -> Reply:
    """Answer GET /returns/{returnId}."""
    return one(returns.get(tx, call.parameters["returnId"]), wire.rma)


def receive_return(call: Call, tx: Transaction) -> Reply:
    """Answer POST /returns/{returnId}/receipts."""
    store_id = call.body["storeId"]
    require_store(call, store_id)
    lines = intake.received_lines(call.body)
    return one(returns.receive(tx, call.parameters["returnId"], store_id, lines), wire.rma, 201)


def refund_return(call: Call, tx: Transaction) -> Reply:
    """Answer POST /returns/{returnId}/refunds."""
    rma = returns.get(tx, call.parameters["returnId"])
    require_store(call, rma.store_id)
    lines = intake.refund_lines(call.body, rma.currency)
    return one(returns.refund(tx, rma.return_id, lines), wire.rma, 201)
