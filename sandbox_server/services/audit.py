"""The audit: every invariant, held against the whole world as it stood at one moment."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Generic, TypeVar

import msgspec

from sandbox_server.domain import invariants, reckoning, settlements
from sandbox_server.domain.events import DueKind
from sandbox_server.domain.invariants import Breach
from sandbox_server.domain.inventory import Cause, Movement
from sandbox_server.domain.reckoning import Reckoning
from sandbox_server.domain.returns import Return
from sandbox_server.domain.shipments import Shipment
from sandbox_server.domain.stocktake import Stocktake
from sandbox_server.domain.tills import Recount
from sandbox_server.services.ports import Packed, Table, Transaction
from sandbox_server.services.steps import Steps

E = TypeVar("E", bound=msgspec.Struct)
P = TypeVar("P", Shipment, Return)
T = TypeVar("T")
_BATCH = 256
"""Entities of the simplest kinds that make a step."""


def audit(tx: Transaction) -> Steps[list[Breach]]:
    """
    Return what finds out what does not hold of this world as it stands now; nothing, when all is well.

    The transaction may be over before the first step, and the world go on: what is looked at is taken here. That takes
    milliseconds for 100 000 orders, and to look at it some 40 µs for each.
    """
    return _Books(tx).audit()


class _Books:
    """Everything that an audit looks at, as it stood when the audit was asked for; nobody changes it."""

    def __init__(self, tx: Transaction) -> None:
        self._now = tx.now
        self._ledger = tx.ledger.walk()
        self._levels, self._shelves, self._counts = _all(tx.levels), _all(tx.shelves), _all(tx.counts)
        self._orders, self._transfers = _all(tx.orders), _all(tx.transfers)
        self._shipments, self._returns = _OfOrders(tx.shipments), _OfOrders(tx.returns)
        self._due, self._settlements = _all(tx.due), _all(tx.settlements)
        self._settlement_lines = _all(tx.settlement_lines)
        self._reports, self._applications = _all(tx.reports), _all(tx.applications)
        self._stock, self._recount = Stocktake(), Recount()
        self._money = Reckoning(self._settlements)
        self._found: list[Breach] = []

    def audit(self) -> Steps[list[Breach]]:
        """Hold every invariant against it."""
        moved = yield from self._add_up()
        yield from self._follow_parcels()
        yield from self._follow_returns()
        yield from self._follow_orders()
        yield from self._count_stock()
        yield from self._reckon()
        yield from self._follow_transfers(moved)
        yield from self._each(self._reports, invariants.report_history_is_legal)
        yield from self._each(self._applications, invariants.application_history_is_legal)
        return self._found

    def _each(self, entities: Iterable[T], named: Callable[[T], Iterable[Breach]]) -> Steps[None]:
        """Note what is named of each entity, one a step."""
        for entity in entities:
            self._found += named(entity)
            yield

    def _add_up(self) -> Steps[list[Movement]]:
        """Go through the ledger; return the movements that transfers caused."""
        transferred = []
        for movements in _batches(self._ledger):
            self._found += self._stock.move(movements)
            transferred += [one for one in movements if one.cause is Cause.TRANSFER]
            yield
        return transferred

    def _follow_parcels(self) -> Steps[None]:
        tracking = []
        for parcel in self._shipments.walk():
            self._found += invariants.tracking_is_legal(parcel)
            tracking.append((parcel.tracking_key, parcel.shipment_id))
            yield
        self._found += invariants.tracking_numbers_are_unique(tracking)

    def _follow_returns(self) -> Steps[None]:
        for rma in self._returns.walk():
            self._found += invariants.refunds_fit(rma)
            self._found += invariants.return_history_is_legal(rma)
            yield

    def _follow_orders(self) -> Steps[None]:
        """Hold orders against their shipments and returns; take in what they hold of stock and have moved of money."""
        looked_at = yield from self._looked_at()
        for order in self._orders:
            parcels, rmas = self._shipments.of(order.order_id), self._returns.of(order.order_id)
            self._found += invariants.order_history_is_legal(order)
            self._found += invariants.quantities_add_up(order, parcels, rmas)
            self._stock.hold(order)
            if parcels:
                held = sum(settlements.overdue(rma, looked_at.get(rma.return_id, self._now)) for rma in rmas)
                self._money.move(order.order_id, reckoning.account(order, parcels, rmas, held))
            yield

    def _looked_at(self) -> Steps[dict[str, datetime]]:
        """Return until when the clock has looked at what is overdue of returns: what is due now may not be done yet."""
        found = {}
        for events in _batches(self._due):
            for event in events:
                if event.kind is DueKind.RETURN_HOLD:
                    found[event.subject] = min(self._now, event.due - timedelta.resolution)
            yield
        return found

    def _count_stock(self) -> Steps[None]:
        """Hold levels against the ledger and the orders, and shelves against the changes of their counts."""
        shelves = {shelf.key: shelf for shelf in self._shelves}
        for changes in _batches(self._counts):
            self._found += (Breach(1, *one) for change in changes for one in self._recount.follow(change))
            yield
        for levels in _batches(self._levels):
            self._found += self._stock.check(levels)
            self._found += (Breach(1, *one) for one in self._recount.check(levels, shelves))
            yield
        self._found += self._stock.rest()

    def _reckon(self) -> Steps[None]:
        for lines in _batches(self._settlement_lines):
            for line in lines:
                self._money.tell(line)
            yield
        yield from self._each(self._money.orders, self._money.check)
        self._found += self._money.closings()

    def _follow_transfers(self, moved: Iterable[Movement]) -> Steps[None]:
        transfers = list(self._transfers)
        for transfer in transfers:
            self._found += invariants.transfer_history_is_legal(transfer)
            self._found += invariants.nothing_is_lost_on_the_way(transfer)
            yield
        self._found += invariants.transfers_net_to_zero(transfers, moved)


class _OfOrders(Generic[P]):
    """Shipments or returns, which are found again by their orders when they were walked through."""

    def __init__(self, table: Table[P]) -> None:
        self._rows = table.rows()
        self._unpack: Callable[[Packed], P] = table.unpack
        self._of_order: dict[str, tuple[Packed, ...]] = {}  # not lists: the garbage collector lets such tuples be

    def walk(self) -> Iterator[P]:
        """Return every one."""
        for row in filter(None, self._rows):
            entity = self._unpack(row)
            order_id: str = entity.order_id
            self._of_order[order_id] = (*self._of_order.get(order_id, ()), row)
            yield entity

    def of(self, order_id: str) -> list[P]:
        """Return those of an order."""
        return list(map(self._unpack, self._of_order.get(order_id, ())))


def _all(table: Table[E]) -> Iterator[E]:
    """Return every entity that is in a table now, one at a time, so that no more than one is unpacked in memory."""
    return map(table.unpack, filter(None, table.rows()))


def _batches(entities: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(entities, _BATCH)):
        yield batch
