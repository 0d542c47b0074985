"""A parcel's way: legal steps, times that can be, and a carrier that the seed moves."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.domain.errors import IllegalTransition, Unprocessable
from sandbox_server.domain.shipments import (
    TRANSITIONS,
    Carrier,
    Shipment,
    ShipmentStatus,
    TrackingEvent,
    carrier_step,
    check_shipped_at,
    check_tracking_number,
    track,
)
from sandbox_server.kernel.clock import whole_milliseconds
from sandbox_server.kernel.randomness import fraction
from tests.domain.builders import NOW, a_shipment, faults_of

S = ShipmentStatus
HOUR = timedelta(hours=1)
WAY = [S.LABELLED, S.PICKED_UP, S.IN_TRANSIT, S.OUT_FOR_DELIVERY]
WAYS = {state: WAY[: place + 1] for place, state in enumerate(WAY)} | {
    S.DELIVERED: [*WAY, S.DELIVERED],
    S.DELIVERY_FAILED: [*WAY, S.DELIVERY_FAILED],
    S.RETURN_TO_SENDER: [*WAY, S.DELIVERY_FAILED, S.RETURN_TO_SENDER],
}


def seen(*states: ShipmentStatus) -> Shipment:
    return a_shipment(*[TrackingEvent(state, NOW + place * HOUR) for place, state in enumerate(states)])


def in_state(state: ShipmentStatus) -> Shipment:
    return seen(*WAYS[state])


@pytest.mark.parametrize(
    ("carrier", "number"),
    [
        (Carrier.UPS, "1Z999AA10123456784"),
        (Carrier.FEDEX, "999999999999"),
        (Carrier.FEDEX, "999999999999999"),
        (Carrier.USPS, "9400111899223197428490"),
        (Carrier.DHL, "1234567890"),
        (Carrier.ACORN, "AC000000000001"),
    ],
)
def test_a_tracking_number_of_its_carriers_form_passes(carrier: Carrier, number: str) -> None:
    check_tracking_number(carrier, number)


@pytest.mark.parametrize(
    ("carrier", "number"),
    [
        (Carrier.UPS, "1Z999AA1012345678"),
        (Carrier.UPS, "1z999aa10123456784"),
        (Carrier.UPS, "1Z999AA10123456784\n"),
        (Carrier.FEDEX, "9999999999999"),
        (Carrier.FEDEX, "999999999999X"),
        (Carrier.USPS, "8400111899223197428490"),
        (Carrier.DHL, "12345678901"),
        (Carrier.DHL, "\uff11234567890"),
        (Carrier.ACORN, "000000000001"),
        (Carrier.ACORN, ""),
    ],
)
def test_a_tracking_number_of_another_form_is_refused_with_the_right_one(carrier: Carrier, number: str) -> None:
    with pytest.raises(Unprocessable) as refusal:
        check_tracking_number(carrier, number)
    assert faults_of(refusal.value) == [("/trackingNumber", "TRACKING_FORM")]
    assert refusal.value.faults[0].message.startswith(f"{carrier.value} tracking numbers have the form ")


@pytest.mark.parametrize("shipped_at", [NOW, NOW + HOUR, NOW + 2 * HOUR])
def test_goods_leave_between_the_order_and_now(shipped_at: datetime) -> None:
    check_shipped_at(shipped_at, placed_at=NOW, now=NOW + 2 * HOUR)


@pytest.mark.parametrize(
    ("hours", "code", "message"),
    [
        (2.001, "IN_FUTURE", "It is 2026-11-27T17:00:00+00:00 now; goods cannot have left later than that."),
        (-0.001, "BEFORE_ORDER", "The order was placed at 2026-11-27T15:00:00+00:00."),
    ],
)
def test_goods_that_left_before_the_order_or_in_the_future_are_refused(hours: float, code: str, message: str) -> None:
    with pytest.raises(Unprocessable, match=r"^The goods cannot have left at that time\.$") as refusal:
        check_shipped_at(NOW + hours * HOUR, placed_at=NOW, now=NOW + 2 * HOUR)
    assert [tuple(fault) for fault in refusal.value.faults] == [("/shippedAt", code, message)]


@pytest.mark.parametrize("wanted", list(S))
@pytest.mark.parametrize("state", list(S))
def test_a_parcel_takes_the_steps_of_its_table_and_no_other(state: ShipmentStatus, wanted: ShipmentStatus) -> None:
    parcel = in_state(state)
    event = TrackingEvent(wanted, NOW + 9 * HOUR, "Seen at the depot", "Newark")
    if wanted in TRANSITIONS[state]:
        tracked = track(parcel, event, NOW + 10 * HOUR)
        assert (tracked.status, tracked.version, tracked.updated_at) == (wanted, 2, NOW + 10 * HOUR)
        assert tracked.tracking_events == (*parcel.tracking_events, event)
    else:
        with pytest.raises(IllegalTransition, match=f"Shipment shp_1 is {state}; it cannot become {wanted}"):
            track(parcel, event, NOW + 10 * HOUR)


@pytest.mark.parametrize(
    ("hours", "faults"),
    [
        (1, []),
        (5, []),
        (5.001, [("/occurredAt", "IN_FUTURE")]),
        (0.999, [("/occurredAt", "BEFORE_LAST_EVENT")]),
    ],
)
def test_an_event_lies_between_the_last_one_and_now(hours: float, faults: list[tuple[str, str]]) -> None:
    event = TrackingEvent(S.IN_TRANSIT, NOW + hours * HOUR)
    if not faults:
        assert track(seen(S.LABELLED, S.PICKED_UP), event, NOW + 5 * HOUR).tracking_events[-1] == event
        return
    with pytest.raises(Unprocessable, match=r"^Nothing can have happened to the parcel at that time\.$") as refusal:
        track(seen(S.LABELLED, S.PICKED_UP), event, NOW + 5 * HOUR)
    assert faults_of(refusal.value) == faults


def test_a_parcel_may_be_picked_up_before_the_marketplace_learns_of_it_but_not_before_it_left() -> None:
    parcel = a_shipment(TrackingEvent(S.LABELLED, NOW), shipped_at=NOW - 2 * HOUR)
    assert track(parcel, TrackingEvent(S.PICKED_UP, NOW - 2 * HOUR), NOW).status is S.PICKED_UP
    with pytest.raises(Unprocessable) as refusal:
        track(parcel, TrackingEvent(S.PICKED_UP, NOW - 2.001 * HOUR), NOW)
    assert refusal.value.faults[0].message == "The parcel was seen last at 2026-11-27T13:00:00+00:00."


def test_a_tracking_key_names_carrier_and_number() -> None:
    assert a_shipment().tracking_key == "UPS/1Z999AA10123456784"


@pytest.mark.parametrize(
    ("state", "following", "soonest", "latest"),
    [
        (S.LABELLED, {S.PICKED_UP}, 1, 5),
        (S.PICKED_UP, {S.IN_TRANSIT}, 2, 10),
        (S.IN_TRANSIT, {S.OUT_FOR_DELIVERY}, 12, 60),
        (S.OUT_FOR_DELIVERY, {S.DELIVERED, S.DELIVERY_FAILED}, 1, 9),
        (S.DELIVERY_FAILED, {S.OUT_FOR_DELIVERY, S.RETURN_TO_SENDER}, 14, 24),
    ],
)
def test_the_carrier_takes_its_time_between_two_bounds(
    state: ShipmentStatus, following: set[ShipmentStatus], soonest: int, latest: int
) -> None:
    parcel = in_state(state)
    taken = [carrier_step(parcel, seed) for seed in range(2000)]
    hours = [(step.due - parcel.tracking_events[-1].occurred_at) / HOUR for step in taken if step is not None]
    assert {step.status for step in taken if step is not None} == following
    assert len(hours) == 2000
    assert soonest <= min(hours) < soonest + (latest - soonest) / 100
    assert latest - (latest - soonest) / 100 < max(hours) <= latest


@pytest.mark.parametrize("state", [S.DELIVERED, S.RETURN_TO_SENDER])
def test_the_carrier_is_done_at_the_end_of_the_way(state: ShipmentStatus) -> None:
    assert carrier_step(in_state(state), 7) is None


def travelled(seed: int, shipment_id: str) -> Shipment:
    parcel = a_shipment(shipment_id=shipment_id)
    while (step := carrier_step(parcel, seed)) is not None:
        parcel = track(parcel, TrackingEvent(step.status, step.due), step.due)
    return parcel


@given(st.integers(), st.text("0123456789abcdef", min_size=1, max_size=8))
def test_every_parcel_arrives_somewhere_in_whole_milliseconds_and_the_same_way_again(seed: int, number: str) -> None:
    parcel = travelled(seed, f"shp_{number}")
    times = [event.occurred_at for event in parcel.tracking_events]
    assert parcel.status in {S.DELIVERED, S.RETURN_TO_SENDER}
    assert times == sorted(times) == [whole_milliseconds(at) for at in times]
    assert parcel == travelled(seed, f"shp_{number}")


def test_two_in_a_hundred_fail_once_and_half_of_those_go_back() -> None:
    parcels = [travelled(7, f"shp_{number}") for number in range(5000)]
    ways = Counter(tuple(event.status for event in parcel.tracking_events[4:]) for parcel in parcels)
    assert set(ways) == {
        (S.DELIVERED,),
        (S.DELIVERY_FAILED, S.OUT_FOR_DELIVERY, S.DELIVERED),
        (S.DELIVERY_FAILED, S.RETURN_TO_SENDER),
    }
    again, back = ways[S.DELIVERY_FAILED, S.OUT_FOR_DELIVERY, S.DELIVERED], ways[S.DELIVERY_FAILED, S.RETURN_TO_SENDER]
    assert 75 <= again + back <= 125
    assert 0.35 <= back / (again + back) <= 0.65


def test_a_parcel_that_failed_once_is_delivered_at_the_second_try_whatever_is_drawn() -> None:
    parcel = seen(*WAY, S.DELIVERY_FAILED, S.OUT_FOR_DELIVERY)
    unlucky = next(seed for seed in range(10_000) if fraction(seed, "carrier/shp_1/6") < 0.02)
    step = carrier_step(parcel, unlucky)
    assert step is not None
    assert step.status is S.DELIVERED
