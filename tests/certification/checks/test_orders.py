"""Checks of answers to orders, over evidence made by hand."""

from typing import Any

import pytest

from sandbox_server.certification.checks.orders import acknowledged_in_time, acknowledged_once, rejects_what_it_lacks
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
