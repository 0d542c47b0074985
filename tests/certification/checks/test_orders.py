"""Checks of answers to orders, over evidence made by hand."""

from typing import Any

import pytest

from sandbox_server.certification.checks.orders import (
    MANY_TRIES,
    acknowledged_in_time,
    acknowledged_once,
    honours_cancellation,
    large_page,
    poison_isolated,
    rejects_what_it_lacks,
)
from sandbox_server.certification.evidence import Call, Evidence
from tests.certification.checks.seen import breaches, call, holds, minute, placed, seen, text

POLL = call("listOrders")
LINE = {"lineId": "1", "sku": "MUG", "quantity": 1}
ORDER = {"orderId": "ord_1", "lines": [LINE]}


def answer(at: float, *lines: dict[str, Any], order: str = "ord_1", **members: Any) -> Call:
    body = {"lines": [{"lineId": "1", "storeId": "S0001", **line} for line in lines or ({"decision": "ACCEPT"},)]}
    return call("acknowledgeOrder", f"/v1/orders/{order}/acknowledgements", at=at, body=body, **members)


def placed_one(*calls: Call, ends: float = 240, **members: Any) -> Evidence:
    members = {"acts": (placed(ORDER),), **members}
    return seen(*calls, ends=ends, **members)


def test_one_answer_to_a_line_is_right_and_two_are_not() -> None:
    assert holds(acknowledged_once, placed_one(answer(1)))
    assert breaches(acknowledged_once, placed_one(answer(1, headers={}), answer(2, headers={}))) == [
        "Line 1 of ord_1 was acknowledged 2 times."
    ]


def test_another_try_of_an_answer_is_the_same_answer() -> None:
    key = {"idempotency-key": "one"}

    assert holds(acknowledged_once, placed_one(answer(1, status=0, headers=key), answer(2, headers=key)))
    assert holds(acknowledged_once, placed_one(answer(1, status=503, headers={}), answer(2, headers={})))
    assert holds(acknowledged_once, placed_one(answer(1), answer(2, replayed=True)))


def test_an_order_that_nobody_answered_is_wrong_where_others_were_answered() -> None:
    acts = (placed(ORDER, {"orderId": "ord_2"}, {"orderId": "ord_3", "storeIds": []}),)

    assert breaches(acknowledged_once, seen(answer(1), acts=acts)) == ["", "ord_2 was never acknowledged."]
    assert breaches(acknowledged_once, seen(call("acknowledgeOrder", body=None), acts=acts)) == []


def test_an_order_is_answered_within_two_hours() -> None:
    assert holds(acknowledged_in_time, placed_one(answer(120)))
    assert holds(acknowledged_in_time, placed_one(answer(1, status=503), answer(2)))
    assert breaches(acknowledged_in_time, placed_one(answer(125))) == [
        "ord_1 was acknowledged 5 virtual minutes too late."
    ]


def test_an_order_without_an_answer_is_wrong_once_two_hours_have_passed() -> None:
    never = "ord_1 was not acknowledged within 2 virtual hours."

    assert breaches(acknowledged_in_time, placed_one(POLL, ends=121)) == [never]
    assert breaches(acknowledged_in_time, placed_one(POLL, ends=119)) == []
    assert breaches(acknowledged_in_time, placed_one(ends=121)) == []


def test_nobody_has_to_answer_what_no_store_has_or_the_buyer_gave_up() -> None:
    given_up = {"act": "cancelAsBuyer", "asked": {"orderId": "ord_1"}}
    no_store = placed({**ORDER, "storeIds": []})

    assert breaches(acknowledged_in_time, placed_one(POLL, acts=(placed(ORDER), given_up))) == []
    assert breaches(acknowledged_in_time, placed_one(POLL, acts=(no_store,))) == []


SOLD = {"at": text(minute(1)), "storeId": "S0001", "sku": "MUG", "onHand": 0, "cause": "WALK_IN_SALE"}


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        ({"decision": "REJECT", "reason": "OUT_OF_STOCK"}, None),
        ({"decision": "REJECT", "reason": "CAPACITY"}, "REJECT CAPACITY"),
        ({"decision": "ACCEPT"}, "ACCEPT"),
        ({"decision": "ACCEPT", "lineId": "2"}, "nothing"),
    ],
)
def test_what_is_sold_out_is_rejected_as_that(decision: dict[str, str], said: str | None) -> None:
    found = breaches(rejects_what_it_lacks, placed_one(answer(2, decision), world={"counts": [SOLD]}))

    assert found == [f"ord_1: of line 1, which is sold out, it was said: {said}." if said else ""]


def test_silence_is_no_rejection() -> None:
    world = {"counts": [SOLD]}

    assert breaches(rejects_what_it_lacks, placed_one(POLL, ends=121, world=world)) == [
        "ord_1: nothing was said of line 1, which is sold out."
    ]
    assert breaches(rejects_what_it_lacks, placed_one(POLL, ends=60, world=world)) == []
    assert breaches(rejects_what_it_lacks, placed_one(ends=121, world=world)) == []


@pytest.mark.parametrize(
    "change",
    [{"onHand": 1}, {"cause": "SHIPMENT"}, {"sku": "KETTLE"}, {"at": text(minute(3))}],
)
def test_what_was_there_when_it_was_answered_is_not_sold_out(change: dict[str, Any]) -> None:
    world = {"counts": [{**SOLD, **change}]}

    assert breaches(rejects_what_it_lacks, placed_one(answer(2), world=world)) == []


def test_of_an_order_in_many_stores_nobody_can_say_which_one_lacks_it() -> None:
    acts = (placed({**ORDER, "storeIds": ["S0001", "S0002"]}),)

    assert breaches(rejects_what_it_lacks, seen(answer(2), acts=acts, world={"counts": [SOLD]})) == []


CANCELLED = {"act": "cancelAsBuyer", "asked": {"orderId": "ord_1"}, "at": text(minute(2))}


def look(at: float, *orders: str) -> Call:
    return call("listOrders", at=at, answer={"items": [{"orderId": order} for order in orders]})


def parcel(at: float, order: str = "ord_1", **members: Any) -> Call:
    return call("createShipment", "/v1/shipments", at=at, body={"orderId": order}, **members)


def test_what_was_cancelled_is_not_shipped_once_the_client_could_see_it() -> None:
    acts = (CANCELLED,)

    assert holds(honours_cancellation, seen(look(1, "ord_1"), look(3), parcel(4, "ord_2"), acts=acts))
    assert holds(
        honours_cancellation, seen(answer(1), parcel(2.5), call("getOrder", "/v1/orders/ord_1", at=3), acts=acts)
    )
    assert breaches(honours_cancellation, seen(look(1, "ord_1"), look(3), parcel(4), acts=acts)) == [
        "ord_1 was to be shipped after the client could see that its buyer had cancelled it."
    ]


def test_another_try_of_a_shipment_that_was_not_answered_is_no_new_decision() -> None:
    key = {"idempotency-key": "one"}
    refused_unread = call("createShipment", "/v1/shipments", at=1.5, status=503, headers=key)
    known = [look(1, "ord_1"), refused_unread, look(3)]

    assert holds(honours_cancellation, seen(*known, parcel(4, status=409, headers=key), acts=(CANCELLED,)))
    again = [parcel(4, status=409, headers=key), parcel(5, status=409, headers=key)]
    assert not holds(honours_cancellation, seen(*known, *again, acts=(CANCELLED,)))


def test_a_cancellation_says_nothing_of_a_client_that_did_not_know_the_order_or_has_not_looked_since() -> None:
    acts = (CANCELLED,)

    assert breaches(honours_cancellation, seen(look(1, "ord_2"), look(3), parcel(4), acts=acts)) == []
    assert breaches(honours_cancellation, seen(answer(1), parcel(4), acts=acts)) == []
    assert breaches(honours_cancellation, seen(answer(1), call("getOrder", "/v1/orders/ord_2", at=3), acts=acts)) == []


def poisoned(status: str, ends: float = 30) -> Evidence:
    acts = placed({"orderId": "ord_1"}, {"orderId": "ord_2", "storeIds": ["S0002"]}, {"orderId": "ord_3"})
    world = {"orders": [{"orderId": "ord_2", "status": status}, {"orderId": "ord_3", "status": "NEW"}]}
    return seen(parcel(1, status=500, fault="it"), ends=ends, acts=(acts,), world=world)


def test_while_one_order_fails_those_of_other_stores_are_settled() -> None:
    assert holds(poison_isolated, poisoned("SHIPPED"))
    assert breaches(poison_isolated, poisoned("NEW")) == [
        "ord_2 was not settled in 20 virtual minutes, as another failed."
    ]
    assert breaches(poison_isolated, poisoned("NEW", ends=21)) == []


@pytest.mark.parametrize(("tries", "is_doubtful"), [(MANY_TRIES - 1, True), (MANY_TRIES, False)])
def test_who_tries_a_poison_many_times_has_had_the_time_for_others(tries: int, is_doubtful: bool) -> None:
    stuck = [parcel(1 + number, status=500, fault="it") for number in range(tries)]
    acts = (placed({"orderId": "ord_1"}, {"orderId": "ord_2", "storeIds": ["S0002"]}),)
    world = {"orders": [{"orderId": "ord_2", "status": "NEW"}]}

    (occasion,) = poison_isolated.occasions(seen(*stuck, ends=30, scale=60, acts=acts, world=world))
    assert occasion.is_doubtful is is_doubtful


def test_nothing_is_poisoned_where_no_shipment_fails_by_a_fault() -> None:
    world = {"orders": [{"orderId": "ord_1", "status": "NEW"}]}

    assert breaches(poison_isolated, placed_one(parcel(1, status=500), world=world)) == []
    assert breaches(poison_isolated, placed_one(parcel(1, status=422, fault="it"), world=world)) == []
    assert breaches(poison_isolated, placed_one(call("createShipment", status=500, fault="it"), world=world)) == []


def large(megabytes: int) -> Call:
    page = {"items": [{"orderId": "ord_1"}]}
    return call("listOrders", answer=page, answer_headers={"content-length": f"{megabytes}000000"})


def test_who_is_still_at_work_on_a_large_page_has_not_left_the_rest_of_it() -> None:
    polls = [call("listOrders", at=number) for number in range(1, 9)]
    members: dict[str, Any] = {"acts": (placed(ORDER, {"orderId": "ord_2"}),), "scale": 600, "ends": 130}
    (early,) = large_page.occasions(seen(large(5), answer(1, order="ord_2"), *polls, **members))
    (late,) = large_page.occasions(seen(large(5), *polls, answer(8, order="ord_2"), **members))

    assert (early.breach, early.is_doubtful, late.is_doubtful) == (late.breach, False, True)


def test_every_order_of_a_large_page_is_handled() -> None:
    both = (placed(ORDER, {"orderId": "ord_2"}),)

    assert holds(large_page, seen(large(5), answer(1), acts=both))
    assert breaches(large_page, seen(large(5), answer(1, order="ord_2"), acts=both)) == [
        "ord_1 was on a page of 5 MB, and was never handled."
    ]


def test_a_page_says_nothing_before_two_hours_are_over_or_when_it_is_small() -> None:
    assert breaches(large_page, placed_one(large(5), ends=119)) == []
    assert breaches(large_page, placed_one(large(4), POLL)) == []
