"""Orders: listed, read, acknowledged, cancelled."""

from datetime import timedelta

import pytest

from sandbox_server.domain.orders import Order
from tests.api.acorn.conformance import faults, problem
from tests.api.acorn.sandbox import Sandbox
from tests.api.acorn.shop import WIRE_NOW, accept, acknowledged, buy, level, shipment, shipped

ORDER = {
    "status": "NEW",
    "serviceLevel": "STANDARD",
    "late": False,
    "placedAt": WIRE_NOW,
    "updatedAt": WIRE_NOW,
    "acknowledgeBy": "2026-11-27T17:00:00.000Z",
    "shipBy": "2026-11-27T21:00:00.000Z",
    "deliverBy": "2026-12-02T21:00:00.000Z",
    "buyer": {
        "name": "Zoë Núñez",
        "email": "zoe@example.com",
        "phone": "+1 212 555 0142",
        "address": {
            "line1": "853 Broadway",
            "city": "New York",
            "region": "NY",
            "postalCode": "10003",
            "country": "US",
            "location": {"latitude": 40.7359, "longitude": -73.9911},
        },
    },
    "lines": [
        {
            "lineId": "1",
            "sku": "SKU-1",
            "title": "Mug 350 ml",
            "quantity": 2,
            "cancelledQuantity": 0,
            "shippedQuantity": 0,
            "unitPrice": {"amount": "12.90", "currency": "USD"},
            "tax": {"amount": "2.06", "currency": "USD"},
            "total": {"amount": "27.86", "currency": "USD"},
            "allocations": [
                {
                    "storeId": "S0001",
                    "quantity": 2,
                    "shippedQuantity": 0,
                    "status": "RESERVED",
                    "shipBy": "2026-11-27T21:00:00.000Z",
                }
            ],
        }
    ],
    "subtotal": {"amount": "25.80", "currency": "USD"},
    "tax": {"amount": "2.06", "currency": "USD"},
    "total": {"amount": "27.86", "currency": "USD"},
    "history": [{"at": WIRE_NOW, "to": "NEW", "cause": "buyer-1"}],
}


@pytest.fixture
def order(shop: Sandbox) -> Order:
    """Return an order of two of SKU-1, reserved at S0001."""
    return buy(shop, ("SKU-1", 2))


def acknowledge(shop: Sandbox, order: Order, *lines: dict[str, str], key: str = "acorn-key") -> object:
    return shop.post(f"/orders/{order.order_id}/acknowledgements", {"lines": list(lines)}, key=key).json()


def rejection(line_id: str = "1", reason: str = "DAMAGED", **more: str) -> dict[str, str]:
    return {"lineId": line_id, "decision": "REJECT", "reason": reason, **more}


def test_an_order_tells_its_buyer_lines_money_deadlines_and_history(shop: Sandbox, order: Order) -> None:
    answer = shop.get(f"/orders/{order.order_id}")
    assert answer.status_code == 200
    assert answer.json() == {"orderId": order.order_id, **ORDER}
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["content-type"] == "application/json"


def test_a_list_holds_orders_as_they_are_read_one_by_one(shop: Sandbox, order: Order) -> None:
    assert shop.get("/orders").json() == {"items": [shop.get(f"/orders/{order.order_id}").json()]}


def test_an_unknown_order_is_not_found(shop: Sandbox) -> None:
    assert problem(shop.get("/orders/ord_nowhere"), 404, "NOT_FOUND")["detail"] == "There is no order 'ord_nowhere'."


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, [0, 1, 2]),
        ({"status": "NEW"}, [0, 2]),
        ({"status": "ACKNOWLEDGED"}, [1]),
        ({"status": "DELIVERED"}, []),
        ({"storeId": "S0001"}, [0, 1]),
        ({"storeId": "S0002"}, [2]),
        ({"storeId": "S0002", "status": "ACKNOWLEDGED"}, []),
        ({"serviceLevel": "STANDARD"}, [0, 1, 2]),
        ({"serviceLevel": "SAME_DAY"}, []),
        ({"createdAfter": WIRE_NOW}, [0, 1, 2]),
        ({"createdBefore": WIRE_NOW}, []),
        ({"createdAfter": "2026-11-27T16:00:00Z"}, [2]),
        ({"createdBefore": "2026-11-27T11:00:00-05:00"}, [0, 1]),
        ({"updatedAfter": "2026-11-27T15:00:00.001Z"}, [1, 2]),
        ({"updatedBefore": "2026-11-27T15:00:00.001Z"}, [0]),
        ({"updatedAfter": "2026-11-27T16:00:00Z", "updatedBefore": "2026-11-27T16:00:00.001Z"}, [1, 2]),
    ],
)
def test_a_list_keeps_to_its_filters(shop: Sandbox, filters: dict[str, str], found: list[int]) -> None:
    placed = [buy(shop, ("SKU-1", 1)), buy(shop, ("SKU-1", 7))]
    shop.pass_time(timedelta(hours=1))
    acknowledge(shop, placed[1], {"lineId": "1", "decision": "ACCEPT"})
    placed.append(buy(shop, ("SKU-1", 5)))
    items = shop.get("/orders", **filters).json()["items"]
    assert [item["orderId"] for item in items] == [placed[place].order_id for place in found]


def test_accepting_turns_reserved_stock_into_allocated_stock(shop: Sandbox, order: Order) -> None:
    assert level(shop, "S0001", "SKU-1") == (10, 2, 0)
    answer = shop.call(
        "POST", f"/orders/{order.order_id}/acknowledgements", accept(order), headers={"x-request-id": "ack-1"}
    )
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"2"'
    assert answer.json()["status"] == "ACKNOWLEDGED"
    assert answer.json()["lines"][0]["allocations"][0]["status"] == "ALLOCATED"
    assert answer.json()["history"][1] == {"at": WIRE_NOW, "from": "NEW", "to": "ACKNOWLEDGED", "cause": "ack-1"}
    assert level(shop, "S0001", "SKU-1") == (10, 0, 2)
    assert shop.get(f"/orders/{order.order_id}").content == answer.content


def test_a_rejected_line_goes_to_the_next_nearest_store(shop: Sandbox, order: Order) -> None:
    shop.post(f"/orders/{order.order_id}/acknowledgements", {"lines": [rejection()]})
    body = shop.get(f"/orders/{order.order_id}").json()
    assert body["status"] == "NEW"
    assert [(part["storeId"], part["status"], part.get("reason")) for part in body["lines"][0]["allocations"]] == [
        ("S0001", "REJECTED", "DAMAGED"),
        ("S0002", "RESERVED", None),
    ]
    assert level(shop, "S0001", "SKU-1") == (10, 0, 0)
    assert level(shop, "S0002", "SKU-1") == (10, 2, 0)


def test_out_of_stock_empties_the_store_and_no_store_left_ends_the_order(shop: Sandbox) -> None:
    order = buy(shop, ("SKU-2", 5))
    body = shop.post(f"/orders/{order.order_id}/acknowledgements", {"lines": [rejection(reason="OUT_OF_STOCK")]}).json()
    assert level(shop, "S0001", "SKU-2") == (0, 0, 0)
    assert body["status"] == "UNFULFILLABLE"
    assert body["cancellation"] == {"by": "MARKETPLACE", "reason": "NO_STORE_LEFT", "at": WIRE_NOW}
    assert body["total"] == {"amount": "0.00", "currency": "USD"}
    assert "shipBy" not in body
    causes = [item["cause"] for item in shop.get("/inventory/movements", storeId="S0001", sku="SKU-2").json()["items"]]
    assert causes == ["REPORT", "RESERVATION", "RELEASE", "COUNT"]


def test_a_decision_for_one_store_leaves_the_other_stores_parts_waiting(shop: Sandbox) -> None:
    order = buy(shop, ("SKU-1", 15))
    answer = shop.post(
        f"/orders/{order.order_id}/acknowledgements",
        {"lines": [{"lineId": "1", "decision": "ACCEPT", "storeId": "S0002"}]},
    )
    parts = answer.json()["lines"][0]["allocations"]
    assert {part["storeId"]: part["status"] for part in parts} == {"S0001": "RESERVED", "S0002": "ALLOCATED"}
    assert answer.json()["status"] == "NEW"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([{"lineId": "9", "decision": "ACCEPT"}], [("/lines/0/lineId", "UNKNOWN_LINE")]),
        ([{"lineId": "1", "decision": "ACCEPT"}] * 2, [("/lines/1/lineId", "REPEATED")]),
        ([{"lineId": "1", "decision": "ACCEPT", "storeId": "S0003"}], [("/lines/0", "NOT_AWAITED")]),
        ([{"lineId": "1", "decision": "REJECT"}], [("/lines/0/reason", "REASON_MISSING")]),
        (
            [{"lineId": "8", "decision": "ACCEPT"}, {"lineId": "1", "decision": "REJECT"}],
            [("/lines/0/lineId", "UNKNOWN_LINE"), ("/lines/1/reason", "REASON_MISSING")],
        ),
    ],
)
def test_decisions_that_do_not_fit_are_refused_with_their_places(
    shop: Sandbox, order: Order, lines: list[dict[str, str]], found: list[tuple[str, str]]
) -> None:
    before = shop.digest()
    assert faults(shop.post(f"/orders/{order.order_id}/acknowledgements", {"lines": lines})) == found
    assert shop.digest() == before


def test_a_reason_beside_an_acceptance_is_of_no_account(shop: Sandbox, order: Order) -> None:
    line = {"lineId": "1", "decision": "ACCEPT", "reason": "DAMAGED"}
    body = shop.post(f"/orders/{order.order_id}/acknowledgements", {"lines": [line]}).json()
    assert "reason" not in body["lines"][0]["allocations"][0]


def test_an_order_that_waits_for_no_answer_cannot_be_acknowledged(shop: Sandbox) -> None:
    order_id = acknowledged(shop, ("SKU-1", 1))
    answer = shop.post(f"/orders/{order_id}/acknowledgements", {"lines": [{"lineId": "1", "decision": "ACCEPT"}]})
    detail = problem(answer, 409, "ILLEGAL_TRANSITION")["detail"]
    assert detail == f"Order {order_id} is ACKNOWLEDGED; it cannot become ACKNOWLEDGED."


@pytest.mark.parametrize("step", ["acknowledgements", "cancellations"])
def test_nothing_can_be_done_to_an_unknown_order(shop: Sandbox, step: str) -> None:
    bodies = {
        "acknowledgements": {"lines": [{"lineId": "1", "decision": "ACCEPT"}]},
        "cancellations": {"reason": "OTHER"},
    }
    problem(shop.post(f"/orders/ord_nowhere/{step}", bodies[step]), 404, "NOT_FOUND")


def test_cancelling_releases_the_stock_and_says_who_and_why(shop: Sandbox) -> None:
    order_id = acknowledged(shop, ("SKU-1", 2))
    answer = shop.post(f"/orders/{order_id}/cancellations", {"reason": "DAMAGED", "note": "The last one is broken."})
    body = answer.json()
    assert answer.headers["etag"] == '"3"'
    assert body["status"] == "CANCELLED"
    assert body["cancellation"] == {
        "by": "SELLER",
        "reason": "DAMAGED",
        "at": WIRE_NOW,
        "note": "The last one is broken.",
    }
    assert body["lines"][0]["cancelledQuantity"] == 2
    assert body["total"] == {"amount": "0.00", "currency": "USD"}
    assert level(shop, "S0001", "SKU-1") == (10, 0, 0)


def test_one_line_can_be_cancelled_and_the_rest_stands(shop: Sandbox) -> None:
    order_id = acknowledged(shop, ("SKU-1", 2), ("SKU-2", 1))
    body = shop.post(f"/orders/{order_id}/cancellations", {"reason": "OTHER", "lines": [{"lineId": "1"}]}).json()
    assert body["status"] == "ACKNOWLEDGED"
    assert [line["cancelledQuantity"] for line in body["lines"]] == [2, 0]
    assert (body["subtotal"]["amount"], body["tax"]["amount"], body["total"]["amount"]) == ("4.50", "0.18", "4.68")
    assert level(shop, "S0001", "SKU-1") == (10, 0, 0)
    assert level(shop, "S0001", "SKU-2") == (5, 0, 1)


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["9"], [("/lines/0/lineId", "UNKNOWN_LINE")]),
        (["2", "2"], [("/lines/1/lineId", "REPEATED")]),
        (["1"], [("/lines/0/lineId", "NOTHING_LEFT")]),
    ],
)
def test_lines_that_cannot_be_cancelled_are_refused_with_their_places(
    shop: Sandbox, lines: list[str], found: list[tuple[str, str]]
) -> None:
    order_id = acknowledged(shop, ("SKU-1", 2), ("SKU-2", 1))
    shop.post("/shipments", shipment(order_id, {"lineId": "1", "quantity": 2}))
    body = {"reason": "OTHER", "lines": [{"lineId": line_id} for line_id in lines]}
    assert faults(shop.post(f"/orders/{order_id}/cancellations", body)) == found


def test_a_shipped_order_can_no_longer_be_cancelled(shop: Sandbox) -> None:
    order_id = shipped(shop, ("SKU-1", 1))["orderId"]
    problem(shop.post(f"/orders/{order_id}/cancellations", {"reason": "OTHER"}), 409, "ILLEGAL_TRANSITION")


def test_cancelling_a_partly_shipped_order_keeps_what_is_on_its_way(shop: Sandbox) -> None:
    order_id = acknowledged(shop, ("SKU-1", 3))
    shop.post("/shipments", shipment(order_id))
    body = shop.post(f"/orders/{order_id}/cancellations", {"reason": "OTHER"}).json()
    assert body["status"] == "CANCELLED"
    line = body["lines"][0]
    assert (line["shippedQuantity"], line["cancelledQuantity"]) == (1, 2)
    assert body["total"] == {"amount": "13.93", "currency": "USD"}
    assert level(shop, "S0001", "SKU-1") == (9, 0, 0)
