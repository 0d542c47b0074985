"""Parcels: handed over by stores, moved by a simulated carrier or by what the client's own carrier says."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sandbox_server.domain import shipments as rules
from sandbox_server.domain.errors import Duplicate, Fault, NotFound, Unprocessable
from sandbox_server.domain.events import DueKind, EventType
from sandbox_server.domain.shipments import (
    Carrier,
    Parcel,
    Shipment,
    ShipmentLine,
    ShipmentStatus,
    TrackingEvent,
)
from sandbox_server.kernel.ids import make_id
from sandbox_server.services import inventory, orders, settlements
from sandbox_server.services.happenings import emit, schedule
from sandbox_server.services.ports import Transaction

_EVENTS = {
    ShipmentStatus.DELIVERED: EventType.SHIPMENT_DELIVERED,
    ShipmentStatus.DELIVERY_FAILED: EventType.SHIPMENT_FAILED,
}


class Dispatch(NamedTuple):
    """What a store says it has handed over; `lines` are line ids with units."""

    order_id: str
    store_id: str
    lines: Sequence[tuple[str, int]]
    carrier: Carrier
    tracking_number: str
    shipped_at: datetime
    packages: tuple[Parcel, ...]


def get(tx: Transaction, shipment_id: str) -> Shipment:
    """
    Return a shipment.

    Raises:
        NotFound: There is none with this id.
    """
    shipment = tx.shipments.get(shipment_id)
    if shipment is None:
        raise NotFound("shipment", shipment_id)
    return shipment


def create(tx: Transaction, dispatch: Dispatch) -> Shipment:
    """
    Ship units of an order from a store: its stock leaves, and the carrier takes over.

    Raises:
        NotFound: There is no such order.
        IllegalTransition: The order is not acknowledged, or is over.
        Unprocessable: The store holds less of it, a line is named twice, or the tracking number or time cannot be.
        Duplicate: The carrier's tracking number is another shipment's.
        InsufficientStock: The store has reported fewer on hand.
    """
    order = orders.get(tx, dispatch.order_id)
    rules.check_tracking_number(dispatch.carrier, dispatch.tracking_number)
    rules.check_shipped_at(dispatch.shipped_at, order.placed_at, tx.now)
    orders.hand_over(tx, order, dispatch.store_id, _quantities(dispatch))
    shipment = _shipment(tx, dispatch, {line.line_id: line.sku for line in order.lines})
    if next(tx.shipments.select(tracking=shipment.tracking_key), None) is not None:
        raise Duplicate(f"{dispatch.carrier} {dispatch.tracking_number} is another shipment's tracking number.")
    for line in shipment.lines:
        inventory.hand_over(tx, shipment.store_id, line.sku, line.quantity, shipment.shipment_id)
    settlements.note_sale(tx, order, shipment)
    return _save(tx, shipment)


def track(tx: Transaction, shipment_id: str, event: TrackingEvent) -> Shipment:
    """
    Move a parcel on its way.

    Raises:
        NotFound: There is no such shipment.
        IllegalTransition: A parcel does not go from where it is to there.
    """
    shipment = rules.track(get(tx, shipment_id), event, tx.now)
    _save(tx, shipment)
    if event.status in _EVENTS:
        emit(tx, _EVENTS[event.status], shipment_id)
    if event.status is ShipmentStatus.DELIVERED:
        orders.deliver(tx, shipment.order_id)
    return shipment


def carrier_step(tx: Transaction, shipment_id: str) -> None:
    """Have the simulated carrier do what it does next."""
    shipment = get(tx, shipment_id)
    step = rules.carrier_step(shipment, tx.seed)
    if step is not None:
        track(tx, shipment_id, TrackingEvent(step.status, tx.now))


def _quantities(dispatch: Dispatch) -> dict[str, int]:
    quantities = dict(dispatch.lines)
    if len(quantities) < len(dispatch.lines):
        ids = [line_id for line_id, _ in dispatch.lines]
        place = next(place for place, line_id in enumerate(ids) if line_id in ids[:place])
        fault = Fault(f"/lines/{place}/lineId", "REPEATED", f"Line {ids[place]} is named above already.")
        raise Unprocessable("A line is named twice; add its quantities up.", [fault])
    return quantities


def _shipment(tx: Transaction, dispatch: Dispatch, skus: dict[str, str]) -> Shipment:
    return Shipment(
        make_id(tx.seed, "shp", tx.shipments.count() + 1),
        dispatch.order_id,
        dispatch.store_id,
        ShipmentStatus.LABELLED,
        dispatch.carrier,
        dispatch.tracking_number,
        dispatch.shipped_at,
        tuple(ShipmentLine(line_id, skus[line_id], quantity) for line_id, quantity in dispatch.lines),
        dispatch.packages,
        (TrackingEvent(ShipmentStatus.LABELLED, tx.now),),
        created_at=tx.now,
        updated_at=tx.now,
    )


def _save(tx: Transaction, shipment: Shipment) -> Shipment:
    tx.shipments.put(shipment)
    step = rules.carrier_step(shipment, tx.seed)
    schedule(tx, DueKind.CARRIER_STEP, shipment.shipment_id, step.due if step is not None else None)
    return shipment
