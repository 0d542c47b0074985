"""
What must hold of every world at every moment; the audit names what does not.

Source: control document, "Invariants"; the numbers are its own. The first two have a module
of their own, `stocktake`, and so has the seventh, `reckoning`.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from sandbox_server.domain import onboarding, orders, reports, returns, shipments, transfers
from sandbox_server.domain.events import Change
from sandbox_server.domain.inventory import Movement
from sandbox_server.domain.onboarding import Application
from sandbox_server.domain.orders import Line, Order
from sandbox_server.domain.reports import Report
from sandbox_server.domain.returns import Return, ReturnLine
from sandbox_server.domain.shipments import Shipment
from sandbox_server.domain.transfers import DiscrepancyKind, Transfer

S = TypeVar("S", bound=str)

STATEMENTS: Mapping[int, str] = {
    1: "Stock conserves: for each store and SKU, opening and movements make what there is.",
    2: "No oversell: no store promises more than it has reported.",
    3: "Shipped is at most allocated and that at most ordered; received at most shipped; refunded at most paid.",
    4: "Every history has only steps that its life cycle has.",
    5: "One effect for each idempotency key, one shipment for each carrier and tracking number.",
    6: "Transfers net to zero: dispatched is received, in transit, or a recorded discrepancy.",
    7: "The settlement equals the ledger to the cent.",
    8: "The journal's chain of hashes is whole, and every change names a call or an event of the clock.",
    9: "No tenant's data is in another's.",
}
"""The invariants by their numbers, which are for good."""


class Breach(NamedTuple):
    """An invariant that does not hold: its number, what it is about, and the figures."""

    invariant: int
    subject: str
    detail: str


def quantities_add_up(
    order: Order, order_shipments: Sequence[Shipment], order_returns: Sequence[Return]
) -> Iterator[Breach]:
    """Name lines where more was shipped than allocated, came back than was shipped, or was refunded than paid (3)."""
    parcels: Counter[str] = Counter()
    for shipment in order_shipments:
        for part in shipment.lines:
            parcels[part.line_id] += part.quantity
    came, refunded = _brought_back(order_returns)
    for line in order.lines:
        shipped = line.shipped
        allocated = sum(share.quantity for share in line.allocations if share.status in orders.HELD)
        for more, what, most in (
            (parcels[line.line_id], "shipped", shipped),
            (shipped, "shipped of what was allocated", allocated),
            (allocated, "allocated", line.kept),
            (came[line.line_id], "received", shipped),
            (refunded[line.line_id], "refunded, in minor units", _paid_for(line, order.currency)),
        ):
            if more > most:
                yield Breach(3, f"{order.order_id}/{line.line_id}", f"{more} {what}, of {most}")
        if parcels[line.line_id] < shipped:
            detail = f"{shipped} shipped, {parcels[line.line_id]} in its shipments"
            yield Breach(3, f"{order.order_id}/{line.line_id}", detail)


def refunds_fit(rma: Return) -> Iterator[Breach]:
    """Name lines of a return where more came than was authorised, or was refunded than received or paid (3)."""
    for line in rma.lines:
        if not _line_fits(line):
            yield Breach(3, f"{rma.return_id}/{line.line_id}", f"its figures do not fit: {line}")


def order_history_is_legal(order: Order) -> Iterator[Breach]:
    """Name steps that the life cycle of an order does not have (4)."""
    return _illegal(order.order_id, order.status, order.history, orders.TRANSITIONS, orders.BEGINNINGS)


def return_history_is_legal(rma: Return) -> Iterator[Breach]:
    """Name steps that the life cycle of a return does not have (4)."""
    return _illegal(rma.return_id, rma.status, rma.history, returns.TRANSITIONS, returns.BEGINNINGS)


def transfer_history_is_legal(transfer: Transfer) -> Iterator[Breach]:
    """Name steps that the life cycle of a transfer does not have (4)."""
    return _illegal(
        transfer.transfer_id, transfer.status, transfer.history, transfers.TRANSITIONS, transfers.BEGINNINGS
    )


def report_history_is_legal(report: Report) -> Iterator[Breach]:
    """Name steps that the life cycle of a report does not have (4)."""
    return _illegal(report.report_id, report.status, report.history, reports.TRANSITIONS, reports.BEGINNINGS)


def application_history_is_legal(application: Application) -> Iterator[Breach]:
    """Name steps that the life cycle of an application does not have (4)."""
    cycle = onboarding.TRANSITIONS, onboarding.BEGINNINGS
    return _illegal(application.application_id, application.status, application.history, *cycle)


def tracking_is_legal(shipment: Shipment) -> Iterator[Breach]:
    """Name steps that the way of a parcel does not have (4)."""
    statuses = [event.status for event in shipment.tracking_events]
    for before, after in itertools.pairwise(statuses):
        if after not in shipments.TRANSITIONS[before]:
            yield Breach(4, shipment.shipment_id, f"went from {before} to {after}")
    if statuses and statuses[0] not in shipments.BEGINNINGS:
        yield Breach(4, shipment.shipment_id, f"began as {statuses[0]}")
    if not statuses or statuses[-1] is not shipment.status:
        yield Breach(4, shipment.shipment_id, f"is {shipment.status}; its last tracking event says otherwise")


def tracking_numbers_are_unique(all_shipments: Iterable[tuple[str, str]]) -> Iterator[Breach]:
    """
    Name carriers and tracking numbers that more than one shipment has (5).

    Args:
        all_shipments: Their tracking keys and ids.
    """
    seen: dict[str, tuple[str, ...]] = {}
    for key, shipment_id in all_shipments:
        seen[key] = (*seen.get(key, ()), shipment_id)
    for key, holders in seen.items():
        if len(holders) > 1:
            yield Breach(5, key, f"{len(holders)} shipments have it: {', '.join(holders)}")


def nothing_is_lost_on_the_way(transfer: Transfer) -> Iterator[Breach]:
    """Name what of a transfer was dispatched and neither came, nor is in transit, nor is a discrepancy (6)."""
    came: Counter[str] = Counter()
    for receipt in transfer.receipts:
        for units in receipt.lines:
            came[units.sku] += units.quantity
    short, over = (_recorded(transfer, kind) for kind in DiscrepancyKind)
    for line in transfer.lines:
        sent, coming = transfers.dispatched(transfer, line), transfers.in_transit(transfer, line)
        if line.received != came[line.sku]:
            detail = f"{line.sku}: {line.received} received, {came[line.sku]} in its receipts"
            yield Breach(6, transfer.transfer_id, detail)
        if sent != line.received + coming + short[line.sku] - over[line.sku]:
            figures = f"{line.received} received, {coming} in transit, {short[line.sku]} short, {over[line.sku]} over"
            yield Breach(6, transfer.transfer_id, f"{line.sku}: {sent} dispatched; {figures}")


def transfers_net_to_zero(all_transfers: Iterable[Transfer], movements: Iterable[Movement]) -> Iterator[Breach]:
    """
    Name transfers whose goods left or reached stores otherwise than they say (6).

    Args:
        movements: Those that transfers caused.
    """
    said: Counter[tuple[str, str, str]] = Counter()
    for transfer in all_transfers:
        for line in transfer.lines:
            if transfer.from_store_id is not None:
                said[transfer.transfer_id, transfer.from_store_id, line.sku] -= transfers.dispatched(transfer, line)
            if transfer.to_store_id is not None:
                said[transfer.transfer_id, transfer.to_store_id, line.sku] += line.received
    did: Counter[tuple[str, str, str]] = Counter()
    for movement in movements:
        did[movement.reference, movement.store_id, movement.sku] += movement.delta
    for place in dict.fromkeys((*said, *did)):
        if said[place] != did[place]:
            transfer_id, store_id, sku = place
            detail = f"{sku}: it moves {said[place]:+} at {store_id}; the ledger says {did[place]:+}"
            yield Breach(6, transfer_id, detail)


def _recorded(transfer: Transfer, kind: DiscrepancyKind) -> Counter[str]:
    units: Counter[str] = Counter()
    for discrepancy in transfer.discrepancies:
        if discrepancy.kind is kind:
            units[discrepancy.sku] += discrepancy.quantity
    return units


def _brought_back(order_returns: Iterable[Return]) -> tuple[Counter[str], Counter[str]]:
    came: Counter[str] = Counter()
    refunded: Counter[str] = Counter()
    for rma in order_returns:
        for line in rma.lines:
            came[line.line_id] += line.received
            refunded[line.line_id] += line.refunded
    return came, refunded


def _paid_for(line: Line, currency: str) -> int:
    net, tax = orders.line_total(line, currency)
    return net.minor + tax.minor


def _line_fits(line: ReturnLine) -> bool:
    return (
        0 <= line.foreign <= line.received <= line.quantity
        and 0 <= line.refunded_quantity <= line.received - line.foreign
        and 0 <= line.refunded <= line.paid
    )


def _illegal(
    subject: str,
    status: str,
    history: Sequence[Change],
    transitions: Mapping[S, frozenset[S]],
    beginnings: frozenset[S],
) -> Iterator[Breach]:
    table: dict[str | None, frozenset[str]] = {origin: frozenset(ways) for origin, ways in transitions.items()}
    for step in history[:1]:
        if step.origin is not None or step.to not in beginnings:
            yield Breach(4, subject, f"began as {step.to}, from {step.origin}")
    for step in history[1:]:
        if step.to not in table.get(step.origin, ()):
            yield Breach(4, subject, f"went from {step.origin} to {step.to}")
    for before, after in itertools.pairwise(history):
        if before.to != after.origin:
            yield Breach(4, subject, f"was {before.to}; its next step is from {after.origin}")
    if not history or history[-1].to != status:
        yield Breach(4, subject, f"is {status}; its history ends elsewhere")
