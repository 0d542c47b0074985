"""Invoices and settlements in the contract's words."""

from sandbox_server.api.acorn.wire import Wire, instant
from sandbox_server.domain.invoices import Invoice
from sandbox_server.kernel.money import Money
from sandbox_server.services.codec import unpacker
from sandbox_server.services.ports import Packed

_unpack_invoice = unpacker(Invoice)


def invoice(packed: Packed) -> Wire:
    """Return an invoice."""
    bill = _unpack_invoice(packed)
    currency = bill.currency
    return {
        "invoiceId": bill.invoice_id,
        "shipmentId": bill.shipment_id,
        "orderId": bill.order_id,
        "number": bill.number,
        "issuedAt": instant(bill.issued_at),
        "createdAt": instant(bill.created_at),
        "updatedAt": instant(bill.updated_at),
        "lines": [
            {
                "lineId": line.line_id,
                "quantity": line.quantity,
                "net": _money(line.net, currency),
                "tax": _money(line.tax, currency),
            }
            for line in bill.lines
        ],
        "net": _money(bill.net, currency),
        "tax": _money(bill.tax, currency),
        "total": _money(bill.total, currency),
    }


def _money(minor: int, currency: str) -> Wire:
    return {"amount": Money(minor, currency).amount, "currency": currency}
