"""Checks of stores, over evidence made by hand."""

from typing import Any

from sandbox_server.certification.checks.routes import right_store
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
