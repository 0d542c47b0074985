"""Sellers' invoices: one for each shipment, held against what the shipment cost."""

from itertools import takewhile

from sandbox_server.domain import invoices as rules
from sandbox_server.domain.errors import Duplicate, NotFound
from sandbox_server.domain.invoices import Claim, Invoice
from sandbox_server.domain.sales import sold, units_of
from sandbox_server.kernel.ids import make_id
from sandbox_server.services import orders, shipments
from sandbox_server.services.ports import Transaction


def get(tx: Transaction, invoice_id: str) -> Invoice:
    """
    Return an invoice.

    Raises:
        NotFound: There is none with this id.
    """
    invoice = tx.invoices.get(invoice_id)
    if invoice is None:
        raise NotFound("invoice", invoice_id)
    return invoice


def post(tx: Transaction, claim: Claim) -> Invoice:
    """
    Take the invoice for a shipment in.

    Raises:
        NotFound: There is no such shipment.
        Duplicate: The shipment has an invoice, or the number is another invoice's.
        Unprocessable: A figure is not what the shipment cost, or the invoice cannot be from that time.
    """
    shipment = shipments.get(tx, claim.shipment_id)
    order = orders.get(tx, shipment.order_id)
    _check_new(tx, claim)
    rules.check_issued_at(claim.issued_at, order.placed_at, tx.now)
    parcels = tx.shipments.select(order_id=order.order_id)
    before = takewhile(lambda parcel: parcel.shipment_id != shipment.shipment_id, parcels)
    rules.check_figures(claim, sold(order, units_of(before), shipment), order.currency)
    invoice = Invoice(
        make_id(tx.seed, "inv", tx.invoices.count() + 1),
        shipment.shipment_id,
        order.order_id,
        claim.number,
        claim.issued_at,
        order.currency,
        claim.lines,
        created_at=tx.now,
        updated_at=tx.now,
    )
    tx.invoices.put(invoice)
    return invoice


def _check_new(tx: Transaction, claim: Claim) -> None:
    for other in tx.invoices.select(shipment_id=claim.shipment_id):
        raise Duplicate(f"The shipment {claim.shipment_id} has an invoice: {other.invoice_id}.")
    for other in tx.invoices.select(number=claim.number):
        raise Duplicate(f"{claim.number} is the number of another invoice: {other.invoice_id}.")
