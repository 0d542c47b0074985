"""Invoices for shipments."""

from sandbox_server.api.acorn import finance_wire as wire
from sandbox_server.api.acorn import intake
from sandbox_server.api.acorn.replies import listing, one, require_store
from sandbox_server.api.operation import Call, Reply
from sandbox_server.services import invoices, shipments
from sandbox_server.services.ports import Transaction

_FILTERS = {"shipmentId": "shipment_id", "orderId": "order_id"}


def list_invoices(call: Call, tx: Transaction) -> Reply:
    """Answer GET /invoices."""
    return listing(call, tx, tx.invoices, wire.invoice, _FILTERS)


def post_invoice(call: Call, tx: Transaction) -> Reply:
    """Answer POST /invoices."""
    require_store(call, shipments.get(tx, call.body["shipmentId"]).store_id)
    invoice = invoices.post(tx, intake.invoice(call.body, tx.currency))
    return one(invoice, wire.invoice, 201, f"/v1/invoices/{invoice.invoice_id}")


def get_invoice(call: Call, tx: Transaction) -> Reply:
    """Answer GET /invoices/{invoiceId}."""
    return one(invoices.get(tx, call.parameters["invoiceId"]), wire.invoice)
