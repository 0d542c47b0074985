from itertools import pairwise

import pytest

from sandbox_server.domain.errors import IllegalTransition
from sandbox_server.domain.mishaps import check_on_its_way, way_back
from sandbox_server.domain.shipments import TRANSITIONS, ShipmentStatus, TrackingEvent
from tests.domain.builders import NOW, a_shipment

ENDS = {ShipmentStatus.DELIVERED, ShipmentStatus.RETURN_TO_SENDER}
ON_THEIR_WAY = sorted(set(ShipmentStatus) - ENDS)


@pytest.mark.parametrize("status", ON_THEIR_WAY)
def test_every_parcel_on_its_way_has_a_legal_way_back_to_its_sender(status: ShipmentStatus) -> None:
    way = [status, *way_back(status)]
    assert way[-1] is ShipmentStatus.RETURN_TO_SENDER
    assert all(after in TRANSITIONS[before] for before, after in pairwise(way))


def test_the_way_back_is_the_shortest() -> None:
    assert way_back(ShipmentStatus.DELIVERY_FAILED) == (ShipmentStatus.RETURN_TO_SENDER,)
    assert way_back(ShipmentStatus.IN_TRANSIT) == (
        ShipmentStatus.OUT_FOR_DELIVERY,
        ShipmentStatus.DELIVERY_FAILED,
        ShipmentStatus.RETURN_TO_SENDER,
    )


@pytest.mark.parametrize("status", sorted(ENDS))
def test_a_parcel_that_has_arrived_does_not_go_back(status: ShipmentStatus) -> None:
    assert way_back(status) == ()


@pytest.mark.parametrize("status", ON_THEIR_WAY)
def test_anything_can_happen_to_a_parcel_on_its_way(status: ShipmentStatus) -> None:
    check_on_its_way(a_shipment(TrackingEvent(status, NOW)), "lost")


@pytest.mark.parametrize("status", sorted(ENDS))
def test_nothing_happens_to_a_parcel_that_has_arrived(status: ShipmentStatus) -> None:
    with pytest.raises(IllegalTransition, match="cannot be lost"):
        check_on_its_way(a_shipment(TrackingEvent(status, NOW)), "lost")
