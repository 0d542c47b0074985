"""Returns: opened, received, refunded."""

from datetime import timedelta
from typing import Any

import pytest

from tests.api.acorn.conformance import faults, problem
from tests.api.acorn.sandbox import STORE_KEY, Sandbox
from tests.api.acorn.shop import WIRE_NOW, acknowledged, level, opened, receipt, refund, returned, shipped


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


def test_a_return_is_opened_at_the_counter_for_thirty_days(shop: Sandbox) -> None:
    order_id = shipped(shop, ("SKU-1", 2))["orderId"]
    answer = shop.call("POST", "/returns", opened(order_id), headers={"x-request-id": "counter-7"})
    return_id = answer.json()["returnId"]
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/returns/{return_id}"
    assert answer.headers["etag"] == '"1"'
    assert answer.json() == {
        "returnId": return_id,
        "orderId": order_id,
        "status": "AUTHORISED",
        "openedAtStore": "S0001",
        "createdAt": WIRE_NOW,
        "updatedAt": WIRE_NOW,
        "expiresAt": "2026-12-27T15:00:00.000Z",
        "lines": [
            {
                "lineId": "1",
                "sku": "SKU-1",
                "quantity": 1,
                "reason": "NO_LONGER_WANTED",
                "receivedQuantity": 0,
                "refundedQuantity": 0,
                "refunded": usd("0.00"),
                "refundableQuantity": 0,
                "refundable": usd("0.00"),
            }
        ],
        "receipts": [],
        "refunds": [],
        "history": [{"at": WIRE_NOW, "to": "AUTHORISED", "cause": "counter-7"}],
    }
    assert shop.get(f"/returns/{return_id}").content == answer.content


def test_goods_come_back_to_another_store_and_the_money_to_the_buyer(shop: Sandbox) -> None:
    path = f"/returns/{returned(shop, ('SKU-1', 2), quantity=2)['returnId']}"
    received = shop.post(f"{path}/receipts", receipt(quantity=2, store_id="S0003"))
    assert received.status_code == 201
    assert received.headers["etag"] == '"2"'
    assert received.json()["status"] == "RECEIVED"
    assert received.json()["lines"][0]["receivedQuantity"] == 2
    assert received.json()["lines"][0]["refundable"] == usd("27.86")
    assert received.json()["receipts"] == [
        {
            "storeId": "S0003",
            "receivedAt": WIRE_NOW,
            "lines": [{"lineId": "1", "quantity": 2, "condition": "SELLABLE"}],
        }
    ]
    assert level(shop, "S0003", "SKU-1") == (5, 0, 0)
    assert level(shop, "S0001", "SKU-1") == (8, 0, 0)
    first = shop.post(f"{path}/refunds", refund("13.93")).json()
    assert (first["status"], first["lines"][0]["refunded"], first["lines"][0]["refundable"]) == (
        "RECEIVED",
        usd("13.93"),
        usd("13.93"),
    )
    last = shop.post(f"{path}/refunds", refund("13.93"))
    assert (last.status_code, last.headers["etag"], last.json()["status"]) == (201, '"4"', "REFUNDED")
    assert (
        last.json()["refunds"]
        == [
            {
                "refundedAt": WIRE_NOW,
                "lines": [{"lineId": "1", "quantity": 1, "amount": usd("13.93")}],
                "total": usd("13.93"),
            }
        ]
        * 2
    )
    assert [step["to"] for step in last.json()["history"]] == ["AUTHORISED", "RECEIVED", "REFUNDED"]
    shop.pass_time(timedelta(days=14))
    assert shop.get(path).json()["status"] == "CLOSED"


def test_goods_may_come_in_parts(shop: Sandbox) -> None:
    path = f"/returns/{returned(shop, ('SKU-1', 2), quantity=2)['returnId']}"
    assert shop.post(f"{path}/receipts", receipt()).json()["status"] == "RECEIVED_IN_PART"
    assert shop.post(f"{path}/receipts", receipt()).json()["status"] == "RECEIVED"


@pytest.mark.parametrize(("condition", "on_hand"), [("SELLABLE", 10), ("DAMAGED", 9), ("WRONG_ITEM", 9)])
def test_only_sellable_goods_go_back_on_the_shelf(shop: Sandbox, condition: str, on_hand: int) -> None:
    path = f"/returns/{returned(shop, ('SKU-1', 1))['returnId']}/receipts"
    shop.post(path, receipt(condition=condition))
    assert level(shop, "S0001", "SKU-1") == (on_hand, 0, 0)


def test_a_parcel_with_other_goods_is_rejected_and_nothing_is_owed_for_it(shop: Sandbox) -> None:
    path = f"/returns/{returned(shop, ('SKU-1', 1))['returnId']}"
    body = shop.post(f"{path}/receipts", receipt(condition="WRONG_ITEM")).json()
    assert (body["status"], body["lines"][0]["refundable"]) == ("REJECTED", usd("0.00"))
    problem(shop.post(f"{path}/refunds", refund("0.00")), 409, "ILLEGAL_TRANSITION")


def test_a_return_that_nothing_comes_for_expires(shop: Sandbox) -> None:
    path = f"/returns/{returned(shop, ('SKU-1', 1))['returnId']}"
    shop.pass_time(timedelta(days=30))
    assert shop.get(path).json()["status"] == "EXPIRED"
    problem(shop.post(f"{path}/receipts", receipt()), 409, "ILLEGAL_TRANSITION")


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"line_id": "9"}, [("/lines/0/lineId", "UNKNOWN_LINE")]),
        ({"quantity": 2}, [("/lines/0/quantity", "NOT_SHIPPED")]),
        ({"line_id": "2"}, [("/lines/0/quantity", "NOT_SHIPPED")]),
    ],
)
def test_only_what_was_shipped_can_come_back(
    shop: Sandbox, changes: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    order_id = acknowledged(shop, ("SKU-1", 1), ("SKU-2", 1))
    shop.post("/shipments", {**SHIPPED_LINE_1, "orderId": order_id})
    assert faults(shop.post("/returns", opened(order_id, **changes))) == found


SHIPPED_LINE_1 = {
    "storeId": "S0001",
    "lines": [{"lineId": "1", "quantity": 1}],
    "carrier": "DHL",
    "trackingNumber": "1234567890",
    "shippedAt": WIRE_NOW,
    "packages": [{"weightGrams": 1}],
}


def test_a_line_can_be_named_once_in_a_return(shop: Sandbox) -> None:
    order_id = shipped(shop, ("SKU-1", 2))["orderId"]
    body = opened(order_id)
    body["lines"] *= 2
    assert faults(shop.post("/returns", body)) == [("/lines/1/lineId", "REPEATED")]


def test_what_is_in_another_return_cannot_come_back_again(shop: Sandbox) -> None:
    order_id = returned(shop, ("SKU-1", 1))["orderId"]
    assert faults(shop.post("/returns", opened(order_id))) == [("/lines/0/quantity", "NOT_SHIPPED")]


@pytest.mark.parametrize(("order_id", "store_id"), [("ord_nowhere", "S0001"), (None, "S0404")], ids=["order", "store"])
def test_a_return_of_an_unknown_order_or_at_an_unknown_store_is_not_found(
    shop: Sandbox, order_id: str | None, store_id: str
) -> None:
    body = opened(order_id or shipped(shop, ("SKU-1", 1))["orderId"], store_id=store_id)
    problem(shop.post("/returns", body), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    "changes", [{"status": "CLOSED"}, {"capabilities": ["SHIP_FROM_STORE"]}], ids=["closed", "no drop-off"]
)
def test_a_store_that_takes_no_returns_neither_opens_nor_receives_one(shop: Sandbox, changes: Any) -> None:
    made = returned(shop, ("SKU-1", 2))
    shop.call("PATCH", "/stores/S0003", changes)
    assert faults(shop.post("/returns", opened(made["orderId"], store_id="S0003"))) == [("/storeId", "NO_DROP_OFF")]
    answer = shop.post(f"/returns/{made['returnId']}/receipts", receipt(store_id="S0003"))
    assert faults(answer) == [("/storeId", "NO_DROP_OFF")]


def test_a_paused_store_still_takes_returns(shop: Sandbox) -> None:
    made = returned(shop, ("SKU-1", 1))
    shop.call("PATCH", "/stores/S0003", {"status": "PAUSED"})
    assert shop.post(f"/returns/{made['returnId']}/receipts", receipt(store_id="S0003")).status_code == 201


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (receipt(line_id="9"), [("/lines/0/lineId", "UNKNOWN_LINE")]),
        (receipt(quantity=2), [("/lines/0/quantity", "MORE_THAN_AWAITED")]),
        (
            {"storeId": "S0001", "lines": receipt()["lines"] + receipt(condition="DAMAGED")["lines"]},
            [("/lines/1/quantity", "MORE_THAN_AWAITED")],
        ),
    ],
)
def test_no_more_is_received_than_is_still_to_come(shop: Sandbox, body: Any, found: list[tuple[str, str]]) -> None:
    path = f"/returns/{returned(shop, ('SKU-1', 2))['returnId']}/receipts"
    before = shop.digest()
    assert faults(shop.post(path, body)) == found
    assert shop.digest() == before


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (refund("13.94"), [("/lines/0/amount", "MORE_THAN_PAID")]),
        (refund("13.93", quantity=2), [("/lines/0/quantity", "NOT_RECEIVED")]),
        (refund("1.00", line_id="9"), [("/lines/0/lineId", "UNKNOWN_LINE")]),
        ({"lines": refund("1.00")["lines"] * 2}, [("/lines/1/lineId", "REPEATED")]),
        (refund("13.93", currency="EUR"), [("/lines/0/amount", "AMOUNT")]),
        (refund("13.9"), [("/lines/0/amount", "AMOUNT")]),
        (refund("13"), [("/lines/0/amount", "AMOUNT")]),
        (refund("1.000"), [("/lines/0/amount", "AMOUNT")]),
        (
            {"lines": [*refund("1.00", currency="EUR")["lines"], *refund("1.0")["lines"]]},
            [("/lines/0/amount", "AMOUNT"), ("/lines/1/amount", "AMOUNT")],
        ),
    ],
)
def test_a_refund_that_does_not_fit_is_refused_with_its_places(
    shop: Sandbox, body: Any, found: list[tuple[str, str]]
) -> None:
    path = f"/returns/{returned(shop, ('SKU-1', 1))['returnId']}"
    shop.post(f"{path}/receipts", receipt())
    before = shop.digest()
    assert faults(shop.post(f"{path}/refunds", body)) == found
    assert shop.digest() == before


def test_an_amount_in_another_currency_is_told_the_orders_own(shop: Sandbox) -> None:
    path = f"/returns/{returned(shop, ('SKU-1', 1))['returnId']}"
    shop.post(f"{path}/receipts", receipt())
    (error,) = shop.post(f"{path}/refunds", refund("13.93", currency="EUR")).json()["errors"]
    assert error["message"] == "the order was paid in USD."


def test_nothing_is_refunded_before_the_goods_are_there_nor_twice(shop: Sandbox) -> None:
    path = f"/returns/{returned(shop, ('SKU-1', 1))['returnId']}"
    problem(shop.post(f"{path}/refunds", refund("13.93")), 409, "ILLEGAL_TRANSITION")
    shop.post(f"{path}/receipts", receipt())
    shop.post(f"{path}/refunds", refund("13.93"))
    problem(shop.post(f"{path}/refunds", refund("0.01")), 409, "ILLEGAL_TRANSITION")


def test_an_unknown_return_is_not_found(shop: Sandbox) -> None:
    problem(shop.get("/returns/ret_nowhere"), 404, "NOT_FOUND")
    problem(shop.post("/returns/ret_nowhere/receipts", receipt()), 404, "NOT_FOUND")
    problem(shop.post("/returns/ret_nowhere/refunds", refund("1.00")), 404, "NOT_FOUND")


def test_an_unknown_store_receives_nothing(shop: Sandbox) -> None:
    path = f"/returns/{returned(shop, ('SKU-1', 1))['returnId']}/receipts"
    detail = problem(shop.post(path, receipt(store_id="S0404")), 404, "NOT_FOUND")["detail"]
    assert detail == "There is no store 'S0404'."


def test_a_bound_credential_takes_returns_at_its_own_counter_alone(shop: Sandbox) -> None:
    order_id = shipped(shop, ("SKU-1", 2))["orderId"]
    problem(shop.post("/returns", opened(order_id, store_id="S0003"), key=STORE_KEY), 403, "STORE_NOT_YOURS")
    away = shop.post("/returns", opened(order_id, store_id="S0003")).json()["returnId"]
    home = shop.post("/returns", opened(order_id), key=STORE_KEY).json()["returnId"]
    for return_id, status in ((away, 403), (home, 201)):
        path = f"/returns/{return_id}"
        problem(shop.post(f"{path}/receipts", receipt(store_id="S0003"), key=STORE_KEY), 403, "STORE_NOT_YOURS")
        assert shop.post(f"{path}/receipts", receipt(), key=STORE_KEY).status_code == 201
        assert shop.post(f"{path}/refunds", refund("13.93"), key=STORE_KEY).status_code == status


def test_a_list_keeps_to_its_filters(shop: Sandbox) -> None:
    order_id = shipped(shop, ("SKU-1", 3))["orderId"]
    first = shop.post("/returns", opened(order_id)).json()
    second = shop.post("/returns", opened(order_id, store_id="S0003")).json()
    shop.pass_time(timedelta(minutes=1))
    second = shop.post(f"/returns/{second['returnId']}/receipts", receipt(store_id="S0002")).json()

    def found(**filters: str) -> list[Any]:
        return shop.get("/returns", **filters).json()["items"]  # type: ignore[no-any-return]

    assert found() == found(orderId=order_id) == [first, second]
    assert found(orderId="ord_nowhere") == []
    assert found(storeId="S0001") == [first]
    assert found(storeId="S0003") == found(storeId="S0002") == [second]
    assert found(status="AUTHORISED") == [first]
    assert found(updatedAfter="2026-11-27T15:00:00.001Z") == [second]
    assert found(updatedBefore="2026-11-27T15:00:00.001Z", storeId="S0003") == []
