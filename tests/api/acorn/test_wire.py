"""Wire forms: pure functions from what is kept to what is sent."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox_server.api.acorn import inventory_wire, wire
from sandbox_server.domain.catalogue import Dimensions
from sandbox_server.domain.events import Change
from sandbox_server.domain.inventory import Cause, Movement, Quantity, ReportRefusal, StockReport
from sandbox_server.domain.orders import Buyer, Cancellation, CancelledBy, CancelReason, Line, Order, OrderStatus
from sandbox_server.domain.returns import (
    Condition,
    Receipt,
    ReceivedLine,
    Refund,
    RefundLine,
    Return,
    ReturnLine,
    ReturnReason,
    ReturnStatus,
)
from sandbox_server.domain.shipments import (
    Carrier,
    Parcel,
    Shipment,
    ShipmentLine,
    ShipmentStatus,
    TrackingEvent,
)
from sandbox_server.domain.stores import Address, ServiceLevel
from sandbox_server.services.codec import pack
from tests.domain.builders import a_level, a_store, released, shipped

NOW = datetime(2026, 11, 27, 15, tzinfo=UTC)
WIRE_NOW = "2026-11-27T15:00:00.000Z"
HERE = Address("1 Main Street", "Springfield", "US")


@pytest.mark.parametrize(
    ("at", "written"),
    [
        (NOW, WIRE_NOW),
        (NOW + timedelta(milliseconds=7), "2026-11-27T15:00:00.007Z"),
        (NOW + timedelta(microseconds=999_999), "2026-11-27T15:00:00.999Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000Z"),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), "9999-12-31T23:59:59.000Z"),
    ],
)
def test_instants_are_written_in_utc_with_milliseconds(at: datetime, written: str) -> None:
    assert wire.instant(at) == written


def test_an_etag_is_a_strong_one() -> None:
    assert wire.etag(12) == {"ETag": '"12"'}


def an_order(currency: str = "USD", **changes: Any) -> Order:
    line = Line("1", "SKU-1", "Mug", 3, unit_price=1999, tax=480, allocations=(shipped(2), released(1)), cancelled=1)
    order = Order(
        "ord_1",
        OrderStatus.SHIPPED,
        ServiceLevel.EXPEDITED,
        currency,
        Buyer("李小龍", "li@example.com", HERE),
        (line,),
        placed_at=NOW,
        updated_at=NOW,
        history=(Change(NOW, None, OrderStatus.NEW, "req_1"),),
    )
    return Order(**{**{name: getattr(order, name) for name in order.__struct_fields__}, **changes})


@pytest.mark.parametrize(
    ("currency", "unit_price", "tax", "total"),
    [
        ("USD", "19.99", "3.20", "43.18"),
        ("JPY", "1999", "320", "4318"),
        ("KWD", "1.999", "0.320", "4.318"),
        ("UYW", "0.1999", "0.0320", "0.4318"),
    ],
)
def test_money_is_written_with_its_currencys_own_decimals(currency: str, unit_price: str, tax: str, total: str) -> None:
    line = wire.order(pack(an_order(currency)))["lines"][0]
    assert [line[name] for name in ("unitPrice", "tax", "total")] == [
        {"amount": amount, "currency": currency} for amount in (unit_price, tax, total)
    ]


def test_an_orders_sums_are_of_what_is_not_cancelled() -> None:
    sale = wire.order(pack(an_order()))
    sums = {name: sale[name]["amount"] for name in ("subtotal", "tax", "total")}
    assert sums == {"subtotal": "39.98", "tax": "3.20", "total": "43.18"}
    assert (sale["lines"][0]["cancelledQuantity"], sale["lines"][0]["shippedQuantity"]) == (1, 2)


def test_what_has_no_value_is_left_out_and_never_null() -> None:
    sale = wire.order(pack(an_order()))
    assert {"acknowledgeBy", "shipBy", "deliverBy", "cancellation"}.isdisjoint(sale)
    assert sale["buyer"] == {
        "name": "李小龍",
        "email": "li@example.com",
        "address": {"line1": "1 Main Street", "city": "Springfield", "country": "US"},
    }
    assert sale["history"] == [{"at": WIRE_NOW, "to": "NEW", "cause": "req_1"}]


def test_what_is_false_or_nothing_in_number_is_not_left_out() -> None:
    sale = wire.order(pack(an_order()))
    assert sale["late"] is False
    assert sale["lines"][0]["allocations"][1]["shippedQuantity"] == 0


def test_a_cancellation_says_by_whom_why_when_and_what_else() -> None:
    end = Cancellation(CancelledBy.BUYER, CancelReason.OTHER, NOW, "Too late")
    said = {"by": "BUYER", "reason": "OTHER", "at": WIRE_NOW, "note": "Too late"}
    assert wire.order(pack(an_order(cancellation=end)))["cancellation"] == said


def test_parts_that_were_released_say_why() -> None:
    parts = wire.order(pack(an_order()))["lines"][0]["allocations"]
    assert [part.get("reason") for part in parts] == [None, "CANCELLED"]


def test_hours_are_written_for_every_day_and_minute() -> None:
    days = wire.store(pack(a_store(opening_hours=((), *a_store().opening_hours[1:]))))["openingHours"]
    assert list(days) == ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    assert (days["monday"], days["sunday"]) == ([], [{"opens": "09:00", "closes": "21:00"}])


def test_a_shipment_has_its_optional_members_where_they_are_known() -> None:
    parcel = Shipment(
        "shp_1",
        "ord_1",
        "S0001",
        ShipmentStatus.IN_TRANSIT,
        Carrier.UPS,
        "1Z",
        NOW,
        (ShipmentLine("1", "SKU-1", 2),),
        (Parcel(100), Parcel(200, Dimensions(3, 2, 1))),
        (
            TrackingEvent(ShipmentStatus.LABELLED, NOW),
            TrackingEvent(ShipmentStatus.PICKED_UP, NOW, "Scanned", "Newark, NJ"),
        ),
        created_at=NOW,
        updated_at=NOW + timedelta(hours=1),
    )
    sent = wire.shipment(pack(parcel))
    assert sent["packages"] == [
        {"weightGrams": 100},
        {"weightGrams": 200, "dimensions": {"lengthMm": 3, "widthMm": 2, "heightMm": 1}},
    ]
    assert sent["trackingEvents"] == [
        {"status": "LABELLED", "occurredAt": WIRE_NOW},
        {"status": "PICKED_UP", "occurredAt": WIRE_NOW, "description": "Scanned", "location": "Newark, NJ"},
    ]
    assert (sent["createdAt"], sent["updatedAt"]) == (WIRE_NOW, "2026-11-27T16:00:00.000Z")


def test_a_return_adds_each_refunds_lines_up() -> None:
    goods = Return(
        "ret_1",
        "ord_1",
        ReturnStatus.RECEIVED,
        "KWD",
        "S0001",
        (ReturnLine("1", "SKU-1", 3, ReturnReason.LATE, paid=3000, received=2, refunded_quantity=1, refunded=700),),
        expires_at=NOW,
        created_at=NOW,
        updated_at=NOW,
        history=(Change(NOW, None, ReturnStatus.AUTHORISED, "req_1"),),
        receipts=(Receipt("S0002", NOW, (ReceivedLine("1", 2, Condition.DAMAGED),)),),
        refunds=(Refund(NOW, (RefundLine("1", 1, 500), RefundLine("2", 1, 200))),),
    )
    sent = wire.rma(pack(goods))
    assert sent["lines"][0]["refunded"] == {"amount": "0.700", "currency": "KWD"}
    assert sent["lines"][0]["refundable"] == {"amount": "1.300", "currency": "KWD"}
    assert sent["refunds"][0]["total"] == {"amount": "0.700", "currency": "KWD"}
    assert [line["amount"]["amount"] for line in sent["refunds"][0]["lines"]] == ["0.500", "0.200"]
    assert sent["receipts"] == [
        {"storeId": "S0002", "receivedAt": WIRE_NOW, "lines": [{"lineId": "1", "quantity": 2, "condition": "DAMAGED"}]}
    ]


@pytest.mark.parametrize("refusal", ReportRefusal)
def test_every_reason_to_reject_an_item_of_a_report_is_explained(refusal: ReportRefusal) -> None:
    item = StockReport("S0001", "SKU-1", 1, 1, NOW)
    sent = inventory_wire.report_results([item, item], [None, refusal], lambda _: 901)
    assert (sent["accepted"], sent["rejected"]) == (1, 1)
    assert sent["items"][0] == {"storeId": "S0001", "sku": "SKU-1", "status": "ACCEPTED"}
    assert (sent["items"][1]["status"], sent["items"][1]["code"]) == ("REJECTED", refusal.value)
    assert sent["items"][1]["message"].endswith(".")
    assert ("901" in sent["items"][1]["message"]) == (refusal is ReportRefusal.STALE_SEQUENCE)


def test_a_level_is_judged_by_the_time_and_the_safety_stock_it_is_given() -> None:
    sent = inventory_wire.stock_level(a_level(10, 3, 2), 4, NOW + timedelta(minutes=16))
    assert (sent["available"], sent["stale"], sent["safetyStock"]) == (1, True, 4)
    assert inventory_wire.stock_level(a_level(10, 3, 2), 9, NOW)["available"] == 0


def test_the_unified_view_of_what_nobody_carries_is_as_old_as_the_product() -> None:
    assert inventory_wire.unified_stock("SKU-9", [], NOW, NOW + timedelta(days=1)) == {
        "sku": "SKU-9",
        "available": 0,
        "stores": [],
        "updatedAt": WIRE_NOW,
    }


def test_a_movement_says_what_moved_why_and_for_what() -> None:
    entry = Movement(7, NOW, "S0001", "SKU-1", Quantity.RESERVED, -2, Cause.RELEASE, "ord_1", "due/1")
    assert inventory_wire.movement(entry) == {
        "movementId": 7,
        "at": WIRE_NOW,
        "storeId": "S0001",
        "sku": "SKU-1",
        "quantityKind": "RESERVED",
        "delta": -2,
        "cause": "RELEASE",
        "reference": "ord_1",
        "source": "due/1",
    }
