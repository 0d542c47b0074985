"""Settlements: every movement of money is written down when it happens, and a period is closed when it ends."""

from collections.abc import Iterable

from sandbox_server.domain import settlements as rules
from sandbox_server.domain.errors import NotFound
from sandbox_server.domain.events import DueKind, due_key
from sandbox_server.domain.orders import Order
from sandbox_server.domain.returns import RefundLine, Return
from sandbox_server.domain.sales import sold
from sandbox_server.domain.settlements import Hold, LineKind, Posting, Settlement, SettlementLine, period_of
from sandbox_server.domain.shipments import Shipment
from sandbox_server.kernel.ids import make_id
from sandbox_server.services.happenings import schedule
from sandbox_server.services.ports import Transaction


def get(tx: Transaction, settlement_id: str) -> Settlement:
    """
    Return a settlement.

    Raises:
        NotFound: There is none with this id.
    """
    settlement = tx.settlements.get(settlement_id)
    if settlement is None:
        raise NotFound("settlement", settlement_id)
    return settlement


def note_sale(tx: Transaction, before: Order, shipment: Shipment) -> None:
    """
    Note what a shipment brings, and the commission on it.

    Args:
        before: The order as it was before the shipment left.
    """
    left = {line.line_id: line.shipped for line in before.lines}
    parcel = sold(before, left, shipment)
    _post(tx, before.order_id, shipment.shipment_id, rules.of_sale(parcel, before.currency))


def note_refund(tx: Transaction, order: Order, return_id: str, lines: tuple[RefundLine, ...]) -> None:
    """Note what a refund costs, and the commission that comes back; the return is still as it was before."""
    before = rules.refunded(tx.returns.select(order_id=order.order_id))
    _post(tx, order.order_id, return_id, rules.of_refund(order, lines, before))


def hold(tx: Transaction, rma: Return) -> None:
    """Hold back what is overdue of a return, or release what is held and is overdue no longer."""
    if not rma.receipts:
        return
    held = tx.holds.get(rma.return_id)
    before, now = held.amount if held is not None else 0, rules.overdue(rma, tx.now)
    kind = LineKind.HOLD if now > before else LineKind.HOLD_RELEASE
    _post(tx, rma.order_id, rma.return_id, [Posting(kind, before - now)])
    if now:
        tx.holds.put(Hold(rma.return_id, now))
    else:
        tx.holds.remove(rma.return_id)
    schedule(tx, DueKind.RETURN_HOLD, rma.return_id, rules.next_overdue(rma, tx.now))


def overdue(tx: Transaction, return_id: str) -> None:
    """Hold back what has waited for its refund for 48 hours."""
    rma = tx.returns.get(return_id)
    assert rma is not None, "a return that is watched is there"
    hold(tx, rma)


def close(tx: Transaction, period: str) -> None:
    """Close a period that has ended."""
    lines = list(tx.settlement_lines.select(period=period))
    span = period_of(lines[0].at, tx.time_zone)
    settlement_id = make_id(tx.seed, "stl", tx.settlements.count() + 1)
    sums = rules.add_up(lines)
    tx.settlements.put(Settlement(settlement_id, *span, tx.currency, sums, created_at=tx.now, updated_at=tx.now))


def _post(tx: Transaction, order_id: str, reference: str, postings: Iterable[Posting]) -> None:
    """Write down what moves, and see to it that its period is closed; what moves nothing is left out."""
    moved = [posting for posting in postings if posting.amount]
    if not moved:
        return
    period = period_of(tx.now, tx.time_zone)
    for kind, amount, line_id in moved:
        number = tx.settlement_lines.count() + 1
        line = SettlementLine(number, period.number, kind, order_id, reference, amount, tx.currency, tx.now, line_id)
        tx.settlement_lines.put(line)
    if not tx.due.has(due_key(DueKind.SETTLEMENT, str(period.number))):
        schedule(tx, DueKind.SETTLEMENT, str(period.number), period.ends_at)
