"""Checks of stores, over evidence made by hand."""

from typing import Any

import pytest

from sandbox_server.certification.checks.routes import follows_reassignment, right_store
from sandbox_server.certification.evidence import Call
from tests.certification.checks.seen import breaches, call, holds, seen

ORDER = {
    "orderId": "ord_1",
    "lines": [
        {"lineId": "1", "allocations": [{"storeId": "S0001"}, {"storeId": "S0002"}]},
        {"lineId": "2", "allocations": [{"storeId": "S0002"}]},
    ],
}
WORLD: dict[str, Any] = {"orders": [ORDER]}


def parcel(store: str, *lines: str, order: str = "ord_1") -> Call:
    body = {"orderId": order, "storeId": store, "lines": [{"lineId": line, "quantity": 1} for line in lines]}
    return call("createShipment", "/v1/shipments", body=body, status=201)


def test_a_parcel_leaves_a_store_that_its_lines_are_allocated_to() -> None:
    assert holds(right_store, seen(parcel("S0001", "1"), parcel("S0002", "1", "2"), world=WORLD))


def test_a_parcel_from_another_store_is_wrong_though_it_was_refused() -> None:
    assert breaches(right_store, seen(parcel("S0001", "1", "2"), parcel("S0003", "1"), world=WORLD)) == [
        "ord_1: line 2 was to leave S0002, and S0001 shipped it.",
        "ord_1: line 1 was to leave S0001 and S0002, and S0003 shipped it.",
    ]


def test_a_parcel_of_an_order_that_there_is_not_says_nothing_of_stores() -> None:
    assert breaches(right_store, seen(parcel("S0001", "1", order="ord_2"), world=WORLD)) == []
    assert breaches(right_store, seen(call("createShipment", body=None), world=WORLD)) == []


def moved(to: str, **order: Any) -> dict[str, Any]:
    allocations = [{"storeId": "S0001", "status": "REJECTED"}, {"storeId": "S0002", "status": to}]
    lines = [{"lineId": "1", "allocations": allocations}]
    return {"orders": [{"orderId": "ord_1", "status": "NEW", "lines": lines, **order}]}


def rejection(**decision: str) -> Call:
    body = {"lines": [{"lineId": "1", "storeId": "S0001", "decision": "REJECT", **decision}]}
    return call("acknowledgeOrder", "/v1/orders/ord_1/acknowledgements", body=body)


@pytest.mark.parametrize("status", ["SHIPPED", "REJECTED"])
def test_a_line_that_was_rejected_is_seen_to_by_the_next_store(status: str) -> None:
    assert holds(follows_reassignment, seen(rejection(), parcel("S0002", "1"), world=moved(status)))
    assert holds(follows_reassignment, seen(rejection(), call("createShipment", body=None), world=moved(status)))


def test_the_store_that_rejected_a_line_does_not_ship_it() -> None:
    assert breaches(follows_reassignment, seen(rejection(), parcel("S0001", "1"), world=moved("SHIPPED"))) == [
        "ord_1: line 1 was shipped by S0001, which had rejected it."
    ]
    others = parcel("S0001", "2"), parcel("S0001", "1", order="ord_2")
    assert holds(follows_reassignment, seen(rejection(), *others, world=moved("SHIPPED")))


def test_a_line_is_not_to_wait_at_the_next_store_for_more_than_two_hours() -> None:
    world = moved("RESERVED")

    assert breaches(follows_reassignment, seen(rejection(), ends=121, world=world)) == [
        "ord_1: line 1 has waited at S0002 since S0001 rejected it."
    ]
    assert breaches(follows_reassignment, seen(rejection(), ends=119, world=world)) == []


def test_a_line_that_the_next_store_has_is_not_to_be_cancelled_by_the_seller() -> None:
    world = moved("RELEASED", status="CANCELLED", cancellation={"by": "SELLER"})

    assert breaches(follows_reassignment, seen(rejection(), world=world)) == [
        "ord_1: line 1 was cancelled, though S0002 had it."
    ]
    by_buyer = moved("RELEASED", status="CANCELLED", cancellation={"by": "BUYER"})
    assert breaches(follows_reassignment, seen(rejection(), ends=60, world=by_buyer)) == []


def test_a_line_moved_only_where_it_was_rejected_and_another_store_had_it() -> None:
    nowhere = moved("RESERVED")
    del nowhere["orders"][0]["lines"][0]["allocations"][1]

    assert breaches(follows_reassignment, seen(rejection(), world=nowhere)) == []
    assert breaches(follows_reassignment, seen(rejection(decision="ACCEPT"), world=moved("SHIPPED"))) == []
    assert breaches(follows_reassignment, seen(rejection(), world={})) == []
