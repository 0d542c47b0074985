"""Transfers: asked for, dispatched, received, cancelled."""

from datetime import timedelta
from typing import Any

import pytest

from tests.api.acorn.conformance import faults, problem
from tests.api.acorn.sandbox import STORE_KEY, Sandbox
from tests.api.acorn.shop import WIRE_NOW, buy, level, report, requested, sent, transfer, transferred

LATER = "2026-11-27T16:00:00.000Z"
TO_FC = {"kind": "STORE_TO_FC", "toStoreId": None}
FROM_FC = {"kind": "FC_TO_STORE", "fromStoreId": None}


def move(shop: Sandbox, made: Any, act: str, body: Any, **how: Any) -> Any:
    return shop.post(f"/transfers/{made['transferId']}/{act}", body, **how)


def test_a_transfer_is_asked_for_and_nothing_has_moved(shop: Sandbox) -> None:
    answer = shop.call("POST", "/transfers", transfer(note="For the weekend"), headers={"x-request-id": "room-41"})
    transfer_id = answer.json()["transferId"]
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/transfers/{transfer_id}"
    assert answer.headers["etag"] == '"1"'
    assert answer.json() == {
        "transferId": transfer_id,
        "kind": "STORE_TO_STORE",
        "status": "REQUESTED",
        "fromStoreId": "S0001",
        "toStoreId": "S0003",
        "note": "For the weekend",
        "createdAt": WIRE_NOW,
        "updatedAt": WIRE_NOW,
        "lines": [
            {"sku": "SKU-1", "quantity": 2, "dispatchedQuantity": 0, "receivedQuantity": 0, "inTransitQuantity": 0}
        ],
        "receipts": [],
        "discrepancies": [],
        "history": [{"at": WIRE_NOW, "to": "REQUESTED", "cause": "room-41"}],
    }
    assert shop.get(f"/transfers/{transfer_id}").content == answer.content
    assert level(shop, "S0001", "SKU-1") == (10, 0, 0)


def test_goods_leave_one_store_and_come_to_another(shop: Sandbox) -> None:
    made = requested(shop)
    shop.pass_time(timedelta(hours=1))
    gone = move(shop, made, "dispatches", {})
    assert (gone.status_code, gone.headers["etag"]) == (201, '"2"')
    assert {"status": "IN_TRANSIT", "dispatchedAt": LATER, "updatedAt": LATER}.items() <= gone.json().items()
    assert gone.json()["lines"] == [
        {"sku": "SKU-1", "quantity": 2, "dispatchedQuantity": 2, "receivedQuantity": 0, "inTransitQuantity": 2}
    ]
    assert (level(shop, "S0001", "SKU-1"), level(shop, "S0003", "SKU-1")) == ((8, 0, 0), (3, 0, 0))
    came = move(shop, made, "receipts", sent(2))
    assert (came.status_code, came.headers["etag"], came.json()["status"]) == (201, '"3"', "RECEIVED")
    assert came.json()["receipts"] == [
        {"receivedAt": LATER, "final": False, "lines": [{"sku": "SKU-1", "quantity": 2}]}
    ]
    assert [step["to"] for step in came.json()["history"]] == ["REQUESTED", "IN_TRANSIT", "RECEIVED"]
    assert (level(shop, "S0001", "SKU-1"), level(shop, "S0003", "SKU-1")) == ((8, 0, 0), (5, 0, 0))
    assert shop.get(f"/transfers/{made['transferId']}").content == came.content


def test_the_ledger_tells_of_both_ends(shop: Sandbox) -> None:
    made = transferred(shop)
    move(shop, made, "receipts", sent(2))
    found = shop.get("/inventory/movements", cause="TRANSFER").json()["items"]
    assert [(one["storeId"], one["delta"], one["reference"]) for one in found] == [
        ("S0001", -2, made["transferId"]),
        ("S0003", 2, made["transferId"]),
    ]


def test_goods_go_to_a_fulfilment_centre_and_come_from_one(shop: Sandbox) -> None:
    away = transferred(shop, **TO_FC)
    assert ("fromStoreId" in away, "toStoreId" in away) == (True, False)
    assert move(shop, away, "receipts", sent(2)).json()["status"] == "RECEIVED"
    back = transferred(shop, **FROM_FC)
    assert ("fromStoreId" in back, "toStoreId" in back) == (False, True)
    assert move(shop, back, "receipts", sent(2)).json()["status"] == "RECEIVED"
    assert (level(shop, "S0001", "SKU-1"), level(shop, "S0003", "SKU-1")) == ((8, 0, 0), (5, 0, 0))


def test_goods_come_in_parts_and_what_is_missing_at_the_end_is_told(shop: Sandbox) -> None:
    made = transferred(shop, lines=[{"sku": "SKU-1", "quantity": 4}, {"sku": "SKU-2", "quantity": 2}])
    part = move(shop, made, "receipts", sent(1)).json()
    assert (part["status"], [line["inTransitQuantity"] for line in part["lines"]]) == ("PARTIALLY_RECEIVED", [3, 2])
    whole = move(shop, made, "receipts", {**sent(3, "SKU-2"), "final": True}).json()
    assert (whole["status"], [line["inTransitQuantity"] for line in whole["lines"]]) == ("RECEIVED", [0, 0])
    assert whole["discrepancies"] == [
        {"sku": "SKU-1", "quantity": 3, "kind": "SHORT", "recordedAt": WIRE_NOW},
        {"sku": "SKU-2", "quantity": 1, "kind": "OVER", "recordedAt": WIRE_NOW},
    ]
    assert level(shop, "S0003", "SKU-2") == (3, 0, 0)


def test_goods_that_never_come_are_written_off(shop: Sandbox) -> None:
    made = transferred(shop)
    lost = move(shop, made, "receipts", {"lines": [], "final": True}).json()
    assert (lost["status"], lost["receipts"][0]["lines"]) == ("RECEIVED", [])
    assert lost["discrepancies"] == [{"sku": "SKU-1", "quantity": 2, "kind": "SHORT", "recordedAt": WIRE_NOW}]


def test_a_transfer_is_called_off_with_its_reason(shop: Sandbox) -> None:
    made = requested(shop)
    ended = move(shop, made, "cancellations", {"reason": "DAMAGED", "note": "All broken"})
    assert (ended.status_code, ended.headers["etag"], ended.json()["status"]) == (200, '"2"', "CANCELLED")
    assert ended.json()["cancellation"] == {"reason": "DAMAGED", "at": WIRE_NOW, "note": "All broken"}
    bare = move(shop, requested(shop), "cancellations", {"reason": "OTHER"}).json()
    assert bare["cancellation"] == {"reason": "OTHER", "at": WIRE_NOW}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"fromStoreId": None}, [("/fromStoreId", "STORE_MISSING")]),
        ({"toStoreId": None}, [("/toStoreId", "STORE_MISSING")]),
        ({"toStoreId": "S0001"}, [("/toStoreId", "SAME_STORE")]),
        ({"kind": "STORE_TO_FC"}, [("/toStoreId", "NO_STORE")]),
        ({"kind": "FC_TO_STORE"}, [("/fromStoreId", "NO_STORE")]),
        (
            {"fromStoreId": None, "toStoreId": None},
            [("/fromStoreId", "STORE_MISSING"), ("/toStoreId", "STORE_MISSING")],
        ),
        ({"lines": [{"sku": "SKU-1", "quantity": 1}] * 2}, [("/lines/1/sku", "REPEATED")]),
        ({"lines": [{"sku": "SKU-9", "quantity": 1}]}, [("/lines/0/sku", "UNKNOWN_SKU")]),
    ],
)
def test_what_no_transfer_can_be_is_refused(shop: Sandbox, changes: Any, found: list[tuple[str, str]]) -> None:
    before = shop.digest()
    assert faults(shop.post("/transfers", transfer(**changes))) == found
    assert shop.digest() == before


@pytest.mark.parametrize(
    ("changes", "at", "code"),
    [
        ({"kind": "STORE_TO_SHOP"}, "/kind", "ENUM"),
        ({"lines": []}, "/lines", "MIN_ITEMS"),
        ({"lines": [{"sku": "SKU-1", "quantity": 0}]}, "/lines/0/quantity", "MINIMUM"),
        ({"lines": [{"sku": "SKU-1", "quantity": 1.5}]}, "/lines/0/quantity", "TYPE"),
        ({"note": " "}, "/note", "PATTERN"),
    ],
)
def test_a_transfer_of_another_form_is_refused(shop: Sandbox, changes: Any, at: str, code: str) -> None:
    assert faults(shop.post("/transfers", transfer(**changes)), 400, "INVALID_REQUEST") == [(at, code)]


@pytest.mark.parametrize("end", ["fromStoreId", "toStoreId"])
def test_an_unknown_store_is_not_found(shop: Sandbox, end: str) -> None:
    detail = problem(shop.post("/transfers", transfer(**{end: "S0404"})), 404, "NOT_FOUND")["detail"]
    assert detail == "There is no store 'S0404'."


def test_a_closed_store_gets_nothing_sent(shop: Sandbox) -> None:
    shop.call("PATCH", "/stores/S0003", {"status": "CLOSED"})
    assert faults(shop.post("/transfers", transfer())) == [("/toStoreId", "STORE_CLOSED")]
    assert shop.post("/transfers", transfer(fromStoreId="S0003", toStoreId="S0001")).status_code == 201


def test_what_is_promised_to_orders_does_not_leave(shop: Sandbox) -> None:
    buy(shop, ("SKU-1", 9))
    made = requested(shop)
    before = shop.digest()
    detail = problem(move(shop, made, "dispatches", {}), 409, "INSUFFICIENT_STOCK")["detail"]
    assert detail == "Store S0001 has 1 of SKU-1; 2 were asked for."
    assert shop.digest() == before
    shop.call("PUT", "/inventory", report(onHand=11))
    assert move(shop, made, "dispatches", {}).status_code == 201


@pytest.mark.parametrize(
    ("at", "code"), [("2026-11-27T16:00:00.001Z", "IN_FUTURE"), ("2026-11-27T14:59:59.999Z", "BEFORE_REQUEST")]
)
def test_goods_leave_between_the_request_and_now(shop: Sandbox, at: str, code: str) -> None:
    made = requested(shop)
    shop.pass_time(timedelta(hours=1))
    assert faults(move(shop, made, "dispatches", {"dispatchedAt": at})) == [("/dispatchedAt", code)]
    gone = move(shop, made, "dispatches", {"dispatchedAt": "2026-11-27T10:30:00-05:00"}).json()
    assert (gone["dispatchedAt"], gone["updatedAt"]) == ("2026-11-27T15:30:00.000Z", LATER)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (sent(1, "SKU-2"), [("/lines/0/sku", "UNKNOWN_LINE")]),
        ({"lines": sent(1)["lines"] * 2}, [("/lines/1/sku", "REPEATED")]),
        ({"lines": []}, [("/lines", "NOTHING_CAME")]),
        ({"lines": [], "final": False}, [("/lines", "NOTHING_CAME")]),
    ],
)
def test_what_cannot_have_come_is_refused(shop: Sandbox, body: Any, found: list[tuple[str, str]]) -> None:
    made = transferred(shop)
    before = shop.digest()
    assert faults(move(shop, made, "receipts", body)) == found
    assert shop.digest() == before


def test_a_transfer_does_nothing_out_of_turn(shop: Sandbox) -> None:
    steps = {"dispatches": {}, "receipts": sent(2), "cancellations": {"reason": "OTHER"}}
    here, gone, came, ended = requested(shop), transferred(shop), transferred(shop), requested(shop)
    move(shop, came, "receipts", sent(2))
    move(shop, ended, "cancellations", steps["cancellations"])
    for made, refused in (
        (here, ("receipts",)),
        (gone, ("dispatches", "cancellations")),
        (came, tuple(steps)),
        (ended, tuple(steps)),
    ):
        for act in refused:
            problem(move(shop, made, act, steps[act]), 409, "ILLEGAL_TRANSITION")


def test_an_unknown_transfer_is_not_found(shop: Sandbox) -> None:
    problem(shop.get("/transfers/trf_nowhere"), 404, "NOT_FOUND")
    for act, body in (("dispatches", {}), ("receipts", sent(1)), ("cancellations", {"reason": "OTHER"})):
        problem(shop.post(f"/transfers/trf_nowhere/{act}", body), 404, "NOT_FOUND")


def test_a_bound_credential_sends_from_its_own_store_and_receives_at_it(shop: Sandbox) -> None:
    out, back = transfer(), transfer(fromStoreId="S0003", toStoreId="S0001", lines=[{"sku": "SKU-1", "quantity": 1}])
    for body, dispatches, receives in ((out, 201, 403), (back, 403, 201)):
        made = shop.post("/transfers", body, key=STORE_KEY).json()
        assert move(shop, made, "dispatches", {}, key=STORE_KEY).status_code == dispatches
        if dispatches == 403:
            move(shop, made, "dispatches", {})
        assert move(shop, made, "receipts", sent(1), key=STORE_KEY).status_code == receives


def test_a_bound_credential_asks_and_calls_off_where_it_has_one_end(shop: Sandbox) -> None:
    for body in (transfer(), transfer(fromStoreId="S0003", toStoreId="S0001")):
        made = shop.post("/transfers", body, key=STORE_KEY).json()
        assert move(shop, made, "cancellations", {"reason": "OTHER"}, key=STORE_KEY).status_code == 200
    elsewhere = transfer(fromStoreId="S0002")
    detail = problem(shop.post("/transfers", elsewhere, key=STORE_KEY), 403, "STORE_NOT_YOURS")["detail"]
    assert detail == "The credential may not act for store S0002."
    made = shop.post("/transfers", elsewhere).json()
    problem(move(shop, made, "cancellations", {"reason": "OTHER"}, key=STORE_KEY), 403, "STORE_NOT_YOURS")


@pytest.mark.parametrize(("ends", "own"), [(TO_FC, "fromStoreId"), (FROM_FC, "toStoreId")])
def test_for_a_fulfilment_centre_speaks_who_has_the_other_end(shop: Sandbox, ends: Any, own: str) -> None:
    mine = requested(shop, **{**ends, own: "S0001"})
    others = requested(shop, **{**ends, own: "S0002"})
    for act, body in (("dispatches", {}), ("receipts", sent(2))):
        assert move(shop, mine, act, body, key=STORE_KEY).status_code == 201
        problem(move(shop, others, act, body, key=STORE_KEY), 403, "STORE_NOT_YOURS")


def test_a_transfer_between_nowhere_and_nowhere_is_told_what_is_missing_whoever_asks(shop: Sandbox) -> None:
    body = transfer(fromStoreId=None, toStoreId=None)
    assert len(faults(shop.post("/transfers", body, key=STORE_KEY))) == 2


def test_the_same_receipt_twice_under_one_key_is_one_receipt(shop: Sandbox) -> None:
    made = transferred(shop, lines=[{"sku": "SKU-1", "quantity": 4}])
    first = move(shop, made, "receipts", sent(1), once="van-7")
    again = move(shop, made, "receipts", sent(1), once="van-7")
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    assert level(shop, "S0003", "SKU-1") == (4, 0, 0)


def test_a_list_keeps_to_its_filters(shop: Sandbox) -> None:
    first = requested(shop)
    second = requested(shop, **TO_FC, fromStoreId="S0002")
    shop.pass_time(timedelta(minutes=1))
    second = move(shop, second, "dispatches", {}).json()

    def found(**filters: str) -> list[Any]:
        return shop.get("/transfers", **filters).json()["items"]  # type: ignore[no-any-return]

    assert found() == [first, second]
    assert found(status="REQUESTED") == found(kind="STORE_TO_STORE") == [first]
    assert found(storeId="S0001") == found(storeId="S0003") == [first]
    assert found(storeId="S0002") == found(status="IN_TRANSIT") == found(kind="STORE_TO_FC") == [second]
    assert found(storeId="S0002", kind="STORE_TO_STORE") == []
    assert found(updatedAfter="2026-11-27T15:00:00.001Z") == [second]
    assert found(updatedBefore="2026-11-27T15:00:00.001Z") == [first]


def test_a_walk_finds_every_transfer_once_while_more_come(shop: Sandbox) -> None:
    made = [requested(shop)["transferId"] for _ in range(5)]
    first = shop.get("/transfers", limit=2).json()
    made.append(requested(shop)["transferId"])
    second = shop.get("/transfers", limit=3, cursor=first["nextCursor"]).json()
    third = shop.get("/transfers", cursor=second["nextCursor"]).json()
    assert [item["transferId"] for page in (first, second, third) for item in page["items"]] == made
    assert "nextCursor" not in third
    problem(shop.get("/transfers", kind="FC_TO_STORE", cursor=first["nextCursor"]), 400, "CURSOR_MISMATCH")
    problem(shop.get("/returns", cursor=first["nextCursor"]), 400, "CURSOR_MISMATCH")
