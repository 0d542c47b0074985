"""What a carrier does to a parcel that nobody wants."""

from collections import deque

from sandbox_server.domain.errors import IllegalTransition
from sandbox_server.domain.shipments import TRANSITIONS, Shipment, ShipmentStatus


def check_on_its_way(shipment: Shipment, what: str) -> None:
    """
    Raise where nothing can happen to a parcel any more.

    Args:
        what: What is to happen to it, as in "lost".

    Raises:
        IllegalTransition: It has arrived, at the buyer's or back at its sender's.
    """
    if not TRANSITIONS[shipment.status]:
        raise IllegalTransition("shipment", shipment.shipment_id, shipment.status, what)


def way_back(status: ShipmentStatus) -> tuple[ShipmentStatus, ...]:
    """Return the shortest way to the sender that the life of a parcel has; nothing where it has none."""
    ways: deque[tuple[ShipmentStatus, ...]] = deque([()])
    while ways:
        way = ways.popleft()
        for step in sorted(TRANSITIONS[way[-1] if way else status]):
            if step is ShipmentStatus.RETURN_TO_SENDER:
                return (*way, step)
            if step not in way:
                ways.append((*way, step))
    return ()
