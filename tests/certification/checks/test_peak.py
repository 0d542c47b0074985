"""What is asked of a client in the rush of a sale."""

from typing import Any

import pytest

from sandbox_server.certification.check import Check
from sandbox_server.certification.checks import CHECKS, peak
from tests.certification.checks.seen import breaches, call, minute, seen, text

BEGUN = {"at": text(minute(0)), "act": "beginArrivals", "asked": {}, "answer": {}}


def order(name: str, at: float = 1, status: str = "ACKNOWLEDGED") -> dict[str, Any]:
    return {"orderId": name, "placedAt": text(minute(at)), "status": status, "lines": []}


def acknowledged(name: str, at: float, status: int = 201) -> Any:
    return call("acknowledgeOrder", f"/v1/orders/{name}/acknowledgements", at=at, status=status, body={"lines": []})


def in_time(*calls: Any, orders: list[dict[str, Any]], ends: float = 240, begun: bool = True) -> list[str]:
    acts = (BEGUN,) if begun else ()
    return breaches(peak.acknowledged_in_time, seen(*calls, acts=acts, world={"orders": orders}, ends=ends))


def test_each_order_of_the_sale_is_to_be_acknowledged_in_two_hours() -> None:
    orders = [order("a"), order("b"), order("c", status="NEW")]
    calls = acknowledged("a", 60), acknowledged("b", 60, status=503), acknowledged("b", 122)

    assert in_time(*calls, orders=orders) == [
        "",
        "b was acknowledged after 14:01.",
        "c was not acknowledged by 14:01.",
    ]


def test_what_came_before_the_sale_was_given_up_or_may_still_come_is_not_judged() -> None:
    orders = [order("a", at=-1), order("b", status="CANCELLED"), order("c", at=100, status="NEW")]

    assert in_time(acknowledged("z", 1), orders=orders, ends=200) == []


def test_without_a_sale_or_a_client_there_is_nothing_to_judge() -> None:
    assert in_time(acknowledged("a", 1), orders=[order("a")], begun=False) == []
    assert in_time(orders=[order("a", status="NEW")]) == []


@pytest.mark.parametrize(
    ("of_the_peak", "of_every_day"),
    [
        (peak.heeds_the_throttle, "retry.honours-retry-after"),
        (peak.sells_what_is_there, "stock.never-oversells"),
        (peak.ships_each_once, "ship.once"),
    ],
)
def test_the_rush_is_no_excuse_for_what_is_asked_every_day(of_the_peak: Check, of_every_day: str) -> None:
    throttled = call("listOrders", status=429, answer="THROTTLED", answer_headers={"retry-after": "2"}, began=1)
    sold = {"storeId": "S0001", "sku": "A", "cause": "WALK_IN_SALE", "onHand": 0, "at": text(minute(1))}
    stock = {"storeId": "S0001", "sku": "A", "reported": 2, "physical": 0}
    parcel = {"orderId": "a", "storeId": "S0001", "carrier": "UPS", "lines": [{"lineId": "1", "quantity": 1}]}
    parcels = [
        call("createShipment", "/v1/shipments", at=9 + n, body={**parcel, "trackingNumber": f"n{n}"}, changes=({},))
        for n in range(2)
    ]
    evidence = seen(
        throttled,
        call("listOrders", began=2),
        *parcels,
        world={
            "orders": [{"orderId": "a", "lines": [{"lineId": "1", "quantity": 1}]}],
            "counts": [sold],
            "stock": [stock],
        },
    )

    assert any(breaches(of_the_peak, evidence))
    assert breaches(of_the_peak, evidence) == breaches(CHECKS[of_every_day], evidence)
