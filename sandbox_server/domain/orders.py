"""An order, the table of its life cycle, and what can be read off it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import msgspec

from sandbox_server.domain.allocation import Demand
from sandbox_server.domain.errors import IllegalTransition
from sandbox_server.domain.events import Change
from sandbox_server.domain.stores import Address, ServiceLevel
from sandbox_server.kernel.money import Money

ACKNOWLEDGE_WITHIN = timedelta(hours=2)
CANCEL_LATE_AFTER = timedelta(hours=48)


class OrderStatus(StrEnum):
    """Where an order stands."""

    NEW = "NEW"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    PARTIALLY_SHIPPED = "PARTIALLY_SHIPPED"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    CANCELLED = "CANCELLED"
    UNFULFILLABLE = "UNFULFILLABLE"


_S = OrderStatus
TRANSITIONS: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    _S.NEW: frozenset({_S.ACKNOWLEDGED, _S.CANCELLED, _S.UNFULFILLABLE}),
    _S.ACKNOWLEDGED: frozenset({_S.PARTIALLY_SHIPPED, _S.SHIPPED, _S.CANCELLED}),
    _S.PARTIALLY_SHIPPED: frozenset({_S.SHIPPED, _S.CANCELLED}),
    _S.SHIPPED: frozenset({_S.DELIVERED}),
    _S.DELIVERED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.UNFULFILLABLE: frozenset(),
}

BEGINNINGS = frozenset({_S.NEW, _S.UNFULFILLABLE})
"""What an order can be at first."""


class AllocationStatus(StrEnum):
    """What became of a store's part in a line."""

    RESERVED = "RESERVED"
    ALLOCATED = "ALLOCATED"
    SHIPPED = "SHIPPED"
    REJECTED = "REJECTED"
    RELEASED = "RELEASED"


OPEN = frozenset({AllocationStatus.RESERVED, AllocationStatus.ALLOCATED})
"""What a store still owes."""

HELD = OPEN | {AllocationStatus.SHIPPED}
"""What a store owes or has delivered."""


class RejectReason(StrEnum):
    """Why a store does not take a line."""

    OUT_OF_STOCK = "OUT_OF_STOCK"
    DAMAGED = "DAMAGED"
    STORE_CLOSED = "STORE_CLOSED"
    CAPACITY = "CAPACITY"


class CancelledBy(StrEnum):
    """Who cancelled."""

    BUYER = "BUYER"
    SELLER = "SELLER"
    MARKETPLACE = "MARKETPLACE"


class CancelReason(StrEnum):
    """Why an order, or a line of it, was cancelled."""

    BUYER_REQUEST = "BUYER_REQUEST"
    OUT_OF_STOCK = "OUT_OF_STOCK"
    DAMAGED = "DAMAGED"
    PRICING_ERROR = "PRICING_ERROR"
    STORE_CLOSED = "STORE_CLOSED"
    OTHER = "OTHER"
    NOT_ACKNOWLEDGED = "NOT_ACKNOWLEDGED"
    NOT_SHIPPED = "NOT_SHIPPED"
    NO_STORE_LEFT = "NO_STORE_LEFT"


class Allocation(msgspec.Struct, frozen=True, array_like=True):
    """
    A store's part in a line, in units; `shipped` of them have left.

    Args:
        reason: Why it was rejected or released.
        ship_by: By when the store hands the parcel over.
    """

    store_id: str
    quantity: int
    status: AllocationStatus
    ship_by: datetime
    shipped: int = 0
    reason: str | None = None

    @property
    def unshipped(self) -> int:
        """Units still to be shipped."""
        return self.quantity - self.shipped


class Reduction(msgspec.Struct, frozen=True, array_like=True):
    """
    Why a line costs less than its list price: a sale, a promotion, or both; money in minor units.

    Args:
        list_price: What one costs when there is no sale.
        discount: What the promotion takes off the whole line.
        promotion_ids: The promotion; none where there is only a sale.
    """

    list_price: int
    discount: int = 0
    promotion_ids: tuple[str, ...] = ()


class Line(msgspec.Struct, frozen=True, array_like=True):
    """
    A line of an order: `quantity` ordered, `cancelled` of them; money in minor units.

    Args:
        unit_price: What one costs before tax, in a sale where there is one, before a promotion.
        tax: For all `quantity`, of what they cost after a promotion.
        reduction: None where they cost what they always do.
    """

    line_id: str
    sku: str
    title: str
    quantity: int
    unit_price: int
    tax: int
    allocations: tuple[Allocation, ...] = ()
    cancelled: int = 0
    reduction: Reduction | None = None

    @property
    def net(self) -> int:
        """What all `quantity` cost before tax, after a promotion."""
        return self.unit_price * self.quantity - (self.reduction.discount if self.reduction is not None else 0)

    @property
    def kept(self) -> int:
        """Units ordered and not cancelled."""
        return self.quantity - self.cancelled

    @property
    def shipped(self) -> int:
        """Units that have left a store."""
        return sum(part.shipped for part in self.allocations)


class Buyer(msgspec.Struct, frozen=True, array_like=True):
    """Who bought, and where it goes."""

    name: str
    email: str
    address: Address
    phone: str | None = None


class Cancellation(msgspec.Struct, frozen=True, array_like=True):
    """The last cancellation of an order or a part of it."""

    by: CancelledBy
    reason: CancelReason
    at: datetime
    note: str | None = None


class Order(msgspec.Struct, frozen=True, array_like=True):
    """A buyer's order."""

    order_id: str
    status: OrderStatus
    service_level: ServiceLevel
    currency: str
    buyer: Buyer
    lines: tuple[Line, ...]
    placed_at: datetime
    updated_at: datetime
    history: tuple[Change, ...]
    acknowledge_by: datetime | None = None
    deliver_by: datetime | None = None
    late: bool = False
    rerouted: bool = False
    cancellation: Cancellation | None = None
    version: int = 1

    @property
    def created_at(self) -> datetime:
        """When it was placed."""
        return self.placed_at

    @property
    def ship_by(self) -> datetime | None:
        """The first deadline of a store that has not shipped all of its part."""
        first: datetime | None = None
        for line in self.lines:
            for part in line.allocations:
                if part.status in OPEN and (first is None or part.ship_by < first):
                    first = part.ship_by
        return first

    @property
    def store_ids(self) -> list[str]:
        """The stores that have, or had, a part in it."""
        return list(dict.fromkeys(part.store_id for line in self.lines for part in line.allocations))


class Promise(NamedTuple):
    """Units that a store has promised to a line, and how: RESERVED or ALLOCATED."""

    line_id: str
    sku: str
    store_id: str
    quantity: int
    status: AllocationStatus


def promises(order: Order, *statuses: AllocationStatus, store_id: str | None = None) -> list[Promise]:
    """Return what stores still owe the order, of these statuses; of one store only where it is named."""
    return [
        Promise(line.line_id, line.sku, part.store_id, part.unshipped, part.status)
        for line in order.lines
        for part in line.allocations
        if part.status in statuses and store_id in (None, part.store_id)
    ]


def unassigned(order: Order) -> list[Demand]:
    """Return what no store has promised: units ordered that are neither cancelled, shipped nor promised."""
    missing = (
        (line, line.kept - sum(part.quantity for part in line.allocations if part.status in HELD))
        for line in order.lines
    )
    return [Demand(line.line_id, line.sku, quantity) for line, quantity in missing if quantity]


def refused_by(order: Order, line_id: str) -> set[str]:
    """Return the stores that have turned the line down or let it lie; it is not offered to them again."""
    line = next(line for line in order.lines if line.line_id == line_id)
    return {part.store_id for part in line.allocations if part.status not in HELD}


def settle(order: Order, now: datetime, cause: str) -> Order:
    """Return the order in the state that follows from its lines."""
    status = _status_of_lines(order)
    return order if status is order.status else enter(order, status, now, cause)


def enter(order: Order, status: OrderStatus, now: datetime, cause: str) -> Order:
    """
    Return the order in a new state.

    Raises:
        IllegalTransition: Its life cycle has no such step.
    """
    if status not in TRANSITIONS[order.status]:
        raise IllegalTransition("order", order.order_id, order.status, status)
    step = Change(now, order.status, status, cause)
    return _replace(order, status=status, updated_at=now, history=(*order.history, step))


def bumped(order: Order) -> Order:
    """Return the order with its version one higher: once for each transaction that changes it."""
    return _replace(order, version=order.version + 1)


def line_total(line: Line, currency: str) -> tuple[Money, Money]:
    """Return the net amount and the tax of what is not cancelled of a line."""
    return cost_of(line, line.kept, currency)


def cost_of(line: Line, units: int, currency: str) -> tuple[Money, Money]:
    """
    Return the net amount and the tax of the first so many units of a line.

    It is a running total: what later units cost is the difference, so that parts of a line add up to it.
    """
    return Money(line.net, currency).share(units, line.quantity), Money(line.tax, currency).share(units, line.quantity)


_replace = msgspec.structs.replace


def _status_of_lines(order: Order) -> OrderStatus:
    if promises(order, AllocationStatus.RESERVED):
        return order.status
    shipped = any(line.shipped for line in order.lines)
    if promises(order, AllocationStatus.ALLOCATED):
        return OrderStatus.PARTIALLY_SHIPPED if shipped else OrderStatus.ACKNOWLEDGED
    if shipped:
        return OrderStatus.SHIPPED
    return OrderStatus.UNFULFILLABLE if _nobody_could(order) else OrderStatus.CANCELLED


def _nobody_could(order: Order) -> bool:
    return order.cancellation is not None and order.cancellation.reason is CancelReason.NO_STORE_LEFT
