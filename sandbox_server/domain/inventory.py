"""Stock per store and SKU, what of it is promised, and the movements that explain every change."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from sandbox_server.domain.errors import InsufficientStock

STALE_AFTER = timedelta(minutes=15)


# gc=False: these hold nothing that could lead back to them, and there are many; the collector need not track them.
class StockLevel(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """
    What a store has of a SKU, in units.

    Args:
        on_hand: What the store last reported, moved on by what the marketplace knows since.
        reserved: Promised to orders that the store has not acknowledged yet.
        allocated: Promised to orders that it has acknowledged and not shipped yet.
        sequence: The last stock report's number.
        as_of: When that report was true.
    """

    store_id: str
    sku: str
    on_hand: int
    reserved: int
    allocated: int
    sequence: int
    as_of: datetime
    created_at: datetime
    updated_at: datetime

    @property
    def key(self) -> str:
        """What names it, as in `S0001/SKU-00001`."""
        return level_key(self.store_id, self.sku)


Move = tuple[str, StockLevel, StockLevel, str]
"""A level's key, it before and after something, and what that goes by: an order, a parcel, the number of a report."""


class Quantity(StrEnum):
    """Which of a level's quantities a movement changes."""

    __hash__ = str.__hash__  # an enumeration's own is no C function, and is asked for with every movement

    ON_HAND = "ON_HAND"
    RESERVED = "RESERVED"
    ALLOCATED = "ALLOCATED"


_ON_HAND, _RESERVED, _ALLOCATED = Quantity


class Cause(StrEnum):
    """Why stock moved."""

    __hash__ = str.__hash__

    OPENING = "OPENING"
    REPORT = "REPORT"
    RESERVATION = "RESERVATION"
    ALLOCATION = "ALLOCATION"
    RELEASE = "RELEASE"
    SHIPMENT = "SHIPMENT"
    RETURN = "RETURN"
    TRANSFER = "TRANSFER"
    WALK_IN_SALE = "WALK_IN_SALE"
    COUNT = "COUNT"


class Movement(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """
    One change of one quantity.

    Args:
        number: Its place in the ledger, from 1; 0 until the ledger has taken it.
        delta: Units, never 0.
        reference: The order, shipment, return or transfer it is for; the report's sequence for a report.
        source: The request, or the event of the clock, behind it.
    """

    number: int
    at: datetime
    store_id: str
    sku: str
    quantity: Quantity
    delta: int
    cause: Cause
    reference: str
    source: str


class ReportRefusal(StrEnum):
    """Why an item of a stock report is rejected."""

    UNKNOWN_SKU = "UNKNOWN_SKU"
    UNKNOWN_STORE = "UNKNOWN_STORE"
    STALE_SEQUENCE = "STALE_SEQUENCE"
    AS_OF_IN_FUTURE = "AS_OF_IN_FUTURE"
    NEGATIVE = "NEGATIVE"


class StockReport(msgspec.Struct, frozen=True, gc=False):
    """An absolute count of one SKU in one store, as its retailer reports it."""

    store_id: str
    sku: str
    on_hand: int
    sequence: int
    as_of: datetime


def level_key(store_id: str, sku: str) -> str:
    """Return the key of a store's level of a SKU."""
    return f"{store_id}/{sku}"


def reported_keys(reports: Iterable[StockReport]) -> list[str]:
    """Return the keys of the levels that reports are about."""
    return [f"{report.store_id}/{report.sku}" for report in reports]


def available(level: StockLevel, safety_stock: int) -> int:
    """Return the units that may be promised: max(0, on_hand - reserved - allocated - safety_stock)."""
    return max(0, level.on_hand - level.reserved - level.allocated - safety_stock)


def is_stale(level: StockLevel, now: datetime) -> bool:
    """Whether the last report is older than 15 minutes."""
    return now - level.as_of > STALE_AFTER


def stale_from(as_of: datetime) -> datetime:
    """Return the first instant at which a report is stale, to the millisecond."""
    return as_of + STALE_AFTER + timedelta(milliseconds=1)


def runs_low(before: StockLevel, after: StockLevel, safety_stock: int) -> bool:
    """Whether nothing is available any more: what is not promised has come down to the safety stock."""
    return available(before, safety_stock) > 0 == available(after, safety_stock)


def opening(store_id: str, sku: str, now: datetime) -> StockLevel:
    """Return the level of a SKU that a store never had."""
    return StockLevel(store_id, sku, 0, 0, 0, -1, now, now, now)


def refuse_report(report: StockReport, level: StockLevel | None, now: datetime) -> ReportRefusal | None:
    """
    Return why a report of a known store and SKU is rejected, or None when it holds.

    Source: contract, "Inventory", PUT /inventory.
    """
    if report.on_hand < 0:
        return ReportRefusal.NEGATIVE
    if report.as_of > now:
        return ReportRefusal.AS_OF_IN_FUTURE
    if level is not None and report.sequence <= level.sequence:
        return ReportRefusal.STALE_SEQUENCE
    return None


def reported(level: StockLevel, report: StockReport, now: datetime) -> StockLevel:
    """Return the level after an accepted report. What is promised stays promised, whatever the count."""
    return StockLevel(
        level.store_id,
        level.sku,
        report.on_hand,
        level.reserved,
        level.allocated,
        report.sequence,
        report.as_of,
        level.created_at,
        now,
    )


def reserve(level: StockLevel, quantity: int, safety_stock: int, now: datetime) -> StockLevel:
    """
    Return the level with so many units promised to an order that waits for its acknowledgement.

    Raises:
        InsufficientStock: Fewer are available.
    """
    free = available(level, safety_stock)
    if free < quantity:
        raise InsufficientStock(level.store_id, level.sku, requested=quantity, available=free)
    return _moved(level, now, reserved=quantity)


def allocate(level: StockLevel, quantity: int, now: datetime) -> StockLevel:
    """Return the level with reserved units bound to an acknowledged order."""
    return _moved(level, now, reserved=-quantity, allocated=quantity)


def release_reservation(level: StockLevel, quantity: int, now: datetime) -> StockLevel:
    """Return the level with reserved units free again."""
    return _moved(level, now, reserved=-quantity)


def release_allocation(level: StockLevel, quantity: int, now: datetime) -> StockLevel:
    """Return the level with allocated units free again."""
    return _moved(level, now, allocated=-quantity)


def ship(level: StockLevel, quantity: int, now: datetime) -> StockLevel:
    """
    Return the level after allocated units have left the store.

    Raises:
        InsufficientStock: The store says that it has fewer on hand.
    """
    if level.on_hand < quantity:
        raise InsufficientStock(level.store_id, level.sku, requested=quantity, available=level.on_hand)
    return _moved(level, now, on_hand=-quantity, allocated=-quantity)


def send(level: StockLevel, quantity: int, now: datetime) -> StockLevel:
    """
    Return the level after units have left for another place; what is promised to orders stays.

    Raises:
        InsufficientStock: Fewer are on hand and not promised.
    """
    free = max(0, level.on_hand - level.reserved - level.allocated)
    if free < quantity:
        raise InsufficientStock(level.store_id, level.sku, requested=quantity, available=free)
    return _moved(level, now, on_hand=-quantity)


def restock(level: StockLevel, quantity: int, now: datetime) -> StockLevel:
    """Return the level with goods that have come: sellable ones of a return, or those of a transfer."""
    return _moved(level, now, on_hand=quantity)


def emptied(level: StockLevel, now: datetime) -> StockLevel:
    """Return the level of a store that has said there is none of the SKU left."""
    return _moved(level, now, on_hand=-level.on_hand)


def movements_of(moves: Iterable[Move], cause: Cause, source: str) -> list[Movement]:
    """Return a movement for each quantity that differs; the one way in which movements come to be."""
    found: list[Movement] = []
    for _, before, after, reference in moves:
        if delta := after.on_hand - before.on_hand:
            found.append(_movement(after, _ON_HAND, delta, cause, reference, source))
        if delta := after.reserved - before.reserved:
            found.append(_movement(after, _RESERVED, delta, cause, reference, source))
        if delta := after.allocated - before.allocated:
            found.append(_movement(after, _ALLOCATED, delta, cause, reference, source))
    return found


def _movement(after: StockLevel, quantity: Quantity, delta: int, cause: Cause, reference: str, source: str) -> Movement:
    return Movement(0, after.updated_at, after.store_id, after.sku, quantity, delta, cause, reference, source)


def _moved(level: StockLevel, now: datetime, on_hand: int = 0, reserved: int = 0, allocated: int = 0) -> StockLevel:
    return StockLevel(
        level.store_id,
        level.sku,
        level.on_hand + on_hand,
        level.reserved + reserved,
        level.allocated + allocated,
        level.sequence,
        level.as_of,
        level.created_at,
        now,
    )
