"""The audit: every invariant, held against the whole world."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from sandbox_server.domain import invariants, reckoning, settlements, tills
from sandbox_server.domain.events import DueKind, due_key
from sandbox_server.domain.invariants import Breach
from sandbox_server.domain.inventory import Cause, Movement, level_key
from sandbox_server.domain.returns import Return
from sandbox_server.services.ports import Query, Table, Transaction

E = TypeVar("E", bound=msgspec.Struct)
_PAGE = 10_000


def audit(tx: Transaction) -> list[Breach]:
    """Return what does not hold of this world; nothing, when all is well. Takes about 50 µs for each order."""
    sums = invariants.add_up(tx.ledger.walk())
    return [
        *invariants.stock_conserves(_all(tx.levels), sums.totals),
        *_shelves(tx),
        *sums.oversold,
        *invariants.promises_are_kept_in_stock(_all(tx.levels), _all(tx.orders)),
        *_orders(tx),
        *(breach for parcel in _all(tx.shipments) for breach in invariants.tracking_is_legal(parcel)),
        *invariants.tracking_numbers_are_unique(_all(tx.shipments)),
        *(breach for rma in _all(tx.returns) for breach in _return(rma)),
        *_transfers(tx),
        *(breach for report in tx.reports.select() for breach in invariants.report_history_is_legal(report)),
        *(breach for one in tx.applications.select() for breach in invariants.application_history_is_legal(one)),
    ]


def _all(table: Table[E]) -> Iterator[E]:
    """Return every entity of a large table, one at a time, so that no more than one is in memory."""
    return map(table.unpack, filter(None, table.rows()))


def _shelves(tx: Transaction) -> Iterator[Breach]:
    changed = dict.fromkeys(level_key(change.store_id, change.sku) for change in _all(tx.counts))
    levels = ((key, tx.levels.get(key)) for key in changed)
    stands = ((key, tills.physical(level, tx.shelves.get(key))) for key, level in levels if level is not None)
    for key, figures in tills.unexplained(_all(tx.counts), stands):
        yield Breach(1, key, figures)


def _orders(tx: Transaction) -> Iterator[Breach]:
    """Hold orders against their shipments and returns, and the settlements against all of them."""
    shipments, returns = _by_order(tx.shipments), _by_order(tx.returns)
    accounts = {}
    for order in _all(tx.orders):
        parcels, rmas = shipments(order.order_id), returns(order.order_id)
        yield from invariants.order_history_is_legal(order)
        yield from invariants.quantities_add_up(order, parcels, rmas)
        if parcels:
            held = sum(settlements.overdue(rma, _looked_at(tx, rma)) for rma in rmas)
            accounts[order.order_id] = reckoning.account(order, parcels, rmas, held)
    yield from reckoning.settlements_equal_the_ledger(
        accounts, list(_all(tx.settlement_lines)), tx.settlements.select()
    )


def _by_order(table: Table[E]) -> Callable[[str], Sequence[E]]:
    """Return what finds the entities of an order; most orders have none."""
    known = table.tally("order_id")
    return lambda order_id: list(table.select(order_id=order_id)) if order_id in known else ()


def _return(rma: Return) -> Iterator[Breach]:
    yield from invariants.refunds_fit(rma)
    yield from invariants.return_history_is_legal(rma)


def _looked_at(tx: Transaction, rma: Return) -> datetime:
    """Return until when the clock has looked at what is overdue of a return: what is due now may not be done yet."""
    waits = tx.due.get(due_key(DueKind.RETURN_HOLD, rma.return_id))
    return min(tx.now, waits.due - timedelta.resolution) if waits is not None else tx.now


def _transfers(tx: Transaction) -> Iterator[Breach]:
    transfers = list(tx.transfers.select())
    for transfer in transfers:
        yield from invariants.transfer_history_is_legal(transfer)
        yield from invariants.nothing_is_lost_on_the_way(transfer)
    yield from invariants.transfers_net_to_zero(transfers, _movements(tx))


def _movements(tx: Transaction) -> Iterator[Movement]:
    """Return the movements that transfers caused."""
    after: int | None = 0
    while after is not None:
        found, after = tx.ledger.page(Query({"cause": Cause.TRANSFER}, after=after, limit=_PAGE))
        yield from found
