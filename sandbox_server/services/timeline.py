"""What the clock does when something is due."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sandbox_server.domain.events import DueEvent, DueKind
from sandbox_server.services import arrivals, inventory, orders, outbox, reports, returns, settlements, shipments
from sandbox_server.services.ports import Transaction

ACTIONS: Mapping[DueKind, Callable[[Transaction, str], None]] = {
    DueKind.ACKNOWLEDGE_BY: orders.acknowledgement_overdue,
    DueKind.SHIP_BY: orders.shipment_overdue,
    DueKind.CANCEL_LATE: orders.cancel_late,
    DueKind.CARRIER_STEP: shipments.carrier_step,
    DueKind.RETURN_EXPIRY: returns.expire,
    DueKind.RETURN_CLOSING: returns.close,
    DueKind.RETURN_HOLD: settlements.overdue,
    DueKind.SETTLEMENT: settlements.close,
    DueKind.ARRIVAL: arrivals.arrive,
    DueKind.STOCK_STALE: inventory.stale,
    DueKind.WEBHOOK: outbox.retry,
    DueKind.SUBSCRIPTION_FAILING: outbox.give_up,
    DueKind.REPORT_STEP: reports.step,
}


def take_next(tx: Transaction, until: datetime) -> DueEvent | None:
    """Return the first thing that is due by then, taken off the timeline; the transaction's time becomes its own."""
    event = tx.next_due(until)
    if event is not None:
        tx.due.remove(event.key)
        tx.now = event.due
        tx.cause = event.key
    return event


def run(tx: Transaction, event: DueEvent) -> None:
    """Do what is due."""
    ACTIONS[event.kind](tx, event.subject)
