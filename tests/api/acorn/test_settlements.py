"""Settlements: listed when their fortnight is over, with lines that add up to them."""

from datetime import timedelta
from typing import Any

from tests.api.acorn.conformance import faults, problem
from tests.api.acorn.sandbox import Sandbox
from tests.api.acorn.shop import receipt, refund, returned, settled, shipped

SALE, FEE = "13.93", "-1.94"


def usd(amount: str) -> Any:
    return {"amount": amount, "currency": "USD"}


def lines(shop: Sandbox, settlement: Any, **filters: str) -> Any:
    return shop.get(f"/settlements/{settlement['settlementId']}/lines", **filters).json()["items"]


def test_there_is_no_settlement_before_its_period_is_over(shop: Sandbox) -> None:
    shipped(shop, ("SKU-1", 1))
    assert shop.get("/settlements").json() == {"items": []}
    shop.pass_time(timedelta(days=9))
    assert shop.get("/settlements").json() == {"items": []}


def test_a_settlement_tells_its_period_and_its_sums(shop: Sandbox) -> None:
    settlement = settled(shop)
    assert settlement == {
        "settlementId": settlement["settlementId"],
        "startsAt": "2026-11-23T00:00:00.000Z",
        "endsAt": "2026-12-07T00:00:00.000Z",
        "createdAt": "2026-12-07T00:00:00.000Z",
        "updatedAt": "2026-12-07T00:00:00.000Z",
        "lineCount": 2,
        "summary": [
            {"kind": "SALE", "lineCount": 1, "amount": usd(SALE)},
            {"kind": "FEE", "lineCount": 1, "amount": usd(FEE)},
        ],
        "total": usd("11.99"),
    }
    answer = shop.get(f"/settlements/{settlement['settlementId']}")
    assert (answer.json(), answer.headers["etag"]) == (settlement, '"1"')


def test_its_lines_say_for_what(shop: Sandbox) -> None:
    parcel = shipped(shop, ("SKU-1", 1))
    shop.pass_time(timedelta(days=14))
    (settlement,) = shop.get("/settlements").json()["items"]
    about = {"orderId": parcel["orderId"], "lineId": "1", "reference": parcel["shipmentId"], "at": parcel["createdAt"]}
    assert lines(shop, settlement) == [
        {"lineNumber": 1, "kind": "SALE", **about, "amount": usd(SALE)},
        {"lineNumber": 2, "kind": "FEE", **about, "amount": usd(FEE)},
    ]


def test_a_hold_is_about_a_return_and_is_released_when_it_is_paid_back(shop: Sandbox) -> None:
    rma = returned(shop, ("SKU-1", 1))
    path = f"/returns/{rma['returnId']}"
    shop.post(f"{path}/receipts", receipt())
    shop.pass_time(timedelta(hours=49))
    shop.post(f"{path}/refunds", refund("13.93"))
    shop.pass_time(timedelta(days=14))
    (settlement,) = shop.get("/settlements").json()["items"]
    assert settlement["total"] == usd("0.00")
    found = [(line["kind"], line["amount"]["amount"], line["reference"]) for line in lines(shop, settlement)]
    assert found[2:] == [
        ("HOLD", "-13.93", rma["returnId"]),
        ("REFUND", "-13.93", rma["returnId"]),
        ("FEE", "1.94", rma["returnId"]),
        ("HOLD_RELEASE", "13.93", rma["returnId"]),
    ]
    assert "lineId" not in lines(shop, settlement, kind="HOLD")[0]


def test_a_settlement_has_the_lines_of_its_own_time(shop: Sandbox) -> None:
    first = settled(shop)
    shipped(shop, ("SKU-1", 1), number="1234567891")
    shop.pass_time(timedelta(days=14))
    second = shop.get("/settlements").json()["items"][1]
    assert [[line["lineNumber"] for line in lines(shop, one)] for one in (first, second)] == [[1, 2], [3, 4]]
    assert [line["lineNumber"] for line in lines(shop, second, kind="FEE")] == [4]
    assert lines(shop, second, updatedBefore=second["startsAt"]) == []
    assert shop.get("/settlements", updatedAfter=second["updatedAt"]).json()["items"] == [second]


def test_lines_are_walked_page_by_page_and_a_cursor_is_bound_to_its_settlement(shop: Sandbox) -> None:
    first = settled(shop)
    shipped(shop, ("SKU-1", 1), number="1234567891")
    shop.pass_time(timedelta(days=14))
    second = shop.get("/settlements").json()["items"][1]
    path = f"/settlements/{first['settlementId']}/lines"
    page = shop.get(path, limit=1).json()
    rest = shop.get(path, limit=1, cursor=page["nextCursor"]).json()
    assert [line["lineNumber"] for line in page["items"] + rest["items"]] == [1, 2]
    assert "nextCursor" not in rest
    elsewhere = shop.get(f"/settlements/{second['settlementId']}/lines", limit=1, cursor=page["nextCursor"])
    problem(elsewhere, 400, "CURSOR_MISMATCH")


def test_what_is_not_there_is_not_found(shop: Sandbox) -> None:
    problem(shop.get("/settlements/stl_0000000000000000"), 404, "NOT_FOUND")
    problem(shop.get("/settlements/stl_0000000000000000/lines"), 404, "NOT_FOUND")
    path = f"/settlements/{settled(shop)['settlementId']}/lines"
    assert faults(shop.get(path, kind="TIP"), 400, "INVALID_REQUEST") == [("kind", "ENUM")]
