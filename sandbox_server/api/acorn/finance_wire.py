"""Invoices and settlements in the contract's words."""

from sandbox_server.api.acorn.wire import Wire, instant, present
from sandbox_server.domain.invoices import Invoice
from sandbox_server.domain.settlements import Settlement, SettlementLine
from sandbox_server.kernel.money import Money
from sandbox_server.services.codec import unpacker
from sandbox_server.services.ports import Packed

_unpack_invoice = unpacker(Invoice)
_unpack_settlement = unpacker(Settlement)
_unpack_line = unpacker(SettlementLine)


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


def settlement(packed: Packed) -> Wire:
    """Return a settlement."""
    period = _unpack_settlement(packed)
    currency = period.currency
    return {
        "settlementId": period.settlement_id,
        "startsAt": instant(period.starts_at),
        "endsAt": instant(period.ends_at),
        "createdAt": instant(period.created_at),
        "updatedAt": instant(period.updated_at),
        "lineCount": period.lines,
        "summary": [
            {"kind": part.kind, "lineCount": part.lines, "amount": _money(part.amount, currency)}
            for part in period.sums
        ],
        "total": _money(period.total, currency),
    }


def settlement_line(packed: Packed) -> Wire:
    """Return a line of a settlement."""
    line = _unpack_line(packed)
    return present(
        lineNumber=line.number,
        kind=line.kind,
        orderId=line.order_id,
        lineId=line.line_id,
        reference=line.reference,
        at=instant(line.at),
        amount=_money(line.amount, line.currency),
    )


def _money(minor: int, currency: str) -> Wire:
    return {"amount": Money(minor, currency).amount, "currency": currency}
