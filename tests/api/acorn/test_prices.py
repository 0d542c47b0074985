"""Prices: reported, listed as they are effective, and what orders cost by them."""

from datetime import timedelta
from typing import Any

import pytest

from tests.api.acorn.conformance import faults, problem
from tests.api.acorn.pricing import price, price_report, usd
from tests.api.acorn.sandbox import STORE_KEY, Sandbox
from tests.api.acorn.shop import WIRE_NOW, buy

SALE = {"salePrice": usd("12.90"), "saleFrom": WIRE_NOW, "saleTo": "2026-11-28T00:00:00+01:00"}


def put(shop: Sandbox, *items: Any, key: str = "acorn-key") -> Any:
    answer = shop.call("PUT", "/prices", price_report(*items), key=key)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_report_has_a_result_for_each_item_in_its_order(shop: Sandbox) -> None:
    items = [
        price(),
        price(storeId="S0001"),
        price(sku="SKU-404"),
        price(storeId="S0404"),
        price(listPrice={"amount": "14.90", "currency": "EUR"}),
        price(listPrice=usd("14.9")),
        price(saleTo=WIRE_NOW),
        price(salePrice=usd("15.00")),
        price(salePrice=usd("12.90"), saleFrom=WIRE_NOW, saleTo=WIRE_NOW),
        price(),
        price(sequence=2),
    ]
    told = put(shop, *items)
    assert (told["accepted"], told["rejected"]) == (3, 8)
    assert [one.get("code", one["status"]) for one in told["items"]] == [
        "ACCEPTED",
        "ACCEPTED",
        "UNKNOWN_SKU",
        "UNKNOWN_STORE",
        "CURRENCY_MISMATCH",
        "INVALID_AMOUNT",
        "SALE_PRICE_MISSING",
        "SALE_ABOVE_LIST",
        "EMPTY_WINDOW",
        "STALE_SEQUENCE",
        "ACCEPTED",
    ]
    assert [(one["sku"], one.get("storeId")) for one in told["items"]] == [
        (one["sku"], one.get("storeId")) for one in items
    ]
    assert all(("message" in one) == (one["status"] == "REJECTED") for one in told["items"])


def test_a_rejected_item_says_what_would_be_right(shop: Sandbox) -> None:
    put(shop, price(sequence=7))
    told = put(shop, price(sequence=7), price(listPrice={"amount": "14", "currency": "EUR"}), price(listPrice=usd("1")))
    assert [one["message"] for one in told["items"]] == [
        "The last sequence kept is 7.",
        "The chain sells in USD.",
        "It must have the decimals of USD, and be from 1 to 10^12 minor units.",
    ]


def test_what_was_rejected_is_told_of_once_in_the_feed(shop: Sandbox) -> None:
    put(shop, price(), price(sku="SKU-404"), price(sku="SKU-405"))
    (event,) = shop.get("/events", type="price.rejected").json()["items"]
    assert event["data"] == {"sku": "SKU-404"}


def test_a_price_is_listed_as_it_is_effective_at_a_time(shop: Sandbox) -> None:
    put(shop, price(**SALE))
    (now,) = shop.get("/prices").json()["items"]
    assert now == {
        "sku": "SKU-1",
        "listPrice": usd("14.90"),
        "salePrice": usd("12.90"),
        "saleFrom": WIRE_NOW,
        "saleTo": "2026-11-27T23:00:00.000Z",
        "sequence": 1,
        "effectivePrice": usd("12.90"),
        "effectiveAt": WIRE_NOW,
        "updatedAt": WIRE_NOW,
    }
    (later,) = shop.get("/prices", at="2026-11-28T00:00:00+01:00").json()["items"]
    assert (later["effectivePrice"], later["effectiveAt"]) == (usd("14.90"), "2026-11-27T23:00:00.000Z")
    shop.pass_time(timedelta(hours=8))
    assert shop.get("/prices").json()["items"][0]["effectivePrice"] == usd("14.90")


def test_prices_are_found_by_sku_and_by_store(shop: Sandbox) -> None:
    put(shop, price(), price(storeId="S0001"), price(sku="SKU-2", storeId="S0001"), price(sku="SKU-2"))

    def found(**filters: str) -> list[tuple[str, str | None]]:
        return [(one["sku"], one.get("storeId")) for one in shop.get("/prices", **filters).json()["items"]]

    assert found() == [("SKU-1", None), ("SKU-1", "S0001"), ("SKU-2", "S0001"), ("SKU-2", None)]
    assert found(sku="SKU-2") == [("SKU-2", "S0001"), ("SKU-2", None)]
    assert found(storeId="S0001") == [("SKU-1", "S0001"), ("SKU-2", "S0001")]
    assert found(updatedBefore=WIRE_NOW) == []


def test_a_walk_over_prices_is_at_one_time(shop: Sandbox) -> None:
    put(shop, *(price(sku=f"SKU-{number}") for number in (1, 2, 3)))
    page = shop.get("/prices", limit=2, at=WIRE_NOW).json()
    assert [one["sku"] for one in shop.get("/prices", cursor=page["nextCursor"], at=WIRE_NOW).json()["items"]] == [
        "SKU-3"
    ]
    problem(shop.get("/prices", cursor=page["nextCursor"]), 400, "CURSOR_MISMATCH")


def test_an_order_costs_what_is_effective_where_it_goes(shop: Sandbox) -> None:
    put(shop, price(listPrice=usd("20.00")), price(storeId="S0001", **SALE))
    order = shop.get(f"/orders/{buy(shop, ('SKU-1', 2)).order_id}").json()
    line = order["lines"][0]
    assert (line["listPrice"], line["unitPrice"], line["tax"], line["total"]) == (
        usd("14.90"),
        usd("12.90"),
        usd("2.06"),
        usd("27.86"),
    )
    assert "discount" not in line
    assert "promotionIds" not in line
    assert (order["subtotal"], order["tax"], order["total"]) == (usd("25.80"), usd("2.06"), usd("27.86"))


def test_a_bound_credential_prices_its_own_stores_only(shop: Sandbox) -> None:
    assert put(shop, price(storeId="S0001"), key=STORE_KEY)["accepted"] == 1
    before = shop.digest()
    for items, whom in (([price(storeId="S0002")], "store S0002"), ([price(storeId="S0001"), price()], "all stores")):
        answer = shop.call("PUT", "/prices", price_report(*items), key=STORE_KEY)
        assert problem(answer, 403, "STORE_NOT_YOURS")["detail"] == f"The credential may not act for {whom}."
    assert shop.digest() == before


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({}, ("/items", "REQUIRED")),
        ({"items": []}, ("/items", "MIN_ITEMS")),
        (price_report(*[price()] * 501), ("/items", "MAX_ITEMS")),
        (price_report(listPrice=None), ("/items/0/listPrice", "REQUIRED")),
        (price_report(listPrice=usd("-1.00")), ("/items/0/listPrice/amount", "PATTERN")),
        (price_report(listPrice=usd("1e3")), ("/items/0/listPrice/amount", "PATTERN")),
        (price_report(listPrice={"amount": 14.9, "currency": "USD"}), ("/items/0/listPrice/amount", "TYPE")),
        (price_report(sequence=-1), ("/items/0/sequence", "MINIMUM")),
        (price_report(sequence=2**53), ("/items/0/sequence", "MAXIMUM")),
        (price_report(saleFrom="tomorrow"), ("/items/0/saleFrom", "FORMAT")),
        (price_report(price=usd("14.90")), ("/items/0/price", "UNKNOWN_MEMBER")),
    ],
)
def test_a_report_that_is_none_is_refused(shop: Sandbox, body: Any, found: tuple[str, str]) -> None:
    before = shop.digest()
    assert found in faults(shop.call("PUT", "/prices", body), 400, "INVALID_REQUEST")
    assert shop.digest() == before
