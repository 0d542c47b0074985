"""Stores: listed, read, added, changed."""

from datetime import timedelta
from typing import Any

import pytest

from tests.api.acorn.conformance import faults, problem
from tests.api.acorn.sandbox import STORE_KEY, Sandbox
from tests.api.acorn.shop import WIRE_NOW, accept, acknowledged, buy, level, new_store

EVERY_DAY = [{"opens": "09:00", "closes": "21:00"}]
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
UNION_SQUARE = {
    "storeId": "S0001",
    "name": "Union Square",
    "address": {
        "line1": "1 Main Street",
        "city": "Springfield",
        "country": "US",
        "location": {"latitude": 40.7359, "longitude": -73.9911},
    },
    "timeZone": "America/New_York",
    "openingHours": dict.fromkeys(DAYS, EVERY_DAY),
    "cutOff": "16:00",
    "dailyOrderCapacity": 100,
    "safetyStock": 0,
    "status": "ACTIVE",
    "capabilities": ["SHIP_FROM_STORE", "SAME_DAY", "RETURNS_DROP_OFF"],
    "createdAt": WIRE_NOW,
    "updatedAt": WIRE_NOW,
}


def test_a_store_tells_its_place_hours_limits_and_capabilities(shop: Sandbox) -> None:
    answer = shop.get("/stores/S0001")
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')
    assert answer.json() == UNION_SQUARE


def test_a_list_keeps_to_its_filters(shop: Sandbox) -> None:
    shop.pass_time(timedelta(minutes=1))
    shop.call("PATCH", "/stores/S0002", {"status": "PAUSED", "capabilities": ["SHIP_FROM_STORE"]})

    def found(**filters: str) -> list[str]:
        return [item["storeId"] for item in shop.get("/stores", **filters).json()["items"]]

    assert found() == ["S0001", "S0002", "S0003"]
    assert found(status="ACTIVE") == ["S0001", "S0003"]
    assert found(status="PAUSED") == ["S0002"]
    assert found(capability="SHIP_FROM_STORE") == ["S0001", "S0002", "S0003"]
    assert found(capability="SAME_DAY") == ["S0001", "S0003"]
    assert found(capability="SAME_DAY", status="PAUSED") == []
    assert found(updatedAfter="2026-11-27T15:01:00Z") == ["S0002"]
    assert found(updatedBefore="2026-11-27T15:01:00Z") == ["S0001", "S0003"]


def test_a_new_store_is_there_as_it_was_described(shop: Sandbox) -> None:
    answer = shop.post("/stores", new_store())
    assert answer.status_code == 201
    assert (answer.headers["location"], answer.headers["etag"]) == ("/v1/stores/S0009", '"1"')
    shut: dict[str, Any] = {day: [] for day in DAYS}
    stamps = {"status": "ACTIVE", "createdAt": WIRE_NOW, "updatedAt": WIRE_NOW}
    described = new_store()
    assert answer.json() == {**described, **stamps, "openingHours": {**shut, **described["openingHours"]}}
    assert shop.get("/stores/S0009").content == answer.content
    assert shop.get("/stores").json()["items"][-1] == answer.json()


def test_a_new_store_may_begin_paused(shop: Sandbox) -> None:
    assert shop.post("/stores", new_store(status="PAUSED")).json()["status"] == "PAUSED"


def test_a_code_can_be_given_once(shop: Sandbox) -> None:
    problem(shop.post("/stores", new_store(storeId="S0001")), 409, "DUPLICATE")
    assert shop.get("/stores/S0001").json() == UNION_SQUARE


HOURS = [
    ([{"opens": "21:00", "closes": "09:00"}], "it ends before it begins"),
    ([{"opens": "09:00", "closes": "09:00"}], "it is empty"),
    ([{"opens": "09:00", "closes": "13:00"}, {"opens": "12:00", "closes": "18:00"}], "they overlap"),
    ([{"opens": "13:00", "closes": "18:00"}, {"opens": "09:00", "closes": "12:00"}], "they are out of order"),
]


@pytest.mark.parametrize("spans", [spans for spans, _ in HOURS], ids=[why for _, why in HOURS])
def test_spans_that_are_no_opening_hours_are_refused_with_their_days(shop: Sandbox, spans: Any) -> None:
    hours = {"monday": EVERY_DAY, "tuesday": spans, "sunday": spans}
    found = [("/openingHours/tuesday", "HOURS"), ("/openingHours/sunday", "HOURS")]
    assert faults(shop.post("/stores", new_store(openingHours=hours))) == found
    assert faults(shop.call("PATCH", "/stores/S0001", {"openingHours": hours})) == found
    assert shop.get("/stores/S0001").json() == UNION_SQUARE


def test_a_store_that_cannot_be_is_told_every_reason(shop: Sandbox) -> None:
    spans, _ = HOURS[0]
    answer = shop.post("/stores", new_store(timeZone="Nowhere/Atlantis", openingHours={"monday": spans}))
    assert faults(answer) == [("/timeZone", "UNKNOWN_TIME_ZONE"), ("/openingHours/monday", "HOURS")]
    assert answer.json()["detail"] == "There is no such time zone. These are no opening hours."


@pytest.mark.parametrize("zone", ["Nowhere/Atlantis", "America", "America/../Europe/Berlin", "posixrules/x"])
def test_a_time_zone_that_is_none_is_refused(shop: Sandbox, zone: str) -> None:
    before = shop.digest()
    answer = shop.post("/stores", new_store(timeZone=zone))
    changed = shop.call("PATCH", "/stores/S0001", {"timeZone": zone})
    if "." in zone:
        assert faults(answer, 400, "INVALID_REQUEST") == [("/timeZone", "PATTERN")]
    else:
        assert faults(answer) == faults(changed) == [("/timeZone", "UNKNOWN_TIME_ZONE")]
    assert shop.digest() == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "Union Square West"),
        ("timeZone", "Asia/Kolkata"),
        ("cutOff", "17:30"),
        ("dailyOrderCapacity", 0),
        ("safetyStock", 3),
        ("status", "CLOSED"),
        ("capabilities", []),
        ("address", new_store()["address"]),
    ],
)
def test_a_change_replaces_one_member_and_leaves_the_others(shop: Sandbox, name: str, value: Any) -> None:
    shop.pass_time(timedelta(seconds=1))
    answer = shop.call("PATCH", "/stores/S0001", {name: value})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    assert answer.json() == UNION_SQUARE | {name: value, "updatedAt": "2026-11-27T15:00:01.000Z"}
    assert shop.get("/stores/S0001").content == answer.content


def test_new_opening_hours_replace_all_seven_days(shop: Sandbox) -> None:
    body = shop.call("PATCH", "/stores/S0001", {"openingHours": {"monday": EVERY_DAY}}).json()
    assert body["openingHours"] == {day: EVERY_DAY if day == "monday" else [] for day in DAYS}


def test_a_new_address_moves_the_store_for_the_orders_to_come(shop: Sandbox) -> None:
    assert buy(shop, ("SKU-1", 1)).store_ids == ["S0001"]
    shop.call("PATCH", "/stores/S0001", {"address": new_store()["address"]})
    assert buy(shop, ("SKU-1", 1)).store_ids == ["S0002"]


def test_an_unknown_store_is_not_found(shop: Sandbox) -> None:
    assert problem(shop.get("/stores/S0404"), 404, "NOT_FOUND")["detail"] == "There is no store 'S0404'."
    problem(shop.call("PATCH", "/stores/S0404", {"name": "x"}), 404, "NOT_FOUND")


def test_a_bound_credential_changes_its_own_store_alone(shop: Sandbox) -> None:
    assert shop.call("PATCH", "/stores/S0001", {"name": "Mine"}, key=STORE_KEY).status_code == 200
    problem(shop.call("PATCH", "/stores/S0002", {"name": "Mine"}, key=STORE_KEY), 403, "STORE_NOT_YOURS")
    problem(shop.post("/stores", new_store(), key=STORE_KEY), 403, "STORE_NOT_YOURS")
    assert len(shop.get("/stores", key=STORE_KEY).json()["items"]) == 3


@pytest.mark.parametrize("status", ["PAUSED", "CLOSED"])
def test_what_a_paused_or_closed_store_has_not_acknowledged_is_rerouted(shop: Sandbox, status: str) -> None:
    waiting, taken = buy(shop, ("SKU-1", 2)), acknowledged(shop, ("SKU-1", 1))
    shop.call("PATCH", "/stores/S0001", {"status": status})
    moved = shop.get(f"/orders/{waiting.order_id}").json()
    assert [(part["storeId"], part["status"], part.get("reason")) for part in moved["lines"][0]["allocations"]] == [
        ("S0001", "RELEASED", "STORE_CLOSED"),
        ("S0002", "RESERVED", None),
    ]
    assert moved["status"] == "NEW"
    assert shop.get(f"/orders/{taken}").json()["lines"][0]["allocations"][0]["storeId"] == "S0001"
    assert level(shop, "S0001", "SKU-1") == (10, 0, 1)
    assert level(shop, "S0002", "SKU-1") == (10, 2, 0)
    assert buy(shop, ("SKU-1", 1)).store_ids == ["S0002"]
    answer = shop.post(f"/orders/{waiting.order_id}/acknowledgements", accept(waiting))
    assert answer.json()["status"] == "ACKNOWLEDGED"


def test_an_order_that_only_the_closed_store_could_serve_ends_unfulfillable(shop: Sandbox) -> None:
    order = buy(shop, ("SKU-2", 5))
    shop.call("PATCH", "/stores/S0001", {"status": "CLOSED"})
    assert shop.get(f"/orders/{order.order_id}").json()["status"] == "UNFULFILLABLE"


# ETag and If-Match


def test_a_change_to_the_version_that_was_read_is_taken(shop: Sandbox) -> None:
    tag = shop.get("/stores/S0001").headers["etag"]
    answer = shop.call("PATCH", "/stores/S0001", {"safetyStock": 1}, headers={"if-match": tag})
    assert answer.status_code == 200
    again = shop.call("PATCH", "/stores/S0001", {"safetyStock": 2}, headers={"if-match": answer.headers["etag"]})
    assert (again.status_code, again.headers["etag"]) == (200, '"3"')


def test_a_change_to_a_version_that_is_gone_is_refused_and_changes_nothing(shop: Sandbox) -> None:
    shop.call("PATCH", "/stores/S0001", {"safetyStock": 1})
    before = shop.digest()
    answer = shop.call("PATCH", "/stores/S0001", {"safetyStock": 2}, headers={"if-match": '"1"'})
    detail = problem(answer, 412, "STALE_VERSION")["detail"]
    assert detail == 'Store S0001 has changed since; its ETag is now "2". Read it again.'
    assert shop.digest() == before


@pytest.mark.parametrize(
    ("tags", "status"),
    [
        ("*", 200),
        ('"1"', 200),
        ('"7", "1"', 200),
        ('"7","1"', 200),
        ('"2"', 412),
        ('W/"1"', 412),
        ('"01"', 412),
        ('"x1"', 412),
        ('"W/","1"', 200),
        ('W/"1", "2"', 412),
        ("1", 400),
        ('"1', 400),
        ("", 400),
    ],
)
def test_an_if_match_names_versions(shop: Sandbox, tags: str, status: int) -> None:
    answer = shop.call("PATCH", "/stores/S0001", {"safetyStock": 1}, headers={"if-match": tags})
    assert answer.status_code == status, answer.text
