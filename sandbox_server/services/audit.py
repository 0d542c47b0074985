"""The audit: every invariant, held against the whole world."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sandbox_server.domain import invariants, reckoning, settlements, tills
from sandbox_server.domain.events import DueKind, due_key
from sandbox_server.domain.invariants import Breach
from sandbox_server.domain.inventory import Cause, Movement, StockLevel
from sandbox_server.domain.returns import Return
from sandbox_server.domain.shipments import Shipment
from sandbox_server.services.ports import Query, Transaction

_PAGE = 10_000


def audit(tx: Transaction) -> list[Breach]:
    """Return what does not hold of this world; nothing, when all is well. Takes about 65 µs for each order."""
    levels = list(tx.levels.select())
    shipments: defaultdict[str, list[Shipment]] = defaultdict(list)
    for shipment in tx.shipments.select():
        shipments[shipment.order_id].append(shipment)
    returns: defaultdict[str, list[Return]] = defaultdict(list)
    for rma in tx.returns.select():
        returns[rma.order_id].append(rma)
    return [
        *invariants.stock_conserves(levels, tx.ledger.totals()),
        *_shelves(tx, levels),
        *invariants.nothing_oversold(_movements(tx)),
        *invariants.promises_are_kept_in_stock(levels, tx.orders.select()),
        *_orders(tx, shipments, returns),
        *(
            breach
            for parcels in shipments.values()
            for parcel in parcels
            for breach in invariants.tracking_is_legal(parcel)
        ),
        *invariants.tracking_numbers_are_unique(parcel for parcels in shipments.values() for parcel in parcels),
        *(breach for rmas in returns.values() for rma in rmas for breach in _return(rma)),
        *_transfers(tx),
        *(breach for report in tx.reports.select() for breach in invariants.report_history_is_legal(report)),
        *(breach for one in tx.applications.select() for breach in invariants.application_history_is_legal(one)),
        *_settlements(tx, shipments, returns),
    ]


def _shelves(tx: Transaction, levels: Iterable[StockLevel]) -> Iterator[Breach]:
    stands = ((level.key, tills.physical(level, tx.shelves.get(level.key))) for level in levels)
    for key, figures in tills.unexplained(tx.counts.select(), stands):
        yield Breach(1, key, figures)


def _orders(
    tx: Transaction, shipments: dict[str, list[Shipment]], returns: dict[str, list[Return]]
) -> Iterator[Breach]:
    for order in tx.orders.select():
        yield from invariants.order_history_is_legal(order)
        yield from invariants.quantities_add_up(
            order, shipments.get(order.order_id, []), returns.get(order.order_id, [])
        )


def _return(rma: Return) -> Iterator[Breach]:
    yield from invariants.refunds_fit(rma)
    yield from invariants.return_history_is_legal(rma)


def _settlements(
    tx: Transaction, shipments: dict[str, list[Shipment]], returns: dict[str, list[Return]]
) -> Iterator[Breach]:
    accounts = {}
    for order in tx.orders.select():
        if order.order_id in shipments:
            rmas = returns.get(order.order_id, [])
            held = sum(settlements.overdue(rma, _looked_at(tx, rma)) for rma in rmas)
            accounts[order.order_id] = reckoning.account(order, shipments[order.order_id], rmas, held)
    lines = list(tx.settlement_lines.select())
    yield from reckoning.settlements_equal_the_ledger(accounts, lines, tx.settlements.select())


def _looked_at(tx: Transaction, rma: Return) -> datetime:
    """Return until when the clock has looked at what is overdue of a return: what is due now may not be done yet."""
    waits = tx.due.get(due_key(DueKind.RETURN_HOLD, rma.return_id))
    return min(tx.now, waits.due - timedelta.resolution) if waits is not None else tx.now


def _transfers(tx: Transaction) -> Iterator[Breach]:
    transfers = list(tx.transfers.select())
    for transfer in transfers:
        yield from invariants.transfer_history_is_legal(transfer)
        yield from invariants.nothing_is_lost_on_the_way(transfer)
    yield from invariants.transfers_net_to_zero(transfers, _movements(tx, cause=Cause.TRANSFER))


def _movements(tx: Transaction, **where: str) -> Iterator[Movement]:
    after: int | None = 0
    while after is not None:
        found, after = tx.ledger.page(Query(where, after=after, limit=_PAGE))
        yield from found
