"""Promotions: set up, listed, withdrawn, and what they take off orders."""

from datetime import timedelta
from typing import Any

import pytest

from tests.api.acorn.conformance import faults, problem
from tests.api.acorn.pricing import promoted, promotion, usd
from tests.api.acorn.sandbox import STORE_KEY, Sandbox
from tests.api.acorn.shop import WIRE_NOW, acknowledged, buy, receipt, returned, shipment

GIFT = {"kind": "BUY_X_GET_Y", "percent": None, "buy": 2, "get": 1}
AMOUNT = {"kind": "AMOUNT_OFF", "percent": None, "amount": usd("2.50")}


def test_a_promotion_is_set_up_and_found_again(shop: Sandbox) -> None:
    answer = shop.post("/promotions", promotion(storeIds=["S0001"], skus=["SKU-1", "SKU-1"]))
    made = answer.json()
    assert made == {
        "promotionId": made["promotionId"],
        "name": "Black Friday",
        "kind": "PERCENT_OFF",
        "percent": 20,
        "startsAt": "2026-11-23T00:00:00.000Z",
        "endsAt": "2026-11-30T00:00:00.000Z",
        "storeIds": ["S0001"],
        "skus": ["SKU-1"],
        "createdAt": WIRE_NOW,
        "updatedAt": WIRE_NOW,
    }
    assert answer.headers["location"] == f"/v1/promotions/{made['promotionId']}"
    found = shop.get(f"/promotions/{made['promotionId']}")
    assert (found.json(), found.headers["etag"]) == (made, '"1"')
    assert shop.get("/promotions").json() == {"items": [made]}


def test_each_kind_has_terms_of_its_own(shop: Sandbox) -> None:
    amount, gift = promoted(shop, **AMOUNT), promoted(shop, **GIFT)
    assert (amount["amount"], gift["buy"], gift["get"]) == (usd("2.50"), 2, 1)
    assert shop.get("/promotions", kind="AMOUNT_OFF").json()["items"] == [amount]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"percent": None}, [("/percent", "MISSING")]),
        ({"amount": usd("1.00")}, [("/amount", "NOT_OF_THIS_KIND")]),
        (GIFT | {"get": None}, [("/get", "MISSING")]),
        (AMOUNT | {"amount": {"amount": "2.50", "currency": "EUR"}}, [("/amount", "CURRENCY_MISMATCH")]),
        (AMOUNT | {"amount": usd("2.5")}, [("/amount", "INVALID_AMOUNT")]),
        ({"startsAt": "2026-11-30T00:00:00Z"}, [("/endsAt", "EMPTY_WINDOW")]),
        ({"endsAt": "2026-11-27T15:00:00Z"}, [("/endsAt", "IN_PAST")]),
        ({"percent": None, "skus": ["SKU-404"]}, [("/percent", "MISSING"), ("/skus/0", "UNKNOWN_SKU")]),
        ({"storeIds": ["S0404"], "skus": ["SKU-404"]}, [("/storeIds/0", "UNKNOWN_STORE"), ("/skus/0", "UNKNOWN_SKU")]),
    ],
)
def test_what_is_no_promotion_is_refused(shop: Sandbox, changes: Any, found: list[tuple[str, str]]) -> None:
    before = shop.digest()
    assert faults(shop.post("/promotions", promotion(**changes))) == found
    assert shop.digest() == before


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"percent": 0}, ("/percent", "MINIMUM")),
        ({"percent": 101}, ("/percent", "MAXIMUM")),
        ({"percent": 12.5}, ("/percent", "TYPE")),
        ({"kind": "TWO_FOR_ONE"}, ("/kind", "ENUM")),
        ({"name": ""}, ("/name", "MIN_LENGTH")),
        ({"skus": []}, ("/skus", "MIN_ITEMS")),
        ({"endsAt": None}, ("/endsAt", "REQUIRED")),
        ({"stores": ["S0001"]}, ("/stores", "UNKNOWN_MEMBER")),
    ],
)
def test_a_body_of_another_form_is_refused(shop: Sandbox, changes: Any, found: tuple[str, str]) -> None:
    assert found in faults(shop.post("/promotions", promotion(**changes)), 400, "INVALID_REQUEST")


def test_a_promotion_is_withdrawn_once_and_placed_orders_keep_it(shop: Sandbox) -> None:
    promotion_id = promoted(shop)["promotionId"]
    placed = buy(shop, ("SKU-1", 1)).order_id
    answer = shop.call("DELETE", f"/promotions/{promotion_id}")
    assert (answer.status_code, answer.content) == (204, b"")
    for method in ("GET", "DELETE"):
        problem(shop.call(method, f"/promotions/{promotion_id}"), 404, "NOT_FOUND")
    assert shop.get("/promotions").json() == {"items": []}
    later = buy(shop, ("SKU-1", 1)).order_id
    lines = [shop.get(f"/orders/{order_id}").json()["lines"][0] for order_id in (placed, later)]
    assert [line.get("promotionIds") for line in lines] == [[promotion_id], None]


def test_a_bound_credential_promotes_in_its_own_stores_only(shop: Sandbox) -> None:
    own = shop.post("/promotions", promotion(storeIds=["S0001"]), key=STORE_KEY).json()
    for store_ids, whom in ((["S0001", "S0002"], "store S0002"), (None, "all stores")):
        answer = shop.post("/promotions", promotion(storeIds=store_ids), key=STORE_KEY)
        assert problem(answer, 403, "STORE_NOT_YOURS")["detail"] == f"The credential may not act for {whom}."
    everywhere = promoted(shop)["promotionId"]
    problem(shop.call("DELETE", f"/promotions/{everywhere}", key=STORE_KEY), 403, "STORE_NOT_YOURS")
    assert shop.get(f"/promotions/{everywhere}", key=STORE_KEY).status_code == 200
    assert shop.call("DELETE", f"/promotions/{own['promotionId']}", key=STORE_KEY).status_code == 204


def test_an_order_says_what_was_taken_off_and_adds_up(shop: Sandbox) -> None:
    promotion_id = promoted(shop, percent=33, skus=["SKU-1"])["promotionId"]
    order = shop.get(f"/orders/{buy(shop, ('SKU-1', 3), ('SKU-2', 1)).order_id}").json()
    mug, salt = order["lines"]
    assert (mug["listPrice"], mug["unitPrice"], mug["discount"]) == (usd("12.90"), usd("12.90"), usd("12.77"))
    assert mug["promotionIds"] == [promotion_id]
    assert (mug["tax"], mug["total"]) == (usd("2.07"), usd("28.00"))
    assert not {"listPrice", "discount", "promotionIds"} & set(salt)
    assert (order["subtotal"], order["tax"], order["total"]) == (usd("30.43"), usd("2.25"), usd("32.68"))


def test_a_gift_counts_for_its_share_where_units_come_back(shop: Sandbox) -> None:
    promoted(shop, **GIFT)
    rma = returned(shop, ("SKU-1", 3), quantity=1)
    rma = shop.post(f"/returns/{rma['returnId']}/receipts", receipt()).json()
    assert rma["lines"][0]["refundable"] == usd("9.29")  # a third of 25.80, and of 2.06 of tax


def test_a_promotion_ends_by_itself(shop: Sandbox) -> None:
    promoted(shop)
    shop.pass_time(timedelta(days=3))
    order = shop.get(f"/orders/{buy(shop, ('SKU-1', 1)).order_id}").json()
    assert "promotionIds" not in order["lines"][0]


def test_what_is_cancelled_takes_its_share_of_the_discount_with_it(shop: Sandbox) -> None:
    promoted(shop, percent=33)
    order_id = acknowledged(shop, ("SKU-1", 3))
    assert shop.post("/shipments", shipment(order_id)).status_code == 201
    order = shop.post(f"/orders/{order_id}/cancellations", {"reason": "OTHER"}).json()
    (line,) = order["lines"]
    assert (line["quantity"], line["cancelledQuantity"]) == (3, 2)
    # One for 12.90, less a third of 12.77, and a third of 2.07 of tax.
    assert (line["unitPrice"], line["discount"]) == (usd("12.90"), usd("4.26"))
    assert (line["tax"], line["total"]) == (usd("0.69"), usd("9.33"))
    assert (order["subtotal"], order["tax"], order["total"]) == (usd("8.64"), usd("0.69"), usd("9.33"))
