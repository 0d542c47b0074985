"""A parcel's way from a store to a buyer."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import msgspec

from sandbox_server.domain.catalogue import Dimensions
from sandbox_server.domain.errors import Fault, IllegalTransition, Unprocessable
from sandbox_server.kernel.clock import whole_milliseconds
from sandbox_server.kernel.randomness import fraction


class ShipmentStatus(StrEnum):
    """Where a parcel is."""

    LABELLED = "LABELLED"
    PICKED_UP = "PICKED_UP"
    IN_TRANSIT = "IN_TRANSIT"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    DELIVERED = "DELIVERED"
    DELIVERY_FAILED = "DELIVERY_FAILED"
    RETURN_TO_SENDER = "RETURN_TO_SENDER"


_S = ShipmentStatus
TRANSITIONS: Mapping[ShipmentStatus, frozenset[ShipmentStatus]] = {
    _S.LABELLED: frozenset({_S.PICKED_UP}),
    _S.PICKED_UP: frozenset({_S.IN_TRANSIT}),
    _S.IN_TRANSIT: frozenset({_S.IN_TRANSIT, _S.OUT_FOR_DELIVERY}),
    _S.OUT_FOR_DELIVERY: frozenset({_S.DELIVERED, _S.DELIVERY_FAILED}),
    _S.DELIVERY_FAILED: frozenset({_S.OUT_FOR_DELIVERY, _S.RETURN_TO_SENDER}),
    _S.DELIVERED: frozenset(),
    _S.RETURN_TO_SENDER: frozenset(),
}

BEGINNINGS = frozenset({_S.LABELLED})
"""What a parcel can be at first."""


class Carrier(StrEnum):
    """Who carries it."""

    UPS = "UPS"
    FEDEX = "FEDEX"
    USPS = "USPS"
    DHL = "DHL"
    ACORN = "ACORN"


# Source: the carriers' public descriptions of their tracking numbers; ACORN is the marketplace's own carrier.
TRACKING_FORMS: Mapping[Carrier, str] = {
    Carrier.UPS: "1Z[0-9A-Z]{16}",
    Carrier.FEDEX: "[0-9]{12}|[0-9]{15}",
    Carrier.USPS: "9[0-9]{21}",
    Carrier.DHL: "[0-9]{10}",
    Carrier.ACORN: "AC[0-9]{12}",
}


class Parcel(msgspec.Struct, frozen=True, array_like=True):
    """One of a shipment's packages."""

    weight_grams: int
    dimensions: Dimensions | None = None


class ShipmentLine(msgspec.Struct, frozen=True, array_like=True):
    """So many of an order's line."""

    line_id: str
    sku: str
    quantity: int


class TrackingEvent(msgspec.Struct, frozen=True, array_like=True):
    """What a carrier says of a parcel, and when and where it was so."""

    status: ShipmentStatus
    occurred_at: datetime
    description: str | None = None
    location: str | None = None


class Shipment(msgspec.Struct, frozen=True, array_like=True):
    """Goods of one order that left one store under one tracking number."""

    shipment_id: str
    order_id: str
    store_id: str
    status: ShipmentStatus
    carrier: Carrier
    tracking_number: str
    shipped_at: datetime
    lines: tuple[ShipmentLine, ...]
    packages: tuple[Parcel, ...]
    tracking_events: tuple[TrackingEvent, ...]
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @property
    def tracking_key(self) -> str:
        """What only one shipment may have, as in `UPS/1Z…`."""
        return f"{self.carrier}/{self.tracking_number}"


class CarrierStep(NamedTuple):
    """What the carrier does next, and when."""

    status: ShipmentStatus
    due: datetime


def check_tracking_number(carrier: Carrier, tracking_number: str) -> None:
    """
    Raise where a tracking number is not of its carrier's form.

    Raises:
        Unprocessable: With the form that is wanted.
    """
    if re.fullmatch(TRACKING_FORMS[carrier], tracking_number, re.ASCII) is None:
        message = f"{carrier} tracking numbers have the form {TRACKING_FORMS[carrier]}."
        raise Unprocessable(
            "The tracking number is not one of the carrier's.", [Fault("/trackingNumber", "TRACKING_FORM", message)]
        )


def check_shipped_at(shipped_at: datetime, placed_at: datetime, now: datetime) -> None:
    """
    Raise where goods are said to have left before they were ordered, or in the future.

    Raises:
        Unprocessable: Naming the bound.
    """
    if shipped_at > now:
        fault = Fault(
            "/shippedAt", "IN_FUTURE", f"It is {now.isoformat()} now; goods cannot have left later than that."
        )
    elif shipped_at < placed_at:
        fault = Fault("/shippedAt", "BEFORE_ORDER", f"The order was placed at {placed_at.isoformat()}.")
    else:
        return
    raise Unprocessable("The goods cannot have left at that time.", [fault])


def track(shipment: Shipment, event: TrackingEvent, now: datetime) -> Shipment:
    """
    Return the shipment after another tracking event.

    Raises:
        IllegalTransition: The life cycle has no such step.
        Unprocessable: It is said to have happened in the future, or before the parcel was seen last.
    """
    if event.status not in TRANSITIONS[shipment.status]:
        raise IllegalTransition("shipment", shipment.shipment_id, shipment.status, event.status)
    _check_occurred_at(event.occurred_at, _last_moved(shipment), now)
    return msgspec.structs.replace(
        shipment,
        status=event.status,
        tracking_events=(*shipment.tracking_events, event),
        updated_at=now,
        version=shipment.version + 1,
    )


def carrier_step(shipment: Shipment, seed: int) -> CarrierStep | None:
    """
    Return the simulated carrier's next step, counted from the last event; None at the end of the way.

    Two parcels in a hundred are not delivered at the first try; half of those go back to the sender.
    """
    draw = fraction(seed, f"carrier/{shipment.shipment_id}/{len(shipment.tracking_events)}")
    step = _next_step(shipment, draw)
    if step is None:
        return None
    status, soonest, latest = step
    due = shipment.tracking_events[-1].occurred_at + soonest + (latest - soonest) * draw
    return CarrierStep(status, whole_milliseconds(due))


def _last_moved(shipment: Shipment) -> datetime:
    # The marketplace's own LABELLED comes when it learns of the parcel, which may be after the parcel has left.
    return shipment.shipped_at if shipment.status is _S.LABELLED else shipment.tracking_events[-1].occurred_at


def _check_occurred_at(occurred_at: datetime, before: datetime, now: datetime) -> None:
    if occurred_at > now:
        fault = Fault("/occurredAt", "IN_FUTURE", f"It is {now.isoformat()} now; nothing can have happened later.")
    elif occurred_at < before:
        fault = Fault("/occurredAt", "BEFORE_LAST_EVENT", f"The parcel was seen last at {before.isoformat()}.")
    else:
        return
    raise Unprocessable("Nothing can have happened to the parcel at that time.", [fault])


def _next_step(shipment: Shipment, draw: float) -> tuple[ShipmentStatus, timedelta, timedelta] | None:
    match shipment.status:
        case _S.LABELLED:
            return _S.PICKED_UP, timedelta(hours=1), timedelta(hours=5)
        case _S.PICKED_UP:
            return _S.IN_TRANSIT, timedelta(hours=2), timedelta(hours=10)
        case _S.IN_TRANSIT:
            return _S.OUT_FOR_DELIVERY, timedelta(hours=12), timedelta(hours=60)
        case _S.OUT_FOR_DELIVERY:
            failed = draw < _FAILED and not _has_failed(shipment)
            return (_S.DELIVERY_FAILED if failed else _S.DELIVERED), timedelta(hours=1), timedelta(hours=9)
        case _S.DELIVERY_FAILED:
            back = draw < _GOES_BACK
            return (_S.RETURN_TO_SENDER if back else _S.OUT_FOR_DELIVERY), timedelta(hours=14), timedelta(hours=24)
        case _:
            return None


_FAILED = 0.02
_GOES_BACK = 0.5


def _has_failed(shipment: Shipment) -> bool:
    return any(event.status is _S.DELIVERY_FAILED for event in shipment.tracking_events)
