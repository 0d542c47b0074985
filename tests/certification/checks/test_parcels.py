"""Checks of what leaves the stores, over evidence made by hand."""

from typing import Any

import pytest

from sandbox_server.certification.checks.parcels import ships_in_part, ships_in_time, ships_once, valid_tracking
from sandbox_server.certification.evidence import Call, Evidence
from tests.certification.checks.seen import breaches, call, holds, minute, placed, seen, text

UPS = "1Z" + "0" * 16
OTHER_UPS = "1Z" + "1" * 16
DONE: dict[str, Any] = {"changes": ({"table": "shipments"},)}


def parcel(number: str = UPS, quantity: int = 2, store: str = "S0001", carrier: str = "UPS", **members: Any) -> Call:
    lines = [{"lineId": "1", "quantity": quantity}]
    body = {"orderId": "ord_1", "storeId": store, "carrier": carrier, "trackingNumber": number, "lines": lines}
    return call("createShipment", "/v1/shipments", body=body, **members)


def part(status: str = "SHIPPED", store: str = "S0001") -> dict[str, Any]:
    return {"storeId": store, "status": status, "shipBy": text(minute(120))}


def line(name: str = "1", *, shipped: int = 2, cancelled: int = 0, parts: tuple[dict[str, Any], ...] = ()) -> Any:
    return {
        "lineId": name,
        "sku": f"SKU-{name}",
        "quantity": 2,
        "shippedQuantity": shipped,
        "cancelledQuantity": cancelled,
        "allocations": parts or (part(),),
    }


def day(*calls: Call, lines: tuple[Any, ...] = (), sold: tuple[str, ...] = (), ends: float = 240) -> Evidence:
    order = {"orderId": "ord_1", "placedAt": text(minute(0)), "lines": lines or (line(),)}
    counts = [{"storeId": "S0001", "sku": sku, "cause": "WALK_IN_SALE"} for sku in sold]
    world = {"orders": [order, {**order, "orderId": "ord_2"}], "counts": counts}
    return seen(*calls, ends=ends, acts=(placed(order),), world=world)


def test_a_number_is_of_its_carriers_form_and_of_one_parcel() -> None:
    assert holds(valid_tracking, day(parcel(), parcel(replayed=True), parcel(OTHER_UPS)))
    assert breaches(valid_tracking, day(parcel("PARCEL"))) == [
        "PARCEL is no tracking number of UPS; those have the form 1Z[0-9A-Z]{16}."
    ]
    assert breaches(valid_tracking, day(parcel(carrier="PIGEON"))) == ["There is no carrier PIGEON."]
    assert breaches(valid_tracking, day(parcel(), parcel(store="S0002"))) == [
        "",
        f"UPS {UPS} was given to two parcels.",
    ]
    assert breaches(valid_tracking, day()) == []


def test_a_number_that_the_contract_refuses_is_told_in_its_words() -> None:
    no_number = parcel("1z", errors=({"pointer": "/trackingNumber", "message": "is no number"},))
    no_lines = parcel(errors=({"pointer": "/lines", "message": "is missing"},))

    assert breaches(valid_tracking, day(no_number, no_lines)) == ["/trackingNumber: is no number"]


def test_no_more_leaves_than_was_ordered() -> None:
    assert holds(ships_once, day(parcel(**DONE)))
    assert holds(ships_once, day(parcel(status=503), parcel(status=0, **DONE), parcel(replayed=True)))
    assert holds(ships_once, day(parcel(quantity=1, **DONE), parcel(OTHER_UPS, quantity=1, **DONE)))
    assert breaches(ships_once, day(parcel(status=0, **DONE), parcel(OTHER_UPS, status=409))) == [
        "",
        "ord_1: 2 of line 1 were ordered, and 4 shipped.",
    ]
    assert breaches(ships_once, day(parcel(quantity=1, **DONE), parcel(OTHER_UPS))) == [
        "",
        "ord_1: 2 of line 1 were ordered, and 3 shipped.",
    ]
    assert breaches(ships_once, day()) == []
    assert breaches(ships_once, day(parcel(quantity=3, status=422))) == []


def test_what_is_there_leaves_without_what_is_not() -> None:
    short = line("2", shipped=0, cancelled=2)

    assert holds(ships_in_part, day(parcel(), lines=(line(), short), sold=("SKU-2",)))
    assert breaches(ships_in_part, day(parcel(), lines=(line(shipped=0, cancelled=2), short), sold=("SKU-2",))) == [
        "ord_1: line 1 lay on the shelf, and was cancelled.",
        "",
    ]


def test_what_is_left_of_a_short_order_is_given_up_or_shipped_in_two_hours() -> None:
    waiting = line("2", shipped=0)
    unsettled = "ord_1: line 2 was neither shipped nor given up."

    assert breaches(ships_in_part, day(parcel(), lines=(line(), waiting), sold=("SKU-2",), ends=120)) == [""]
    assert breaches(ships_in_part, day(parcel(), lines=(line(), waiting), sold=("SKU-2",))) == ["", unsettled]


@pytest.mark.parametrize("sold", [(), ("SKU-1", "SKU-2")])
def test_an_order_of_which_all_or_nothing_is_there_says_nothing_of_parts(sold: tuple[str, ...]) -> None:
    assert breaches(ships_in_part, day(parcel(), lines=(line(), line("2")), sold=sold)) == []


def test_nothing_is_said_of_a_client_that_did_nothing() -> None:
    nobody = day(lines=(line(shipped=0, parts=(part("ALLOCATED"),)), line("2", shipped=0)), sold=("SKU-2",))

    assert breaches(ships_in_part, nobody) == breaches(ships_in_time, nobody) == []


def test_a_parcel_leaves_before_the_cut_off() -> None:
    assert holds(ships_in_time, day(parcel(at=120, **DONE)))
    assert breaches(ships_in_time, day(parcel(at=121, **DONE))) == ["ord_1 left S0001 after 2026-11-27T14:00:00Z."]


def test_what_was_accepted_and_stays_is_late() -> None:
    stays = (line(shipped=0, parts=(part("REJECTED", "S0002"), part("ALLOCATED"))),)
    looked = call("listOrders")

    assert breaches(ships_in_time, day(looked, lines=stays)) == [
        "ord_1 was accepted by S0001, and had not left by 2026-11-27T14:00:00Z."
    ]
    assert breaches(ships_in_time, day(parcel(quantity=1, **DONE), lines=stays)) == breaches(
        ships_in_time, day(looked, lines=stays)
    )
    assert breaches(ships_in_time, day(looked, lines=stays, ends=120)) == []
    assert breaches(ships_in_time, day(looked, lines=(line(parts=(part("REJECTED"),)),))) == []
