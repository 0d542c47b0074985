"""Stock: reported, listed, unified, and the ledger behind it."""

from datetime import timedelta
from typing import Any

import pytest

from tests.api.acorn.conformance import faults, problem
from tests.api.acorn.sandbox import STORE_KEY, Sandbox
from tests.api.acorn.shop import WIRE_NOW, acknowledged, buy, level, report, shipment

ITEM = report()["items"][0]


def test_a_report_has_a_result_for_each_item_in_its_order(shop: Sandbox) -> None:
    items = [
        ITEM,
        ITEM | {"sku": "SKU-404"},
        ITEM | {"storeId": "S0404"},
        ITEM,
        ITEM | {"sequence": 9, "asOf": "2026-11-27T15:00:00.001Z"},
        ITEM | {"sequence": 9, "onHand": -1},
        ITEM | {"storeId": "S0003", "sku": "SKU-3"},
    ]
    answer = shop.call("PUT", "/inventory", report(*items))
    assert answer.status_code == 200
    assert (answer.json()["accepted"], answer.json()["rejected"]) == (2, 5)
    results = answer.json()["items"]
    assert [(one["storeId"], one["sku"]) for one in results] == [(one["storeId"], one["sku"]) for one in items]
    codes = [one.get("code", one["status"]) for one in results]
    assert codes == [
        "ACCEPTED",
        "UNKNOWN_SKU",
        "UNKNOWN_STORE",
        "STALE_SEQUENCE",
        "AS_OF_IN_FUTURE",
        "NEGATIVE",
        "ACCEPTED",
    ]
    assert all(("message" in one) == (one["status"] == "REJECTED") for one in results)
    assert level(shop, "S0001", "SKU-1") == (25, 0, 0)
    assert level(shop, "S0003", "SKU-3") == (25, 0, 0)


def test_a_report_in_which_nothing_is_accepted_changes_nothing(shop: Sandbox) -> None:
    before = shop.digest()
    answer = shop.call("PUT", "/inventory", report(sequence=7))
    assert answer.json()["items"] == [
        {
            "storeId": "S0001",
            "sku": "SKU-1",
            "status": "REJECTED",
            "code": "STALE_SEQUENCE",
            "message": "The last sequence kept is 7.",
        }
    ]
    assert shop.digest() == before


def test_the_sequence_that_is_kept_may_be_the_same_report_s(shop: Sandbox) -> None:
    answer = shop.call("PUT", "/inventory", report(ITEM | {"sequence": 901}, ITEM | {"sequence": 900}))
    assert answer.json()["items"][1]["message"] == "The last sequence kept is 901."


def test_an_instant_is_taken_in_any_zone_and_cut_to_the_millisecond(shop: Sandbox) -> None:
    shop.call("PUT", "/inventory", report(asOf="2026-11-27T09:59:59.1239-05:00"))
    (item,) = shop.get("/inventory", storeId="S0001", sku="SKU-1").json()["items"]
    assert item["asOf"] == "2026-11-27T14:59:59.123Z"


def test_a_bound_credential_reports_its_own_store_alone(shop: Sandbox) -> None:
    before = shop.digest()
    mixed = report(ITEM, ITEM | {"storeId": "S0002"})
    detail = problem(shop.call("PUT", "/inventory", mixed, key=STORE_KEY), 403, "STORE_NOT_YOURS")["detail"]
    assert detail == "The credential may not act for store S0002."
    assert shop.digest() == before
    assert shop.call("PUT", "/inventory", report(), key=STORE_KEY).json()["accepted"] == 1


@pytest.mark.parametrize(("count", "status"), [(0, 400), (1, 200), (500, 200), (501, 400)])
def test_a_report_has_one_to_five_hundred_items(shop: Sandbox, count: int, status: int) -> None:
    answer = shop.call("PUT", "/inventory", {"items": [ITEM | {"sequence": 8 + n} for n in range(count)]})
    assert answer.status_code == status
    if status == 400:
        assert faults(answer, 400, "INVALID_REQUEST") == [("/items", "MAX_ITEMS" if count else "MIN_ITEMS")]


def test_a_level_tells_what_is_promised_and_what_is_left(shop: Sandbox) -> None:
    acknowledged(shop, ("SKU-1", 12))
    buy(shop, ("SKU-1", 2))
    (item,) = shop.get("/inventory", storeId="S0002", sku="SKU-1").json()["items"]
    assert item == {
        "storeId": "S0002",
        "sku": "SKU-1",
        "onHand": 10,
        "reserved": 2,
        "allocated": 2,
        "safetyStock": 1,
        "available": 5,
        "sequence": 7,
        "asOf": WIRE_NOW,
        "stale": False,
        "updatedAt": WIRE_NOW,
    }


def test_a_report_below_what_is_promised_leaves_nothing_available(shop: Sandbox) -> None:
    acknowledged(shop, ("SKU-1", 10))
    shop.call("PUT", "/inventory", report(onHand=3))
    (item,) = shop.get("/inventory", storeId="S0001", sku="SKU-1").json()["items"]
    assert (item["onHand"], item["allocated"], item["available"]) == (3, 10, 0)


def test_a_level_is_stale_when_its_report_is_older_than_fifteen_minutes(shop: Sandbox) -> None:
    def stale() -> tuple[bool, bool]:
        (item,) = shop.get("/inventory", storeId="S0003", sku="SKU-1").json()["items"]
        shares = shop.get("/inventory/SKU-1").json()["stores"]
        return item["stale"], shares[2]["stale"]

    shop.pass_time(timedelta(minutes=15))
    assert stale() == (False, False)
    shop.pass_time(timedelta(milliseconds=1))
    assert stale() == (True, True)


def test_a_list_keeps_to_its_filters(shop: Sandbox) -> None:
    shop.pass_time(timedelta(minutes=1))
    shop.call("PUT", "/inventory", report(storeId="S0002", sku="SKU-2"))

    def found(**filters: str) -> list[tuple[str, str]]:
        return [(item["storeId"], item["sku"]) for item in shop.get("/inventory", **filters).json()["items"]]

    assert len(found()) == 5
    assert found(storeId="S0003") == [("S0003", "SKU-1")]
    assert found(sku="SKU-2") == [("S0001", "SKU-2"), ("S0002", "SKU-2")]
    assert found(sku="SKU-2", storeId="S0003") == []
    assert found(storeId="S0404") == []
    assert found(updatedAfter="2026-11-27T15:01:00Z") == [("S0002", "SKU-2")]
    assert len(found(updatedBefore="2026-11-27T15:01:00Z")) == 4


def test_the_unified_view_adds_the_stores_shares_up(shop: Sandbox) -> None:
    buy(shop, ("SKU-1", 4))
    answer = shop.get("/inventory/SKU-1")
    assert answer.json() == {
        "sku": "SKU-1",
        "available": 18,
        "stores": [
            {"storeId": "S0001", "available": 6, "onHand": 10, "stale": False},
            {"storeId": "S0002", "available": 9, "onHand": 10, "stale": False},
            {"storeId": "S0003", "available": 3, "onHand": 3, "stale": False},
        ],
        "updatedAt": WIRE_NOW,
    }


def test_the_unified_view_changes_when_its_latest_level_does(shop: Sandbox) -> None:
    shop.pass_time(timedelta(minutes=3))
    shop.call("PUT", "/inventory", report())
    assert shop.get("/inventory/SKU-1").json()["updatedAt"] == "2026-11-27T15:03:00.000Z"


def test_a_product_that_no_store_carries_has_none_available(shop: Sandbox) -> None:
    shop.pass_time(timedelta(minutes=1))
    nothing = {"sku": "SKU-3", "available": 0, "stores": [], "updatedAt": WIRE_NOW}
    assert shop.get("/inventory/SKU-3").json() == nothing


def test_the_unified_view_of_an_unknown_sku_is_not_found(shop: Sandbox) -> None:
    problem(shop.get("/inventory/SKU-404"), 404, "NOT_FOUND")


def test_movements_is_the_ledger_and_no_sku(shop: Sandbox) -> None:
    assert shop.get("/inventory/movements").json()["items"][0] == {
        "movementId": 1,
        "at": WIRE_NOW,
        "storeId": "S0001",
        "sku": "SKU-1",
        "quantityKind": "ON_HAND",
        "delta": 10,
        "cause": "REPORT",
        "reference": "7",
        "source": "opening",
    }


def test_every_change_of_stock_stands_in_the_ledger_with_what_is_behind_it(shop: Sandbox) -> None:
    order_id = acknowledged(shop, ("SKU-1", 2))
    body = shipment(order_id, {"lineId": "1", "quantity": 2})
    shipment_id = shop.call("POST", "/shipments", body, headers={"x-request-id": "ship-1"}).json()["shipmentId"]
    shop.call("PUT", "/inventory", report(onHand=5), headers={"x-request-id": "count-1"})
    entries = shop.get("/inventory/movements", storeId="S0001", sku="SKU-1").json()["items"][1:]
    assert [(entry["quantityKind"], entry["delta"], entry["cause"], entry["reference"]) for entry in entries] == [
        ("RESERVED", 2, "RESERVATION", order_id),
        ("RESERVED", -2, "ALLOCATION", order_id),
        ("ALLOCATED", 2, "ALLOCATION", order_id),
        ("ON_HAND", -2, "SHIPMENT", shipment_id),
        ("ALLOCATED", -2, "SHIPMENT", shipment_id),
        ("ON_HAND", -3, "REPORT", "8"),
    ]
    assert [entries[place]["source"] for place in (0, 3, 5)] == ["buyer-1", "ship-1", "count-1"]


def test_the_ledger_keeps_to_its_filters(shop: Sandbox) -> None:
    shop.pass_time(timedelta(minutes=1))
    buy(shop, ("SKU-1", 1))

    def found(**filters: str) -> list[int]:
        return [entry["movementId"] for entry in shop.get("/inventory/movements", **filters).json()["items"]]

    assert found() == [1, 2, 3, 4, 5, 6]
    assert found(storeId="S0001") == [1, 2, 6]
    assert found(sku="SKU-2") == [2, 4]
    assert found(cause="RESERVATION") == [6]
    assert found(cause="REPORT", storeId="S0002") == [3, 4]
    assert found(updatedAfter="2026-11-27T15:01:00Z") == [6]
    assert found(updatedBefore="2026-11-27T15:01:00Z", sku="SKU-1") == [1, 3, 5]


def test_a_report_of_the_same_count_moves_nothing_and_counts_all_the_same(shop: Sandbox) -> None:
    before: list[Any] = shop.get("/inventory/movements").json()["items"]
    assert shop.call("PUT", "/inventory", report(onHand=10)).json()["accepted"] == 1
    assert shop.get("/inventory/movements").json()["items"] == before
    (item,) = shop.get("/inventory", storeId="S0001", sku="SKU-1").json()["items"]
    assert item["sequence"] == 8
