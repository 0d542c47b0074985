"""Requests in the domain's words."""

from datetime import UTC, datetime, time
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox_server.api.acorn import intake
from sandbox_server.domain.catalogue import Dimensions
from sandbox_server.domain.errors import Unprocessable
from sandbox_server.domain.fulfilment import Decision
from sandbox_server.domain.inventory import StockReport
from sandbox_server.domain.orders import RejectReason
from sandbox_server.domain.returns import RefundLine
from sandbox_server.domain.shipments import Parcel, ShipmentStatus, TrackingEvent
from sandbox_server.domain.stores import Capability, Span, StoreStatus
from sandbox_server.kernel.geo import Location
from tests.api.acorn.shop import new_store, refund, report, shipment

NOW = datetime(2026, 11, 27, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("if_match", "versions"),
    [
        (None, None),
        ("*", None),
        (" * ", None),
        ('"3"', {3}),
        ('"3", "12"', {3, 12}),
        ('W/"3"', set()),
        ('W/"3", "4"', {4}),
        ('"0"', set()),
        ('"03"', set()),
        ('"-3"', set()),
        ('"abc"', set()),
        ('"99999999999"', set()),
        ('"\u0663"', set()),
    ],
)
def test_an_if_match_names_the_versions_that_are_ours(if_match: str | None, versions: set[int] | None) -> None:
    assert intake.versions(if_match) == versions


def test_a_new_store_is_read_with_all_its_members() -> None:
    store = intake.new_store(new_store(), NOW)
    assert (store.store_id, store.status, store.version) == ("S0009", StoreStatus.ACTIVE, 1)
    assert store.location == store.address.location == Location(39.2833, -76.6)
    assert store.opening_hours[0] == (Span(time(9), time(12, 30)), Span(time(13, 30), time(21)))
    assert store.opening_hours[1:] == ((),) * 6
    assert store.capabilities == (Capability.SHIP_FROM_STORE,)
    assert (store.cut_off, store.daily_order_capacity, store.safety_stock) == (time(16), 80, 2)
    assert (store.address.line2, store.address.region, store.address.postal_code) == ("Floor 2", "MD", "21202")
    assert store.created_at == store.updated_at == NOW


def test_a_change_names_only_what_is_given() -> None:
    assert intake.store_changes({"cutOff": "17:30", "safetyStock": 0}) == {"cut_off": time(17, 30), "safety_stock": 0}


def test_a_whole_number_of_degrees_is_a_place() -> None:
    changes = intake.store_changes(
        {"address": {**new_store()["address"], "location": {"latitude": 40, "longitude": 0}}}
    )
    assert changes["location"] == Location(40.0, 0.0)
    assert isinstance(changes["location"].latitude, float)


@pytest.mark.parametrize("zone", ["Nowhere/Atlantis", "America", "", "/etc/passwd", "../UTC", "A" * 64, "UTC\x00"])
def test_a_time_zone_that_is_none_is_refused(zone: str) -> None:
    with pytest.raises(Unprocessable) as refusal:
        intake.store_changes({"timeZone": zone})
    assert [fault.pointer for fault in refusal.value.faults] == ["/timeZone"]


def test_days_without_opening_and_spans_that_touch_are_read_and_judged() -> None:
    touching = {"monday": [{"opens": "09:00", "closes": "12:00"}, {"opens": "12:00", "closes": "15:00"}]}
    with pytest.raises(Unprocessable):
        intake.store_changes({"openingHours": touching})
    assert intake.store_changes({"openingHours": {}}) == {"opening_hours": ((),) * 7}


def test_instants_are_cut_to_the_millisecond_and_turned_to_utc() -> None:
    row = SimpleNamespace(**report(asOf="2026-11-27T20:30:00.0019+05:30")["items"][0])
    assert intake.stock_reports([row]) == [
        StockReport("S0001", "SKU-1", 25, 8, datetime(2026, 11, 27, 15, 0, 0, 1000, UTC))
    ]


def test_a_reason_counts_for_a_rejection_alone() -> None:
    lines = [
        {"lineId": "1", "decision": "ACCEPT", "reason": "DAMAGED"},
        {"lineId": "2", "decision": "REJECT", "reason": "DAMAGED", "storeId": "S0001"},
        {"lineId": "3", "decision": "REJECT"},
    ]
    assert intake.decisions({"lines": lines}) == [
        Decision("1", True, None, None),
        Decision("2", False, RejectReason.DAMAGED, "S0001"),
        Decision("3", False, None, None),
    ]


def test_packages_may_tell_their_size() -> None:
    size = {"lengthMm": 3, "widthMm": 2, "heightMm": 1}
    body = shipment("ord_1", packages=[{"weightGrams": 5}, {"weightGrams": 6, "dimensions": size}])
    dispatch = intake.dispatch(body)
    assert dispatch.packages == (Parcel(5), Parcel(6, Dimensions(3, 2, 1)))
    assert dispatch.lines == [("1", 1)]
    assert dispatch.shipped_at == NOW


def test_a_tracking_event_may_say_where_and_what() -> None:
    body: dict[str, Any] = {"status": "PICKED_UP", "occurredAt": "2026-11-27T15:00:00Z"}
    assert intake.tracking_event(body) == TrackingEvent(ShipmentStatus.PICKED_UP, NOW)
    told = intake.tracking_event(body | {"description": "Scanned", "location": "Newark"})
    assert (told.description, told.location) == ("Scanned", "Newark")


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.90", "USD", 1290),
        ("0.00", "USD", 0),
        ("1290", "JPY", 1290),
        ("1.290", "KWD", 1290),
        ("0.1290", "CLF", 1290),
    ],
)
def test_an_amount_is_read_with_its_currencys_own_decimals(amount: str, currency: str, minor: int) -> None:
    assert intake.refund_lines(refund(amount, currency=currency), currency) == [RefundLine("1", 1, minor)]


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("12.9", "USD"), ("12", "USD"), ("12.900", "USD"), ("12.00", "JPY"), ("12.90", "KWD"), ("12.90", "EUR")],
)
def test_an_amount_with_other_decimals_or_in_another_currency_is_refused(amount: str, currency: str) -> None:
    orders_own = "USD" if currency == "EUR" else currency
    with pytest.raises(Unprocessable) as refusal:
        intake.refund_lines(refund(amount, currency=currency), orders_own)
    assert [(fault.pointer, fault.code) for fault in refusal.value.faults] == [("/lines/0/amount", "AMOUNT")]
