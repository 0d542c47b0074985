"""Shipments: made, read, listed, tracked."""

from datetime import timedelta
from typing import Any

import pytest

from tests.api.acorn.conformance import faults, problem
from tests.api.acorn.sandbox import STORE_KEY, Sandbox
from tests.api.acorn.shop import WIRE_NOW, acknowledged, buy, level, report, shipment, shipped

ONE_LATER = {"status": "PICKED_UP", "occurredAt": WIRE_NOW}


def test_a_shipment_takes_its_stock_out_of_the_store(shop: Sandbox) -> None:
    order_id = acknowledged(shop, ("SKU-1", 2), ("SKU-2", 1))
    body = shipment(
        order_id,
        {"lineId": "1", "quantity": 2},
        {"lineId": "2", "quantity": 1},
        carrier="UPS",
        trackingNumber="1Z999AA10123456784",
        shippedAt="2026-11-27T10:00:00-05:00",
        packages=[{"weightGrams": 900, "dimensions": {"lengthMm": 300, "widthMm": 200, "heightMm": 100}}],
    )
    answer = shop.post("/shipments", body)
    assert answer.status_code == 201
    shipment_id = answer.json()["shipmentId"]
    assert answer.json() == {
        "shipmentId": shipment_id,
        "orderId": order_id,
        "storeId": "S0001",
        "status": "LABELLED",
        "carrier": "UPS",
        "trackingNumber": "1Z999AA10123456784",
        "shippedAt": WIRE_NOW,
        "createdAt": WIRE_NOW,
        "updatedAt": WIRE_NOW,
        "lines": [{"lineId": "1", "sku": "SKU-1", "quantity": 2}, {"lineId": "2", "sku": "SKU-2", "quantity": 1}],
        "packages": [{"weightGrams": 900, "dimensions": {"lengthMm": 300, "widthMm": 200, "heightMm": 100}}],
        "trackingEvents": [{"status": "LABELLED", "occurredAt": WIRE_NOW}],
    }
    assert answer.headers["location"] == f"/v1/shipments/{shipment_id}"
    assert answer.headers["etag"] == '"1"'
    assert shipment_id.startswith("shp_")
    assert level(shop, "S0001", "SKU-1") == (8, 0, 0)
    assert level(shop, "S0001", "SKU-2") == (4, 0, 0)
    assert shop.get(f"/shipments/{shipment_id}").content == answer.content
    order = shop.get(f"/orders/{order_id}")
    assert order.json()["status"] == "SHIPPED"
    assert order.headers["etag"] == '"3"'
    assert [line["shippedQuantity"] for line in order.json()["lines"]] == [2, 1]


def test_a_part_of_an_order_can_be_shipped_before_the_rest(shop: Sandbox) -> None:
    order_id = acknowledged(shop, ("SKU-1", 3))
    shop.post("/shipments", shipment(order_id))
    body = shop.get(f"/orders/{order_id}").json()
    assert body["status"] == "PARTIALLY_SHIPPED"
    part = body["lines"][0]["allocations"][0]
    assert (part["quantity"], part["shippedQuantity"], part["status"]) == (3, 1, "ALLOCATED")
    assert level(shop, "S0001", "SKU-1") == (9, 0, 2)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"lines": [{"lineId": "1", "quantity": 3}]}, [("/lines/0/quantity", "MORE_THAN_ALLOCATED")]),
        ({"storeId": "S0002"}, [("/lines/0/quantity", "MORE_THAN_ALLOCATED")]),
        ({"storeId": "S0404"}, [("/lines/0/quantity", "MORE_THAN_ALLOCATED")]),
        ({"lines": [{"lineId": "9", "quantity": 1}]}, [("/lines/0/lineId", "UNKNOWN_LINE")]),
        ({"lines": [{"lineId": "1", "quantity": 1}] * 2}, [("/lines/1/lineId", "REPEATED")]),
        ({"trackingNumber": "12345"}, [("/trackingNumber", "TRACKING_FORM")]),
        ({"carrier": "UPS"}, [("/trackingNumber", "TRACKING_FORM")]),
        ({"shippedAt": "2026-11-27T15:00:00.001Z"}, [("/shippedAt", "IN_FUTURE")]),
        ({"shippedAt": "2026-11-27T14:59:59.999Z"}, [("/shippedAt", "BEFORE_ORDER")]),
    ],
)
def test_a_shipment_that_does_not_fit_is_refused_with_its_places(
    shop: Sandbox, changes: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    order_id = acknowledged(shop, ("SKU-1", 2))
    before = shop.digest()
    assert faults(shop.post("/shipments", shipment(order_id, **changes))) == found
    assert shop.digest() == before


@pytest.mark.parametrize(
    ("carrier", "number"),
    [
        ("UPS", "1Z999AA10123456784"),
        ("FEDEX", "123456789012"),
        ("FEDEX", "123456789012345"),
        ("USPS", "9400100000000000000000"),
        ("DHL", "1234567890"),
        ("ACORN", "AC123456789012"),
    ],
)
def test_each_carriers_own_form_of_tracking_number_is_taken(shop: Sandbox, carrier: str, number: str) -> None:
    order_id = acknowledged(shop, ("SKU-1", 1))
    answer = shop.post("/shipments", shipment(order_id, carrier=carrier, trackingNumber=number))
    assert (answer.status_code, answer.json()["trackingNumber"]) == (201, number)


def test_an_unknown_order_cannot_be_shipped(shop: Sandbox) -> None:
    problem(shop.post("/shipments", shipment("ord_nowhere")), 404, "NOT_FOUND")


def test_an_order_that_nobody_acknowledged_cannot_be_shipped(shop: Sandbox) -> None:
    order = buy(shop, ("SKU-1", 1))
    problem(shop.post("/shipments", shipment(order.order_id)), 409, "ILLEGAL_TRANSITION")


def test_what_is_shipped_cannot_be_shipped_again(shop: Sandbox) -> None:
    order_id = shipped(shop, ("SKU-1", 1))["orderId"]
    problem(shop.post("/shipments", shipment(order_id, trackingNumber="9999999999")), 409, "ILLEGAL_TRANSITION")


def test_a_store_that_counts_fewer_than_it_promised_cannot_ship_them(shop: Sandbox) -> None:
    order_id = acknowledged(shop, ("SKU-1", 2))
    shop.call("PUT", "/inventory", report(onHand=1))
    before = shop.digest()
    answer = shop.post("/shipments", shipment(order_id, {"lineId": "1", "quantity": 2}))
    detail = problem(answer, 409, "INSUFFICIENT_STOCK")["detail"]
    assert detail == "Store S0001 has 1 of SKU-1; 2 were asked for."
    assert shop.digest() == before
    assert shop.post("/shipments", shipment(order_id)).status_code == 201


def test_a_tracking_number_ships_once_per_carrier(shop: Sandbox) -> None:
    shipped(shop, ("SKU-1", 1), number="1234567890")
    order_id = acknowledged(shop, ("SKU-1", 1))
    before = shop.digest()
    problem(shop.post("/shipments", shipment(order_id, trackingNumber="1234567890")), 409, "DUPLICATE")
    assert shop.digest() == before
    other = shipment(order_id, carrier="FEDEX", trackingNumber="123456789012")
    assert shop.post("/shipments", other).status_code == 201


def test_a_bound_credential_ships_from_its_own_store_alone(shop: Sandbox) -> None:
    order_id = acknowledged(shop, ("SKU-1", 12))
    foreign = shipment(order_id, storeId="S0002", trackingNumber="1234567891")
    problem(shop.post("/shipments", foreign, key=STORE_KEY), 403, "STORE_NOT_YOURS")
    assert shop.post("/shipments", shipment(order_id), key=STORE_KEY).status_code == 201
    away = shop.post("/shipments", foreign).json()["shipmentId"]
    path = f"/shipments/{away}/tracking-events"
    problem(shop.post(path, ONE_LATER, key=STORE_KEY), 403, "STORE_NOT_YOURS")


@pytest.mark.parametrize("path", ["/shipments/shp_nowhere", "/shipments/shp_nowhere/label"])
def test_an_unknown_shipment_is_not_found(shop: Sandbox, path: str) -> None:
    problem(shop.get(path), 404, "NOT_FOUND")


def test_an_unknown_shipment_cannot_be_tracked(shop: Sandbox) -> None:
    problem(shop.post("/shipments/shp_nowhere/tracking-events", ONE_LATER), 404, "NOT_FOUND")


def test_a_parcel_is_followed_to_the_buyers_door_and_its_order_with_it(shop: Sandbox) -> None:
    made = shipped(shop, ("SKU-1", 1))
    path = f"/shipments/{made['shipmentId']}/tracking-events"
    for number, status in enumerate(("PICKED_UP", "IN_TRANSIT", "IN_TRANSIT", "OUT_FOR_DELIVERY", "DELIVERED"), 2):
        event = {"status": status, "occurredAt": WIRE_NOW, "location": "Newark, NJ", "description": "Scanned"}
        answer = shop.post(path, event)
        assert answer.status_code == 201
        assert answer.headers["etag"] == f'"{number}"'
        assert "location" not in answer.headers
        assert answer.json()["status"] == status
        assert answer.json()["trackingEvents"][-1] == event
    assert len(answer.json()["trackingEvents"]) == 6
    order = shop.get(f"/orders/{made['orderId']}").json()
    assert (order["status"], order["history"][-1]["to"]) == ("DELIVERED", "DELIVERED")


def test_a_delivery_can_fail_and_the_parcel_go_back(shop: Sandbox) -> None:
    made = shipped(shop, ("SKU-1", 1))
    path = f"/shipments/{made['shipmentId']}/tracking-events"
    for status in ("PICKED_UP", "IN_TRANSIT", "OUT_FOR_DELIVERY", "DELIVERY_FAILED", "RETURN_TO_SENDER"):
        assert shop.post(path, {"status": status, "occurredAt": WIRE_NOW}).json()["status"] == status
    problem(shop.post(path, {"status": "DELIVERED", "occurredAt": WIRE_NOW}), 409, "ILLEGAL_TRANSITION")
    assert shop.get(f"/orders/{made['orderId']}").json()["status"] == "SHIPPED"


def test_a_parcel_cannot_skip_a_step(shop: Sandbox) -> None:
    made = shipped(shop, ("SKU-1", 1))
    event = {"status": "DELIVERED", "occurredAt": WIRE_NOW}
    answer = shop.post(f"/shipments/{made['shipmentId']}/tracking-events", event)
    detail = problem(answer, 409, "ILLEGAL_TRANSITION")["detail"]
    assert detail == f"Shipment {made['shipmentId']} is LABELLED; it cannot become DELIVERED."


@pytest.mark.parametrize(
    ("at", "code"), [("2026-11-27T15:00:00.001Z", "IN_FUTURE"), ("2026-11-27T14:59:59Z", "BEFORE_LAST_EVENT")]
)
def test_nothing_happens_to_a_parcel_in_the_future_or_before_the_last_event(shop: Sandbox, at: str, code: str) -> None:
    made = shipped(shop, ("SKU-1", 1))
    event = {"status": "PICKED_UP", "occurredAt": at}
    answer = shop.post(f"/shipments/{made['shipmentId']}/tracking-events", event)
    assert faults(answer) == [("/occurredAt", code)]


def test_the_carrier_moves_a_parcel_along_the_clock(shop: Sandbox) -> None:
    made = shipped(shop, ("SKU-1", 1))
    shop.pass_time(timedelta(days=5))
    body = shop.get(f"/shipments/{made['shipmentId']}").json()
    assert [event["status"] for event in body["trackingEvents"]] == [
        "LABELLED",
        "PICKED_UP",
        "IN_TRANSIT",
        "OUT_FOR_DELIVERY",
        "DELIVERED",
    ]
    assert body["updatedAt"] == body["trackingEvents"][-1]["occurredAt"]
    problem(shop.post(f"/shipments/{made['shipmentId']}/tracking-events", ONE_LATER), 409, "ILLEGAL_TRANSITION")


def test_a_list_keeps_to_its_filters(shop: Sandbox) -> None:
    first = shipped(shop, ("SKU-1", 1), number="1000000001")
    shop.pass_time(timedelta(minutes=30))
    second = shipped(shop, ("SKU-2", 1), number="1000000002")
    event = {"status": "PICKED_UP", "occurredAt": "2026-11-27T15:30:00Z"}
    second = shop.post(f"/shipments/{second['shipmentId']}/tracking-events", event).json()

    def found(**filters: str) -> list[Any]:
        return shop.get("/shipments", **filters).json()["items"]  # type: ignore[no-any-return]

    assert found() == [first, second]
    assert found(orderId=first["orderId"]) == [first]
    assert found(storeId="S0001") == [first, second]
    assert found(storeId="S0002") == []
    assert found(status="LABELLED") == [first]
    assert found(status="PICKED_UP", storeId="S0001") == [second]
    assert found(updatedAfter="2026-11-27T15:00:00.001Z") == [second]
    assert found(updatedBefore="2026-11-27T15:00:00.001Z") == [first]
