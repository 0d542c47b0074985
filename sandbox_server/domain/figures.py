"""
The figures of reports: what each record of the world adds, and the rows that the sums make.

Everything that is added up is a whole number (units, minor units of money, milliseconds), so that it does not matter
in which order, or in how many steps, the records are read.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from operator import add as add_up
from typing import NamedTuple

from sandbox_server.domain.inventory import StockLevel, available, is_stale
from sandbox_server.domain.orders import HELD, AllocationStatus, Order, cost_of
from sandbox_server.domain.reports import Report, ReportType
from sandbox_server.domain.returns import Return
from sandbox_server.domain.shipments import Shipment, ShipmentStatus
from sandbox_server.kernel.money import Money, rounded

Key = tuple[str, ...]
"""What figures are about; the store comes first."""

Figures = tuple[int, ...]
Piece = tuple[Key, Figures]
Value = str | int | Money
Row = dict[str, Value]
"""Values by their columns; what cannot be told has none."""

_MILLISECOND = timedelta(milliseconds=1)
_DAY = timedelta(days=1)


def sales(order: Order) -> Iterator[Piece]:
    """Return what an order adds to the sales of each store: orders, units, net amount, tax."""
    sums: dict[str, Figures] = {}
    nothing = Money(0, order.currency)
    for line in order.lines:
        units, before = 0, (nothing, nothing)
        for part in line.allocations:
            if part.status in HELD:
                units += part.quantity
                cost = cost_of(line, units, order.currency)
                net, tax = (whole - known for whole, known in zip(cost, before, strict=True))
                sums[part.store_id] = _sum(sums.get(part.store_id, (0, 0, 0)), (part.quantity, net.minor, tax.minor))
                before = cost
    for store_id, figures in sums.items():
        yield (store_id, order.service_level), (1, *figures)


def stock(level: StockLevel, safety_stock: int, now: datetime) -> Iterator[Piece]:
    """Return what a level adds to the health of its store's stock; no units shipped."""
    free = available(level, safety_stock)
    counts = (1, int(not free), int(is_stale(level, now)))
    yield (level.store_id,), (*counts, level.on_hand, level.reserved, level.allocated, free, 0)


def stock_shipped(shipment: Shipment) -> Iterator[Piece]:
    """Return what a shipment adds to the health of its store's stock: units shipped alone."""
    yield (shipment.store_id,), (0, 0, 0, 0, 0, 0, 0, sum(line.quantity for line in shipment.lines))


def fulfilment(order: Order, shipments: Iterable[Shipment]) -> Iterator[Piece]:
    """
    Return what an order adds to the performance of each store.

    Units assigned, rejected, released, shipped; parcels, late ones, delivered ones, ones delivered late, milliseconds
    from the order to the parcels.
    """
    for line in order.lines:
        for part in line.allocations:
            turned_down = part.unshipped if part.status is AllocationStatus.REJECTED else 0
            let_go = part.unshipped if part.status is AllocationStatus.RELEASED else 0
            yield (part.store_id,), (part.quantity, turned_down, let_go, part.shipped, 0, 0, 0, 0, 0)
    for shipment in shipments:
        arrived = _delivered_at(shipment)
        too_late = arrived is not None and order.deliver_by is not None and arrived > order.deliver_by
        took = (shipment.shipped_at - order.placed_at) // _MILLISECOND
        punctuality = (1, int(_left_late(order, shipment)), int(arrived is not None), int(too_late), took)
        yield (shipment.store_id,), (0, 0, 0, 0, *punctuality)


def returned(rma: Return) -> Iterator[Piece]:
    """Return what a return adds to those of its store: returns, units, units received and refunded, the refund."""
    sums: dict[str, Figures] = {}
    for line in rma.lines:
        figures: Figures = (line.quantity, line.received, line.refunded_quantity, line.refunded)
        sums[line.reason] = _sum(sums.get(line.reason, (0, 0, 0, 0)), figures)
    for reason, counts in sums.items():
        yield (rma.store_id, reason), (1, *counts)


def add(tally: dict[Key, Figures], pieces: Iterable[Piece]) -> None:
    """Add pieces to the figures that there are."""
    for key, figures in pieces:
        known = tally.get(key)
        tally[key] = figures if known is None else _sum(known, figures)


def rows(report: Report, tally: Mapping[Key, Figures], currency: str) -> list[Row]:
    """Return a report's rows, in the order of what they are about."""
    sheet = _SHEETS[report.type]
    found = []
    for key, figures in sorted(tally.items()):
        values = (*key, *sheet.values(figures, report, currency))
        named = zip(sheet.columns, values, strict=True)
        found.append({column: value for column, value in named if value is not None})
    return found


Values = Sequence[int | Money | None]


class _Sheet(NamedTuple):
    """
    How a type of report is laid out.

    Args:
        columns: Those of the key, and of the values.
        values: Makes values of figures.
    """

    columns: tuple[str, ...]
    values: Callable[[Figures, Report, str], Values]


def _sales_values(figures: Figures, _: Report, currency: str) -> Values:
    orders, units, net, tax = figures
    return orders, units, Money(net, currency), Money(tax, currency), Money(net + tax, currency)


def _stock_values(figures: Figures, report: Report, _: str) -> Values:
    *_others, free, shipped = figures
    span = (report.ends - report.begins) // _MILLISECOND
    return *figures, free * span // (shipped * (_DAY // _MILLISECOND)) if shipped else None


def _fulfilment_values(figures: Figures, _: Report, __: str) -> Values:
    assigned, rejected, released, shipped, parcels, late, delivered, delivered_late, took = figures
    outstanding = assigned - rejected - released - shipped
    minutes = rounded(Decimal(took) / parcels / 60_000) if parcels else None
    return assigned, rejected, released, shipped, outstanding, parcels, late, delivered, delivered_late, minutes


def _returned_values(figures: Figures, _: Report, currency: str) -> Values:
    *counts, refunded = figures
    return *counts, Money(refunded, currency)


_SHEETS: Mapping[ReportType, _Sheet] = {
    ReportType.SALES_BY_CHANNEL: _Sheet(
        ("storeId", "channel", "orders", "units", "netSales", "tax", "grossSales"), _sales_values
    ),
    ReportType.STOCK_HEALTH: _Sheet(
        (
            *("storeId", "skus", "skusUnavailable", "skusStale", "onHand", "reserved", "allocated", "available"),
            *("unitsShipped", "daysOfCover"),
        ),
        _stock_values,
    ),
    ReportType.FULFILMENT_PERFORMANCE: _Sheet(
        (
            *("storeId", "unitsAssigned", "unitsRejected", "unitsReleased", "unitsShipped", "unitsOutstanding"),
            *("parcels", "parcelsLate", "parcelsDelivered", "parcelsDeliveredLate", "averageMinutesToShip"),
        ),
        _fulfilment_values,
    ),
    ReportType.RETURNS_BY_REASON: _Sheet(
        ("storeId", "reason", "returns", "units", "unitsReceived", "unitsRefunded", "refunded"), _returned_values
    ),
}

COLUMNS: Mapping[ReportType, tuple[str, ...]] = {kind: sheet.columns for kind, sheet in _SHEETS.items()}
"""The columns of each type of report, in their order."""

MONEY = frozenset({"netSales", "tax", "grossSales", "refunded"})
"""The columns that hold money."""


def _sum(one: Figures, other: Figures) -> Figures:
    return tuple(map(add_up, one, other))


def _left_late(order: Order, shipment: Shipment) -> bool:
    """Whether a parcel left after the earliest deadline of the parts that it may hold."""
    held = {line.line_id for line in shipment.lines}
    deadlines = (
        part.ship_by
        for line in order.lines
        if line.line_id in held
        for part in line.allocations
        if part.store_id == shipment.store_id and part.shipped
    )
    return shipment.shipped_at > min(deadlines, default=shipment.shipped_at)


def _delivered_at(shipment: Shipment) -> datetime | None:
    if shipment.status is not ShipmentStatus.DELIVERED:
        return None
    return shipment.tracking_events[-1].occurred_at
