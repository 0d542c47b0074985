"""What happened in the marketplace, and what is due to happen."""

from datetime import datetime
from enum import StrEnum

import msgspec


class EventType(StrEnum):
    """Kinds of things that happened (contract, "Events and webhooks")."""

    __hash__ = str.__hash__  # an enumeration's own is no C function, and every stock report asks for it

    ORDER_CREATED = "order.created"
    ORDER_REASSIGNED = "order.reassigned"
    ORDER_CANCELLED = "order.cancelled"
    ORDER_LATE = "order.late"
    SHIPMENT_DELIVERED = "shipment.delivered"
    SHIPMENT_FAILED = "shipment.failed"
    RETURN_AUTHORISED = "return.authorised"
    RETURN_EXPIRED = "return.expired"
    INVENTORY_LOW = "inventory.low"
    INVENTORY_STALE = "inventory.stale"
    PRICE_REJECTED = "price.rejected"
    REPORT_DONE = "report.done"
    ACCOUNT_WARNING = "account.warning"
    SUBSCRIPTION_TEST = "subscription.test"


class Event(msgspec.Struct, frozen=True, array_like=True):
    """Something that happened; `subject` is the id of the order, shipment, return, … that it happened to."""

    event_id: str
    type: EventType
    at: datetime
    subject: str
    cause: str


class DueKind(StrEnum):
    """Kinds of things the clock does when their time has come."""

    ACKNOWLEDGE_BY = "acknowledge_by"
    SHIP_BY = "ship_by"
    CANCEL_LATE = "cancel_late"
    CARRIER_STEP = "carrier_step"
    RETURN_EXPIRY = "return_expiry"
    RETURN_CLOSING = "return_closing"
    RETURN_HOLD = "return_hold"
    SETTLEMENT = "settlement"
    ARRIVAL = "arrival"
    STOCK_STALE = "stock_stale"
    WEBHOOK = "webhook"
    SUBSCRIPTION_FAILING = "subscription_failing"
    REPORT_STEP = "report_step"


class DueEvent(msgspec.Struct, frozen=True, array_like=True):
    """
    Something the clock has to do; there is one of a kind for a subject at a time.

    Args:
        kind: What.
        subject: The id of the order, shipment or return it is about; for arrivals, just their name.
        due: When; those of one instant run in order of `sequence`.
        sequence: A number that grows with each scheduling.
    """

    kind: DueKind
    subject: str
    due: datetime
    sequence: int

    @property
    def key(self) -> str:
        """What names it, as in `ship_by/ord_…`."""
        return due_key(self.kind, self.subject)


def due_key(kind: DueKind, subject: str) -> str:
    """Return the key of what is due for a subject."""
    return f"{kind}/{subject}"


class Change(msgspec.Struct, frozen=True, array_like=True):
    """A step in a life cycle: when, from what (None at the beginning), to what, and the request or event behind it."""

    at: datetime
    origin: str | None
    to: str
    cause: str
